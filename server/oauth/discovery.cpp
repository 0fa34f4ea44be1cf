#include "server/oauth/discovery.hpp"

#include <algorithm>
#include <utility>

#include "protocol/oauth/places.hpp"

namespace caisson::oauth {

namespace oauth = protocol::oauth;

fault not_reached(const char* detail) {
  return make_fault(errc::mcp_unavailable, failure_kind::connect, detail);
}

fault not_usable(std::string detail) {
  return make_fault(errc::mcp_error, failure_kind::credentials,
                    std::move(detail));
}

namespace {

/// The first of the documents that is there; nothing where none is.
awaitable<result<std::optional<std::string>>>
first_of(const search& what, std::vector<std::string> places,
         const char* if_silent) {
  for (auto& place : places) {
    web_request ask{std::move(place)};
    auto said = co_await fetch(what.by, std::move(ask));
    if (said.silent())
      co_return not_reached(if_silent);
    if (said.status == 200)
      co_return std::optional{std::move(said.body)};
  }
  co_return std::optional<std::string>{};
}

/// Nothing where there is none.
awaitable<result<std::optional<oauth::resource_document>>>
find_resource(const search& what) {
  auto& named = what.hint.resource_metadata;
  if (!named.empty()
      && !oauth::may_be_told(named, oauth::is_loopback(what.server_url)))
    co_return not_usable("the server's document has no safe address");
  auto places = named.empty() ? oauth::resource_places(what.server_url)
                              : std::vector{named};
  auto text = co_await first_of(
    what, std::move(places), "the server does not say who gives tokens for it");
  if (!text)
    co_return text.error();
  if (!*text)
    co_return std::optional<oauth::resource_document>{};
  auto read = oauth::read_resource(**text);
  if (!read || read->servers.empty())
    co_return not_usable("what the server says of tokens cannot be read");
  if (!oauth::covers(read->resource, what.server_url))
    co_return not_usable("what the server says of tokens is of another one");
  co_return read;
}

oauth::server_document of_old(const std::string& origin) {
  oauth::server_document made;
  made.issuer = origin;
  made.authorization_endpoint = origin + "/authorize";
  made.token_endpoint = origin + "/token";
  made.registration_endpoint = origin + "/register";
  return made;
}

std::optional<fault> flaw_in(const oauth::server_document& of,
                             const search& what) {
  auto near = oauth::is_loopback(what.server_url);
  auto safe = [&](const std::string& one) {
    return one.empty() || oauth::may_be_told(one, near);
  };
  if (!safe(of.token_endpoint) || !safe(of.authorization_endpoint)
      || !safe(of.registration_endpoint))
    return not_usable("the authorization server has no safe address");
  if (what.how.grant != oauth_grant::authorization_code)
    return std::nullopt;
  if (of.authorization_endpoint.empty())
    return not_usable("the authorization server asks no person");
  // Who does not say so may ignore the proof, and whoever gets hold of a code
  // could redeem it.
  auto& proofs = of.challenge_methods;
  if (!proofs
      || std::find(proofs->begin(), proofs->end(), "S256") == proofs->end())
    return not_usable("the authorization server knows no PKCE with S256");
  return std::nullopt;
}

awaitable<result<oauth::server_document>>
find_server(const search& what, std::string issuer, bool old) {
  if (!oauth::may_be_told(issuer, oauth::is_loopback(what.server_url)))
    co_return not_usable("the authorization server has no safe address");
  auto places = oauth::issuer_places(issuer);
  auto text = co_await first_of(what, std::move(places),
                                "the authorization server is not reached");
  if (!text)
    co_return text.error();
  if (!*text && old)
    co_return of_old(issuer);
  if (!*text)
    co_return not_usable("the authorization server says nothing of itself");
  auto read = oauth::read_server(**text);
  if (!read)
    co_return not_usable("what the authorization server says of itself cannot "
                         "be read");
  if (read->issuer != issuer)
    co_return not_usable("the authorization server says that it is another");
  if (auto flaw = flaw_in(*read, what))
    co_return *flaw;
  co_return std::move(*read);
}

} // namespace

awaitable<result<surroundings>> discover(search what) {
  surroundings found;
  auto resource = co_await find_resource(what);
  if (!resource)
    co_return resource.error();
  auto old = !*resource;
  if (old)
    found.resource.servers = {oauth::origin_of(what.server_url)};
  else
    found.resource = std::move(**resource);
  auto& servers = found.resource.servers;
  auto issuer = what.how.issuer.empty() ? servers.front() : what.how.issuer;
  if (std::find(servers.begin(), servers.end(), issuer) == servers.end())
    co_return not_usable("the server's tokens are not given by oauth.issuer");
  auto server = co_await find_server(what, std::move(issuer), old);
  if (!server)
    co_return server.error();
  found.server = std::move(*server);
  co_return found;
}

} // namespace caisson::oauth
