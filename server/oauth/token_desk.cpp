#include "server/oauth/token_desk.hpp"

#include <utility>

#include "protocol/oauth/places.hpp"

namespace caisson::oauth {

namespace oauth = protocol::oauth;

awaitable<boost::system::result<oauth::grant, no_token>>
ask_token(web by, std::string endpoint, oauth::token_request what) {
  web_request out{std::move(endpoint), "POST", std::move(what.fields),
                  std::move(what.form)};
  auto said = co_await fetch(std::move(by), std::move(out));
  if (said.silent())
    co_return no_token{not_reached("the authorization server gives no token "
                                   "at the moment")};
  if (!said.good()) {
    auto word = oauth::read_error(said.body);
    co_return no_token{not_usable("the authorization server gives no token"
                                  + (word.empty() ? word : ": " + word)),
                       true, word == "invalid_client"};
  }
  auto read = oauth::read_grant(said.body);
  if (!read)
    co_return no_token{not_usable("what the authorization server gives is no "
                                  "token")};
  co_return std::move(*read);
}

awaitable<result<oauth::client>> register_node(web by,
                                               oauth::server_document at,
                                               std::string redirect_uri,
                                               oauth::scope_list scopes) {
  if (at.registration_endpoint.empty())
    co_return not_usable("the authorization server registers no clients: "
                         "oauth.client_id is needed");
  web_request out{at.registration_endpoint, "POST",
                  "Content-Type: application/json\r\n"
                  "Accept: application/json\r\n",
                  oauth::write_registration(at, redirect_uri,
                                            oauth::is_loopback(redirect_uri),
                                            scopes)};
  auto said = co_await fetch(std::move(by), std::move(out));
  if (said.silent())
    co_return not_reached("the authorization server registers nobody at the "
                          "moment");
  auto read = said.good() ? oauth::read_registration(said.body) : std::nullopt;
  if (!read)
    co_return not_usable("the authorization server does not register the node");
  if (read->method.empty())
    read->method = oauth::method_for(at, !read->secret.empty());
  co_return std::move(*read);
}

} // namespace caisson::oauth
