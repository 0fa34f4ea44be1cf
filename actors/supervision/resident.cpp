#include "actors/supervision/resident.hpp"

namespace caisson {

void note_crash(journal& log, const char* who, const std::exception_ptr& what) {
  try {
    std::rethrow_exception(what);
  } catch (const std::exception& e) {
    log.note(severity::error, who, std::string{"actor crashed: "} + e.what());
  } catch (...) {
    log.note(severity::error, who, "actor crashed: unknown exception");
  }
}

} // namespace caisson
