#include "server/oauth/grant_files.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "server/kept_file.hpp"
#include "server/mcp/random_bytes.hpp"

namespace caisson::oauth {

namespace fs = std::filesystem;
namespace mcp = protocol::mcp;

namespace {

constexpr auto purpose = "oauth grant";

} // namespace

grant_files::grant_files(const std::string& folder,
                         const std::vector<mcp::sealing_secret>& secrets,
                         journal& log)
  : folder_{folder.empty() || secrets.empty() ? std::string{}
                                              : folder + "/grants"},
    log_{log} {
  if (!folder_.empty())
    seal_.emplace(secrets);
}

std::optional<std::string> grant_files::read(const std::string& name,
                                             const std::string& url) const {
  if (folder_.empty())
    return std::nullopt;
  std::ifstream file{folder_ + '/' + name, std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  if (text.empty())
    return std::nullopt;
  auto opened = seal_->open(purpose, mcp::bound(name, url), text);
  if (!opened)
    log_.note(severity::warning, "oauth",
              "what was kept of the grant of " + name
                + " is of another address or secret, and is not used");
  return opened;
}

void grant_files::write(const std::string& name, const std::string& url,
                        const std::string& what) const {
  if (folder_.empty())
    return;
  std::error_code ec;
  fs::create_directories(folder_, ec);
  fs::permissions(folder_, fs::perms::owner_all, ec);
  auto path = folder_ + '/' + name;
  auto sealed = seal_->seal(purpose, mcp::bound(name, url), what,
                            random_bytes<mcp::sealing_salt>());
  // On the disk or not: whoever does this must not wait for that, and a machine
  // that falls costs a consent.
  if (!replace_file(path, sealed, durable::no))
    log_.note(severity::error, "oauth",
              "the grant of " + name + " cannot be kept in node.data_dir");
}

} // namespace caisson::oauth
