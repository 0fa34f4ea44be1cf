#include "actors/failure_notes.hpp"

#include <string>

namespace caisson {

void failure_notes::note(journal& log, const call& what, const fault& why,
                         std::uint32_t attempts, time_point now) {
  constexpr std::uint32_t most = 50;
  if (now - since_ >= std::chrono::seconds{1}) {
    if (noted_ > most)
      log.note(severity::warning, "front_end",
               std::to_string(noted_ - most)
                 + " more requests failed in a second");
    since_ = now;
    noted_ = 0;
  }
  if (++noted_ > most)
    return;
  auto where = why.dependency.empty() ? std::string{} : " at " + why.dependency;
  log.note(severity::warning, "front_end", what.trace_id,
           "request failed" + where + " with " + std::string{name_of(why.code)}
             + ", " + std::string{name_of(why.kind)} + ", after "
             + std::to_string(attempts) + " attempts");
}

} // namespace caisson
