#include "server/gateway/api_keys.hpp"

#include "tests/support/catch.hpp"

using namespace caisson;
using protocol::sha256_of;

namespace {

constexpr auto of_secret
  = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
constexpr auto of_other
  = "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa";

std::optional<std::string> shown(std::initializer_list<http::field> fields) {
  http::field_list list;
  for (auto& x : fields)
    list.push_back(x);
  auto key = shown_key(list);
  return key ? std::optional{std::string{*key}} : std::nullopt;
}

} // namespace

TEST_CASE("a key is read from either field") {
  CHECK(shown({{"Authorization", "Bearer sk-1"}}) == "sk-1");
  CHECK(shown({{"authorization", "bEARER   sk-1"}}) == "sk-1");
  CHECK(shown({{"X-Api-Key", "sk-2"}}) == "sk-2");
  CHECK(shown({{"x-api-key", "sk-2"}, {"Authorization", "Bearer sk-1"}})
        == "sk-1");
  CHECK_FALSE(shown({{"Accept", "*/*"}}));
}

TEST_CASE("what is no key is an empty one, whatever it is") {
  for (auto text : {"", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "sk-1",
                    "Bearer\tx", "\xff\xfe", "bearerx", "B"})
    CHECK(shown({{"Authorization", text}}) == "");
}

TEST_CASE("keys are found by their digests, and keys of one user are one "
          "client") {
  api_keys keys{{{"one", of_secret, "alice", tier::premium},
                 {"two", of_other, "alice", tier::premium}}};
  auto* found = keys.find(sha256_of("secret"));
  REQUIRE(found);
  CHECK(found->level == tier::premium);
  CHECK(found->who == limit_key_of("user:alice"));
  REQUIRE(keys.find(sha256_of("other")));
  CHECK(keys.find(sha256_of("other"))->who == found->who);
  for (auto unknown : {"", "Secret", "secret ", of_secret})
    CHECK_FALSE(keys.find(sha256_of(unknown)));
}

TEST_CASE("a key without a user is a client by its name") {
  api_keys keys{{{"ci", of_secret, "", tier::free}}};
  CHECK(keys.find(sha256_of("secret"))->who == limit_key_of("user:ci"));
  CHECK(limit_key_of("user:ci") != limit_key_of("address:ci"));
}

TEST_CASE("an address has its own name, whoever else was named before") {
  address_names names;
  for (int round = 0; round < 2; ++round)
    for (int i = 0; i < 200; ++i) {
      auto address = "10.0.0." + std::to_string(i);
      auto& name = names.name_of(address);
      auto wanted = limit_key_of("address:" + address);
      CHECK(name.high == wanted.high);
      CHECK(name.low == wanted.low);
    }
}

TEST_CASE("a digest is 64 lower-case hex digits, and nothing else") {
  CHECK(key_digest_in(of_secret) == sha256_of("secret"));
  for (std::string text : {"", "2b",
                           "2BB80D537B1DA3E38BD30361AA855686BDE0EACD716"
                           "2FEF6A25FE97BF527A25B"})
    CHECK_FALSE(key_digest_in(text));
  CHECK_FALSE(key_digest_in(std::string{of_secret} + "0"));
  CHECK_FALSE(key_digest_in("g" + std::string{of_secret}.substr(1)));
}

TEST_CASE("keys are told by their names in the config") {
  api_keys keys{{{"one", of_secret, "alice", tier::premium}}};
  REQUIRE(keys.names().contains("one"));
  CHECK(keys.names().find("one")->second == sha256_of("secret"));
}
