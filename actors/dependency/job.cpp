#include "actors/dependency/job.hpp"

#include <caf/send.hpp>

namespace caisson {
namespace {

void tell(const job::order& of, job_finished news) {
  news.id = of.id;
  news.lane = of.lane;
  caf::anon_send(of.owner, std::move(news));
}

} // namespace

job::~job() {
  if (finished_)
    return;
  auto why = make_fault(errc::unexpected, failure_kind::crash,
                        "the call was lost in the node");
  why.dependency = order_.where->name();
  tell(order_, {0, std::move(why), attempts, delivered, 0, in_hand});
}

void job::finish(std::optional<fault> failure, std::uint32_t attempts,
                 bool delivered) {
  if (finished_)
    return;
  finished_ = true;
  // Whoever says so has it in hand and lives: no suspect.
  tell(order_, {0, std::move(failure), attempts, delivered, 0, false});
}

} // namespace caisson
