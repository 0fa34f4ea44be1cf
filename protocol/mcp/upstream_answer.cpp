#include "protocol/mcp/upstream_answer.hpp"

#include <algorithm>
#include <charconv>

#include "protocol/json/write.hpp"
#include "protocol/mcp/error.hpp"
#include "protocol/mcp/message.hpp"
#include "protocol/mcp/methods.hpp"
#include "protocol/mcp/params.hpp"
#include "protocol/mcp/reply.hpp"

namespace caisson::protocol::mcp {
namespace {

/// What legacy servers say of a resource that is none.
constexpr int legacy_not_found = -32002;

int code_of(std::string_view error) {
  const auto text = member_of(error, "code");
  int code = 0;
  std::from_chars(text.data(), text.data() + text.size(), code);
  return code;
}

/// The status by which modern clients are told of an error; the others of the
/// protocol's own are found before anybody is asked.
unsigned status_of(era spoken, int code) noexcept {
  if (spoken == era::legacy)
    return 200;
  if (code == static_cast<int>(error_code::missing_capability))
    return 400;
  return code == static_cast<int>(error_code::method_not_found) ? 404 : 200;
}

std::string raw_error(std::string_view id, std::string_view error) {
  std::string text;
  {
    json::object_writer root{text};
    root.raw("jsonrpc", R"("2.0")");
    root.raw("id", id);
    root.raw("error", error);
  }
  return text;
}

bool can_be_asked(client_features client, std::string_view method,
                  std::string_view params) {
  if (method == "sampling/createMessage")
    return client.sampling;
  if (method == "roots/list")
    return client.roots;
  if (method != "elicitation/create")
    return false;
  return member_of(params, "mode") == R"("url")" ? client.elicitation_url
                                                 : client.elicitation;
}

} // namespace

/// What only a modern client can do is done for the client of a session.
std::optional<upstream_answer::step>
upstream_answer::want(std::string_view result) const {
  if (by_.spoken == era::modern || !declares(result, "resultType")
      || text_of(result, "resultType") == "complete")
    return std::nullopt;
  auto wanted = read_input_required(result);
  const auto asked = [this](const input_request& one) {
    return can_be_asked(by_.client, one.method, one.params);
  };
  if (wanted
      && std::all_of(wanted->requests.begin(), wanted->requests.end(), asked)) {
    step said{kind::input, {}};
    said.wanted = std::move(*wanted);
    return said;
  }
  auto why = invalid_request("the server wants what clients of sessions do not "
                             "have.");
  why.id = by_.id;
  step said{kind::response, write_error(why)};
  said.error = static_cast<int>(why.code);
  return said;
}

upstream_answer::step upstream_answer::respond(std::string_view result) const {
  if (auto wanted = want(result))
    return std::move(*wanted);
  step said{kind::response, {}};
  said.tool_failed
    = by_.method == "tools/call" && member_of(result, "isError") == "true";
  std::optional<bounded_result> bounded;
  if (by_.method == "tools/call")
    bounded = bound_result(result, rules_, by_.keeper);
  if (bounded)
    said.bounded = bounded->how;
  if (said.bounded == large_result::error)
    said.tool_failed = true;
  result_frame frame;
  // What a modern server says is whole; to what a legacy one says a modern
  // client is given what its era adds.
  if (!declares(result, "resultType"))
    frame.spoken = by_.spoken;
  const auto* const row = find_method(by_.method);
  if (row && row->cacheable)
    frame.cache = cache_hint{};
  said.text = write_result(
    by_.id, bounded ? std::string_view{bounded->members} : result, frame);
  return said;
}

upstream_answer::step upstream_answer::fail(std::string_view error) const {
  step said{kind::response, {}};
  said.error = code_of(error);
  said.status = status_of(by_.spoken, said.error);
  if (said.error == legacy_not_found && by_.spoken == era::modern) {
    auto told = resource_not_found(era::modern, by_.uri);
    told.id = by_.id;
    said.text = write_error(told);
  } else {
    said.text = raw_error(by_.id, error);
  }
  return said;
}

upstream_answer::step upstream_answer::notify(std::string_view method,
                                              std::string_view params) {
  if (method == "notifications/progress" && !by_.progress_token.empty())
    return {kind::notification,
            write_notification(method, with_member(params, "progressToken",
                                                   by_.progress_token))};
  if (method != "notifications/message" || !by_.level)
    return {};
  const auto level = log_level_of(member_of(params, "level"));
  if (!level || *level < *by_.level)
    return {};
  return {kind::notification, write_notification(method, params)};
}

upstream_answer::step upstream_answer::ask(std::string_view id,
                                           std::string_view method,
                                           std::string_view params,
                                           std::string_view question) const {
  if (by_.spoken == era::legacy && can_be_asked(by_.client, method, params))
    return {kind::question, write_request(question, method, params),
            std::string{id}};
  if (method == "ping")
    return {kind::answered, write_result(id, "{}", {})};
  auto why = method_not_found(era::legacy, method);
  why.id = id;
  return {kind::answered, write_error(why)};
}

upstream_answer::step upstream_answer::take(std::string& message,
                                            std::string_view question) {
  const auto read = read_body(message);
  if (!read || read->batch)
    return {};
  const auto& one = read->messages.front();
  switch (one.kind) {
    case message_kind::notification:
      return notify(one.method, one.params);
    case message_kind::request:
      return ask(one.id, one.method, one.params, question);
    case message_kind::response:
      break;
  }
  return one.error.empty() ? respond(one.result) : fail(one.error);
}

} // namespace caisson::protocol::mcp
