#include "protocol/continuation.hpp"

#include "protocol/continuation_read.hpp"

namespace caisson::protocol {
namespace {

/// For every vendor; short, as each word may be taken for the client's.
constexpr std::string_view wish
  = "Your last message was cut off. Continue it exactly where it stops, "
    "without repeating or commenting on any of it.";

/// Blanks alone are no text to go on from; vendors refuse messages of them.
bool blank(std::string_view inside_of_string) noexcept {
  while (!inside_of_string.empty()) {
    auto escaped = inside_of_string.front() == '\\';
    auto c = inside_of_string[escaped ? 1 : 0];
    if (escaped ? c != 'n' && c != 'r' && c != 't' : c != ' ')
      return false;
    inside_of_string.remove_prefix(escaped ? 2 : 1);
  }
  return true;
}

fault lost(std::string_view where) {
  return make_fault(errc::llm_error, failure_kind::eof,
                    "the stream broke off " + std::string{where});
}

} // namespace

result<continuation>
continuation::read(std::string_view so_far,
                   std::shared_ptr<const chat_request> asked) {
  continuation made;
  auto& stream = made.so_far_;
  auto trouble = read_stream(so_far, stream);
  request_outline outline;
  if (!outline_of(asked->body(), outline))
    return lost("and its request cannot be read again");
  if (outline.several)
    return lost("among several choices");
  if (!made.complete()) {
    if (!trouble.empty())
      return lost(trouble);
    if (!blank(stream.text)) {
      if (outline.json)
        return lost("within an answer in JSON");
      made.messages_end_ = outline.messages_end;
    }
  }
  made.asked_ = std::move(asked);
  return made;
}

std::string continuation::rest() const {
  if (so_far_.done)
    return {};
  return so_far_.half_line_end ? "\ndata: [DONE]\n\n" : "data: [DONE]\n\n";
}

result<std::shared_ptr<const chat_request>> continuation::request() const {
  if (messages_end_ == 0)
    return asked_;
  auto body = asked_->body();
  std::string longer;
  longer.reserve(body.size() + so_far_.text.size() + wish.size() + 256);
  longer += body.substr(0, messages_end_);
  longer += R"(,{"role":"assistant","content":")";
  longer += so_far_.text;
  longer += R"("},{"role":"user","content":")";
  longer += wish;
  longer += R"("})";
  longer += body.substr(messages_end_);
  auto made = chat_request::read(std::move(longer));
  // Half of a surrogate pair, cut off there, cannot be said in UTF-8.
  if (!made)
    return lost("within a character");
  return made;
}

} // namespace caisson::protocol
