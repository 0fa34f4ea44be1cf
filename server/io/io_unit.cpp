#include "server/io/io_unit.hpp"

#include <boost/asio/post.hpp>

namespace caisson {

io_unit::io_unit(caf::actor_system* system, boost::asio::io_context& io)
  : caf::execution_unit(system), io_(io) {
  // nop
}

void io_unit::exec_later(caf::resumable* actor) {
  if (io_.get_executor().running_in_this_thread())
    push(actor);
  else
    boost::asio::post(io_, [this, actor] { push(actor); });
}

void io_unit::push(caf::resumable* actor) {
  queue_.push_back(actor);
  post_drain();
}

void io_unit::post_drain() {
  if (posted_)
    return;
  posted_ = true;
  boost::asio::post(io_, [this] { drain(); });
}

void io_unit::drain() {
  // `posted_` stays true meanwhile: actors that wake each other up are resumed
  // in the next round. A request needs about four; then sockets get a turn.
  for (int round = 0; round < max_rounds && !queue_.empty(); ++round)
    resume_all();
  posted_ = false;
  if (!queue_.empty())
    post_drain();
}

void io_unit::resume_all() {
  round_.swap(queue_);
  for (auto* actor : round_) {
    switch (actor->resume(this, max_throughput)) {
      case caf::resumable::resume_later:
        queue_.push_back(actor);
        break;
      case caf::resumable::shutdown_execution_unit:
        break;
      default:
        caf::intrusive_ptr_release(actor);
    }
  }
  round_.clear();
}

} // namespace caisson
