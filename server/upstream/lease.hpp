#pragma once

#include <functional>
#include <memory>
#include <string>

#include "actors/call.hpp"
#include "server/upstream/connection.hpp"

namespace caisson::upstream {

class pool;

/// Lends a reply that lies in a connection's buffer. When the last owner drops
/// it, on whatever thread, the connection goes to `where`, or is closed if
/// `where` is null.
bytes lend(std::string_view reply, std::shared_ptr<connection> from,
           std::shared_ptr<pool> where);

/// How much of a stream may be out of the house at a time. Chunks are copied
/// into blocks of their own (they are small, and the read buffer is free at
/// once); a block that is dropped gives its credit back.
class credit : public std::enable_shared_from_this<credit> {
public:
  /// `room` is called on the I/O thread whenever some credit has come back.
  credit(connection::executor home, std::size_t limit,
         std::function<void()> room)
    : x_home{std::move(home)}, x_limit{limit}, x_room{std::move(room)} {}

  bytes lend(std::string text);

  /// Another read of `size` bytes would be too much.
  bool spent(std::size_t size) const noexcept {
    return x_out > 0 && x_out + size > x_limit;
  }

  /// Nobody listens any more.
  void close() noexcept { x_room = nullptr; }

private:
  struct block;
  void give_back(std::size_t size);

  connection::executor x_home;
  std::size_t x_limit;
  std::size_t x_out = 0;
  std::function<void()> x_room;
};

} // namespace caisson::upstream
