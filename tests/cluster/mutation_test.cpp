// Frames that were damaged, through the gate into CAF's distribution itself.
// CAISSON_FRAMES says how many; a million is for a machine that has the time:
//   CAISSON_FRAMES=1000000 build/asan/test_cluster "*damaged*"
#include <array>
#include <cstdlib>
#include <random>

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include "protocol/cluster/frame_gate.hpp"
#include "server/cluster/basp_seam.hpp"
#include "tests/cluster/world.hpp"
#include "tests/support/basp_frames.hpp"

using namespace caisson;
using namespace caisson::testing;

namespace {

using mt = std::mt19937;

peer_actor::behavior_type listener(peer_actor::pointer self) {
  self->set_default_handler(caf::drop);
  return {
    [](const cluster_beat&) {},
    [](const cluster_farewell&) {},
    [](const cluster_word&) {},
    [](const cluster_order&) {},
    [](const cluster_question&) { return cluster_report{}; },
    [](const quota_question&) { return quota_answer{}; },
    [](const quota_change&) { return quota_answer{}; },
    [](const quota_recall&) {},
    [](const flight_claim&) { return flight_grant{}; },
    [](const flight_release&) {},
    [](const flight_follow&) {},
    [](const flight_leave&) {},
    [](const flight_news&) {},
  };
}

std::size_t wanted_frames() {
  auto* said = std::getenv("CAISSON_FRAMES");
  return said ? std::strtoull(said, nullptr, 10) : 20'000;
}

struct attacker {
  explicit attacker(mt& dice, const std::string& here, std::uint64_t door)
    : dice(dice), peer(basp_node(static_cast<char>('a' + dice() % 26))),
      gate({false, here, peer, peering::application, door, cluster_words()}) {
    auto beat = big_endian(cluster_version, 2) + basp_text("b")
                + big_endian(1, 8) + '\1' + basp_text("c") + basp_text("c:1")
                + big_endian(9, 8) + '\0';
    auto reason
      = '\3' + big_endian(1, 8) + std::string(2, '\0') + basp_text("@<>");
    frames = {
      message_to(door, "@<>+caisson_beat", beat).bytes(),
      message_to(door, "@<>+caisson_question", big_endian(1, 2) + '\0').bytes(),
      answer_to(3, "@<>+caisson_report", big_endian(1, 2) + basp_text("x"))
        .bytes(),
      answer_to(3, "@<>+@error", reason).bytes(),
      client_greets(peer, true).bytes(),
      basp_frame{4, 0, 0, 0, door, peer + here}.bytes(),
      basp_frame{5, 0, 0, 8, 0, peer + here + reason}.bytes(),
      basp_frame{6}.bytes()};
  }

  /// A frame, mostly damaged: more often in its payload than in its head, since
  /// few of those get anywhere.
  std::string next() {
    auto one = frames[dice() % frames.size()];
    for (auto n = dice() % 4; n > 0; --n) {
      auto from = dice() % 8 == 0 || one.size() == 32 ? 0 : 32;
      one[from + dice() % (one.size() - from)] = static_cast<char>(dice());
    }
    return one;
  }

  mt& dice;
  std::string peer;
  protocol::frame_gate gate;
  std::vector<std::string> frames;
};

void write_all(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    auto n = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0)
      return; // CAF has closed it
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

} // namespace

TEST_CASE("damaged frames that pass the gate leave CAF's distribution alive") {
  caf::actor_system_config config;
  peering::load_distribution(config);
  register_cluster_types(config);
  caf::actor_system system{config};
  auto door = system.spawn(listener);
  {
    peering::basp_seam seam{system};
    mt dice{20261128};
    std::size_t passed = 0;
    std::size_t tried = 0;
    while (tried < wanted_frames()) {
      attacker who{dice, seam.id(), door.id()};
      int pair[2];
      REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
      seam.serve(pair[1], caf::actor_cast<caf::strong_actor_ptr>(door));
      auto bytes = client_greets(who.peer).bytes();
      std::string out;
      for (auto n = 0; n < 500 && !who.gate.feed(bytes, out); ++n, ++tried) {
        write_all(pair[0], out);
        out.clear();
        bytes = who.next();
      }
      passed += who.gate.passed();
      ::close(pair[0]);
    }
    CHECK(passed > wanted_frames() / 4);
    caf::scoped_actor self{system};
    self
      ->request(door, std::chrono::seconds{30},
                cluster_question{cluster_version, 0})
      .receive([](const cluster_report&) { SUCCEED("it lives"); },
               [](const caf::error&) { FAIL("nobody answers"); });
  }
  caf::anon_send_exit(door, caf::exit_reason::user_shutdown);
}
