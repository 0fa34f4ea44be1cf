#include "server/upstream/exchange.hpp"

#include <boost/asio/post.hpp>

#include "server/upstream/exchange_run.hpp"

namespace caisson::upstream {
namespace {

/// The caller's end of a running attempt.
class running final : public exchange {
public:
  explicit running(std::shared_ptr<exchange_run> what)
    : run_{std::move(what)} {}

  ~running() override { run_->cancel(); }

  bool answering() const noexcept override { return run_->heard(); }
  bool held_back() const noexcept override { return run_->paused(); }

private:
  std::shared_ptr<exchange_run> run_;
};

} // namespace

std::unique_ptr<exchange> begin(std::shared_ptr<site> where, order what,
                                std::unique_ptr<exchange_listener> listener) {
  auto& io = where->io;
  auto run = std::make_shared<exchange_run>(std::move(where), std::move(what),
                                            std::move(listener));
  // Not only because the listener must not hear of it yet: what arrived
  // unasked on an idle connection in this turn (an end, a second reply) is
  // seen before that connection is used for somebody else.
  boost::asio::post(io, [run] { run->start(); });
  return std::make_unique<running>(std::move(run));
}

} // namespace caisson::upstream
