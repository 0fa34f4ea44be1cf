#include "protocol/mcp/revision_list.hpp"

#include "protocol/json/write.hpp"

namespace caisson::protocol::mcp {

std::string list_revisions(era which) {
  std::string list = "[";
  for (std::size_t i = 0; i < revision_names.size(); ++i) {
    if (era_of(static_cast<revision>(i)) != which)
      continue;
    if (list.size() > 1)
      list += ',';
    json::append_string(list, revision_names[i]);
  }
  return list += ']';
}

} // namespace caisson::protocol::mcp
