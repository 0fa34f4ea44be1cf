// What an authorizer does, step by step.
#include <array>
#include <cstdint>
#include <utility>

#include "server/io/io_thread.hpp"
#include "server/mcp/random_bytes.hpp"
#include "server/oauth/authorizer.hpp"

namespace caisson::oauth {

namespace oauth = protocol::oauth;
using namespace std::chrono_literals;

namespace {

constexpr auto patience_of_people = 10min;
/// A server may name another authorization server each time.
constexpr std::size_t most_registrations = 8;

std::string random_text() {
  auto bytes = random_bytes<std::array<std::uint8_t, 32>>();
  return {bytes.begin(), bytes.end()};
}

} // namespace

awaitable<void> authorizer::get_on() {
  auto why = co_await prepare();
  if (why)
    co_return settle(standing::refused, std::move(why));
  if (!asks_person())
    why = co_await take_up();
  settle_for_now(std::move(why));
}

/// Where tokens are to be had.
awaitable<std::optional<fault>> authorizer::prepare() {
  if (!found_ || std::exchange(stale_, false)) {
    search whole{plan_.by, plan_.server_url, plan_.how, hint_};
    auto found = co_await discover(std::move(whole));
    if (!found)
      co_return found.error();
    found_ = std::move(*found);
  }
  // What was given elsewhere is shown to nobody else.
  if (granted_by_ != found_->server.issuer) {
    refresh_.clear();
    asked_.clear();
  }
  co_return std::nullopt;
}

/// By its configuration, as far as that suits the server.
std::optional<oauth::client> authorizer::configured() const {
  auto& id = plan_.how.client_id;
  auto is_document = id.starts_with("https://");
  if (id.empty() || !found_ || (is_document && !found_->server.takes_documents))
    return std::nullopt;
  auto& secret = plan_.how.client_secret;
  return oauth::client{id, secret,
                       oauth::method_for(found_->server, !secret.empty())};
}

std::optional<oauth::client> authorizer::known() const {
  if (auto own = configured())
    return own;
  auto found = registrations_.find(found_->server.issuer);
  return found == registrations_.end() ? std::nullopt
                                       : std::optional{found->second.who};
}

/// A token without anybody's leave: for the node itself, or for the word that
/// came with the last one.
awaitable<std::optional<fault>> authorizer::take_up() {
  auto who = known();
  if (!who) {
    refresh_.clear();
    co_return not_usable("the node is not registered there any more");
  }
  auto own = plan_.how.grant == oauth_grant::client_credentials;
  auto resource = found_->resource.resource;
  auto issuer = found_->server.issuer;
  auto scopes = own ? wanted() : asked_;
  auto request = own ? oauth::own_token(*who, scopes, resource)
                     : oauth::refresh(*who, refresh_, resource);
  auto given = co_await ask_token(plan_.by, found_->server.token_endpoint,
                                  std::move(request));
  if (given) {
    take(*given, scopes, issuer);
    co_return std::nullopt;
  }
  if (given.error().for_good)
    refresh_.clear();
  forget_if_stranger(given.error(), issuer);
  co_return given.error().why;
}

/// Registrations end. The next one who asks for a page makes a new one.
void authorizer::forget_if_stranger(const no_token& why,
                                    const std::string& issuer) {
  if (why.stranger)
    registrations_.erase(issuer);
}

/// Who the node is where a person is asked. A registration knows one way back.
awaitable<result<oauth::client>> authorizer::introduce(std::string back) {
  if (auto own = configured())
    co_return std::move(*own);
  auto server = found_->server;
  auto old = registrations_.find(server.issuer);
  if (old != registrations_.end() && old->second.redirect_uri == back)
    co_return old->second.who;
  auto scopes = wanted();
  auto made = co_await register_node(plan_.by, server, back, std::move(scopes));
  if (!made)
    co_return made.error();
  if (registrations_.size() >= most_registrations)
    registrations_.clear();
  registrations_[server.issuer] = {*made, std::move(back)};
  co_return std::move(*made);
}

awaitable<result<std::string>> authorizer::page() {
  auto back = plan_.redirect_uri();
  if (back.empty())
    co_return not_usable("no browser finds the way back to this node");
  stale_ = true;
  if (auto why = co_await prepare())
    co_return *why;
  auto who = co_await introduce(back);
  if (!who)
    co_return who.error();
  auto proof = oauth::proof_of(random_text());
  question_ = {plan_.name + '.' + random_name(),
               proof.verifier,
               wanted(),
               back,
               *found_,
               std::move(*who),
               io_thread::now() + patience_of_people};
  oauth::question what{back, question_->state, proof.challenge,
                       question_->scopes, found_->resource.resource};
  co_return oauth::page_for(found_->server, question_->who, what);
}

awaitable<void> authorizer::make_page(page_made then) {
  auto made = co_await page();
  // Meanwhile there may be a token without it.
  std::optional<fault> why;
  if (!made)
    why = made.error();
  else if (!bearer() && !asks_person())
    why = co_await take_up();
  settle_for_now(std::move(why));
  then(made);
}

awaitable<void> authorizer::exchange_code(std::string code, open_question asked,
                                          renewed then) {
  auto request = oauth::redeem(asked.who, code, asked.redirect_uri,
                               asked.verifier, asked.at.resource.resource);
  auto given = co_await ask_token(plan_.by, asked.at.server.token_endpoint,
                                  std::move(request));
  std::optional<fault> why;
  if (given) {
    refresh_.clear();
    take(*given, asked.scopes, asked.at.server.issuer);
    found_ = std::move(asked.at);
  } else {
    forget_if_stranger(given.error(), asked.at.server.issuer);
    why = given.error().why;
  }
  settle_for_now(why);
  then(why);
}

} // namespace caisson::oauth
