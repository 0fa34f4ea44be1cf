#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace caisson::http {

/// Equal but for the case of ASCII letters: how HTTP compares field names,
/// host names and coding names. Never looks at the locale.
constexpr bool iequals(std::string_view x, std::string_view y) noexcept {
  constexpr auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  };
  return x.size() == y.size()
         && std::equal(x.begin(), x.end(), y.begin(),
                       [=](char a, char b) { return lower(a) == lower(b); });
}

/// The methods this node serves at all; others never get past strict.hpp.
enum class verb : std::uint8_t { get, post, del, options, head };

/// A field line; the value is without the white space around it.
struct field {
  std::string_view name;
  std::string_view value;
};

/// The fields of one head, in order of arrival, without the heap. A head with
/// more is refused (reference/reliability.md section 2.1: at most 100).
class field_list {
public:
  static constexpr std::size_t capacity = 100;

  /// False when there is no room; the list is then as before.
  bool push_back(field item) noexcept {
    if (size_ == capacity)
      return false;
    items_[size_++] = item;
    return true;
  }

  /// The value of the first field of that name; nullptr when there is none.
  const std::string_view* find(std::string_view name) const noexcept {
    for (auto& item : *this)
      if (iequals(item.name, name))
        return &item.value;
    return nullptr;
  }

  void clear() noexcept { size_ = 0; }
  std::size_t size() const noexcept { return size_; }
  const field* begin() const noexcept { return items_.data(); }
  const field* end() const noexcept { return items_.data() + size_; }

private:
  std::array<field, capacity> items_;
  std::size_t size_ = 0;
};

/// The head of a request. All views point into the buffer it was parsed from
/// and die with it. Meant to live in the session and be parsed into again and
/// again: making one clears 3 kB, parsing into one does not.
struct request_head {
  verb method = verb::get;
  std::string_view method_name; ///< as sent
  std::string_view target;      ///< as sent
  std::string_view path;        ///< never empty; `*` for OPTIONS of the node
  std::string_view query;       ///< without the `?`
  unsigned minor = 1;           ///< 0 for HTTP/1.0, 1 for HTTP/1.1
  field_list fields;
  std::string_view host; ///< the Host field: name and perhaps port
  /// Bytes of body announced; nothing when chunked or when there is no body.
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool keep_alive = false;
  bool expect_continue = false; ///< the client waits for `100 Continue`
  std::size_t size = 0;         ///< bytes of the head with its empty line

  const std::string_view* find(std::string_view name) const noexcept {
    return fields.find(name);
  }
};

/// Whether a reply of that status to that method has no body, whatever its
/// fields say (RFC 9112 section 6.3, rule 1).
constexpr bool bodiless(unsigned status, verb asked) noexcept {
  return asked == verb::head || status / 100 == 1 || status == 204
         || status == 304;
}

/// The head of an upstream's reply; lives as `request_head` does.
struct response_head {
  unsigned status = 0;
  unsigned minor = 1;
  field_list fields;
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool bodiless = false;    ///< nothing follows: ignore length and coding
  bool until_close = false; ///< the body ends with the connection
  bool keep_alive = false;  ///< the connection may be used again afterwards
  std::size_t size = 0;     ///< bytes of the head with its empty line

  const std::string_view* find(std::string_view name) const noexcept {
    return fields.find(name);
  }
};

} // namespace caisson::http
