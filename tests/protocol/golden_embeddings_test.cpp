// Runs the pairs in golden/embeddings/VENDOR/: what a client asks for
// (X.request.json), what the provider gets of it (X.upstream.json), and where
// there is a reply to it (X.reply.json), what the client gets (X.client.json).
#include <algorithm>
#include <filesystem>

#include <boost/json.hpp>

#include "protocol/dialect.hpp"
#include "protocol/dialects/embeddings.hpp"
#include "protocol/embeddings_request.hpp"
#include "tests/protocol/streams.hpp"
#include "tests/support/catch.hpp"

namespace fs = std::filesystem;
namespace json = boost::json;
using namespace caisson;
using namespace caisson::protocol;

namespace {

const provider_identity somebody{"KEY", "provider-model"};

std::shared_ptr<const embeddings_request> read(std::string body) {
  auto request = embeddings_request::read(std::move(body));
  if (request.has_error())
    FAIL(request.error().detail);
  return *request;
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
    REQUIRE(colon < end);
    headers[fields.substr(0, colon)]
      = fields.substr(colon + 2, end - colon - 2);
    fields.remove_prefix(end + 2);
  }
  return headers;
}

/// Names of the pairs of a vendor that have a file of that kind.
std::vector<std::string> pairs(const std::string& vendor,
                               const std::string& suffix) {
  std::vector<std::string> found;
  const fs::path root = CAISSON_SOURCE_DIR "/tests/protocol/golden/embeddings";
  for (const auto& entry : fs::directory_iterator{root / vendor}) {
    auto name = entry.path().filename().string();
    if (name.ends_with(suffix))
      found.push_back("embeddings/" + vendor + '/'
                      + name.substr(0, name.size() - suffix.size()));
  }
  std::sort(found.begin(), found.end());
  return found;
}

result<whole_reply> reply_to(std::string_view vendor, std::string request,
                             std::string_view said) {
  const auto asked = read(std::move(request));
  auto reader = dialect_for(vendor)->embeddings_reader(*asked, somebody);
  auto reply = reader->whole(said);
  if (reply)
    CHECK(reader->usage().input == reply->usage.input);
  return reply;
}

constexpr auto two = R"({"model":"m","input":["a","b"]})";

} // namespace

TEST_CASE("each provider is asked for embeddings as the golden pairs say",
          "[golden]") {
  const auto* vendor = GENERATE("openai", "google");
  const auto names = pairs(vendor, ".request.json");
  REQUIRE(names.size() >= 3);
  for (const auto& name : names) {
    INFO(name);
    const auto request = read(golden(name + ".request.json"));
    const auto upstream
      = dialect_for(vendor)->encode_embeddings(request, somebody);
    REQUIRE(upstream.has_value());
    const auto expected = json::parse(golden(name + ".upstream.json"));
    CHECK(upstream->target == expected.at("target").as_string());
    CHECK(json::value(headers_of(upstream->fields)) == expected.at("headers"));
    CHECK(json::parse(body_of(*upstream)) == expected.at("body"));
  }
}

TEST_CASE("a reply with embeddings becomes that of its golden pair",
          "[golden]") {
  const auto* vendor = GENERATE("openai", "google");
  const auto names = pairs(vendor, ".reply.json");
  REQUIRE(names.size() >= 3);
  for (const auto& name : names) {
    INFO(name);
    const auto said = golden(name + ".reply.json");
    const auto reply = reply_to(vendor, golden(name + ".request.json"), said);
    REQUIRE(reply.has_value());
    const auto expected = json::parse(golden(name + ".client.json"));
    CHECK(json::parse(reply->body) == expected);
    CHECK(reply->passed_through == (vendor == std::string{"openai"}));
    const auto* usage = expected.as_object().if_contains("usage");
    CHECK(reply->usage.known == (usage != nullptr));
    if (usage)
      CHECK(reply->usage.input
            == usage->at("prompt_tokens").to_number<std::uint64_t>());
  }
}

TEST_CASE("OpenAI's providers get the client's bytes around the model of a "
          "request for embeddings",
          "[golden]") {
  for (const auto* kind : {"openai", "openai_compatible"}) {
    const auto request = read(R"({ "input":"x" , "model": "m","new":[1.10]})");
    const auto upstream
      = dialect_for(kind)->encode_embeddings(request, somebody);
    REQUIRE(upstream.has_value());
    CHECK(body_of(*upstream)
          == R"({ "input":"x" , "model": "provider-model","new":[1.10]})");
    CHECK(upstream->body.front().data() == request->body().data());
  }
}

TEST_CASE("a vendor that has no embeddings is passed over") {
  const auto upstream
    = dialect_for("anthropic")->encode_embeddings(read(two), somebody);
  REQUIRE(upstream.has_error());
  CHECK(upstream.error().code == errc::llm_refused);
  CHECK(upstream.error().kind == failure_kind::none);
  CHECK(dialect_for("anthropic")->embeddings_reader(*read(two), somebody)
        == nullptr);
}

TEST_CASE("what Google cannot embed is the client's mistake, by name") {
  const auto refused = [](std::string body) {
    auto made = dialect_for("google")->encode_embeddings(read(body), somebody);
    REQUIRE(made.has_error());
    CHECK(made.error().code == errc::validation_constraint);
    return made.error().param;
  };
  CHECK(refused(R"({"model":"m","input":[1,2]})") == "input");
  CHECK(refused(R"({"model":"m","input":["a",[1]]})") == "input[1]");
  std::string many = R"({"model":"m","input":["x")";
  for (int i = 1; i < 100; ++i)
    many += R"(,"x")";
  CHECK(dialect_for("google")
          ->encode_embeddings(read(many + "]}"), somebody)
          .has_value());
  CHECK(refused(many + R"(,"x"]})") == "input");
}

TEST_CASE("a reply that has not a vector for each input is undecodable") {
  for (const auto* said :
       {R"({"object":"list","data":[],"model":"m"})",
        R"({"data":[{"embedding":[1],"index":0}]})", R"({"object":"list"})",
        R"({"data":null})", "[]", "", "nonsense",
        R"({"data":[{"embedding":[1]},{"embedding":[1]}]} {})"}) {
    INFO(said);
    const auto reply = reply_to("openai", two, said);
    REQUIRE(reply.has_error());
    CHECK(reply.error().kind == failure_kind::decode);
  }
  for (const auto* said :
       {R"({"embeddings":[{"values":[1]}]})", R"({"embeddings":{}})", "{}", "x",
        R"({"embeddings":[{"values":[1]},{"value":[1]}]})",
        R"({"embeddings":[{"values":[1]},{"values":"1"}]})",
        R"({"embeddings":[1,2]})"}) {
    INFO(said);
    const auto reply = reply_to("google", two, said);
    REQUIRE(reply.has_error());
    CHECK(reply.error().kind == failure_kind::decode);
  }
}

TEST_CASE("an error in place of embeddings is classified as such") {
  const auto openai = reply_to(
    "openai", two, R"({"error":{"type":"rate_limit_error","message":"x"}})");
  REQUIRE(openai.has_error());
  CHECK(openai.error().kind == failure_kind::rate_limited);
  const auto google = reply_to(
    "google", two, R"({"error":{"code":503,"status":"UNAVAILABLE"}})");
  REQUIRE(google.has_error());
  CHECK(google.error().code == errc::llm_unavailable);
}

TEST_CASE("embeddings are never read as a stream") {
  auto reader = read_openai_embeddings(1);
  CHECK(reader->feed("data: {}\n\n").has_error());
  CHECK(reader->close().has_error());
}

TEST_CASE("a vector in base64 is its 32-bit floats, little end first") {
  const auto written = [](std::vector<float> vector) {
    std::string out;
    append_vector(out, vector_format::base64, vector);
    return out;
  };
  CHECK(written({}) == R"("")");
  CHECK(written({1.0F}) == R"("AACAPw==")");
  CHECK(written({1.0F, -2.0F}) == R"("AACAPwAAAMA=")");
  CHECK(written({1.0F, -2.0F, 0.0F}) == R"("AACAPwAAAMAAAAAA")");
  std::string floats;
  append_vector(floats, vector_format::floats, {0.1F, -2.0F});
  CHECK(floats == "[0.1,-2]");
}
