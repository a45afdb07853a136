// ResultDocument: what the program of a stage reports (RS-10), read from bytes that nobody vouches
// for: a termination message, a ConfigMap that anybody in the namespace may have written. What is
// wrong in any way is a ResultProblem and nothing of it is used. Plain values, pure; any thread.
// core/training/harvest.h finds the bytes and says what status keeps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/training_run.h"
#include "base/result.h"
#include "base/time.h"
#include "base/uid.h"
#include "core/reasons.h"
#include "stats/gate/bounds.h"

namespace kaizen::core {

inline constexpr size_t kMaxResultBytes = size_t{256} * 1024;  // RS-22; a message has 4 KiB at most
inline constexpr std::string_view kAllExamples = "all";        // the slice that is no slice
inline constexpr std::string_view kSinceOnset = "since-onset";  // R2-21

// Something that lies elsewhere.
struct ReportedBlob {
  std::string name;  // empty where none is asked for
  std::string uri;
  std::string digest;
  std::optional<int64_t> size_bytes;
  std::string version;

  bool operator==(const ReportedBlob&) const = default;
};

// A profile for DriftPolicies: a ConfigMap (R2-24) or, for people, a blob.
struct ReportedProfile {
  std::string config_map;
  std::string key;
  std::string uri;
  std::string digest;

  bool operator==(const ReportedProfile&) const = default;
};

// What the data stage found and, with a uri, collected (GT-40, GT-41).
struct ReportedData {
  std::string name;
  std::string uri;
  std::string digest;
  std::string version;
  std::optional<int64_t> rows;
  std::optional<base::Time> as_of;  // of the newest event
  std::string schema_digest;
  std::optional<double> missing;  // share of the worst column

  bool operator==(const ReportedData&) const = default;
};

// Bounds that the program computed itself. Kept, not judged by: GT-14 is not offered yet.
struct ReportedInterval {
  double lower = 0.0;
  double upper = 0.0;
  double confidence = 0.0;
  std::string method;

  bool operator==(const ReportedInterval&) const = default;
};

// One metric on one slice, of both models.
struct ReportedComparison {
  std::string metric;
  std::string slice = std::string(kAllExamples);
  std::string dataset;  // digest, of slice since-onset only; empty: the evaluation's
  std::optional<double> champion;
  double challenger = 0.0;
  std::optional<int64_t> n;
  std::optional<stats::gate::PairedCounts> paired;
  stats::gate::Blocks blocks;
  std::optional<stats::gate::Moments> moments;
  std::optional<stats::gate::Hits> champion_hits;    // counts.k1, n1
  std::optional<stats::gate::Hits> challenger_hits;  // counts.k2, n2
  std::optional<ReportedInterval> interval;

  bool operator==(const ReportedComparison&) const = default;
};

struct ReportedGroup {
  std::string metric;
  std::string dimension;
  std::string group;
  stats::gate::Hits hits;

  bool operator==(const ReportedGroup&) const = default;
};

struct ReportedEvaluation {
  std::string dataset;                  // digest
  std::string challenger;               // digest
  std::optional<std::string> champion;  // digest; none: there is no champion
  std::vector<ReportedComparison> comparisons;
  std::vector<ReportedGroup> groups;

  bool operator==(const ReportedEvaluation&) const = default;
};

using ReportedMetrics = std::map<std::string, double, std::less<>>;

struct ResultDocument {
  ReportedMetrics metrics;
  std::vector<ReportedBlob> artifacts;  // each with a name of its own
  std::optional<ReportedProfile> reference_profile;
  std::optional<ReportedData> data;
  std::optional<ReportedEvaluation> evaluation;
  std::optional<api::RegistryStatus> registry;

  bool operator==(const ResultDocument&) const = default;

  // The artifact of that name; nullptr: not reported.
  const ReportedBlob* artifact(std::string_view name) const;
};

// Whose result is expected (RS-2).
struct ResultIdentity {
  base::Uid run;
  std::string_view stage;
  std::string_view nonce;
};

struct ResultBytes {
  std::string_view bytes;
  // Where the transport cuts: a text of exactly that length that does not parse was cut (RS-20).
  std::optional<size_t> cut_at;
};

// What makes the stage Failed. `message` names the field and is fit for status (RS-41).
struct ResultProblem {
  const Reason* reason = nullptr;  // ResultMissing ResultMalformed ResultTooLarge ResultMismatch
  std::string message;
};

template <class T>
using ResultOr = base::Result<T, ResultProblem>;

ResultOr<ResultDocument> read_result(const ResultBytes& result, const ResultIdentity& expected);

// What the run needs of this stage (RS-1, R2-48).
struct ResultNeeds {
  bool data = false;
  bool evaluation = false;
  bool model = false;  // the artifact of that name
};

// nullopt: all of it is there; else ResultMissing.
std::optional<ResultProblem> missing_part(const ResultDocument& document, const ResultNeeds& needs);

// KAIZEN_RESULT_NONCE of an attempt: the first 32 hex digits of SHA-256 over run UID, stage and
// attempt, one per line (R2-47). It keeps stale documents out, not a neighbour who can read pods.
std::string result_nonce(const base::Uid& run, std::string_view stage, int32_t attempt);

// What status keeps of the metrics of all stages once `stage` has reported `metrics`: those the
// gate names first, then by name, at most 64 (RS-42). `before`: those of earlier stages.
std::vector<api::MetricValue> kept_metrics(std::vector<api::MetricValue> before,
                                           const ReportedMetrics& metrics,
                                           std::string_view stage,
                                           const std::optional<api::Gate>& gate);

// RS-12: the first of paired, blocks, moments and counts of both arms.
stats::gate::Evidence evidence_of(const ReportedComparison& comparison);

// Examples that evidence rests on: of the smaller arm where there are two; blocks where nobody
// counted examples. What minSamples is compared with.
int64_t samples_of(const ReportedComparison& comparison);

}  // namespace kaizen::core
