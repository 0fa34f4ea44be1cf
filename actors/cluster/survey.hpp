#pragma once

#include <memory>
#include <string>

#include "actors/cluster/messages.hpp"

namespace caisson {

/// One look at the whole cluster, under way: gathers what the members say, and
/// tells it when all have spoken or failed. Dropped before, it tells what it
/// has.
class survey {
public:
  explicit survey(cluster_survey what) : what_(std::move(what)) {}
  ~survey() {
    if (what_.tell)
      what_.tell(std::move(said_));
  }
  survey(const survey&) = delete;
  survey& operator=(const survey&) = delete;

  void add(std::string name, std::string text) {
    said_.push_back({std::move(name), std::move(text)});
  }

private:
  cluster_survey what_;
  std::vector<member_report> said_;
};

} // namespace caisson
