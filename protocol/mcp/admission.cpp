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

std::optional<rpc_error> understand(admission& into, std::string& body,
                                    const post_head& head,
                                    const session_opener& open) {
  if (auto wrong = check_content_type(head.content_type.value_or("")))
    return wrong;
  auto read = read_body(body);
  if (!read)
    return std::move(read).error();
  into.body = std::move(*read);
  into.params = read_params(into.body.messages.front().params);
  auto where = decide_era(into.body, into.params, head.standard);
  if (!where)
    return std::move(where).error();
  into.where = *where;
  return where->spoken == era::modern ? check_modern(into)
                                      : enter_session(into, head, open);
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
  const auto* one = made.single();
  if (made.refusal && one && one->kind == message_kind::request)
    made.refusal->id = one->id;
  return made;
}

} // namespace caisson::protocol::mcp
