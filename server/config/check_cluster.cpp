#include "server/config/check_cluster.hpp"

#include <algorithm>
#include <utility>

#include "server/cluster/credentials.hpp"

namespace caisson::config {
namespace {

constexpr std::string_view enabled = "cluster.enabled";
constexpr std::string_view nodes = "cluster.nodes";
constexpr std::string_view dead_after = "cluster.dead_after";

class cluster_judge {
public:
  cluster_judge(const settings& made, const origins& from, problems& wrong)
    : set_(made.cluster), name_(made.node.name), from_(from), wrong_(wrong) {}

  void all() {
    check_files();
    check_names();
    check_address();
    if (sound(dead_after) && sound("cluster.heartbeat")
        && set_.dead_after < 2 * set_.heartbeat)
      refuse(dead_after,
             "cluster.dead_after is too short for cluster.heartbeat",
             "at least two heartbeats, or one that is late is a death");
  }

private:
  bool sound(std::string_view path) const {
    return from_.broken.find(path) == from_.broken.end();
  }

  void refuse(std::string_view at, std::string what, std::string expected,
              errc code = errc::config_invalid) {
    auto there = from_.has(at) ? at : enabled;
    wrong_.push_back(
      {from_.of(there), std::move(what), std::move(expected), code});
  }

  void check_files() {
    auto complete = true;
    for (auto [path, file] : {std::pair{"cluster.ca", &set_.ca},
                              {"cluster.cert", &set_.cert},
                              {"cluster.key", &set_.key}}) {
      complete = complete && sound(path) && !file->empty();
      if (sound(path) && file->empty())
        refuse(path, std::string{"cluster is enabled without "} + path,
               "a file in PEM: nodes know each other by certificates alone",
               errc::config_missing);
    }
    if (!complete)
      return;
    auto loaded
      = peering::load_credentials({set_.ca, set_.cert, set_.key}, name_);
    if (auto* why = std::get_if<peering::credential_problem>(&loaded)) {
      auto said = peering::complaint_of(*why);
      refuse(said.option, said.sentence(),
             "certificates as in server/cluster/README.md");
    }
  }

  void check_names() {
    auto known = std::find(set_.nodes.begin(), set_.nodes.end(), name_)
                 != set_.nodes.end();
    if (sound(nodes) && sound("node.name") && !known)
      refuse(nodes, "cluster.nodes does not list " + name_ + ", this node",
             "the names of all nodes of the cluster", errc::config_missing);
  }

  /// Others must be told an address that leads here.
  void check_address() {
    auto everywhere = set_.bind == "0.0.0.0" || set_.bind == "::";
    if (sound("cluster.bind") && sound("cluster.advertise") && everywhere
        && set_.advertise.empty())
      refuse("cluster.bind", "cluster.bind is for all addresses",
             "cluster.advertise, HOST:PORT by which others reach this node",
             errc::config_missing);
  }

  const cluster_settings& set_;
  const std::string& name_;
  const origins& from_;
  problems& wrong_;
};

} // namespace

void check_cluster(const settings& made, const origins& from, problems& wrong) {
  if (made.cluster.enabled)
    cluster_judge{made, from, wrong}.all();
}

} // namespace caisson::config
