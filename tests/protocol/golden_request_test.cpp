// Golden pairs: what a client of OpenAI's dialect says, and what each provider
// gets of it. A pair is two files in golden/{dialect}/; adding one adds a test.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include <boost/json.hpp>

#include "protocol/chat_request.hpp"
#include "protocol/dialects/encode.hpp"
#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol;

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

const provider_identity somebody{"KEY", "provider-model"};

using request_ptr = std::shared_ptr<const chat_request>;

request_ptr read(std::string body) {
  auto request = chat_request::read(std::move(body));
  if (request.has_error())
    FAIL(request.error().detail);
  return *request;
}

std::string text_of(const fs::path& path) {
  std::ostringstream out;
  out << std::ifstream{path, std::ios::binary}.rdbuf();
  REQUIRE_FALSE(out.str().empty());
  return out.str();
}

std::string body_of(const upstream_request& from) {
  std::string body;
  for (const auto piece : from.body)
    body += piece;
  return body;
}

json::object headers_of(std::string_view fields) {
  json::object headers;
  while (!fields.empty()) {
    const auto end = fields.find("\r\n");
    const auto colon = fields.find(": ");
    REQUIRE(end != fields.npos);
    REQUIRE(colon < end);
    headers[fields.substr(0, colon)]
      = fields.substr(colon + 2, end - colon - 2);
    fields.remove_prefix(end + 2);
  }
  return headers;
}

json::value parsed(const std::string& text) {
  json::error_code error;
  auto value = json::parse(text, error);
  INFO(text);
  REQUIRE_FALSE(error);
  return value;
}

result<upstream_request> encode(std::string_view dialect, request_ptr request,
                                const provider_identity& who = somebody) {
  if (dialect == "anthropic")
    return encode_anthropic(std::move(request), who);
  if (dialect == "google")
    return encode_google(std::move(request), who);
  return encode_openai(std::move(request), who, true);
}

upstream_request encoded(std::string_view dialect, std::string body,
                         const provider_identity& who = somebody) {
  auto upstream = encode(dialect, read(std::move(body)), who);
  if (upstream.has_error())
    FAIL(upstream.error().detail);
  return std::move(*upstream);
}

/// The fault of a request that cannot be said in a dialect.
fault refused(std::string_view dialect, std::string body) {
  auto upstream = encode(dialect, read(std::move(body)));
  REQUIRE(upstream.has_error());
  CHECK_FALSE(upstream.error().detail.empty());
  return upstream.error();
}

std::vector<fs::path> requests_in(const std::string& dialect) {
  const auto folder
    = fs::path{CAISSON_SOURCE_DIR} / "tests/protocol/golden" / dialect;
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator{folder})
    if (entry.path().string().ends_with(".request.json"))
      found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

std::string asking(std::string_view members) {
  return R"({"model":"m","messages":[{"role":"user","content":"x"}])"
         + std::string{members} + "}";
}

std::string saying(std::string_view message) {
  return R"({"model":"m","messages":[{"role":"user","content":"x"},)"
         + std::string{message} + "]}";
}

} // namespace

TEST_CASE("each provider gets what the golden pairs say", "[golden]") {
  const auto* dialect = GENERATE("openai", "anthropic", "google");
  const auto requests = requests_in(dialect);
  REQUIRE(requests.size() >= 9);
  for (const auto& path : requests) {
    INFO(path);
    auto name = path.string();
    name.replace(name.size() - 12, 12, "upstream.json");
    const auto upstream = encoded(dialect, text_of(path));
    const auto expected = parsed(text_of(name)).as_object();
    CHECK(upstream.target == expected.at("target").as_string());
    CHECK(json::value(headers_of(upstream.fields)) == expected.at("headers"));
    CHECK(parsed(body_of(upstream)) == expected.at("body"));
  }
}

TEST_CASE("OpenAI's providers get the client's bytes around the model",
          "[golden]") {
  for (const auto& path : requests_in("openai")) {
    INFO(path);
    const auto body = text_of(path);
    const auto request = read(body);
    const auto upstream = encode_openai(request, somebody, false);
    REQUIRE(upstream.has_value());
    auto expected = body;
    const auto at = body.find("\"fast\"");
    REQUIRE(at != body.npos);
    expected.replace(at, 6, "\"provider-model\"");
    CHECK(body_of(*upstream) == expected);
    CHECK(upstream->body.front().data() == request->body().data());
  }
}

TEST_CASE("the pieces of a body outlive the request they came from",
          "[golden]") {
  for (const auto* dialect : {"openai", "anthropic", "google"}) {
    auto upstream = encoded(dialect, asking(R"(,"n":1)"));
    const auto moved = std::move(upstream);
    CHECK(parsed(body_of(moved)).is_object());
  }
}

TEST_CASE("the model is escaped for where it stands", "[golden]") {
  const provider_identity odd{"", "models/a b\"/é?"};
  const auto openai = encoded("openai", asking(""), odd);
  CHECK(parsed(body_of(openai)).at("model") == "models/a b\"/é?");
  CHECK(openai.fields.find("Authorization") == std::string::npos);
  const auto anthropic = encoded("anthropic", asking(""), odd);
  CHECK(parsed(body_of(anthropic)).at("model") == "models/a b\"/é?");
  CHECK(anthropic.fields.find("x-api-key") == std::string::npos);
  const auto google = encoded("google", asking(""), odd);
  CHECK(google.target == "/v1beta/models/a%20b%22%2F%C3%A9%3F:generateContent");
  CHECK(google.fields.find("x-goog-api-key") == std::string::npos);
}

TEST_CASE("a stream is asked for its usage only where nobody said otherwise",
          "[golden]") {
  const auto wish = [](std::string_view members) {
    return body_of(encoded("openai", asking(members)));
  };
  CHECK(wish(R"(,"stream":true)").find("include_usage") != std::string::npos);
  CHECK(wish(R"(,"stream":false)").find("include_usage") == std::string::npos);
  CHECK(wish("").find("include_usage") == std::string::npos);
  CHECK(wish(R"(,"stream":true,"stream_options":null)").find("include_usage")
        == std::string::npos);
  CHECK(parsed(wish(R"(,"stream":true,"stream_options":{"x":1})"))
          .at("stream_options")
        == parsed(R"({"x":1})"));
}

TEST_CASE("what Anthropic cannot be told is refused", "[golden]") {
  CHECK(refused("anthropic", asking(R"(,"n":2)")).param == "n");
  CHECK(refused("anthropic", asking(R"(,"n":2)")).code
        == errc::validation_constraint);
  const auto* const silent
    = R"({"model":"m","messages":[{"role":"system","content":"x"}]})";
  CHECK(refused("anthropic", silent).param == "messages");
  CHECK(refused("google", silent).param == "messages");
}

TEST_CASE("content of a kind that only OpenAI has is refused by name",
          "[golden]") {
  const auto* dialect = GENERATE("anthropic", "google");
  struct {
    std::string body;
    std::string param;
  } const cases[]{
    {saying(R"({"role":"user","content":[{"type":"input_audio"}]})"),
     "messages[1].content[0].type"},
    {saying(R"({"role":"user","content":[{"type":"image_url","image_url":
       {"url":"data:image/png,raw"}}]})"),
     "messages[1].content[0].image_url"},
    {saying(R"({"role":"assistant","tool_calls":[{"id":"a","type":"function",
       "function":{"name":"f","arguments":"{\"a\":"}}]})"),
     "messages[1].tool_calls[0].function.arguments"},
    {saying(R"({"role":"assistant","tool_calls":[{"id":"a","type":"function",
       "function":{"name":"f","arguments":"[1]"}}]})"),
     "messages[1].tool_calls[0].function.arguments"},
    {asking(R"(,"tools":[{"type":"custom","custom":{"name":"x"}}])"),
     "tools[0].type"},
    {asking(R"(,"tool_choice":"maybe")"), "tool_choice"},
    {asking(R"(,"response_format":{"type":"xml"})"), "response_format.type"},
  };
  for (const auto& [body, param] : cases) {
    INFO(body);
    const auto what = refused(dialect, body);
    CHECK(what.code == errc::validation_constraint);
    CHECK(what.param == param);
    // The same request passes to a provider of its own dialect.
    CHECK(encode("openai", read(body)).has_value());
  }
}

TEST_CASE("Google needs to know whose result it is", "[golden]") {
  const auto what = refused(
    "google", saying(R"({"role":"tool","tool_call_id":"x","content":"1"})"));
  CHECK(what.param == "messages[1].tool_call_id");
}

TEST_CASE("Gemini gets a signature with the first call of a turn from 3 on",
          "[golden]") {
  const auto body = [](std::string_view extra, std::string_view model) {
    const auto text = saying(
      R"({"role":"assistant","tool_calls":[{"id":"a","type":"function")"
      + std::string{extra}
      + R"(,"function":{"name":"f","arguments":"{}"}},{"id":"b","type":)"
        R"("function","function":{"name":"f","arguments":"{}"}}]})");
    const auto upstream = encoded("google", text, {"KEY", model});
    return parsed(body_of(upstream)).at("contents").at(1).at("parts");
  };
  const auto* const none = "skip_thought_signature_validator";
  for (const auto* model : {"gemini-3-pro", "gemini-3.8-flash",
                            "gemini-4-argon", "gemini-flash-latest"}) {
    INFO(model);
    const auto foreign = body("", model);
    CHECK(foreign.at(0).at("thoughtSignature") == none);
    CHECK_FALSE(foreign.at(1).as_object().contains("thoughtSignature"));
  }
  for (const auto* model : {"gemini-2.5-pro", "gemini-1.5-pro", "gemma-4"}) {
    INFO(model);
    CHECK_FALSE(body("", model).at(0).as_object().contains("thoughtSignature"));
  }
  const auto kept
    = body(R"(,"extra_content":{"google":{"thought_signature":"S=="}})",
           "gemini-2.5-pro");
  CHECK(kept.at(0).at("thoughtSignature") == "S==");
}

TEST_CASE("functions and function_call are tools by an older name",
          "[golden]") {
  const auto* const old = R"({"model":"m","messages":[
    {"role":"user","content":"x"},
    {"role":"assistant","content":null,"function_call":
      {"name":"f","arguments":"{\"a\":1}"}},
    {"role":"function","name":"f","content":"2"}],
    "functions":[{"name":"f","parameters":{"type":"object"}}],
    "function_call":{"name":"f"}})";
  const auto body = parsed(body_of(encoded("anthropic", old)));
  CHECK(body.at("tools") == parsed(R"([{"name":"f","input_schema":
    {"type":"object"}}])"));
  CHECK(body.at("tool_choice") == parsed(R"({"type":"tool","name":"f"})"));
  const auto& messages = body.at("messages");
  CHECK(messages.at(1).at("content").at(0).at("id")
        == messages.at(2).at("content").at(0).at("tool_use_id"));
  CHECK(messages.at(1).at("content").at(0).at("input") == parsed(R"({"a":1})"));
}

TEST_CASE("numbers and schemas reach a provider as they were written",
          "[golden]") {
  const auto* const schema
    = R"({"type":"object","maximum":1.10,"x":12345678901234567890})";
  const auto members = std::string{R"(,"tools":[{"type":"function","function":)"
                                   R"({"name":"f","parameters": )"}
                       + schema + " }}]";
  for (const auto* dialect : {"anthropic", "google"})
    CHECK(body_of(encoded(dialect, asking(members))).find(schema)
          != std::string::npos);
}
