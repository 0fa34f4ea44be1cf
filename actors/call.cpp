#include "actors/call.hpp"

namespace caisson {

bytes own(std::string text) {
  auto owner = std::make_shared<const std::string>(std::move(text));
  std::string_view view{*owner};
  return {view, std::move(owner)};
}

} // namespace caisson
