#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace caisson::protocol::mcp {

/// 32 random bytes that all nodes share.
using sealing_secret = std::array<std::uint8_t, 32>;

/// 28 fresh random bytes, used once. So many that nodes which draw them
/// without asking each other never meet.
using sealing_salt = std::array<std::uint8_t, 28>;

/// Seals what a client keeps for us, so that it can neither read nor change
/// it, nor use it in another place or another's name. Any node with the secret
/// opens it, also after a restart: nothing is stored.
///
/// AES-256-GCM under a key that HMAC-SHA256 derives for each message from the
/// secret, the purpose and the salt. As text, base64url of
///
///     format 1 | id of the secret 4 | salt 28 | content | tag 16
///
/// Secrets rotate: the first seals, all open. To rotate without losing a
/// session, give the new one to all nodes in the second place, then move it to
/// the first, and drop the old one when what it sealed has expired.
class sealer {
public:
  /// At least one secret.
  explicit sealer(const std::vector<sealing_secret>& secrets);

  /// `purpose` is a word of ours and keeps kinds of content apart; `bound_to`
  /// must be the same when it is opened.
  std::string seal(std::string_view purpose, std::string_view bound_to,
                   std::string_view content, const sealing_salt& salt) const;

  /// The content; nothing, whatever may be wrong with the text.
  std::optional<std::string> open(std::string_view purpose,
                                  std::string_view bound_to,
                                  std::string_view text) const;

  /// Bytes of a sealed text beyond this are not looked at.
  static constexpr std::size_t longest = 64 * 1024;

private:
  struct keyed {
    std::string id;
    sealing_secret secret;
  };
  std::vector<keyed> secrets_;
};

/// Two texts as one that no other two make: what `bound_to` is made of.
std::string bound(std::string_view first, std::string_view second);

} // namespace caisson::protocol::mcp
