#include "protocol/mcp/sealer.hpp"

#include "protocol/base64.hpp"
#include "tests/support/catch.hpp"

using caisson::protocol::decode_base64url;
using caisson::protocol::encode_base64url;
using namespace caisson::protocol::mcp;

namespace {

sealing_secret secret(std::uint8_t fill) {
  sealing_secret result;
  result.fill(fill);
  return result;
}

sealing_salt salt(std::uint8_t fill) {
  sealing_salt result;
  result.fill(fill);
  return result;
}

const sealer one{{secret(1)}};

} // namespace

TEST_CASE("what is sealed opens for the same purpose and owner only", "[mcp]") {
  const auto text = one.seal("session", "alice", "content", salt(1));
  CHECK(one.open("session", "alice", text) == "content");
  CHECK_FALSE(one.open("state", "alice", text));
  CHECK_FALSE(one.open("session", "bob", text));
  CHECK_FALSE(one.open("session", "", text));
  CHECK_FALSE(sealer{{secret(2)}}.open("session", "alice", text));
  // The border between purpose and owner is part of it.
  CHECK_FALSE(one.open("sessiona", "lice", text));
}

TEST_CASE("any bit of what is sealed counts", "[mcp]") {
  const auto text = one.seal("session", "alice", "content", salt(1));
  const auto bytes = decode_base64url(text).value();
  for (std::size_t at = 0; at < bytes.size() * 8; ++at) {
    auto changed = bytes;
    changed[at / 8] = static_cast<char>(changed[at / 8] ^ 1 << at % 8);
    CHECK_FALSE(one.open("session", "alice", encode_base64url(changed)));
  }
  for (std::size_t size = 0; size < text.size(); ++size)
    CHECK_FALSE(one.open("session", "alice", text.substr(0, size)));
  CHECK_FALSE(one.open("session", "alice", text + "A"));
  CHECK_FALSE(one.open("session", "alice", text + "AAAA"));
  CHECK_FALSE(one.open("session", "alice", std::string(1 << 20, 'A')));
}

TEST_CASE("sealed text is fit for a header and tells nothing", "[mcp]") {
  const auto text = one.seal("session", "alice", "content", salt(1));
  CHECK(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrst"
                               "uvwxyz0123456789-_")
        == text.npos);
  CHECK(decode_base64url(text)->find("content") == std::string::npos);
  CHECK(text != one.seal("session", "alice", "content", salt(2)));
  CHECK(one.open("p", "", one.seal("p", "", "", salt(3))) == "");
}

TEST_CASE("secrets rotate without losing what was sealed", "[mcp]") {
  const sealer old{{secret(1)}};
  const sealer told{{secret(1), secret(2)}};
  const sealer turned{{secret(2), secret(1)}};
  const sealer fresh{{secret(2)}};
  const auto before = old.seal("p", "a", "x", salt(1));
  const auto after = turned.seal("p", "a", "x", salt(2));
  CHECK(told.open("p", "a", before) == "x");
  CHECK(told.open("p", "a", after) == "x");
  CHECK(turned.open("p", "a", before) == "x");
  CHECK(fresh.open("p", "a", after) == "x");
  CHECK_FALSE(fresh.open("p", "a", before));
}
