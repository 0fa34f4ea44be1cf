#include "server/redis/command.hpp"

#include <memory>
#include <mutex>
#include <new>

#include <hiredis/hiredis.h>
#include <openssl/evp.h>

#include "actors/hex.hpp"

namespace caisson::redis {
namespace {

std::string sha1_hex(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr);
  std::string hex;
  append_hex(hex, {reinterpret_cast<const char*>(digest), size});
  return hex;
}

/// CRC16-CCITT (XMODEM), as the cluster specification has it.
std::uint16_t crc16(std::string_view text) noexcept {
  std::uint16_t crc = 0;
  for (unsigned char byte : text) {
    crc = static_cast<std::uint16_t>(crc ^ (byte << 8));
    for (int bit = 0; bit < 8; ++bit)
      crc = static_cast<std::uint16_t>((crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021
                                                           : crc << 1);
  }
  return crc;
}

} // namespace

void append_command(std::string& to,
                    const std::vector<std::string_view>& words) {
  std::vector<const char*> starts;
  std::vector<std::size_t> sizes;
  starts.reserve(words.size());
  sizes.reserve(words.size());
  for (auto& word : words) {
    starts.push_back(word.data());
    sizes.push_back(word.size());
  }
  char* made = nullptr;
  auto size = redisFormatCommandArgv(&made, static_cast<int>(words.size()),
                                     starts.data(), sizes.data());
  if (size < 0)
    throw std::bad_alloc{};
  std::unique_ptr<char, void (*)(char*)> owner{made, redisFreeCommand};
  to.append(made, static_cast<std::size_t>(size));
}

std::string wire_of(const kv_question& what, bool load) {
  std::vector<std::string_view> words;
  words.reserve(what.words.size() + 3);
  auto keys = std::to_string(what.keys);
  if (what.script != nullptr) {
    words.emplace_back(load ? "EVAL" : "EVALSHA");
    words.emplace_back(load ? what.script->text
                            : std::string_view{digest_of(*what.script)});
    words.emplace_back(keys);
  }
  words.insert(words.end(), what.words.begin(), what.words.end());
  std::string wire;
  append_command(wire, words);
  return wire;
}

const std::string& digest_of(const kv_script& script) {
  static std::mutex lock;
  static std::unordered_map<const kv_script*, std::string> known;
  std::lock_guard guard{lock};
  auto& digest = known[&script]; // stays where it is when the map grows
  if (digest.empty())
    digest = sha1_hex(script.text);
  return digest;
}

std::string_view key_of(const kv_question& what) noexcept {
  if (what.script != nullptr)
    return what.keys > 0 && !what.words.empty() ? what.words[0]
                                                : std::string_view{};
  return what.words.size() > 1 ? what.words[1] : std::string_view{};
}

std::uint16_t slot_of(std::string_view key) noexcept {
  if (auto open = key.find('{'); open != key.npos) {
    auto close = key.find('}', open + 1);
    if (close != key.npos && close != open + 1)
      key = key.substr(open + 1, close - open - 1);
  }
  return crc16(key) % slot_count;
}

} // namespace caisson::redis
