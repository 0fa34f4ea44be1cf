#include "actors/cache/stored_form.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;

namespace {

cached_value sample() {
  cached_value out;
  out.data = std::string{"bytes\0with \n anything", 21};
  out.source = "open ai";
  out.model = "gpt 5";
  out.tokens = 42;
  return out;
}

} // namespace

TEST_CASE("what was stored is read as it was, empty values too") {
  for (auto& what : {sample(), cached_value{}}) {
    auto read = read_stored(stored_form(what, millis{600'000}));
    REQUIRE(read);
    CHECK(read->data == what.data);
    CHECK(read->source == what.source);
    CHECK(read->model == what.model);
    CHECK(read->tokens == what.tokens);
  }
}

TEST_CASE("a script finds the stale end where it expects it") {
  auto text = stored_form(sample(), millis{600'000});
  CHECK(text.substr(0, 2) == "1 ");
  CHECK(text.substr(stale_field_at, stale_field_size) == "0000600000");
}

TEST_CASE("whatever is cut off, overwritten or of another make is no value") {
  auto text = stored_form(sample(), millis{0});
  for (std::size_t i = 0; i < text.size(); ++i) {
    CHECK_FALSE(read_stored(text.substr(0, i)));
    // The stale end is the store's to read, and no part of the value.
    if (i >= stale_field_at && i < stale_field_at + stale_field_size + 1)
      continue;
    auto other = text;
    other[i] = static_cast<char>(other[i] ^ 1);
    INFO(i);
    CHECK((i == 29 || !read_stored(other)));
  }
  for (auto garbage : {"", "1", "1 ", "2 0000000000 x", "garbage"})
    CHECK_FALSE(read_stored(garbage));
}
