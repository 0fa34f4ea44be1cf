#include "protocol/mcp/spilled.hpp"

#include <charconv>

#include "protocol/json/write.hpp"

namespace caisson::protocol::mcp {
namespace {

constexpr std::string_view family = "caisson://spill/";
constexpr std::size_t id_size = 32;

/// Bytes that a byte of a text takes in JSON.
std::size_t size_in_json(char c) noexcept {
  switch (c) {
    case '"':
    case '\\':
    case '\b':
    case '\f':
    case '\n':
    case '\r':
    case '\t':
      return 2;
    default:
      return static_cast<unsigned char>(c) < 0x20 ? 6 : 1;
  }
}

bool within_character(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

bool is_id(std::string_view text) noexcept {
  return text.size() == id_size
         && text.find_first_not_of("0123456789abcdef") == text.npos;
}

} // namespace

spilled::spilled(std::string text, std::string_view media, std::uint64_t most)
  : text_{std::move(text)}, media_{media} {
  std::uint64_t size = 0;
  std::size_t character = 0;   // where the present one begins
  std::uint64_t before_it = 0; // and how much of its part is before that
  for (std::size_t at = 0; at < text_.size(); ++at) {
    if (!within_character(text_[at])) {
      character = at;
      before_it = size;
    }
    size += size_in_json(text_[at]);
    const auto begin = ends_.empty() ? 0 : ends_.back();
    if (size > most && character > begin) {
      ends_.push_back(character);
      size -= before_it;
      before_it = 0;
    }
  }
  ends_.push_back(text_.size());
}

std::string_view spilled::part(std::size_t number) const noexcept {
  const auto begin = number < 2 ? 0 : ends_[number - 2];
  return std::string_view{text_}.substr(begin, ends_[number - 1] - begin);
}

bool is_spill_uri(std::string_view uri) noexcept {
  return uri.starts_with(family);
}

std::optional<spill_address> read_spill_uri(std::string_view uri) {
  if (!is_spill_uri(uri))
    return std::nullopt;
  uri.remove_prefix(family.size());
  const auto slash = uri.find('/');
  spill_address found{std::string{uri.substr(0, slash)}};
  if (!is_id(found.id))
    return std::nullopt;
  if (slash == uri.npos)
    return found;
  const auto number = uri.substr(slash + 1);
  const auto* const end = number.data() + number.size();
  const auto [stop, failed] = std::from_chars(number.data(), end, found.part);
  // One address for each part.
  if (failed != std::errc{} || stop != end || found.part == 0
      || number.starts_with('0'))
    return std::nullopt;
  return found;
}

std::string spill_uri(std::string_view id, std::size_t part) {
  std::string uri{family};
  uri += id;
  if (part > 1)
    (uri += '/') += std::to_string(part);
  return uri;
}

std::string write_part(const spilled& of, const spill_address& where) {
  std::string text;
  {
    json::object_writer root{text};
    auto& list = root.key("contents");
    list += '[';
    {
      json::object_writer one{list};
      one.string("uri", spill_uri(where.id, where.part));
      one.string("mimeType", of.media());
      one.string("text", of.part(where.part));
      auto meta = one.object("_meta");
      meta.number("caisson/part", where.part);
      meta.number("caisson/parts", of.parts());
      if (where.part < of.parts())
        meta.string("caisson/next", spill_uri(where.id, where.part + 1));
    }
    list += ']';
  }
  return text;
}

} // namespace caisson::protocol::mcp
