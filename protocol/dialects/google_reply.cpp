#include "protocol/dialects/read.hpp"

#include <map>

#include "protocol/dialects/classify.hpp"
#include "protocol/dialects/google_words.hpp"
#include "protocol/dialects/openai_writer.hpp"
#include "protocol/sse.hpp"

namespace caisson::protocol {
namespace {

using namespace google_words;
using simdjson::SUCCESS;
using simdjson::dom::element;

/// A stream that names new candidates without end is hostile.
constexpr std::size_t most_candidates = 128;

class google_reader final : public reply_reader {
public:
  google_reader(std::string model, std::int64_t created, bool wants_usage)
    : model_(std::move(model)), created_(created), wants_usage_(wants_usage) {}

  result<whole_reply> whole(std::string_view body) override;
  result<stream_step> feed(std::string_view bytes) override;
  result<stream_step> close() override;
  token_usage usage() const override { return usage_; }

private:
  struct open_choice {
    std::uint64_t tools = 0;
    bool finished = false;
  };

  result<void> take(std::string_view json);
  void take_candidate(element candidate);
  void finish_choice(std::uint64_t index, open_choice& choice, finish why);
  open_choice& choice_at(std::uint64_t index);
  void take_usage(element root);
  std::string_view model_named(element root) const;

  std::string model_;
  std::int64_t created_;
  bool wants_usage_;
  bool has_token_ = false;
  bool done_ = false;
  std::string id_;
  std::map<std::uint64_t, open_choice> choices_;
  token_usage usage_;
  sse_decoder decoder_;
  std::string out_;
  openai_chunks chunks_{out_};
};

std::string_view google_reader::model_named(element root) const {
  auto name = text_of(root["modelVersion"]);
  return name.empty() ? std::string_view{model_} : name;
}

void google_reader::take_usage(element root) {
  element usage;
  if (root["usageMetadata"].get(usage) == SUCCESS && usage.is_object())
    usage_ = usage_of(usage);
}

result<whole_reply> google_reader::whole(std::string_view body) {
  element root;
  if (parse_tree(body, root) != SUCCESS || !root.is_object())
    return undecodable("the provider's reply is not valid JSON");
  if (root["error"].error() == SUCCESS)
    return fault_of_event(body);
  answer said;
  said.id = id_of(root, body);
  simdjson::dom::array candidates;
  if (root["candidates"].get(candidates) == SUCCESS)
    for (auto candidate : candidates)
      said.choices.push_back(choice_of(candidate, said.id));
  if (said.choices.empty()) {
    if (!prompt_blocked(root))
      return undecodable("the provider's reply has no candidate");
    said.choices.emplace_back().why = finish::content_filter;
  }
  take_usage(root);
  said.model = model_named(root);
  said.created = created_;
  said.usage = usage_;
  whole_reply reply;
  reply.translated = openai_completion(said);
  reply.body = reply.translated;
  reply.usage = usage_;
  return reply;
}

result<stream_step> google_reader::feed(std::string_view bytes) {
  out_.clear();
  if (done_)
    return stream_step{{}, has_token_, true};
  decoder_.feed(bytes);
  sse_event event;
  for (;;) {
    auto more = decoder_.next(event);
    if (!more)
      return more.error();
    if (!*more)
      return stream_step{out_, has_token_, false};
    if (!event.has_data)
      continue;
    if (auto taken = take(event.data); !taken)
      return taken.error();
  }
}

result<void> google_reader::take(std::string_view json) {
  element root;
  if (parse_tree(json, root) != SUCCESS || !root.is_object())
    return undecodable("an event of the stream is not valid JSON");
  if (root["error"].error() == SUCCESS)
    return fault_of_event(json);
  if (!chunks_.begun()) {
    id_ = id_of(root, json);
    chunks_.begin(id_, model_named(root), created_);
  }
  take_usage(root);
  simdjson::dom::array candidates;
  if (root["candidates"].get(candidates) == SUCCESS)
    for (auto candidate : candidates)
      take_candidate(candidate);
  if (prompt_blocked(root))
    finish_choice(0, choice_at(0), finish::content_filter);
  if (choices_.size() > most_candidates)
    return undecodable("the provider's stream has too many candidates");
  return {};
}

google_reader::open_choice& google_reader::choice_at(std::uint64_t index) {
  auto [at, is_new] = choices_.try_emplace(index);
  if (is_new)
    chunks_.role(index);
  return at->second;
}

void google_reader::finish_choice(std::uint64_t index, open_choice& choice,
                                  finish why) {
  if (!std::exchange(choice.finished, true))
    chunks_.finished(index, why);
}

void google_reader::take_candidate(element candidate) {
  auto index = count_of(candidate["index"]);
  auto& choice = choice_at(index);
  auto token = [&](auto say) {
    return [&, say](auto piece) {
      has_token_ = true;
      (chunks_.*say)(index, piece);
    };
  };
  each_part(candidate, token(&openai_chunks::text),
            token(&openai_chunks::reasoning),
            [&](element function, auto signature) {
              has_token_ = true;
              auto at = choice.tools++;
              chunks_.tool(index, at, call_of(function, signature, at, id_));
            });
  if (auto reason = text_of(candidate["finishReason"]); !reason.empty())
    finish_choice(index, choice, finish_of(reason, choice.tools > 0));
}

result<stream_step> google_reader::close() {
  out_.clear();
  if (done_)
    return stream_step{{}, has_token_, true};
  auto complete = !choices_.empty() && !decoder_.partial();
  for (auto& [index, choice] : choices_)
    complete = complete && choice.finished;
  if (!complete)
    return make_fault(errc::llm_error, failure_kind::eof,
                      "the provider's stream broke off");
  if (wants_usage_ && usage_.known)
    chunks_.usage(usage_);
  chunks_.done();
  done_ = true;
  return stream_step{out_, has_token_, true};
}

} // namespace

std::unique_ptr<reply_reader>
read_google(std::string model, std::int64_t created, bool wants_usage) {
  return std::make_unique<google_reader>(std::move(model), created,
                                         wants_usage);
}

} // namespace caisson::protocol
