#include "actors/dependency/job.hpp"

#include "actors/dependency/requests.hpp"
#include "tests/support/world.hpp"

using namespace caisson;
using namespace caisson::testing;

namespace {

/// A front end and a worker that only listen.
struct fixture {
  world it;
  metrics::registry metrics;
  compartment_ptr place;
  std::vector<job_finished> finished;
  std::vector<admission> admissions;
  std::vector<retry_verdict> verdicts;
  job_owner_actor owner;
  worker_actor worker;

  fixture() {
    auto settings = dependency_named("a");
    settings.bulkhead = {1, 5, millis{1'000}};
    place = std::make_shared<compartment>(
      std::make_shared<const dependency_settings>(settings), metrics);
    owner = it.system().spawn([this](job_owner_actor::pointer) {
      return job_owner_actor::behavior_type{
        [this](const job_finished& x) { finished.push_back(x); }};
    });
    worker = it.system().spawn([this](worker_actor::pointer) {
      return worker_actor::behavior_type{
        [](const job_ptr&) {},
        [](const job_cancelled&) {},
        [this](const admission& x) { admissions.push_back(x); },
        [this](const retry_verdict& x) { verdicts.push_back(x); },
        [](const attempt_event&) {},
        [](const dependency_changed&) {},
        [](sweep_atom) {}};
    });
  }

  ~fixture() {
    admissions.clear();
    it.kill(owner);
    it.kill(worker);
  }

  job_ptr make_job() {
    return std::make_shared<job>(
      job::order{owner, 7, std::make_shared<const call>(), nullptr, place, "m",
                 false, 0, place->enter(time_point{}).place});
  }

  std::shared_ptr<admission_request> ask() {
    return std::make_shared<admission_request>(
      worker, 3, place->enter(time_point{}).place, time_point::max(), false);
  }
};

} // namespace

TEST_CASE("S4: a job that is lost tells the front end") {
  fixture f;
  f.make_job();
  f.it.run();
  REQUIRE(f.finished.size() == 1);
  CHECK(f.finished[0].id == 7);
  REQUIRE(f.finished[0].failure);
  CHECK(f.finished[0].failure->kind == failure_kind::crash);
  CHECK(f.finished[0].failure->dependency == "a");
  CHECK_FALSE(f.finished[0].delivered);
  CHECK(f.place->bulkhead().in_flight() == 0);
}

TEST_CASE("R7: a job that is lost after its first bytes says that they are "
          "out") {
  fixture f;
  f.make_job()->delivered = true;
  f.it.run();
  REQUIRE(f.finished.size() == 1);
  CHECK(f.finished[0].delivered);
}

TEST_CASE("a job tells its end once, the first time") {
  fixture f;
  auto it = f.make_job();
  it->finish(std::nullopt, 2, true);
  it->finish(make_fault(errc::unexpected, ""), 9, false);
  it = nullptr;
  f.it.run();
  REQUIRE(f.finished.size() == 1);
  CHECK_FALSE(f.finished[0].failure);
  CHECK(f.finished[0].attempts == 2);
  CHECK(f.finished[0].delivered);
}

TEST_CASE("Q3: a job's place goes with whoever takes it") {
  fixture f;
  auto it = f.make_job();
  auto place = it->take_place();
  it->finish(std::nullopt, 1, false);
  it = nullptr;
  CHECK(f.place->bulkhead().in_flight() == 1);
  place.release();
  CHECK(f.place->bulkhead().in_flight() == 0);
}

TEST_CASE("an admission request is answered once: granted, refused, or lost") {
  fixture f;
  auto holder = f.place->enter(time_point{});
  SECTION("granted: the place goes to the worker") {
    auto it = f.ask();
    holder.place.release();
    REQUIRE(it->place.grant({1, false}));
    it->admit();
    it = nullptr;
    f.it.run();
    REQUIRE(f.admissions.size() == 1);
    CHECK(f.admissions[0].granted->in_flight());
    CHECK(f.place->bulkhead().in_flight() == 1);
  }
  SECTION("refused: the place comes back before the answer") {
    auto it = f.ask();
    it->refuse(make_fault(errc::bulkhead_rejected, ""));
    CHECK(f.place->bulkhead().waiting() == 0);
    it = nullptr;
    f.it.run();
    REQUIRE(f.admissions.size() == 1);
    CHECK(f.admissions[0].refusal.code == errc::bulkhead_rejected);
  }
  SECTION("lost") {
    f.ask();
    f.it.run();
    REQUIRE(f.admissions.size() == 1);
    CHECK_FALSE(f.admissions[0].granted);
    CHECK(f.admissions[0].refusal.kind == failure_kind::crash);
    CHECK(f.place->bulkhead().waiting() == 0);
  }
}

TEST_CASE("a place granted to a worker that is gone comes back") {
  fixture f;
  auto holder = f.place->enter(time_point{});
  auto it = f.ask();
  holder.place.release();
  REQUIRE(it->place.grant({1, false}));
  f.it.kill(f.worker);
  it->admit();
  f.it.run();
  CHECK(f.place->bulkhead().in_flight() == 0);
}

TEST_CASE("a retry request is answered once, and with no when it is lost") {
  fixture f;
  std::make_shared<retry_request>(f.worker, 5)->answer(millis{20});
  std::make_shared<retry_request>(f.worker, 6);
  f.it.run();
  REQUIRE(f.verdicts.size() == 2);
  CHECK(f.verdicts[0].delay == millis{20});
  CHECK(f.verdicts[1].id == 6);
  CHECK_FALSE(f.verdicts[1].delay);
}
