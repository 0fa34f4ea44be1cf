#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace caisson {

/// A direction: finite numbers of length 1 together. What has none (nothing,
/// zeros, what is not a number) is refused, so that none is ever compared.
class unit_vector {
public:
  /// Longer ones are no embeddings of text.
  static constexpr std::size_t longest = 8'192;

  static std::optional<unit_vector> of(std::vector<float> numbers);

  std::size_t size() const noexcept { return numbers_.size(); }

  /// The cosine of the angle to another of the same size, from -1 to 1.
  float towards(const unit_vector& other) const noexcept;

private:
  explicit unit_vector(std::vector<float> numbers)
    : numbers_(std::move(numbers)) {}

  std::vector<float> numbers_;
};

/// Which of the known questions is nearest to another. Each is a direction in a
/// context, under the key of its answer; only those of the same context and the
/// same size are compared, each of them, as one at a time is read. Bounded by
/// the number of all: the one that has not been a match for longest goes first.
class vector_index {
public:
  struct match {
    std::string key;
    float likeness;
  };

  explicit vector_index(std::size_t most) : most_(most) {}

  /// The nearest that is `least` or nearer; it becomes the last to go.
  std::optional<match> nearest(std::string_view context,
                               const unit_vector& where, float least);

  /// Takes a question in, in the place of what its key had before.
  void put(std::string context, std::string key, unit_vector where);

  void forget(const std::string& key);
  void clear();
  void set_bound(std::size_t most);

  std::size_t entries() const noexcept { return order_.size(); }

  /// Memory that they take, about.
  std::size_t bytes() const noexcept { return bytes_; }

  /// How many have gone for want of room since the last time somebody asked.
  std::uint64_t take_evictions() noexcept { return std::exchange(evicted_, 0); }

private:
  struct entry {
    std::string context;
    std::string key;
    unit_vector where;

    std::size_t weight() const noexcept {
      return overhead + 2 * context.size() + 2 * key.size()
             + where.size() * sizeof(float);
    }
  };
  using place = std::list<entry>::iterator;

  /// List node, bucket's place and the keys' index node.
  static constexpr std::size_t overhead = 200;

  void remove(place one);
  void trim();

  std::size_t most_;
  std::size_t bytes_ = 0;
  std::uint64_t evicted_ = 0;
  std::list<entry> order_; ///< the last matched first
  std::unordered_map<std::string, place> keys_;
  std::unordered_map<std::string, std::vector<place>> contexts_;
};

} // namespace caisson
