#pragma once

#include "server/config/checks.hpp"

namespace caisson::config {

/// Tokens are for servers over HTTP that have no key, and go only where nobody
/// reads along. Whoever asks a person must be reached by the person's browser.
void check_oauth(const settings& made, const origins& from, problems& wrong);

} // namespace caisson::config
