#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/mcp/error.hpp"

namespace caisson::protocol::mcp {

/// Something that only the client can answer: its user, its model, its roots.
struct input_request {
  std::string key;    ///< under which the answer comes back
  std::string method; ///< `elicitation/create`, `sampling/createMessage`, …
  std::string params; ///< JSON object, or empty for none
};

/// The members of a result of type `input_required`: the modern way to ask a
/// client back. The client sends its request anew, with another id, with the
/// answers in `inputResponses` and the state as it was given. `state` is
/// sealed (request_state.hpp); empty for none.
std::string write_input_required(const std::vector<input_request>& requests,
                                 std::string_view state);

/// What a server wants to know before it goes on.
struct wanted_input {
  std::vector<input_request> requests;
  std::string state; ///< to be given back as it came; empty for none
};

/// The same read out of a result, an object of a body that has been read, and
/// the type it says it has. Nothing: it is of another type, or not sound.
std::optional<wanted_input> read_input_required(std::string_view result);

/// The members of the params of a request that comes again, without braces.
/// `answers`: results, JSON, by the keys under which they were asked for.
std::string
write_input_responses(const std::map<std::string, std::string>& answers,
                      std::string_view state);

/// Whether a client, by the capabilities of its request, can be asked all of
/// this; else `missing_capability` with what it would have to declare.
std::optional<rpc_error>
check_askable(const std::vector<input_request>& requests,
              std::string_view capabilities);

} // namespace caisson::protocol::mcp
