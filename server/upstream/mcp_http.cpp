#include "server/upstream/mcp_http.hpp"

#include <utility>

#include "protocol/mcp/upstream_reader.hpp"

namespace caisson::upstream {

namespace mcp = protocol::mcp;

namespace {

void add_field(std::string& to, std::string_view name, std::string_view value) {
  ((to += name) += ": ") += value;
  to += "\r\n";
}

std::string_view verb_of(mcp_act act) noexcept {
  switch (act) {
    case mcp_act::listen:
    case mcp_act::take_up:
      return "GET";
    case mcp_act::end:
      return "DELETE";
    case mcp_act::say:
      break;
  }
  return "POST";
}

} // namespace

mcp_http::mcp_http(std::shared_ptr<site> where, std::string api_key)
  : site_{std::move(where)}, target_{std::exchange(site_->where.base_path, {})},
    api_key_{std::move(api_key)} {
  // A request's target must be a path, and here there is nothing behind it.
  if (target_.empty())
    target_.push_back('/');
}

std::string mcp_http::fields_of(const mcp_words& what) const {
  std::string lines;
  add_field(lines, "Content-Type", "application/json");
  add_field(lines, "Accept", "application/json, text/event-stream");
  auto token = what.bearer.empty() ? std::string_view{api_key_} : what.bearer;
  if (!token.empty())
    add_field(lines, "Authorization", "Bearer " + std::string{token});
  if (!what.session_id.empty())
    add_field(lines, "Mcp-Session-Id", what.session_id);
  if (!what.revision.empty())
    add_field(lines, "MCP-Protocol-Version", what.revision);
  if (what.act == mcp_act::take_up)
    add_field(lines, "Last-Event-ID", what.place->last_event);
  for (auto& [name, value] : what.fields)
    add_field(lines, name, value);
  return lines;
}

std::unique_ptr<exchange>
mcp_http::send(mcp_words what, std::unique_ptr<exchange_listener> to) {
  order out;
  out.connect_by = what.connect_by;
  out.reader = mcp::upstream_reader(what.id, what.place);
  out.by_type = true;
  out.over_when_done = true;
  out.wire = what.note.get();
  out.noted
    = [note = what.note](const http::response_head& head) { note->take(head); };
  out.request.verb = verb_of(what.act);
  out.request.target = target_;
  out.request.fields = fields_of(what);
  auto kept = std::make_shared<const std::string>(std::move(what.body));
  out.request.body.push_back(*kept);
  out.request.owner = std::move(kept);
  out.what = std::move(what.what);
  return begin(site_, std::move(out), std::move(to));
}

} // namespace caisson::upstream
