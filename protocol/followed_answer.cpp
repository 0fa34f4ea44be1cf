#include "protocol/followed_answer.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "protocol/completion_assembly.hpp"
#include "protocol/completion_replay.hpp"
#include "protocol/dialects/openai_summary.hpp"
#include "protocol/sse.hpp"

namespace caisson::protocol {
namespace {

class event_follower final : public answer_follower {
public:
  std::string more(std::string_view events) override {
    return std::string{events};
  }

  std::string end(const token_usage&) override { return {}; }
};

class chunk_follower final : public answer_follower {
public:
  chunk_follower(std::string_view trace_id, bool usage)
    : trace_id_(trace_id), usage_(usage) {}

  std::string more(std::string_view events) override {
    std::string out;
    out.reserve(events.size() + events.size() / 4);
    decoder_.feed(events);
    sse_event event;
    for (auto next = decoder_.next(event); next && *next;
         next = decoder_.next(event)) {
      // A line feed alone may be the end of a CRLF that was cut: it shares the
      // fate of what came before it.
      if (event.raw == "\n")
        out += passes_ ? event.raw : std::string_view{};
      else
        take(event, out);
    }
    return out;
  }

  std::string end(const token_usage& took) override {
    std::string out;
    if (!told_ && took.known)
      out = usage_chunk(last_, trace_id_, usage_text(took));
    return out += end_of_chunks;
  }

private:
  void take(const sse_event& event, std::string& out) {
    openai_summary seen;
    passes_ = event.data != "[DONE]";
    if (!passes_)
      return;
    if (!event.has_data || !summarize(event.data, false, seen)) {
      out += event.raw;
      return;
    }
    passes_ = usage_ || !seen.has_usage || !seen.choices_empty;
    if (!passes_)
      return;
    told_ |= seen.has_usage;
    if (usage_ && !told_ && seen.has_choices)
      last_ = event.data;
    if (auto own = with_id(event.data, trace_id_))
      say(event, std::move(*own), out);
    else
      out += event.raw;
  }

  /// The event with other data.
  static void say(const sse_event& event, std::string data, std::string& out) {
    if (event.data.find('\n') != event.data.npos) {
      // What is said in several lines is one text, and one line from here on.
      std::replace(data.begin(), data.end(), '\n', ' ');
      ((out += "data: ") += data) += "\n\n";
      return;
    }
    auto at = static_cast<std::size_t>(event.data.data() - event.raw.data());
    (out += event.raw.substr(0, at)) += data;
    out += event.raw.substr(at + event.data.size());
  }

  const std::string trace_id_;
  const bool usage_;
  /// Events come whole, and were let through before: none is too large.
  sse_decoder decoder_{std::string_view::npos};
  bool passes_ = true;
  bool told_ = false; ///< the usage
  std::string last_;  ///< chunk; empty where no usage is wanted
};

} // namespace

std::unique_ptr<answer_follower> follow_answer(std::string_view trace_id,
                                               bool usage, bool raw) {
  if (raw)
    return std::make_unique<event_follower>();
  return std::make_unique<chunk_follower>(trace_id, usage);
}

} // namespace caisson::protocol
