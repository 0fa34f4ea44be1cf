#include "server/telemetry/cluster_view.hpp"

#include <boost/json/parse.hpp>

#include "tests/support/catch.hpp"

using namespace caisson;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

roster_view three() {
  roster_view out{"a", 7, "a:1", {}};
  out.others["b"]
    = {"b:1", 8, member_state::alive, true, {}, time_point{} + 1s};
  out.others["c"] = {"c:1", 9, member_state::gone, false, {}, {}};
  return out;
}

} // namespace

TEST_CASE("a node shows itself and what the others have said") {
  auto text = cluster_body(R"({"node":"a","uptime":1})", three(),
                           {{"b", R"({"node":"b"})"}}, time_point{} + 3s);
  auto read = json::parse(text).as_object();
  CHECK(read["node"] == "a");
  auto& all = read["cluster"].at("members").as_array();
  REQUIRE(all.size() == 3);
  CHECK(all[0].at("name") == "a");
  CHECK(all[0].at("self") == true);
  CHECK(all[1].at("state") == "alive");
  CHECK(all[1].at("silent") == 2.0);
  CHECK(all[1].at("telemetry").at("node") == "b");
  CHECK(all[2].at("state") == "gone");
  CHECK(all[2].at("incarnation") == 9);
  CHECK(all[2].at("silent").is_null());
  CHECK(all[2].at("telemetry").is_null());
}

TEST_CASE("what another node says and is no object is not passed on") {
  for (auto said : {"", "{", "[1]", "nonsense"}) {
    auto text = cluster_body("{}", three(), {{"b", said}}, time_point{});
    auto read = json::parse(text);
    auto& all = read.at("cluster").at("members").as_array();
    CHECK(all[1].at("telemetry").is_null());
  }
}

TEST_CASE("the numbers of several nodes are one exposition") {
  auto text = cluster_exposition(
    {{"a", "# HELP x_total Xs.\n# TYPE x_total counter\nx_total 1\n"
           "x_total{k=\"v\"} 2\n# HELP y Ys.\n# TYPE y gauge\ny 3\n"},
     {"b", "# HELP y Ys.\n# TYPE y gauge\ny 4\n# HELP x_total Xs.\n"
           "# TYPE x_total counter\nx_total 5\n# HELP z Zs.\n"
           "# TYPE z gauge\nz{k=\"{ \"} 6\n"},
     {"c", ""}});
  CHECK(text
        == "# HELP x_total Xs.\n# TYPE x_total counter\n"
           "x_total{node=\"a\"} 1\nx_total{node=\"a\",k=\"v\"} 2\n"
           "x_total{node=\"b\"} 5\n"
           "# HELP y Ys.\n# TYPE y gauge\ny{node=\"a\"} 3\ny{node=\"b\"} 4\n"
           "# HELP z Zs.\n# TYPE z gauge\nz{node=\"b\",k=\"{ \"} 6\n");
}
