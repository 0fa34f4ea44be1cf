#include "server/upstream/kept_run.hpp"

#include <boost/asio/steady_timer.hpp>

#include "server/upstream/exchange.hpp"
#include "server/upstream/kept_prefixes.hpp"

namespace caisson::upstream {
namespace {

/// One attempt of up to three exchanges, one after another.
///
///              created                     refused
///   creating ──────────► asking by name ────────────► asking plainly
///      │                       ▲                            ▲
///      │    start: it is kept ─┘                            │
///      └── failed, or not done when a connection must be ───┘
///
/// Creating takes the attempt's own place in the bulkhead and its own time. A
/// refusal may be about the name or about the request: asking plainly tells.
class kept_run final : public std::enable_shared_from_this<kept_run> {
public:
  kept_run(std::shared_ptr<site> where, std::shared_ptr<const provider> to,
           const attempt& which, std::string prefix,
           std::unique_ptr<exchange_listener> listener)
    : site_{std::move(where)}, to_{std::move(to)}, which_{which},
      model_{which.model}, prefix_{std::move(prefix)},
      digest_{kept_prefixes::digest_of(model_, prefix_)},
      listener_{std::move(listener)}, patience_{site_->io} {
    which_.model = model_;
  }

  void start();
  void cancel();

  const exchange* talk() const noexcept {
    return phase_ == phase::creating ? nullptr : talk_.get();
  }

  // What the exchange of the moment says.
  void started();
  void more(bytes chunk, std::uint32_t tokens);
  void finished(bytes whole, token_usage usage);
  void failed(fault what);

private:
  enum class phase { creating, by_name, plainly };
  class ear;

  void create();
  void ask(std::string_view name);
  void ask_plainly();
  void speak(order what);
  void it_works();

  std::shared_ptr<site> site_;
  std::shared_ptr<const provider> to_;
  attempt which_;
  std::string model_;
  std::string prefix_;
  kept_prefixes::digest digest_;
  std::unique_ptr<exchange_listener> listener_;
  boost::asio::steady_timer patience_;
  std::unique_ptr<exchange> talk_;
  phase phase_ = phase::creating;
  time_point began_{};
  bool begun_ = false;   ///< the client has some of a stream
  bool suspect_ = false; ///< the name was refused, or the request was
};

/// Listens to one exchange; may outlive what it tells.
class kept_run::ear final : public exchange_listener {
public:
  explicit ear(std::weak_ptr<kept_run> to) : to_{std::move(to)} {}

  void started() override {
    if (auto to = to_.lock())
      to->started();
  }
  void more(bytes chunk, std::uint32_t tokens) override {
    if (auto to = to_.lock())
      to->more(std::move(chunk), tokens);
  }
  void finished(bytes whole, token_usage usage) override {
    if (auto to = to_.lock())
      to->finished(std::move(whole), usage);
  }
  void failed(fault what) override {
    if (auto to = to_.lock())
      to->failed(std::move(what));
  }

private:
  std::weak_ptr<kept_run> to_;
};

void kept_run::start() {
  began_ = to_->kept->now();
  auto known = to_->kept->look(digest_);
  if (known.create)
    create();
  else
    ask(known.name);
}

void kept_run::cancel() {
  talk_.reset();
  patience_.cancel();
}

void kept_run::speak(order what) {
  talk_
    = begin(site_, std::move(what), std::make_unique<ear>(weak_from_this()));
}

void kept_run::create() {
  auto made
    = to_->wire.keep(prefix_, to_->kept->life(), identity(*to_, which_));
  // Never a stream, whatever the client asked for.
  auto what = std::make_shared<call>(*which_.what);
  what->stream = false;
  order out;
  out.what = std::move(what);
  out.connect_by = which_.connect_by;
  out.wire = &to_->wire;
  out.request = std::move(made.request);
  out.reader = std::move(made.reader);
  speak(std::move(out));
  if (which_.connect_by == time_point{})
    return;
  patience_.expires_at(which_.connect_by);
  patience_.async_wait(
    [weak = weak_from_this()](const boost::system::error_code& ec) {
      auto self = weak.lock();
      if (!ec && self && self->talk_ && self->phase_ == phase::creating)
        self->ask_plainly();
    });
}

void kept_run::ask(std::string_view name) {
  phase_ = name.empty() ? phase::plainly : phase::by_name;
  patience_.cancel();
  auto which = which_;
  // What went before took none of the time for a connection.
  if (which.connect_by != time_point{})
    which.connect_by += to_->kept->now() - began_;
  speak(order_for(*to_, which, name));
}

void kept_run::ask_plainly() {
  ask({});
}

void kept_run::it_works() {
  if (std::exchange(suspect_, false))
    to_->kept->gone(digest_);
}

void kept_run::started() {
  it_works();
  begun_ = true;
  listener_->started();
}

void kept_run::more(bytes chunk, std::uint32_t tokens) {
  listener_->more(std::move(chunk), tokens);
}

void kept_run::finished(bytes whole, token_usage usage) {
  if (phase_ != phase::creating) {
    it_works();
    listener_->finished(std::move(whole), usage);
    return;
  }
  std::string name{whole.data};
  to_->kept->created(digest_, name, began_);
  ask(name);
}

void kept_run::failed(fault what) {
  // A name that is gone is "not found" or "permission denied".
  const bool refused = what.kind == failure_kind::refused
                       || what.kind == failure_kind::credentials;
  if (phase_ == phase::creating) {
    ask_plainly();
  } else if (phase_ == phase::by_name && refused && !begun_) {
    suspect_ = true;
    ask_plainly();
  } else {
    listener_->failed(std::move(what));
  }
}

/// The caller's end.
class running final : public exchange {
public:
  explicit running(std::shared_ptr<kept_run> what) : run_{std::move(what)} {}
  ~running() override { run_->cancel(); }

  bool answering() const noexcept override {
    return run_->talk() && run_->talk()->answering();
  }
  bool held_back() const noexcept override {
    return run_->talk() && run_->talk()->held_back();
  }

private:
  std::shared_ptr<kept_run> run_;
};

} // namespace

std::unique_ptr<exchange>
begin_kept(std::shared_ptr<site> where, std::shared_ptr<const provider> to,
           const attempt& which, std::string prefix,
           std::unique_ptr<exchange_listener> listener) {
  auto run = std::make_shared<kept_run>(std::move(where), std::move(to), which,
                                        std::move(prefix), std::move(listener));
  run->start();
  return std::make_unique<running>(std::move(run));
}

} // namespace caisson::upstream
