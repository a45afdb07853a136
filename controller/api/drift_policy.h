// DriftPolicy (kaizen.ml/v1alpha1): watches production data and results of a ModelDeployment
// against a reference, decides with a stated rate of false alarms, and tells people or asks a
// TrainingPipeline for a new model. Spec is written by users and Git, status by kaizen alone (A3).
//
// Members of the spec that have a default hold it when the object does not say otherwise; there are
// no defaults in storage. An optional member is one whose absence means something of its own.
// Rules: drift-policy (DR).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/object.h"
#include "base/duration.h"
#include "base/time.h"

namespace kaizen::api {

// Bounds of what the operator writes into status, in bytes unless said otherwise, so that the
// largest status stays within 16 KiB (DR-10); a test builds it. The CRD allows more.
namespace drift_limits {

inline constexpr size_t kStatus = size_t{16} * 1024;  // the whole status as JSON
inline constexpr size_t kChecks = 64;        // checks judged, discovered ones included (R2-51)
inline constexpr size_t kClocks = 2;         // R2-51
inline constexpr size_t kComponents = 1280;  // over all checks and clocks
inline constexpr size_t kState = 6912;  // status.state: kComponents float32 and a head of 56 bytes
inline constexpr size_t kOnsets = 700;  // status.onsets: kChecks * kClocks uint32 in base64
inline constexpr size_t kCheckName = 48;    // a longer feature name is cut on a code point
inline constexpr size_t kShownChecks = 20;  // status.checks: the worst ones; as many fewer as the
                                            // status must lose to fit, but there is always room
inline constexpr size_t kFewestShown = 1;   // for this one
inline constexpr size_t kMessage = 144;     // of summary and of each condition
inline constexpr size_t kConditions = 5;    // present at a time
inline constexpr size_t kRequestMessage = 96;
inline constexpr size_t kBy = 128;           // who asked
inline constexpr size_t kEpisodeChecks = 5;  // names kept with an episode, confirmed ones first
inline constexpr size_t kFired = 22;         // Warn and Act of ten actions, Blind, Recovered
inline constexpr size_t kHistory = 10;
inline constexpr size_t kRequests = 1;  // one action of type TriggerTraining (DR-21)
inline constexpr size_t kNotices = 2;
inline constexpr size_t kHandledRequests = 16;  // R2-5

}  // namespace drift_limits

// ---- spec ----

struct TargetRef {
  std::string kind;  // ModelDeployment
  std::string name;  // same namespace

  bool operator==(const TargetRef&) const = default;
};

enum class DriftTraffic : uint8_t { kStable, kAll };

struct DriftMetrics {
  std::string source;    // name in the operator's configuration; empty: its default
  std::string matchers;  // PromQL label matchers added to every selector, without braces
  std::string revision_label =
      "kaizen_ml_revision";  // empty: metrics carry none; needs traffic All
  base::Duration timeout = std::chrono::seconds(10);  // per query
  int32_t max_series = 5000;                          // per query result (DR-48)

  bool operator==(const DriftMetrics&) const = default;
};

enum class Sensitivity : uint8_t { kLow, kMedium, kHigh };

// A window length with its tolerance. Absent tolerance and eta: those of sensitivity (DR-84).
struct DriftClock {
  std::string name;
  base::Duration window{};           // 1m..168h; divides 24h or is a multiple of it
  std::optional<Decimal> tolerance;  // CDF gap that is no drift, in (0, 0.5]
  std::optional<Decimal> eta;        // distance to the alternative, in (0, 0.5]

  bool operator==(const DriftClock&) const = default;
};

enum class ReferenceSource : uint8_t { kProfile, kProduction };
enum class ReferenceMissing : uint8_t { kLearnFromProduction, kBlock };

struct ConfigMapKey {
  std::string name;
  std::string key = "profile.json";

  bool operator==(const ConfigMapKey&) const = default;
};

// At most one of config_map_ref and uri; either wins over from_training_run.
struct ReferenceProfile {
  bool from_training_run = true;  // the profile of the run that made the stable revision (R2-24)
  std::optional<ConfigMapKey> config_map_ref;
  std::string uri;     // https, host allowed by the operator's configuration (R2-15)
  std::string sha256;  // 64 hex digits; there when uri is (DR-20)

  bool operator==(const ReferenceProfile&) const = default;
};

struct ReferenceLearn {
  base::Duration duration = std::chrono::hours(336);
  int64_t min_count = 5000;

  bool operator==(const ReferenceLearn&) const = default;
};

struct DriftReference {
  ReferenceSource source = ReferenceSource::kProfile;
  ReferenceProfile profile;
  ReferenceMissing on_missing = ReferenceMissing::kLearnFromProduction;
  ReferenceLearn learn;

  bool operator==(const DriftReference&) const = default;
};

// One histogram family whose label names the feature.
struct Discovery {
  std::string metric;
  std::string feature_label = "feature";
  std::string kind = "Numeric";
  std::string include = ".*";  // regular expressions of PromQL: anchored
  std::string exclude;         // empty: nothing
  int32_t max_features = 50;   // 1..64

  bool operator==(const Discovery&) const = default;
};

enum class CheckRole : uint8_t { kInput, kPrediction, kPerformance, kQuality, kSkew };
enum class DetectorType : uint8_t {
  kEvidence,  // decides; the others are computed and shown (DR-97)
  kPsi,
  kJs,
  kKs,
  kChiSquare,
  kWasserstein,
  kMeanShift,
};

struct HistogramSource {
  std::string metric;  // family name without _bucket; one distribution

  bool operator==(const HistogramSource&) const = default;
};

struct CategorySource {
  std::string metric;  // counter
  std::string label;
  int32_t top_k = 20;  // categories of the reference that are told apart, 1..50

  bool operator==(const CategorySource&) const = default;
};

enum class TimeAxis : uint8_t { kArrival, kCohort };  // DR-49

// Counts of bad and all events. Queries are PromQL with placeholders ${matchers}, ${window},
// ${cohort} (R2-31).
struct PerformanceSource {
  std::string bad_query;
  std::string total_query;
  std::string predicted_query;  // empty: label coverage is not judged
  TimeAxis time_axis = TimeAxis::kArrival;
  base::Duration label_delay{};          // with Cohort: judged so long after the window's end
  Decimal min_label_coverage{0.6};       // share 0..1
  std::string baseline = "FromProfile";  // or the expected bad share as a decimal: baseline_of()

  bool operator==(const PerformanceSource&) const = default;
};

// Exactly one of histogram, category and performance (DR-14).
struct DriftCheck {
  std::string name;
  CheckRole role = CheckRole::kInput;
  int32_t weight = 1;                // 1..100: share of the false alarm budget
  std::optional<Decimal> tolerance;  // in (0, 0.5]; absent: the clock's (performance: DR-87)
  std::vector<DetectorType> detectors = {DetectorType::kEvidence};
  std::optional<HistogramSource> histogram;
  std::optional<CategorySource> category;
  std::optional<PerformanceSource> performance;

  bool operator==(const DriftCheck&) const = default;
};

// Largest shares per window that are no defect, in (0, 1]; 1 never alarms (DR-104).
struct DriftQuality {
  Decimal max_missing_rate{0.05};
  Decimal max_out_of_range{0.01};
  Decimal max_unseen_category{0.05};

  bool operator==(const DriftQuality&) const = default;
};

enum class DecisionMethod : uint8_t { kEvidence };

struct DriftDecision {
  DecisionMethod method = DecisionMethod::kEvidence;
  std::optional<Decimal> min_effect;  // absent: tolerance + eta/2 of the clock (DR-94)
  int64_t min_count = 100;            // observations per window for effect sizes
  int64_t cap = 500;                  // effective observations per window and check (DR-82)
  Decimal design_effect{1};           // >= 1
  int32_t close_after = 3;            // quiet windows of the clock that opened (DR-113)
  base::Duration cooldown = std::chrono::hours(24);
  int32_t no_data_grace = 3;  // windows of the fastest clock (DR-116)

  bool operator==(const DriftDecision&) const = default;
};

enum class DriftWhen : uint8_t { kWarn, kAct, kBlind, kRecovered };
enum class DriftActionType : uint8_t { kNotify, kTriggerTraining };
enum class TrainingData : uint8_t { kSinceOnset, kLookback };

struct DriftTraining {
  ObjectRef pipeline_ref;  // must list this policy in its triggers.drift (R2-22)
  TrainingData data = TrainingData::kSinceOnset;
  base::Duration lookback = std::chrono::hours(2160);  // Lookback: span; SinceOnset: longest span

  bool operator==(const DriftTraining&) const = default;
};

struct DriftAction {
  std::vector<DriftWhen> when;
  DriftActionType type = DriftActionType::kNotify;
  std::vector<std::string> checks;        // empty: any; else one of them is confirmed (DR-92)
  std::optional<DriftTraining> training;  // with TriggerTraining

  bool operator==(const DriftAction&) const = default;
};

enum class AutonomyLevel : uint8_t { kRecommend, kAutonomous };  // R2-52

struct DriftAutonomy {
  AutonomyLevel level = AutonomyLevel::kRecommend;

  bool operator==(const DriftAutonomy&) const = default;
};

// clocks and actions are empty when the object does not say: effective_clocks(),
// effective_actions().
struct DriftPolicySpec {
  TargetRef target_ref;  // immutable (DR-12)
  bool suspend = false;  // no queries, phase Muted; an open episode is kept
  DriftTraffic traffic = DriftTraffic::kStable;
  DriftMetrics metrics;
  Sensitivity sensitivity = Sensitivity::kMedium;
  base::Duration false_action_every = std::chrono::hours(8760);  // >= 168h
  std::optional<base::Duration> false_warning_every;             // <= false_action_every; absent:
                                                                 // effective_false_warning_every()
  std::vector<DriftClock> clocks;                   // at most 2, windows strictly increasing
  base::Duration settle = std::chrono::minutes(2);  // a window is read this long after its end
  std::string time_zone = "Etc/UTC";                // where days begin
  DriftReference reference;
  std::optional<Discovery> discovery;
  std::vector<DriftCheck> checks;  // at most 64, by name
  DriftQuality quality;
  DriftDecision decision;
  std::vector<DriftAction> actions;  // at most 10, in order
  DriftAutonomy autonomy;

  bool operator==(const DriftPolicySpec&) const = default;
};

// spec.falseWarningEvery, or its default: 720h, or falseActionEvery when that is shorter.
base::Duration effective_false_warning_every(const DriftPolicySpec& spec);

// spec.clocks, or the default two: fast (1h, 0.20, 0.10) and slow (24h, of sensitivity).
std::vector<DriftClock> effective_clocks(const DriftPolicySpec& spec);

// spec.actions, or the default one: Notify on Warn, Act and Blind.
std::vector<DriftAction> effective_actions(const DriftPolicySpec& spec);

// The expected bad share; nullopt: that of the reference profile.
std::optional<double> baseline_of(const PerformanceSource& source);

// ---- status ----

enum class DriftPhase : uint8_t {
  kWarmup,
  kWatching,
  kWarning,
  kDrifted,
  kCooldown,
  kMuted,
  kNoData,
};

struct DriftSummary {
  std::string score;      // S of DR-89
  std::string threshold;  // "1"
  std::string worst_check;
  std::string message;

  bool operator==(const DriftSummary&) const = default;
};

// A pinned or learned reference; its content is in the ConfigMap (R2-23).
struct ReferenceStatus {
  std::string revision;  // of the ModelDeployment, 10 hex digits
  std::string model;     // digest of its model, "sha256:..." (R2-24)
  std::optional<ReferenceSource> source;
  std::string digest;      // of the profile's bytes; Production: of the ConfigMap's value (DR-51)
  std::string config_map;  // <policy>-reference-<first 8 hex of digest>
  int64_t count = 0;       // observations in it
  std::optional<base::Time> since;  // in force since

  bool operator==(const ReferenceStatus&) const = default;
};

// While no reference is in force and one is learned (DR-55).
struct LearningStatus {
  std::optional<base::Time> since;
  std::optional<base::Time> until;
  int64_t count = 0;  // observations so far

  bool operator==(const LearningStatus&) const = default;
};

struct ClockStatus {
  std::string name;
  std::optional<base::Time> cursor;  // end of the last window consumed (A30)
  std::string ratio;                 // R_c of DR-89
  int32_t no_data = 0;               // windows without data in a row (DR-116)

  bool operator==(const ClockStatus&) const = default;
};

enum class DriftVerdict : uint8_t { kOk, kWarn, kAct, kNoData, kInsufficient, kLearning };

// A check that is among the worst. Numbers are of the clock with the largest share.
struct CheckStatus {
  std::string name;
  DriftVerdict verdict = DriftVerdict::kOk;
  std::string clock;
  std::string evidence;  // this check's largest share of S
  std::string effect;    // largest CDF gap in the last window; performance: rise of the bad share
  StringMap detectors;   // shown beside Evidence: {"PSI": "0.118"}
  int64_t count = 0;     // observations in the last window, rounded
  std::optional<base::Time> onset;
  std::string reason;

  bool operator==(const CheckStatus&) const = default;
};

enum class DriftSeverity : uint8_t { kWarn, kAct };

// The training that answers an episode (DR-122).
struct RemedyStatus {
  std::string run;      // name of the TrainingRun; empty: none yet
  int32_t attempt = 0;  // from 1
  std::string state;    // Requested Training Deploying Succeeded Failed NotEnoughNewData ...

  bool operator==(const RemedyStatus&) const = default;
};

struct EpisodeStatus {
  std::string id;   // <policy>-<episodeSeq>
  std::string key;  // first 8 hex of SHA-256(policy UID, window end, clock name) (DR-111)
  DriftSeverity severity = DriftSeverity::kWarn;
  std::string clock;  // that opened it
  std::optional<base::Time> opened_at;
  std::optional<base::Time> onset;
  std::vector<std::string> checks;  // at most 5, confirmed ones first
  int32_t confirmed = 0;            // how many of `checks` are confirmed, the rest is suspect
  std::string reason;
  int32_t quiet = 0;               // quiet windows in a row (DR-113)
  std::vector<std::string> fired;  // "<severity>/<action index>": at most once each (DR-112)
  std::optional<RemedyStatus> remedy;

  bool operator==(const EpisodeStatus&) const = default;
};

struct EpisodeHistory {
  std::string id;
  DriftSeverity severity = DriftSeverity::kWarn;
  std::optional<base::Time> opened_at;
  std::optional<base::Time> closed_at;
  std::string outcome;  // Cleared Remediated Superseded Acknowledged
  std::string reason;
  std::vector<std::string> checks;  // of the newest entry only (DR-122)

  bool operator==(const EpisodeHistory&) const = default;
};

// What the policy asks of another object (R2-22). Gone when answered, expired or withdrawn.
struct DriftRequest {
  std::string id;      // <episode id>-TriggerTraining-<attempt>
  std::string type;    // TriggerTraining
  std::string target;  // name of the TrainingPipeline
  DriftSeverity severity = DriftSeverity::kAct;
  std::optional<base::Time> from;  // span of data to train on
  std::optional<base::Time> to;
  std::optional<base::Time> expires_at;

  bool operator==(const DriftRequest&) const = default;
};

// A notification that is decided and not delivered yet (DR-120).
struct DriftNotice {
  std::string id;  // dedupe key: <episode id>-<when>-<reason>
  DriftWhen when = DriftWhen::kWarn;
  std::optional<base::Time> at;

  bool operator==(const DriftNotice&) const = default;
};

struct DriftPolicyStatus {
  int64_t observed_generation = 0;
  std::optional<DriftPhase> phase;
  DriftSummary summary;
  std::optional<ReferenceStatus> reference;
  std::optional<ReferenceStatus> previous_reference;  // what a rollback returns to (DR-54)
  std::optional<LearningStatus> learning;
  std::vector<ClockStatus> clocks;  // in the order of the spec
  std::vector<CheckStatus> checks;  // the worst, worst first
  int32_t checks_total = 0;         // judged, discovered ones included
  // For the operator alone, of all checks and clocks: by check name, then in the order of clocks.
  std::string state;         // evidence of every component: stats::encode_evidence (DR-85)
  std::string onsets;        // ends of the last windows at rest (DR-96)
  std::string evidence_key;  // hash of what both belong to: clocks, checks, weights, tolerances and
                             // reference; another one restarts evidence (DR-89)
  std::optional<EpisodeStatus> episode;
  int64_t episode_seq = 0;  // of the last episode opened
  std::optional<base::Time> cooldown_until;
  std::vector<EpisodeHistory> history;  // newest first, at most 10
  std::vector<DriftRequest> requests;   // at most 1
  std::vector<DriftNotice> notices;     // at most 2
  std::optional<LastRequest> last_request;
  std::vector<std::string> handled_requests;  // newest first, at most 16 (R2-5)
  std::optional<base::Time> next_at;          // when the operator looks again
  std::vector<Condition> conditions;  // Ready Reconciling Stalled DriftDetected MetricsAvailable
                                      // ReferenceAvailable

  bool operator==(const DriftPolicyStatus&) const = default;
};

struct DriftPolicy {
  Metadata metadata;
  DriftPolicySpec spec;
  DriftPolicyStatus status;

  bool operator==(const DriftPolicy&) const = default;
};

}  // namespace kaizen::api
