#include "actors/telemetry/metrics.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace caisson::metrics {
namespace {

std::size_t this_thread() noexcept {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t mine = next++;
  return mine;
}

} // namespace

struct registry::sheet {
  alignas(64) std::array<std::atomic<std::uint64_t>, cell_count> cells{};
};

registry::registry() : sheets_(std::make_unique<sheet[]>(sheet_count)) {
  // nop
}

registry::~registry() = default;

std::atomic<std::uint64_t>& registry::cell(std::uint32_t index) noexcept {
  return sheets_[this_thread() % sheet_count].cells[index];
}

std::uint64_t registry::total(std::uint32_t index) const noexcept {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < sheet_count; ++i)
    sum += sheets_[i].cells[index].load(std::memory_order_relaxed);
  return sum;
}

void counter::add(std::uint64_t n) const noexcept {
  if (home_)
    home_->cell(cell_).fetch_add(n, std::memory_order_relaxed);
}

void histogram::observe(std::chrono::nanoseconds took) const noexcept {
  if (!home_)
    return;
  auto seconds = std::chrono::duration<double>(took).count();
  auto at = std::lower_bound(bounds_.begin(), bounds_.end(), seconds);
  auto bucket = static_cast<std::uint32_t>(at - bounds_.begin());
  auto buckets = static_cast<std::uint32_t>(bounds_.size()) + 1;
  home_->cell(first_cell_ + bucket).fetch_add(1, std::memory_order_relaxed);
  home_->cell(first_cell_ + buckets)
    .fetch_add(
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, took.count())),
      std::memory_order_relaxed);
}

std::uint32_t registry::series_of(const family& of,
                                  std::vector<std::string> labels,
                                  std::uint32_t cells) {
  std::lock_guard guard{lock_};
  for (auto& x : series_)
    if (x.of == &of && x.labels == labels)
      return x.first_cell;
  if (next_cell_ + cells > cell_count)
    return 0;
  auto first = next_cell_;
  next_cell_ += cells;
  series_.push_back({&of, std::move(labels), first});
  return first;
}

counter registry::counter(const family& of, std::vector<std::string> labels) {
  return {this, series_of(of, std::move(labels), 1)};
}

histogram registry::histogram(const family& of,
                              std::vector<std::string> labels) {
  metrics::histogram result;
  // Buckets, +Inf, and the sum in nanoseconds.
  auto cells = static_cast<std::uint32_t>(of.bounds.size()) + 2;
  result.first_cell_ = series_of(of, std::move(labels), cells);
  result.bounds_ = of.bounds;
  result.home_ = result.first_cell_ ? this : nullptr;
  return result;
}

void registry::collect(std::weak_ptr<const void> owner,
                       std::function<void(const sink&)> callback) {
  std::lock_guard guard{lock_};
  std::erase_if(collectors_, [](auto& x) { return x.owner.expired(); });
  collectors_.push_back({std::move(owner), std::move(callback)});
}

sample registry::read(const series& from) const {
  sample result{from.of, from.labels, 0, {}, 0};
  if (from.of->kind != kind::histogram) {
    result.value = static_cast<double>(total(from.first_cell));
    return result;
  }
  auto buckets = static_cast<std::uint32_t>(from.of->bounds.size()) + 1;
  for (std::uint32_t i = 0; i < buckets; ++i)
    result.buckets.push_back(total(from.first_cell + i));
  result.sum = static_cast<double>(total(from.first_cell + buckets)) * 1e-9;
  return result;
}

std::vector<sample> registry::scrape() const {
  std::vector<series> known;
  std::vector<collector> readers;
  {
    std::lock_guard guard{lock_};
    known = series_;
    readers = collectors_;
  }
  std::vector<sample> result;
  result.reserve(known.size());
  for (auto& x : known)
    result.push_back(read(x));
  for (auto& x : readers)
    if (auto alive = x.owner.lock())
      x.callback([&](sample one) { result.push_back(std::move(one)); });
  std::stable_sort(result.begin(), result.end(),
                   [](auto& a, auto& b) { return a.of->name < b.of->name; });
  return result;
}

} // namespace caisson::metrics
