#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Frames of CAF's distribution, as CAF 0.17.6 writes them.
namespace caisson::testing {

inline std::string big_endian(std::uint64_t value, int bytes) {
  std::string out;
  for (auto i = bytes - 1; i >= 0; --i)
    out += static_cast<char>(value >> (8 * i));
  return out;
}

struct basp_frame {
  std::uint8_t operation = 0;
  std::uint8_t flags = 0;
  std::uint64_t data = 0;
  std::uint64_t source = 0;
  std::uint64_t target = 0;
  std::string payload = {};
  std::uint16_t padding = 0;

  std::string header(std::uint32_t size) const {
    return big_endian(operation, 1) + big_endian(padding, 2)
           + big_endian(flags, 1) + big_endian(size, 4) + big_endian(data, 8)
           + big_endian(source, 8) + big_endian(target, 8);
  }

  std::string bytes() const {
    return header(static_cast<std::uint32_t>(payload.size())) + payload;
  }
};

/// A text of up to 127 bytes, with its length in front.
inline std::string basp_text(std::string_view what) {
  return static_cast<char>(what.size()) + std::string{what};
}

/// A node's id: the kind of id, a process, 20 bytes of a machine.
inline std::string basp_node(char machine) {
  return big_endian(0x3e9a'ab9b'ac79, 8) + big_endian(4711, 4)
         + std::string(20, machine);
}

/// What a message is made of: nobody in between, its types, its content.
inline std::string basp_message(std::string_view types,
                                const std::string& content = {}) {
  return std::string(3, '\0') + basp_text(types) + content;
}

inline basp_frame client_greets(const std::string& who, bool again = false) {
  return {1, static_cast<std::uint8_t>(again ? 2 : 0), 0, 0, 0, who};
}

inline basp_frame server_greets(const std::string& who, std::string_view app,
                                std::uint64_t door = 7) {
  return {
    0,
    0,
    3,
    0,
    0,
    who + '\1' + basp_text(app) + big_endian(door, 8) + std::string(1, '\0')};
}

/// A message to an actor, unasked.
inline basp_frame message_to(std::uint64_t whom, std::string_view type,
                             const std::string& content = {}) {
  return {2, 0, std::uint64_t{1} << 60, 5, whom, basp_message(type, content)};
}

/// An answer to a question of that actor's.
inline basp_frame answer_to(std::uint64_t whom, std::string_view type,
                            const std::string& content = {}) {
  return {2, 0,    (std::uint64_t{9} << 60) + 3,
          5, whom, basp_message(type, content)};
}

} // namespace caisson::testing
