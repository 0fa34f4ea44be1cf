#include "server/config/cli.hpp"

#include <optional>
#include <utility>

#include "server/config/nearest.hpp"
#include "server/config/problem.hpp"

namespace caisson::config {
namespace {

using parsed = std::variant<command, usage_error>;

/// The rest of a command line.
struct reader {
  const std::vector<std::string>& arguments;
  std::size_t next = 0;

  bool done() const { return next == arguments.size(); }
};

usage_error refuse(std::string what) {
  return {std::move(what) + "; see caisson --help"};
}

usage_error refuse_flag(std::string_view flag) {
  return refuse("unknown flag " + in_quotes(flag) + ", nearest is "
                + nearest(flag, {"--config", "--set", "--help", "--version"}));
}

/// The value of `flag`, after its "=" or as the next word.
std::optional<std::string> value_of(reader& from, std::string_view word,
                                    std::string_view flag) {
  if (word.size() > flag.size())
    return std::string{word.substr(flag.size() + 1)};
  if (from.done())
    return std::nullopt;
  return from.arguments[from.next++];
}

bool is_flag(std::string_view word, std::string_view flag) {
  return word == flag
         || (word.starts_with(flag) && word.substr(flag.size())[0] == '=');
}

std::optional<usage_error> take_config(reader& from, std::string_view word,
                                       command& to) {
  auto file = value_of(from, word, "--config");
  if (!file || file->empty())
    return refuse("--config names no file");
  if (!to.config_file.empty())
    return refuse("--config stands twice");
  to.config_file = std::move(*file);
  return std::nullopt;
}

std::optional<usage_error> take_set(reader& from, std::string_view word,
                                    command& to) {
  auto text = value_of(from, word, "--set");
  auto equals = text ? text->find('=') : std::string::npos;
  // The word may be a secret in the wrong place: it is not quoted.
  if (equals == std::string::npos || equals == 0)
    return refuse("--set needs section.key=value");
  to.overrides.push_back({text->substr(0, equals), text->substr(equals + 1)});
  return std::nullopt;
}

parsed parse_flags(reader from, command made) {
  while (!from.done()) {
    std::string_view word = from.arguments[from.next++];
    std::optional<usage_error> wrong;
    if (is_flag(word, "--config"))
      wrong = take_config(from, word, made);
    else if (is_flag(word, "--set"))
      wrong = take_set(from, word, made);
    else if (word == "--help" || word == "-h")
      return command{action::help, {}, {}};
    else if (word.starts_with('-'))
      wrong = refuse_flag(word.substr(0, word.find('=')));
    else
      wrong = refuse("unexpected " + in_quotes(word));
    if (wrong)
      return std::move(*wrong);
  }
  return made;
}

std::string commands() {
  return "serve, check-config or mcp-stdio";
}

} // namespace

parsed parse_command(const std::vector<std::string>& arguments) {
  if (arguments.empty())
    return refuse("a command is missing, " + commands());
  auto& first = arguments[0];
  if (first == "--help" || first == "-h")
    return command{action::help, {}, {}};
  if (first == "--version")
    return command{action::version, {}, {}};
  if (first == "serve")
    return parse_flags({arguments, 1}, {action::serve, {}, {}});
  if (first == "check-config")
    return parse_flags({arguments, 1}, {action::check_config, {}, {}});
  if (first == "mcp-stdio")
    return parse_flags({arguments, 1}, {action::mcp_stdio, {}, {}});
  if (first.starts_with('-'))
    return is_flag(first, "--config") || is_flag(first, "--set")
             ? refuse("a command is missing before "
                      + first.substr(0, first.find('=')) + ", " + commands())
             : refuse_flag(first.substr(0, first.find('=')));
  return refuse("unknown command " + in_quotes(first) + ", nearest is "
                + nearest(first, {"serve", "check-config", "mcp-stdio"}));
}

std::string_view help_text() noexcept {
  return R"(Caisson, a resilient gateway to language models.

  caisson serve [--config FILE] [--set section.key=value]...
      Runs the node. Without a file everything has its default; with
      OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY or LOCAL_LLM_URL in the
      environment it calls these providers, else a simulated one.
  caisson check-config [--config FILE] [--set section.key=value]...
      Says everything that is wrong with a configuration, and runs nothing.
  caisson mcp-stdio [--config FILE] [--set section.key=value]...
      Runs a node for the process that has started it, which speaks MCP on its
      standard input and output: for clients that start their servers. It opens
      no address; it ends with its input. Logs go to standard error.
  caisson --version
  caisson --help

CAISSON_SECTION__KEY=value in the environment overrides the file, --set
overrides both. Every option stands in config/caisson.toml.

Exit status: 0 after a drain, 1 when an address cannot be opened, 64 for a wrong
call, 70 when the supervisors gave up, 78 for a wrong configuration.
)";
}

} // namespace caisson::config
