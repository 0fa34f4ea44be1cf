#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "actors/fault.hpp"

namespace caisson::protocol {

/// What a provider's error says, as far as a decision hangs on it. None of it
/// is ever shown, but for `param`.
struct vendor_error {
  /// `error.type` or Google's `error.status`.
  std::string type;
  /// `error.code` where it is a word.
  std::string code;
  /// The number of `error.code`, 0 without one.
  unsigned status = 0;
  /// The offending field, if it looks like the name of one.
  std::string param;
  /// How long to wait (Google's RetryInfo).
  std::optional<std::chrono::milliseconds> retry_after;
  bool is_error = false;     ///< there was an error object at all
  bool out_of_funds = false; ///< quota spent, spend cap, billing
  bool bad_credentials = false;
  bool model_missing = false;
};

/// Reads the error body of any of the vendors; their words do not collide.
/// Anything else gives an empty one.
vendor_error read_vendor_error(std::string_view body);

/// The status that an error inside a stream stands for; 500 if it says none.
unsigned status_of(const vendor_error& said) noexcept;

/// The fault of a status and what came with it: the total table of
/// reference/reliability.md section 3, rows 11 to 17 and 22.
fault fault_of(unsigned status, const vendor_error& said,
               std::optional<std::chrono::milliseconds> retry_after);

/// The fault of an error inside a stream or a 200.
fault fault_of_event(std::string_view json);

/// `dialect::classify` for a vendor that sends `Retry-After`.
fault classify_reply(unsigned status, std::string_view retry_after,
                     std::string_view date, std::string_view body);

} // namespace caisson::protocol
