#pragma once

#include "server/config/gather.hpp"
#include "server/config/settings.hpp"

namespace caisson::config {

/// `http.tls_cert` and `http.tls_key`: both or neither, and a pair that clients
/// can be shown. Reads the files; appends to `wrong`, which holds nothing of
/// what stands in them.
void check_tls(const settings& made, const origins& from, problems& wrong);

} // namespace caisson::config
