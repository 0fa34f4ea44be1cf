#include "server/oauth/routes.hpp"

#include <optional>
#include <utility>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "server/http/session.hpp"
#include "server/telemetry/later.hpp"

namespace caisson {
namespace {

/// For a person in front of a browser. It comes once, and nobody may look at
/// where it came from: the code stood there.
void say(session& to, unsigned status, const std::string& text) {
  to.answer(status, "text/plain; charset=utf-8", own(text + "\n"),
            "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n");
}

void come_back(session& from, incoming& request,
               const oauth::authorizers& all) {
  auto read = protocol::oauth::read_redirect(request.query);
  auto name
    = read ? read->state.substr(0, read->state.find('.')) : std::string{};
  auto one = name == request.tail ? all.named(name) : nullptr;
  if (!one)
    return say(from, 400, "This is no answer to anything that was asked.");
  auto why = std::make_shared<std::optional<fault>>();
  auto tell = later(from, [why](session& client) {
    if (*why)
      say(client, 400, "There is no token: " + (*why)->detail + '.');
    else
      say(client, 200, "Caisson has its token. This page can be closed.");
  });
  one->come_back(std::move(*read), [why, tell](auto& outcome) {
    *why = outcome;
    tell();
  });
}

} // namespace

void add_oauth_callback(route_table& to, const oauth::authorizers& all) {
  route made;
  made.method = http::verb::get;
  made.path = oauth::authorizers::callback;
  made.prefix = true;
  made.label = made.path + "{dependency}";
  made.limited = endpoint::read;
  made.handle = [&all](session& from, incoming& request) {
    come_back(from, request, all);
  };
  to.add(std::move(made));
}

void tell_consent_page(session& to, std::string_view dependency,
                       const oauth::authorizers& all) {
  auto one = all.named(dependency);
  if (!one)
    return to.refuse(
      make_fault(errc::validation_not_found,
                 "there is no dependency of that name that needs a token"));
  auto made = std::make_shared<std::optional<result<std::string>>>();
  auto tell = later(to, [made](session& client) {
    if (!**made)
      return client.refuse((*made)->error());
    boost::json::object out;
    out["authorization_url"] = (*made)->value();
    client.answer(200, "application/json", own(boost::json::serialize(out)),
                  "Cache-Control: no-store\r\n");
  });
  one->ask_page([made, tell](auto& page) {
    made->emplace(page);
    tell();
  });
}

} // namespace caisson
