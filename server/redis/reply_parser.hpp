#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "actors/fault.hpp"
#include "actors/stores/key_value.hpp"

struct redisReader;

namespace caisson::redis {

/// What one reply may cost this node.
struct reply_bounds {
  /// Bytes of it as sent; what is whole within one more feed may be longer by
  /// that.
  std::size_t size = 16 * 1024 * 1024;
  /// Elements of each list. Lists in lists go seven deep, which is hiredis' own
  /// bound.
  std::size_t elements = 65'536;
};

/// Bytes of a connection to replies, in whatever pieces they come: hiredis'
/// reader, building our values. What is beyond the bounds is refused before
/// memory is taken for it.
class reply_parser {
public:
  explicit reply_parser(reply_bounds within = {});
  ~reply_parser();
  reply_parser(const reply_parser&) = delete;
  reply_parser& operator=(const reply_parser&) = delete;

  void feed(std::string_view more);

  /// The next whole reply, or nothing while there is none. An error of the
  /// store is a value here. Nonsense is `decode`, what is beyond the bounds
  /// `too_large`; after a fault only faults come.
  result<std::optional<kv_value>> next();

private:
  reply_bounds within_;
  redisReader* reader_;
};

} // namespace caisson::redis
