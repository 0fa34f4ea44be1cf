#include "server/gateway/revoked_keys.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <utility>

#include "actors/hex.hpp"
#include "server/gateway/api_keys.hpp"
#include "server/kept_file.hpp"

namespace caisson {
namespace {

/// A line of the file: 64 hex digits, a blank, milliseconds since 1970.
std::optional<std::pair<protocol::sha256_digest, std::uint64_t>>
entry_in(std::string_view line) {
  auto blank = std::min(line.find(' '), line.size());
  auto key = key_digest_in(line.substr(0, blank));
  auto rest = line.substr(std::min(blank + 1, line.size()));
  std::uint64_t when = 0;
  auto [end, ec]
    = std::from_chars(rest.data(), rest.data() + rest.size(), when);
  if (!key || ec != std::errc{} || end != rest.data() + rest.size())
    return std::nullopt;
  return std::pair{*key, when};
}

} // namespace

revoked_keys::revoked_keys(const std::string& folder, journal& log)
  : path_(folder.empty() ? std::string{} : folder + "/revoked_keys"), log_(log),
    now_(std::make_shared<const digests>()) {
  if (!path_.empty())
    read();
}

void revoked_keys::read() {
  digests all;
  std::ifstream file{path_};
  std::size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (auto one = entry_in(line))
      all.insert(*one);
    else // not the line itself: somebody may have put a key there
      log_.note(severity::error, "gateway",
                path_ + ':' + std::to_string(number)
                  + ": passed over, as it is not a digest and a time");
  }
  any_ = !all.empty();
  now_ = std::make_shared<const digests>(std::move(all));
}

bool revoked_keys::holds(const protocol::sha256_digest& key) const {
  return now_.load()->contains(key);
}

bool revoked_keys::set(const protocol::sha256_digest& key, bool revoked,
                       std::uint64_t when) {
  std::lock_guard guard{lock_};
  auto fresh = *now_.load();
  if (revoked)
    fresh.emplace(key, when);
  else
    fresh.erase(key);
  any_ = !fresh.empty();
  now_ = std::make_shared<const digests>(fresh);
  return write(fresh);
}

bool revoked_keys::write(const digests& all) const {
  if (path_.empty())
    return false;
  std::string text;
  for (auto& [key, when] : all) {
    append_hex_of(text, key);
    ((text += ' ') += std::to_string(when)) += '\n';
  }
  auto kept = replace_file(path_, text, durable::yes);
  if (!kept)
    log_.note(severity::error, "gateway",
              "what keys are revoked cannot be written to " + path_);
  return kept;
}

} // namespace caisson
