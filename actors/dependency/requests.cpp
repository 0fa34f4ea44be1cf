#include "actors/dependency/requests.hpp"

#include <caf/send.hpp>

namespace caisson {

admission_request::~admission_request() {
  if (!answered_)
    refuse(make_fault(errc::unexpected, failure_kind::crash,
                      "the call was lost in the node"));
}

void admission_request::admit() {
  answered_ = true;
  caf::anon_send(
    from_, admission{id_, std::make_shared<ticket>(std::move(place)), {}});
}

void admission_request::refuse(fault why) {
  answered_ = true;
  place.release();
  caf::anon_send(from_, admission{id_, nullptr, std::move(why)});
}

retry_request::~retry_request() {
  if (!answered_)
    answer(std::nullopt);
}

void retry_request::answer(std::optional<millis> delay) {
  answered_ = true;
  caf::anon_send(from_, retry_verdict{id_, delay});
}

} // namespace caisson
