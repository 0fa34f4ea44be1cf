#include "protocol/cache_key.hpp"

#include "protocol/digest.hpp"
#include "tests/support/catch.hpp"

using namespace caisson::protocol;

TEST_CASE("SHA-256 of what everybody knows the SHA-256 of", "[digest]") {
  CHECK(sha256("")
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256("abc")
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_of("abc").front() == 0xba);
  // Nothing of one text is left in the next.
  CHECK(sha256("abc") == sha256(std::string{"abc"}));
}

TEST_CASE("a key has four parts; parts that could be taken for more are hashed",
          "[cache_key]") {
  CHECK(cache_key("llm", "me", "it", "1") == "llm:me:it:1");
  for (auto part : {"a:b", "a b", "{a}", "", "a\n", "\xc3\xa9"}) {
    INFO(part);
    CHECK(cache_key("llm", "me", part, "1") == "llm:me:" + sha256(part) + ":1");
    CHECK(cache_key("llm", part, "it", "1") == "llm:" + sha256(part) + ":it:1");
  }
}

TEST_CASE("no key is longer than 200 characters, and a tenant stays its prefix "
          "as long as it can",
          "[cache_key]") {
  std::string most(200 - std::string{"llm:me::1"}.size(), 'x');
  CHECK(cache_key("llm", "me", most, "1").size() == 200);
  CHECK(cache_key("llm", "me", most + 'x', "1")
        == "llm:me:" + sha256(most + 'x') + ":1");
  std::string wide(300, 'y');
  CHECK(cache_key("llm", wide, "it", "1").size() <= longest_cache_key);
}

TEST_CASE("a tenant is known by its key alone, however the key is shown",
          "[cache_key]") {
  CHECK(tenant_of("Bearer sk-1") == tenant_of("sk-1"));
  CHECK(tenant_of("bearer  sk-1") == tenant_of("sk-1"));
  CHECK(tenant_of("sk-1") != tenant_of("sk-2"));
  CHECK(tenant_of("sk-1") == sha256("sk-1").substr(0, 32));
  CHECK(tenant_of("") == "anonymous");
  CHECK(tenant_of("anonymous") != "anonymous");
}
