// A configuration in TOML, as it is, with an environment that holds a secret.

#include <set>

#include "server/config/load.hpp"
#include "tests/fuzz/laws.hpp"

using namespace caisson;
using namespace caisson::fuzz;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view name = "fuzz.toml";

config::load_result load(const std::string& text) {
  config::sources from{std::string{name}};
  from.variables = {{"SECRET", std::string{canary}}, {"EMPTY", ""}};
  return config::load_text(text, from);
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines(1);
  for (auto c : text)
    c == '\n' ? void(lines.emplace_back()) : lines.back().push_back(c);
  return lines;
}

void must_help(const config::problem& wrong,
               const std::vector<std::string>& lines) {
  must(wrong.file == name, "what is wrong stands in the file");
  // A line behind the last: where something is missing at the end.
  must(wrong.line >= 1 && wrong.line <= lines.size() + 1 && wrong.column >= 1,
       "a problem has its line and column");
  auto length = wrong.line > lines.size() ? 0 : lines[wrong.line - 1].size();
  must(wrong.column <= length + 2, "the column is one of its line");
  must(!wrong.what.empty() && !wrong.expected.empty(),
       "a problem says what is wrong and what was expected");
  auto said = to_string(wrong);
  must(!contains(said, canary), "no problem holds a secret");
  must(std::none_of(said.begin(), said.end(),
                    [](unsigned char c) { return c < 0x20 || c == 0x7f; }),
       "a problem is one line");
}

void must_refuse(const config::problems& wrong, std::string_view text) {
  must(!wrong.empty(), "a refusal has a reason");
  auto lines = lines_of(text);
  const config::problem* before = nullptr;
  for (auto& one : wrong) {
    must_help(one, lines);
    must(!before
           || std::pair{before->line, before->column}
                <= std::pair{one.line, one.column},
         "problems come from top to bottom");
    before = &one;
  }
}

bool is_wait(millis time) {
  return time >= 1ms && time <= 24h;
}

void must_work(const dependency_settings& one) {
  must(!one.name.empty() && one.name.size() <= 64 && !one.kind.empty(),
       "a dependency has a name and a kind");
  must(is_wait(one.timeout) && is_wait(one.connect_timeout)
         && is_wait(one.idle_timeout) && is_wait(one.breaker.open_for)
         && is_wait(one.retry.base) && is_wait(one.retry.cap),
       "waits are sane");
  must(one.retry.base <= one.retry.cap, "retries grow towards their cap");
  must(one.breaker.failures >= 1 && one.breaker.half_open_probes >= 1
         && one.breaker.window >= 1 && one.retry.attempts >= 1
         && one.bulkhead.concurrency >= 1,
       "counts are at least one");
  must(!one.breaker.failure_rate
         || (*one.breaker.failure_rate > 0 && *one.breaker.failure_rate <= 1),
       "a rate is a share");
  must(one.retry.budget >= 0 && one.retry.budget <= 1, "a budget is a share");
}

void must_work(const settings& made) {
  must(made.http.max_body >= 1 && made.http.max_header >= 256
         && made.http.max_connections >= 1,
       "sizes are sane");
  must(is_wait(made.http.header_timeout) && is_wait(made.http.body_timeout)
         && is_wait(made.http.idle_timeout) && is_wait(made.http.write_timeout)
         && is_wait(made.http.request_timeout),
       "waits are sane");
  must(!made.dependencies.empty(), "there is a dependency");
  std::set<std::string> names;
  for (auto& one : made.dependencies) {
    must(names.insert(one.name).second, "a dependency is there once");
    must_work(one);
  }
  for (auto& model : made.models) {
    must(!model.chain.empty(), "a model leads somewhere");
    for (auto& target : model.chain)
      must(names.count(target.substr(0, target.find('/'))) == 1,
           "a chain leads to dependencies that are there");
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  std::string text{reinterpret_cast<const char*>(data), size};
  // No file but this one: a fuzzer finds devices, and reads them for ever.
  if (contains(text, "file") || contains(text, canary))
    return 0;
  auto made = load(text);
  if (auto wrong = std::get_if<config::problems>(&made))
    must_refuse(*wrong, text);
  else
    must_work(std::get<settings>(made));
  return 0;
}
