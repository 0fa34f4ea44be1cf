#include "protocol/oauth/redirect.hpp"

#include <boost/url/parse_query.hpp>

namespace caisson::protocol::oauth {

std::optional<redirect> read_redirect(std::string_view query) {
  auto read = boost::urls::parse_query({query.data(), query.size()});
  if (!read)
    return std::nullopt;
  redirect made;
  auto once = true;
  auto take = [&](std::string& to, auto&& value) {
    once = once && to.empty();
    to = value;
  };
  for (auto one : boost::urls::params_view{*read}) {
    auto& [key, value, has_value] = one;
    if (key == "state")
      take(made.state, value);
    else if (key == "code")
      take(made.code, value);
    else if (key == "error")
      take(made.error, value);
    else if (key == "iss")
      take(made.issuer ? *made.issuer : made.issuer.emplace(), value);
  }
  if (!once || made.state.empty() || (made.code.empty() == made.error.empty()))
    return std::nullopt;
  return made;
}

bool is_of(const redirect& what, const server_document& server) {
  if (what.issuer)
    return *what.issuer == server.issuer;
  return !server.names_itself;
}

} // namespace caisson::protocol::oauth
