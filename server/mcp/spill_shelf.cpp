#include "server/mcp/spill_shelf.hpp"

#include <array>

#include "server/io/io_thread.hpp"
#include "server/mcp/random_bytes.hpp"

namespace caisson {

void spill_shelf::apply(const spill_settings& bounds) {
  std::lock_guard guard{lock_};
  held_.set_bounds(of(bounds));
  ttl_ = bounds.ttl;
}

std::optional<protocol::mcp::kept_result>
spill_shelf::keep(const std::string& owner, std::string text,
                  std::string_view media, std::uint64_t part_size) {
  auto weight = text.size();
  // Cut into parts before anybody has to wait for it.
  auto made = std::make_shared<const protocol::mcp::spilled>(std::move(text),
                                                             media, part_size);
  auto parts = made->parts();
  auto id = random_name();
  std::lock_guard guard{lock_};
  if (!held_.put(owner, id, std::move(made), weight, io_thread::now()))
    return std::nullopt;
  return protocol::mcp::kept_result{
    std::move(id), parts,
    std::chrono::duration_cast<std::chrono::seconds>(ttl_)};
}

std::shared_ptr<const protocol::mcp::spilled>
spill_shelf::find(const std::string& owner, std::string_view id) const {
  std::lock_guard guard{lock_};
  return held_.get(owner, id, io_thread::now()).value_or(nullptr);
}

std::size_t spill_shelf::bytes() {
  std::lock_guard guard{lock_};
  held_.expire(io_thread::now());
  return held_.bytes();
}

} // namespace caisson
