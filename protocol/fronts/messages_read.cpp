#include "protocol/fronts/messages_read.hpp"

namespace caisson::protocol::messages {
namespace {

namespace ondemand = simdjson::ondemand;

fault complaint(errc code, std::string param, std::string_view expected) {
  std::string detail = "'";
  detail += param;
  detail += "' must be ";
  detail += expected;
  detail += '.';
  auto what = make_fault(code, std::move(detail));
  what.param = std::move(param);
  return what;
}

} // namespace

bool wrong(draft& into, std::string param, std::string_view expected) {
  into.wrong = complaint(errc::validation_schema, std::move(param), expected);
  return false;
}

bool beyond(draft& into, std::string param, std::string_view allowed) {
  into.wrong
    = complaint(errc::validation_constraint, std::move(param), allowed);
  return false;
}

bool unsaid(draft& into, std::string param, std::string_view expected) {
  if (!into.unsaid)
    into.unsaid = complaint(errc::validation_constraint, std::move(param),
                            std::string{expected} + " for this provider");
  return true;
}

std::string place(std::string_view list, std::size_t index,
                  std::string_view field) {
  std::string param{list};
  ((param += '[') += std::to_string(index)) += ']';
  return param += field;
}

bool is_null(ondemand::value& value) {
  return value.raw_json_token().starts_with('n');
}

bool inside(ondemand::value from, std::string_view& text) {
  const auto token = json::trim(from.raw_json_token());
  if (!token.starts_with('"'))
    return false;
  text = token.substr(1, token.size() - 2);
  return true;
}

bool inside(simdjson::simdjson_result<ondemand::value> from,
            std::string_view& text) {
  ondemand::value value;
  return !from.get(value) && inside(value, text);
}

void next(std::string& list, std::string_view glue) {
  if (!list.empty())
    list += glue;
}

} // namespace caisson::protocol::messages
