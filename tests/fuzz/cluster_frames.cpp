// What a peer that has greeted writes: the first byte cuts the rest.

#include "protocol/cluster/frame_gate.hpp"

#include "tests/fuzz/laws.hpp"
#include "tests/support/basp_frames.hpp"

using namespace caisson;
using namespace caisson::fuzz;
using protocol::frame_flaw;
using protocol::frame_gate;

namespace {

const std::string here = testing::basp_node('h');
const std::string peer = testing::basp_node('p');

frame_gate gate_of(bool called) {
  return frame_gate{
    {called, here, peer, "caisson/1", 42, {"caisson_beat", "caisson_report"}}};
}

struct reading {
  std::string out;
  std::optional<frame_flaw> flaw;
};

reading read(std::string_view stream, std::uint8_t knob, bool called) {
  auto gate = gate_of(called);
  reading so;
  each_piece(stream, knob, [&](std::string_view piece) {
    so.flaw = gate.feed(piece, so.out);
    must(gate.held() <= frame_gate::header_size + frame_gate::max_payload,
         "no more is held than a frame");
    must(!so.flaw || gate.held() == 0, "after a flaw nothing is held");
  });
  return so;
}

/// Only whole frames that may pass are let out.
void must_be_clean(std::string_view out, bool called) {
  auto gate = gate_of(called);
  std::string again;
  must(!gate.feed(out, again) && again == out && gate.held() == 0,
       "what has passed passes again, all of it");
}

void check(std::string_view stream, std::uint8_t knob, bool called) {
  auto cut = read(stream, knob, called);
  auto whole = read(stream, 0, called);
  must(cut.out == whole.out && cut.flaw == whole.flaw,
       "another verdict when cut");
  must_be_clean(cut.out, called);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  input in{data, size};
  check(in.text, in.knob, false);
  check(in.text, in.knob, true);
  return 0;
}
