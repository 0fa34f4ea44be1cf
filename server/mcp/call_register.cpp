#include "server/mcp/call_register.hpp"

namespace caisson {

void call_register::began(const key& who, std::string_view id, running what) {
  std::lock_guard guard{lock_};
  running_.insert_or_assign({who, std::string{id}}, what);
}

void call_register::ended(const key& who, std::string_view id) {
  std::lock_guard guard{lock_};
  running_.erase({who, std::string{id}});
}

std::optional<call_register::running>
call_register::find(const key& who, std::string_view id) const {
  std::lock_guard guard{lock_};
  auto found = running_.find({who, std::string{id}});
  if (found == running_.end())
    return std::nullopt;
  return found->second;
}

void call_register::ask(const key& who, std::string_view id, question what) {
  std::lock_guard guard{lock_};
  questions_.insert_or_assign({who, std::string{id}}, std::move(what));
}

std::optional<call_register::question>
call_register::answered(const key& who, std::string_view id) {
  std::lock_guard guard{lock_};
  auto found = questions_.extract({who, std::string{id}});
  if (found.empty())
    return std::nullopt;
  return std::move(found.mapped());
}

} // namespace caisson
