#pragma once

#include <optional>
#include <string_view>

#include "actors/tree.hpp"
#include "server/gateway/limit_control.hpp"

namespace caisson {

/// What one chat request takes of its client's tokens and money: reserved from
/// an estimate before the call, settled exactly once after it, whatever becomes
/// of the request.
///
///   reserved ──► answered ──► as the provider counted (or as reserved, for
///       │                     what was not in the cache)
///       ├──► cut in its middle ──► what was asked, and what was delivered
///       └──► failed, cancelled, lost ──► nothing: all of it goes back
class chat_bill {
public:
  /// `reserved` unset: the client has no such limit, and only the costs are
  /// noted.
  chat_bill(std::shared_ptr<const limit_rules> rules, const tree& actors,
            std::optional<limit_settlement> reserved, std::uint64_t asked);
  ~chat_bill();
  chat_bill(const chat_bill&) = delete;
  chat_bill& operator=(const chat_bill&) = delete;

  /// A target begins to answer.
  void begin(const provenance& from);

  /// Events on their way to the client.
  void deliver(std::string_view events);

  /// What a target has counted; more than one may have a part in a stream.
  void use(const token_usage& what, const provenance& from);

  /// The answer was here already: nothing is owed.
  void waive();

  /// There will be no more of it: what was delivered is owed, the rest goes
  /// back. So it does where the bill is dropped.
  void give_up();

  /// The answer is complete. `asked`: how much of the question went to a
  /// target; where nobody has counted, as much of the estimate is owed.
  void done(double asked = 1);

private:
  void settle(std::uint64_t tokens, nano_usd money);
  /// `owed` says it of each charge.
  template <class Owed>
  void settle(Owed owed);

  std::shared_ptr<const limit_rules> rules_;
  const tree& actors_;
  std::optional<limit_settlement> reserved_;
  std::uint64_t asked_; ///< about so many tokens
  std::uint64_t delivered_ = 0;
  std::uint64_t tokens_ = 0; ///< as counted
  nano_usd money_ = 0;
  bool counted_ = false;
  const priced_model* price_ = nullptr; ///< of who answers
};

} // namespace caisson
