#include "server/config/addresses.hpp"

#include <arpa/inet.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>

#include "protocol/http/target.hpp"
#include "server/sqlite/address.hpp"

namespace caisson::config {
namespace {

bool is_lower(char c) noexcept {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) noexcept {
  return c >= 'A' && c <= 'Z';
}
bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

/// Printable and no blank; bytes of UTF-8 above ASCII pass.
bool is_visible(char c) noexcept {
  auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != 0x7f;
}

template <class Allowed>
bool made_of(std::string_view text, std::size_t longest, Allowed allowed) {
  return !text.empty() && text.size() <= longest
         && std::all_of(text.begin(), text.end(), allowed);
}

bool is_port(std::string_view text) noexcept {
  unsigned port = 0;
  auto end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data(), end, port);
  return error == std::errc{} && stop == end && port >= 1 && port <= 65535;
}

/// A DNS name or IPv4 address by its letters; whether it exists is another
/// matter.
bool is_host_name(std::string_view text) noexcept {
  return made_of(text, 253, [](char c) {
    return is_lower(c) || is_upper(c) || is_digit(c) || c == '-' || c == '.'
           || c == '_';
  });
}

/// Host and port of an authority; nothing when it is malformed.
std::optional<std::string_view> host_in(std::string_view authority) noexcept {
  if (authority.starts_with('[')) {
    auto close = authority.find(']');
    if (close == std::string_view::npos)
      return std::nullopt;
    auto host = authority.substr(1, close - 1);
    auto rest = authority.substr(close + 1);
    auto sane = rest.empty() || (rest[0] == ':' && is_port(rest.substr(1)));
    if (!sane || host.find(':') == std::string_view::npos || !is_ip(host))
      return std::nullopt;
    return host;
  }
  auto colon = authority.find(':');
  auto host = authority.substr(0, colon);
  if (colon != std::string_view::npos && !is_port(authority.substr(colon + 1)))
    return std::nullopt;
  if (!is_host_name(host))
    return std::nullopt;
  return host;
}

} // namespace

bool is_node_name(std::string_view text) noexcept {
  return made_of(text, 64, [](char c) {
    return is_lower(c) || is_upper(c) || is_digit(c) || c == '.' || c == '_'
           || c == '-';
  });
}

bool is_dependency_name(std::string_view text) noexcept {
  return made_of(text, 64, [](char c) {
    return is_lower(c) || is_digit(c) || c == '_' || c == '-';
  });
}

bool is_model_name(std::string_view text) noexcept {
  return made_of(text, 256, is_visible);
}

bool is_chain_target(std::string_view text) noexcept {
  auto slash = text.find('/');
  return slash != std::string_view::npos
         && is_dependency_name(text.substr(0, slash))
         && is_model_name(text.substr(slash + 1));
}

bool is_ip(std::string_view text) noexcept {
  // inet_pton would stop reading at a NUL and like what stands before it.
  if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != text.npos)
    return false;
  std::string copy{text};
  in6_addr out{};
  return inet_pton(AF_INET, copy.c_str(), &out) == 1
         || inet_pton(AF_INET6, copy.c_str(), &out) == 1;
}

bool is_network(std::string_view text) noexcept {
  auto slash = text.find('/');
  auto host = text.substr(0, slash);
  if (!is_ip(host))
    return false;
  if (slash == std::string_view::npos)
    return true;
  auto length = text.substr(slash + 1);
  unsigned bits = 0;
  auto end = length.data() + length.size();
  auto [stop, error] = std::from_chars(length.data(), end, bits);
  auto most = host.find(':') == std::string_view::npos ? 32u : 128u;
  return error == std::errc{} && stop == end && bits <= most;
}

bool is_host(std::string_view text) noexcept {
  return !text.empty() && http::valid_host(text);
}

bool is_peer(std::string_view text) noexcept {
  auto colon = text.rfind(':');
  return colon != std::string_view::npos && text.size() <= 255
         && is_port(text.substr(colon + 1)) && host_in(text);
}

bool is_origin(std::string_view text) noexcept {
  for (std::string_view scheme : {"http://", "https://"})
    if (text.starts_with(scheme))
      return is_host(text.substr(scheme.size()));
  return text == "*";
}

bool is_sha256(std::string_view text) noexcept {
  return text.size() == 64 && made_of(text, 64, [](char c) {
           return is_digit(c) || (c >= 'a' && c <= 'f');
         });
}

bool is_loopback(std::string_view host) noexcept {
  if (host == "localhost" || host.ends_with(".localhost"))
    return true;
  if (!is_ip(host))
    return false;
  std::string copy{host};
  in_addr four{};
  if (inet_pton(AF_INET, copy.c_str(), &four) == 1)
    return (ntohl(four.s_addr) >> 24) == 127;
  in6_addr six{};
  inet_pton(AF_INET6, copy.c_str(), &six);
  if (IN6_IS_ADDR_V4MAPPED(&six))
    return six.s6_addr[12] == 127;
  return IN6_IS_ADDR_LOOPBACK(&six);
}

std::optional<std::string_view> host_of(std::string_view url) noexcept {
  if (url.starts_with("http://"))
    url.remove_prefix(7);
  else if (url.starts_with("https://"))
    url.remove_prefix(8);
  else
    return std::nullopt;
  if (!made_of(url, 2048, is_visible)
      || url.find_first_of("@?#\\\"<>^`{|}") != std::string_view::npos)
    return std::nullopt;
  return host_in(url.substr(0, url.find('/')));
}

bool is_readable_file(std::string_view path) noexcept {
  if (path.find('\0') != path.npos)
    return false;
  std::string copy{path};
  struct stat found{};
  return stat(copy.c_str(), &found) == 0 && !S_ISDIR(found.st_mode)
         && access(copy.c_str(), R_OK) == 0;
}

bool is_folder(std::string_view path) noexcept {
  if (path.find('\0') != path.npos || !path.starts_with('/')
      || path.starts_with("//"))
    return false;
  std::string copy{path};
  struct stat found{};
  return stat(copy.c_str(), &found) == 0 && S_ISDIR(found.st_mode)
         && access(copy.c_str(), W_OK | X_OK) == 0;
}

bool is_storage_url(std::string_view text) noexcept {
  return sqlite::address::parse(text).has_value();
}

bool is_url(std::string_view text) noexcept {
  return host_of(text).has_value();
}

bool is_redis_url(std::string_view text) noexcept {
  auto scheme = text.substr(0, text.find("://"));
  return scheme.size() < text.size()
         && (scheme == "redis" || scheme == "rediss"
             || scheme.starts_with("redis+") || scheme.starts_with("rediss+"));
}

} // namespace caisson::config
