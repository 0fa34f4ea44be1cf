#include "protocol/oauth/scopes.hpp"

#include "tests/support/catch.hpp"

using namespace caisson::protocol::oauth;

TEST_CASE("scopes are words, each once", "[oauth]") {
  CHECK(scopes_in("a  b a \"c\" d\\e") == scope_list{"a", "b"});
  CHECK(scopes_in("").empty());
  CHECK(joined({"a", "b"}) == "a b");
  CHECK(has_all({"a", "b"}, {"b"}));
  CHECK(has_all({}, {}));
  CHECK_FALSE(has_all({"a"}, {"a", "b"}));
}

TEST_CASE("what is asked for is what the challenge wants, or all there is",
          "[oauth]") {
  scope_facts known;
  CHECK(wanted_scopes(known).empty());
  known.of_resource = scope_list{"r1", "r2"};
  CHECK(wanted_scopes(known) == scope_list{"r1", "r2"});
  known.challenged = "c";
  CHECK(wanted_scopes(known) == scope_list{"c"});
  known.configured = {"k"};
  CHECK(wanted_scopes(known) == scope_list{"k", "c"});
  known.challenged.reset();
  CHECK(wanted_scopes(known) == scope_list{"k"});
}

TEST_CASE("a step up takes nothing away", "[oauth]") {
  scope_facts known;
  known.before = {"a", "b"};
  known.challenged = "b c";
  CHECK(wanted_scopes(known) == scope_list{"a", "b", "c"});
}

TEST_CASE("a word to refresh by is asked for where that is a scope",
          "[oauth]") {
  scope_facts known;
  known.of_server = {"offline_access"};
  CHECK(wanted_scopes(known).empty());
  known.challenged = "a";
  CHECK(wanted_scopes(known) == scope_list{"a", "offline_access"});
}
