#include "actors/shared_reply.hpp"

#include <utility>
#include <vector>

namespace caisson {
namespace {

/// A short answer is kept without being copied again as it grows.
constexpr std::size_t first_kept = 16 * 1024;

/// What streams that have ended were kept in, for the next ones on the thread:
/// to ask the heap for so much each time costs more than the copies.
class kept_buffers {
public:
  kept_buffers() { spare_.reserve(most); }

  std::string take() {
    if (spare_.empty()) {
      std::string fresh;
      fresh.reserve(first_kept);
      return fresh;
    }
    auto one = std::move(spare_.back());
    spare_.pop_back();
    return one;
  }

  void give_back(std::string one) {
    if (spare_.size() == most)
      return;
    one.clear();
    spare_.push_back(std::move(one));
  }

private:
  static constexpr std::size_t most = 64;
  std::vector<std::string> spare_;
};

kept_buffers& spare_buffers() {
  thread_local kept_buffers here;
  return here;
}

} // namespace

shared_reply::~shared_reply() {
  // One that had to grow would keep its memory for short answers.
  if (told_.capacity() == first_kept)
    spare_buffers().give_back(std::move(told_));
}

bool shared_reply::one_lane::waits() const noexcept {
  auto open = home_.winner_ == 0 || home_.winner_ == number_;
  return open && home_.client_->waits();
}

void shared_reply::one_lane::answer(bytes body, const provenance& from) {
  if (home_.claim(number_))
    home_.client_->answer(std::move(body), from);
}

void shared_reply::one_lane::begin(const provenance& from) {
  // A stream that goes on elsewhere has begun long ago.
  if (home_.claim(number_) && !std::exchange(home_.begun_, true))
    home_.client_->begin(from);
}

void shared_reply::one_lane::more(bytes chunk) {
  if (home_.winner_ != number_)
    return;
  home_.keep(chunk.data);
  home_.client_->more(std::move(chunk));
}

void shared_reply::one_lane::used(const token_usage& what,
                                  const provenance& from) {
  if (home_.claim(number_))
    home_.client_->used(what, from);
}

void shared_reply::one_lane::end() {
  if (home_.winner_ == number_)
    home_.client_->end();
}

void shared_reply::one_lane::fail(const fault& what, const provenance& from) {
  if (home_.claim(number_))
    home_.client_->fail(what, from);
}

std::shared_ptr<responder> shared_reply::lane(std::uint32_t number) {
  auto& it = number == 1 ? first_ : others_.emplace_front(*this, number);
  return {shared_from_this(), &it};
}

std::shared_ptr<const std::string> shared_reply::so_far() const {
  if (!keeps_ || outgrown_)
    return nullptr;
  return std::make_shared<const std::string>(told_);
}

bool shared_reply::claim(std::uint32_t lane) {
  if (winner_ == lane)
    return true;
  if (winner_ != 0)
    return false;
  winner_ = lane;
  if (auto won = std::exchange(won_, nullptr))
    won(lane);
  return true;
}

void shared_reply::keep(std::string_view chunk) {
  if (!keeps_ || outgrown_)
    return;
  if (told_.size() + chunk.size() > most_kept) {
    outgrown_ = true;
    std::string{}.swap(told_); // an assignment would keep the memory
    return;
  }
  if (told_.empty())
    told_ = spare_buffers().take();
  told_ += chunk;
}

} // namespace caisson
