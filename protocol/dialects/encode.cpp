#include "protocol/dialects/encode.hpp"

#include <array>
#include <charconv>

#include "protocol/json/write.hpp"

namespace caisson::protocol {

std::string json_fields(bool stream) {
  std::string fields;
  add_field(fields, "Content-Type", "application/json");
  add_field(fields, "Accept",
            stream ? "text/event-stream" : "application/json");
  return fields;
}

void add_field(std::string& fields, std::string_view name,
               std::string_view value) {
  fields += name;
  fields += ": ";
  fields += value;
  fields += "\r\n";
}

upstream_request with_body(std::string target, std::string fields,
                           std::string body) {
  auto text = std::make_shared<const std::string>(std::move(body));
  upstream_request result;
  result.target = std::move(target);
  result.fields = std::move(fields);
  result.body.emplace_back(*text);
  result.owner = std::move(text);
  return result;
}

std::optional<fault> untranslatable(const conversation& words) {
  if (words.flaw)
    return words.flaw;
  if (words.turns.empty())
    return unsayable("messages", "more than empty and system messages");
  return std::nullopt;
}

fault unsayable(std::string param, std::string_view expected) {
  std::string detail = "'";
  detail += param;
  detail += "' must be ";
  detail += expected;
  detail += " for this provider.";
  auto what = make_fault(errc::validation_constraint, std::move(detail));
  what.param = std::move(param);
  return what;
}

void next_element(std::string& out) {
  if (out.back() != '[')
    out += ',';
}

void append_strings(std::string& out, const std::vector<std::string>& texts) {
  out += '[';
  for (const auto& text : texts) {
    next_element(out);
    json::append_string(out, text);
  }
  out += ']';
}

std::string json_number(double value) {
  std::array<char, 32> digits;
  const auto end
    = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return {digits.data(), end};
}

} // namespace caisson::protocol
