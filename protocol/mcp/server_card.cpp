#include "protocol/mcp/server_card.hpp"

#include "protocol/json/write.hpp"
#include "protocol/mcp/revision_list.hpp"

namespace caisson::protocol::mcp {

checked<introduction> read_initialize(const request_params& params) {
  if (!params.protocol_version)
    return invalid_params("protocolVersion must be a string.");
  if (params.capabilities.empty())
    return invalid_params("capabilities must be an object.");
  if (params.client_info.empty())
    return invalid_params("clientInfo must be an object.");
  introduction result;
  result.spoken = negotiate(*params.protocol_version);
  result.client = read_features(params.capabilities);
  return result;
}

std::string write_initialize(revision spoken, const server_card& card) {
  std::string text;
  {
    json::object_writer root{text};
    root.string("protocolVersion", name_of(spoken));
    root.raw("capabilities", card.capabilities);
    root.raw("serverInfo", card.info);
    if (!card.instructions.empty())
      root.string("instructions", card.instructions);
  }
  return text;
}

std::string write_discover(const server_card& card) {
  std::string text;
  {
    json::object_writer root{text};
    root.raw("supportedVersions", list_revisions(era::modern));
    root.raw("capabilities", card.capabilities);
    if (!card.instructions.empty())
      root.string("instructions", card.instructions);
  }
  return text;
}

} // namespace caisson::protocol::mcp
