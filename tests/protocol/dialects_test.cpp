#include "protocol/dialect.hpp"

#include "protocol/chat_request.hpp"
#include "protocol/dialects/read.hpp"
#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol;
using namespace std::chrono_literals;
using enum errc;
using kind = failure_kind;

namespace {

constexpr auto vendors = {"openai", "openai_compatible", "anthropic", "google"};

fault classify(std::string_view vendor, unsigned status,
               std::string_view body = "", std::string_view wait = "") {
  return dialect_for(vendor)->classify(status, wait, "", body);
}

struct verdict {
  unsigned status;
  std::string body;
  errc code;
  failure_kind kind;
};

void check(std::string_view vendor, const std::vector<verdict>& table) {
  for (auto& row : table) {
    INFO(vendor << ' ' << row.status << ' ' << row.body);
    auto what = classify(vendor, row.status, row.body);
    CHECK(name_of(what.code) == name_of(row.code));
    CHECK(name_of(what.kind) == name_of(row.kind));
    CHECK_FALSE(what.detail.empty());
    // No upstream text gets out.
    CHECK(what.detail.find("SECRET") == std::string::npos);
  }
}

/// What a client's request is read as.
std::shared_ptr<const chat_request> request(std::string_view extra) {
  return chat_request::read(R"({"model":"m","messages":[{"role":"user",)"
                            R"("content":"x"}])"
                            + std::string{extra} + "}")
    .value();
}

} // namespace

TEST_CASE("every kind of provider has its dialect, others have none") {
  for (auto vendor : vendors)
    CHECK(dialect_for(vendor) != nullptr);
  CHECK(dialect_for("openai") != dialect_for("openai_compatible"));
  for (auto other : {"", "simulated", "redis", "OpenAI", "openai "})
    CHECK(dialect_for(other) == nullptr);
}

TEST_CASE("a status alone is classified the same for every vendor") {
  for (auto vendor : vendors)
    check(vendor, {
                    {101, "", llm_error, kind::framing},
                    {201, "", llm_error, kind::decode},
                    {204, "", llm_error, kind::decode},
                    {302, "<a>", llm_error, kind::framing},
                    {400, "", llm_refused, kind::refused},
                    {401, "", llm_error, kind::credentials},
                    {402, "", llm_rate_limited, kind::credentials},
                    {403, "", llm_error, kind::credentials},
                    {404, "<html>model</html>", llm_refused, kind::refused},
                    {408, "", llm_error, kind::server_error},
                    {413, "", llm_refused, kind::refused},
                    {422, "", llm_refused, kind::refused},
                    {429, "", llm_rate_limited, kind::rate_limited},
                    {500, "SECRET", llm_error, kind::server_error},
                    {502, "", llm_error, kind::server_error},
                    {503, "", llm_unavailable, kind::server_error},
                    {504, "", llm_timeout, kind::server_error},
                    {529, "", llm_overloaded, kind::overloaded},
                    {999, "", llm_error, kind::framing},
                  });
}

TEST_CASE("OpenAI's errors are told apart by their code") {
  auto error = [](std::string members) {
    return R"({"error":{"message":"SECRET host","type":"x",)" + members + "}}";
  };
  check("openai", {
                    {429, error(R"("code":"rate_limit_exceeded")"),
                     llm_rate_limited, kind::rate_limited},
                    {429, error(R"("code":"insufficient_quota")"),
                     llm_rate_limited, kind::credentials},
                    {429, error(R"("code":"project_spend_limit_exceeded")"),
                     llm_rate_limited, kind::credentials},
                    {404, error(R"("code":"model_not_found")"),
                     llm_model_not_found, kind::refused},
                    {403, error(R"("code":"model_not_found")"),
                     llm_model_not_found, kind::refused},
                    {404, error(R"("code":null)"), llm_refused, kind::refused},
                    {404, R"({"error":"model \"x\" not found"})",
                     llm_model_not_found, kind::refused},
                    {400, error(R"("code":"invalid_api_key")"), llm_error,
                     kind::credentials},
                  });
}

TEST_CASE("Anthropic's errors are told apart by their words") {
  auto error = [](std::string members) {
    return R"({"type":"error","error":{)" + members + "}}";
  };
  check("anthropic",
        {
          {404, error(R"("type":"not_found_error","message":"model: SECRET")"),
           llm_model_not_found, kind::refused},
          {429,
           error(R"("type":"rate_limit_error","message":"x","details":)"
                 R"({"error_code":"enforced_spend_limit_reached"})"),
           llm_rate_limited, kind::credentials},
          {400,
           error(R"("type":"invalid_request_error","message":"Your credit )"
                 R"(balance is too low to access the SECRET API")"),
           llm_rate_limited, kind::credentials},
          {529, error(R"("type":"overloaded_error")"), llm_overloaded,
           kind::overloaded},
        });
}

TEST_CASE("Google's errors are told apart by their details") {
  check("google",
        {
          {400,
           R"({"error":{"code":400,"message":"SECRET","status":)"
           R"("INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}})",
           llm_error, kind::credentials},
          {400, R"({"error":{"code":400,"status":"FAILED_PRECONDITION"}})",
           llm_error, kind::credentials},
          {404,
           R"([{"error":{"message":"models/SECRET is not found for v1beta"}}])",
           llm_model_not_found, kind::refused},
          {429,
           R"({"error":{"code":429,"details":[{"violations":[{"quotaId":)"
           R"("GenerateRequestsPerDayPerProject"}]},{"retryDelay":"9s"}]}})",
           llm_rate_limited, kind::credentials},
        });
  auto busy = classify("google", 429,
                       R"({"error":{"code":429,"details":[)"
                       R"({"retryDelay":"13.25s"}]}})");
  CHECK(busy.kind == kind::rate_limited);
  CHECK(busy.retry_after == 13250ms);
}

TEST_CASE("Retry-After is kept where waiting helps") {
  CHECK(classify("openai", 429, "", "2").retry_after == 2s);
  CHECK(classify("openai", 500, "", "2").retry_after == 2s);
  CHECK_FALSE(classify("openai", 429, "", "soon").retry_after);
  CHECK_FALSE(classify("openai", 400, "", "2").retry_after);
  CHECK_FALSE(classify("openai", 401, "", "2").retry_after);
  auto overloaded = classify("openai", 503, "", "7");
  CHECK(overloaded.code == llm_overloaded);
  CHECK(overloaded.kind == kind::overloaded);
  CHECK(overloaded.retry_after == 7s);
  // Skew-safe: against the Date of the reply.
  CHECK(dialect_for("openai")
          ->classify(429, "Sun, 06 Nov 1994 08:49:39 GMT",
                     "Sun, 06 Nov 1994 08:49:37 GMT", "")
          .retry_after
        == 2s);
}

TEST_CASE("a refusal names the field if it looks like one") {
  auto refused = [](std::string param) {
    return classify("openai", 400,
                    R"({"error":{"message":"SECRET","param":)" + param + "}}")
      .param;
  };
  CHECK(refused(R"("messages[0].content")") == "messages[0].content");
  CHECK(refused(R"("https://host/path")").empty());
  CHECK(refused(R"("<b>")").empty());
  CHECK(refused('"' + std::string(65, 'a') + '"').empty());
  CHECK(refused("null").empty());
  CHECK(refused("7").empty());
}

TEST_CASE("errors of the client's or our account's making are never counted") {
  for (auto status : {400u, 401u, 402u, 403u, 404u, 422u}) {
    auto what = classify("openai", status);
    CHECK(outcome_of(what) == outcome::ignored);
    CHECK_FALSE(transient(what));
  }
}

TEST_CASE("usage is dropped only where the node asked for it") {
  constexpr std::string_view stream
    = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1}}\n\n";
  auto dropped = [&](std::string_view vendor, std::string_view extra) {
    auto reader = dialect_for(vendor)->reader(request(extra), {});
    auto step = reader->feed(stream);
    CHECK(reader->usage().input == 1);
    return step->out.empty();
  };
  constexpr std::string_view asks
    = R"(,"stream":true,"stream_options":{"include_usage":true})";
  CHECK(dropped("openai", R"(,"stream":true)"));
  CHECK_FALSE(dropped("openai", asks));
  CHECK_FALSE(dropped("openai_compatible", R"(,"stream":true)"));
}

TEST_CASE("a translated answer names the model and the time") {
  auto reader
    = dialect_for("anthropic")->reader(request(""), {"key", "claude-x"});
  auto reply = reader->whole(R"({"type":"message","id":"1","content":[]})");
  REQUIRE(reply.has_value());
  CHECK(reply->body.find(R"("model":"claude-x")") != std::string::npos);
  CHECK(reply->body.find(R"("created":0,)") == std::string::npos);
}
