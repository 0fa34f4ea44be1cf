#include "server/mcp/routes.hpp"

#include "server/http/session.hpp"

namespace caisson {

namespace mcp = protocol::mcp;

namespace {

constexpr std::string_view path = "/mcp";

/// A page must be able to read every answer, also what the door refuses.
std::string cors_lines(const http::request_head& head,
                       const mcp_control& control) {
  auto* origin = head.find("origin");
  if (!origin || mcp::check_access(head.host, *origin, control.rules()->access))
    return {};
  return field_lines(mcp::cors_headers(*origin));
}

} // namespace

std::string field_lines(const mcp::header_list& fields) {
  std::string lines;
  for (auto& [name, value] : fields)
    ((lines += name) += ": ") += value + "\r\n";
  return lines;
}

void add_mcp_routes(route_table& to, const mcp_control& control,
                    std::vector<std::unique_ptr<mcp_endpoint>>& endpoints) {
  using handler = void (mcp_endpoint::*)(requester&, incoming&);
  auto add = [&](http::verb method, handler handle) {
    route made;
    made.method = method;
    made.path = path;
    made.label = path;
    made.takes = route::body::any;
    made.handle = [&endpoints, handle](session& from, incoming& request) {
      (endpoints[from.home().number()].get()->*handle)(from, request);
    };
    made.sheddable = method == http::verb::post;
    made.client = protocol::envelope::json_rpc;
    made.keeps_head = true;
    // A preflight comes without credentials and is not asked for any.
    if (method != http::verb::options) {
      made.limited = endpoint::read;
      made.identifies = true;
      made.fields = [&control](const http::request_head& head) {
        return cors_lines(head, control);
      };
    }
    to.add(std::move(made));
  };
  add(http::verb::post, &mcp_endpoint::post);
  add(http::verb::get, &mcp_endpoint::get);
  add(http::verb::del, &mcp_endpoint::end_session);
  add(http::verb::options, &mcp_endpoint::preflight);
}

} // namespace caisson
