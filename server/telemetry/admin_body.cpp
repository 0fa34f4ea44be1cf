#include "server/telemetry/admin_body.hpp"

#include <boost/json/parse.hpp>

namespace caisson {

namespace json = boost::json;

result<json::object> admin_body(std::string_view body) {
  boost::system::error_code ec;
  auto read = json::parse(json::string_view{body.data(), body.size()}, ec);
  auto* object = ec ? nullptr : read.if_object();
  if (!object)
    return make_fault(errc::validation_schema, "the body must be an object");
  return std::move(*object);
}

std::string wanted_mode(std::string_view body) {
  auto read = admin_body(body);
  auto* mode = read ? read.value().if_contains("mode") : nullptr;
  auto* text = mode ? mode->if_string() : nullptr;
  return text ? std::string{text->data(), text->size()} : std::string{};
}

fault wrong_member(std::string member, std::string detail) {
  auto why = make_fault(errc::validation_constraint, std::move(detail));
  why.param = std::move(member);
  return why;
}

} // namespace caisson
