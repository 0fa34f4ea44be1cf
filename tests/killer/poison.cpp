// A request that crashes whoever has it in hand: the killer's build makes its
// ports here (tests/CMakeLists.txt, --wrap), and each of them throws where a
// model called "deadly" is asked for, as no port may.

#include <stdexcept>

#include "server/providers/port_factory.hpp"

namespace {

using namespace caisson;

class deadly_port final : public dependency_port {
public:
  explicit deadly_port(std::shared_ptr<dependency_port> real)
    : real_(std::move(real)) {
    // nop
  }

  std::unique_ptr<exchange>
  start(const attempt& which,
        std::unique_ptr<exchange_listener> listener) override {
    if (which.model == "deadly")
      throw std::runtime_error("a bug in the port");
    return real_->start(which, std::move(listener));
  }

private:
  std::shared_ptr<dependency_port> real_;
};

} // namespace

// The linker's names for port_factory::make, and for what stands in its place.
std::shared_ptr<dependency_port>
really_make(port_factory* home, const dependency_settings& settings,
            std::size_t thread) asm("__real__ZN7caisson12port_factory4makeERKNS"
                                    "_19dependency_settingsEm");
std::shared_ptr<dependency_port>
make_deadly(port_factory* home, const dependency_settings& settings,
            std::size_t thread) asm("__wrap__ZN7caisson12port_factory4makeERKNS"
                                    "_19dependency_settingsEm");

std::shared_ptr<dependency_port>
make_deadly(port_factory* home, const dependency_settings& settings,
            std::size_t thread) {
  return std::make_shared<deadly_port>(really_make(home, settings, thread));
}
