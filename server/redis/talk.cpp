#include "server/redis/talk.hpp"

#include "server/redis/command.hpp"
#include "server/redis/complaint.hpp"

namespace caisson::redis {
namespace {

constexpr unsigned most_redirections = 5;

} // namespace

talk::talk(const attempt& which, std::unique_ptr<exchange_listener> listener,
           std::shared_ptr<directory> where,
           std::shared_ptr<refusal_listener> refusals)
  : what_{which.what}, connect_by_{which.connect_by},
    listener_{std::move(listener)}, where_{std::move(where)},
    refusals_{std::move(refusals)} {}

const kv_question& talk::question() const {
  return static_cast<const kv_question&>(*what_->body);
}

void talk::begin() {
  if (auto number = question().server)
    where_->server_at(*number, [self = shared_from_this()](auto who) {
      self->found(std::move(who));
    });
  else
    put_to(where_->server_for(key_of(question())));
}

void talk::found(result<server_ptr> who) {
  if (!listener_)
    return;
  if (!who)
    fail(who.error());
  else if (!*who)
    heard(kv_value{});
  else
    put_to(std::move(*who));
}

void talk::put_to(server_ptr who) {
  at_ = std::move(who);
  // Asking may change whom it is asked of.
  auto at = at_;
  at->ask(shared_from_this(), connect_by_);
}

void talk::give_up() noexcept {
  listener_.reset();
  what_.reset();
  where_.reset();
  refusals_.reset();
  at_.reset();
}

std::size_t talk::write(std::string& to) {
  if (asking_)
    append_command(to, {"ASKING"});
  to += wire_of(question(), load_);
  return asking_ ? 1 : 0;
}

void talk::heard(result<kv_value> what) {
  if (!listener_)
    return;
  if (!what)
    return fail(what.error());
  if (auto* error = std::get_if<kv_value::error>(&what->is))
    return complained(error->text);
  auto told = std::move(listener_);
  told->finished(answer_of(std::make_shared<const kv_value>(std::move(*what))),
                 {});
}

void talk::complained(const std::string& text) {
  auto sort = sort_of(text);
  if (sort == "NOSCRIPT" && question().script && !load_) {
    load_ = true;
    return put_to(at_);
  }
  if ((sort == "MOVED" || sort == "ASK")
      && redirections_++ < most_redirections) {
    if (auto other = where_->follow(text, *at_)) {
      asking_ = sort == "ASK";
      return put_to(std::move(other));
    }
  }
  auto why = fault_of(text);
  if (demoted(text))
    at_->retire(why);
  if (why.kind == failure_kind::refused && refusals_)
    refusals_->refused(question(), sort);
  fail(why);
}

void talk::fail(const fault& why) {
  auto told = std::move(listener_);
  told->failed(why);
}

} // namespace caisson::redis
