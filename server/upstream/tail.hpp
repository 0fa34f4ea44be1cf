#pragma once

#include <memory>

#include "server/upstream/connection.hpp"
#include "server/upstream/pool.hpp"
#include "server/upstream/reply_parser.hpp"

namespace caisson::upstream {

/// What is left of a reply after its last word: the end of its framing, which
/// some servers send a moment later and some not at all. Nobody waits for it.
/// Where it comes soon and is nothing but an end the connection goes back to
/// `where`; else it is closed. `one` belongs to nobody any more, and no read of
/// it is outstanding.
void await_tail(std::shared_ptr<connection> one, reply_parser rest,
                std::shared_ptr<pool> where);

} // namespace caisson::upstream
