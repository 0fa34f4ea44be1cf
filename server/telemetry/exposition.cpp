#include "server/telemetry/exposition.hpp"

#include <limits>
#include <sstream>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace caisson {
namespace {

prometheus::MetricType type_of(metrics::kind kind) {
  switch (kind) {
    case metrics::kind::counter:
      return prometheus::MetricType::Counter;
    case metrics::kind::gauge:
      return prometheus::MetricType::Gauge;
    case metrics::kind::histogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

void fill_histogram(prometheus::ClientMetric& out,
                    const metrics::sample& from) {
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < from.buckets.size(); ++i) {
    so_far += from.buckets[i];
    prometheus::ClientMetric::Bucket bucket;
    bucket.cumulative_count = so_far;
    bucket.upper_bound = i < from.of->bounds.size()
                           ? from.of->bounds[i]
                           : std::numeric_limits<double>::infinity();
    out.histogram.bucket.push_back(bucket);
  }
  out.histogram.sample_count = so_far;
  out.histogram.sample_sum = from.sum;
}

prometheus::ClientMetric metric_of(const metrics::sample& from) {
  prometheus::ClientMetric out;
  for (std::size_t i = 0; i < from.labels.size(); ++i)
    out.label.push_back({std::string{from.of->labels[i]}, from.labels[i]});
  out.counter.value = from.value;
  out.gauge.value = from.value;
  if (from.of->kind == metrics::kind::histogram)
    fill_histogram(out, from);
  return out;
}

} // namespace

std::string exposition(const metrics::registry& metrics) {
  std::vector<prometheus::MetricFamily> families;
  for (auto& one : metrics.scrape()) {
    if (families.empty() || families.back().name != one.of->name) {
      prometheus::MetricFamily family;
      family.name = one.of->name;
      family.help = one.of->help;
      family.type = type_of(one.of->kind);
      families.push_back(std::move(family));
    }
    families.back().metric.push_back(metric_of(one));
  }
  std::ostringstream out;
  prometheus::TextSerializer{}.Serialize(out, families);
  return out.str();
}

} // namespace caisson
