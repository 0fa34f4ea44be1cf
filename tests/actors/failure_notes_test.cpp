#include "actors/failure_notes.hpp"

#include <vector>

#include "actors/settings.hpp"
#include "tests/support/catch.hpp"

using namespace caisson;

namespace {

struct notebook final : journal {
  void note(severity, std::string_view,
            std::string_view text) noexcept override {
    lines.emplace_back(text);
  }
  void note(severity level, std::string_view who, std::string_view,
            std::string_view text) noexcept override {
    note(level, who, text);
  }
  std::vector<std::string> lines;
};

} // namespace

TEST_CASE("fifty failures a second are lines, and the next second says how "
          "many were none") {
  notebook log;
  failure_notes it;
  auto why = make_fault(errc::llm_error, failure_kind::reset, "cut");
  why.dependency = "a";
  for (int i = 0; i < 60; ++i)
    it.note(log, {}, why, 3, time_point{} + millis{5'000});
  CHECK(log.lines.size() == 50);
  CHECK(log.lines[0]
        == "request failed at a with external.llm.error, reset, after 3 "
           "attempts");
  it.note(log, {}, why, 1, time_point{} + millis{6'000});
  CHECK(log.lines.size() == 52);
  CHECK(log.lines[50] == "10 more requests failed in a second");
}
