#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actors/journal.hpp"
#include "protocol/mcp/sealer.hpp"

namespace caisson::oauth {

/// What the node keeps of its grants beyond the process: a file for each
/// dependency, sealed with the node's secrets, in a folder that nobody else may
/// look into. Without a folder or a secret nothing is kept.
class grant_files {
public:
  /// `folder`: `node.data_dir`. `secrets`: `mcp.session_secrets`.
  grant_files(const std::string& folder,
              const std::vector<protocol::mcp::sealing_secret>& secrets,
              journal& log);

  /// What was kept for that dependency at that address.
  std::optional<std::string> read(const std::string& name,
                                  const std::string& url) const;

  /// The old is there until the new is, whole.
  void write(const std::string& name, const std::string& url,
             const std::string& what) const;

private:
  std::string folder_; ///< empty: nothing is kept
  std::optional<protocol::mcp::sealer> seal_;
  journal& log_;
};

} // namespace caisson::oauth
