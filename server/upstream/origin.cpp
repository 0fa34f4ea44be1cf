#include "server/upstream/origin.hpp"

#include <algorithm>
#include <charconv>

namespace caisson::upstream {
namespace {

constexpr std::string_view visible_but_refused = "@?#\\\"<>^`{|}%";

bool plain(char c) noexcept {
  return c > 0x20 && c < 0x7f
         && visible_but_refused.find(c) == std::string_view::npos;
}

bool host_char(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'
         || c == '.' || c == '_';
}

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool skip(std::string_view& text, std::string_view prefix) noexcept {
  if (text.size() < prefix.size()
      || !std::equal(prefix.begin(), prefix.end(), text.begin(),
                     [](char a, char b) { return a == lower(b); }))
    return false;
  text.remove_prefix(prefix.size());
  return true;
}

/// Splits `[v6]` or `host` off the front of `rest`; empty when malformed.
std::string take_host(std::string_view& rest) {
  std::string host;
  if (rest.starts_with('[')) {
    auto close = rest.find(']');
    if (close == std::string_view::npos)
      return {};
    host = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
    if (host.find_first_not_of("0123456789abcdefABCDEF:.") != host.npos
        || host.find(':') == host.npos)
      return {};
  } else {
    auto end = std::min(rest.find(':'), rest.size());
    host = rest.substr(0, end);
    rest.remove_prefix(end);
  }
  std::transform(host.begin(), host.end(), host.begin(), lower);
  if (host.find(':') == host.npos
      && !std::all_of(host.begin(), host.end(), host_char))
    return {};
  return host;
}

bool take_port(std::string_view text, std::uint16_t& port) noexcept {
  if (text.empty())
    return true;
  if (text.front() != ':')
    return false;
  auto* end = text.data() + text.size();
  auto [at, ec] = std::from_chars(text.data() + 1, end, port);
  return ec == std::errc{} && at == end && port != 0;
}

} // namespace

result<origin> origin::parse(std::string_view url) {
  auto invalid
    = [](const char* why) { return make_fault(errc::config_invalid, why); };
  origin result;
  if (!std::all_of(url.begin(), url.end(), plain))
    return invalid("url: a character that does not belong there");
  if (skip(url, "https://"))
    result.tls = true;
  else if (!skip(url, "http://"))
    return invalid("url: neither http:// nor https://");
  auto slash = std::min(url.find('/'), url.size());
  auto authority = url.substr(0, slash);
  result.base_path = url.substr(slash);
  while (result.base_path.ends_with('/'))
    result.base_path.pop_back();
  result.host = take_host(authority);
  if (result.host.empty() || result.host.size() > 253)
    return invalid("url: no usable host");
  const std::uint16_t usual = result.tls ? 443 : 80;
  result.port = usual;
  if (!take_port(authority, result.port))
    return invalid("url: no usable port");
  const bool six = result.host.find(':') != std::string::npos;
  result.host_field = six ? '[' + result.host + ']' : result.host;
  if (result.port != usual)
    result.host_field += ':' + std::to_string(result.port);
  return result;
}

} // namespace caisson::upstream
