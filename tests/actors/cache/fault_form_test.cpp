#include "actors/cache/fault_form.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;

TEST_CASE("a failure crosses to other nodes with all that a client is told") {
  auto why = make_fault(errc::llm_overloaded, failure_kind::overloaded,
                        "it is full: 1 2");
  auto plain = read_fault(stored_fault(why));
  CHECK(plain.code == errc::llm_overloaded);
  CHECK(plain.kind == failure_kind::overloaded);
  CHECK(plain.detail == "it is full: 1 2");
  CHECK_FALSE(plain.retry_after);
  why.retry_after = std::chrono::milliseconds{0};
  CHECK(read_fault(stored_fault(why)).retry_after
        == std::chrono::milliseconds{0});
}

TEST_CASE("what is no failure is one of the provider") {
  for (auto text : {"", "x", "1", "1 2", "1 2 3", "-1 0 -1 no such code",
                    "99 0 -1 no such code", "1 99 -1 no such kind",
                    "1 -1 -1 no such kind", "1 2 x no wait"}) {
    auto read = read_fault(text);
    CHECK(read.code == errc::llm_error);
    CHECK(read.detail == "an equal request failed");
  }
}
