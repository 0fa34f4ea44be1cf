#pragma once

#include <algorithm>
#include <array>
#include <set>

#include "tests/simulation/cluster/fleet.hpp"

namespace caisson::simulation {

/// One connection between two nodes. Each end is open until it is told
/// otherwise: of a link that is cut, one end may be open for long.
struct fleet::link {
  std::uint64_t number = 0;
  std::size_t from = 0; ///< who has called
  std::size_t to = 0;
  std::array<bool, most_nodes> end{};
  /// What is on its way to a node, in its order.
  std::array<std::deque<std::pair<time_point, delivery>>, most_nodes> way;
  std::array<time_point, most_nodes> last{};

  bool is_of(std::size_t i) const { return i == from || i == to; }
  std::size_t other(std::size_t i) const { return i == from ? to : from; }
};

/// The door of one process to the network.
class fleet::port final : public cluster_port {
public:
  port(fleet& all, std::size_t node) : all_(&all), node_(node) {}

  void expose(const cluster_actor&) override {
    if (!all_)
      return;
    for (std::size_t i = 0; i < all_->size(); ++i)
      if (i != node_)
        all_->drop(node_, i);
  }
  void dial(const std::string& address) override {
    if (all_)
      all_->dial(node_, address);
  }
  void drop(const std::string& name) override {
    if (all_)
      all_->drop(node_, static_cast<std::size_t>(name[0] - 'a'));
  }
  void close() override {
    if (all_)
      all_->at(node_).open = false;
  }
  void live_as(std::uint64_t incarnation) override { life_ = incarnation; }
  std::string address() const override {
    return std::string(1, static_cast<char>('a' + node_)) + ":1";
  }
  std::string report(report_kind) override { return "a tree"; }

  /// Its process has ended.
  void close_for_good() { all_ = nullptr; }

  std::uint64_t life() const { return life_; }
  std::set<std::size_t> calling; ///< nodes that are being called

private:
  fleet* all_;
  std::size_t node_;
  std::uint64_t life_ = 0;
};

} // namespace caisson::simulation
