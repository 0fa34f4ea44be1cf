#include "actors/policies/revocations.hpp"

namespace caisson {

void revocations::revoke(std::string_view prefix) {
  ++last_;
  prefixes_.emplace_back(prefix);
  if (prefixes_.size() > bound)
    prefixes_.pop_front();
}

bool revocations::holds(std::string_view key,
                        std::uint64_t stamp) const noexcept {
  auto since = last_ - stamp;
  if (since > prefixes_.size())
    return false;
  for (auto i = prefixes_.size() - since; i < prefixes_.size(); ++i)
    if (key.starts_with(prefixes_[i]))
      return false;
  return true;
}

} // namespace caisson
