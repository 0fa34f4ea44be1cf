#include "actors/policies/gate.hpp"

#include <atomic>
#include <random>
#include <thread>

#include "tests/laws/property.hpp"

using namespace caisson;
using namespace caisson::laws;

namespace {

constexpr int stress_threads = 8;
constexpr int stress_ops = 100'000;

void run_threads(const std::function<void(int)>& body) {
  std::vector<std::thread> all;
  for (int i = 0; i < stress_threads; ++i)
    all.emplace_back(body, i);
  for (auto& one : all)
    one.join();
}

/// Who is inside and who waits, counted beside the gate.
struct shadow {
  std::uint32_t inside = 0;
  std::uint32_t waiting = 0;
};

void step(gate& it, shadow& truth, std::uint32_t word) {
  switch (word % 7) {
    case 0:
    case 1: {
      auto free = truth.waiting == 0 && truth.inside < it.limit();
      RC_ASSERT(it.try_enter() == free);
      truth.inside += free;
      break;
    }
    case 2: {
      auto room = truth.waiting < it.queue();
      RC_ASSERT(it.try_wait() == room);
      truth.waiting += room;
      break;
    }
    case 3: {
      auto can = truth.waiting > 0 && truth.inside < it.limit();
      RC_ASSERT(it.try_grant() == can);
      truth.inside += can;
      truth.waiting -= can;
      break;
    }
    case 4:
    case 5:
      if (truth.inside == 0)
        break;
      RC_ASSERT(it.leave() == (truth.waiting > 0));
      --truth.inside;
      break;
    default:
      if (truth.waiting == 0)
        break;
      it.stop_waiting();
      --truth.waiting;
  }
  RC_ASSERT(it.in_flight() == truth.inside);
  RC_ASSERT(it.waiting() == truth.waiting);
}

} // namespace

TEST_CASE("Q1, Q2, Q3: the gate counts as a list of callers would, never past "
          "its bounds") {
  holds(
    [] {
      gate it{pick<std::uint32_t>(1, 8), pick<std::uint32_t>(0, 8)};
      shadow truth;
      for (auto word : tape(300)) {
        step(it, truth, word);
        RC_ASSERT(truth.inside <= it.limit());
        RC_ASSERT(truth.waiting <= it.queue());
      }
    },
    500);
}

TEST_CASE("Q1: lowering the limit drains: nobody enters until it is kept "
          "again") {
  holds([] {
    auto limit = pick<std::uint32_t>(2, 20);
    auto lower = pick<std::uint32_t>(1, limit);
    gate it{limit, 5};
    for (std::uint32_t i = 0; i < limit; ++i)
      RC_ASSERT(it.try_enter());
    it.resize(lower, 5);
    RC_ASSERT(it.try_wait());
    for (auto left = limit; left > lower; --left) {
      RC_ASSERT(it.in_flight() == left);
      RC_ASSERT(!it.try_enter());
      RC_ASSERT(!it.try_grant());
      RC_ASSERT(it.leave());
    }
    RC_ASSERT(!it.try_grant());
    RC_ASSERT(it.leave());
    RC_ASSERT(it.try_grant());
    RC_ASSERT(it.in_flight() == lower);
  });
}

TEST_CASE("Q1: a gate is as wide as its bounds and who narrows it both allow, "
          "whoever speaks last") {
  holds([] {
    auto bound = pick<std::uint32_t>(1, 20);
    auto narrowed = pick<std::uint32_t>(1, 20);
    gate it{pick<std::uint32_t>(1, 20), 5};
    if (pick<int>(0, 1) == 0) {
      it.resize(bound, 7);
      it.narrow(narrowed);
    } else {
      it.narrow(narrowed);
      it.resize(bound, 7);
    }
    RC_ASSERT(it.limit() == std::min(bound, narrowed));
    RC_ASSERT(it.queue() == 7u);
    std::uint32_t inside = 0;
    while (it.try_enter())
      ++inside;
    RC_ASSERT(inside == it.limit());
  });
}

TEST_CASE("Q2: past the bound of the queue a caller is refused, and a queue of "
          "none refuses all") {
  gate it{1, 2};
  CHECK(it.try_enter());
  CHECK(it.try_wait());
  CHECK(it.try_wait());
  CHECK_FALSE(it.try_wait());
  CHECK(it.waiting() == 2);
  gate none{1, 0};
  CHECK_FALSE(none.try_wait());
  CHECK(none.try_wait(1)); // who needs a judgement
  CHECK_FALSE(none.try_wait(1));
}

TEST_CASE("nobody enters past those who wait") {
  gate it{2, 2};
  CHECK(it.try_enter());
  CHECK(it.try_wait());
  CHECK_FALSE(it.try_enter());
  CHECK(it.try_grant());
  CHECK(it.in_flight() == 2);
}

TEST_CASE("Q6: who leaves while somebody waits is told so") {
  gate it{1, 2};
  CHECK(it.try_enter());
  CHECK_FALSE(it.leave());
  CHECK(it.try_enter());
  CHECK(it.try_wait());
  CHECK(it.leave());
}

TEST_CASE("Q1, Q3: under eight threads the limit is never passed and every "
          "place comes back") {
  gate it{5, 16};
  std::atomic<int> inside{0};
  std::atomic<bool> broken{false};
  std::atomic<std::uint64_t> entered{0};
  run_threads([&](int number) {
    std::minstd_rand random{static_cast<unsigned>(number + 1)};
    std::uint64_t mine = 0;
    for (int i = 0; i < stress_ops; ++i) {
      auto in = it.try_enter();
      if (!in && it.try_wait()) {
        in = it.try_grant();
        if (!in)
          it.stop_waiting();
      }
      if (!in)
        continue;
      ++mine;
      if (inside.fetch_add(1) >= 5 || it.in_flight() > 5)
        broken = true;
      if (random() % 16 == 0)
        std::this_thread::yield();
      inside.fetch_sub(1);
      (void)it.leave();
    }
    entered += mine;
  });
  CHECK_FALSE(broken);
  CHECK(entered > 0);
  CHECK(it.in_flight() == 0);
  CHECK(it.waiting() == 0);
}

TEST_CASE("Q1: while the limit goes up and down under eight threads, the "
          "highest limit is never passed") {
  gate it{8, 0};
  std::atomic<int> inside{0};
  std::atomic<bool> broken{false};
  run_threads([&](int number) {
    for (int i = 0; i < stress_ops; ++i) {
      if (number == 0)
        it.resize(1 + static_cast<std::uint32_t>(i % 8), 0);
      if (!it.try_enter())
        continue;
      if (inside.fetch_add(1) >= 8)
        broken = true;
      inside.fetch_sub(1);
      (void)it.leave();
    }
  });
  CHECK_FALSE(broken);
  CHECK(it.in_flight() == 0);
}

// The protocol of compartment and supervisor, without them: a caller that waits
// asks, who leaves while somebody waits says so, and the supervisor grants only
// when told. If a wake-up could be lost, somebody would wait for ever.
TEST_CASE("Q6: under eight threads nobody is left waiting although a place is "
          "free") {
  gate it{3, 64};
  std::atomic<bool> told{false};
  std::atomic<bool> over{false};
  std::atomic<std::uint64_t> queued{0};
  std::uint64_t granted = 0;
  auto grant_all = [&] {
    while (it.try_grant()) {
      ++granted;
      if (it.leave())
        told = true;
    }
  };
  std::thread supervisor{[&] {
    while (!over)
      if (told.exchange(false))
        grant_all();
      else
        std::this_thread::yield();
    while (told.exchange(false))
      grant_all();
  }};
  run_threads([&](int) {
    for (int i = 0; i < stress_ops; ++i) {
      if (it.try_enter()) {
        if (i % 8 == 0)
          std::this_thread::yield();
        if (it.leave())
          told = true;
      } else if (it.try_wait()) {
        queued.fetch_add(1, std::memory_order_relaxed);
        told = true;
      }
    }
  });
  over = true;
  supervisor.join();
  CHECK(granted == queued);
  CHECK(it.in_flight() == 0);
  CHECK(it.waiting() == 0);
}
