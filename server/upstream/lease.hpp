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
    : home_{std::move(home)}, limit_{limit}, room_{std::move(room)} {}

  bytes lend(std::string text);

  /// Another read of `size` bytes would be too much.
  bool spent(std::size_t size) const noexcept {
    return out_ > 0 && out_ + size > limit_;
  }

  /// Nobody listens any more.
  void close() noexcept { room_ = nullptr; }

private:
  struct block;
  void give_back(std::size_t size);

  connection::executor home_;
  std::size_t limit_;
  std::size_t out_ = 0;
  std::function<void()> room_;
};

} // namespace caisson::upstream
