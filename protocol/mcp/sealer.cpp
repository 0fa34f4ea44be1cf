#include "protocol/mcp/sealer.hpp"

#include <cassert>
#include <memory>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "protocol/base64.hpp"

namespace caisson::protocol::mcp {
namespace {

constexpr char format = 1;
constexpr std::size_t id_size = 4;
constexpr std::size_t salt_size = std::tuple_size_v<sealing_salt>;
constexpr std::size_t iv_size = 12;
constexpr std::size_t tag_size = 16;
constexpr std::size_t head_size = 1 + id_size + salt_size;

using digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

unsigned char* bytes(std::string& text) noexcept {
  return reinterpret_cast<unsigned char*>(text.data());
}

const unsigned char* bytes(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

digest keyed_hash(const sealing_secret& secret, std::string_view text) {
  digest result{};
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       bytes(text), text.size(), result.data(), &size);
  return result;
}

/// The key of one message. The label keeps it apart from the id, which anybody
/// can see.
digest message_key(const sealing_secret& secret, std::string_view purpose,
                   std::string_view salt) {
  auto text = "key " + std::string{purpose} + '\0';
  text += salt.substr(0, salt_size - iv_size);
  return keyed_hash(secret, text);
}

struct cipher_free {
  void operator()(EVP_CIPHER_CTX* what) const { EVP_CIPHER_CTX_free(what); }
};

/// One run of AES-256-GCM, with the last bytes of the salt as its nonce.
class cipher {
public:
  cipher(bool seals, const digest& key, std::string_view salt)
    : context_{EVP_CIPHER_CTX_new()} {
    good_ = context_
            && EVP_CipherInit_ex(
                 context_.get(), EVP_aes_256_gcm(), nullptr, key.data(),
                 bytes(salt.substr(salt_size - iv_size)), seals ? 1 : 0)
                 == 1;
  }

  void authenticate(std::string_view text) {
    int size = 0;
    good_ = good_
            && EVP_CipherUpdate(context_.get(), nullptr, &size, bytes(text),
                                static_cast<int>(text.size()))
                 == 1;
  }

  std::string run(std::string_view text) {
    std::string result(text.size(), '\0');
    int size = 0;
    good_ = good_
            && EVP_CipherUpdate(context_.get(), bytes(result), &size,
                                bytes(text), static_cast<int>(text.size()))
                 == 1;
    return result;
  }

  void expect(std::string tag) {
    good_ = good_
            && EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_GCM_SET_TAG,
                                   tag_size, tag.data())
                 == 1;
  }

  bool finish() {
    std::array<unsigned char, EVP_MAX_BLOCK_LENGTH> rest{};
    int size = 0;
    good_
      = good_ && EVP_CipherFinal_ex(context_.get(), rest.data(), &size) == 1;
    return good_;
  }

  std::string tag() {
    std::string result(tag_size, '\0');
    EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_GCM_GET_TAG, tag_size,
                        result.data());
    return result;
  }

private:
  std::unique_ptr<EVP_CIPHER_CTX, cipher_free> context_;
  bool good_ = false;
};

std::string associated(std::string_view head, std::string_view purpose,
                       std::string_view bound_to) {
  return std::string{head} + bound(purpose, bound_to);
}

} // namespace

sealer::sealer(const std::vector<sealing_secret>& secrets) {
  assert(!secrets.empty());
  for (const auto& secret : secrets) {
    const auto hash = keyed_hash(secret, "id");
    secrets_.push_back(
      {std::string(hash.begin(), hash.begin() + id_size), secret});
  }
}

std::string sealer::seal(std::string_view purpose, std::string_view bound_to,
                         std::string_view content,
                         const sealing_salt& salt) const {
  const auto& [id, secret] = secrets_.front();
  const std::string salted(salt.begin(), salt.end());
  auto sealed = format + id + salted;
  cipher run{true, message_key(secret, purpose, salted), salted};
  run.authenticate(associated(sealed, purpose, bound_to));
  sealed += run.run(content);
  // What cannot be sealed, for want of memory, is nothing that opens.
  if (!run.finish())
    return {};
  sealed += run.tag();
  return encode_base64url(sealed);
}

std::optional<std::string> sealer::open(std::string_view purpose,
                                        std::string_view bound_to,
                                        std::string_view text) const {
  if (text.size() > longest)
    return std::nullopt;
  const auto decoded = decode_base64url(text);
  if (!decoded || decoded->size() < head_size + tag_size
      || decoded->front() != format)
    return std::nullopt;
  const std::string_view sealed = *decoded;
  const auto head = sealed.substr(0, head_size);
  const auto salt = head.substr(1 + id_size);
  const auto tag = sealed.substr(sealed.size() - tag_size);
  const auto content
    = sealed.substr(head_size, sealed.size() - head_size - tag_size);
  for (const auto& [id, secret] : secrets_) {
    if (id != head.substr(1, id_size))
      continue;
    cipher run{false, message_key(secret, purpose, salt), salt};
    run.authenticate(associated(head, purpose, bound_to));
    auto opened = run.run(content);
    run.expect(std::string{tag});
    if (run.finish())
      return opened;
  }
  return std::nullopt;
}

std::string bound(std::string_view first, std::string_view second) {
  return std::to_string(first.size()) + ':' + std::string{first}
         + std::string{second};
}

} // namespace caisson::protocol::mcp
