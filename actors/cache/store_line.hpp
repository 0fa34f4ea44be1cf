#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <utility>

namespace caisson {

/// Questions to the shared store, or to other nodes, that come in crowds, as
/// thousands of inputs of one request do: few are under way at a time, the
/// others wait for their turn. So a crowd neither fills the store's bulkhead,
/// which would be a miss for most of it, nor takes it from others; and a store
/// that is down is found to be so by the first of them.
class store_line {
public:
  static constexpr std::size_t most_under_way = 32;

  /// Puts a question, and has `done` called when it is over.
  using question = std::function<void()>;

  void join(question put) { waiting_.push_back(std::move(put)); }

  /// Puts one after the other. One that is over at once is done at once, and
  /// then this loop goes on.
  void advance() {
    if (std::exchange(advancing_, true))
      return;
    while (auto next = take())
      (*next)();
    advancing_ = false;
  }

  void done() noexcept { --under_way_; }

  std::size_t waiting() const noexcept { return waiting_.size(); }
  std::size_t under_way() const noexcept { return under_way_; }

private:
  std::optional<question> take() {
    if (waiting_.empty() || under_way_ == most_under_way)
      return std::nullopt;
    ++under_way_;
    auto out = std::move(waiting_.front());
    waiting_.pop_front();
    return out;
  }

  std::deque<question> waiting_;
  std::size_t under_way_ = 0;
  bool advancing_ = false;
};

} // namespace caisson
