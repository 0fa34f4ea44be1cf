#include "protocol/dialects/classify.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "protocol/dialects/json_scratch.hpp"
#include "protocol/retry_after.hpp"

namespace caisson::protocol {
namespace {

using simdjson::dom::element;
using namespace std::literals;

/// Words for an account that is out of funds. OpenAI's are in `code`,
/// Anthropic's in `type` or `details.error_code`.
constexpr auto fund_words = std::to_array<std::string_view>(
  {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active",
   "credit_balance_exhausted", "organization_usage_limit_exceeded",
   "organization_spend_limit_exceeded", "project_spend_limit_exceeded",
   "enforced_spend_limit_reached", "billing_error"});

/// The same said in prose alone: Anthropic's 400.
constexpr auto fund_sentences = std::to_array<std::string_view>(
  {"credit balance is too low", "You have reached your specified"});

constexpr auto key_words = std::to_array<std::string_view>(
  {"API_KEY_INVALID", "invalid_api_key", "account_deactivated"});

struct word_status {
  std::string_view word;
  unsigned status;
};

constexpr auto stream_words = std::to_array<word_status>({
  {"invalid_request_error", 400},
  {"authentication_error", 401},
  {"billing_error", 402},
  {"permission_error", 403},
  {"not_found_error", 404},
  {"timeout_error", 504},
  {"request_too_large", 413},
  {"rate_limit_error", 429},
  {"rate_limit_exceeded", 429},
  {"insufficient_quota", 429},
  {"api_error", 500},
  {"server_error", 500},
  {"overloaded_error", 529},
});

bool any_of(const auto& words, std::string_view word) noexcept {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool looks_like_a_field(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 64
         && std::all_of(text.begin(), text.end(), [](char c) {
              return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                     || (c >= '0' && c <= '9') || c == '_' || c == '.'
                     || c == '[' || c == ']';
            });
}

/// A duration of protobuf's JSON: "13s", "0.250s".
std::optional<std::chrono::milliseconds>
parse_duration(std::string_view text) noexcept {
  if (!text.ends_with('s'))
    return std::nullopt;
  double seconds = 0;
  auto end = text.data() + text.size() - 1;
  auto [at, error]
    = std::from_chars(text.data(), end, seconds, std::chars_format::fixed);
  if (error != std::errc{} || at != end || !(seconds >= 0))
    return std::nullopt;
  std::chrono::duration<double> cap = retry_after_cap;
  return std::chrono::ceil<std::chrono::milliseconds>(
    std::chrono::duration<double>{std::min(seconds, cap.count())});
}

void read_google_detail(element detail, vendor_error& into) {
  if (any_of(key_words, text_of(detail["reason"])))
    into.bad_credentials = true;
  if (auto delay = parse_duration(text_of(detail["retryDelay"])))
    into.retry_after = delay;
  // A quota of the day will not come back within any wait of ours.
  simdjson::dom::array violations;
  if (detail["violations"].get(violations) == simdjson::SUCCESS)
    for (auto violation : violations)
      if (text_of(violation["quotaId"]).find("PerDay") != std::string::npos)
        into.out_of_funds = true;
}

void read_details(element error, vendor_error& into) {
  auto details = error["details"];
  if (any_of(fund_words, text_of(details["error_code"])))
    into.out_of_funds = true;
  simdjson::dom::array list;
  if (details.get(list) == simdjson::SUCCESS)
    for (auto detail : list)
      read_google_detail(detail, into);
}

void judge_words(std::string_view message, vendor_error& into) {
  auto says = [message](std::string_view what) {
    return message.find(what) != std::string_view::npos;
  };
  if (any_of(fund_words, into.code) || any_of(fund_words, into.type)
      || std::any_of(fund_sentences.begin(), fund_sentences.end(), says))
    into.out_of_funds = true;
  // Google answers with a plain 400 where the account lacks billing or may
  // not be used from here.
  if (any_of(key_words, into.code) || into.type == "FAILED_PRECONDITION")
    into.bad_credentials = true;
  into.model_missing = into.code == "model_not_found" || says("model");
}

fault failed(errc code, failure_kind kind, std::string detail) {
  return make_fault(code, kind, std::move(detail));
}

fault client_error(unsigned status, const vendor_error& said) {
  if (said.code == "model_not_found" || (status == 404 && said.model_missing))
    return failed(errc::llm_model_not_found, failure_kind::refused,
                  "the provider does not know the model");
  auto result = failed(errc::llm_refused, failure_kind::refused,
                       "the provider refused the request with status "
                         + std::to_string(status));
  result.param = said.param;
  return result;
}

fault server_fault(unsigned status, bool says_when) {
  auto detail = "the provider answered with status " + std::to_string(status);
  if (status == 529 || (status == 503 && says_when))
    return failed(errc::llm_overloaded, failure_kind::overloaded, detail);
  if (status == 503)
    return failed(errc::llm_unavailable, failure_kind::server_error, detail);
  if (status == 504)
    return failed(errc::llm_timeout, failure_kind::server_error, detail);
  return failed(errc::llm_error, failure_kind::server_error, detail);
}

fault judge(unsigned status, const vendor_error& said, bool says_when) {
  if (status == 408 || (status >= 500 && status <= 599))
    return server_fault(status, says_when);
  if (status == 402 || said.out_of_funds)
    return failed(errc::llm_rate_limited, failure_kind::credentials,
                  "the node's account at the provider is out of funds");
  if (status == 429)
    return failed(errc::llm_rate_limited, failure_kind::rate_limited,
                  "the provider's limit is reached");
  if (said.code != "model_not_found"
      && (status == 401 || status == 403 || said.bad_credentials))
    return failed(errc::llm_error, failure_kind::credentials,
                  "the provider refuses the node's credentials");
  if (status >= 400 && status <= 499)
    return client_error(status, said);
  auto kind = status >= 200 && status <= 299 ? failure_kind::decode
                                             : failure_kind::framing;
  return failed(errc::llm_error, kind,
                "the provider answered with status " + std::to_string(status));
}

} // namespace

vendor_error read_vendor_error(std::string_view body) {
  vendor_error result;
  element root;
  if (parse_tree(body, root) != simdjson::SUCCESS)
    return result;
  // Google wraps errors of a stream that is no SSE in a list.
  if (root.is_array() && root.at(0).get(root) != simdjson::SUCCESS)
    return result;
  element error;
  if (root["error"].get(error) != simdjson::SUCCESS) {
    // vLLM puts the members at the top.
    if (text_of(root["object"]) != "error")
      return result;
    error = root;
  }
  if (error.is_null())
    return result;
  result.is_error = true;
  std::string_view message;
  if (error.get(message) != simdjson::SUCCESS) {
    message = text_of(error["message"]);
    result.type = text_of(error["type"]);
    if (result.type.empty())
      result.type = text_of(error["status"]);
    result.code = text_of(error["code"]);
    auto number = count_of(error["code"]);
    result.status = number >= 400 && number <= 599 ? number : 0;
    if (auto param = text_of(error["param"]); looks_like_a_field(param))
      result.param = param;
    read_details(error, result);
  }
  judge_words(message, result);
  return result;
}

unsigned status_of(const vendor_error& said) noexcept {
  if (said.status != 0)
    return said.status;
  for (auto word : {std::string_view{said.code}, std::string_view{said.type}})
    for (auto& row : stream_words)
      if (row.word == word)
        return row.status;
  return 500;
}

fault fault_of(unsigned status, const vendor_error& said,
               std::optional<std::chrono::milliseconds> retry_after) {
  if (!retry_after)
    retry_after = said.retry_after;
  auto result = judge(status, said, retry_after.has_value());
  if (result.kind != failure_kind::refused
      && result.kind != failure_kind::credentials)
    result.retry_after = retry_after;
  return result;
}

fault fault_of_event(std::string_view json) {
  auto said = read_vendor_error(json);
  return fault_of(status_of(said), said, std::nullopt);
}

fault classify_reply(unsigned status, std::string_view retry_after,
                     std::string_view date, std::string_view body) {
  using namespace std::chrono;
  auto now = floor<seconds>(system_clock::now());
  return fault_of(status, read_vendor_error(body),
                  parse_retry_after(retry_after, date, now));
}

} // namespace caisson::protocol
