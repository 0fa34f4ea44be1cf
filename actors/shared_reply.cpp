#include "actors/shared_reply.hpp"

#include <utility>

namespace caisson {

class shared_reply::one_lane final : public responder {
public:
  one_lane(std::shared_ptr<shared_reply> home, std::uint32_t number,
           std::function<void()> won)
    : home_(std::move(home)), number_(number), won_(std::move(won)) {}

  bool waits() const noexcept override { return home_->waits(number_); }

  void answer(bytes body, const provenance& from) override {
    if (home_->claim(number_, won_))
      home_->client_->answer(std::move(body), from);
  }

  void begin(const provenance& from) override {
    if (home_->claim(number_, won_))
      home_->begin(from);
  }

  void more(bytes chunk) override {
    if (home_->winner_ == number_)
      home_->more(std::move(chunk));
  }

  void used(const token_usage& what, const provenance& from) override {
    if (home_->claim(number_, won_))
      home_->client_->used(what, from);
  }

  void end() override {
    if (home_->winner_ == number_)
      home_->client_->end();
  }

  void fail(const fault& what, const provenance& from) override {
    if (home_->claim(number_, won_))
      home_->client_->fail(what, from);
  }

private:
  std::shared_ptr<shared_reply> home_;
  std::uint32_t number_;
  std::function<void()> won_;
};

std::shared_ptr<responder> shared_reply::lane(std::uint32_t number,
                                              std::function<void()> won) {
  return std::make_shared<one_lane>(shared_from_this(), number, std::move(won));
}

std::shared_ptr<const std::string> shared_reply::so_far() const {
  if (!keeps_ || outgrown_)
    return nullptr;
  return std::make_shared<const std::string>(told_);
}

bool shared_reply::waits(std::uint32_t lane) const noexcept {
  return (winner_ == 0 || winner_ == lane) && client_->waits();
}

bool shared_reply::claim(std::uint32_t lane, const std::function<void()>& won) {
  if (winner_ == lane)
    return true;
  if (winner_ != 0)
    return false;
  winner_ = lane;
  won();
  return true;
}

void shared_reply::begin(const provenance& from) {
  // A stream that goes on elsewhere has begun long ago.
  if (!std::exchange(begun_, true))
    client_->begin(from);
}

void shared_reply::more(bytes chunk) {
  if (keeps_ && !outgrown_) {
    if (told_.size() + chunk.data.size() <= most_kept)
      told_ += chunk.data;
    else {
      outgrown_ = true;
      told_ = {};
    }
  }
  client_->more(std::move(chunk));
}

} // namespace caisson
