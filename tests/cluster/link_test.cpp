// Nodes and strangers at the real port of a link, over loopback.
#include "server/cluster/link.hpp"

#include <filesystem>
#include <fstream>
#include <future>

#include <caf/send.hpp>

#include "actors/telemetry/families.hpp"
#include "tests/cluster/visitor.hpp"

using namespace caisson;
using namespace caisson::testing;
using namespace std::chrono_literals;
using protocol::welcome;

namespace {

double failures(cluster_node& of, const char* why) {
  return of.count(families::cluster_link_failures, {why});
}

double links_made(cluster_node& of) {
  return of.count(families::cluster_links, {"call"})
         + of.count(families::cluster_links, {"peer"});
}

bool linked(cluster_node& a, const std::string& b_name, cluster_node& b,
            const std::string& a_name) {
  return eventually(
    [&] { return a.sees_alive(b_name) && b.sees_alive(a_name); });
}

/// A visitor that is taken for the node b, up to BASP's greetings.
struct false_friend : visitor {
  explicit false_friend(const cluster_node& at) : visitor(at.where(), "b") {
    auto answer = greet("b", 1);
    REQUIRE(answer);
    REQUIRE(answer->answer == welcome::yes);
    host = answer->id;
    write(client_greets(id).bytes());
    // The server's greeting, as far as its payload's length, then that.
    auto head = read(32);
    REQUIRE(head.size() == 32);
    auto rest = read(static_cast<unsigned char>(head[6]) * 256u
                     + static_cast<unsigned char>(head[7]));
    auto at_id = rest.size() - 9;
    for (std::size_t i = 0; i < 8; ++i)
      door = door << 8 | static_cast<unsigned char>(rest[at_id + i]);
    write(client_greets(id, true).bytes());
  }

  std::string host;       ///< the node's id
  std::uint64_t door = 0; ///< its actor for peers
};

} // namespace

TEST_CASE("two nodes that know one address find each other, whoever calls") {
  if (!all_papers().made)
    return;
  cluster_node a{"a"};
  REQUIRE(a.complaint.empty());
  cluster_node b{"b", {a.where()}};
  CHECK(linked(a, "b", b, "a"));
}

TEST_CASE("a third node learns of the others from one of them") {
  if (!all_papers().made)
    return;
  cluster_node a{"a"};
  cluster_node b{"b", {a.where()}};
  cluster_node c{"c", {a.where()}};
  CHECK(linked(b, "c", c, "b"));
  CHECK(linked(a, "c", c, "a"));
}

TEST_CASE("nodes that call each other at the same time have one link") {
  if (!all_papers().made)
    return;
  // b's address must be known before it is there.
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor placeholder{
    io, {boost::asio::ip::address_v4::loopback(), 0}};
  auto port = placeholder.local_endpoint().port();
  placeholder.close();
  auto there = "127.0.0.1:" + std::to_string(port);
  cluster_node a{"a", {there}};
  cluster_node b{"b", {a.where()}, [&](auto& x) { x.settings.port = port; }};
  REQUIRE(b.complaint.empty());
  CHECK(linked(a, "b", b, "a"));
  CHECK(links_made(a) == 1);
  CHECK(links_made(b) == 1);
}

TEST_CASE("members say what they show, and nothing once they are gone") {
  if (!all_papers().made)
    return;
  cluster_node a{"a"};
  auto b = std::make_unique<cluster_node>("b", std::vector{a.where()});
  REQUIRE(linked(a, "b", *b, "a"));
  auto ask = [&] {
    auto said = std::make_shared<std::promise<std::vector<member_report>>>();
    auto future = said->get_future();
    caf::anon_send(a.actor,
                   cluster_survey{report_kind::telemetry, [said](auto all) {
                                    said->set_value(std::move(all));
                                  }});
    return future.get();
  };
  // Who is slow to say so is left out.
  std::vector<member_report> all;
  REQUIRE(eventually([&] { return (all = ask()).size() == 1; }));
  CHECK(all[0].name == "b");
  CHECK(all[0].text == "this is b");
  b.reset();
  CHECK(eventually([&] { return a.sees("b") == member_state::gone; }));
  CHECK(ask().empty());
}

TEST_CASE("a node that says farewell has left, and comes back in another "
          "life") {
  if (!all_papers().made)
    return;
  cluster_node a{"a"};
  std::uint64_t first = 0;
  {
    cluster_node b{"b", {a.where()}};
    REQUIRE(linked(a, "b", b, "a"));
    first = a.memory->shown.now()->others.at("b").incarnation;
    caf::anon_send(b.actor, leave_atom::value);
    CHECK(eventually([&] { return a.sees("b") == member_state::left; }));
  }
  cluster_node again{"b", {a.where()}};
  CHECK(linked(a, "b", again, "a"));
  CHECK(a.memory->shown.now()->others.at("b").incarnation > first);
}

TEST_CASE("a second node of a name is refused while the first one lives") {
  if (!all_papers().made)
    return;
  cluster_node a{"a"};
  cluster_node b{"b", {a.where()}};
  REQUIRE(linked(a, "b", b, "a"));
  cluster_node second{"b", {a.where()}};
  CHECK(eventually(
    [&] { return second.log.has("node a does not let this node in: taken"); }));
  CHECK(a.sees_alive("b"));
  CHECK(!second.sees_alive("a"));
}

TEST_CASE("an actor that has crashed is found again by all") {
  if (!all_papers().made)
    return;
  cluster_node a{"a"};
  cluster_node b{"b", {a.where()}};
  REQUIRE(linked(a, "b", b, "a"));
  auto old = a.actor;
  caf::anon_send_exit(old, caf::exit_reason::kill);
  a.actor = start_cluster(
    {std::make_shared<house>(
       house{a.system.get(), &a.counters, &a.census, &a.log}),
     a.settings, a.door, a.memory, [] { return std::uint64_t{1}; }},
    a.census.enrol("cluster", nullptr));
  CHECK(eventually([&] {
    return links_made(b) >= 2 && b.sees_alive("a") && a.sees_alive("b");
  }));
}

// -- who is let in ------------------------------------------------------------

TEST_CASE("who shows no certificate of the cluster's authority says nothing "
          "that is read") {
  if (!all_papers().made)
    return;
  cluster_node a{"a"};
  for (auto papers : {"", "fake"}) {
    visitor who{a.where(), papers};
    CHECK(!who.greet("b"));
  }
  CHECK(eventually([&] { return failures(a, "handshake") == 2; }));
}

TEST_CASE("a certificate of no listed node, of another than it says, or of "
          "several, is not enough") {
  if (!all_papers().made)
    return;
  cluster_node a{"a"};
  for (auto [papers, name] : {std::pair{"stranger", "stranger"},
                              {"stranger", "b"},
                              {"b", "c"},
                              {"both", "b"}}) {
    visitor who{a.where(), papers};
    auto answer = who.greet(name);
    REQUIRE(answer);
    CHECK(answer->answer == welcome::foreign);
    CHECK(who.read_to_end() == 0);
  }
  CHECK(eventually([&] { return failures(a, "refused") == 4; }));
}

TEST_CASE("a node does not link with itself") {
  if (!all_papers().made)
    return;
  cluster_node a{"a"};
  visitor who{a.where(), "a"};
  auto answer = who.greet("a");
  REQUIRE(answer);
  CHECK(answer->answer == welcome::self);
}

TEST_CASE("what is no greeting ends the connection") {
  if (!all_papers().made)
    return;
  cluster_node a{"a"};
  for (auto& words : {std::string("\xff\xff"), std::string("\0\5hello", 7),
                      basp_frame{0, 0, 3}.bytes()}) {
    visitor who{a.where(), "b"};
    CHECK(!who.say(words));
  }
  CHECK(eventually([&] { return failures(a, "greeting") == 3; }));
}

TEST_CASE("who takes too long to greet is put out") {
  if (!all_papers().made)
    return;
  cluster_node a{"a", {}, [](auto& x) { x.handshake_limit = 300ms; }};
  visitor who{a.where(), "b"};
  CHECK(who.read_to_end() == 0);
  boost::asio::io_context io;
  boost::asio::ip::tcp::socket mute{io};
  auto port = a.where().substr(a.where().rfind(':') + 1);
  mute.connect({boost::asio::ip::address_v4::loopback(),
                static_cast<std::uint16_t>(std::stoi(port))});
  CHECK(eventually([&] { return failures(a, "timeout") == 2; }));
}

TEST_CASE("strangers cannot take all the places") {
  if (!all_papers().made)
    return;
  cluster_node a{"a"};
  boost::asio::io_context io;
  std::vector<boost::asio::ip::tcp::socket> mute;
  auto port = a.where().substr(a.where().rfind(':') + 1);
  for (std::size_t i = 0; i < peering::link::most_strangers + 3; ++i) {
    mute.emplace_back(io);
    mute.back().connect({boost::asio::ip::address_v4::loopback(),
                         static_cast<std::uint16_t>(std::stoi(port))});
  }
  CHECK(eventually([&] { return failures(a, "crowded") == 3; }));
}

// -- what is let through ------------------------------------------------------

TEST_CASE("a peer is heard by its own name only") {
  if (!all_papers().made)
    return;
  cluster_node a{"a"};
  false_friend b{a};
  // As c, and then as itself: both reach the actor, one is believed.
  auto beat = [&](const std::string& name) {
    return message_to(b.door, "@<>+caisson_beat",
                      big_endian(cluster_version, 2) + basp_text(name)
                        + big_endian(1, 8) + std::string(1, '\0')
                        + big_endian(0, 8));
  };
  b.write(beat("c").bytes());
  b.write(beat("b").bytes());
  CHECK(eventually([&] {
    return a.count(families::cluster_messages, {"stranger"}) == 1
           && a.count(families::cluster_messages, {"beat"}) == 1;
  }));
}

TEST_CASE("CAF's own servers and other actors cannot be spoken to") {
  if (!all_papers().made)
    return;
  cluster_node a{"a"};
  false_friend b{a};
  for (auto name : {caf::atom("SpawnServ"), caf::atom("ConfigServ")}) {
    auto asks
      = message_to(static_cast<std::uint64_t>(name), "@<>+@atom+@atom+@str");
    asks.flags = 1;
    b.write(asks.bytes());
  }
  for (std::uint64_t id = 1; id < 6; ++id)
    if (id != b.door)
      b.write(message_to(id, "@<>+caisson_beat").bytes());
  // An end for the door itself, which would obey.
  b.write(message_to(b.door, "@<>+@exit_msg").bytes());
  CHECK(eventually(
    [&] { return a.count(families::cluster_frames_dropped, {}) >= 7; }));
  CHECK(a.sees_alive("b"));
}

TEST_CASE("a frame that no node writes ends the link, and nobody else's") {
  if (!all_papers().made)
    return;
  cluster_node a{"a"};
  cluster_node c{"c", {a.where()}};
  REQUIRE(linked(a, "c", c, "a"));
  {
    false_friend b{a};
    b.write(message_to(b.door, "@<>+caisson_beat").header(0xffff'ffff));
    b.read_to_end();
  }
  CHECK(eventually([&] { return failures(a, "frame") == 1; }));
  {
    false_friend b{a};
    b.write(basp_frame{0, 0, 3}.bytes());
    b.read_to_end();
  }
  CHECK(eventually([&] { return failures(a, "frame") == 2; }));
  CHECK(a.sees_alive("c"));
}

// -- certificates -------------------------------------------------------------

TEST_CASE("files that are no credentials are a complaint at the start") {
  if (!all_papers().made)
    return;
  auto& papers = all_papers();
  auto complains = [&](auto change, const std::string& about) {
    cluster_node a{"a", {}, change};
    INFO(a.complaint);
    CHECK(a.complaint.find(about) == 0);
  };
  complains([](auto& x) { x.settings.ca = "/nowhere"; }, "cluster.ca ");
  complains([](auto& x) { x.settings.cert = "/nowhere"; }, "cluster.cert ");
  complains([](auto& x) { x.settings.key = "/nowhere"; }, "cluster.key ");
  complains([&](auto& x) { x.settings.key = papers.at("b.key"); },
            "cluster.key does not belong");
  complains(
    [&](auto& x) {
      x.settings.cert = papers.at("b.pem");
      x.settings.key = papers.at("b.key");
    },
    "cluster.cert is not of the name");
  complains(
    [&](auto& x) {
      x.settings.cert = papers.at("fake.pem");
      x.settings.key = papers.at("fake.key");
    },
    "cluster.cert is not certified");
}

TEST_CASE("certificates are changed while the node runs") {
  if (!all_papers().made)
    return;
  auto& papers = all_papers();
  auto put = [&](const std::string& from) {
    for (auto kind : {".pem", ".key"})
      std::filesystem::copy_file(
        papers.at(from + kind), papers.at(std::string{"turning"} + kind),
        std::filesystem::copy_options::overwrite_existing);
  };
  put("a");
  cluster_node a{"a", {}, [&](auto& x) {
                   x.settings.cert = papers.at("turning.pem");
                   x.settings.key = papers.at("turning.key");
                   x.settings.ca = papers.at("authorities.pem");
                   std::filesystem::copy_file(
                     papers.at("ca.pem"), x.settings.ca,
                     std::filesystem::copy_options::overwrite_existing);
                 }};
  REQUIRE(a.complaint.empty());
  {
    visitor who{a.where(), "fake"};
    CHECK(!who.greet("b"));
  }
  // Another authority stands for b from now on.
  {
    std::ifstream foreign{papers.at("foreign.pem")};
    std::ofstream{papers.at("authorities.pem"), std::ios::app}
      << foreign.rdbuf();
  }
  {
    visitor who{a.where(), "fake"};
    CHECK(who.greet("b"));
  }
  // A file that is half written does not put anybody out.
  std::ofstream{papers.at("turning.pem")} << "-----BEGIN";
  {
    visitor who{a.where(), "c"};
    auto answer = who.greet("c");
    REQUIRE(answer);
  }
  CHECK(a.log.has("the one before is used"));
}
