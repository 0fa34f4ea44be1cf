#include "server/providers/simulated_port.hpp"

#include <ctime>

#include <boost/asio/steady_timer.hpp>

#include "protocol/chat_request.hpp"
#include "protocol/continuation.hpp"
#include "protocol/dialects/read.hpp"
#include "protocol/dialects/simulated.hpp"
#include "protocol/dialects/simulated_embeddings.hpp"
#include "protocol/embeddings_request.hpp"

namespace caisson {
namespace {

using namespace std::chrono_literals;

/// One simulated answer on its way. The timer's handler holds a weak pointer:
/// an exchange that is destroyed says nothing more.
class performance : public std::enable_shared_from_this<performance> {
public:
  performance(boost::asio::io_context& io, const attempt& which,
              std::string_view name,
              std::unique_ptr<exchange_listener> listener)
    : timer_(io), call_(which.what),
      vectors_(std::dynamic_pointer_cast<const protocol::embeddings_request>(
        which.what->body)),
      request_(vectors_
                 ? nullptr
                 : std::static_pointer_cast<const protocol::chat_request>(
                     which.what->body)),
      model_(which.model), pace_(model_ == "simulated-slow" ? 200ms : 0ms),
      created_(std::time(nullptr)), listener_(std::move(listener)) {
    if (call_->stream && !which.so_far.empty())
      take_up(which.so_far, name);
  }

  void next(std::chrono::milliseconds wait) {
    timer_.expires_after(wait);
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code ec) {
      if (auto self = weak.lock(); self && !ec)
        self->step();
    });
  }

  std::chrono::milliseconds pace() const noexcept { return pace_; }

private:
  void take_up(std::string_view so_far, std::string_view name) {
    auto stream = protocol::continuation::read(so_far, request_);
    if (!stream) {
      refused_ = stream.error();
      // Somebody else's stream broke off: no failure of this dependency.
      refused_->kind = failure_kind::none;
    } else if (stream->complete()) {
      rest_ = stream->rest();
    } else {
      onward_ = stream->reader(protocol::read_openai(false), name);
    }
  }

  void step() {
    if (refused_)
      listener_->failed(std::move(*refused_));
    else if (model_ == "simulated-fail")
      listener_->failed(make_fault(errc::llm_error, failure_kind::server_error,
                                   "the simulated provider fails as told"));
    else if (vectors_)
      say_vectors();
    else if (call_->stream)
      say_next();
    else
      say_all();
  }

  void say_vectors() {
    auto said = protocol::simulate(*vectors_, model_);
    if (said)
      listener_->finished(own(std::move(said->body)), said->usage);
    else
      listener_->failed(said.error());
  }

  void say_all() {
    auto said = protocol::simulate(*request_);
    listener_->finished(own(protocol::simulated_body(said, model_, created_)),
                        said.usage);
  }

  void say_next() {
    if (index_ == 0) {
      // Also for a stream that goes on: what a person said, not our wish.
      if (!rest_)
        said_ = protocol::simulate(*request_);
      listener_->started();
    }
    const auto usage = request_->wants_usage();
    if (index_ == (rest_ ? 1 : protocol::simulated_events(said_, usage))) {
      listener_->finished({}, said_.usage);
      return;
    }
    auto event = rest_ ? std::move(*rest_)
                       : protocol::simulated_event(said_, model_, created_,
                                                   usage, index_);
    ++index_;
    if (onward_)
      event = onward_->feed(event)->out;
    if (!event.empty())
      listener_->more(own(std::move(event)));
    next(pace_);
  }

  boost::asio::steady_timer timer_;
  call_ptr call_;
  std::shared_ptr<const protocol::embeddings_request> vectors_; // or
  std::shared_ptr<const protocol::chat_request> request_;
  std::string model_;
  std::chrono::milliseconds pace_;
  std::int64_t created_;
  std::unique_ptr<exchange_listener> listener_;
  protocol::simulated_answer said_;
  std::size_t index_ = 0;
  // Of a stream that died elsewhere: why it cannot go on, or all that is
  // missing, or what lets our events appear as its own.
  std::optional<fault> refused_;
  std::optional<std::string> rest_;
  std::unique_ptr<protocol::reply_reader> onward_;
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
  auto show
    = std::make_shared<performance>(io_, which, name_, std::move(listener));
  show->next(show->pace());
  return std::make_unique<simulated_exchange>(std::move(show));
}

} // namespace caisson
