#include "server/sqlite/address.hpp"

namespace caisson::sqlite {

std::optional<address> address::parse(std::string_view url) {
  constexpr std::string_view on_disk = "sqlite://";
  if (url == "sqlite::memory:")
    return address{};
  // The authority is empty, and the path is absolute: three slashes.
  if (!url.starts_with(on_disk) || url.ends_with('/')
      || url.find('\0') != url.npos)
    return std::nullopt;
  url.remove_prefix(on_disk.size());
  if (!url.starts_with('/') || url.starts_with("//"))
    return std::nullopt;
  return address{std::string{url}};
}

} // namespace caisson::sqlite
