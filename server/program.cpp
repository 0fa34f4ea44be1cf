#include "server/program.hpp"

#include <cstdio>

#include <malloc.h>

#include "server/config/cli.hpp"
#include "server/config/load.hpp"
#include "server/node.hpp"

namespace caisson {
namespace {

config::load_result load(const config::command& asked,
                         config::sources& sources) {
  sources.file = asked.config_file;
  sources.variables = config::process_environment();
  sources.overrides = asked.overrides;
  return config::load(sources);
}

int serve(const config::command& asked,
          std::function<void(tree&)> when_serving) {
  config::sources sources;
  auto loaded = load(asked, sources);
  if (auto* problems = std::get_if<config::problems>(&loaded)) {
    for (auto& x : *problems)
      std::fprintf(stderr, "%s\n", config::to_string(x).c_str());
    return config::exit_config;
  }
  if (asked.what == config::action::check_config) {
    std::puts("configuration is valid");
    return 0;
  }
  auto towards = asked.what == config::action::mcp_stdio ? node::face::pipe
                                                         : node::face::http;
  node self{std::move(std::get<settings>(loaded)), std::move(sources), towards};
  return self.run(std::move(when_serving));
}

} // namespace

int run_program(std::span<const char* const> arguments,
                std::function<void(tree&)> when_serving) {
  // Said explicitly the threshold stays: else the first large reply that is
  // freed raises it, and the memory of all later ones stays with the node.
  ::mallopt(M_MMAP_THRESHOLD, 1 << 20);
  auto parsed = config::parse_command({arguments.begin(), arguments.end()});
  if (auto* wrong = std::get_if<config::usage_error>(&parsed)) {
    std::fprintf(stderr, "caisson: %s\n", wrong->message.c_str());
    return config::exit_usage;
  }
  auto& asked = std::get<config::command>(parsed);
  switch (asked.what) {
    case config::action::help:
      std::fputs(std::string{config::help_text()}.c_str(), stdout);
      return 0;
    case config::action::version:
      std::puts("caisson " CAISSON_VERSION);
      return 0;
    case config::action::serve:
    case config::action::check_config:
    case config::action::mcp_stdio:
      return serve(asked, std::move(when_serving));
  }
  return config::exit_usage;
}

} // namespace caisson
