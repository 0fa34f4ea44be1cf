#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "actors/mcp/settings.hpp"
#include "protocol/mcp/client_features.hpp"
#include "protocol/mcp/input_required.hpp"
#include "protocol/mcp/log_level.hpp"
#include "protocol/mcp/result_bound.hpp"
#include "protocol/mcp/revision.hpp"

namespace caisson::protocol::mcp {

/// Turns what an upstream server says while it answers a request into what the
/// client that asked is told. Of one request.
class upstream_answer {
public:
  /// Who asked, and how; JSON as it stood in the request.
  struct asked {
    era spoken = era::legacy;
    std::string id;
    std::string method;
    std::string uri; ///< of resources/read
    std::string progress_token;
    /// From which on it hears of the log; nothing: not at all.
    std::optional<log_level> level;
    client_features client; ///< what it can be asked, in a session
    result_keeper keeper;   ///< of results of tools that are too large
  };

  enum class kind : std::uint8_t {
    nothing,      ///< not for this client
    notification, ///< `text` goes to it
    question,     ///< so does this, and an answer is owed under `id`
    answered,     ///< the node answers for it: `text` goes to the server
    /// A modern server wants to know something of it, and then the request
    /// again; its client asks the client of the session, and comes again.
    input,
    response, ///< the last that it hears
  };

  struct step {
    upstream_answer::kind what = kind::nothing;
    std::string text;
    /// The server's id of a question.
    std::string id = {};
    wanted_input wanted = {};
    unsigned status = 200; ///< of a response that stands alone
    int error = 0;         ///< the code of a response that is an error
    bool tool_failed = false;
    /// What became of a result that was too large.
    std::optional<large_result> bounded = std::nullopt;
  };

  upstream_answer(asked by, mcp_server_settings rules)
    : by_{std::move(by)}, rules_{std::move(rules)} {}

  /// The next message; it has been read before, and grows in capacity.
  /// `question` is the id under which a client would be asked, JSON.
  step take(std::string& message, std::string_view question);

private:
  step respond(std::string_view result) const;
  std::optional<step> want(std::string_view result) const;
  step fail(std::string_view error) const;
  step notify(std::string_view method, std::string_view params);
  step ask(std::string_view id, std::string_view method,
           std::string_view params, std::string_view question) const;

  asked by_;
  mcp_server_settings rules_;
};

} // namespace caisson::protocol::mcp
