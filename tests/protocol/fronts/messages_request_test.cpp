// Runs the pairs in golden/fronts/anthropic/: NAME.request.json is what a
// client of Anthropic's dialect asks, NAME.inner.json the same in the node's
// inner words. All of messages_read.hpp is in it: messages_blocks.cpp,
// messages_content.cpp, messages_tools.cpp.
#include "protocol/fronts/messages_request.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include <boost/json.hpp>

#include "protocol/conversation.hpp"
#include "protocol/dialects/encode.hpp"
#include "tests/support/catch.hpp"

namespace fs = std::filesystem;
using namespace caisson;
using namespace caisson::protocol;

namespace {

const provider_identity somebody{"KEY", "provider-model"};

using request_ptr = std::shared_ptr<const chat_request>;

std::string read_all(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::vector<fs::path> requests() {
  std::vector<fs::path> found;
  for (auto& entry : fs::directory_iterator{
         CAISSON_SOURCE_DIR "/tests/protocol/golden/fronts/anthropic"})
    if (entry.path().string().ends_with(".request.json"))
      found.push_back(entry.path());
  return found;
}

request_ptr read(std::string body) {
  auto request = read_messages_request(std::move(body));
  if (request.has_error())
    FAIL(request.error().detail);
  return *request;
}

std::string body_of(const upstream_request& from) {
  std::string body;
  for (auto piece : from.body)
    body += piece;
  return body;
}

std::string asking(std::string_view members) {
  return R"({"model":"m","max_tokens":9,"messages":[{"role":"user",)"
         R"("content":"x"}])"
         + std::string{members} + "}";
}

std::string saying(std::string_view messages) {
  return R"({"model":"m","max_tokens":9,"messages":[)" + std::string{messages}
         + "]}";
}

std::string user(std::string_view block) {
  return saying(R"({"role":"user","content":[{"type":"text","text":"x"},)"
                + std::string{block} + "]}");
}

std::string called(std::string_view block) {
  return saying(
    R"({"role":"user","content":"x"},{"role":"assistant","content":[)"
    R"({"type":"tool_use","id":"t","name":"f","input":{}}]},)"
    R"({"role":"user","content":[)"
    + std::string{block} + "]}");
}

/// The members of all objects the other way round.
boost::json::value turned_round(const boost::json::value& from) {
  if (auto* list = from.if_array()) {
    boost::json::array made;
    for (auto& item : *list)
      made.push_back(turned_round(item));
    return made;
  }
  auto* object = from.if_object();
  if (!object)
    return from;
  boost::json::object made;
  for (auto at = object->end(); at != object->begin();) {
    --at;
    made[at->key()] = turned_round(at->value());
  }
  return made;
}

/// The arguments of calls as values: their text has an order of its own.
boost::json::value with_arguments_read(boost::json::value from) {
  if (auto* list = from.if_array())
    for (auto& item : *list)
      item = with_arguments_read(item);
  if (auto* object = from.if_object())
    for (auto& member : *object)
      member.value() = member.key() == "arguments"
                         ? boost::json::parse(member.value().as_string())
                         : with_arguments_read(member.value());
  return from;
}

struct mistake {
  std::string body;
  std::string param;
};

void check_refused(const std::vector<mistake>& cases, errc code) {
  for (auto& [body, param] : cases) {
    INFO(body);
    auto read = read_messages_request(body);
    REQUIRE(read.has_error());
    CHECK(read.error().code == code);
    CHECK(read.error().param == param);
    CHECK(read.error().detail.find('\'' + param + "' must be ") == 0);
  }
}

} // namespace

TEST_CASE(
  "a request of Anthropic's dialect is its golden pair in inner words") {
  auto paths = requests();
  REQUIRE(paths.size() >= 14);
  for (auto& path : paths) {
    INFO(path);
    auto inner = path.string();
    inner.replace(inner.size() - 12, 12, "inner.json");
    auto original = read_all(path);
    auto request = read(original);
    CHECK(boost::json::parse(request->body())
          == boost::json::parse(read_all(inner)));
    REQUIRE(request->origin() != nullptr);
    CHECK(request->origin()->original == original);
    CHECK_FALSE(request->origin()->flaw);
    CHECK(request->client() == wire::anthropic);
  }
}

TEST_CASE("the order of members does not matter") {
  for (auto& path : requests()) {
    INFO(path);
    auto inner = path.string();
    inner.replace(inner.size() - 12, 12, "inner.json");
    auto turned = turned_round(boost::json::parse(read_all(path)));
    auto request = read(boost::json::serialize(turned));
    CHECK(with_arguments_read(boost::json::parse(request->body()))
          == with_arguments_read(boost::json::parse(read_all(inner))));
  }
}

TEST_CASE("what the Messages front reads can be said to every provider") {
  for (auto& path : requests()) {
    INFO(path);
    auto request = read(read_all(path));
    CHECK_FALSE(request->words().flaw);
    CHECK(encode_anthropic(request, somebody).has_value());
    CHECK(encode_google(request, somebody).has_value());
    for (bool itself : {true, false})
      CHECK(encode_openai(request, somebody, itself).has_value());
  }
}

TEST_CASE(
  "the limit goes to OpenAI by its newer name, to others by the older") {
  auto request = read(asking(R"(,"stream":true,"metadata":{"user_id":)"
                             R"("\"max_tokens\""})"));
  auto sent = [&](bool itself) {
    auto upstream = encode_openai(request, somebody, itself);
    REQUIRE(upstream.has_value());
    return boost::json::parse(body_of(*upstream)).as_object();
  };
  auto theirs = sent(true);
  CHECK(theirs.at("max_completion_tokens") == 9);
  CHECK_FALSE(theirs.contains("max_tokens"));
  CHECK(theirs.at("model") == "provider-model");
  CHECK(theirs.at("user") == "\"max_tokens\"");
  auto others = sent(false);
  CHECK(others.at("max_tokens") == 9);
  CHECK_FALSE(others.contains("max_completion_tokens"));
  theirs["max_tokens"] = 9;
  theirs.erase("max_completion_tokens");
  CHECK(theirs == others);
}

TEST_CASE("a stream is asked for its usage, which Anthropic's always has") {
  auto request = read(asking(R"(,"stream":true)"));
  CHECK(request->stream());
  CHECK(request->wants_usage());
  CHECK_FALSE(read(asking(R"(,"stream":false)"))->has_stream_options());
}

TEST_CASE("a request that has not Anthropic's shape is refused by its name") {
  const auto* const tool = R"("type":"tool_use","id":"t","name":"f")";
  const auto assistant = [](std::string_view block) {
    return saying(R"({"role":"assistant","content":[)" + std::string{block}
                  + "]}");
  };
  check_refused(
    {{R"({"max_tokens":1,"messages":[{"role":"user","content":"x"}]})",
      "model"},
     {R"({"model":"m","messages":[{"role":"user","content":"x"}]})",
      "max_tokens"},
     {R"({"model":"m","max_tokens":1})", "messages"},
     {R"({"model":5,"max_tokens":1,"messages":[]})", "model"},
     {R"({"model":null,"max_tokens":1,"messages":[]})", "model"},
     {R"({"model":"m","max_tokens":"1"})", "max_tokens"},
     {R"({"model":"m","max_tokens":1.5})", "max_tokens"},
     {R"({"model":"m","max_tokens":1,"messages":{}})", "messages"},
     {saying("7"), "messages[0]"},
     {saying(R"({"content":"x"})"), "messages[0].role"},
     {saying(R"({"role":"user"})"), "messages[0].content"},
     {saying(R"({"role":"user","content":null})"), "messages[0].content"},
     {saying(R"({"role":"user","content":["x"]})"), "messages[0].content[0]"},
     {user(R"({"text":"y"})"), "messages[0].content[1].type"},
     {user(R"({"type":"text","text":5})"), "messages[0].content[1].text"},
     {user(R"({"type":"image"})"), "messages[0].content[1].source"},
     {user(R"({"type":"image","source":{"type":"url","url":""}})"),
      "messages[0].content[1].source.url"},
     {user(R"({"type":"image","source":{"type":"base64","data":"x"}})"),
      "messages[0].content[1].source.media_type"},
     {user(
        R"({"type":"image","source":{"type":"base64","media_type":"image/png"}})"),
      "messages[0].content[1].source.data"},
     {user(R"({"type":"document","source":{"type":"text"}})"),
      "messages[0].content[1].source.data"},
     {assistant("{" + std::string{tool} + "}"), "messages[0].content[0].input"},
     {assistant("{" + std::string{tool} + R"(,"input":[1]})"),
      "messages[0].content[0].input"},
     {assistant(R"({"type":"tool_use","name":"f","input":{}})"),
      "messages[0].content[0].id"},
     {assistant(R"({"type":"tool_use","id":"t","name":"","input":{}})"),
      "messages[0].content[0].name"},
     {called(R"({"type":"tool_result"})"),
      "messages[2].content[0].tool_use_id"},
     {called(R"({"type":"tool_result","tool_use_id":"t","is_error":"no"})"),
      "messages[2].content[0].is_error"},
     {called(R"({"type":"tool_result","tool_use_id":"t","content":5})"),
      "messages[2].content[0].content"},
     {called(
        R"({"type":"tool_result","tool_use_id":"t","content":[{"type":"text"}]})"),
      "messages[2].content[0].content[0].text"},
     {asking(R"(,"system":5)"), "system"},
     {asking(R"(,"system":[{"type":"text"}])"), "system[0].text"},
     {asking(R"(,"stream":"yes")"), "stream"},
     {asking(R"(,"temperature":"hot")"), "temperature"},
     {asking(R"(,"top_p":true)"), "top_p"},
     {asking(R"(,"stop_sequences":"END")"), "stop_sequences"},
     {asking(R"(,"stop_sequences":["a",1])"), "stop_sequences[1]"},
     {asking(R"(,"metadata":"u")"), "metadata"},
     {asking(R"(,"metadata":{"user_id":7})"), "metadata.user_id"},
     {asking(R"(,"tools":{})"), "tools"},
     {asking(R"(,"tools":[5])"), "tools[0]"},
     {asking(R"(,"tools":[{"input_schema":{}}])"), "tools[0].name"},
     {asking(R"(,"tools":[{"name":"f"}])"), "tools[0].input_schema"},
     {asking(R"(,"tools":[{"name":"f","description":1,"input_schema":{}}])"),
      "tools[0].description"},
     {asking(R"(,"tool_choice":"auto")"), "tool_choice"},
     {asking(R"(,"tool_choice":{"type":"tool"})"), "tool_choice.name"},
     {asking(R"(,"output_config":5)"), "output_config"},
     {asking(R"(,"output_format":{"type":"json_schema"})"),
      "output_format.schema"},
     {asking(R"(,"mcp_servers":{})"), "mcp_servers"}},
    errc::validation_schema);
}

TEST_CASE("a value that cannot be is refused by its name") {
  check_refused(
    {{R"({"model":"","max_tokens":1})", "model"},
     {R"({"model":"m","max_tokens":-1})", "max_tokens"},
     {R"({"model":"m","max_tokens":1,"messages":[]})", "messages"},
     {saying(R"({"role":"tool","content":"x"})"), "messages[0].role"},
     {saying(R"({"role":"user","content":""})"), "messages[0].content"},
     {saying(R"({"role":"user","content":[]})"), "messages[0].content"},
     {saying(
        R"({"role":"assistant","content":[{"type":"thinking","thinking":""}]})"),
      "messages"},
     {user(R"({"type":"tool_use","id":"t","name":"f","input":{}})"),
      "messages[0].content[1].type"},
     {saying(
        R"({"role":"assistant","content":[{"type":"tool_result","tool_use_id":"t"}]})"),
      "messages[0].content[0].type"},
     {user(
        R"({"type":"image","source":{"type":"base64","media_type":"text/html","data":""}})"),
      "messages[0].content[1].source.media_type"},
     {called(R"({"type":"tool_result","tool_use_id":"other"})"),
      "messages[2].content[0].tool_use_id"},
     {asking(R"(,"temperature":1.5)"), "temperature"},
     {asking(R"(,"temperature":-0.1)"), "temperature"},
     {asking(R"(,"top_p":2)"), "top_p"},
     {asking(R"(,"tool_choice":{"type":"maybe"})"), "tool_choice.type"},
     {asking(R"(,"tool_choice":{"type":"any"})"), "tool_choice"}},
    errc::validation_constraint);
}

TEST_CASE("what only Anthropic understands is refused by the other providers") {
  const std::vector<mistake> cases{
    {R"({"model":"m","max_tokens":0,"messages":[{"role":"user","content":"x"}]})",
     "max_tokens"},
    {user(
       R"({"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"x"}})"),
     "messages[0].content[1].source"},
    {user(R"({"type":"image","source":{"type":"file","file_id":"f"}})"),
     "messages[0].content[1].source"},
    {user(R"({"type":"container_upload","file_id":"f"})"),
     "messages[0].content[1].type"},
    {saying(
       R"({"role":"assistant","content":[{"type":"server_tool_use","id":"s","name":"web_search","input":{}}]})"),
     "messages[0].content[0].type"},
    {called(
       R"({"type":"tool_result","tool_use_id":"t","content":[{"type":"search_result"}]})"),
     "messages[2].content[0].content[0].type"},
    {asking(R"(,"tools":[{"type":"web_search_20250305","name":"web_search"}],)"
            R"("tool_choice":{"type":"any"})"),
     "tools[0].type"},
    {asking(R"(,"container":"c")"), "container"},
    {asking(R"(,"inference_geo":"us")"), "inference_geo"},
    {asking(R"(,"mcp_servers":[{"type":"url"}])"), "mcp_servers"},
    {asking(R"(,"output_config":{"format":{"type":"grammar"}})"),
     "output_config.format.type"},
    {asking(R"(,"stop_sequences":["1","2","3","4","5","6","7","8","9","10",)"
            R"("11","12","13","14","15","16","17"])"),
     "stop_sequences"},
  };
  for (auto& [body, param] : cases) {
    INFO(body);
    auto request = read(body);
    CHECK(request->model() == "m");
    const result<upstream_request> refusals[]{
      encode_openai(request, somebody, true),
      encode_openai(request, somebody, false),
      encode_google(request, somebody)};
    for (auto& refusal : refusals) {
      REQUIRE(refusal.has_error());
      CHECK(refusal.error().code == errc::validation_constraint);
      CHECK(refusal.error().param == param);
    }
  }
}

TEST_CASE("what is empty or null asks nothing of Anthropic alone") {
  auto request = read(asking(
    R"(,"mcp_servers":[],"container":null,"inference_geo":null,"tools":null)"));
  CHECK_FALSE(request->origin()->flaw);
}

TEST_CASE("a body that is no strict JSON object is refused") {
  for (auto* body : {"", "[]", "{", R"({"model":"m","model":"m"})", "\"x\""}) {
    INFO(body);
    auto read = read_messages_request(body);
    REQUIRE(read.has_error());
    CHECK(read.error().code == errc::validation_schema);
  }
}
