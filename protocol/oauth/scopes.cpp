#include "protocol/oauth/scopes.hpp"

#include <algorithm>

namespace caisson::protocol::oauth {
namespace {

bool has(const scope_list& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

bool is_scope(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return c > ' ' && c <= '~' && c != '"' && c != '\\';
  });
}

void add(scope_list& to, const scope_list& more) {
  for (auto& one : more)
    if (is_scope(one) && !has(to, one))
      to.push_back(one);
}

} // namespace

scope_list scopes_in(std::string_view text) {
  scope_list words;
  while (!text.empty()) {
    auto end = std::min(text.find(' '), text.size());
    add(words, {std::string{text.substr(0, end)}});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

std::string joined(const scope_list& scopes) {
  std::string text;
  for (auto& one : scopes)
    (text += text.empty() ? "" : " ") += one;
  return text;
}

scope_list wanted_scopes(const scope_facts& from) {
  constexpr auto offline = "offline_access";
  auto wanted = from.before;
  add(wanted, from.configured);
  if (from.challenged)
    add(wanted, scopes_in(*from.challenged));
  else if (from.configured.empty() && from.of_resource)
    add(wanted, *from.of_resource);
  if (!wanted.empty() && has(from.of_server, offline))
    add(wanted, {offline});
  return wanted;
}

bool has_all(const scope_list& all, const scope_list& some) {
  return std::all_of(some.begin(), some.end(),
                     [&](auto& one) { return has(all, one); });
}

} // namespace caisson::protocol::oauth
