#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/config/load.hpp"
#include "tests/support/catch.hpp"

namespace caisson::config {

/// What a configuration is made of, written as a test would say it.
struct world {
  std::string_view text = {};
  environment variables = {};
  std::vector<set_override> overrides = {};

  load_result loaded() const {
    return load_text(text, {"caisson.toml", variables, overrides});
  }
};

/// The problems of `from` as a person would read them.
inline std::vector<std::string> complaints(const world& from) {
  std::vector<std::string> lines;
  auto result = from.loaded();
  if (auto wrong = std::get_if<problems>(&result))
    for (auto& one : *wrong)
      lines.push_back(to_string(one));
  return lines;
}

/// The settings of `from`, which must be right.
inline settings accepted(const world& from) {
  INFO(Catch::StringMaker<std::vector<std::string>>::convert(complaints(from)));
  auto result = from.loaded();
  REQUIRE(std::holds_alternative<settings>(result));
  return std::get<settings>(std::move(result));
}

using lines = std::vector<std::string>;

} // namespace caisson::config
