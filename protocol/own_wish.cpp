#include "protocol/own_wish.hpp"

#include "protocol/json/strict.hpp"

namespace caisson::protocol {

void own_wish::note(const std::string& body, simdjson::ondemand::value value) {
  const auto token = json::trim(value.raw_json_token());
  if (token != "true" && token != "false")
    return;
  said_ = token == "true";
  value_begin_ = static_cast<std::size_t>(token.data() - body.data());
  value_end_ = value_begin_ + token.size();
}

own_wish::gap own_wish::cut(std::string& body) const {
  if (!said_)
    return {};
  constexpr std::string_view blanks = " \t\r\n";
  // Backwards over the colon to the key's closing quote, and to its opening
  // one: however the key was escaped, no quote is inside it.
  auto from = body.rfind('"', body.rfind(':', value_begin_) - 1);
  from = body.rfind('"', from - 1);
  auto to = value_end_;
  const auto next = body.find_first_not_of(blanks, to);
  if (body[next] == ',') {
    to = body.find_first_not_of(blanks, next + 1);
  } else {
    // The last one: the comma before it goes, if there is one.
    const auto before = body.find_last_not_of(blanks, from - 1);
    if (body[before] == ',')
      from = before;
  }
  body.erase(from, to - from);
  return {from, to - from};
}

} // namespace caisson::protocol
