#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/cache/order.hpp"

namespace caisson {

/// Some parts of a batch, by their numbers.
using part_list = std::vector<std::size_t>;

/// What the cache needs to know of a call whose answer is made of several
/// values, each of which is kept for itself: made at the door, by `protocol/`.
class cache_batch {
public:
  /// A value in its stored form.
  struct piece {
    std::string data;
    std::uint64_t tokens = 0;
  };

  virtual ~cache_batch() = default;

  /// One question for each value, no two of them the same.
  std::vector<std::shared_ptr<const cache_question>> parts;
  /// A value stands in more than one place of the answer: what is asked for all
  /// parts is not the client's own words.
  bool repeats = false;

  /// What to ask for these parts alone, in that order.
  virtual std::shared_ptr<const payload> only(const part_list& which) const = 0;

  /// Takes the answer to that apart. Nothing where it is none.
  virtual std::optional<std::vector<piece>> split(std::string_view body,
                                                  const part_list& which) const
    = 0;

  /// The answer, of a value for each part. Nothing where one of them is not
  /// what `split` makes.
  virtual std::optional<bytes> tell(const std::vector<cached_ptr>& values) const
    = 0;

  /// How much of the question these parts are, of 1.
  virtual double share(const part_list& which) const = 0;
};

} // namespace caisson
