#include "stats/drift/histogram.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "stats/drift/unusable.h"

namespace kaizen::stats {

namespace {

// Below the order of DR-60 the totals come last, because 0 is told apart by whose it is.
std::optional<Unusable> trouble_of(std::span<const double> counts) {
  bool negative = false;
  for (const double count : counts) {
    if (!std::isfinite(count)) return Unusable::kNonFinite;
    negative = negative || count < 0.0;
  }
  if (negative) return Unusable::kNegative;
  return std::nullopt;
}

double sum_of(std::span<const double> counts) {
  double sum = 0.0;
  for (const double count : counts) sum += count;
  return sum;
}

}  // namespace

std::string_view to_string(Unusable unusable) {
  switch (unusable) {
    case Unusable::kBinMismatch: return "BinMismatch";
    case Unusable::kNoBins: return "NoBins";
    case Unusable::kNonFinite: return "NonFinite";
    case Unusable::kNegative: return "Negative";
    case Unusable::kEmptyReference: return "EmptyReference";
    case Unusable::kNoData: return "NoData";
    case Unusable::kNoInfBucket: return "NoInfBucket";
    case Unusable::kOpenBucket: return "OpenBucket";
    case Unusable::kConstantReference: return "ConstantReference";
    case Unusable::kNoMoments: return "NoMoments";
    case Unusable::kImplausible: return "Implausible";
    case Unusable::kOneGroup: return "OneGroup";
  }
  return "Unknown";
}

std::vector<double> bins_from_cumulative(std::span<const double> cumulative) {
  std::vector<double> bins;
  bins.reserve(cumulative.size());
  double below = 0.0;
  for (const double count : cumulative) {
    const double so_far = std::max(below, count);
    bins.push_back(so_far - below);
    below = so_far;
  }
  return bins;
}

Measured<Histogram> histogram_of(std::vector<Bucket> buckets) {
  if (buckets.empty()) return Unusable::kNoBins;
  for (const Bucket& bucket : buckets) {
    if (std::isnan(bucket.le) || (std::isinf(bucket.le) && bucket.le < 0.0) ||
        !std::isfinite(bucket.cumulative)) {
      return Unusable::kNonFinite;
    }
  }
  std::sort(buckets.begin(), buckets.end(), [](const Bucket& a, const Bucket& b) {
    return a.le != b.le ? a.le < b.le : a.cumulative < b.cumulative;
  });
  if (!std::isinf(buckets.back().le)) return Unusable::kNoInfBucket;
  Histogram result;
  std::vector<double> cumulative;
  for (size_t i = 0; i < buckets.size(); ++i) {
    const bool last_of_bound = i + 1 == buckets.size() || buckets[i + 1].le != buckets[i].le;
    if (!last_of_bound) continue;
    cumulative.push_back(buckets[i].cumulative);
    if (!std::isinf(buckets[i].le)) result.bounds.push_back(buckets[i].le);
  }
  result.counts = bins_from_cumulative(cumulative);
  return result;
}

Histogram coarsened(const Histogram& histogram, std::span<const double> kept) {
  KAIZEN_CHECK(histogram.counts.size() == histogram.bounds.size() + 1,
               "a histogram has one count more than bounds");
  Histogram result;
  double pending = 0.0;
  for (size_t i = 0; i < histogram.counts.size(); ++i) {
    pending += histogram.counts[i];
    const bool last = i == histogram.bounds.size();
    if (!last && !std::binary_search(kept.begin(), kept.end(), histogram.bounds[i])) continue;
    if (!last) result.bounds.push_back(histogram.bounds[i]);
    result.counts.push_back(pending);
    pending = 0.0;
  }
  return result;
}

Measured<BinPair> BinPair::of(std::span<const double> reference, std::span<const double> window) {
  if (reference.size() != window.size()) return Unusable::kBinMismatch;
  if (reference.empty()) return Unusable::kNoBins;
  const std::optional<Unusable> first = trouble_of(reference);
  const std::optional<Unusable> second = trouble_of(window);
  if (first == Unusable::kNonFinite || second == Unusable::kNonFinite) return Unusable::kNonFinite;
  if (first) return *first;
  if (second) return *second;
  BinPair pair(reference, window);
  pair.reference_total_ = sum_of(reference);
  pair.window_total_ = sum_of(window);
  if (!std::isfinite(pair.reference_total_ + pair.window_total_)) return Unusable::kNonFinite;
  if (pair.reference_total_ <= 0.0) return Unusable::kEmptyReference;
  if (pair.window_total_ <= 0.0) return Unusable::kNoData;
  return pair;
}

Measured<double> total_of(std::span<const double> counts) {
  if (counts.empty()) return Unusable::kNoBins;
  if (const std::optional<Unusable> trouble = trouble_of(counts)) return *trouble;
  const double sum = sum_of(counts);
  if (!std::isfinite(sum)) return Unusable::kNonFinite;
  return sum;
}

}  // namespace kaizen::stats
