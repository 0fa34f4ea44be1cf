#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace caisson::protocol::mcp {

/// The last events of a stream, numbered from 1 on, for a client that lost it
/// and comes back: as many as there is room for, by count and by bytes. Those
/// before make room for those behind, so that one which is too large by itself
/// leaves none.
template <class Event>
class event_ring {
public:
  event_ring(std::size_t most, std::size_t most_bytes)
    : most_{most}, most_bytes_{most_bytes} {}

  /// The number that the next one will have.
  std::uint64_t next() const noexcept { return last_ + 1; }
  /// That of the last one, 0: there was none.
  std::uint64_t last() const noexcept { return last_; }
  std::size_t bytes() const noexcept { return bytes_; }

  void add(Event what, std::size_t bytes) {
    ++last_;
    kept_.emplace_back(std::move(what), bytes);
    bytes_ += bytes;
    while (kept_.size() > most_ || bytes_ > most_bytes_) {
      bytes_ -= kept_.front().second;
      kept_.pop_front();
    }
  }

  /// All that came after that number. Nothing: some of it is not there any
  /// more, or the number has not been yet.
  std::optional<std::vector<Event>> after(std::uint64_t number) const {
    const auto before = last_ - kept_.size();
    if (number < before || number > last_)
      return std::nullopt;
    std::vector<Event> found;
    for (auto i = number - before; i < kept_.size(); ++i)
      found.push_back(kept_[i].first);
    return found;
  }

private:
  std::size_t most_;
  std::size_t most_bytes_;
  std::deque<std::pair<Event, std::size_t>> kept_;
  std::size_t bytes_ = 0;
  std::uint64_t last_ = 0;
};

} // namespace caisson::protocol::mcp
