#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "actors/fault.hpp"

namespace caisson::protocol::json {

/// A key of an object that is being walked.
struct seen_key {
  std::string_view text;  ///< unescaped
  std::uint32_t offset;   ///< of its opening quote in the body
  std::uint32_t hash = 0; ///< of the text, once the object turns out large
};

/// Visits every value of a document, for `strict_reader` alone: simdjson on
/// demand checks only what is visited, and neither depth nor keys at all.
/// `keys` is a stack: the keys of the objects on the way down to the current
/// value, innermost last.
class walker {
public:
  /// `body` is followed by a NUL and by padding; `document` is at its start.
  walker(std::string_view body, simdjson::ondemand::document& document,
         std::vector<seen_key>& keys)
    : body_{body}, document_{document}, keys_{keys} {}

  /// Walks all of the document. What is wrong with it, if anything.
  std::optional<fault> walk();

private:
  template <class Container>
  bool whole(Container from);
  bool children(simdjson::ondemand::object from);
  bool children(simdjson::ondemand::array from);
  bool value(simdjson::ondemand::value from);
  bool text(simdjson::ondemand::value from, std::string_view token);
  bool literal(std::string_view token);
  bool key(const simdjson::ondemand::field& from, std::size_t base);
  bool distinct(std::size_t base);
  bool deeper(const char* at);
  bool fail(std::string_view what, std::size_t offset);
  bool syntax();

  std::size_t offset(const char* at) const noexcept {
    return static_cast<std::size_t>(at - body_.data());
  }

  std::string_view body_;
  simdjson::ondemand::document& document_;
  std::vector<seen_key>& keys_;
  std::size_t depth_ = 0;
  std::optional<fault> flaw_;
};

} // namespace caisson::protocol::json
