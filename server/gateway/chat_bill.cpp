#include "server/gateway/chat_bill.hpp"

#include <cmath>

#include <caf/send.hpp>

#include "protocol/token_estimate.hpp"

namespace caisson {

chat_bill::chat_bill(std::shared_ptr<const limit_rules> rules,
                     const tree& actors,
                     std::optional<limit_settlement> reserved,
                     std::uint64_t asked)
  : rules_(std::move(rules)), actors_(actors), reserved_(std::move(reserved)),
    asked_(asked) {
  // nop
}

chat_bill::~chat_bill() {
  give_up();
}

void chat_bill::give_up() {
  if (!reserved_)
    return;
  if (delivered_ == 0) {
    settle(0, 0);
    return;
  }
  token_usage about{asked_, delivered_, 0, true};
  settle(asked_ + delivered_, price_ ? cost_of(about, price_->price) : 0);
}

void chat_bill::begin(const provenance& from) {
  price_ = rules_->price_of(from.dependency, from.model);
}

void chat_bill::deliver(std::string_view events) {
  if (reserved_)
    delivered_ += protocol::about_tokens(events);
}

void chat_bill::use(const token_usage& what, const provenance& from) {
  counted_ = true;
  tokens_ += what.input + what.output;
  auto* price = rules_->price_of(from.dependency, from.model);
  if (!price)
    return;
  auto cost = cost_of(what, price->price);
  money_ += cost;
  price->spent->fetch_add(cost, std::memory_order_relaxed);
}

void chat_bill::waive() {
  if (reserved_)
    settle(0, 0);
}

void chat_bill::done(double asked) {
  if (!reserved_)
    return;
  if (counted_)
    settle(tokens_, money_);
  else if (asked < 1)
    settle([=](const charge& x) {
      return static_cast<std::uint64_t>(
        std::ceil(static_cast<double>(x.cost) * asked));
    });
  else // nobody has counted: the estimate stands
    reserved_.reset();
}

void chat_bill::settle(std::uint64_t tokens, nano_usd money) {
  settle([=](const charge& x) {
    return x.what == limit_type::budget ? money : tokens;
  });
}

template <class Owed>
void chat_bill::settle(Owed owed) {
  auto what = std::move(*reserved_);
  reserved_.reset();
  auto list = what.reserved.all();
  for (std::size_t i = 0; i < list.size(); ++i)
    what.used[i] = owed(list[i]);
  caf::anon_send(actors_.limiter_of(what.who), std::move(what));
}

} // namespace caisson
