#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "server/http/requester.hpp"

namespace caisson {

/// How a client is given an answer that does not come at once: whole, or, where
/// something is to be said before it and the client takes one, as a stream. On
/// its I/O thread; a copy goes on where this one was.
class late_answer {
public:
  /// `streams`: the client takes a stream for an answer. It is shown that it is
  /// not forgotten after each silence of `keep_alive`.
  late_answer(std::shared_ptr<requester> to, bool streams, millis keep_alive);

  std::uint64_t id() const noexcept { return id_; }

  /// Somebody still waits for it.
  bool heard() const noexcept;

  /// Something before the answer, for whom it can be told.
  void say(std::string_view message, millis keep_alive);

  /// Shows, if it is time, that the client is not forgotten, nor the connection
  /// dead.
  void sign(time_point now, millis keep_alive);

  /// `fields` are complete field lines, of an answer that is no stream.
  void finish(std::string message, unsigned status,
              std::string_view fields = {});

  /// Who has cancelled a request is sent no answer to it.
  void withdraw();

private:
  void stream(std::string text, millis keep_alive);

  std::shared_ptr<requester> to_;
  std::uint64_t id_;
  time_point sign_due_;
  bool streams_;
  bool streaming_ = false;
};

} // namespace caisson
