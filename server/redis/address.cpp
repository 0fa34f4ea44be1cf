#include "server/redis/address.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace caisson::redis {
namespace {

constexpr std::uint32_t most_databases = 1'000'000;

fault invalid(const char* why) {
  return make_fault(errc::config_invalid, why);
}

bool skip(std::string_view& text, std::string_view prefix) noexcept {
  if (!text.starts_with(prefix))
    return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool has_port(std::string_view authority) noexcept {
  auto close = authority.rfind(']');
  return authority.find(':', close == authority.npos ? 0 : close)
         != authority.npos;
}

/// One host, read by the rules of every other dependency's.
std::optional<upstream::origin> host_in(std::string_view authority, bool tls,
                                        std::string_view usual_port) {
  std::string url{tls ? "https://" : "http://"};
  url += authority;
  if (!has_port(authority))
    url += usual_port;
  auto read = upstream::origin::parse(url);
  return read ? std::optional{std::move(*read)} : std::nullopt;
}

bool take_hosts(address& to, std::string_view list) {
  auto usual = to.how == address::form::sentinel ? ":26379" : ":6379";
  while (true) {
    auto comma = std::min(list.find(','), list.size());
    auto one = host_in(list.substr(0, comma), to.tls, usual);
    if (!one)
      return false;
    to.hosts.push_back(std::move(*one));
    if (comma == list.size())
      return to.how != address::form::single || to.hosts.size() == 1;
    list.remove_prefix(comma + 1);
  }
}

bool take_database(address& to, std::string_view text) noexcept {
  auto* end = text.data() + text.size();
  auto [at, ec] = std::from_chars(text.data(), end, to.database);
  return ec == std::errc{} && at == end && to.database < most_databases;
}

bool take_master(address& to, std::string_view text) {
  auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  };
  to.master = text;
  return !text.empty() && text.size() <= 128
         && std::all_of(text.begin(), text.end(), plain);
}

/// Splits the next segment off a path; nothing when there is none.
std::optional<std::string_view> take_segment(std::string_view& path) {
  if (!skip(path, "/"))
    return std::nullopt;
  auto end = std::min(path.find('/'), path.size());
  auto segment = path.substr(0, end);
  path.remove_prefix(end);
  return segment;
}

result<address> take_path(address made, std::string_view path) {
  if (made.how == address::form::sentinel) {
    auto name = take_segment(path);
    if (!name || !take_master(made, *name))
      return invalid("names no master after the sentinels");
  }
  auto database = take_segment(path);
  if (database && made.how == address::form::cluster)
    return invalid("has a database, and a cluster has only one");
  if ((database && !take_database(made, *database)) || !path.empty())
    return invalid("has no number of a database at its end");
  return made;
}

} // namespace

result<address> address::parse(std::string_view url) {
  address made;
  if (skip(url, "rediss"))
    made.tls = true;
  else if (!skip(url, "redis"))
    return invalid("is no address of Redis");
  if (skip(url, "+sentinel"))
    made.how = form::sentinel;
  else if (skip(url, "+cluster"))
    made.how = form::cluster;
  if (!skip(url, "://"))
    return invalid("is no address of Redis");
  auto slash = std::min(url.find('/'), url.size());
  if (!take_hosts(made, url.substr(0, slash)))
    return invalid("names no host that can be called");
  return take_path(std::move(made), url.substr(slash));
}

std::optional<upstream::origin> origin_of(std::string_view host,
                                          std::string_view port) {
  auto six = host.find(':') != host.npos;
  auto authority = six ? '[' + std::string{host} + ']' : std::string{host};
  return host_in(authority + ':' + std::string{port}, false, {});
}

} // namespace caisson::redis
