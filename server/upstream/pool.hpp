#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "actors/call.hpp"

namespace caisson::upstream {

class connection;

/// The idle connections to one origin on one I/O thread. The youngest is taken
/// first, so that the oldest die off when there is less to do. Age is looked at
/// when one is taken or put; one that its peer closes leaves at once.
class pool : public std::enable_shared_from_this<pool> {
public:
  using clock = std::function<time_point()>;

  struct settings {
    std::size_t most = 256;
    std::chrono::milliseconds longest{60'000};
  };

  pool();
  explicit pool(settings what, clock now = {});

  /// Closes them all.
  ~pool();

  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;

  /// The youngest that is still good; null when there is none.
  std::shared_ptr<connection> take();

  /// Takes back one whose reply was read to its end. Beyond `most` the oldest
  /// is closed.
  void put(std::shared_ptr<connection> one);

  /// It has died on its own.
  void forget(const connection& one) noexcept;

  std::size_t size() const noexcept { return idle_.size(); }

private:
  time_point now() const;

  settings settings_;
  clock clock_;
  std::vector<std::shared_ptr<connection>> idle_; ///< oldest first
};

} // namespace caisson::upstream
