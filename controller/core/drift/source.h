// DriftSource: what a metric system is asked about one DriftPolicy, and what its answers are as
// counts. An extension (core/extensions.h): values of function pointers, stateless; core owns the
// types, ext/ fills the functions, the decision (core/drift) makes the questions and folds the
// readings.
//
// One question is about one window of one clock, (begin, end]. Requests grow with metric families,
// never with features (DR-30). All of them are evaluated at a stated instant, never "now", and give
// the increase of counters over the window, summed after `increase` (DR-39), so that the same
// question always has the same answer.
//
// Missing data is an outcome of its own (DR-47). Each part of a reading carries a `reason` of
// core/reasons.h: Available and its numbers, or why there are none and a `message` that names
// source, query, what came back and the next step, the same for the same trouble (R2-56). One part
// without data says nothing about the others.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/http.h"
#include "base/result.h"
#include "base/time.h"
#include "core/settings.h"
#include "stats/drift/histogram.h"

namespace kaizen::core {

// Where to ask, and whose samples count: $M of the design.
struct DriftScope {
  MetricSource source;
  std::string matchers;        // PromQL label matchers without braces, as the user wrote them
  std::string revision_label;  // empty: metrics carry none
  std::string revision;        // 10 hex digits; empty: samples of every revision (traffic All)
  int32_t max_series = 5000;   // of one query's result; more is CardinalityLimit (DR-48)
};

// A histogram family: one distribution, or one per value of `feature_label`.
struct HistogramFamily {
  std::string metric;         // without _bucket
  std::string feature_label;  // empty: one distribution
  std::string include;        // RE2, anchored: values of the label that count; empty: all
  std::string exclude;        // RE2, anchored; empty: none
  bool moments = false;       // the mean is wanted too (DR-34)
};

// A counter with one series per category.
struct CategoryFamily {
  std::string metric;
  std::string label;
  // Categories to tell apart (DR-33); whatever else is counted is only in the total. Empty: the
  // reference is being learned, every category is wanted.
  std::vector<std::string> known;
};

// Counts of bad and all events in the user's own PromQL, with ${matchers}, ${window} and ${cohort}
// (R2-31). ${matchers} stands for all of the scope's, the revision included.
struct CounterFamily {
  std::string name;             // of the check
  std::string bad_query;        // each must give one series or a scalar
  std::string total_query;      //
  std::string predicted_query;  // empty: not asked
  base::Time at;                // evaluation instant: the window's end, or a cohort's that is ripe
  base::Duration window{};      // ${window}
  std::string cohort;           // ${cohort}: "2026-11-23"; empty: time axis Arrival, where the
                                // placeholder is not known
};

// ---- Survey: is a family small enough to be read, and what is in it (DR-37) ----

struct SurveyQuestion {
  DriftScope scope;
  base::Time at;
  base::Duration window{};  // what had a sample in (at - window, at] is counted
  std::vector<HistogramFamily> histograms;
  std::vector<CategoryFamily> categories;  // `known` is not read
};

struct FamilySurvey {
  std::string reason;  // Available; NoSeries, QueryFailed, CardinalityLimit (names > kMaxNames)
  std::string message;
  int64_t names = 0;                // how many features or categories there are
  std::vector<std::string> listed;  // they, in byte order; empty: one distribution, or too many

  bool operator==(const FamilySurvey&) const = default;
};

struct SurveyReading {
  std::vector<FamilySurvey> histograms;  // in the order of the question
  std::vector<FamilySurvey> categories;

  bool operator==(const SurveyReading&) const = default;
};

// More names in a family are counted, not listed.
inline constexpr int64_t kMaxNames = 500;

// ---- One window ----

struct DriftQuestion {
  DriftScope scope;
  base::Time begin;  // not inside
  base::Time end;    // evaluation instant of histograms and categories
  std::vector<HistogramFamily> histograms;
  std::vector<CategoryFamily> categories;
  std::vector<CounterFamily> counters;
};

// DR-35: the window is divided into that many parts; in how many of them the family had samples.
inline constexpr int32_t kCoverageParts = 12;

struct DistributionReading {
  std::string feature;  // "" without a feature label
  std::string reason;   // Available; NoTraffic (series, no increase), NoInfBucket, QueryFailed
  std::string message;
  std::vector<stats::Bucket> buckets;  // increase per bound, by rising bound, +Inf last; counts as
                                       // they came (DR-41 and DR-42 are core's business). Bounds
                                       // that not all series have are left out (DR-36)
  int32_t covered = 0;                 // parts with samples, 0..kCoverageParts
  std::optional<double> mean;          // with `moments`

  bool operator==(const DistributionReading&) const = default;
};

struct HistogramReading {
  std::string reason;  // Available: at least one distribution was answered for, each with its own
                       // reason; NoSeries, QueryFailed, CardinalityLimit, InvalidQuery,
                       // NativeHistogramUnsupported (series without `le`)
  std::string message;
  std::vector<DistributionReading> distributions;  // in byte order of `feature`

  bool operator==(const HistogramReading&) const = default;
};

struct CategoryReading {
  std::string
      reason;  // Available; NoSeries, NoTraffic, QueryFailed, CardinalityLimit, InvalidQuery
  std::string message;
  std::map<std::string, double, std::less<>> counts;  // of the known ones (of all when none is
                                                      // given); absent: 0. "": no value was given
  double total = 0;  // of all categories, known or not; >= the sum of counts but for rounding
  int32_t covered = 0;

  bool operator==(const CategoryReading&) const = default;
};

struct CounterReading {
  std::string reason;  // Available; NoSeries, NoTraffic (total 0), QueryFailed, MultipleSeries
  std::string message;
  double bad = 0;  // 0 when its series is absent while the total's is there (MP-8)
  double total = 0;
  std::optional<double> predicted;  // with a predicted_query; absent: it had no answer

  bool operator==(const CounterReading&) const = default;
};

struct DriftReading {
  std::vector<HistogramReading> histograms;  // in the order of the question
  std::vector<CategoryReading> categories;
  std::vector<CounterReading> counters;

  bool operator==(const DriftReading&) const = default;
};

using HttpAnswers = std::span<const base::Result<base::HttpResponse>>;

struct DriftSource {
  std::string_view name;  // "prometheus"

  // Idempotent requests; none when nothing is asked. Error (kTerminal): an unknown placeholder or a
  // query this source cannot ask (InvalidQuery); it names the check or family and the field.
  base::Result<std::vector<base::HttpRequest>> (*render_survey)(const SurveyQuestion&);
  SurveyReading (*parse_survey)(const SurveyQuestion&, HttpAnswers);

  base::Result<std::vector<base::HttpRequest>> (*render)(const DriftQuestion&);
  DriftReading (*parse)(const DriftQuestion&, HttpAnswers);
};

}  // namespace kaizen::core
