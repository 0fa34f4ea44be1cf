#include "server/telemetry/cluster_view.hpp"

#include <algorithm>
#include <map>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace caisson {
namespace {

namespace json = boost::json;

/// What another node has written is looked at before it is passed on.
json::value tree_of(const std::vector<member_report>& said,
                    const std::string& name) {
  auto at = std::find_if(said.begin(), said.end(),
                         [&](auto& x) { return x.name == name; });
  if (at == said.end() || at->text.empty())
    return nullptr;
  boost::system::error_code ec;
  auto read = json::parse(at->text, ec);
  return ec || !read.is_object() ? json::value(nullptr) : read;
}

json::object member_view(const std::string& name, const member& it,
                         const std::vector<member_report>& said,
                         time_point now) {
  json::object out;
  out["name"] = name;
  out["state"] = name_of(it.state);
  out["incarnation"] = it.incarnation;
  out["address"] = it.address;
  out["linked"] = it.linked;
  out["silent"]
    = it.heard == time_point{}
        ? json::value(nullptr)
        : json::value(std::chrono::duration<double>(now - it.heard).count());
  out["telemetry"] = tree_of(said, name);
  return out;
}

/// The lines of one family, of all nodes.
struct family_lines {
  std::string head; ///< HELP and TYPE, once
  std::string samples;
};

/// `name{a="b"} 1` or `name 1`, with the node's label in it.
std::string labelled(std::string_view line, const std::string& node) {
  auto end = line.find_first_of("{ ");
  if (end == std::string_view::npos)
    return {};
  auto label = "node=\"" + node + '"';
  std::string out{line.substr(0, end)};
  if (line[end] == '{')
    return out + '{' + label + ',' + std::string{line.substr(end + 1)} + '\n';
  return out + '{' + label + '}' + std::string{line.substr(end)} + '\n';
}

} // namespace

std::string cluster_body(const std::string& body, const roster_view& all,
                         const std::vector<member_report>& said,
                         time_point now) {
  boost::system::error_code ec;
  auto read = json::parse(body, ec);
  json::object out
    = ec || !read.is_object() ? json::object{} : std::move(read.as_object());
  json::array members;
  json::object self;
  self["name"] = all.self;
  self["state"] = name_of(member_state::alive);
  self["incarnation"] = all.incarnation;
  self["address"] = all.address;
  self["self"] = true;
  members.push_back(std::move(self));
  for (auto& [name, it] : all.others)
    members.push_back(member_view(name, it, said, now));
  json::object cluster;
  cluster["members"] = std::move(members);
  out["cluster"] = std::move(cluster);
  return json::serialize(out);
}

std::string cluster_exposition(const std::vector<member_report>& all) {
  std::vector<std::string> order;
  std::map<std::string, family_lines, std::less<>> families;
  for (auto& node : all) {
    std::string_view rest{node.text};
    family_lines* current = nullptr;
    auto first = false; // of the nodes to have this family
    while (!rest.empty()) {
      auto line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      if (line.starts_with("# HELP ")) {
        auto name = line.substr(7, line.find(' ', 7) - 7);
        auto [at, fresh] = families.try_emplace(std::string{name});
        first = fresh;
        current = &at->second;
        if (fresh)
          order.emplace_back(name);
      }
      if (current && line.starts_with('#') && first)
        current->head += std::string{line} + '\n';
      if (current && !line.empty() && !line.starts_with('#'))
        current->samples += labelled(line, node.name);
    }
  }
  std::string out;
  for (auto& name : order)
    out += families[name].head + families[name].samples;
  return out;
}

} // namespace caisson
