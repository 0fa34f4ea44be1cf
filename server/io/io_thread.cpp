#include "server/io/io_thread.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include <pthread.h>
#include <sys/eventfd.h>

#include <boost/asio/post.hpp>

namespace caisson {

swept::~swept() {
  if (by_)
    by_->forget(*this);
}

io_thread::flock::~flock() {
  for (auto* x : *this)
    x->by_ = nullptr;
}

io_thread::io_thread(caf::actor_system& system, std::size_t number)
  : number_(number), work_(boost::asio::make_work_guard(context_)),
    unit_(&system, context_), timer_(context_), measuring_(context_),
    bell_(context_, ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  // nop
}

io_thread::~io_thread() {
  stop();
}

void io_thread::start() {
  arm_sweep();
  measure_delay();
  thread_ = std::thread{[this] {
    pthread_setname_np(pthread_self(),
                       ("caisson-io-" + std::to_string(number_)).c_str());
    context_.run();
  }};
}

void io_thread::stop() {
  work_.reset();
  // After what is ready: somebody may be saying goodbye.
  boost::asio::post(context_, [this] { context_.stop(); });
  if (thread_.joinable())
    thread_.join();
}

void io_thread::look_after(swept& what) {
  what.by_ = this;
  what.slot_ = swept_.size();
  swept_.push_back(&what);
}

void io_thread::forget(swept& what) noexcept {
  auto slot = what.slot_;
  if (slot >= swept_.size() || swept_[slot] != &what)
    return;
  swept_[slot] = swept_.back();
  swept_[slot]->slot_ = slot;
  swept_.pop_back();
  what.by_ = nullptr;
}

void io_thread::arm_sweep() {
  timer_.expires_after(sweep_every);
  timer_.async_wait([this](boost::system::error_code ec) {
    if (ec)
      return;
    sweep_all();
    arm_sweep();
  });
}

void io_thread::sweep_all() {
  auto moment = now();
  // Backwards: a sweep may forget its own object, whose slot the last takes.
  for (auto i = swept_.size(); i-- > 0;)
    if (i < swept_.size())
      swept_[i]->sweep(moment);
}

void io_thread::measure_delay() {
  measuring_.expires_after(measure_every);
  measuring_.async_wait([this](boost::system::error_code ec) {
    if (ec)
      return;
    // Through the kernel's list of what is ready, like any client's bytes: a
    // handler that is posted would overtake all that epoll has not told yet.
    rung_ = now();
    bell_.async_wait(bell_.wait_read, [this](boost::system::error_code error) {
      if (error)
        return;
      eventfd_t count = 0;
      ::eventfd_read(bell_.native_handle(), &count);
      load_.waited(
        std::chrono::duration_cast<std::chrono::milliseconds>(now() - rung_),
        longest_wait_);
      measure_delay();
    });
    ::eventfd_write(bell_.native_handle(), 1);
  });
}

std::string_view io_thread::date_field() {
  auto second = std::time(nullptr);
  if (second != date_second_) {
    std::tm parts{};
    ::gmtime_r(&second, &parts);
    std::array<char, 64> text{};
    auto size = std::strftime(text.data(), text.size(),
                              "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
    date_field_.assign(text.data(), size);
    date_second_ = second;
  }
  return date_field_;
}

} // namespace caisson
