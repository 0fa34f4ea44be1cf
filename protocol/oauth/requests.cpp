#include "protocol/oauth/requests.hpp"

#include <algorithm>

#include <boost/url/encode.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <boost/url/url.hpp>

#include "protocol/base64.hpp"
#include "protocol/digest.hpp"
#include "protocol/json/write.hpp"

namespace caisson::protocol::oauth {
namespace {

namespace urls = boost::urls;

constexpr std::string_view by_basic = "client_secret_basic";
constexpr std::string_view by_post = "client_secret_post";
constexpr std::string_view by_nothing = "none";

std::string encoded(std::string_view text) {
  return urls::encode({text.data(), text.size()}, urls::unreserved_chars);
}

/// Adds a pair to a form or a query; one without a value is left out.
void append(std::string& to, std::string_view name, std::string_view value) {
  if (value.empty())
    return;
  (to += to.empty() ? "" : "&") += name;
  (to += '=') += encoded(value);
}

/// A form, and whoever sends it said in the way that was agreed.
class form {
public:
  explicit form(std::string_view grant) { add("grant_type", grant); }

  void add(std::string_view name, std::string_view value) {
    append(text_, name, value);
  }

  token_request from(const client& who) && {
    std::string fields{"Content-Type: application/x-www-form-urlencoded\r\n"
                       "Accept: application/json\r\n"};
    if (who.method == by_basic) {
      fields += "Authorization: Basic ";
      append_base64(fields, encoded(who.id) + ':' + encoded(who.secret));
      fields += "\r\n";
    } else {
      add("client_id", who.id);
      if (who.method == by_post)
        add("client_secret", who.secret);
    }
    return {std::move(fields), std::move(text_)};
  }

private:
  std::string text_;
};

void write_list(std::string& out, std::initializer_list<std::string_view> all) {
  out += '[';
  for (auto one : all) {
    if (out.back() != '[')
      out += ',';
    json::append_string(out, one);
  }
  out += ']';
}

} // namespace

std::string method_for(const server_document& at, bool secret) {
  auto knows = [&](std::string_view one) {
    return std::find(at.methods.begin(), at.methods.end(), one)
           != at.methods.end();
  };
  if (!secret)
    return std::string{by_nothing};
  // What is not said is this one (RFC 8414, section 2).
  if (at.methods.empty() || knows(by_basic))
    return std::string{by_basic};
  return std::string{knows(by_post) ? by_post : by_nothing};
}

std::string write_registration(const server_document& at,
                               std::string_view redirect_uri, bool near,
                               const scope_list& scopes) {
  std::string out;
  json::object_writer root{out};
  root.string("client_name", "Caisson");
  write_list(root.key("redirect_uris"), {redirect_uri});
  write_list(root.key("grant_types"), {"authorization_code", "refresh_token"});
  write_list(root.key("response_types"), {"code"});
  root.string("token_endpoint_auth_method", method_for(at, true));
  root.string("application_type", near ? "native" : "web");
  if (!scopes.empty())
    root.string("scope", joined(scopes));
  return out;
}

proof proof_of(std::string_view random) {
  auto verifier = encode_base64url(random);
  auto digest = sha256_of(verifier);
  return {verifier,
          encode_base64url(
            {reinterpret_cast<const char*>(digest.data()), digest.size()})};
}

std::string page_for(const server_document& at, const client& who,
                     const question& what) {
  auto page = urls::parse_uri(at.authorization_endpoint);
  if (!page)
    return {};
  std::string query{page->encoded_query()};
  append(query, "response_type", "code");
  append(query, "client_id", who.id);
  append(query, "redirect_uri", what.redirect_uri);
  append(query, "state", what.state);
  append(query, "code_challenge", what.challenge);
  append(query, "code_challenge_method", "S256");
  append(query, "scope", joined(what.scopes));
  append(query, "resource", what.resource);
  std::string text{page->encoded_origin()};
  ((text += page->encoded_path()) += '?') += query;
  return text;
}

token_request redeem(const client& who, std::string_view code,
                     std::string_view redirect_uri, std::string_view verifier,
                     std::string_view resource) {
  form out{"authorization_code"};
  out.add("code", code);
  out.add("redirect_uri", redirect_uri);
  out.add("code_verifier", verifier);
  out.add("resource", resource);
  return std::move(out).from(who);
}

token_request refresh(const client& who, std::string_view refresh_token,
                      std::string_view resource) {
  form out{"refresh_token"};
  out.add("refresh_token", refresh_token);
  out.add("resource", resource);
  return std::move(out).from(who);
}

token_request own_token(const client& who, const scope_list& scopes,
                        std::string_view resource) {
  form out{"client_credentials"};
  out.add("scope", joined(scopes));
  out.add("resource", resource);
  return std::move(out).from(who);
}

} // namespace caisson::protocol::oauth
