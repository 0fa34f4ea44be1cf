#include "server/redis/link.hpp"

#include <boost/asio/post.hpp>

#include "server/io/io_thread.hpp"
#include "server/redis/complaint.hpp"

namespace caisson::redis {
namespace {

namespace asio = boost::asio;

} // namespace

link::link(std::shared_ptr<upstream::connection> with, link_bounds within)
  : connection_{std::move(with)}, within_{within}, parser_{within.reply},
    timer_{connection_->get_executor()} {}

link::~link() {
  connection_->close();
}

void link::open() {
  connection_->attach(this);
  connection_->read();
}

bool link::ask(asker_ptr who) {
  if (!open_for_questions() || owed_.size() >= within_.owed
      || unsent_.size() >= within_.unsent)
    return false;
  if (owed_.empty())
    heard_ = io_thread::now(); // silence counts from the first debt
  owed_.resize(owed_.size() + who->write(unsent_));
  owed_.push_back(std::move(who));
  watch();
  flush_soon();
  return true;
}

void link::say(std::string_view wire) {
  if (closed_ || unsent_.size() >= within_.unsent)
    return;
  unsent_ += wire;
  flush_soon();
}

void link::retire() {
  retired_ = true;
  if (owed_.empty() && !closed_)
    close({});
}

void link::close(const fault& why) {
  if (std::exchange(closed_, true))
    return;
  connection_->close();
  timer_.cancel();
  unsent_.clear();
  fail_all(why);
}

void link::fail_all(const fault& why) {
  auto self = shared_from_this();
  auto all = std::exchange(owed_, {});
  for (auto& who : all)
    if (who)
      who->heard(why);
}

void link::break_off(const fault& why) {
  auto self = shared_from_this();
  auto tell = std::move(on_broken);
  close(why);
  if (tell)
    tell(why);
}

// -- reading ------------------------------------------------------------------

void link::on_bytes() {
  auto self = shared_from_this();
  heard_ = io_thread::now();
  auto bytes = connection_->unread();
  parser_.feed(bytes);
  connection_->consume(bytes.size());
  while (!closed_) {
    auto reply = parser_.next();
    if (!reply)
      return break_off(reply.error());
    if (!*reply)
      break;
    take(std::move(**reply));
  }
  if (!closed_)
    connection_->read();
}

void link::take(kv_value reply) {
  if (owed_.empty()) {
    if (on_push)
      return on_push(std::move(reply));
    return break_off(make_fault(errc::redis_error, failure_kind::decode,
                                "the shared store spoke without being asked"));
  }
  ++replies_;
  auto who = std::move(owed_.front());
  owed_.pop_front();
  if (who)
    who->heard(std::move(reply));
  if (retired_ && owed_.empty() && !closed_)
    close({});
}

void link::on_end(upstream::error_code why) {
  break_off(broken(why));
}

// -- writing ------------------------------------------------------------------

void link::flush_soon() {
  if (std::exchange(flushing_, true))
    return;
  asio::post(connection_->get_executor(), [weak = weak_from_this()] {
    if (auto self = weak.lock()) {
      self->flushing_ = false;
      self->flush();
    }
  });
}

void link::flush() {
  // What failed to be written is told by the read.
  if (closed_ || unsent_.empty() || !connection_->sent())
    return;
  auto& out = connection_->head();
  out.clear();
  out.swap(unsent_);
  connection_->send({}, nullptr);
}

// -- silence ------------------------------------------------------------------

void link::watch() {
  if (std::exchange(watching_, true))
    return;
  timer_.expires_at(heard_ + within_.silence);
  timer_.async_wait([weak = weak_from_this()](upstream::error_code ec) {
    auto self = weak.lock();
    if (!ec && self)
      self->on_watch();
  });
}

void link::on_watch() {
  watching_ = false;
  if (closed_ || owed_.empty())
    return;
  if (io_thread::now() < heard_ + within_.silence)
    return watch();
  break_off(make_fault(errc::redis_timeout, failure_kind::first_byte_timeout,
                       "the shared store fell silent"));
}

} // namespace caisson::redis
