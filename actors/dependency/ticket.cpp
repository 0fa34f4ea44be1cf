#include "actors/dependency/ticket.hpp"

#include <utility>

#include "actors/dependency/compartment.hpp"

namespace caisson {

ticket::ticket(compartment_ptr home, stage at, breaker_permit permit,
               std::uint64_t caller) noexcept
  : home_(std::move(home)), stage_(at), permit_(permit), caller_(caller) {
  // nop
}

ticket::ticket(ticket&& other) noexcept
  : home_(std::move(other.home_)),
    stage_(std::exchange(other.stage_, stage::none)), permit_(other.permit_),
    caller_(other.caller_) {
  // nop
}

ticket& ticket::operator=(ticket&& other) noexcept {
  if (this != &other) {
    release();
    home_ = std::move(other.home_);
    stage_ = std::exchange(other.stage_, stage::none);
    permit_ = other.permit_;
    caller_ = other.caller_;
  }
  return *this;
}

ticket::~ticket() {
  release();
}

bool ticket::grant(breaker_permit permit) noexcept {
  if (stage_ != stage::waiting || !home_->gate_.try_grant())
    return false;
  home_->shares_.leave(caller_);
  stage_ = stage::in_flight;
  permit_ = permit;
  return true;
}

void ticket::release() noexcept {
  auto was = std::exchange(stage_, stage::none);
  if (was == stage::none)
    return;
  if (was == stage::in_flight && permit_.probe)
    home_->probe_lost(permit_);
  home_->leave(was, caller_);
  home_ = nullptr;
}

} // namespace caisson
