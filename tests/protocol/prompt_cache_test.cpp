// What is said to providers that keep the beginnings of prompts: the marks of
// dialects/anthropic_request, dialects/google_prefix, dialects/openai_request.
#include <set>

#include <boost/json.hpp>

#include "protocol/chat_request.hpp"
#include "protocol/dialect.hpp"
#include "protocol/fronts/messages_request.hpp"
#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol;
namespace json = boost::json;

namespace {

const std::string page(4096, 'p'); ///< 1024 tokens, as we count
const std::string book(4 * 4096, 'b');

constexpr provider_identity asked{"KEY", "gemini-2.5-pro", true};
constexpr provider_identity unasked{"KEY", "gemini-2.5-pro", false};

std::string said_by(std::string_view role, std::string_view text) {
  return R"({"role":")" + std::string{role} + R"(","content":")"
         + std::string{text} + R"("})";
}

std::string tool_of(std::string_view description) {
  return R"({"type":"function","function":{"name":"f","description":")"
         + std::string{description} + R"(","parameters":{"type":"object"}}})";
}

std::shared_ptr<const chat_request> chat(const std::string& messages,
                                         const std::string& more = "") {
  auto request = chat_request::read(R"({"model":"m","messages":[)" + messages
                                    + "]" + more + "}");
  if (request.has_error())
    FAIL(request.error().detail);
  return *request;
}

json::object body_of(std::string_view kind,
                     std::shared_ptr<const chat_request> request,
                     const provider_identity& who = asked) {
  auto made = dialect_for(kind)->encode(std::move(request), who);
  REQUIRE(made.has_value());
  std::string body;
  for (auto piece : made->body)
    body += piece;
  return json::parse(body).as_object();
}

const json::value ephemeral = {{"type", "ephemeral"}};

/// Where `cache_control` stands, as a path.
void marks(const json::value& in, const std::string& path,
           std::set<std::string>& found) {
  if (auto* list = in.if_array())
    for (std::size_t i = 0; i < list->size(); ++i)
      marks(list->at(i), path + '/' + std::to_string(i), found);
  if (auto* object = in.if_object())
    for (auto& [key, value] : *object) {
      if (key == "cache_control") {
        CHECK(value == ephemeral);
        found.insert(path);
      }
      marks(value, path + '/' + std::string{key}, found);
    }
}

std::set<std::string> marked(std::shared_ptr<const chat_request> request,
                             const provider_identity& who = asked) {
  std::set<std::string> found;
  marks(body_of("anthropic", std::move(request), who), "", found);
  return found;
}

using places = std::set<std::string>;

const std::string hi = said_by("user", "hi");
const std::string turns = said_by("user", "one") + ','
                          + said_by("assistant", "two") + ','
                          + said_by("user", "three");

} // namespace

// -- Anthropic ----------------------------------------------------------------

TEST_CASE("a long system text is marked for Anthropic's cache, a short one is "
          "not") {
  CHECK(marked(chat(said_by("system", page) + ',' + hi))
        == places{"/system/0"});
  CHECK(marked(chat(said_by("system", page.substr(1)) + ',' + hi)).empty());
  CHECK(marked(chat(said_by("system", page) + ',' + hi), unasked).empty());
  const auto body
    = body_of("anthropic", chat(said_by("system", page) + ',' + hi));
  CHECK(body.at("system").at(0).at("text").as_string() == page);
  CHECK(body.at("system").at(0).at("type") == "text");
}

TEST_CASE("tools are marked at the last of them, and count for what follows") {
  const auto tools
    = R"(,"tools":[)" + tool_of("short") + ',' + tool_of(page) + ']';
  CHECK(marked(chat(hi, tools)) == places{"/tools/1"});
  CHECK(marked(chat(said_by("system", "short") + ',' + hi, tools))
        == places{"/tools/1", "/system/0"});
  // Neither is long enough alone.
  const auto half = page.substr(page.size() / 2);
  CHECK(marked(chat(said_by("system", half) + ',' + hi,
                    R"(,"tools":[)" + tool_of(half) + ']'))
        == places{"/system/0"});
}

TEST_CASE("the history is marked where the newest words of the user begin") {
  const auto system = said_by("system", page) + ',';
  CHECK(marked(chat(system + turns))
        == places{"/system/0", "/messages/1/content/0"});
  // Two words of the user in a row are one message, and both are new.
  CHECK(marked(chat(system + turns + ',' + said_by("user", "four")))
        == places{"/system/0", "/messages/1/content/0"});
  // The answer's beginning is no history.
  CHECK(marked(chat(system + turns + ',' + said_by("assistant", "Well")))
        == places{"/system/0", "/messages/1/content/0"});
  CHECK(marked(chat(turns)).empty());
  CHECK(marked(chat(said_by("user", page) + ',' + said_by("assistant", "b")
                    + ',' + said_by("user", "c")))
        == places{"/messages/1/content/0"});
}

TEST_CASE("the mark of a history with tools is at its last block") {
  const auto calls
    = said_by("user", page)
      + R"(,{"role":"assistant","content":"x","tool_calls":[)"
        R"({"id":"a","type":"function","function":{"name":"f",)"
        R"("arguments":"{}"}}]},{"role":"tool","tool_call_id":"a",)"
        R"("content":"9"})";
  CHECK(marked(chat(calls)) == places{"/messages/1/content/1"});
  CHECK(marked(chat(calls + ',' + said_by("assistant", "y") + ','
                    + said_by("user", "z")))
        == places{"/messages/3/content/0"});
}

TEST_CASE("nothing but marks is said otherwise to a provider that keeps") {
  const auto request
    = chat(said_by("system", page) + ',' + turns,
           R"(,"tools":[)" + tool_of(page) + R"(],"temperature":0.5)");
  auto with = body_of("anthropic", request);
  auto without = body_of("anthropic", request, unasked);
  CHECK(marked(request).size() == 3);
  CHECK(with.at("system").at(0).at("text") == without.at("system"));
  with.erase("system");
  without.erase("system");
  with["tools"].at(0).as_object().erase("cache_control");
  with["messages"].at(1).at("content").at(0).as_object().erase("cache_control");
  CHECK(with == without);
}

TEST_CASE("what a client of Anthropic's says is not marked for it") {
  const auto text = R"({"model":"m","max_tokens":9,"system":")" + page
                    + R"(","messages":[{"role":"user","content":"hi"}]})";
  const auto request = read_messages_request(text).value();
  CHECK(marked(request).empty());
  CHECK(body_of("anthropic", request).at("system").as_string() == page);
}

// -- OpenAI -------------------------------------------------------------------

TEST_CASE("requests that begin alike have the same key of OpenAI's cache") {
  const auto key = [](const std::string& messages, const std::string& more = "",
                      provider_identity who = asked) {
    const auto body = body_of("openai", chat(messages, more), who);
    const auto* found = body.if_contains("prompt_cache_key");
    return found ? std::string{found->as_string()} : std::string{};
  };
  const auto system = said_by("system", page) + ',';
  const auto usual = key(system + hi);
  CHECK(usual.starts_with("caisson-"));
  CHECK(usual.size() <= 64);
  CHECK(key(system + turns) == usual);
  CHECK(key(system + turns, R"(,"temperature":0.5)") == usual);
  CHECK(key(said_by("system", page + "q") + ',' + hi) != usual);
  CHECK(key(said_by("developer", page) + ',' + hi) != usual);
  CHECK(key(system + hi, R"(,"tools":[)" + tool_of("x") + ']') != usual);
  CHECK(key(system + hi, "", {"KEY", "other", true}) != usual);
  CHECK(key(system + hi, "", {"KEY", "gemini-2.5-pro", true, 7}) != usual);
  // None where there is nothing to share, or too little, or nobody asks.
  CHECK(key(said_by("user", page)).empty());
  CHECK(key(said_by("system", "short") + ',' + hi).empty());
  CHECK(key(system + hi, "", unasked).empty());
  CHECK(key(system + hi, R"(,"prompt_cache_key":"own")") == "own");
}

TEST_CASE("a key for the cache stands beside a wish for usage") {
  const auto body = body_of(
    "openai", chat(said_by("system", page) + ',' + hi, R"(,"stream":true)"));
  CHECK(body.contains("prompt_cache_key"));
  CHECK(body.contains("stream_options"));
}

TEST_CASE("servers that are only compatible with OpenAI get no key") {
  const auto body
    = body_of("openai_compatible", chat(said_by("system", page) + ',' + hi));
  CHECK_FALSE(body.contains("prompt_cache_key"));
}

TEST_CASE("the opening of a request is what the system says before others "
          "do") {
  const auto system = said_by("system", "a") + ',' + said_by("developer", "b");
  CHECK(chat(system + ',' + hi)->opening() == system + ',');
  CHECK(chat(hi + ',' + system + ',' + hi)->opening().empty());
  CHECK(chat(hi)->opening().empty());
  CHECK(chat(hi)->tools().empty());
  CHECK(chat(hi, R"(,"tools": [ {"a":[1]} ] ,"n":1)")->tools()
        == R"([ {"a":[1]} ])");
}

// -- Google -------------------------------------------------------------------

namespace {

std::string prefix_of(std::shared_ptr<const chat_request> request,
                      const provider_identity& who = asked) {
  return dialect_for("google")->prefix(*request, who);
}

} // namespace

TEST_CASE("what Google is to keep is the system's text and the tools, if they "
          "are long") {
  const auto long_one = chat(said_by("system", book) + ',' + hi);
  const auto prefix = prefix_of(long_one);
  const auto kept = json::parse("{" + prefix + "}");
  CHECK(kept.at("systemInstruction").at("parts").at(0).at("text").as_string()
        == book);
  CHECK(prefix_of(chat(said_by("system", book) + ',' + turns)) == prefix);
  CHECK(prefix_of(chat(said_by("system", page) + ',' + hi)).empty());
  CHECK(prefix_of(long_one, unasked).empty());
  const auto tools = R"(,"tools":[)" + tool_of(book) + ']';
  const auto with = prefix_of(chat(hi, tools));
  CHECK(json::parse("{" + with + "}").as_object().contains("tools"));
  // How tools may be called is kept with them.
  CHECK(prefix_of(chat(hi, tools + R"(,"tool_choice":"none")")) != with);
}

TEST_CASE("Google is asked to keep a prefix under the model that it is for") {
  const auto prefix = prefix_of(chat(said_by("system", book) + ',' + hi));
  auto made
    = dialect_for("google")->keep(prefix, std::chrono::seconds{300}, asked);
  CHECK(made.request.target == "/v1beta/cachedContents");
  CHECK(made.request.fields.find("x-goog-api-key: KEY\r\n")
        != std::string::npos);
  const auto body = json::parse(made.request.body.at(0));
  CHECK(body.at("model") == "models/gemini-2.5-pro");
  CHECK(body.at("ttl") == "300s");
  CHECK(body.as_object().contains("systemInstruction"));
  CHECK(made.reader->whole(R"({"name":"cachedContents/a1"})")->translated
        == "cachedContents/a1");
  for (const auto* said : {"", "{}", R"({"name":"else"})", "[]"})
    CHECK(made.reader->whole(said).has_error());
}

TEST_CASE("what Google keeps is named and not said again") {
  auto who = asked;
  who.kept = "cachedContents/a1";
  const auto request
    = chat(said_by("system", book) + ',' + hi,
           R"(,"tools":[)" + tool_of("x") + R"(],"tool_choice":"auto")");
  const auto body = body_of("google", request, who);
  CHECK(body.at("cachedContent") == "cachedContents/a1");
  CHECK(body.at("contents").as_array().size() == 1);
  for (const auto* member : {"systemInstruction", "tools", "toolConfig"})
    CHECK_FALSE(body.contains(member));
}

TEST_CASE("no other vendor keeps a prefix by name") {
  const auto request = chat(said_by("system", book) + ',' + hi);
  for (const auto* kind : {"openai", "openai_compatible", "anthropic"})
    CHECK(dialect_for(kind)->prefix(*request, asked).empty());
}
