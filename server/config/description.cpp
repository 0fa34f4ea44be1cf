#include "server/config/description.hpp"

#include <fstream>

#include "protocol/openapi/document.hpp"
#include "server/config/yaml.hpp"

namespace caisson::config {

std::shared_ptr<const std::string> read_description(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::string text;
  text.resize(protocol::openapi::largest_document + 1);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad() || text.empty()
      || text.size() > protocol::openapi::largest_document)
    return nullptr;
  auto begin = text.find_first_not_of(" \t\r\n");
  if (begin != text.npos && text[begin] == '{')
    return std::make_shared<const std::string>(std::move(text));
  auto json = json_of_yaml(text);
  return json ? std::make_shared<const std::string>(std::move(*json)) : nullptr;
}

} // namespace caisson::config
