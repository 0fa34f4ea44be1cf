#include "protocol/mcp/upstream_reader.hpp"

#include <algorithm>
#include <charconv>

#include "protocol/json/strict.hpp"
#include "protocol/mcp/event_stream.hpp"
#include "protocol/mcp/message.hpp"
#include "protocol/sse.hpp"

namespace caisson::protocol::mcp {
namespace {

fault nonsense() {
  return make_fault(errc::mcp_error, failure_kind::decode,
                    "what the server says is no message");
}

class reader final : public reply_reader {
public:
  reader(std::uint64_t id, std::shared_ptr<stream_place> place)
    : id_{std::to_string(id)}, place_{std::move(place)} {}

  result<whole_reply> whole(std::string_view body) override {
    auto text = json::padded(body);
    const auto read = read_body(text);
    if (!read || !answers(*read))
      return nonsense();
    whole_reply said;
    said.translated = std::move(text);
    return said;
  }

  result<stream_step> feed(std::string_view bytes) override {
    out_.clear();
    stream_step step;
    sse_event event;
    events_.feed(bytes);
    for (;;) {
      const auto more = events_.next(event);
      if (!more)
        return make_fault(errc::mcp_error, more.error().kind,
                          "a message of the server is too large");
      if (!*more)
        break;
      note(event);
      // Events without data prime a stream that can be resumed.
      if (done_ || event.data.empty())
        continue;
      if (auto wrong = take(event.data))
        return *wrong;
    }
    step.out = out_;
    step.has_token = !out_.empty();
    step.done = done_;
    return step;
  }

  result<stream_step> close() override {
    return make_fault(errc::mcp_error, failure_kind::eof,
                      "the server ended its stream before it answered");
  }

  token_usage usage() const override { return {}; }

private:
  void note(const sse_event& event) {
    // What would end a field is no id that could be sent back.
    if (!place_)
      return;
    if (event.id && event.id->size() <= longest_event_id
        && std::all_of(event.id->begin(), event.id->end(),
                       [](char c) { return c >= ' ' && c <= '~'; }))
      place_->last_event = *event.id;
    std::uint32_t wait = 0;
    const auto* const end = event.retry.data() + event.retry.size();
    if (!event.retry.empty()
        && std::from_chars(event.retry.data(), end, wait).ptr == end)
      place_->wait = std::chrono::milliseconds{wait};
  }

  bool answers(const post_body& what) const {
    return !what.batch && what.messages.front().kind == message_kind::response
           && what.messages.front().id == id_;
  }

  std::optional<fault> take(std::string_view data) {
    auto text = json::padded(data);
    const auto read = read_body(text);
    if (!read || read->batch)
      return nonsense();
    done_ = answers(*read);
    // A response to another request is nobody's here.
    if (done_ || read->messages.front().kind != message_kind::response)
      append_event(out_, text);
    return std::nullopt;
  }

  static constexpr std::size_t longest_event_id = 1024;

  std::string id_;
  std::shared_ptr<stream_place> place_;
  sse_decoder events_{largest_message};
  std::string out_;
  bool done_ = false;
};

} // namespace

std::unique_ptr<reply_reader>
upstream_reader(std::uint64_t id, std::shared_ptr<stream_place> place) {
  return std::make_unique<reader>(id, std::move(place));
}

} // namespace caisson::protocol::mcp
