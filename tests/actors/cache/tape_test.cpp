#include "actors/cache/tape.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;

namespace {

std::string heard(const answer_tape& tape, std::size_t from) {
  auto piece = tape.take(from);
  return piece ? piece->events : "nothing";
}

} // namespace

TEST_CASE("a tape gives what was said since a place on it, and who said it") {
  answer_tape tape;
  tape.begin("openai", "m");
  CHECK(heard(tape, 0) == "nothing");
  tape.add("one ");
  tape.add("two ");
  CHECK(tape.end() == 8);
  CHECK(heard(tape, 0) == "one two ");
  CHECK(heard(tape, 4) == "two ");
  CHECK(heard(tape, 8) == "nothing");
  CHECK(tape.take(0)->source == "openai");
  CHECK(tape.take(0)->model == "m");
}

TEST_CASE("its reader is told once of all that has come since he looked") {
  answer_tape tape;
  CHECK_FALSE(tape.add("one"));
  tape.listen();
  CHECK(tape.add("two"));
  CHECK_FALSE(tape.add("three"));
  CHECK(tape.end() == 11);
  CHECK(tape.add("four"));
}

TEST_CASE("a long stream that nobody hears is not kept, and who comes late "
          "hears none of it") {
  answer_tape tape;
  std::string long_one(answer_tape::most_kept, 'x');
  tape.add(long_one);
  CHECK(heard(tape, 0) == long_one);
  tape.add("y");
  tape.listen();
  tape.add("z");
  CHECK(heard(tape, 0) == "nothing");
  CHECK(heard(tape, long_one.size() + 1) == "z");
}

TEST_CASE("of a long stream only that is kept which somebody has not heard") {
  answer_tape tape;
  tape.listen();
  std::string long_one(answer_tape::most_kept + 1, 'x');
  tape.add(long_one + "y");
  tape.heard(long_one.size());
  CHECK(heard(tape, 0) == "nothing");
  CHECK(heard(tape, long_one.size()) == "y");
  tape.heard(long_one.size());
  CHECK(heard(tape, long_one.size()) == "y");
}

TEST_CASE("a short one is kept whole for those who come later") {
  answer_tape tape;
  tape.listen();
  tape.add("one");
  tape.heard(3);
  CHECK(heard(tape, 0) == "one");
}
