#include "protocol/faults.hpp"

#include <algorithm>
#include <iterator>

#include <boost/json.hpp>

#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol;
using namespace std::chrono_literals;

namespace {

boost::json::object error_in(const fault& what,
                             std::string_view trace = "0af7") {
  return boost::json::parse(error_body(what, {trace}))
    .as_object()
    .at("error")
    .as_object();
}

} // namespace

TEST_CASE("every code has the status of SPEC section 7") {
  using enum errc;
  const std::pair<errc, unsigned> table[] = {
    {config_missing, 500},
    {config_invalid, 500},
    {config_secret_not_found, 500},
    {auth_invalid_credentials, 401},
    {validation_failed, 400},
    {validation_schema, 400},
    {validation_constraint, 400},
    {validation_body_too_large, 413},
    {validation_unsupported_media, 415},
    {validation_headers_too_large, 431},
    {validation_not_found, 404},
    {validation_method_not_allowed, 405},
    {llm_error, 502},
    {llm_rate_limited, 503},
    {llm_timeout, 504},
    {llm_overloaded, 503},
    {llm_model_not_found, 404},
    {llm_refused, 400},
    {llm_unavailable, 503},
    {circuit_breaker_open, 503},
    {retry_exhausted, 503},
    {deadline_exceeded, 504},
    {bulkhead_rejected, 503},
    {shutting_down, 503},
    {unexpected, 500},
    {not_implemented, 501},
    {rate_limit_exceeded, 429},
    {quota_exceeded, 429},
    {redis_error, 502},
    {redis_timeout, 504},
    {redis_unavailable, 503},
    {mcp_error, 502},
    {mcp_timeout, 504},
    {mcp_unavailable, 503},
    {storage_error, 502},
    {storage_timeout, 504},
    {storage_unavailable, 503},
    {storage_backend, 500},
    {storage_integrity, 500},
  };
  CHECK(std::size(table) == errc_count);
  for (auto [code, status] : table) {
    INFO(name_of(code));
    CHECK(http_status(make_fault(code, "")) == status);
  }
}

TEST_CASE("the error body is OpenAI's envelope with the node's members") {
  auto what = make_fault(errc::circuit_breaker_open, failure_kind::connect,
                         "it opened 3 s ago");
  what.dependency = "openai";
  what.retry_after = 1200ms;
  CHECK(boost::json::parse(error_body(what, {"4bf92f"}))
        == boost::json::parse(R"({"error":{
          "code":"resilience.circuit_breaker_open","type":"server_error",
          "message":"The dependency failed too often and is given a rest: it opened 3 s ago.",
          "param":null,"trace_id":"4bf92f","retry":"conditional",
          "retry_after":2,
          "metadata":{"dependency":"openai","reason":"connect"}}})"));
}

TEST_CASE("members that are not known are null, and metadata is empty") {
  auto error = error_in(make_fault(errc::validation_failed, ""), "");
  CHECK(error.at("param").is_null());
  CHECK(error.at("trace_id").is_null());
  CHECK(error.at("retry_after").is_null());
  CHECK(error.at("metadata").as_object().empty());
  CHECK(error.at("retry") == "never");
  CHECK(error.at("type") == "invalid_request_error");
  CHECK(error.at("message") == "The request is not valid.");
}

TEST_CASE("the offending field is the param") {
  auto what = make_fault(errc::validation_constraint, "n must be 1");
  what.param = "n";
  CHECK(error_in(what).at("param") == "n");
}

TEST_CASE("what went wrong inside the node is not told") {
  for (auto code : {errc::unexpected, errc::config_invalid}) {
    auto body
      = error_body(make_fault(code, "/etc/secret: std::bad_alloc"), {"t"});
    CHECK(body.find("secret") == std::string::npos);
    CHECK(body.find("bad_alloc") == std::string::npos);
  }
}

TEST_CASE("text that is not UTF-8 cannot break the body") {
  auto what = make_fault(errc::validation_schema, "bad \xFF byte\n\"");
  what.param = "\xC3";
  auto error = error_in(what, "\x80");
  CHECK(error.at("param") == "?");
  CHECK(error.at("trace_id") == "?");
  auto& message = error.at("message").as_string();
  CHECK(message.find("bad ? byte\n\"") != message.npos);
}

TEST_CASE("Retry-After is whole seconds, rounded up, never none") {
  auto what = make_fault(errc::bulkhead_rejected, "");
  CHECK(retry_after_seconds(what) == 1);
  CHECK(error_in(what).at("retry_after") == 1);
  const std::pair<std::chrono::milliseconds, unsigned> table[]
    = {{-5s, 1}, {0ms, 1}, {1ms, 1}, {1000ms, 1}, {1001ms, 2}, {120s, 120}};
  for (auto [wait, seconds] : table) {
    what.retry_after = wait;
    CHECK(retry_after_seconds(what) == seconds);
  }
  what.retry_after = std::chrono::milliseconds::max();
  CHECK(retry_after_seconds(what) == 2147483647);
}

TEST_CASE("a failed stream ends in one event with the same body") {
  auto what = make_fault(errc::llm_timeout, failure_kind::idle_timeout, "x");
  CHECK(error_event(what, {"t"})
        == "data: " + error_body(what, {"t"}) + "\n\n");
  // One line: a line feed in it would end the event.
  CHECK(error_event(make_fault(errc::llm_error, "a\nb"), {"t"}).find('\n')
        == error_event(make_fault(errc::llm_error, "a\nb"), {"t"}).size() - 2);
}

TEST_CASE("Anthropic's clients read Anthropic's envelope") {
  auto what = make_fault(errc::validation_constraint,
                         "'top_p' must be between 0 and 1.");
  what.param = "top_p";
  const addressee to{"4bf92f", "req-1", envelope::anthropic};
  CHECK(boost::json::parse(error_body(what, to))
        == boost::json::parse(R"({"type":"error","error":{
          "code":"validation.constraint","type":"invalid_request_error",
          "message":"A value of the request cannot be used: 'top_p' must be between 0 and 1.",
          "param":"top_p","trace_id":"4bf92f","retry":"never",
          "retry_after":null,"metadata":{}},"request_id":"req-1"})"));
  CHECK(error_event(what, to)
        == "event: error\ndata: " + error_body(what, to) + "\n\n");
}

TEST_CASE("every status has a type of Anthropic's that fits it") {
  const std::pair<unsigned, std::string_view> table[]
    = {{400, "invalid_request_error"},
       {401, "authentication_error"},
       {404, "not_found_error"},
       {405, "invalid_request_error"},
       {413, "request_too_large"},
       {415, "invalid_request_error"},
       {429, "rate_limit_error"},
       {431, "request_too_large"},
       {500, "api_error"},
       {501, "invalid_request_error"},
       {502, "api_error"},
       {504, "timeout_error"}};
  for (std::size_t i = 0; i < errc_count; ++i) {
    auto what = make_fault(static_cast<errc>(i), "");
    INFO(name_of(what.code));
    auto type
      = boost::json::parse(error_body(what, {"t", "r", envelope::anthropic}))
          .at("error")
          .at("type");
    auto row = std::find_if(std::begin(table), std::end(table), [&](auto& x) {
      return x.first == http_status(what);
    });
    if (row != std::end(table))
      CHECK(type.as_string() == row->second);
    else
      CHECK((type == "overloaded_error" || type == "api_error"));
  }
  auto type_of = [](errc code) {
    return boost::json::parse(
             error_body(make_fault(code, ""), {"t", "r", envelope::anthropic}))
      .at("error")
      .at("type");
  };
  CHECK(type_of(errc::llm_overloaded) == "overloaded_error");
  CHECK(type_of(errc::bulkhead_rejected) == "overloaded_error");
  CHECK(type_of(errc::circuit_breaker_open) == "api_error");
}

TEST_CASE("MCP's clients read a JSON-RPC error, and ours is its data") {
  auto what = make_fault(errc::rate_limit_exceeded, "at most 1");
  auto told
    = boost::json::parse(error_body(what, {"t", "r", envelope::json_rpc}));
  CHECK(told.at("jsonrpc") == "2.0");
  CHECK(told.at("id").is_null());
  CHECK(told.at("error").at("code") == -31003);
  CHECK(told.at("error").at("data").at("code") == "rate_limit.exceeded");
  CHECK(told.at("error").at("data").at("trace_id") == "t");
  CHECK(told.at("error").at("message")
        == told.at("error").at("data").at("message"));
}

TEST_CASE("a client of JSON-RPC hears which of its requests it was") {
  addressee who{"t", "r", envelope::json_rpc};
  who.rpc_id = R"("q")";
  auto what = make_fault(errc::mcp_unavailable, "");
  CHECK(boost::json::parse(error_body(what, who)).at("id") == "q");
}

TEST_CASE("JSON-RPC's own codes are for what has none of SPEC section 7") {
  for (auto [code, number] :
       {std::pair{errc::llm_unavailable, -31001},
        std::pair{errc::deadline_exceeded, -31002},
        std::pair{errc::quota_exceeded, -31003},
        std::pair{errc::bulkhead_rejected, -31004},
        std::pair{errc::circuit_breaker_open, -31005},
        std::pair{errc::llm_error, -31006},
        std::pair{errc::mcp_unavailable, -31001},
        std::pair{errc::mcp_timeout, -31002},
        std::pair{errc::mcp_error, -31006},
        std::pair{errc::storage_unavailable, -31001},
        std::pair{errc::storage_timeout, -31002},
        std::pair{errc::storage_error, -31006},
        std::pair{errc::storage_integrity, -32603},
        std::pair{errc::shutting_down, -31009},
        std::pair{errc::validation_body_too_large, -32600},
        std::pair{errc::unexpected, -32603}})
    CHECK(json_rpc_code(make_fault(code, "")) == number);
}
