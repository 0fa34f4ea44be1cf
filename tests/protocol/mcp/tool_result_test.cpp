#include "protocol/mcp/tool_result.hpp"

#include <boost/json/parse.hpp>

#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol::mcp;

namespace bj = boost::json;

namespace {

std::string text_in(const tool_result& how) {
  return std::string{
    bj::parse(how.members).at("content").at(0).at("text").as_string()};
}

} // namespace

TEST_CASE("a structured result is a text too", "[mcp]") {
  const auto how = structured_result(R"({"a":"\"b\""})");
  const auto read = bj::parse(how.members);
  CHECK_FALSE(how.failed);
  CHECK(read.at("structuredContent").at("a") == "\"b\"");
  CHECK(bj::parse(text_in(how)) == read.at("structuredContent"));
  CHECK(text_in(structured_result("{}", "in words")) == "in words");
}

TEST_CASE("a call that failed says so", "[mcp]") {
  const auto how = failed_call("no");
  CHECK(how.failed);
  CHECK(bj::parse(how.members).at("isError") == true);
  CHECK(text_in(how) == "no");
}

TEST_CASE("a fault is told in a sentence, with what to do about it", "[mcp]") {
  auto why = make_fault(errc::circuit_breaker_open, "");
  why.retry_after = std::chrono::milliseconds{2'500};
  CHECK(text_in(failed_call(why))
        == "The dependency failed too often and is given a rest. Ask again in "
           "3 s. (resilience.circuit_breaker_open)");
  CHECK(text_in(failed_call(
          make_fault(errc::storage_integrity, "the database is damaged")))
        == "The storage is damaged: the database is damaged. "
           "(storage.integrity)");
  CHECK(text_in(failed_call(
          make_fault(errc::validation_failed, "there is no such thing")))
        == "There is no such thing. (validation.failed)");
}

TEST_CASE("a call that failed does not tell what went wrong inside the node",
          "[mcp]") {
  const auto text
    = text_in(failed_call(make_fault(errc::unexpected, "a pointer was null")));
  CHECK(text.find("pointer") == text.npos);
}

TEST_CASE("what was done before comes first", "[mcp]") {
  CHECK(text_in(failed_call(make_fault(errc::validation_failed, "no"),
                            "Two steps were taken."))
        == "Two steps were taken. No. (validation.failed)");
}
