#include "protocol/cache_key.hpp"

#include <algorithm>

#include "protocol/digest.hpp"
#include "protocol/http/head.hpp"

namespace caisson::protocol {
namespace {

bool plain(std::string_view part) noexcept {
  return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
    return c > ' ' && c < '\x7f' && c != ':' && c != '{' && c != '}';
  });
}

std::string joined(std::string_view kind, std::string_view entity,
                   std::string_view identifier, std::string_view version) {
  std::string key;
  key.reserve(kind.size() + entity.size() + identifier.size() + version.size()
              + 3);
  ((key += kind) += ':') += entity;
  ((key += ':') += identifier) += ':';
  key += version;
  return key;
}

} // namespace

std::string cache_key(std::string_view kind, std::string_view entity,
                      std::string_view identifier, std::string_view version) {
  auto who = plain(entity) ? std::string{entity} : sha256(entity);
  auto what = plain(identifier) ? std::string{identifier} : sha256(identifier);
  auto key = joined(kind, who, what, version);
  if (key.size() > longest_cache_key)
    key = joined(kind, who, sha256(what), version);
  if (key.size() > longest_cache_key)
    key = joined(kind, sha256(who), sha256(what), version);
  return key;
}

std::string tenant_of(std::string_view credential) {
  constexpr std::string_view scheme = "bearer ";
  if (credential.size() > scheme.size()
      && http::iequals(credential.substr(0, scheme.size()), scheme))
    credential.remove_prefix(scheme.size());
  while (credential.starts_with(' '))
    credential.remove_prefix(1);
  return credential.empty() ? "anonymous" : sha256(credential).substr(0, 32);
}

} // namespace caisson::protocol
