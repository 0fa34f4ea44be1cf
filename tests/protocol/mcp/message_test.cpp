#include "protocol/mcp/message.hpp"

#include <fstream>
#include <iterator>
#include <string>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "tests/support/catch.hpp"

using namespace caisson::protocol::mcp;

namespace {

/// The refusal of a body; INTERNAL_ERROR when it is taken.
rpc_error refusal(std::string body) {
  auto read = read_body(body);
  return read ? rpc_error{} : read.error();
}

message only(std::string& body) {
  auto read = read_body(body);
  REQUIRE(read.has_value());
  CHECK_FALSE(read->batch);
  REQUIRE(read->messages.size() == 1);
  return read->messages.front();
}

} // namespace

TEST_CASE("a request keeps its id byte for byte", "[mcp]") {
  for (std::string id :
       {"0", "-7", "9007199254740993", R"("a\u0062 ")", R"("")"}) {
    INFO(id);
    std::string body
      = R"({"jsonrpc":"2.0", "id" : )" + id + R"( ,"method":"ping"})";
    const auto one = only(body);
    CHECK(one.kind == message_kind::request);
    CHECK(one.id == id);
    CHECK(one.method == "ping");
    CHECK(one.params.empty());
  }
}

TEST_CASE("ids that are neither string nor integer are refused", "[mcp]") {
  const std::string endless = '"' + std::string(longest_id, 'x') + '"';
  for (const std::string& id : std::vector<std::string>{
         "null", "true", "1.5", "1e3", "{}", "[]", endless}) {
    INFO(id);
    const auto what
      = refusal(R"({"jsonrpc":"2.0","id":)" + id + R"(,"method":"ping"})");
    CHECK(what.code == error_code::invalid_request);
    CHECK(what.status == 400);
    CHECK(what.id == "null");
  }
}

TEST_CASE("a method without an id is a notification", "[mcp]") {
  std::string body
    = R"({"jsonrpc":"2.0","method":"notifications/initialized","params":{}})";
  const auto one = only(body);
  CHECK(one.kind == message_kind::notification);
  CHECK(one.id.empty());
  CHECK(one.params == "{}");
}

TEST_CASE("a response has a result or an error, and an id", "[mcp]") {
  std::string good = R"({"jsonrpc":"2.0","id":"ask-1","result":{"a":[1]}})";
  auto one = only(good);
  CHECK(one.kind == message_kind::response);
  CHECK(one.result == R"({"a":[1]})");
  std::string bad = R"({"jsonrpc":"2.0","id":1,"error":{"code":1}})";
  CHECK(only(bad).error == R"({"code":1})");
  for (auto body :
       {R"({"jsonrpc":"2.0","id":1})", R"({"jsonrpc":"2.0","result":{}})",
        R"({"jsonrpc":"2.0","id":1,"result":{},"error":{}})",
        R"({"jsonrpc":"2.0","id":1,"error":"no"})",
        R"({"jsonrpc":"2.0","id":1,"result":{},"params":{}})"}) {
    INFO(body);
    CHECK(refusal(body).code == error_code::invalid_request);
  }
}

TEST_CASE("what is no message of JSON-RPC 2.0 is refused with its id",
          "[mcp]") {
  for (auto body :
       {R"({"id":5,"method":"ping"})",
        R"({"jsonrpc":"1.0","id":5,"method":"ping"})",
        R"({"jsonrpc":2.0,"id":5,"method":"ping"})",
        R"({"jsonrpc":"2.0","id":5,"method":7})",
        R"({"jsonrpc":"2.0","id":5,"method":""})",
        R"({"jsonrpc":"2.0","id":5,"method":"ping","params":[1]})",
        R"({"jsonrpc":"2.0","id":5,"method":"ping","params":null})",
        R"({"jsonrpc":"2.0","id":5,"method":"ping","result":{}})"}) {
    INFO(body);
    const auto what = refusal(body);
    CHECK(what.code == error_code::invalid_request);
    CHECK(what.id == "5");
  }
}

TEST_CASE("the same key twice is no message, wherever it stands", "[mcp]") {
  for (auto body :
       {R"({"jsonrpc":"2.0","id":1,"id":2,"method":"ping"})",
        R"({"jsonrpc":"2.0","id":1,"method":"ping","m\u0065thod":"x"})",
        R"({"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":1,"a":2}})"}) {
    INFO(body);
    CHECK(refusal(body).code == error_code::invalid_request);
  }
}

TEST_CASE("no JSON and JSON that is no message have codes of their own",
          "[mcp]") {
  for (auto body :
       {"", "{", "nonsense", R"({"jsonrpc":"2.0",})", "\xEF\xBB\xBF{}",
        "{\"a\":\"\xff\"}", R"({"a":"\ud800"})"}) {
    INFO(body);
    const auto what = refusal(body);
    CHECK(what.code == error_code::parse_error);
    CHECK(what.status == 400);
  }
  for (auto body : {"1", "null", R"("text")", "{}", "[]", "[1]", "[[]]"}) {
    INFO(body);
    CHECK(refusal(body).code == error_code::invalid_request);
  }
}

TEST_CASE("a body is nested 64 deep at most", "[mcp]") {
  const auto nested = [](std::size_t depth) {
    return R"({"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":)"
           + std::string(depth - 2, '[') + std::string(depth - 2, ']') + "}}";
  };
  CHECK(refusal(nested(64)).code == error_code::internal_error);
  CHECK(refusal(nested(65)).status == 400);
  CHECK(refusal(std::string(100'000, '[')).status == 400);
}

TEST_CASE("an array is read element by element", "[mcp]") {
  std::string body = R"([{"jsonrpc":"2.0","id":1,"method":"ping"},
    {"jsonrpc":"2.0","method":"notifications/initialized"}])";
  auto read = read_body(body);
  REQUIRE(read.has_value());
  CHECK(read->batch);
  REQUIRE(read->messages.size() == 2);
  CHECK(read->messages[0].id == "1");
  CHECK(read->messages[1].kind == message_kind::notification);
  const auto what = refusal(
    R"([{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":2}])");
  CHECK(what.code == error_code::invalid_request);
  CHECK(what.id == "null");
}

TEST_CASE("an array holds a hundred messages at most", "[mcp]") {
  const auto many = [](std::size_t count) {
    std::string body = "[";
    for (std::size_t i = 0; i < count; ++i) {
      body += i == 0 ? "" : ",";
      body += R"({"jsonrpc":"2.0","id":)" + std::to_string(i)
              + R"(,"method":"ping"})";
    }
    return body + ']';
  };
  CHECK(refusal(many(largest_batch)).code == error_code::internal_error);
  CHECK(refusal(many(largest_batch + 1)).code == error_code::invalid_request);
}

TEST_CASE("members that nobody knows are passed over", "[mcp]") {
  std::string body
    = R"({"x":{"method":1},"jsonrpc":"2.0","id":1,"method":"ping","y":[{}]})";
  CHECK(only(body).method == "ping");
}

// The cases of JSONTestSuite: y_ must be read, n_ must not, i_ may be either
// way. Each stands in the params of a request.
TEST_CASE("params are read as JSONTestSuite says", "[mcp]") {
  std::ifstream file{CAISSON_SOURCE_DIR "/tests/corpus/json_test_suite.json"};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const auto corpus = boost::json::parse(text);
  const auto& cases = corpus.at("cases").as_array();
  CHECK(cases.size() == 316);
  for (const auto& one : cases) {
    const std::string name{one.at("name").as_string()};
    INFO(name);
    const auto code
      = refusal(R"({"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":)"
                + std::string{one.at("input").as_string()} + "}}")
          .code;
    // A key twice is JSON, and refused nevertheless.
    if (name.find("duplicated_key") != name.npos)
      CHECK(code == error_code::invalid_request);
    else if (name.starts_with("n_"))
      CHECK(code == error_code::parse_error);
    else if (name.starts_with("y_"))
      CHECK(code == error_code::internal_error);
  }
}
