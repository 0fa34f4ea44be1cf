#include "server/providers/simulated_port.hpp"

#include <ctime>

#include <boost/asio/steady_timer.hpp>

#include "protocol/chat_request.hpp"
#include "protocol/dialects/simulated.hpp"

namespace caisson {
namespace {

using namespace std::chrono_literals;

/// One simulated answer on its way. The timer's handler holds a weak pointer:
/// an exchange that is destroyed says nothing more.
class performance : public std::enable_shared_from_this<performance> {
public:
  performance(boost::asio::io_context& io, const attempt& which,
              std::unique_ptr<exchange_listener> listener)
    : timer_(io), call_(which.what),
      request_(std::static_pointer_cast<const protocol::chat_request>(
        which.what->body)),
      model_(which.model), pace_(model_ == "simulated-slow" ? 200ms : 0ms),
      created_(std::time(nullptr)), listener_(std::move(listener)) {}

  void next(std::chrono::milliseconds wait) {
    timer_.expires_after(wait);
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code ec) {
      if (auto self = weak.lock(); self && !ec)
        self->step();
    });
  }

  std::chrono::milliseconds pace() const noexcept { return pace_; }

private:
  void step() {
    if (model_ == "simulated-fail")
      listener_->failed(make_fault(errc::llm_error, failure_kind::server_error,
                                   "the simulated provider fails as told"));
    else if (call_->stream)
      say_next();
    else
      say_all();
  }

  void say_all() {
    auto said = protocol::simulate(*request_);
    listener_->finished(own(protocol::simulated_body(said, model_, created_)),
                        said.usage);
  }

  void say_next() {
    if (index_ == 0) {
      said_ = protocol::simulate(*request_);
      listener_->started();
    }
    auto event = protocol::simulated_event(said_, model_, created_,
                                           request_->wants_usage(), index_++);
    if (event.empty()) {
      listener_->finished({}, said_.usage);
      return;
    }
    listener_->more(own(std::move(event)));
    next(pace_);
  }

  boost::asio::steady_timer timer_;
  call_ptr call_;
  std::shared_ptr<const protocol::chat_request> request_;
  std::string model_;
  std::chrono::milliseconds pace_;
  std::int64_t created_;
  std::unique_ptr<exchange_listener> listener_;
  protocol::simulated_answer said_;
  std::size_t index_ = 0;
};

/// Keeps the performance alive as long as somebody listens.
class simulated_exchange final : public exchange {
public:
  explicit simulated_exchange(std::shared_ptr<performance> show)
    : show_(std::move(show)) {}

private:
  std::shared_ptr<performance> show_;
};

} // namespace

std::unique_ptr<exchange>
simulated_port::start(const attempt& which,
                      std::unique_ptr<exchange_listener> listener) {
  auto show = std::make_shared<performance>(io_, which, std::move(listener));
  show->next(show->pace());
  return std::make_unique<simulated_exchange>(std::move(show));
}

} // namespace caisson
