#pragma once

#include <caf/send.hpp>

#include "actors/messages.hpp"
#include "actors/ports.hpp"

namespace caisson {

/// Carries what a port says of one attempt into its worker's mailbox.
class mailbox_listener final : public exchange_listener {
public:
  mailbox_listener(worker_actor to, std::uint64_t id, std::uint32_t attempt)
    : to_(std::move(to)), id_(id), attempt_(attempt) {}

  void started() override { say({id_, attempt_, kind::started, {}, {}, {}}); }

  void more(bytes chunk, std::uint32_t tokens) override {
    attempt_event news{id_, attempt_, kind::more, std::move(chunk), {}, {}};
    news.tokens = tokens;
    say(std::move(news));
  }

  void finished(bytes whole, token_usage usage) override {
    say({id_, attempt_, kind::finished, std::move(whole), usage, {}});
  }

  void failed(fault what) override {
    say({id_, attempt_, kind::failed, {}, {}, std::move(what)});
  }

private:
  using kind = attempt_event::kind;

  void say(attempt_event news) { caf::anon_send(to_, std::move(news)); }

  worker_actor to_;
  std::uint64_t id_;
  std::uint32_t attempt_;
};

} // namespace caisson
