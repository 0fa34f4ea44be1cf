#include "protocol/base64.hpp"

#include "tests/support/catch.hpp"

using namespace caisson::protocol;

TEST_CASE("Base64 is read with its padding and nothing else") {
  CHECK(decode_base64("") == "");
  CHECK(decode_base64("Zg==") == "f");
  CHECK(decode_base64("Zm8=") == "fo");
  CHECK(decode_base64("Zm9v") == "foo");
  CHECK(decode_base64("+/+/") == "\xfb\xff\xbf");
  // No padding, too much, inside, another alphabet, blanks, bits left over.
  for (auto text : {"Zg", "Zg=", "Zg===", "Z===", "=", "Z=9v", "-_-_", "Zm 9",
                    "Zh==", "Zm9="}) {
    INFO(text);
    CHECK_FALSE(decode_base64(text));
  }
}

TEST_CASE("Base64 is written with its padding, and read again") {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    std::string text = "\"";
    append_base64(text, bytes);
    CHECK(text.size() == 1 + (bytes.size() + 2) / 3 * 4);
    CHECK(decode_base64(text.substr(1)) == bytes);
    bytes += static_cast<char>(i * 7);
  }
}

TEST_CASE("what is written in the alphabet of URLs is read again") {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    const auto text = encode_base64url(bytes);
    CHECK(text.find_first_of("+/=") == text.npos);
    CHECK(decode_base64url(text) == bytes);
    bytes += static_cast<char>(i * 7);
  }
  CHECK_FALSE(decode_base64url("Zg=="));
  CHECK_FALSE(decode_base64url("Z"));
  CHECK_FALSE(decode_base64url("Zh"));
}
