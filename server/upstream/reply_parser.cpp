#include "server/upstream/reply_parser.hpp"

#include <algorithm>
#include <charconv>

#include "server/http/head_parser.hpp"

namespace caisson::upstream {
namespace {

using http::iequals;

/// `timeout=N` of a Keep-Alive field.
std::optional<std::chrono::seconds> timeout_in(std::string_view value) {
  constexpr std::string_view name = "timeout=";
  for (std::size_t at = 0; at < value.size(); ++at) {
    if (!iequals(value.substr(at, name.size()), name))
      continue;
    auto digits = value.substr(at + name.size());
    unsigned seconds = 0;
    auto [end, ec]
      = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
    if (ec == std::errc{})
      return std::chrono::seconds{std::min(seconds, 86'400u)};
  }
  return std::nullopt;
}

bool is_event_stream(std::string_view type) noexcept {
  constexpr std::string_view wanted = "text/event-stream";
  if (!iequals(type.substr(0, wanted.size()), wanted))
    return false;
  auto rest = type.substr(wanted.size());
  return rest.empty() || rest.find_first_of("; \t") == 0;
}

} // namespace

std::size_t reply_parser::head(std::string_view unread,
                               const reply_limits& limits,
                               http::response_head& scratch) {
  std::size_t done = 0;
  const http::head_limits strict{.head = limits.head};
  while (!has_head()) {
    auto rest = unread.substr(done);
    auto size = http::find_head_end(rest, scanned_);
    scanned_ = 0;
    if (std::min(size, rest.size()) > limits.head)
      wrong_ = failure_kind::too_large;
    else if (size == http::no_head_end)
      scanned_ = rest.size();
    else if (http::parse_response_head(rest.substr(0, size), strict,
                                       http::verb::post, scratch))
      wrong_ = failure_kind::framing;
    else if (scratch.status >= 200)
      note(scratch);
    else if (scratch.status == 101 || ++interim_ > most_interim)
      wrong_ = failure_kind::framing;
    if (wrong_ != failure_kind::none || size == http::no_head_end)
      break;
    done += size;
  }
  return done;
}

void reply_parser::note(const http::response_head& head) {
  status = head.status;
  keep_alive = head.keep_alive;
  if (!head.bodiless) {
    body = head.chunked       ? extent::chunked
           : head.until_close ? extent::until_close
                              : extent::length;
    left = head.content_length.value_or(0);
  }
  for (auto& [name, value] : head.fields) {
    if (iequals(name, "content-type"))
      event_stream = is_event_stream(value);
    else if (iequals(name, "content-encoding"))
      encoded = encoded || !iequals(value, "identity");
    else if (iequals(name, "keep-alive"))
      promised_idle = timeout_in(value);
    else if (status != 200 && iequals(name, "retry-after"))
      retry_after = value;
    else if (status != 200 && iequals(name, "date"))
      date = value;
  }
}

reply_parser::piece reply_parser::next(std::string_view unread) noexcept {
  switch (body) {
    case extent::length: {
      auto size = std::min<std::uint64_t>(left, unread.size());
      left -= size;
      return {size, unread.substr(0, size)};
    }
    case extent::chunked: {
      auto step = chunks_.next(unread);
      if (chunks_.refused())
        wrong_ = failure_kind::framing;
      return {step.consumed, step.data};
    }
    case extent::until_close:
      return {unread.size(), unread};
  }
  return {};
}

bool reply_parser::ended() const noexcept {
  switch (body) {
    case extent::length:
      return left == 0;
    case extent::chunked:
      return chunks_.done();
    case extent::until_close:
      return false;
  }
  return true;
}

} // namespace caisson::upstream
