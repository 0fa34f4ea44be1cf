#include "actors/fault.hpp"

#include <array>
#include <stdexcept>

namespace caisson {
namespace {

constexpr auto kind_names = std::to_array<std::string_view>({
  "none",         "connect",         "dns",
  "tls",          "connect_timeout", "first_byte_timeout",
  "body_timeout", "idle_timeout",    "eof",
  "reset",        "framing",         "decode",
  "too_large",    "rate_limited",    "overloaded",
  "server_error", "credentials",     "refused",
  "crash",
});

static_assert(kind_names.size() == failure_kind_count);
static_assert(static_cast<std::size_t>(failure_kind::crash) + 1
              == failure_kind_count);

} // namespace

std::string_view name_of(failure_kind kind) noexcept {
  return kind_names[static_cast<std::size_t>(kind)];
}

outcome outcome_of(const fault& what) noexcept {
  switch (what.kind) {
    case failure_kind::none:
    case failure_kind::credentials:
    case failure_kind::refused:
      return outcome::ignored;
    default:
      return outcome::failure;
  }
}

bool transient(const fault& what) noexcept {
  switch (what.kind) {
    case failure_kind::none:
    case failure_kind::credentials:
    case failure_kind::refused:
    case failure_kind::tls:
    case failure_kind::too_large:
      return false;
    default:
      return true;
  }
}

bool overload(const fault& what) noexcept {
  return what.kind == failure_kind::rate_limited
         || what.kind == failure_kind::overloaded;
}

bool surely_unsent(const fault& what) noexcept {
  return what.kind == failure_kind::none || what.kind == failure_kind::connect
         || what.kind == failure_kind::dns
         || what.kind == failure_kind::connect_timeout;
}

void throw_exception_from_error(const fault& what,
                                const boost::source_location&) {
  throw std::logic_error("value of a fault: "
                         + std::string{name_of(what.code)});
}

} // namespace caisson
