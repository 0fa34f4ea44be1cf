#include "protocol/cluster/frame_gate.hpp"

#include <array>
#include <random>

#include "tests/support/basp_frames.hpp"
#include "tests/support/catch.hpp"

using namespace caisson::protocol;
using namespace caisson::testing;

namespace {

constexpr std::uint64_t door = 42;
const std::string here = basp_node('h');
const std::string peer = basp_node('p');

gate_rules rules(bool called = false) {
  return {called, here, peer, "caisson/1", door, {"beat", "report"}};
}

/// A gate that has been greeted.
struct open_gate {
  open_gate() {
    std::string out;
    REQUIRE(!it.feed(client_greets(peer).bytes(), out));
    REQUIRE(out == client_greets(peer).bytes());
  }

  bool passes(const basp_frame& what) {
    std::string out;
    auto flaw = it.feed(what.bytes(), out);
    INFO((flaw ? name_of(*flaw) : "no flaw"));
    CHECK(!flaw);
    CHECK((out.empty() || out == what.bytes()));
    return !out.empty();
  }

  std::optional<frame_flaw> flaw(const std::string& bytes) {
    std::string out;
    auto why = it.feed(bytes, out);
    CHECK(out.empty());
    return why;
  }

  frame_gate it{rules()};
};

} // namespace

TEST_CASE("what nodes of the cluster say to each other passes as it is") {
  open_gate gate;
  CHECK(gate.passes(client_greets(peer, true)));
  CHECK(gate.passes(message_to(door, "@<>+beat", "abc")));
  CHECK(gate.passes(answer_to(9, "@<>+report", "abc")));
  CHECK(gate.passes(answer_to(9, "@<>")));
  CHECK(gate.passes({4, 0, 0, 0, door, peer + here}));
  CHECK(gate.passes({6}));
  auto no_context = std::string(2, '\0') + basp_text("@<>");
  auto reason = '\3' + big_endian(1, 8) + no_context;
  CHECK(gate.passes({5, 0, 0, 8, 0, peer + here + reason}));
  CHECK(gate.passes(answer_to(9, "@<>+@error", reason)));
}

TEST_CASE("the server of the two greets as one, where this node has called") {
  frame_gate gate{rules(true)};
  std::string out;
  CHECK(!gate.feed(server_greets(peer, "caisson/1").bytes(), out));
  CHECK(out == server_greets(peer, "caisson/1").bytes());
}

TEST_CASE("frames come out whole, however they are cut") {
  auto all = client_greets(peer).bytes()
             + message_to(door, "@<>+beat", std::string(90, 'x')).bytes()
             + basp_frame{6}.bytes();
  for (std::size_t size = 1; size <= all.size(); ++size) {
    frame_gate gate{rules()};
    std::string out;
    for (std::size_t at = 0; at < all.size(); at += size) {
      auto before = out.size();
      REQUIRE(!gate.feed(std::string_view{all}.substr(at, size), out));
      // Nothing of a frame goes on before all of it is there.
      CHECK((out.size() == before || out == all.substr(0, out.size())));
    }
    CHECK(out == all);
    CHECK(gate.held() == 0);
  }
}

TEST_CASE("what CAF writes of itself is dropped, and the link goes on") {
  open_gate gate;
  // The look for the spawn server, by name; the configuration server, too.
  for (auto name : {0x1003'ddd6'6f33ull, 0x0e2a'4f1dull}) {
    auto asks = message_to(name, "@<>+@atom+@atom+@str");
    asks.flags = 1;
    CHECK(!gate.passes(asks));
  }
  CHECK(
    !gate.passes({3, 0, 0, 1, door, peer + here + basp_message("@<>+beat")}));
  CHECK(!gate.passes({4, 0, 0, 0, door + 1, peer + here}));
  CHECK(gate.it.dropped() == 4);
  CHECK(gate.passes({6}));
}

TEST_CASE("by a name nobody is reached, the door neither") {
  open_gate gate;
  auto named = message_to(door, "@<>+beat");
  named.flags = 1;
  CHECK(!gate.passes(named));
}

TEST_CASE("only the door may be spoken to unasked, and only in known words") {
  open_gate gate;
  CHECK(!gate.passes(message_to(door + 1, "@<>+beat")));
  CHECK(!gate.passes(message_to(1, "@<>+beat")));
  for (auto type : {"@<>+@exit", "@<>+@down", "@<>+@atom+@strong_actor_ptr",
                    "@<>", "@<>+beat+@str", "beat", "@<>+@error"})
    CHECK(!gate.passes(message_to(door, type)));
}

TEST_CASE("errors that carry messages of any type are dropped") {
  open_gate gate;
  auto context = std::string(2, '\0') + basp_text("@<>+@strong_actor_ptr");
  auto reason = '\3' + big_endian(1, 8) + context;
  CHECK(!gate.passes(answer_to(9, "@<>+@error", reason)));
  CHECK(!gate.passes({5, 0, 0, 8, 0, peer + here + reason}));
}

TEST_CASE("a length is refused before a byte of what it announces is kept") {
  for (auto size : {0xffff'ffffu, 1u << 30, frame_gate::max_payload + 1}) {
    open_gate gate;
    auto head = message_to(door, "@<>+beat").header(size);
    CHECK(gate.flaw(head) == frame_flaw::size);
    CHECK(gate.it.held() == 0);
    CHECK(gate.flaw(std::string(100'000, 'x')) == frame_flaw::size);
    CHECK(gate.it.held() == 0);
  }
}

TEST_CASE("greetings, ends and watches are short") {
  open_gate gate;
  CHECK(gate.flaw(basp_frame{5, 0, 0, 1, 0}.header(5'000)) == frame_flaw::size);
}

TEST_CASE("a frame that must have a payload has one, and a heartbeat has "
          "none") {
  for (std::uint8_t operation = 1; operation <= 5; ++operation) {
    open_gate gate;
    CHECK(gate.flaw(basp_frame{operation, 0, 0, 1, 1}.bytes())
          == frame_flaw::size);
  }
  open_gate gate;
  CHECK(gate.flaw(basp_frame{6, 0, 0, 0, 0, "x"}.bytes()) == frame_flaw::size);
}

TEST_CASE("the header that ended CAF 0.17.6, a server's greeting without "
          "payload, is refused from either side") {
  for (auto called : {false, true}) {
    frame_gate gate{rules(called)};
    std::string out;
    CHECK(gate.feed(basp_frame{0, 0, 3}.bytes(), out) == frame_flaw::size);
    CHECK(out.empty());
  }
}

TEST_CASE("nothing passes before the greeting, and no other end's greeting") {
  for (auto& what : {message_to(door, "@<>+beat"), basp_frame{6},
                     basp_frame{4, 0, 0, 0, door, peer + here}}) {
    frame_gate gate{rules()};
    std::string out;
    CHECK(gate.feed(what.bytes(), out) == frame_flaw::order);
    CHECK(out.empty());
  }
  frame_gate called{rules(true)};
  frame_gate calls{rules(false)};
  std::string out;
  CHECK(called.feed(client_greets(peer).bytes(), out) == frame_flaw::order);
  CHECK(calls.feed(server_greets(peer, "caisson/1").bytes(), out)
        == frame_flaw::order);
  CHECK(out.empty());
}

TEST_CASE("a client greets twice at most, a server once") {
  open_gate gate;
  CHECK(gate.passes(client_greets(peer, true)));
  CHECK(gate.flaw(client_greets(peer, true).bytes()) == frame_flaw::order);
  frame_gate called{rules(true)};
  std::string out;
  auto words = server_greets(peer, "caisson/1").bytes();
  CHECK(!called.feed(words, out));
  CHECK(called.feed(words, out) == frame_flaw::order);
}

TEST_CASE("a peer speaks for itself, and to this node") {
  auto other = basp_node('o');
  std::string out;
  frame_gate greets{rules()};
  CHECK(greets.feed(client_greets(other).bytes(), out) == frame_flaw::identity);
  frame_gate serves{rules(true)};
  CHECK(serves.feed(server_greets(other, "caisson/1").bytes(), out)
        == frame_flaw::identity);
  for (auto& who : {other + here, peer + other, peer + here + '!', peer}) {
    open_gate gate;
    CHECK(gate.flaw(basp_frame{4, 0, 0, 0, door, who}.bytes())
          == frame_flaw::identity);
  }
  open_gate gate;
  CHECK(gate.flaw(basp_frame{5, 0, 0, 1, 0, other + here}.bytes())
        == frame_flaw::identity);
  CHECK(out.empty());
}

TEST_CASE("another application is not spoken with") {
  frame_gate gate{rules(true)};
  std::string out;
  CHECK(gate.feed(server_greets(peer, "generic-caf-app").bytes(), out)
        == frame_flaw::content);
}

TEST_CASE("fields that must be empty are, and operations exist") {
  open_gate padded;
  auto what = basp_frame{6};
  what.padding = 1;
  CHECK(padded.flaw(what.bytes()) == frame_flaw::header);
  open_gate flagged;
  CHECK(flagged.flaw(basp_frame{6, 1}.bytes()) == frame_flaw::header);
  open_gate operated;
  CHECK(operated.flaw(basp_frame{7}.bytes()) == frame_flaw::operation);
  open_gate aimless;
  CHECK(aimless.flaw(message_to(0, "@<>+beat").bytes()) == frame_flaw::header);
}

TEST_CASE("messages are no parts of a stream, for which CAF would take them") {
  for (auto bits : {1, 2, 3}) {
    open_gate gate;
    auto what = message_to(door, "@<>+beat");
    what.data |= static_cast<std::uint64_t>(bits) << 61;
    CHECK(gate.flaw(what.bytes()) == frame_flaw::header);
  }
}

TEST_CASE("a message on somebody else's behalf is a flaw, and so is one whose "
          "types cannot be read") {
  open_gate gate;
  auto what = message_to(door, "@<>+beat");
  what.payload[0] = 1;
  CHECK(gate.flaw(what.bytes()) == frame_flaw::content);
  for (auto payload :
       {std::string(3, '\0') + '\x7f', std::string(3, '\0') + "\xff\xff\xff",
        std::string(2, '\0'), std::string("\0\0\1\5@<>+a", 9)}) {
    open_gate another;
    what.payload = payload;
    CHECK(another.flaw(what.bytes()) == frame_flaw::content);
  }
}

TEST_CASE("whatever is done to frames, what passes is what may") {
  std::mt19937 dice{20261128};
  auto frames = std::to_array<std::string>(
    {client_greets(peer).bytes(), client_greets(peer, true).bytes(),
     message_to(door, "@<>+beat", std::string(20, 'x')).bytes(),
     answer_to(9, "@<>+report", "abc").bytes(),
     basp_frame{4, 0, 0, 0, door, peer + here}.bytes(), basp_frame{6}.bytes()});
  for (auto i = 0; i < 20'000; ++i) {
    frame_gate gate{rules()};
    std::string all = frames[0];
    for (auto n = dice() % 4; n > 0; --n)
      all += frames[dice() % frames.size()];
    for (auto n = dice() % 4; n > 0; --n)
      all[dice() % all.size()] = static_cast<char>(dice());
    std::string out;
    auto flaw = gate.feed(all, out);
    CHECK(gate.held() <= frame_gate::header_size + frame_gate::max_payload);
    if (flaw || out.empty())
      continue;
    // It greets first, and once more through a gate nothing of it is new.
    frame_gate again{rules()};
    std::string twice;
    REQUIRE(!again.feed(out, twice));
    REQUIRE(twice == out);
  }
}
