#include "server/config/programs.hpp"

#include <algorithm>
#include <cstdlib>

#include <sys/stat.h>
#include <unistd.h>

namespace caisson::config {
namespace {

bool can_run(const std::string& path) noexcept {
  struct stat found{};
  return ::stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode)
         && ::access(path.c_str(), X_OK) == 0;
}

bool has_nul(std::string_view text) noexcept {
  return text.find('\0') != std::string_view::npos;
}

} // namespace

std::string program_at(std::string_view command) {
  if (command.empty() || has_nul(command))
    return {};
  std::string name{command};
  if (name.find('/') != std::string::npos)
    return can_run(name) ? name : std::string{};
  const auto* path = std::getenv("PATH");
  std::string_view folders = path ? path : "/usr/local/bin:/usr/bin:/bin";
  while (!folders.empty()) {
    const auto end = std::min(folders.find(':'), folders.size());
    const auto folder = folders.substr(0, end);
    folders.remove_prefix(std::min(end + 1, folders.size()));
    // An empty folder would mean wherever the node happens to run.
    if (folder.empty())
      continue;
    auto full = std::string{folder} + '/' + name;
    if (can_run(full))
      return full;
  }
  return {};
}

bool is_program(std::string_view command) noexcept {
  return !program_at(command).empty();
}

bool is_directory(std::string_view path) noexcept {
  if (has_nul(path))
    return false;
  struct stat found{};
  const std::string copy{path};
  return ::stat(copy.c_str(), &found) == 0 && S_ISDIR(found.st_mode)
         && ::access(copy.c_str(), X_OK) == 0;
}

bool is_argument(std::string_view text) noexcept {
  return !has_nul(text);
}

bool is_variable_name(std::string_view text) noexcept {
  const auto letter = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  };
  return !text.empty() && letter(text[0])
         && std::all_of(text.begin(), text.end(), [&](char c) {
              return letter(c) || (c >= '0' && c <= '9');
            });
}

bool is_variable(std::string_view text) noexcept {
  const auto equals = text.find('=');
  return equals != std::string_view::npos
         && is_variable_name(text.substr(0, equals)) && !has_nul(text);
}

// -- what a configuration may say of them -------------------------------------

rule program_rule() {
  return text(is_program, "names no program that can be run",
              "the path of one, or its name in a folder of PATH");
}

rule arguments_rule() {
  return texts(is_argument, "is no argument", "a text without NUL");
}

rule inherited_rule() {
  return texts(is_variable_name, "is no name of a variable",
               "letters, digits and _, such as \"PATH\"");
}

rule directory_rule() {
  return text(is_directory, "is no folder that can be entered",
              "the path of a folder");
}

} // namespace caisson::config
