#include "server/upstream/tail.hpp"

#include <boost/asio/steady_timer.hpp>

namespace caisson::upstream {
namespace {

/// A server that means to end its reply has done so by then.
constexpr std::chrono::seconds patience{1};

/// Lives by its timer.
class tail final : public connection_user,
                   public std::enable_shared_from_this<tail> {
public:
  tail(std::shared_ptr<connection> one, reply_parser rest,
       std::shared_ptr<pool> where)
    : connection_{std::move(one)}, parser_{std::move(rest)},
      pool_{std::move(where)}, timer_{connection_->get_executor()} {}

  void start() {
    connection_->attach(this);
    timer_.expires_after(patience);
    timer_.async_wait(
      [self = shared_from_this()](error_code) { self->let_go(); });
    connection_->read();
  }

  void on_bytes() override {
    auto unread = connection_->unread();
    std::size_t used = 0;
    while (used < unread.size() && !parser_.ended()
           && parser_.wrong() == failure_kind::none) {
      auto piece = parser_.next(unread.substr(used));
      used += piece.consumed;
      silent_ = silent_ && piece.data.empty();
    }
    connection_->consume(used);
    // Who goes on talking is not waited for.
    if (parser_.ended() || parser_.wrong() != failure_kind::none || !silent_)
      timer_.cancel();
    else
      connection_->read();
  }

  void on_end(error_code) override { timer_.cancel(); }

private:
  void let_go() {
    connection_->attach(nullptr);
    const bool good = parser_.keep_alive && parser_.ended() && silent_
                      && parser_.wrong() == failure_kind::none
                      && connection_->sent() && !connection_->closed()
                      && connection_->unread().empty();
    if (!good)
      return connection_->close();
    ++connection_->replies;
    connection_->promised_idle = parser_.promised_idle;
    pool_->put(std::move(connection_));
  }

  std::shared_ptr<connection> connection_;
  reply_parser parser_;
  std::shared_ptr<pool> pool_;
  boost::asio::basic_waitable_timer<
    std::chrono::steady_clock,
    boost::asio::wait_traits<std::chrono::steady_clock>, connection::executor>
    timer_;
  bool silent_ = true;
};

} // namespace

void await_tail(std::shared_ptr<connection> one, reply_parser rest,
                std::shared_ptr<pool> where) {
  std::make_shared<tail>(std::move(one), std::move(rest), std::move(where))
    ->start();
}

} // namespace caisson::upstream
