#include "server/redis/command.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::redis;

namespace {
const kv_script add{"return redis.call('INCRBY', KEYS[1], ARGV[1])"};
} // namespace

TEST_CASE("words go out as they are, byte for byte", "[redis]") {
  kv_question set;
  set.words = {"SET", "k\r\n", std::string{"\0$1", 3}};
  CHECK(wire_of(set)
        == "*3\r\n$3\r\nSET\r\n$3\r\nk\r\n\r\n$3\r\n" + std::string{"\0$1", 3}
             + "\r\n");
}

TEST_CASE("a script goes by its digest, or whole", "[redis]") {
  kv_question run;
  run.words = {"key", "5"};
  run.script = &add;
  run.keys = 1;
  CHECK(digest_of(add) == "8cd00688c05c46bde4a2e60658ef20a2e5c0b248");
  CHECK(wire_of(run)
        == "*5\r\n$7\r\nEVALSHA\r\n$40\r\n" + digest_of(add)
             + "\r\n$1\r\n1\r\n$3\r\nkey\r\n$1\r\n5\r\n");
  CHECK(wire_of(run, true)
        == "*5\r\n$4\r\nEVAL\r\n$45\r\n" + std::string{add.text}
             + "\r\n$1\r\n1\r\n$3\r\nkey\r\n$1\r\n5\r\n");
}

TEST_CASE("the key of a question is its first one", "[redis]") {
  kv_question what;
  CHECK(key_of(what).empty());
  what.words = {"PING"};
  CHECK(key_of(what).empty());
  what.words = {"GET", "k"};
  CHECK(key_of(what) == "k");
  what.script = &add;
  CHECK(key_of(what).empty());
  what.keys = 1;
  CHECK(key_of(what) == "GET");
}

TEST_CASE("slots are those of the cluster specification", "[redis]") {
  CHECK(slot_of("123456789") == 0x31c3);
  CHECK(slot_of("foo") == 12182);
  CHECK(slot_of("") == 0);
  // Tags: the first braces with something in them.
  CHECK(slot_of("a{foo}b") == slot_of("foo"));
  CHECK(slot_of("{foo}{bar}") == slot_of("foo"));
  CHECK(slot_of("{}foo") != slot_of("foo"));
  CHECK(slot_of("a{{foo}}") == slot_of("{foo"));
  CHECK(slot_of("a{foo") != slot_of("foo"));
}
