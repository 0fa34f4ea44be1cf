#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace caisson::protocol::json {

/// Appends `text` as the inside of a JSON string (RFC 8259, section 7): quote,
/// backslash and control characters are escaped, everything else goes as it
/// is. `text` must be UTF-8; see `valid_utf8` for text of doubtful origin.
void append_escaped(std::string& out, std::string_view text);

/// `append_escaped` between quotes.
void append_string(std::string& out, std::string_view text);

/// Appends a number in decimal.
void append_number(std::string& out, std::int64_t value);
void append_number(std::string& out, std::uint64_t value);

/// `text` itself if it is UTF-8, else with "?" for every byte beyond ASCII.
std::string valid_utf8(std::string_view text);

/// Writes one JSON object straight into a string, member by member; the
/// closing brace comes with the destructor. For answers whose shape is known,
/// at a tenth of the price of a tree. Nest by `object` and let the inner one
/// die first:
///
///     object_writer root{out};
///     root.string("id", id);
///     { auto usage = root.object("usage"); usage.number("tokens", n); }
class object_writer {
public:
  explicit object_writer(std::string& out) : out_(out) { out_ += '{'; }
  ~object_writer() { out_ += '}'; }

  object_writer(const object_writer&) = delete;
  object_writer& operator=(const object_writer&) = delete;

  /// Keys are ours: written without escaping.
  void string(std::string_view key, std::string_view value) {
    append_string(this->key(key), value);
  }

  template <std::integral T>
  void number(std::string_view key, T value) {
    if constexpr (std::signed_integral<T>)
      append_number(this->key(key), static_cast<std::int64_t>(value));
    else
      append_number(this->key(key), static_cast<std::uint64_t>(value));
  }

  /// A value that is JSON already: `null`, `true`, `[…]`.
  void raw(std::string_view key, std::string_view json) {
    this->key(key) += json;
  }

  object_writer object(std::string_view key) {
    return object_writer{this->key(key)};
  }

  /// Writes comma, key and colon; the value is the caller's to append.
  std::string& key(std::string_view key);

private:
  std::string& out_;
  bool empty_ = true;
};

} // namespace caisson::protocol::json
