#include "protocol/mcp/error.hpp"

#include <stdexcept>

#include "protocol/json/write.hpp"
#include "protocol/mcp/revision_list.hpp"

namespace caisson::protocol::mcp {
namespace {

/// -32002 is reserved to nobody any more, and only legacy clients know it.
constexpr auto legacy_resource_not_found = static_cast<error_code>(-32002);

rpc_error make(error_code code, std::string_view message,
               unsigned status = 200) {
  rpc_error result;
  result.code = code;
  result.message = message;
  result.status = status;
  return result;
}

/// A name that a client has sent, fit to be repeated.
std::string bearable(std::string_view name) {
  constexpr std::size_t longest = 128;
  return json::valid_utf8(name.size() <= longest ? name
                                                 : std::string_view{"…"});
}

} // namespace

void throw_exception_from_error(const rpc_error& what,
                                const boost::source_location&) {
  throw std::logic_error{"value of a refusal: " + what.message};
}

rpc_error parse_error(std::string_view why) {
  return make(error_code::parse_error, "Parse error: " + std::string{why}, 400);
}

rpc_error invalid_request(std::string_view why) {
  return make(error_code::invalid_request,
              "Invalid request: " + std::string{why}, 400);
}

rpc_error method_not_found(era spoken, std::string_view method) {
  return make(error_code::method_not_found,
              "Method not found: " + bearable(method),
              spoken == era::modern ? 404 : 200);
}

rpc_error invalid_params(std::string_view why) {
  return make(error_code::invalid_params,
              "Invalid params: " + std::string{why});
}

rpc_error no_such_tool() {
  return invalid_params("there is no tool of that name.");
}

rpc_error invalid_envelope(std::string_view why) {
  return make(error_code::invalid_params, "Invalid params: " + std::string{why},
              400);
}

rpc_error header_mismatch(std::string_view why) {
  return make(error_code::header_mismatch,
              "Header mismatch: " + std::string{why}, 400);
}

rpc_error unsupported_version(std::string_view asked) {
  auto result = make(error_code::unsupported_version,
                     "Unsupported protocol version", 400);
  json::object_writer data{result.data};
  data.raw("supported", list_revisions(era::modern));
  data.string("requested", bearable(asked));
  return result;
}

rpc_error unsupported_legacy_version() {
  return make(error_code::bad_request,
              "Unsupported protocol version (supported: "
                + list_revisions(era::legacy) + ')',
              400);
}

rpc_error missing_capability(std::string_view required) {
  auto result = make(error_code::missing_capability,
                     "Missing required client capability", 400);
  json::object_writer data{result.data};
  data.raw("requiredCapabilities", required);
  return result;
}

rpc_error resource_not_found(era spoken, std::string_view uri) {
  auto result = make(spoken == era::modern ? error_code::invalid_params
                                           : legacy_resource_not_found,
                     "Resource not found");
  json::object_writer data{result.data};
  data.string("uri", json::valid_utf8(uri));
  return result;
}

rpc_error session_required() {
  return make(error_code::bad_request,
              "Bad request: the header Mcp-Session-Id is required", 400);
}

rpc_error session_not_found() {
  return make(error_code::session_not_found, "Session not found", 404);
}

rpc_error refused(unsigned status, std::string_view why) {
  return make(error_code::bad_request, why, status);
}

} // namespace caisson::protocol::mcp
