// What an authorizer does, step by step.
#include <array>
#include <cstdint>
#include <utility>

#include "protocol/oauth/places.hpp"
#include "server/io/io_thread.hpp"
#include "server/mcp/random_bytes.hpp"
#include "server/oauth/authorizer.hpp"

namespace caisson::oauth {

namespace oauth = protocol::oauth;
using namespace std::chrono_literals;

namespace {

constexpr auto patience_of_people = 10min;

std::string random_text() {
  auto bytes = random_bytes<std::array<std::uint8_t, 32>>();
  return {bytes.begin(), bytes.end()};
}

} // namespace

awaitable<void> authorizer::get_on() {
  auto self = shared_from_this();
  auto why = co_await prepare();
  if (why)
    co_return settle(standing::refused, std::move(why));
  if (!asks_person())
    why = co_await take_up();
  settle_for_now(why);
}

/// Where tokens are to be had, and who the node is there.
awaitable<std::optional<fault>> authorizer::prepare() {
  if (!found_ || std::exchange(stale_, false)) {
    search whole{plan_.by, plan_.server_url, plan_.how, hint_};
    auto found = co_await discover(std::move(whole));
    if (!found)
      co_return found.error();
    // What was given elsewhere is shown to nobody else.
    if (granted_by_ != found->server.issuer) {
      refresh_.clear();
      asked_.clear();
    }
    found_ = std::move(*found);
  }
  co_return co_await identify();
}

awaitable<std::optional<fault>> authorizer::identify() {
  auto redirect_uri = plan_.redirect_uri();
  if (std::exchange(registered_for_, redirect_uri) != redirect_uri)
    clients_.clear();
  auto& server = found_->server;
  auto& who = clients_[server.issuer];
  if (!who.id.empty())
    co_return std::nullopt;
  auto& id = plan_.how.client_id;
  auto is_document = id.starts_with("https://");
  if (!id.empty() && (!is_document || server.takes_documents)) {
    auto& secret = plan_.how.client_secret;
    who = {id, secret, oauth::method_for(server, !secret.empty())};
    co_return std::nullopt;
  }
  auto scopes = wanted();
  auto made
    = co_await register_node(plan_.by, server, redirect_uri, std::move(scopes));
  if (!made)
    co_return made.error();
  clients_[server.issuer] = std::move(*made);
  co_return std::nullopt;
}

/// A token without anybody's leave: for the node itself, or for the word that
/// came with the last one.
awaitable<std::optional<fault>> authorizer::take_up() {
  auto own = plan_.how.grant == oauth_grant::client_credentials;
  auto& who = clients_[found_->server.issuer];
  auto& resource = found_->resource.resource;
  auto scopes = own ? wanted() : asked_;
  auto request = own ? oauth::own_token(who, scopes, resource)
                     : oauth::refresh(who, refresh_, resource);
  auto given = co_await ask_token(plan_.by, found_->server.token_endpoint,
                                  std::move(request));
  if (given) {
    take(*given, scopes, found_->server.issuer);
    co_return std::nullopt;
  }
  if (given.error().for_good)
    refresh_.clear();
  forget_if_stranger(given.error(), found_->server.issuer);
  co_return given.error().why;
}

/// Registrations end. The next one who asks for a page makes a new one.
void authorizer::forget_if_stranger(const no_token& why,
                                    const std::string& issuer) {
  if (why.stranger)
    clients_.erase(issuer);
}

awaitable<void> authorizer::make_page(page_made then) {
  auto self = shared_from_this();
  stale_ = true;
  if (auto why = co_await prepare()) {
    settle_for_now(why);
    then(*why);
    co_return;
  }
  auto proof = oauth::proof_of(random_text());
  question_ = {plan_.name + '.' + random_name(),
               proof.verifier,
               wanted(),
               registered_for_,
               *found_,
               clients_[found_->server.issuer],
               io_thread::now() + patience_of_people};
  auto page
    = oauth::page_for(found_->server, question_->who,
                      {registered_for_, question_->state, proof.challenge,
                       question_->scopes, found_->resource.resource});
  settle_for_now(std::nullopt);
  then(std::move(page));
}

awaitable<void> authorizer::exchange_code(std::string code, open_question asked,
                                          renewed then) {
  auto self = shared_from_this();
  auto request = oauth::redeem(asked.who, code, asked.redirect_uri,
                               asked.verifier, asked.at.resource.resource);
  auto given = co_await ask_token(plan_.by, asked.at.server.token_endpoint,
                                  std::move(request));
  if (!given) {
    forget_if_stranger(given.error(), asked.at.server.issuer);
    co_return then(given.error().why);
  }
  take(*given, asked.scopes, asked.at.server.issuer);
  settle(standing::granted, std::nullopt);
  then(std::nullopt);
}

} // namespace caisson::oauth
