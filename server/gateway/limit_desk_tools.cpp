// How often a client may call a tool, beside what its requests are held to.
#include "server/gateway/limit_desk.hpp"

namespace caisson {
namespace {

/// Whose calls of that tool are counted: an account that has nothing in common
/// with that of the client's requests.
limit_key account_of(const limit_key& who, std::string_view tool) {
  std::string text
    = "tool " + std::to_string(who.high) + ' ' + std::to_string(who.low) + ' ';
  return limit_key_of(text += tool);
}

} // namespace

charges limit_desk::charges_of(const account& whose,
                               std::string_view tool) const {
  return whose.limited ? control_.rules()->book->call(whose.who.level, tool)
                       : charges{};
}

bool limit_desk::counts_calls(const account& whose,
                              std::string_view tool) const {
  return !charges_of(whose, tool).empty();
}

void limit_desk::count_call(const account& whose, std::string_view tool,
                            counted then) {
  auto what = charges_of(whose, tool);
  if (what.empty()) {
    then(std::nullopt);
    return;
  }
  auto decided = [this, who = whose.who, then](const standing& how) {
    auto why = over(who, endpoint::read, how);
    if (!why)
      return then(std::nullopt);
    then(over_limit{std::move(*why), name_of(who.level),
                    std::to_string(how.limit)});
  };
  put({account_of(whose.who.key, tool), whose.who.known, what,
       [] { return true; }, std::move(decided),
       [then](const fault& why) { then(over_limit{why, {}, {}}); }});
}

} // namespace caisson
