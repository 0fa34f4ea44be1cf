#pragma once

#include <cstdint>
#include <deque>
#include <iterator>
#include <unordered_map>
#include <utility>
#include <vector>

namespace caisson {

/// A queue for each caller, served in turns: however much one caller pushes,
/// each other one has every n-th turn among n. First in, first out within a
/// caller. Constant time but for `erase_if` and `take_all`; a caller without an
/// entry takes no memory.
///
/// The front changes only when it is popped or erased, so who looks at it first
/// and pops it later pops what was looked at.
template <class T>
class fair_queue {
public:
  void push(std::uint64_t caller, T what) {
    auto& line = lines_[caller];
    if (line.empty())
      turns_.push_back(caller);
    line.push_back(std::move(what));
    ++size_;
  }

  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }

  /// How many callers have an entry.
  std::size_t callers() const noexcept { return lines_.size(); }

  /// Whose turn it is; not of an empty queue.
  T& front() { return lines_.find(turns_.front())->second.front(); }

  /// Takes the front out; its caller goes to the end of the turns.
  T pop() {
    auto caller = turns_.front();
    auto line = lines_.find(caller);
    auto what = std::move(line->second.front());
    line->second.pop_front();
    turns_.pop_front();
    --size_;
    if (line->second.empty())
      lines_.erase(line);
    else
      turns_.push_back(caller);
    return what;
  }

  /// Drops what the predicate says; asks it once of each, in no said order of
  /// callers. The turns of who stays stay as they are.
  template <class Predicate>
  void erase_if(Predicate&& drop) {
    for (auto& [caller, line] : lines_)
      size_ -= std::erase_if(line, drop);
    std::erase_if(lines_, [](auto& x) { return x.second.empty(); });
    std::erase_if(turns_, [this](auto who) { return !lines_.contains(who); });
  }

  /// Everything, in the order it would have been popped; nothing stays.
  std::vector<T> take_all() {
    std::vector<T> all;
    all.reserve(size_);
    while (!empty())
      all.push_back(pop());
    return all;
  }

private:
  std::unordered_map<std::uint64_t, std::deque<T>> lines_; // none is empty
  std::deque<std::uint64_t> turns_; // the keys of lines_, each once
  std::size_t size_ = 0;
};

} // namespace caisson
