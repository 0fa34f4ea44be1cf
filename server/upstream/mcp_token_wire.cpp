#include "server/upstream/mcp_token_wire.hpp"

#include <utility>

namespace caisson::upstream {
namespace {

/// A token may be too old, and then say too little; a third refusal is meant.
constexpr int most_renewals = 2;

/// One message, as often as it is said.
class spoken final : public std::enable_shared_from_this<spoken> {
public:
  spoken(std::shared_ptr<mcp_wire> by, std::shared_ptr<bearer_source> from,
         mcp_words what, std::unique_ptr<exchange_listener> to)
    : by_{std::move(by)}, from_{std::move(from)}, what_{std::move(what)},
      session_id_{what_.session_id}, revision_{what_.revision},
      last_event_{what_.place ? what_.place->last_event : std::string{}},
      to_{std::move(to)} {
    what_.session_id = session_id_;
    what_.revision = revision_;
  }

  void begin() {
    auto token = from_->bearer();
    if (!token && from_->renewable() && what_.act != mcp_act::end)
      renew({});
    else
      say(token);
  }

  const exchange* talk() const noexcept { return talk_.get(); }

private:
  class ear final : public exchange_listener {
  public:
    explicit ear(std::weak_ptr<spoken> to) : to_{std::move(to)} {}
    void started() override {
      if (auto to = to_.lock())
        to->to_->started();
    }
    void more(bytes chunk, std::uint32_t tokens) override {
      if (auto to = to_.lock())
        to->to_->more(std::move(chunk), tokens);
    }
    void finished(bytes whole, token_usage usage) override {
      if (auto to = to_.lock())
        to->to_->finished(std::move(whole), usage);
    }
    void failed(fault what) override {
      if (auto to = to_.lock())
        to->failed(std::move(what));
    }

  private:
    std::weak_ptr<spoken> to_;
  };

  void say(const std::shared_ptr<const std::string>& token) {
    auto words = what_;
    shown_ = token ? *token : std::string{};
    words.bearer = shown_;
    what_.note->forget();
    auto takes_up = what_.act == mcp_act::take_up;
    if (takes_up)
      what_.place->last_event = last_event_;
    talk_
      = by_->send(std::move(words), std::make_unique<ear>(weak_from_this()));
    // Whoever takes it up has used it up.
    if (takes_up)
      what_.place->last_event.clear();
  }

  void failed(fault what) {
    auto status = what_.note->status;
    auto for_token
      = status == 401 || (status == 403 && !what_.note->challenge.empty());
    if (!for_token || renewals_ >= most_renewals || what_.act == mcp_act::end)
      return to_->failed(std::move(what));
    renew({shown_, what_.note->challenge, status,
           renewals_ > 0 && !shown_.empty()});
  }

  void renew(token_refusal what) {
    ++renewals_;
    talk_.reset();
    auto since = std::chrono::steady_clock::now();
    wait_ = from_->renew(std::move(what), by_->io(),
                         [weak = weak_from_this(), since](auto& why) {
                           if (auto self = weak.lock())
                             self->renewed(why, since);
                         });
  }

  void renewed(const std::optional<fault>& why, time_point since) {
    if (why)
      return to_->failed(*why);
    // That took none of the time for a connection.
    if (what_.connect_by != time_point{})
      what_.connect_by += std::chrono::steady_clock::now() - since;
    say(from_->bearer());
  }

  std::shared_ptr<mcp_wire> by_;
  std::shared_ptr<bearer_source> from_;
  mcp_words what_;
  std::string session_id_; // what the words look at, for as long as they may
  std::string revision_;   // be said again
  std::string last_event_;
  std::unique_ptr<exchange_listener> to_;
  std::string shown_;
  int renewals_ = 0;
  std::shared_ptr<void> wait_;
  std::unique_ptr<exchange> talk_;
};

class said final : public exchange {
public:
  explicit said(std::shared_ptr<spoken> what) : what_{std::move(what)} {}

  bool answering() const noexcept override {
    return what_->talk() && what_->talk()->answering();
  }
  bool held_back() const noexcept override {
    return what_->talk() && what_->talk()->held_back();
  }

private:
  std::shared_ptr<spoken> what_;
};

} // namespace

std::unique_ptr<exchange>
mcp_token_wire::send(mcp_words what, std::unique_ptr<exchange_listener> to) {
  auto made
    = std::make_shared<spoken>(by_, from_, std::move(what), std::move(to));
  made->begin();
  return std::make_unique<said>(std::move(made));
}

} // namespace caisson::upstream
