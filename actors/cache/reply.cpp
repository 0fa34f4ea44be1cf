#include "actors/cache/reply.hpp"

#include <utility>

namespace caisson {

bool tell_cached(responder& client, const call& what, const cached_ptr& value,
                 std::string_view layer) {
  auto said = what.cached->tell(value);
  if (!said)
    return false;
  provenance from{value->source, value->model, 0, layer};
  if (!what.stream) {
    client.answer(std::move(*said), from);
    return true;
  }
  client.begin(from);
  client.more(std::move(*said));
  client.end();
  return true;
}

bool calls_for_stale(const fault& why) noexcept {
  switch (why.code) {
    case errc::llm_error:
    case errc::llm_rate_limited:
    case errc::llm_timeout:
    case errc::llm_overloaded:
    case errc::llm_unavailable:
    case errc::circuit_breaker_open:
    case errc::retry_exhausted:
    case errc::deadline_exceeded:
    case errc::bulkhead_rejected:
    case errc::unexpected:
      return true;
    default:
      return false;
  }
}

gathering_reply::gathering_reply(order what)
  : order_(std::move(what)), gatherer_(order_.what->cached->gatherer()) {
  // nop
}

void gathering_reply::answer(bytes body, const provenance& from) {
  if (!order_.lead)
    return;
  gatherer_->whole(body.data);
  value_.source = from.dependency;
  value_.model = from.model;
  land();
  order_.client->answer(std::move(body), from);
}

void gathering_reply::begin(const provenance& from) {
  begun_ = true;
  value_.source = from.dependency;
  value_.model = from.model;
  if (order_.lead)
    order_.lead->begin(from);
  order_.client->begin(from);
}

void gathering_reply::more(bytes chunk) {
  gatherer_->more(chunk.data);
  if (order_.lead)
    order_.lead->more(chunk.data);
  order_.client->more(std::move(chunk));
}

void gathering_reply::end() {
  land();
  order_.client->end();
}

/// The shard hears of it before the client: who asks again finds it.
void gathering_reply::land() {
  auto lead = std::exchange(order_.lead, nullptr);
  if (!lead)
    return;
  auto got = gatherer_->take();
  if (!got) {
    lead->unsayable();
    return;
  }
  auto value = std::make_shared<cached_value>(std::move(value_));
  value->data = std::move(got->data);
  value->tokens = got->tokens;
  auto stands_in = value->source != order_.first;
  auto keep = got->keep && order_.what->cached->keeps;
  lead->fetched(std::move(value), keep,
                stands_in ? order_.passing : lead->ttl());
}

void gathering_reply::fail(const fault& what, const provenance& from) {
  auto lead = std::exchange(order_.lead, nullptr);
  if (!lead)
    return;
  // A deadline is the client's own, and others may have more time: then the
  // lead is only given up.
  if (what.code != errc::deadline_exceeded)
    lead->failed(what);
  lead = nullptr;
  auto told
    = !begun_ && order_.stale && calls_for_stale(what)
      && tell_cached(*order_.client, *order_.what, order_.stale, "stale");
  if (told)
    order_.told_stale.add();
  else
    order_.client->fail(what, from);
}

} // namespace caisson
