#include "actors/stores/kv_client.hpp"

#include <caf/send.hpp>

#include "actors/dependency/job.hpp"
#include "actors/ports.hpp"

namespace caisson {

/// One question under way: the worker's end of it, on the same thread.
struct kv_client::slot final : responder {
  kv_client::answer then;
  kv_value_ptr value;

  void answer(bytes body, const provenance&) override {
    value = value_in(body);
  }
  void begin(const provenance&) override {}
  void more(bytes) override {}
  void end() override {}
  void fail(const fault&, const provenance&) override {}
};

kv_client::kv_client(job_owner_actor self, compartment_ptr store,
                     std::size_t thread)
  : self_(std::move(self)), store_(std::move(store)), thread_(thread) {
  // nop
}

void kv_client::ask(kv_question what, time_point now, time_point by,
                    answer then) {
  auto got = store_->enter({now, 0, by, 0});
  if (got.how == entry::kind::refused) {
    then(std::move(got.why));
    return;
  }
  auto id = ++last_id_;
  auto to = std::make_shared<slot>();
  to->then = std::move(then);
  pending_.emplace(id, to);
  auto question = std::make_shared<call>();
  question->deadline = by;
  question->idempotent = what.repeatable;
  question->body = std::make_shared<const kv_question>(std::move(what));
  caf::anon_send(store_->worker(thread_),
                 std::make_shared<job>(job::order{
                   self_, id, std::move(question), std::move(to), store_,
                   /* model = */ {}, /* has_next = */ false,
                   /* attempts_before = */ 0, std::move(got.place)}));
}

void kv_client::on_finished(const job_finished& x) {
  auto at = pending_.find(x.id);
  if (at == pending_.end())
    return;
  auto from = std::move(at->second);
  pending_.erase(at);
  if (x.failure)
    from->then(*x.failure);
  else if (from->value)
    from->then(std::move(from->value));
  else
    from->then(make_fault(errc::redis_error, failure_kind::decode,
                          "the shared store said nothing"));
}

} // namespace caisson
