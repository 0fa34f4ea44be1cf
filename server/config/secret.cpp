#include "server/config/secret.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "server/config/programs.hpp"

namespace caisson::config {
namespace {

/// Keys and tokens are short; a wrong path may lead to a huge file.
constexpr std::size_t most_bytes = 64u << 10;

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::string text(most_bytes + 1, '\0');
  if (!file)
    return std::nullopt;
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad())
    return std::nullopt;
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

} // namespace

environment process_environment() {
  environment all;
  for (auto entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    std::string_view text{*entry};
    auto equals = text.find('=');
    if (equals != std::string_view::npos)
      all.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return all;
}

std::optional<std::string_view> variable_of(std::string_view reference) {
  if (!reference.starts_with("env:"))
    return std::nullopt;
  auto name = reference.substr(4);
  return is_variable_name(name) ? std::optional{name} : std::nullopt;
}

std::optional<std::string> clean_secret(std::string text) {
  while (text.ends_with('\n') || text.ends_with('\r'))
    text.pop_back();
  auto control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  if (text.empty() || text.size() > most_bytes
      || std::any_of(text.begin(), text.end(), control))
    return std::nullopt;
  return text;
}

std::variant<std::string, problem> resolve(std::string_view path,
                                           const place& at,
                                           const std::string& reference,
                                           const environment& variables) {
  auto refuse = [&](const std::string& what, std::string expected,
                    errc code = errc::config_invalid) {
    return problem{at, std::string{path} + what, std::move(expected), code};
  };
  std::optional<std::string> text;
  if (reference.starts_with("env:")) {
    auto name = variable_of(reference);
    // Somebody may have put the secret itself behind "env:".
    if (!name)
      return refuse(" names no possible variable",
                    "\"env:NAME\" with letters, digits and _ in NAME");
    auto found = variables.find(*name);
    if (found == variables.end())
      return refuse(" refers to " + reference + ", which is not set",
                    "that variable in the environment",
                    errc::config_secret_not_found);
    text = found->second;
  } else {
    text = read_file(reference.substr(5));
    if (!text)
      return refuse(" refers to " + in_quotes(reference)
                      + ", which cannot be read",
                    "a readable file", errc::config_secret_not_found);
  }
  if (auto clean = clean_secret(std::move(*text)))
    return std::move(*clean);
  return refuse(" refers to " + in_quotes(reference)
                  + ", which holds nothing that could be a secret",
                "one line of at most 64KiB without control characters");
}

} // namespace caisson::config
