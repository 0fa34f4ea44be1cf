#include "actors/cache/tape.hpp"

#include <algorithm>
#include <utility>

namespace caisson {

void answer_tape::begin(std::string_view source, std::string_view model) {
  std::lock_guard guard{lock_};
  source_ = source;
  model_ = model;
}

bool answer_tape::add(std::string_view events) {
  std::lock_guard guard{lock_};
  events_ += events;
  if (listened_)
    return !std::exchange(told_, true);
  if (events_.size() > most_kept) {
    dropped_ += events_.size();
    std::string{}.swap(events_); // an assignment would keep the memory
  }
  return false;
}

void answer_tape::counted(const token_usage& took) {
  std::lock_guard guard{lock_};
  took_ = took;
}

void answer_tape::listen() {
  std::lock_guard guard{lock_};
  listened_ = true;
}

std::size_t answer_tape::end() {
  std::lock_guard guard{lock_};
  told_ = false;
  return dropped_ + events_.size();
}

tape_piece_ptr answer_tape::take(std::size_t from) const {
  std::lock_guard guard{lock_};
  if (from < dropped_ || from >= dropped_ + events_.size())
    return nullptr;
  return std::make_shared<const tape_piece>(
    tape_piece{events_.substr(from - dropped_), source_, model_});
}

void answer_tape::heard(std::size_t until) {
  std::lock_guard guard{lock_};
  if (events_.size() <= most_kept || until <= dropped_)
    return;
  auto over = std::min(until - dropped_, events_.size());
  events_.erase(0, over);
  dropped_ += over;
}

token_usage answer_tape::took() const {
  std::lock_guard guard{lock_};
  return took_;
}

} // namespace caisson
