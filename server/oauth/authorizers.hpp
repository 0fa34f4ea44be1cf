#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "actors/settings.hpp"
#include "server/oauth/authorizer.hpp"
#include "server/oauth/grant_files.hpp"

namespace caisson::oauth {

/// How the dependencies stand that need a token, by their names.
using standings = std::map<std::string, shown_standing>;

/// All authorizers of a node, used on all threads. One outlives a reload that
/// leaves its server and its settings as they are.
class authorizers {
public:
  authorizers(grant_files files, journal& log)
    : files_{std::move(files)}, log_{log} {}
  ~authorizers();
  authorizers(const authorizers&) = delete;
  authorizers& operator=(const authorizers&) = delete;

  /// Where browsers reach the node.
  void reached_at(std::string public_url);

  /// Of a dependency that needs a token.
  std::shared_ptr<authorizer> of(const dependency_settings& settings, web by);

  std::shared_ptr<authorizer> named(std::string_view name) const;

  /// No other dependencies need a token any more.
  void keep_only(const std::vector<dependency_settings>& those);

  standings shown() const;

  /// Where browsers come back to, and behind it the dependency's name: what one
  /// authorization server says is not taken for another's.
  static constexpr std::string_view callback = "/oauth/callback/";

private:
  struct known {
    std::string url;
    std::string ca_file;
    oauth_settings how;
    std::shared_ptr<authorizer> one;
  };

  grant_files files_;
  journal& log_;
  mutable std::mutex lock_;
  std::string public_url_;
  std::map<std::string, known, std::less<>> all_; ///< by dependency
};

} // namespace caisson::oauth
