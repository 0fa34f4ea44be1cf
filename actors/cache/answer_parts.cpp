#include "actors/cache/answer_parts.hpp"

#include <algorithm>
#include <utility>

#include "actors/cache/reply.hpp"

namespace caisson {

/// The client's end of one fetch. What comes goes to the leads, and to the
/// client as soon as all is here, whether or not the front end is still there
/// to see it.
class answer_parts::round final : public responder {
public:
  round(std::shared_ptr<answer_parts> home, part_list which)
    : home_(std::move(home)), which_(std::move(which)) {}

  bool waits() const noexcept override { return home_->client()->waits(); }

  void answer(bytes body, const provenance& from) override {
    home_->take(which_, std::move(body), from);
  }

  // Such answers are no streams.
  void begin(const provenance&) override {}
  void more(bytes) override {}
  void end() override {}

  void used(const token_usage& tokens, const provenance& from) override {
    home_->client()->used(tokens, from);
  }

  void fail(const fault& what, const provenance& from) override {
    home_->fail(which_, what, from);
  }

private:
  std::shared_ptr<answer_parts> home_;
  part_list which_;
};

answer_parts::answer_parts(order what)
  : order_(std::move(what)), parts_(order_.what->parts->parts.size()) {
  counts_[static_cast<std::size_t>(state::asked)] = parts_.size();
}

void answer_parts::expect(std::string_view dependency, std::string_view model) {
  dependency_ = dependency;
  model_ = model;
}

void answer_parts::move(part& what, state to) noexcept {
  --counts_[static_cast<std::size_t>(what.at)];
  ++counts_[static_cast<std::size_t>(to)];
  what.at = to;
}

void answer_parts::heard(const cache_verdict& word) {
  if (word.part >= parts_.size())
    return;
  auto& part = parts_[word.part];
  if (part.at != state::asked && part.at != state::awaited)
    return;
  switch (word.how) {
    case cache_verdict::kind::elsewhere:
      move(part, state::awaited);
      return;
    case cache_verdict::kind::hit:
      part.value = word.value;
      part.layer = word.layer;
      move(part, state::here);
      return;
    case cache_verdict::kind::lead:
      part.lead = word.lead;
      part.value = word.value;
      break;
    case cache_verdict::kind::alone:
      break;
    case cache_verdict::kind::failed:
      failure_ = word.why;
      break;
    default: // of streams, and such answers are none
      return;
  }
  move(part, state::missing);
}

part_list answer_parts::missing() const {
  part_list out;
  if (count(state::missing) == 0)
    return out;
  for (std::size_t i = 0; i < parts_.size(); ++i)
    if (parts_[i].at == state::missing)
      out.push_back(i);
  return out;
}

std::shared_ptr<responder> answer_parts::fetch(const part_list& which) {
  for (auto i : which)
    move(parts_[i], state::fetching);
  asked_ = std::min(1.0, asked_ + order_.what->parts->share(which));
  return std::make_shared<round>(shared_from_this(), which);
}

void answer_parts::take(const part_list& which, bytes body,
                        const provenance& from) {
  if (told_)
    return;
  attempts_ = from.attempts;
  // Its own words, where the answer is to nothing but what the client asked.
  auto verbatim = which.size() == parts_.size() && !order_.what->parts->repeats;
  auto pieces = order_.what->parts->split(body.data, which);
  if (!pieces || pieces->size() != which.size()) {
    for (auto i : which)
      if (auto lead = std::exchange(parts_[i].lead, nullptr))
        lead->unsayable();
    if (verbatim) {
      told_ = true;
      order_.client->answer(std::move(body), from);
      return;
    }
    auto why = make_fault(errc::llm_error, failure_kind::decode,
                          "the provider's reply cannot be taken apart");
    why.dependency = from.dependency;
    fail(which, why, from);
    return;
  }
  auto expected = expects(from.dependency, from.model);
  for (std::size_t turn = 0; turn < which.size(); ++turn) {
    auto& part = parts_[which[turn]];
    auto& piece = (*pieces)[turn];
    auto value = std::make_shared<cached_value>();
    value->data = std::move(piece.data);
    value->tokens = piece.tokens;
    value->source = from.dependency;
    value->model = from.model;
    part.value = std::move(value);
    part.layer = {};
    move(part, state::here);
    auto keeps = order_.what->parts->parts[which[turn]]->keeps;
    if (auto lead = std::exchange(part.lead, nullptr))
      lead->fetched(part.value, expected && keeps, lead->ttl());
  }
  if (verbatim) {
    told_ = true;
    order_.client->answer(std::move(body), from);
  } else if (count(state::here) == parts_.size()) {
    tell();
  }
}

/// All who wait for a part hear of what is the provider's failure, or ours.
/// What is wrong with the question may be wrong with one part only, whose is
/// not known: then others who want one of them ask for themselves.
void answer_parts::fail(const part_list& which, const fault& what,
                        const provenance& from) {
  if (told_)
    return;
  auto everybodys = what.code != errc::deadline_exceeded
                    && (which.size() == 1 || calls_for_stale(what));
  for (auto i : which) {
    auto lead = std::exchange(parts_[i].lead, nullptr);
    if (lead && everybodys)
      lead->failed(what);
  }
  attempts_ = from.attempts;
  if (calls_for_stale(what) && make_do(which) && tell())
    return;
  told_ = true;
  order_.client->fail(what, from);
}

/// Whether the answer is complete with what has expired.
bool answer_parts::make_do(const part_list& which) {
  if (count(state::here) + which.size() != parts_.size())
    return false;
  if (!std::all_of(which.begin(), which.end(), [this](auto i) {
        return parts_[i].at == state::fetching && parts_[i].value;
      }))
    return false;
  for (auto i : which) {
    parts_[i].layer = "stale";
    move(parts_[i], state::here);
  }
  return true;
}

/// Vectors of different models have nothing to do with one another.
bool answer_parts::uniform() const {
  auto& first = *parts_.front().value;
  return std::all_of(parts_.begin(), parts_.end(), [&](auto& x) {
    return x.value->source == first.source && x.value->model == first.model;
  });
}

/// The one furthest away that had a part in it; none where a target had.
std::string_view answer_parts::layer() const {
  std::string_view out = "l1";
  for (auto& x : parts_) {
    if (x.layer == "stale")
      return x.layer;
    if (x.layer.empty() || out.empty())
      out = {};
    else if (x.layer == "l2")
      out = x.layer;
  }
  return out;
}

bool answer_parts::tell() {
  if (told_)
    return true;
  if (count(state::here) != parts_.size() || !uniform())
    return false;
  std::vector<cached_ptr> values;
  values.reserve(parts_.size());
  for (auto& x : parts_)
    values.push_back(x.value);
  auto said = order_.what->parts->tell(values);
  if (!said)
    return false;
  told_ = true;
  auto from = layer();
  if (from == "stale")
    order_.told_stale.add();
  auto& value = *values.front();
  order_.client->answer(std::move(*said),
                        {value.source, value.model, attempts_, from, asked_});
  return true;
}

} // namespace caisson
