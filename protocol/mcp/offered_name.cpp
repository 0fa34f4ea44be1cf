#include "protocol/mcp/offered_name.hpp"

#include "protocol/digest.hpp"

namespace caisson::protocol::mcp {
namespace {

constexpr std::size_t digits = 8;

} // namespace

std::string bounded(std::string_view name) {
  if (name.size() <= longest_name)
    return std::string{name};
  // A name may be UTF-8, of which no character is cut in two.
  auto cut = longest_name - digits - 1;
  while (cut > 0 && (static_cast<unsigned char>(name[cut]) & 0xc0) == 0x80)
    --cut;
  return std::string{name.substr(0, cut)} + '_'
         + sha256(name).substr(0, digits);
}

std::string prefixed(std::string_view server, std::string_view name) {
  std::string whole{server};
  whole += "__";
  return bounded(whole += name);
}

} // namespace caisson::protocol::mcp
