#include "protocol/dialects/read.hpp"

#include <functional>

#include "protocol/dialects/classify.hpp"
#include "protocol/dialects/json_scratch.hpp"
#include "protocol/dialects/openai_summary.hpp"
#include "protocol/sse.hpp"

namespace caisson::protocol {
namespace {

class openai_reader final : public reply_reader {
public:
  explicit openai_reader(bool usage_injected)
    : usage_injected_(usage_injected) {}

  result<whole_reply> whole(std::string_view body) override {
    openai_summary seen;
    if (!summarize(body, false, seen))
      return undecodable("the provider's reply is not valid JSON");
    if (!seen.has_choices)
      return seen.has_error
               ? fault_of_event(body)
               : undecodable("the provider's reply is no chat completion");
    usage_ = seen.usage;
    whole_reply reply;
    reply.body = body;
    reply.passed_through = true;
    reply.usage = usage_;
    return reply;
  }

  result<stream_step> feed(std::string_view bytes) override {
    out_.clear();
    run_ = {};
    if (!done_)
      decoder_.feed(bytes);
    sse_event event;
    while (!done_) {
      auto more = decoder_.next(event);
      if (!more)
        return more.error();
      if (!*more)
        break;
      // A line feed alone may be the end of a CRLF that the network cut: it
      // shares the fate of what came before it.
      if (event.raw != "\n") {
        auto verdict = take(event);
        if (!verdict)
          return verdict.error();
        keeps_ = *verdict;
      }
      if (keeps_)
        forward(event.raw, bytes);
    }
    // Nobody reads on after the end: a CRLF that the network cut is mended.
    if (done_ && event.raw.ends_with('\r'))
      forward("\n", bytes);
    return stream_step{out_.empty() ? run_ : std::string_view{out_}, has_token_,
                       done_};
  }

  result<stream_step> close() override {
    if (done_)
      return stream_step{{}, has_token_, true};
    return make_fault(errc::llm_error, failure_kind::eof,
                      "the provider's stream broke off");
  }

  token_usage usage() const override { return usage_; }

private:
  /// Whether the event is the client's.
  result<bool> take(const sse_event& event) {
    if (!event.has_data)
      return true;
    if (event.data == "[DONE]") {
      done_ = true;
      return true;
    }
    openai_summary seen;
    if (!summarize(event.data, !has_token_, seen))
      return undecodable("an event of the stream is not valid JSON");
    if (seen.has_error)
      return fault_of_event(event.data);
    has_token_ |= seen.has_token;
    if (!seen.has_usage)
      return true;
    usage_ = seen.usage;
    return !(usage_injected_ && seen.has_choices && seen.choices_empty);
  }

  /// Lets `raw` out: as a longer view of `bytes` if that is what it is, else
  /// by copying what there is so far.
  void forward(std::string_view raw, std::string_view bytes) {
    std::less<const char*> before;
    auto in_place = !before(raw.data(), bytes.data())
                    && before(raw.data(), bytes.data() + bytes.size());
    if (out_.empty() && in_place) {
      if (run_.empty()) {
        run_ = raw;
        return;
      }
      if (run_.data() + run_.size() == raw.data()) {
        run_ = {run_.data(), run_.size() + raw.size()};
        return;
      }
    }
    out_ += run_;
    run_ = {};
    out_ += raw;
  }

  bool usage_injected_;
  bool keeps_ = true;
  bool has_token_ = false;
  bool done_ = false;
  sse_decoder decoder_;
  std::string out_;
  /// Whole events of the bytes fed, in one piece.
  std::string_view run_;
  token_usage usage_;
};

} // namespace

std::unique_ptr<reply_reader> read_openai(bool usage_injected) {
  return std::make_unique<openai_reader>(usage_injected);
}

} // namespace caisson::protocol
