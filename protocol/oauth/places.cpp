#include "protocol/oauth/places.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <boost/url/url_view.hpp>

namespace caisson::protocol::oauth {
namespace {

namespace urls = boost::urls;

std::optional<urls::url_view> read(std::string_view text) {
  auto read = urls::parse_uri({text.data(), text.size()});
  if (!read || read->host().empty() || read->has_userinfo())
    return std::nullopt;
  if (read->scheme_id() != urls::scheme::http
      && read->scheme_id() != urls::scheme::https)
    return std::nullopt;
  return *read;
}

std::string path_of(const urls::url_view& url) {
  std::string path{url.encoded_path()};
  while (path.ends_with('/'))
    path.pop_back();
  return path;
}

/// In the one way in which each can be written.
std::string origin_of(const urls::url_view& url) {
  urls::url plain{url};
  plain.normalize_scheme();
  plain.normalize_authority();
  auto usual = plain.scheme_id() == urls::scheme::https ? "443" : "80";
  if (plain.port() == usual)
    plain.remove_port();
  return std::string{plain.encoded_origin()};
}

} // namespace

std::vector<std::string> resource_places(std::string_view server_url) {
  constexpr auto name = "/.well-known/oauth-protected-resource";
  auto url = read(server_url);
  if (!url)
    return {};
  auto root = origin_of(*url) + name;
  auto path = path_of(*url);
  if (path.empty())
    return {root};
  return {root + path, root};
}

std::vector<std::string> issuer_places(std::string_view issuer) {
  auto url = read(issuer);
  if (!url)
    return {};
  auto root = origin_of(*url);
  auto path = path_of(*url);
  const std::string oauth = "/.well-known/oauth-authorization-server";
  const std::string openid = "/.well-known/openid-configuration";
  if (path.empty())
    return {root + oauth, root + openid};
  return {root + oauth + path, root + openid + path, root + path + openid};
}

bool covers(std::string_view resource, std::string_view server_url) {
  auto of = read(resource);
  auto server = read(server_url);
  if (!of || !server || of->has_fragment()
      || origin_of(*of) != origin_of(*server))
    return false;
  auto above = path_of(*of);
  auto path = path_of(*server);
  return path == above || path.starts_with(above + '/');
}

std::string origin_of(std::string_view url) {
  auto known = read(url);
  return known ? origin_of(*known) : std::string{};
}

bool is_loopback(std::string_view text) {
  auto url = read(text);
  if (!url)
    return false;
  if (url->host_type() == urls::host_type::ipv4)
    return url->host_ipv4_address().is_loopback();
  if (url->host_type() == urls::host_type::ipv6)
    return url->host_ipv6_address().is_loopback();
  return url->host() == "localhost";
}

bool may_be_told(std::string_view text, bool near) {
  auto url = read(text);
  if (!url || url->has_fragment())
    return false;
  return url->scheme_id() == urls::scheme::https || (near && is_loopback(text));
}

} // namespace caisson::protocol::oauth
