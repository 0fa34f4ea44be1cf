#include <algorithm>

#include "protocol/continuation.hpp"
#include "protocol/dialects/json_scratch.hpp"
#include "protocol/json/strict.hpp"
#include "protocol/json/write.hpp"
#include "protocol/sse.hpp"

namespace caisson::protocol {
namespace {

namespace ondemand = simdjson::ondemand;
using json::each_element;
using json::each_member;

/// Not a token: what every vendor's first delta is full of.
bool says_nothing(std::string_view value) noexcept {
  return value == "null" || value == R"("")" || value == "[]";
}

/// Writes one chunk again, as the first provider's.
class chunk_writer {
public:
  chunk_writer(const stream_so_far& first, std::string_view provider)
    : has_id_{!first.id.empty()}, has_model_{!first.model.empty()},
      has_created_{!first.created.empty()}, has_role_{first.has_role} {
    head_ = "data: {";
    if (has_id_)
      head_ += "\"id\":" + first.id + ',';
    head_ += R"("object":"chat.completion.chunk")";
    if (has_created_)
      head_ += ",\"created\":" + first.created;
    if (has_model_)
      head_ += ",\"model\":" + first.model;
    mark_ = R"(,"caisson":{"degraded":"stream_failover","provider":)";
    json::append_string(mark_, provider);
    mark_ += '}';
  }

  /// Appends the event of a chunk, or nothing if all it said is a role that
  /// the client knows. False: it is no chunk.
  bool write(std::string_view chunk, std::string& out) {
    ondemand::document document;
    ondemand::object root;
    const auto begin = out.size();
    out_ = &out;
    knew_role_ = says_more_ = finishes_ = false;
    out += head_;
    if (walk(chunk, document) || document.get_object().get(root)
        || !each_member(root, [this](auto key, ondemand::value value) {
             return member(key, value);
           }))
      return false;
    // The lines of an event of several are one text, and one line from here on.
    std::replace(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(),
                 '\n', ' ');
    if (finishes_)
      out += mark_;
    marked_ |= finishes_;
    out += "}\n\n";
    if (knew_role_ && !says_more_)
      out.resize(begin);
    return true;
  }

  /// A stream without a finish reason still says who went on.
  void close(std::string& out) {
    if (!marked_)
      out.append(head_)
        .append(R"(,"choices":[])")
        .append(mark_)
        .append("}\n\n");
    out += "data: [DONE]\n\n";
  }

private:
  bool member(std::string_view key, ondemand::value value) {
    if (key == "object" || key == "caisson" || (key == "id" && has_id_)
        || (key == "model" && has_model_) || (key == "created" && has_created_))
      return true;
    ondemand::array choices;
    if (key == "choices" && !value.get_array().get(choices))
      return list(choices);
    const auto raw = json::raw(value);
    says_more_ |= key == "usage" && !says_nothing(raw);
    return copy(key, raw, true);
  }

  bool list(ondemand::array choices) {
    *out_ += R"(,"choices":[)";
    const auto ok = each_element(choices, [this](auto at, auto value) {
      ondemand::object choice;
      if (at > 0)
        *out_ += ',';
      return !value.get_object().get(choice)
             && members_of(choice, [this](auto key, auto of, bool comma) {
                  return choice_member(key, of, comma);
                });
    });
    *out_ += ']';
    return ok;
  }

  bool choice_member(std::string_view key, ondemand::value value, bool comma) {
    ondemand::object delta;
    if (key == "delta" && value.raw_json_token().starts_with('{')) {
      start(key, comma);
      return !value.get_object().get(delta)
             && members_of(delta, [this](auto name, auto of, bool next) {
                  return delta_member(name, of, next);
                });
    }
    const auto raw = json::raw(value);
    if (key == "finish_reason" && !says_nothing(raw))
      finishes_ = says_more_ = true;
    return copy(key, raw, comma);
  }

  bool delta_member(std::string_view key, ondemand::value value, bool comma) {
    const auto raw = json::raw(value);
    if (key != "role") {
      says_more_ |= !says_nothing(raw);
      return copy(key, raw, comma);
    }
    if (has_role_) {
      knew_role_ = true;
      return true;
    }
    has_role_ = true;
    return copy(key, raw, comma);
  }

  /// An object whose members `write` writes, or leaves out.
  template <class Write>
  bool members_of(ondemand::object from, Write write) {
    *out_ += '{';
    const auto begin = out_->size();
    const auto ok = each_member(from, [&](auto key, ondemand::value value) {
      return write(key, value, out_->size() > begin);
    });
    *out_ += '}';
    return ok;
  }

  void start(std::string_view key, bool comma) {
    if (comma)
      *out_ += ',';
    json::append_string(*out_, key);
    *out_ += ':';
  }

  bool copy(std::string_view key, std::string_view raw, bool comma) {
    start(key, comma);
    *out_ += raw;
    return !raw.empty();
  }

  std::string head_;
  std::string mark_;
  bool has_id_;
  bool has_model_;
  bool has_created_;
  bool has_role_;
  bool marked_ = false;
  // Of the chunk that is being written.
  std::string* out_ = nullptr;
  bool knew_role_ = false;
  bool says_more_ = false;
  bool finishes_ = false;
};

class continued_reader final : public reply_reader {
public:
  continued_reader(const stream_so_far& first,
                   std::unique_ptr<reply_reader> next,
                   std::string_view provider)
    : half_line_end_{first.half_line_end}, next_{std::move(next)},
      chunks_{first, provider} {}

  result<whole_reply> whole(std::string_view body) override {
    return next_->whole(body);
  }

  result<stream_step> feed(std::string_view bytes) override {
    return rewrite(next_->feed(bytes));
  }

  result<stream_step> close() override { return rewrite(next_->close()); }

  token_usage usage() const override { return next_->usage(); }

private:
  result<stream_step> rewrite(result<stream_step> step) {
    if (!step)
      return step;
    out_ = half_line_end_ ? "\n" : "";
    const auto begin = out_.size();
    decoder_.feed(step->out);
    sse_event event;
    auto more = decoder_.next(event);
    for (; more && *more; more = decoder_.next(event))
      if (!take(event))
        return undecodable("an event of the stream is not valid JSON");
    if (!more)
      return more.error();
    if (out_.size() == begin)
      out_.clear();
    else
      half_line_end_ = false;
    step->out = out_;
    return step;
  }

  bool take(const sse_event& event) {
    if (event.has_data && event.data != "[DONE]")
      return chunks_.write(event.data, out_);
    if (event.has_data) {
      chunks_.close(out_);
      return true;
    }
    // A comment, or the rest of a line end.
    auto last = event.raw.find_last_not_of("\r\n");
    if (last != event.raw.npos)
      out_.append(event.raw, 0, last + 1).append("\n\n");
    return true;
  }

  bool half_line_end_;
  std::unique_ptr<reply_reader> next_;
  chunk_writer chunks_;
  sse_decoder decoder_;
  std::string out_;
};

} // namespace

std::unique_ptr<reply_reader>
continuation::reader(std::unique_ptr<reply_reader> next,
                     std::string_view provider) const {
  return std::make_unique<continued_reader>(so_far_, std::move(next), provider);
}

} // namespace caisson::protocol
