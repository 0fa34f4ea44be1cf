#include "server/config/check_oauth.hpp"

#include <string>

#include "protocol/oauth/places.hpp"
#include "server/config/addresses.hpp"

namespace caisson::config {
namespace {

constexpr const char* all_keys[]{".oauth.grant", ".oauth.client_id",
                                 ".oauth.client_secret", ".oauth.issuer",
                                 ".oauth.scopes"};

/// One dependency, and what is wrong with it.
class judge {
public:
  judge(const settings& all, const dependency_settings& one,
        const origins& from, problems& wrong)
    : all_{all}, one_{one}, from_{from}, wrong_{wrong} {}

  void look() {
    auto& how = one_.mcp.oauth;
    if (one_.kind != "mcp_http")
      return none("none: only a dependency of kind \"mcp_http\" is shown "
                  "tokens");
    if (how.grant == oauth_grant::none) {
      if (!broken(".oauth.grant"))
        none("oauth.grant as well, \"authorization_code\" or "
             "\"client_credentials\"");
      return;
    }
    check_key();
    check_client(how);
    if (!protocol::oauth::may_be_told(one_.url, true) && !broken(".url"))
      say(".url", "is http, and a token would go there in the clear",
          "https, or an address of this machine");
    if (how.grant == oauth_grant::authorization_code)
      check_way_back();
  }

private:
  void none(const std::string& expected) {
    for (auto key : all_keys)
      if (from_.has(path_ + key))
        say(key, "is set", expected);
  }

  void check_key() {
    if (from_.has(path_ + ".api_key"))
      say(".api_key", "is set beside oauth.grant",
          "one of them: a server is shown a key or a token");
  }

  void check_client(const oauth_settings& how) {
    auto own = how.grant == oauth_grant::client_credentials;
    auto needs = own || !how.client_secret.empty();
    if (needs && how.client_id.empty() && !broken(".oauth.client_id"))
      miss("oauth.client_id", "what the node is called at the authorization "
                              "server");
    // Else whoever the server names would be shown it.
    if (needs && how.issuer.empty() && !broken(".oauth.issuer"))
      miss("oauth.issuer", "the authorization server that knows the secret");
    if (own && how.client_secret.empty() && !broken(".oauth.client_secret"))
      miss("oauth.client_secret", "a reference, \"env:NAME\" or \"file:PATH\"");
  }

  void check_way_back() {
    auto& http = all_.http;
    if (http.public_url.empty() && !is_loopback(http.bind)
        && !from_.has("http.public_url"))
      wrong_.push_back({from_.of(path_ + ".oauth.grant"),
                        path_
                          + " needs a person's consent, and no browser "
                            "knows the way back",
                        "http.public_url, where browsers reach the node",
                        errc::config_missing});
  }

  bool broken(const char* key) const {
    return from_.broken.find(path_ + key) != from_.broken.end();
  }

  void say(const char* key, const std::string& what,
           const std::string& expected) {
    wrong_.push_back(
      {from_.of(path_ + key), path_ + key + ' ' + what, expected});
  }

  void miss(const std::string& what, const std::string& expected) {
    wrong_.push_back({from_.of(path_ + ".oauth.grant"),
                      path_ + " has no " + what, expected,
                      errc::config_missing});
  }

  const settings& all_;
  const dependency_settings& one_;
  const origins& from_;
  problems& wrong_;
  std::string path_ = "dependency." + one_.name;
};

} // namespace

void check_oauth(const settings& made, const origins& from, problems& wrong) {
  for (auto& one : made.dependencies)
    judge{made, one, from, wrong}.look();
}

} // namespace caisson::config
