#include "actors/following.hpp"

#include <algorithm>
#include <utility>

namespace caisson {

namespace {

/// Who says it. Names of this node's own config: what came from another node
/// does not live as long as the client's end.
provenance speaker_of(const request& r, const tape_piece& said) {
  auto& all = r.where->targets;
  auto at = std::find_if(all.begin(), all.end(), [&](auto& x) {
    return x.where->name() == said.source && x.model == said.model;
  });
  if (at == all.end())
    return {};
  return {at->where->name(), at->model, 0};
}

/// A leader's words have the credit of its own client, and do not wait for
/// others: one that takes nothing is given up before it holds much.
constexpr std::size_t most_pending = std::size_t{2} << 20;

struct pending_text {
  std::string text;
  std::shared_ptr<std::atomic<std::size_t>> among;

  ~pending_text() { *among -= text.size(); }
};

bytes counted(std::string text, const followed_stream& of) {
  *of.pending += text.size();
  auto held = std::make_shared<const pending_text>(std::move(text), of.pending);
  std::string_view data = held->text;
  return {data, std::move(held)};
}

} // namespace

void hear_stream(front_end_self self, std::uint64_t id,
                 const tape_piece& said) {
  auto& r = self->state.requests.at(id);
  if (!r.follows) {
    r.shared = std::make_shared<shared_reply>(r.client, fails_over(r));
    r.follows.emplace(followed_stream{r.what->cached->follower(),
                                      r.shared->lane(++r.last_lane)});
    r.follows->to->begin(speaker_of(r, said));
  }
  auto text = r.follows->words->more(said.events);
  if (text.empty())
    return;
  r.follows->to->more(counted(std::move(text), *r.follows));
  if (*r.follows->pending > most_pending)
    fail(self, id,
         make_fault(errc::deadline_exceeded,
                    "the client takes its stream too slowly"));
}

void end_of_stream(front_end_self self, const cache_verdict& word) {
  auto& r = self->state.requests.at(word.id);
  auto heard = std::exchange(r.follows, std::nullopt);
  switch (word.how) {
    case cache_verdict::kind::over:
      if (auto last = heard->words->end(word.took); !last.empty())
        heard->to->more(own(std::move(last)));
      heard->to->end();
      forget(self, word.id);
      return;
    case cache_verdict::kind::failed:
      fail(self, word.id, word.why);
      return;
    default:
      cut(self, word.id,
          make_fault(errc::unexpected, failure_kind::crash,
                     "the equal request whose answer this was is lost"));
  }
}

} // namespace caisson
