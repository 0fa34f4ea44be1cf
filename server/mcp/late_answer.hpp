#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/mcp/session_id.hpp"
#include "server/http/requester.hpp"
#include "server/mcp/answer_shelf.hpp"

namespace caisson {

/// How a client is given an answer that does not come at once: whole, or, where
/// something is to be said before it and the client takes one, as a stream. On
/// its I/O thread; a copy goes on where this one was.
///
/// The stream of a client that can come back to it is kept, too: it is told the
/// rest then by somebody else.
class late_answer {
public:
  /// How the client takes what is said.
  struct manner {
    bool streams = false; ///< it takes a stream for an answer
    /// Where it may come back to one, in its session.
    answer_shelf* shelf = nullptr;
    std::optional<protocol::mcp::session> in = {};
  };

  /// The client is shown that it is not forgotten after each silence of
  /// `keep_alive`.
  late_answer(std::shared_ptr<requester> to, manner how, millis keep_alive);

  std::uint64_t id() const noexcept { return id_; }

  /// Somebody still waits for it, or may come back for it.
  bool heard() const noexcept { return kept_ || there(); }

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
  bool there() const noexcept;
  bool begin();
  void tell(std::string_view message, bool last);

  std::shared_ptr<requester> to_;
  std::uint64_t id_;
  time_point sign_due_;
  manner how_;
  bool streaming_ = false;
  std::optional<std::uint64_t> kept_; ///< the stream, where it is
};

} // namespace caisson
