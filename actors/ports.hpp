#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "actors/call.hpp"
#include "actors/fault.hpp"

namespace caisson {

// The doors between actors and the world. Actors call them, `server/`
// implements them, and a chaos test is an ordinary test with a nasty one.

/// One attempt at one dependency.
struct attempt {
  call_ptr what;
  /// The model's name at this dependency.
  std::string_view model;
  /// Connection and TLS handshake must be done by then.
  time_point connect_by{};
  /// What the client has of the answer already, whole events in its dialect:
  /// the attempt goes on from there. Empty: it starts from the beginning.
  std::string_view so_far{};
};

/// Hears of one attempt, on the thread that started it, in this order:
/// `started`? `more`* then exactly one of `finished` or `failed`. After the
/// exchange is destroyed it hears nothing more.
class exchange_listener {
public:
  virtual ~exchange_listener() = default;

  /// A stream has its first token: from here on bytes reach the client.
  virtual void started() = 0;

  /// The next bytes of a stream, whole events in the client's dialect. Their
  /// owner is credit: at most 64 KiB are outstanding. `tokens` is about how
  /// many are in them, for the judgement of a stream's pace.
  virtual void more(bytes chunk, std::uint32_t tokens = 1) = 0;

  /// The answer is complete. `whole` is the body in the client's dialect when
  /// the call was not a stream, and empty when it was.
  virtual void finished(bytes whole, token_usage usage) = 0;

  /// The attempt failed, whether or not it had started.
  virtual void failed(fault what) = 0;
};

/// A running attempt. Destroying it cancels: the upstream socket is closed
/// unless the reply had been read to its end.
class exchange {
public:
  virtual ~exchange() = default;

  /// The reply has begun: what is late is its end, not its first byte.
  virtual bool answering() const noexcept { return false; }

  /// Nothing is read because the client takes nothing: a silence now is not
  /// the dependency's.
  virtual bool held_back() const noexcept { return false; }
};

/// How to talk to one dependency; all that a `kind` brings. One object for
/// each dependency and I/O thread, used on that thread only.
class dependency_port {
public:
  virtual ~dependency_port() = default;

  /// Starts an attempt. Never blocks, never throws, and calls the listener
  /// only after it has returned.
  virtual std::unique_ptr<exchange>
  start(const attempt& which, std::unique_ptr<exchange_listener> listener) = 0;
};

/// The client's end of a request. Called on one thread; after `answer`, `end`
/// or `fail` everything else is ignored. Dropping it unanswered is answered
/// with `server.unexpected`: the reply guard.
class responder {
public:
  virtual ~responder() = default;

  /// Whether anybody still wants the answer.
  virtual bool waits() const noexcept { return true; }

  /// The whole answer of a call that is not a stream.
  virtual void answer(bytes body, const provenance& from) = 0;

  /// A stream's first bytes are about to come.
  virtual void begin(const provenance& from) = 0;

  /// More of the stream.
  virtual void more(bytes chunk) = 0;

  /// The tokens of the answer, as the provider counted them: just before
  /// `answer` or `end`, once for each target that had a part in it.
  virtual void used(const token_usage&, const provenance&) {}

  /// The stream is complete.
  virtual void end() = 0;

  /// The request failed; in mid-stream this ends the stream with an error
  /// event and never as if complete.
  virtual void fail(const fault& what, const provenance& from) = 0;
};

} // namespace caisson
