#include "actors/dependency/job.hpp"

#include <caf/send.hpp>

namespace caisson {

job::~job() {
  if (finished_)
    return;
  auto why = make_fault(errc::unexpected, failure_kind::crash,
                        "the call was lost in the node");
  why.dependency = order_.where->name();
  finish(std::move(why), attempts, delivered);
}

void job::finish(std::optional<fault> failure, std::uint32_t attempts,
                 bool delivered) {
  if (finished_)
    return;
  finished_ = true;
  caf::anon_send(order_.owner,
                 job_finished{order_.id, std::move(failure), attempts,
                              delivered, order_.lane, in_hand});
}

} // namespace caisson
