#include "actors/errors.hpp"

#include <map>
#include <set>
#include <string>

#include "tests/support/catch.hpp"

using namespace caisson;

namespace {

errc code_of(std::size_t number) {
  return static_cast<errc>(number);
}

} // namespace

TEST_CASE("every error code has a name of its own: a family, a dot, words") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < errc_count; ++i) {
    auto name = name_of(code_of(i));
    INFO(i << ' ' << name);
    CHECK(names.insert(name).second);
    CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_.")
          == std::string_view::npos);
    CHECK(name.find('.') != std::string_view::npos);
  }
}

TEST_CASE("the category of a code is one of the families of SPEC section 7 and "
          "the beginning of its name") {
  const std::set<std::string_view> families{
    "config", "auth",       "validation", "external", "resilience",
    "server", "rate_limit", "quota",      "storage"};
  for (std::size_t i = 0; i < errc_count; ++i) {
    auto name = name_of(code_of(i));
    auto category = category_of(code_of(i));
    INFO(name);
    CHECK(families.contains(category));
    CHECK(name.substr(0, category.size() + 1) == std::string{category} + ".");
  }
}

TEST_CASE("the code of an error never changes its number") {
  CHECK(static_cast<int>(errc::config_missing) == 0);
  CHECK(static_cast<int>(errc::validation_schema) == 5);
  CHECK(static_cast<int>(errc::validation_not_found) == 10);
  CHECK(static_cast<int>(errc::llm_overloaded) == 15);
  CHECK(static_cast<int>(errc::retry_exhausted) == 20);
  CHECK(static_cast<int>(errc::not_implemented) == 25);
  CHECK(static_cast<int>(errc::redis_unavailable) == 30);
  CHECK(static_cast<int>(errc::storage_timeout) == 35);
  CHECK(static_cast<int>(errc::storage_integrity) == 38);
}

TEST_CASE("a client may ask again after the provider's fault and after our "
          "own refusal, not after its own mistake") {
  const std::map<std::string_view, retry_advice> by_family{
    {"config", retry_advice::never},
    {"auth", retry_advice::never},
    {"validation", retry_advice::never},
    {"resilience", retry_advice::conditional},
    {"server", retry_advice::never},
    {"rate_limit", retry_advice::conditional},
    {"quota", retry_advice::conditional},
    {"storage", retry_advice::never}};
  for (std::size_t i = 0; i < errc_count; ++i) {
    auto code = code_of(i);
    INFO(name_of(code));
    if (category_of(code) != "external")
      CHECK(advice_of(code) == by_family.at(category_of(code)));
    else if (code == errc::llm_model_not_found || code == errc::llm_refused)
      CHECK(advice_of(code) == retry_advice::never);
    else
      CHECK(advice_of(code) == retry_advice::always);
  }
}

TEST_CASE("codes and advice are called on the wire what SPEC calls them") {
  CHECK(name_of(errc::circuit_breaker_open)
        == "resilience.circuit_breaker_open");
  CHECK(name_of(errc::deadline_exceeded) == "resilience.timeout");
  CHECK(name_of(errc::bulkhead_rejected) == "resilience.bulkhead_rejected");
  CHECK(name_of(errc::llm_model_not_found) == "external.llm.model_not_found");
  CHECK(name_of(errc::unexpected) == "server.unexpected");
  CHECK(name_of(retry_advice::never) == "never");
  CHECK(name_of(retry_advice::always) == "always");
  CHECK(name_of(retry_advice::conditional) == "conditional");
}
