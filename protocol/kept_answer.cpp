#include "protocol/kept_answer.hpp"

#include <utility>

#include "protocol/cache_key.hpp"
#include "protocol/canonical_request.hpp"
#include "protocol/completion_assembly.hpp"
#include "protocol/completion_replay.hpp"
#include "protocol/dialects/json_scratch.hpp"
#include "protocol/digest.hpp"
#include "protocol/followed_answer.hpp"
#include "protocol/http/head.hpp"
#include "protocol/near_answer.hpp"

namespace caisson::protocol {
namespace {

using simdjson::SUCCESS;
using simdjson::dom::element;

/// Changes with every change of what keys or values mean.
constexpr std::string_view answer_version = "1";

/// Of a whole completion: whether others may have it later.
struct facts {
  bool readable = false;
  bool keep = false;
  token_usage usage;
};

facts facts_of(std::string_view body) {
  facts out;
  element root, choice;
  simdjson::dom::array choices;
  if (parse_tree(body, root) != SUCCESS || !root.is_object())
    return out;
  out.readable = true;
  element usage;
  if (root["usage"].get(usage) == SUCCESS)
    out.usage = usage_of(usage);
  out.keep = root["choices"].get(choices) == SUCCESS && choices.size() == 1
             && choices.at(0).get(choice) == SUCCESS
             && ended_well(text_of(choice["finish_reason"]));
  return out;
}

class chat_gatherer final : public answer_gatherer {
public:
  /// `raw`: a stream is kept as its events.
  explicit chat_gatherer(bool raw) : raw_(raw) {}

  void whole(std::string_view body) override {
    if (fits(body.size()))
      body_ = body;
    whole_ = true;
  }

  void more(std::string_view events) override {
    if (!fits(events.size()))
      return;
    if (raw_)
      body_ += events;
    assembly_.feed(events);
  }

  void counted(const token_usage& tokens) override {
    tokens_ = tokens;
    assembly_.counted(tokens);
  }

  std::optional<gathered> take() override {
    if (too_large_)
      return std::nullopt;
    if (whole_) {
      auto seen = facts_of(body_);
      if (!seen.readable)
        return std::nullopt;
      return made(as_completion, body_, seen.usage, seen.keep);
    }
    if (raw_)
      return made(as_events, body_, assembly_.usage(), assembly_.exact());
    if (!assembly_.whole())
      return std::nullopt;
    return made(as_completion, assembly_.completion(), assembly_.usage(),
                assembly_.exact());
  }

private:
  bool fits(std::size_t more) {
    size_ += more;
    // Events are larger than the words in them, up to a hundred times.
    auto most = raw_ || whole_ ? largest_cached : 32 * largest_cached;
    too_large_ = too_large_ || size_ > most;
    return !too_large_;
  }

  gathered made(char form, std::string_view text, token_usage usage,
                bool keep) const {
    if (!usage.known)
      usage = tokens_;
    gathered out;
    out.data.reserve(text.size() + 1);
    (out.data += form) += text;
    out.tokens = usage.input + usage.output;
    out.keep = keep;
    return out;
  }

  const bool raw_;
  bool whole_ = false;
  bool too_large_ = false;
  std::size_t size_ = 0;
  std::string body_;
  token_usage tokens_;
  completion_assembly assembly_;
};

/// What it takes to compare a question with others.
struct comparable {
  std::shared_ptr<const chat_request> request;
  std::string tenant;
  std::string route;
};

constexpr std::string_view form_of(bool raw) noexcept {
  return raw ? " events" : "";
}

class chat_order final : public cache_order {
public:
  chat_order(bool stream, bool usage, bool raw, std::string trace_id)
    : stream_(stream), usage_(usage), raw_(raw),
      trace_id_(std::move(trace_id)) {}

  std::unique_ptr<answer_gatherer> gatherer() const override {
    return std::make_unique<chat_gatherer>(raw_);
  }

  std::unique_ptr<answer_follower> follower() const override {
    return stream_ ? follow_answer(trace_id_, usage_, raw_) : nullptr;
  }

  std::optional<bytes> tell(const cached_ptr& value) const override {
    std::string_view data = value->data;
    if (data.empty())
      return std::nullopt;
    auto form = data.front();
    data.remove_prefix(1);
    if (form == as_events && stream_)
      return bytes{data, value};
    if (form != as_completion)
      return std::nullopt;
    auto said
      = stream_ ? replay(data, trace_id_, usage_) : with_id(data, trace_id_);
    if (!said)
      return std::nullopt;
    return own(std::move(*said));
  }

  std::shared_ptr<const near_order> near() const override {
    if (!compares)
      return nullptr;
    return compare_question(*compares->request, compares->tenant,
                            compares->route, form_of(raw_), trace_id_);
  }

  std::optional<comparable> compares;

private:
  const bool stream_;
  const bool usage_;
  const bool raw_;
  const std::string trace_id_;
};

} // namespace

cache_directives read_cache_control(std::string_view value) noexcept {
  cache_directives out;
  while (!value.empty()) {
    auto one = value.substr(0, value.find(','));
    value.remove_prefix(std::min(value.size(), one.size() + 1));
    while (one.starts_with(' ') || one.starts_with('\t'))
      one.remove_prefix(1);
    while (one.ends_with(' ') || one.ends_with('\t'))
      one.remove_suffix(1);
    out.no_cache |= http::iequals(one, "no-cache");
    out.no_store |= http::iequals(one, "no-store");
  }
  return out;
}

std::shared_ptr<const cache_order>
keep_answer(const std::shared_ptr<const chat_request>& request,
            std::string_view tenant, std::string_view route,
            std::string trace_id, cache_directives wish, bool compares) {
  if (wish.neither() || !cacheable(*request))
    return nullptr;
  auto raw = request->origin() && request->stream();
  auto made = std::make_shared<chat_order>(
    request->stream(), request->wants_usage(), raw, std::move(trace_id));
  auto words = canonical(*request);
  ((words += '\n') += route) += form_of(raw);
  made->key = cache_key(name_of(cache_kind::llm), tenant, sha256(words),
                        answer_version);
  made->looks = !wish.no_cache;
  made->keeps = !wish.no_store;
  made->streams = request->stream();
  if (compares)
    made->compares
      = comparable{request, std::string{tenant}, std::string{route}};
  return made;
}

} // namespace caisson::protocol
