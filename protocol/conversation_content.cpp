#include "protocol/conversation_read.hpp"

namespace caisson::protocol {
namespace {

namespace ondemand = simdjson::ondemand;

} // namespace

/// `data:image/png;base64,…` (RFC 2397), or an address.
bool add_image(std::string_view url, const std::string& param, message& to,
               conversation& into) {
  if (!url.starts_with("data:")) {
    if (url.empty())
      return wrong(into, param, "the address of an image");
    to.content.emplace_back(image_part{std::string{url}, {}, {}});
    return true;
  }
  url.remove_prefix(5);
  const auto comma = url.find(',');
  auto head = url.substr(0, comma);
  if (comma == url.npos || !head.ends_with(";base64"))
    return unsaid(into, param, "an address or a base64 data URL");
  const auto type = head.substr(0, head.find(';'));
  if (!type.starts_with("image/"))
    return unsaid(into, param, "an image");
  to.content.emplace_back(
    image_part{{}, std::string{type}, std::string{url.substr(comma + 1)}});
  return true;
}

bool read_image(ondemand::value from, const std::string& param, message& to,
                conversation& into) {
  std::string_view url;
  ondemand::object image;
  if (from.get_string().get(url)
      && (from.get_object().get(image) || image["url"].get_string().get(url)))
    return wrong(into, param, "an object with a url");
  return add_image(url, param, to, into);
}

bool read_part(ondemand::object from, const std::string& param, message& to,
               conversation& into) {
  std::string_view type;
  if (from["type"].get_string().get(type))
    return wrong(into, param + ".type", "a string");
  std::string_view text;
  if (type == "text") {
    if (from["text"].get_string().get(text))
      return wrong(into, param + ".text", "a string");
    if (!text.empty())
      to.content.emplace_back(text_part{std::string{text}});
    return true;
  }
  if (type == "refusal") {
    if (from["refusal"].get_string().get(text))
      return wrong(into, param + ".refusal", "a string");
    to.content.emplace_back(refusal_part{std::string{text}});
    return true;
  }
  ondemand::value image;
  if (type != "image_url")
    return unsaid(into, param + ".type", "text or image_url for this provider");
  return from["image_url"].get(image)
           ? wrong(into, param + ".image_url", "an object with a url")
           : read_image(image, param + ".image_url", to, into);
}

bool read_content(ondemand::value from, message& to, conversation& into) {
  if (from.raw_json_token().starts_with('n'))
    return true;
  to.has_content = true;
  std::string_view text;
  if (!from.get_string().get(text)) {
    if (!text.empty())
      to.content.emplace_back(text_part{std::string{text}});
    return true;
  }
  ondemand::array parts;
  if (from.get_array().get(parts))
    return wrong(into, to.param + ".content", "a string or an array of parts");
  return each_element(parts, [&](std::size_t i, ondemand::value value) {
    const auto param = to.param + ".content[" + std::to_string(i) + "]";
    ondemand::object item;
    return value.get_object().get(item) ? wrong(into, param, "an object")
                                        : read_part(item, param, to, into);
  });
}

} // namespace caisson::protocol
