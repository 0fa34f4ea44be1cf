#include "server/oauth/authorizer.hpp"

#include <algorithm>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include "server/io/io_thread.hpp"

namespace caisson::oauth {

namespace asio = boost::asio;
namespace oauth = protocol::oauth;
using namespace std::chrono_literals;

namespace {

constexpr auto pause_after_refusal = 5s;
/// A token is not shown in its last moments: it may end on the way.
constexpr auto last_moments = 5s;

} // namespace

std::string_view name_of(standing how) noexcept {
  switch (how) {
    case standing::unasked:
      return "unasked";
    case standing::working:
      return "working";
    case standing::needs_person:
      return "needs_person";
    case standing::granted:
      return "granted";
    case standing::refused:
      return "refused";
  }
  return {};
}

// -- asked on any thread ------------------------------------------------------

std::shared_ptr<const std::string> authorizer::bearer() const {
  std::lock_guard guard{lock_};
  auto over = held_.until && *held_.until <= io_thread::now();
  return over ? nullptr : held_.token;
}

shown_standing authorizer::shown() const {
  std::lock_guard guard{lock_};
  return shown_;
}

std::shared_ptr<void> authorizer::renew(upstream::token_refusal what,
                                        asio::io_context& home, renewed then) {
  auto kept = std::make_shared<renewed>(std::move(then));
  auto tell = std::make_shared<renewed>(
    [&home, weak = std::weak_ptr{kept}](const std::optional<fault>& why) {
      asio::post(home, [weak, why] {
        if (auto one = weak.lock())
          (*one)(why);
      });
    });
  asio::post(*plan_.by.io, [self = shared_from_this(), what = std::move(what),
                            tell] { self->hear(what, tell); });
  return kept;
}

void authorizer::ask_page(page_made then) {
  if (plan_.how.grant != oauth_grant::authorization_code)
    return then(
      not_usable("no person is asked: the node has a secret of its own"));
  asio::post(*plan_.by.io, [self = shared_from_this(), then = std::move(then)] {
    if (!self->waits_for([then](auto& it) { it.ask_page(then); }))
      self->run([self, then] { return self->make_page(then); });
  });
}

void authorizer::come_back(oauth::redirect with, renewed then) {
  asio::post(*plan_.by.io, [self = shared_from_this(), with = std::move(with),
                            then = std::move(then)] {
    if (self->waits_for([with, then](auto& it) { it.come_back(with, then); }))
      return;
    // Who guesses does not use up the question.
    if (!self->question_ || self->question_->state != with.state
        || self->question_->until <= io_thread::now())
      return then(not_usable("nobody has asked for that, or it has been "
                             "answered already"));
    auto asked = *std::exchange(self->question_, std::nullopt);
    if (!oauth::is_of(with, asked.at.server))
      return then(not_usable("the answer is of another authorization server"));
    if (with.code.empty())
      return then(not_usable("consent was not given"));
    self->run([self, code = with.code, asked = std::move(asked), then] {
      return self->exchange_code(code, asked, then);
    });
  });
}

// -- on its thread ------------------------------------------------------------

/// Nothing, where something can be done about it.
std::optional<fault>
authorizer::cannot_be_better(unsigned status,
                             const std::optional<oauth::challenge>& hint) {
  if (status == 403 && (!hint || !hint->wants_more()))
    return not_usable("the server refuses what its token is for");
  if (status == 403) {
    auto more = oauth::scopes_in(hint->scope.value_or(std::string{}));
    if (more.empty() || oauth::has_all(asked_, more))
      return not_usable("the server wants more of its token than it gives");
  }
  if (shown().how == standing::refused && io_thread::now() < again_from_)
    return why_;
  return std::nullopt;
}

void authorizer::hear(const upstream::token_refusal& what, waiting who) {
  if (auto now = bearer(); now && *now != what.shown)
    return (*who)(std::nullopt);
  if (shown().how == standing::working) {
    waiting_.push_back(std::move(who));
    return;
  }
  auto hint = oauth::read_challenge(what.challenge);
  if (auto why = cannot_be_better(what.status, hint))
    return (*who)(why);
  auto more = what.status == 403;
  auto known
    = !hint || !hint->scope
      || oauth::has_all(oauth::scopes_in(hint_.scope.value_or(std::string{})),
                        oauth::scopes_in(*hint->scope));
  if (shown().how == standing::needs_person && known
      && (more || refresh_.empty()))
    return (*who)(consent_needed());
  waiting_.push_back(std::move(who));
  if (!more)
    forget_grant();
  // What it has just been given is not taken either.
  if (!more && what.again) {
    refresh_.clear();
    if (plan_.how.grant == oauth_grant::client_credentials)
      return settle(standing::refused,
                    not_usable("the server takes none of the tokens that are "
                               "given for it"));
  }
  learn(std::move(hint), more);
  stale_ = what.status != 0;
  run([self = shared_from_this()] { return self->get_on(); });
}

/// What several operations want is asked for together.
void authorizer::learn(std::optional<oauth::challenge> hint, bool more) {
  if (hint && more && more_ && hint->scope && hint_.scope)
    *hint->scope += ' ' + *hint_.scope;
  more_ = more;
  if (hint)
    hint_ = std::move(*hint);
}

/// Whether something is under way: then it is done when that is over.
bool authorizer::waits_for(std::function<void(authorizer&)> then) {
  if (shown().how != standing::working)
    return false;
  waiting_.push_back(std::make_shared<renewed>(
    [weak = weak_from_this(), then = std::move(then)](auto&) {
      if (auto self = weak.lock())
        then(*self);
    }));
  return true;
}

/// One thing at a time is under way.
void authorizer::run(std::function<awaitable<void>()> steps) {
  settle(standing::working, std::nullopt);
  asio::co_spawn(*plan_.by.io, std::move(steps),
                 [self = shared_from_this()](const std::exception_ptr& broken) {
                   if (broken)
                     self->settle(standing::refused,
                                  not_usable("getting a token has failed"));
                 });
}

fault authorizer::consent_needed() const {
  return not_usable("the server wants a person's consent; POST /admin/oauth/"
                    + plan_.name + " says where it is given");
}

/// A word to refresh by brings as much as there was, and no more.
bool authorizer::asks_person() const noexcept {
  return plan_.how.grant == oauth_grant::authorization_code
         && (more_ || refresh_.empty());
}

/// What the state is when nothing is under way any more.
void authorizer::settle_for_now(std::optional<fault> why) {
  if (bearer() && !more_)
    settle(standing::granted, std::nullopt);
  else if (asks_person())
    settle(standing::needs_person, consent_needed());
  else
    settle(standing::refused,
           why ? std::move(why) : not_usable("there is no token"));
}

void authorizer::take(const oauth::grant& given, const oauth::scope_list& asked,
                      const std::string& issuer) {
  // Who gives no new word for refreshing lets the old one stand.
  if (!given.refresh.empty())
    refresh_ = given.refresh;
  asked_ = asked;
  granted_by_ = issuer;
  more_ = false;
  {
    std::lock_guard guard{lock_};
    held_.token = std::make_shared<const std::string>(given.token);
    held_.until.reset();
    if (given.lasts)
      held_.until
        = io_thread::now() + std::max(*given.lasts - last_moments, 1s);
  }
  if (!plan_.keep || refresh_.empty())
    return;
  auto now = to_keep();
  if (std::exchange(kept_, now) != now)
    plan_.keep(*this, now);
}

void authorizer::settle(standing how, std::optional<fault> why) {
  why_ = why;
  if (how == standing::refused)
    again_from_ = io_thread::now() + pause_after_refusal;
  // Where it is renewed the server says when it refuses, and not before.
  renewable_
    = found_
      && (!refresh_.empty() || (how == standing::granted && !asks_person()));
  {
    std::lock_guard guard{lock_};
    shown_ = {how, why ? why->detail : std::string{}};
  }
  if (how == standing::working)
    return;
  auto note
    = why ? " has no token: " + why->detail : std::string{" has a token"};
  if (std::exchange(noted_, note) != note)
    plan_.log->note(why ? severity::warning : severity::info, "oauth",
                    plan_.name + note);
  for (auto& one : std::exchange(waiting_, {}))
    (*one)(why);
}

oauth::scope_list authorizer::wanted() const {
  return oauth::wanted_scopes({plan_.how.scopes, hint_.scope,
                               found_->resource.scopes, found_->server.scopes,
                               asked_});
}

void authorizer::forget_grant() {
  std::lock_guard guard{lock_};
  held_ = {};
}

} // namespace caisson::oauth
