#pragma once

#include <memory>
#include <string>

#include "actors/ports.hpp"
#include "server/upstream/provider.hpp"
#include "server/upstream/site.hpp"

namespace caisson::upstream {

/// Starts an attempt whose request begins with something that the provider can
/// keep: has it kept first if nobody has, then names it instead of saying it.
/// What goes wrong with that is never the attempt's failure: it does without.
/// `to.kept` is set; else as `begin`.
std::unique_ptr<exchange> begin_kept(std::shared_ptr<site> where,
                                     std::shared_ptr<const provider> to,
                                     const attempt& which, std::string prefix,
                                     std::unique_ptr<exchange_listener>);

} // namespace caisson::upstream
