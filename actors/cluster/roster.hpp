#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "actors/policies/membership.hpp"

namespace caisson {

/// Who belongs, at one moment.
struct roster_view {
  std::string self;
  std::uint64_t incarnation = 0;
  std::string address;
  std::map<std::string, member> others;
};

/// The cluster as the cluster actor saw it last, for whoever shows it: written
/// by that actor alone, read on any thread.
class roster {
public:
  void publish(roster_view what) {
    now_.store(std::make_shared<const roster_view>(std::move(what)));
  }

  std::shared_ptr<const roster_view> now() const { return now_.load(); }

private:
  std::atomic<std::shared_ptr<const roster_view>> now_{
    std::make_shared<const roster_view>()};
};

} // namespace caisson
