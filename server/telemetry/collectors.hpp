#pragma once

#include <memory>

#include "actors/house.hpp"
#include "actors/tree.hpp"
#include "server/gateway/feature_control.hpp"
#include "server/gateway/limit_control.hpp"
#include "server/http/door.hpp"

namespace caisson {

/// Makes the values that are read when somebody looks: states, depths, the
/// process. They stop with `owner`.
void collect_values(std::shared_ptr<const void> owner,
                    std::shared_ptr<const house> home, const tree& actors,
                    const door& front,
                    std::shared_ptr<const limit_control> limits,
                    std::shared_ptr<const feature_control> features);

} // namespace caisson
