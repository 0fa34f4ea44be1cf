#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/call.hpp"
#include "actors/journal.hpp"
#include "protocol/oauth/redirect.hpp"
#include "protocol/oauth/requests.hpp"
#include "server/oauth/discovery.hpp"
#include "server/oauth/token_desk.hpp"
#include "server/upstream/bearer_source.hpp"

namespace caisson::oauth {

/// How far the node is with a server's tokens.
enum class standing : std::uint8_t {
  unasked,      ///< the server has not refused anything yet
  working,      ///< documents, registration or a token are under way
  needs_person, ///< somebody has to say yes
  granted,
  refused, ///< there will be none as things stand
};

std::string_view name_of(standing how) noexcept;

/// What can be shown of it: no secrets.
struct shown_standing {
  standing how = standing::unasked;
  std::string detail; ///< why it was refused
};

/// Gets the tokens for one upstream server of MCP, and has them for all
/// threads. It lives on one of them. As long as there is no token calls fail at
/// once and say what is missing; they wait only while something is under way.
///
///              refused request                 documents
///   unasked ─────────────────► working ───────────────────► needs_person
///                               │ ▲  │ own secret, or              │ page,
///          fault ┌──────────────┘ │  │ a word to refresh by        │ redirect
///                ▼                │  ▼                             ▼
///             refused ── later ───┴─ granted ◄──────────────── (token asked)
///
class authorizer final : public upstream::bearer_source,
                         public std::enable_shared_from_this<authorizer> {
public:
  struct plan {
    std::string name; ///< of the dependency
    std::string server_url;
    oauth_settings how;
    web by; ///< its thread is where this lives
    /// Where browsers come back to; empty: nobody knows the way.
    std::function<std::string()> redirect_uri;
    journal* log = nullptr;
    /// Given what to keep beyond the process, as often as that is another.
    std::function<void(const authorizer&, const std::string&)> keep = {};
  };

  explicit authorizer(plan with) : plan_{std::move(with)} {}

  // -- on any thread ----------------------------------------------------------

  std::shared_ptr<const std::string> bearer() const override;
  bool renewable() const override { return renewable_.load(); }
  std::shared_ptr<void> renew(upstream::token_refusal what,
                              boost::asio::io_context& home,
                              renewed then) override;

  shown_standing shown() const;

  /// The page on which a person can say yes, told on its own thread. Each is
  /// good for one answer, and until the next is asked for.
  using page_made = std::function<void(const result<std::string>&)>;
  void ask_page(page_made then);

  /// A person's browser has come back with that; `then` likewise.
  void come_back(protocol::oauth::redirect with, renewed then);

  /// Goes on from what was kept, before anything is asked of it.
  void recall(const std::string& kept);

  /// Nobody waits any more, since no thread runs.
  void end() { waiting_.clear(); }

private:
  using waiting = std::shared_ptr<renewed>;

  struct held {
    std::shared_ptr<const std::string> token;
    std::optional<time_point> until;
  };

  /// What a person was asked, and who is to be told of the answer, whatever is
  /// found out meanwhile.
  struct open_question {
    std::string state;
    std::string verifier;
    protocol::oauth::scope_list scopes;
    std::string redirect_uri;
    surroundings at;
    protocol::oauth::client who;
    time_point until;
  };

  /// Who the node is for those that it has registered with.
  struct registration {
    protocol::oauth::client who;
    std::string redirect_uri;
  };

  std::optional<fault>
  cannot_be_better(unsigned status,
                   const std::optional<protocol::oauth::challenge>& hint);
  void hear(const upstream::token_refusal& what, waiting who);
  void learn(std::optional<protocol::oauth::challenge> hint, bool more);
  bool waits_for(std::function<void(authorizer&)> then);
  void run(std::function<awaitable<void>()> steps);

  awaitable<void> get_on();
  awaitable<std::optional<fault>> prepare();
  awaitable<std::optional<fault>> take_up();
  awaitable<result<protocol::oauth::client>> introduce(std::string back);
  awaitable<result<std::string>> page();
  awaitable<void> make_page(page_made then);
  awaitable<void> exchange_code(std::string code, open_question asked,
                                renewed then);

  bool asks_person() const noexcept;
  fault consent_needed() const;
  std::optional<protocol::oauth::client> configured() const;
  std::optional<protocol::oauth::client> known() const;
  protocol::oauth::scope_list wanted() const;

  void take(const protocol::oauth::grant& given,
            const protocol::oauth::scope_list& asked,
            const std::string& issuer);
  void settle(standing how, std::optional<fault> why);
  void settle_for_now(std::optional<fault> why);
  void forget_grant();
  void forget_if_stranger(const no_token& why, const std::string& issuer);
  std::string to_keep() const;

  plan plan_;

  // On its thread.
  std::optional<surroundings> found_;
  std::map<std::string, registration> registrations_; ///< by issuer
  protocol::oauth::challenge hint_;
  protocol::oauth::scope_list asked_; ///< of the last grant
  std::string granted_by_;            ///< its issuer
  std::string refresh_;
  bool stale_ = false; ///< what was found may have changed
  bool more_ = false;  ///< the server wants more of its token than it says
  std::optional<open_question> question_;
  std::vector<waiting> waiting_;
  std::optional<fault> why_;
  time_point again_from_{}; ///< after a refusal nothing is asked before
  std::string noted_;       ///< the last thing that was logged
  std::string kept_;        ///< the last thing that was kept

  std::atomic<bool> renewable_{false};
  mutable std::mutex lock_; ///< of these
  held held_;
  shown_standing shown_;
};

} // namespace caisson::oauth
