#include "protocol/oauth/documents.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "protocol/http/head.hpp"

namespace caisson::protocol::oauth {
namespace {

namespace bj = boost::json;

/// Members of an object, read until one is of a wrong type.
class members {
public:
  explicit members(std::string_view text) {
    boost::system::error_code ec;
    auto read = bj::parse({text.data(), text.size()}, ec);
    if (!ec && read.is_object())
      all_ = std::move(read.as_object());
    else
      sound_ = false;
  }

  bool sound() const noexcept { return sound_; }

  std::string text(std::string_view name) {
    auto* value = find(name);
    if (value && !value->is_string())
      sound_ = false;
    return value && sound_ ? std::string{value->as_string()} : std::string{};
  }

  std::optional<std::vector<std::string>> texts(std::string_view name) {
    auto* value = find(name);
    if (!value)
      return std::nullopt;
    std::vector<std::string> list;
    sound_ = sound_ && value->is_array();
    if (!sound_)
      return list;
    for (auto& one : value->as_array()) {
      sound_ = sound_ && one.is_string();
      if (sound_)
        list.emplace_back(one.as_string());
    }
    return list;
  }

  bool flag(std::string_view name) {
    auto* value = find(name);
    if (value && !value->is_bool())
      sound_ = false;
    return value && sound_ && value->as_bool();
  }

  /// A number, or a text that is one: some servers quote it.
  std::optional<std::chrono::seconds> seconds(std::string_view name) {
    constexpr std::int64_t longest = 10LL * 365 * 24 * 3600;
    auto* value = find(name);
    if (!value)
      return std::nullopt;
    std::int64_t count = -1;
    if (value->is_number()) {
      boost::system::error_code ec;
      auto number = value->to_number<double>(ec);
      count = ec || !(number >= 0) || number > double(longest)
                ? longest
                : static_cast<std::int64_t>(number);
    } else if (value->is_string()) {
      for (char c : value->as_string()) {
        if (!std::isdigit(static_cast<unsigned char>(c))
            || count > longest / 10)
          return std::nullopt;
        count = std::max<std::int64_t>(count, 0) * 10 + (c - '0');
      }
    }
    if (count < 0)
      return std::nullopt;
    return std::chrono::seconds{count};
  }

private:
  const bj::value* find(std::string_view name) const {
    auto* value = all_.if_contains({name.data(), name.size()});
    return value && !value->is_null() ? value : nullptr;
  }

  bj::object all_;
  bool sound_ = true;
};

template <class Document>
std::optional<Document> if_sound(const members& from, Document made) {
  return from.sound() ? std::optional{std::move(made)} : std::nullopt;
}

bool visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c > ' ' && c <= '~'; });
}

} // namespace

std::optional<resource_document> read_resource(std::string_view text) {
  members from{text};
  resource_document made;
  made.resource = from.text("resource");
  made.servers
    = from.texts("authorization_servers").value_or(std::vector<std::string>{});
  made.scopes = from.texts("scopes_supported");
  if (made.resource.empty())
    return std::nullopt;
  return if_sound(from, std::move(made));
}

std::optional<server_document> read_server(std::string_view text) {
  members from{text};
  auto list = [&](std::string_view name) {
    return from.texts(name).value_or(std::vector<std::string>{});
  };
  server_document made;
  made.issuer = from.text("issuer");
  made.authorization_endpoint = from.text("authorization_endpoint");
  made.token_endpoint = from.text("token_endpoint");
  made.registration_endpoint = from.text("registration_endpoint");
  made.methods = list("token_endpoint_auth_methods_supported");
  made.scopes = list("scopes_supported");
  made.challenge_methods = from.texts("code_challenge_methods_supported");
  made.takes_documents = from.flag("client_id_metadata_document_supported");
  made.names_itself
    = from.flag("authorization_response_iss_parameter_supported");
  if (made.issuer.empty() || made.token_endpoint.empty())
    return std::nullopt;
  return if_sound(from, std::move(made));
}

std::optional<client> read_registration(std::string_view text) {
  members from{text};
  client made{from.text("client_id"), from.text("client_secret"),
              from.text("token_endpoint_auth_method")};
  if (made.id.empty())
    return std::nullopt;
  return if_sound(from, std::move(made));
}

std::optional<grant> read_grant(std::string_view text) {
  members from{text};
  grant made;
  made.token = from.text("access_token");
  made.refresh = from.text("refresh_token");
  made.lasts = from.seconds("expires_in");
  if (auto scope = from.text("scope"); !scope.empty())
    made.scope = std::move(scope);
  if (made.token.empty() || !visible(made.token)
      || !http::iequals(from.text("token_type"), "bearer"))
    return std::nullopt;
  return if_sound(from, std::move(made));
}

std::string read_error(std::string_view text) {
  constexpr std::array<std::string_view, 14> known{
    "invalid_request",        "invalid_client",
    "invalid_grant",          "unauthorized_client",
    "unsupported_grant_type", "invalid_scope",
    "invalid_target",         "access_denied",
    "server_error",           "temporarily_unavailable",
    "invalid_redirect_uri",   "invalid_client_metadata",
    "login_required",         "consent_required"};
  members from{text};
  auto error = from.text("error");
  return std::find(known.begin(), known.end(), error) == known.end()
           ? std::string{}
           : error;
}

} // namespace caisson::protocol::oauth
