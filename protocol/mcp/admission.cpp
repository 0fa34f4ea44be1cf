#include "protocol/mcp/admission.hpp"

#include "protocol/mcp/media.hpp"
#include "protocol/mcp/methods.hpp"

namespace caisson::protocol::mcp {
namespace {

/// The session and what goes with it; nothing when all is well.
std::optional<rpc_error> enter_session(admission& into, const post_head& head,
                                       const session_opener& open) {
  if (auto wrong = check_accept_post(head.accept.value_or("")))
    return wrong;
  if (into.where->initialize) {
    if (head.session_id)
      return invalid_request("the session has begun before.");
    return std::nullopt;
  }
  auto in = session_in(head.session_id, open);
  if (!in)
    return std::move(in).error();
  into.in = *in;
  if (into.body.batch && !takes_batches(in->spoken))
    return invalid_request("one message at a time.");
  return std::nullopt;
}

std::optional<rpc_error> check_modern(const admission& what) {
  const auto& one = what.body.messages.front();
  if (one.kind == message_kind::request && !has_method(era::modern, one.method))
    return method_not_found(era::modern, one.method);
  return std::nullopt;
}

/// Reads it, and finds out its era.
std::optional<rpc_error> read(admission& into, std::string& body,
                              const standard_headers& headers) {
  auto messages = read_body(body);
  if (!messages)
    return std::move(messages).error();
  into.body = std::move(*messages);
  into.params = read_params(into.body.messages.front().params);
  auto where = decide_era(into.body, into.params, headers);
  if (!where)
    return std::move(where).error();
  into.where = *where;
  return std::nullopt;
}

std::optional<rpc_error> understand(admission& into, std::string& body,
                                    const post_head& head,
                                    const session_opener& open) {
  if (auto wrong = check_content_type(head.content_type.value_or("")))
    return wrong;
  if (auto wrong = read(into, body, head.standard))
    return wrong;
  return into.where->spoken == era::modern ? check_modern(into)
                                           : enter_session(into, head, open);
}

/// On a pipe a session is there or not: nobody names it.
std::optional<rpc_error> stay_in_session(admission& into,
                                         const std::optional<session>& in) {
  const auto& one = into.body.messages.front();
  if (into.where->initialize)
    return in ? std::optional{invalid_request("the session has begun before.")}
              : std::nullopt;
  into.in = in;
  if (into.body.batch && !(in && takes_batches(in->spoken)))
    return invalid_request("one message at a time.");
  if (in || one.kind != message_kind::request || one.method == "ping")
    return std::nullopt;
  return invalid_request("initialize comes first.");
}

std::optional<rpc_error> understand_line(admission& into, std::string& line,
                                         const std::optional<session>& in) {
  standard_headers none;
  none.carried = false;
  if (auto wrong = read(into, line, none))
    return wrong;
  return into.where->spoken == era::modern ? check_modern(into)
                                           : stay_in_session(into, in);
}

admission with_id(admission made) {
  const auto* one = made.single();
  if (made.refusal && one && one->kind == message_kind::request)
    made.refusal->id = one->id;
  return made;
}

} // namespace

checked<session> session_in(std::optional<std::string_view> id,
                            const session_opener& open) {
  if (!id)
    return session_required();
  return open(*id);
}

admission admit(std::string& body, const post_head& head,
                const session_opener& open) {
  admission made;
  made.refusal = understand(made, body, head, open);
  return with_id(std::move(made));
}

admission admit_line(std::string& line, const std::optional<session>& in) {
  admission made;
  made.refusal = understand_line(made, line, in);
  return with_id(std::move(made));
}

} // namespace caisson::protocol::mcp
