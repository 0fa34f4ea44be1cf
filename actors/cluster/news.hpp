#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "actors/board.hpp"
#include "actors/cluster/messages.hpp"

namespace caisson {

/// What this node says of its breakers: the ones that are open now, and whom to
/// tell of a change. Outlives the cluster actor: a crash of it takes nothing
/// back.
class cluster_news final : public board {
public:
  /// The actor that lives now.
  void follow(cluster_actor whom);

  void tell(const std::string& service, const breaker_word& what,
            time_point now) override;

  /// What stands, each with what is left of its wait: for who was not there
  /// when it was said.
  std::vector<breaker_told> standing(time_point now) const;

private:
  struct word {
    std::uint32_t episode = 0;
    time_point until{};
  };

  mutable std::mutex lock_;
  cluster_actor whom_;
  std::map<std::string, word> open_;
};

} // namespace caisson
