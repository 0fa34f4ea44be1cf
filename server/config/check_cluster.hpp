#pragma once

#include "server/config/gather.hpp"
#include "server/config/settings.hpp"

namespace caisson::config {

/// `[cluster]`, where it is enabled: nobody is let in who cannot show a
/// certificate, so all that is needed for that must be there and fit. Reads the
/// files; appends to `wrong`, which holds nothing of what stands in them.
void check_cluster(const settings& made, const origins& from, problems& wrong);

} // namespace caisson::config
