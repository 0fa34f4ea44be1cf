#include "protocol/dialects/simulated.hpp"

#include "protocol/chat_request.hpp"
#include "protocol/conversation.hpp"
#include "protocol/dialects/openai_writer.hpp"

namespace caisson::protocol {
namespace {

constexpr std::string_view notice
  = "This is a simulated answer from Caisson: no provider is configured.";

/// Bytes of the client's words that are repeated.
constexpr std::size_t longest_echo = 2000;

constexpr std::string_view id = "chatcmpl-simulated";

/// The longest start of `text` of at most `size` bytes that ends with a whole
/// UTF-8 character.
std::string_view cut(std::string_view text, std::size_t size) noexcept {
  if (text.size() <= size)
    return text;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80)
    --size;
  return text.substr(0, size);
}

std::vector<std::string> split(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  std::vector<std::string> pieces;
  while (!text.empty()) {
    auto end = text.find_first_not_of(blanks, text.find_first_of(blanks));
    pieces.emplace_back(text.substr(0, end));
    text.remove_prefix(pieces.back().size());
  }
  return pieces;
}

std::string last_user_text(const conversation& words) {
  for (auto at = words.turns.rbegin(); at != words.turns.rend(); ++at) {
    if (at->who != speaker::user)
      continue;
    std::string text;
    for (auto& part : at->parts)
      if (auto said = std::get_if<text_part>(&part))
        text += said->text;
    return text;
  }
  return {};
}

} // namespace

std::uint64_t estimate_tokens(std::string_view text) noexcept {
  return (text.size() + 3) / 4;
}

simulated_answer simulate(std::string_view words, std::uint64_t heard_tokens) {
  simulated_answer result;
  result.text = notice;
  if (!words.empty()) {
    auto echo = cut(words, longest_echo);
    result.text += " You said: ";
    result.text += echo;
    if (echo.size() < words.size())
      result.text += "…";
  }
  result.pieces = split(result.text);
  result.usage = {heard_tokens, estimate_tokens(result.text), 0, true};
  return result;
}

simulated_answer simulate(const chat_request& request) {
  return simulate(last_user_text(request.words()),
                  estimate_tokens(request.body()));
}

std::string simulated_body(const simulated_answer& what, std::string_view model,
                           std::int64_t created) {
  answer said;
  said.id = id;
  said.model = model;
  said.created = created;
  said.choices.emplace_back().text = what.text;
  said.usage = what.usage;
  return openai_completion(said);
}

std::size_t simulated_events(const simulated_answer& what,
                             bool wants_usage) noexcept {
  return what.pieces.size() + (wants_usage ? 4 : 3);
}

std::string simulated_event(const simulated_answer& what,
                            std::string_view model, std::int64_t created,
                            bool wants_usage, std::size_t index) {
  std::string out;
  auto count = simulated_events(what, wants_usage);
  if (index >= count)
    return out;
  openai_chunks chunks{out};
  chunks.begin(id, model, created);
  auto after_pieces = what.pieces.size() + 1;
  if (index == 0)
    chunks.role(0);
  else if (index < after_pieces)
    chunks.text(0, what.pieces[index - 1]);
  else if (index == after_pieces)
    chunks.finished(0, finish::stop);
  else if (index + 1 == count)
    chunks.done();
  else
    chunks.usage(what.usage);
  return out;
}

} // namespace caisson::protocol
