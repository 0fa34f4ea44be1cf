#include "server/config/check_oauth.hpp"

#include <string>

#include "protocol/oauth/places.hpp"
#include "server/config/addresses.hpp"
#include "server/config/judge.hpp"

namespace caisson::config {
namespace {

/// Refuses all that is said of tokens.
void refuse_all(const judge& to, const std::string& path,
                const std::string& expected) {
  for (auto key : {".oauth.grant", ".oauth.client_id", ".oauth.client_secret",
                   ".oauth.issuer", ".oauth.scopes"})
    if (to.from.has(path + key))
      to.refuse(path + key, path + key + " is set", expected);
}

void check_client(const judge& to, const oauth_settings& how,
                  const std::string& path) {
  auto need
    = [&](const std::string& said, const char* key, const char* expected) {
        if (said.empty() && !to.broken(path + '.' + key))
          to.miss(path + ".oauth.grant", path + " has no " + key, expected);
      };
  auto own = how.grant == oauth_grant::client_credentials;
  if (own || !how.client_secret.empty()) {
    need(how.client_id, "oauth.client_id",
         "what the node is called at the authorization server");
    // Else whoever the server names would be shown it.
    need(how.issuer, "oauth.issuer",
         "the authorization server that knows the secret");
  }
  if (own)
    need(how.client_secret, "oauth.client_secret",
         "a reference, \"env:NAME\" or \"file:PATH\"");
}

void check_way_back(const judge& to, const std::string& path) {
  auto& http = to.made.http;
  if (http.public_url.empty() && !is_loopback(http.bind)
      && !to.from.has("http.public_url"))
    to.miss(path + ".oauth.grant",
            path
              + " needs a person's consent, and no browser knows the way back",
            "http.public_url, where browsers reach the node");
}

void check_one(const judge& to, const dependency_settings& one,
               const std::string& path) {
  auto& how = one.mcp.oauth;
  if (one.kind != "mcp_http")
    return refuse_all(to, path,
                      "none: only a dependency of kind \"mcp_http\" is shown "
                      "tokens");
  if (how.grant == oauth_grant::none) {
    if (!to.broken(path + ".oauth.grant"))
      refuse_all(to, path,
                 "oauth.grant as well, \"authorization_code\" or "
                 "\"client_credentials\"");
    return;
  }
  auto key = path + ".api_key";
  if (to.from.has(key))
    to.refuse(key, key + " is set beside oauth.grant",
              "one of them: a server is shown a key or a token");
  check_client(to, how, path);
  auto url = path + ".url";
  if (!protocol::oauth::may_be_told(one.url, true) && !to.broken(url))
    to.refuse(url, url + " is http, and a token would go there in the clear",
              "https, or an address of this machine");
  if (how.grant == oauth_grant::authorization_code)
    check_way_back(to, path);
}

} // namespace

void check_oauth(const settings& made, const origins& from, problems& wrong) {
  for (auto& one : made.dependencies)
    check_one({made, from, wrong}, one, "dependency." + one.name);
}

} // namespace caisson::config
