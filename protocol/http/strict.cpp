#include "protocol/http/strict.hpp"

#include <charconv>

#include "protocol/http/target.hpp"
#include "protocol/http/trimmed.hpp"

namespace caisson::http {
namespace {

// Internal verdicts are pointers to these: an optional of 40 bytes for each
// field would cost more than the check.
constexpr auto bad_host = bad_request("the Host field is not a host");
constexpr auto no_host = bad_request("there is no Host field");
constexpr auto bad_length
  = bad_request("Content-Length is not one decimal number");
constexpr auto bad_coding
  = bad_request("Transfer-Encoding is not exactly `chunked`");
constexpr auto old_coding = bad_request("Transfer-Encoding needs HTTP/1.1");
constexpr auto two_framings
  = bad_request("both Content-Length and Transfer-Encoding are given");
constexpr auto repeated
  = bad_request("a field that must be unique is repeated");
constexpr auto bad_target
  = bad_request("the request target has no usable form");
constexpr auto other_host
  = bad_request("request target and Host name two hosts");
constexpr refusal bad_expectation{417, errc::validation_failed,
                                  "the expectation cannot be met"};
constexpr refusal bad_method{405, errc::validation_method_not_allowed,
                             "the method is not allowed"};
constexpr refusal unknown_method{501, errc::not_implemented,
                                 "the method is not known"};
constexpr refusal long_target{414, errc::validation_failed,
                              "the request target is too long"};
constexpr refusal long_head{431, errc::validation_headers_too_large,
                            "the request head is too large"};
constexpr refusal long_body{413, errc::validation_body_too_large,
                            "the request body is too large"};

/// The fields that decide something here. The first three frame messages.
enum class known : std::uint8_t {
  content_length,
  transfer_encoding,
  connection,
  host,
  expect,
  authorization,
  content_type,
  origin,
  x_api_key,
  x_goog_api_key,
  other,
};

/// Whether a name, a token as long as the word, is the word, which is in lower
/// case. No way out early: names of that length nearly always are the word.
template <std::size_t N>
bool is(std::string_view name, const char (&word)[N]) noexcept {
  unsigned difference = 0;
  for (std::size_t i = 0; i + 1 < N; ++i)
    difference |= static_cast<unsigned>((name[i] | 0x20) ^ word[i]);
  return difference == 0;
}

// By length first: most fields cost a jump and no comparison.
known recognise(std::string_view name) noexcept {
  using enum known;
  switch (name.size()) {
    case 4:
      return is(name, "host") ? host : other;
    case 6:
      return is(name, "expect") ? expect : is(name, "origin") ? origin : other;
    case 9:
      return is(name, "x-api-key") ? x_api_key : other;
    case 10:
      return is(name, "connection") ? connection : other;
    case 12:
      return is(name, "content-type") ? content_type : other;
    case 13:
      return is(name, "authorization") ? authorization : other;
    case 14:
      return is(name, "content-length")   ? content_length
             : is(name, "x-goog-api-key") ? x_goog_api_key
                                          : other;
    case 17:
      return is(name, "transfer-encoding") ? transfer_encoding : other;
    default:
      return other;
  }
}

/// Whether a comma-separated list of tokens has the token.
bool lists(std::string_view list, std::string_view token) noexcept {
  while (!list.empty()) {
    auto comma = list.find(',');
    if (iequals(trimmed(list.substr(0, comma)), token))
      return true;
    list = comma == list.npos ? std::string_view{} : list.substr(comma + 1);
  }
  return false;
}

bool decimal(std::string_view text, std::uint64_t& out) noexcept {
  // Takes neither sign nor space nor 0x for an unsigned type, and knows when
  // it overflows. 20 digits are what 2^64 - 1 has; more are only zeros.
  auto end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data(), end, out);
  return error == std::errc{} && stop == end && text.size() <= 20;
}

/// What the fields of a head say, gathered in one pass.
struct facts {
  std::optional<std::uint64_t> length;
  bool chunked = false;
  bool close = false;
  bool keep_alive = false;
  bool expect_continue = false;
  std::string_view host;
  unsigned seen = 0;
};

/// Notes a recognised field; says whether it was there before.
bool note(known what, facts& out) noexcept {
  auto bit = 1u << static_cast<unsigned>(what);
  auto before = (out.seen & bit) != 0;
  out.seen |= bit;
  // Connection is a list, and a second 100-continue asks for nothing new.
  return before && what != known::connection && what != known::expect;
}

const refusal* take(known what, std::string_view value, facts& out) noexcept {
  if (note(what, out))
    return what == known::content_length ? &bad_length : &repeated;
  switch (what) {
    case known::content_length:
      return decimal(value, out.length.emplace()) ? nullptr : &bad_length;
    case known::transfer_encoding:
      out.chunked = iequals(value, "chunked");
      return out.chunked ? nullptr : &bad_coding;
    case known::connection:
      out.close = out.close || lists(value, "close");
      out.keep_alive = out.keep_alive || lists(value, "keep-alive");
      return nullptr;
    case known::host:
      out.host = value;
      return valid_host(value) ? nullptr : &bad_host;
    case known::expect:
      out.expect_continue = iequals(value, "100-continue");
      return out.expect_continue ? nullptr : &bad_expectation;
    default:
      return nullptr;
  }
}

const refusal* check_framing(const facts& said, unsigned minor) noexcept {
  if (said.chunked && said.length)
    return &two_framings;
  if (said.chunked && minor == 0)
    return &old_coding;
  return nullptr;
}

bool persistent(const facts& said, unsigned minor) noexcept {
  return !said.close && (minor == 1 || said.keep_alive);
}

const refusal* take_method(request_head& head) noexcept {
  struct row {
    std::string_view name;
    verb method;
  };
  constexpr row served[] = {{"GET", verb::get},
                            {"POST", verb::post},
                            {"DELETE", verb::del},
                            {"OPTIONS", verb::options},
                            {"HEAD", verb::head}};
  for (auto& [name, method] : served) {
    if (head.method_name == name) {
      head.method = method;
      return nullptr;
    }
  }
  for (std::string_view name : {"CONNECT", "TRACE", "PUT", "PATCH"})
    if (head.method_name == name)
      return &bad_method;
  return &unknown_method;
}

const refusal* take_target(request_head& head) noexcept {
  auto target = split_target(head.target);
  if (!target || (target->path == "*" && head.method != verb::options))
    return &bad_target;
  // RFC 9112 section 3.2.2 would let the target win over the field, which
  // hides the true host from whoever checked the field.
  if (target->host && !iequals(*target->host, head.host))
    return &other_host;
  head.path = target->path;
  head.query = target->query;
  return nullptr;
}

const refusal* judge(request_head& head, const head_limits& limits) noexcept {
  if (auto why = take_method(head))
    return why;
  if (head.target.size() > limits.target)
    return &long_target;
  facts said;
  for (auto& [name, value] : head.fields)
    if (auto what = recognise(name); what != known::other)
      if (auto why = take(what, value, said))
        return why;
  if (said.host.empty())
    return &no_host;
  if (auto why = check_framing(said, head.minor))
    return why;
  if (said.length && *said.length > limits.body)
    return &long_body;
  head.host = said.host;
  head.content_length = said.length;
  head.chunked = said.chunked;
  head.keep_alive = persistent(said, head.minor);
  // RFC 9110 section 10.1.1: a 1.0 client cannot mean it.
  head.expect_continue = said.expect_continue && head.minor == 1;
  return take_target(head);
}

} // namespace

verdict check_request(request_head& head, const head_limits& limits) noexcept {
  auto why = judge(head, limits);
  return why ? verdict{*why} : verdict{};
}

verdict check_reply(response_head& head, verb asked) noexcept {
  if (head.status < 100)
    return bad_reply("the status is not a number from 100 on");
  if (head.status == 101)
    return bad_reply("the upstream switches protocols unasked");
  facts said;
  for (auto& [name, value] : head.fields)
    if (auto what = recognise(name); what <= known::connection)
      if (auto why = take(what, value, said))
        return bad_reply(why->reason);
  if (auto why = check_framing(said, head.minor))
    return bad_reply(why->reason);
  head.content_length = said.length;
  head.chunked = said.chunked;
  head.bodiless = bodiless(head.status, asked);
  head.until_close = !head.bodiless && !said.chunked && !said.length;
  // RFC 9110 section 8.6 and 9112 section 6.1 forbid to announce a body where
  // there is none. After a 204 it may come all the same; after an interim
  // reply it would be read as the true one.
  auto announced = said.chunked || said.length.value_or(0) > 0;
  if (announced && head.status / 100 == 1)
    return bad_reply("an interim reply announces a body");
  head.keep_alive = persistent(said, head.minor) && !head.until_close
                    && !(announced && head.status == 204);
  return {};
}

refusal oversized_head(std::string_view unfinished) noexcept {
  // From 2: the empty line that may stand in front ends no request line.
  return unfinished.find('\n', 2) == unfinished.npos ? long_target : long_head;
}

bool hop_by_hop(std::string_view name, const field_list& fields) noexcept {
  for (std::string_view word :
       {"connection", "keep-alive", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade", "http2-settings", "proxy-authenticate",
        "proxy-authorization"})
    if (iequals(name, word))
      return true;
  if (iequals(name, "authorization"))
    return false;
  for (auto& item : fields)
    if (iequals(item.name, "connection") && lists(item.value, name))
      return true;
  return false;
}

} // namespace caisson::http
