#include "tests/server/config_fixture.hpp"
#include "tests/server/papers.hpp"

// Rules of [cluster]; what it does is the subject of
// tests/system/test_cluster.py.

namespace caisson::config {

namespace {

/// A node a of an authority ca, and another, b.
struct cluster_files : papers {
  cluster_files() {
    REQUIRE(authority("ca"));
    REQUIRE(sign("a", "ca", "DNS:a"));
    REQUIRE(sign("b", "ca", "DNS:b"));
  }

  /// `[cluster]` of the node a, `more` at its end.
  std::string text(const std::string& more = {}, const std::string& cert = "a",
                   const std::string& key = "a") const {
    return "[node]\nname = \"a\"\n[cluster]\nenabled = true\nca = \""
           + at("ca.pem") + "\"\ncert = \"" + at(cert + ".pem") + "\"\nkey = \""
           + at(key + ".key") + "\"\n" + more;
  }
};

constexpr auto both = "nodes = [\"a\", \"b\"]\n";

bool says(const lines& all, const std::string& part) {
  return all.size() == 1 && all[0].find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a cluster needs an authority, a certificate, a key and this node's "
          "name",
          "[config]") {
  CHECK(complaints({"[cluster]\nenabled = false"}).empty());
  auto wrong = complaints({"[node]\nname = \"a\"\n[cluster]\nenabled = true"});
  CHECK(wrong.size() == 4);
  cluster_files files;
  CHECK(complaints({files.text(both)}).empty());
  CHECK(says(complaints({files.text("nodes = [\"b\"]\n")}),
             "cluster.nodes does not list a, this node"));
}

TEST_CASE("the files of a cluster fit each other and the node", "[config]") {
  cluster_files files;
  CHECK(says(complaints({files.text(both, "a", "b")}),
             "cluster.key does not belong to cluster.cert"));
  CHECK(says(complaints({files.text(both, "b", "b")}),
             "cluster.cert is not of the name that node.name says"));
}

TEST_CASE("others are told an address that leads somewhere", "[config]") {
  cluster_files files;
  auto everywhere = std::string{both} + "bind = \"0.0.0.0\"\n";
  CHECK(says(complaints({files.text(everywhere)}), "cluster.advertise"));
  CHECK(complaints({files.text(everywhere + "advertise = \"a.example:7\"\n")})
          .empty());
  for (auto bad : {"a", "a:", ":7", "a:70000", "a b:7", "[::1]"})
    CHECK(complaints(
            {files.text(std::string{both} + "seeds = [\"" + bad + "\"]\n")})
            .size()
          == 1);
  CHECK(complaints({files.text(std::string{both}
                               + "seeds = [\"[::1]:7\", \"b.example:7\"]\n")})
          .empty());
}

TEST_CASE("a late heartbeat is no death", "[config]") {
  cluster_files files;
  auto hasty = std::string{both} + "dead_after = \"1900ms\"\n";
  CHECK(says(complaints({files.text(hasty)}), "too short"));
}

} // namespace caisson::config
