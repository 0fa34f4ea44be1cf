#include "protocol/http/target.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "protocol/http/head.hpp"

namespace caisson::http {
namespace {

// A table: string_view's searches for sets ask memchr for each character, and
// a host comes with every request.
enum host_part : unsigned char { of_name = 1, of_address = 2 };

constexpr auto host_parts = [] {
  std::array<unsigned char, 256> table{};
  for (char c = 'a'; c <= 'z'; ++c)
    table[c] = table[c - 'a' + 'A'] = c <= 'f' ? of_name | of_address : of_name;
  for (char c = '0'; c <= '9'; ++c)
    table[c] = of_name | of_address;
  table['.'] = of_name | of_address;
  table['-'] = table['_'] = of_name;
  table[':'] = of_address;
  return table;
}();

bool only(host_part wanted, std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [=](char c) {
    return (host_parts[static_cast<unsigned char>(c)] & wanted) != 0;
  });
}

/// `rest` is what follows the name: nothing, or a colon and a number.
bool valid_port(std::string_view rest) noexcept {
  if (rest.empty())
    return true;
  std::uint16_t number = 0;
  auto end = rest.data() + rest.size();
  auto [stop, error] = std::from_chars(rest.data() + 1, end, number);
  return rest.front() == ':' && error == std::errc{} && stop == end;
}

} // namespace

bool valid_host(std::string_view host) noexcept {
  if (host.starts_with('[')) {
    auto bracket = host.find(']');
    return bracket != host.npos && only(of_address, host.substr(1, bracket - 1))
           && valid_port(host.substr(bracket + 1));
  }
  auto colon = std::min(host.find(':'), host.size());
  return only(of_name, host.substr(0, colon)) && valid_port(host.substr(colon));
}

std::optional<target_parts> split_target(std::string_view target) noexcept {
  target_parts result;
  if (target == "*") {
    result.path = target;
    return result;
  }
  if (!target.starts_with('/')) {
    auto slashes = target.find("://");
    auto scheme = target.substr(0, slashes);
    if (slashes == target.npos
        || !(iequals(scheme, "http") || iequals(scheme, "https")))
      return std::nullopt;
    target.remove_prefix(slashes + 3);
    auto end = std::min(target.find_first_of("/?"), target.size());
    result.host = target.substr(0, end);
    target.remove_prefix(end);
  }
  auto mark = std::min(target.find('?'), target.size());
  result.path = mark == 0 ? "/" : target.substr(0, mark);
  result.query = target.substr(std::min(mark + 1, target.size()));
  return result;
}

} // namespace caisson::http
