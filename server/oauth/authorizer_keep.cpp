// What of an authorizer outlives the process.
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "protocol/json/write.hpp"
#include "server/oauth/authorizer.hpp"

namespace caisson::oauth {

namespace oauth = protocol::oauth;

std::string authorizer::to_keep() const {
  auto own = configured();
  auto found = registrations_.find(granted_by_);
  std::string out;
  protocol::json::object_writer root{out};
  root.string("issuer", granted_by_);
  root.string("refresh", refresh_);
  root.string("scopes", oauth::joined(asked_));
  if (own) {
    root.string("configured", own->id);
  } else if (found != registrations_.end()) {
    root.string("redirect_uri", found->second.redirect_uri);
    root.string("client_id", found->second.who.id);
    root.string("client_secret", found->second.who.secret);
    root.string("method", found->second.who.method);
  }
  return out;
}

void authorizer::recall(const std::string& kept) {
  boost::system::error_code ec;
  auto read = boost::json::parse(kept, ec);
  if (ec || !read.is_object())
    return;
  auto text = [&](const char* name) {
    auto* value = read.as_object().if_contains(name);
    return value && value->is_string() ? std::string{value->as_string()}
                                       : std::string{};
  };
  // A word is good for whom it was given to.
  auto id = text("client_id");
  auto& own = plan_.how.client_id;
  if (id.empty() ? text("configured") != own
                 : !own.empty() && !own.starts_with("https://"))
    return;
  granted_by_ = text("issuer");
  refresh_ = text("refresh");
  asked_ = oauth::scopes_in(text("scopes"));
  if (!id.empty())
    registrations_[granted_by_]
      = {{id, text("client_secret"), text("method")}, text("redirect_uri")};
  kept_ = kept;
}

} // namespace caisson::oauth
