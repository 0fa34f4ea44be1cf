#include "server/config/storage.hpp"

#include <algorithm>
#include <string>

namespace caisson::config {
namespace {

constexpr std::string_view in_memory = "sqlite::memory:";

std::string url_of(const settings& from) {
  if (!from.storage.url.empty())
    return from.storage.url;
  if (from.node.data_dir.empty())
    return std::string{in_memory};
  std::string folder = from.node.data_dir;
  while (folder.size() > 1 && folder.ends_with('/'))
    folder.pop_back();
  return "sqlite://" + folder + "/caisson.db";
}

} // namespace

dependency_settings storage_of(const settings& from) {
  dependency_settings made;
  made.name = storage_name;
  made.kind = name_of(from.storage.kind);
  made.url = url_of(from);
  made.max_size = from.storage.max_size;
  made.timeout = millis{10'000};
  made.breaker.open_for = made.breaker.open_for_max = millis{30'000};
  made.bulkhead.concurrency = 20;
  // A file is back at once or not soon.
  made.retry.base = millis{50};
  made.retry.cap = millis{500};
  return made;
}

std::vector<dependency_settings> every_dependency(const settings& from) {
  auto all = from.dependencies;
  all.push_back(storage_of(from));
  return all;
}

void check_storage(const settings& made, const origins& from, problems& wrong) {
  auto& all = made.dependencies;
  auto taken = std::any_of(all.begin(), all.end(),
                           [](auto& one) { return one.name == storage_name; });
  std::string path = "dependency." + std::string{storage_name};
  if (taken)
    wrong.push_back({from.of(path), path + " is the node's own storage",
                     "another name; [storage] says where that is"});
}

} // namespace caisson::config
