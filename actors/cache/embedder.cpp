#include "actors/cache/embedder.hpp"

#include <utility>

#include <caf/send.hpp>

#include "actors/dependency/job.hpp"
#include "actors/ports.hpp"

namespace caisson {

/// One question under way: the worker's end of it. It is spoken to on the
/// worker's thread, and looked at by the actor once the worker is done.
struct embedder::slot final : responder {
  embedder::answer then;
  std::shared_ptr<const near_order> what;
  std::vector<float> numbers;

  /// Read at once: the bytes are the worker's.
  void answer(bytes body, const provenance&) override {
    numbers = what->vector_in(body.data);
  }
  void begin(const provenance&) override {}
  void more(bytes) override {}
  void end() override {}
  void fail(const fault&, const provenance&) override {}
};

void embedder::turn_to(compartment_ptr where, std::string model,
                       std::size_t threads) {
  where_ = std::move(where);
  model_ = std::move(model);
  threads_ = threads;
  rests_until_ = {};
}

void embedder::ask(const std::shared_ptr<const near_order>& what,
                   time_point now, time_point by, answer then) {
  if (now < rests_until_) {
    then(std::nullopt, embedding_flaw::resting);
    return;
  }
  auto breaker = where_->slot_of(model_);
  auto got = where_->enter({now, 0, by, breaker});
  if (got.how == entry::kind::refused) {
    then(std::nullopt, embedding_flaw::refused);
    return;
  }
  auto id = ++last_id_;
  auto to = std::make_shared<slot>();
  to->then = std::move(then);
  to->what = what;
  pending_.emplace(id, to);
  auto question = std::make_shared<call>();
  question->trace_id = what->trace_id;
  question->deadline = by;
  question->hurried = true;
  question->body = what->question();
  caf::anon_send(
    where_->worker(id % threads_),
    std::make_shared<job>(job::order{
      self_, id, std::move(question), std::move(to), where_, model_,
      /* has_next = */ false, /* attempts_before = */ 0, std::move(got.place),
      /* lane = */ 0, breaker}));
}

void embedder::on_finished(const job_finished& x, time_point now) {
  auto at = pending_.find(x.id);
  if (at == pending_.end())
    return;
  auto from = std::move(at->second);
  pending_.erase(at);
  if (x.failure) {
    auto late = x.failure->code == errc::deadline_exceeded
                || x.failure->code == errc::llm_timeout;
    if (late)
      rests_until_ = now + rest;
    from->then(std::nullopt,
               late ? embedding_flaw::late : embedding_flaw::failed);
    return;
  }
  from->then(unit_vector::of(std::move(from->numbers)),
             embedding_flaw::unreadable);
}

} // namespace caisson
