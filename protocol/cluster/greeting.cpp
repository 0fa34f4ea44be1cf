#include "protocol/cluster/greeting.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "actors/cluster/form.hpp"
#include "actors/hex.hpp"
#include "protocol/big_endian.hpp"

namespace caisson::protocol {
namespace {

constexpr std::string_view protocol_name = "caisson 1";
constexpr std::size_t longest_name = 64;
constexpr std::size_t longest_id = 64;

std::string hex(std::string_view bytes) {
  std::string out;
  append_hex(out, bytes);
  return out;
}

std::optional<std::string> bytes_of(std::string_view text) {
  if (text.empty() || text.size() % 2 != 0 || text.size() > 2 * longest_id)
    return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    unsigned value = 0;
    auto* end = text.data() + i + 2;
    if (std::from_chars(text.data() + i, end, value, 16).ptr != end)
      return std::nullopt;
    out += static_cast<char>(value);
  }
  return out;
}

std::optional<welcome> welcome_of(std::string_view text) {
  for (std::uint8_t i = 0; !name_of(static_cast<welcome>(i)).empty(); ++i)
    if (name_of(static_cast<welcome>(i)) == text)
      return static_cast<welcome>(i);
  return std::nullopt;
}

} // namespace

std::string_view name_of(welcome what) noexcept {
  switch (what) {
    case welcome::asks:
      return "asks";
    case welcome::yes:
      return "yes";
    case welcome::linked:
      return "linked";
    case welcome::taken:
      return "taken";
    case welcome::twin:
      return "twin";
    case welcome::foreign:
      return "foreign";
    case welcome::self:
      return "self";
  }
  return "";
}

std::string write_greeting(const greeting& what) {
  std::string text{protocol_name};
  for (auto& x : {what.name, std::to_string(what.incarnation), what.address,
                  hex(what.id), std::string{name_of(what.answer)}})
    text += '\n' + x;
  std::string out;
  append_big_endian(out, static_cast<std::uint16_t>(text.size()));
  return out + text;
}

std::optional<greeting> read_greeting(std::string_view text) {
  std::array<std::string_view, 6> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    auto end = i + 1 == parts.size() ? text.size() : text.find('\n');
    if (end == std::string_view::npos)
      return std::nullopt;
    parts[i] = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  auto [spoken, name, life, address, id, word] = parts;
  greeting out{std::string{name}, 0, std::string{address}, {}};
  auto* end = life.data() + life.size();
  auto read = std::from_chars(life.data(), end, out.incarnation);
  auto bytes = bytes_of(id);
  auto answer = welcome_of(word);
  if (spoken != protocol_name || !well_formed(name, longest_name)
      || !well_formed(address, longest_address) || read.ec != std::errc{}
      || read.ptr != end || !bytes || !answer)
    return std::nullopt;
  out.id = std::move(*bytes);
  out.answer = *answer;
  return out;
}

} // namespace caisson::protocol
