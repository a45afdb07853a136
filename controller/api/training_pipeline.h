// TrainingPipeline (kaizen.ml/v1alpha1): when a model is trained again, how, by what it is judged
// and what happens to it then. Spec is written by users and Git, status by kaizen alone (A3).
//
// Members of the spec that have a default hold it when the object does not say otherwise, so that
// readers need not know it; there are no defaults in storage. An optional member is one whose
// absence means something of its own. All rules: training-pipeline (TP, TG, GT, RS).
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

// The stages in their fixed order (TP-20); keys of TrainingPipelineSpec::stages.
inline constexpr std::string_view kStageOrder[] = {"data", "prepare", "train", "evaluate",
                                                   "register"};

// Bounds of what the operator writes into status, in bytes, so that the largest status of a
// pipeline or a run stays below 64 KiB (RT-60); a test builds it. The CRD allows more.
namespace training_limits {

inline constexpr size_t kMessage = 512;       // of status, gate, data, requests
inline constexpr size_t kDetail = 256;        // of stages and conditions (RS-41)
inline constexpr size_t kShortDetail = 128;   // of past attempts
inline constexpr size_t kBy = 256;            // who asked or answered
inline constexpr size_t kParameters = 4096;   // request.kaizen.ml/parameters as JSON (TG-30)
inline constexpr size_t kUri = 1024;          // RS-10
inline constexpr size_t kVersion = 128;       // RS-10
inline constexpr size_t kImages = 4;          // per stage
inline constexpr size_t kImage = 320;         // "container=image@sha256:..."
inline constexpr size_t kDisruptedPods = 16;  // per stage
inline constexpr size_t kPastAttempts = 4;    // per stage: retry.maxAttempts is at most 5
inline constexpr size_t kMetrics = 64;        // RS-42
inline constexpr size_t kArtifacts = 4;       // kept in status, `model` first; all in the evidence
inline constexpr size_t kEvidence = 40;       // failing ones first; all in the evidence ConfigMap
inline constexpr size_t kSlice = 64;          // name of a slice in evidence
inline constexpr size_t kHandledRequests = 16;  // R2-5
inline constexpr size_t kStarts = 100;          // limits.budget.maxRuns is at most 100
inline constexpr size_t kPolicies = 16;         // triggers.drift.policies
inline constexpr size_t kStatus = 64 * 1024;    // the whole status as JSON (RT-60)

}  // namespace training_limits

// ---- spec: data ----

enum class DatasetRole : uint8_t { kTrain, kValidation, kEvaluation, kReference };

// Where the newest version of a dataset is named (RS-30).
struct DatasetManifest {
  // https, polled anonymously, host allowed by the operator's configuration (R2-15). Empty: nothing
  // is polled, versions arrive by the annotation kaizen.ml/dataset.<name> (TG-19). The annotation
  // counts with a uri as well.
  std::string uri;

  bool operator==(const DatasetManifest&) const = default;
};

// Has uri, manifest or both; with both, uri is used until the manifest names a version.
struct Dataset {
  std::string name;
  DatasetRole role = DatasetRole::kTrain;
  std::string uri;
  std::string version;  // of uri
  std::string digest;   // of uri, "sha256:<64 hex>"; known: pinning Strong (GT-4)
  std::optional<DatasetManifest> manifest;

  bool operator==(const Dataset&) const = default;
};

enum class OnMissing : uint8_t { kReject, kIgnore };

// min and max are inclusive; at least one of them is there.
struct MetricCheck {
  std::string metric;
  std::optional<Decimal> min;
  std::optional<Decimal> max;

  bool operator==(const MetricCheck&) const = default;
};

// The data gate (GT-40); an absent member is not checked.
struct DataChecks {
  std::optional<int64_t> min_rows;
  std::optional<Decimal> max_rows_drop;   // share 0..1 against the run that made the champion
  std::optional<base::Duration> max_age;  // of the newest event in the data
  std::optional<Decimal> max_missing;     // share 0..1 of the worst column
  std::string schema_digest;
  std::vector<MetricCheck> metrics;  // of stage data, at most 32
  OnMissing on_missing = OnMissing::kReject;

  bool operator==(const DataChecks&) const = default;
};

struct PipelineData {
  std::vector<Dataset> datasets;  // at most 16, by name
  std::optional<DataChecks> checks;

  bool operator==(const PipelineData&) const = default;
};

// ---- spec: triggers ----

enum class CatchUp : uint8_t { kLatest, kNone };

struct ScheduleTrigger {
  std::string cron;  // five fields or @hourly ... (TG-11)
  std::string time_zone = "Etc/UTC";
  base::Duration starting_deadline = std::chrono::hours(2);  // TG-14
  CatchUp catch_up = CatchUp::kLatest;
  base::Duration jitter{};  // TG-16

  bool operator==(const ScheduleTrigger&) const = default;
};

struct DataTrigger {
  std::string dataset;                                      // has a manifest
  base::Duration poll_interval = std::chrono::minutes(15);  // TG-18; +-10 %
  int64_t min_new_rows = 0;                                 // against status.triggers.data.lastRows
  base::Duration settle = std::chrono::minutes(10);         // unchanged for that long

  bool operator==(const DataTrigger&) const = default;
};

struct DriftTrigger {
  std::vector<std::string> policies;  // DriftPolicies whose pipelineRef names this one too (R2-22)

  bool operator==(const DriftTrigger&) const = default;
};

struct Triggers {
  std::optional<ScheduleTrigger> schedule;
  std::optional<DataTrigger> data;
  std::optional<DriftTrigger> drift;
  std::optional<base::Duration> max_model_age;  // TG-23

  bool operator==(const Triggers&) const = default;
};

// ---- spec: limits ----

struct Budget {
  base::Duration window = std::chrono::hours(24);  // rolling (TG-10)
  int32_t max_runs = 6;                            // all triggers
  std::optional<int32_t> max_automatic_runs;  // all but Manual, Retry, Reproduce; default min(3,
                                              // max_runs): effective_max_automatic_runs()
  std::optional<Decimal> max_gpu_hours;
  std::optional<Decimal> max_cost;  // in the unit of `prices`
  MapOf<Decimal> prices;            // per unit of the resource and hour: {"nvidia.com/gpu": 2.5}

  bool operator==(const Budget&) const = default;
};

// TG-20.
struct Breaker {
  int32_t failures = 3;        // consecutive Failed
  int32_t no_improvement = 2;  // consecutive Rejected by the gate or RolledBack
  base::Duration reset_after = std::chrono::hours(24);

  bool operator==(const Breaker&) const = default;
};

struct PipelineLimits {
  base::Duration cooldown = std::chrono::hours(6);
  bool hold_during_rollout = true;
  Budget budget;
  Breaker breaker;

  bool operator==(const PipelineLimits&) const = default;
};

// ---- spec: stages ----

struct KeyRef {
  std::string name;
  std::string key;
  bool optional = false;

  bool operator==(const KeyRef&) const = default;
};

struct FieldRef {
  std::string field_path;

  bool operator==(const FieldRef&) const = default;
};

// Exactly one of them.
struct EnvSource {
  std::optional<KeyRef> secret_key_ref;
  std::optional<KeyRef> config_map_key_ref;
  std::optional<FieldRef> field_ref;

  bool operator==(const EnvSource&) const = default;
};

// As in a container of Kubernetes: value or valueFrom.
struct StageEnvVar {
  std::string name;
  std::string value;
  std::optional<EnvSource> value_from;

  bool operator==(const StageEnvVar&) const = default;
};

enum class FailureClass : uint8_t {  // TP-27
  kInfrastructure,
  kDisruption,
  kTimeout,
  kOutOfMemory,
  kApplication,
};

struct StageRetry {
  int32_t max_attempts = 2;                          // 1..5, attempts in all
  base::Duration backoff = std::chrono::minutes(1);  // doubles, at most 10 m
  int32_t max_disruptions = 10;                      // distinct pods; they use no attempt
  std::vector<FailureClass> when = {FailureClass::kInfrastructure, FailureClass::kDisruption};

  bool operator==(const StageRetry&) const = default;
};

enum class ResultFrom : uint8_t { kTerminationMessage, kConfigMap, kNone };

// RS-20, RS-22.
struct StageResult {
  ResultFrom from = ResultFrom::kTerminationMessage;
  std::string container;                       // empty: the engine's (Job: main)
  std::string config_map_key = "result.json";  // with ConfigMap

  bool operator==(const StageResult&) const = default;
};

// Has image (shorthand for engine Job) or template, not both.
struct Stage {
  std::string engine = "Job";  // name of an extension
  std::string image;
  std::vector<std::string> command;  // command ... serviceAccountName only with image
  std::vector<std::string> args;
  std::vector<StageEnvVar> env;
  std::optional<Resources> resources;
  std::string service_account_name;
  RawJson template_;  // "template": the engine's object  NOLINT(readability-identifier-naming)
  base::Duration timeout = std::chrono::hours(12);        // counts in Running only (TP-31)
  base::Duration queue_timeout = std::chrono::hours(24);  // counts in Pending, Waiting and Queued
  StageRetry retry;
  StageResult result;

  bool operator==(const Stage&) const = default;
};

// ---- spec: gate ----

enum class MetricGoal : uint8_t { kHigher, kLower };  // which way is better (GT-7)
enum class GateRequire : uint8_t { kNonInferior, kSuperior };
enum class FloorMode : uint8_t { kBound, kPoint };
enum class SliceMode : uint8_t { kNoEvidenceOfHarm, kNonInferior };
enum class OnTooSmall : uint8_t { kIgnore, kRequireApproval, kReject };
enum class OnNoChampion : uint8_t { kRequireApproval, kPass, kReject };
enum class OnInconclusive : uint8_t { kRequireApproval, kReject };

// One comparison with the champion (GT-8).
struct GateComparison {
  std::string metric;
  MetricGoal direction = MetricGoal::kHigher;
  GateRequire require = GateRequire::kNonInferior;
  Decimal margin;              // in the metric's unit, >= 0
  int64_t min_samples = 1000;  // fewer: TooSmall

  bool operator==(const GateComparison&) const = default;
};

// Exactly one of min and max (GT-17).
struct GateFloor {
  std::string metric;
  std::string slice = "all";
  std::optional<Decimal> min;
  std::optional<Decimal> max;
  FloorMode mode = FloorMode::kBound;

  bool operator==(const GateFloor&) const = default;
};

// One comparison per slice that the result reports (GT-15).
struct GateSlices {
  std::string metric;  // empty: that of primary
  Decimal margin;
  int64_t min_samples = 200;
  SliceMode mode = SliceMode::kNoEvidenceOfHarm;
  OnTooSmall on_too_small = OnTooSmall::kIgnore;
  std::vector<std::string> required;  // absent from the result: Failed, ResultMissing

  bool operator==(const GateSlices&) const = default;
};

// Exactly one of max_gap and min_ratio (GT-16).
struct GateFairness {
  std::string metric;
  std::string dimension;
  std::optional<Decimal> max_gap;    // 0..1
  std::optional<Decimal> min_ratio;  // 0..1

  bool operator==(const GateFairness&) const = default;
};

// At least one of max and max_increase (GT-18).
struct GateLimit {
  std::string metric;
  std::optional<Decimal> max;
  std::optional<Decimal> max_increase;  // share of the champion's value

  bool operator==(const GateLimit&) const = default;
};

// Has primary, floors or both.
struct Gate {
  Decimal confidence{0.95};  // in (0.5, 1), one-sided, per check
  std::optional<GateComparison> primary;
  std::vector<GateComparison> budgets;  // at most 16, by metric
  std::vector<GateFloor> floors;        // at most 16
  std::optional<GateSlices> slices;
  std::vector<GateFairness> fairness;  // at most 8
  std::vector<GateLimit> limits;       // at most 8, by metric
  OnNoChampion on_no_champion = OnNoChampion::kRequireApproval;
  OnInconclusive on_inconclusive = OnInconclusive::kRequireApproval;

  bool operator==(const Gate&) const = default;
};

// ---- spec: deploy ----

enum class DeployAutonomy : uint8_t { kRecord, kApprove, kAuto };  // TP-40
enum class WaitFor : uint8_t { kAccepted, kPromoted };             // TP-45

struct Deploy {
  DeployAutonomy autonomy = DeployAutonomy::kApprove;
  WaitFor wait_for = WaitFor::kPromoted;
  base::Duration approval_timeout = std::chrono::hours(72);
  base::Duration rollout_timeout = std::chrono::hours(168);

  bool operator==(const Deploy&) const = default;
};

// TP-36: how many finished runs are kept, and their children how long.
struct Retention {
  int32_t succeeded = 5;
  int32_t rejected = 3;  // with RolledBack, Superseded
  int32_t failed = 3;    // with Cancelled
  base::Duration children = std::chrono::hours(24);

  bool operator==(const Retention&) const = default;
};

// ---- spec ----

struct ParameterDeclaration {
  std::string name;
  std::string default_;  // "default" NOLINT(readability-identifier-naming)

  bool operator==(const ParameterDeclaration&) const = default;
};

struct TrainingPipelineSpec {
  bool suspend = false;                           // no new run; an active one goes on
  std::optional<ObjectRef> model_deployment_ref;  // the champion's home; none: only recorded
  std::vector<ParameterDeclaration> parameters;   // at most 64, by name
  std::optional<int64_t> seed;                    // absent: first 63 bits of SHA-256(run UID)
  std::string artifact_root;  // prefix of checkpoint and artifact URIs; kaizen writes nothing there
  std::optional<PipelineData> data;
  std::optional<Triggers> triggers;
  PipelineLimits limits;
  MapOf<Stage> stages;  // keys: kStageOrder; "train" is always there
  std::optional<Gate> gate;
  std::optional<Deploy> deploy;  // absent: Record (R2-48)
  Retention retention;

  bool operator==(const TrainingPipelineSpec&) const = default;
};

// ---- status ----

enum class PipelinePhase : uint8_t {
  kIdle,
  kQueued,  // a trigger is held
  kTraining,
  kPaused,  // suspend
  kBudgetExhausted,
  kFailed,  // Stalled
};

enum class TriggerType : uint8_t {
  kSchedule,
  kData,
  kDrift,
  kAge,
  kManual,
  kRetry,
  kReproduce,
};

struct RunRef {
  std::string name;
  base::Uid uid;

  bool operator==(const RunRef&) const = default;
};

// What a run is made from besides the spec, kept from the moment a trigger is taken: its source
// (a request's annotations, an entry of a policy) may be gone when the run is created (TG-7).
struct TriggerCause {
  std::string reason;            // for people: "cron 0 3 * * MON", "request r-80 of alice"
  std::string request_id;        // Manual, Retry, Reproduce
  std::string by;                // who asked, as the request says
  StringMap parameters;          // overrides, at most training_limits::kParameters as JSON (TG-30)
  std::optional<RunRef> source;  // Retry, Reproduce: the run that is repeated
  std::string policy;            // Drift: name of the DriftPolicy
  std::optional<base::Time> from;  // Drift: $(kaizen.data.from), $(kaizen.data.to) (TG-21)
  std::optional<base::Time> to;

  bool operator==(const TriggerCause&) const = default;
};

// Written before the run is created (TG-7).
struct ActiveRun {
  std::string name;
  std::optional<base::Uid> uid;  // none: not observed yet
  TriggerType trigger = TriggerType::kManual;
  std::string slot;
  std::optional<base::Time> since;
  TriggerCause cause;

  bool operator==(const ActiveRun&) const = default;
};

// The one trigger that waits (TG-4).
struct PendingTrigger {
  TriggerType trigger = TriggerType::kManual;
  std::string slot;
  std::optional<base::Time> since;
  std::string reason;               // the first hold that applies (TG-8)
  std::optional<base::Time> until;  // when it is known
  int64_t coalesced = 0;            // triggers absorbed (TG-5)
  TriggerCause cause;

  bool operator==(const PendingTrigger&) const = default;
};

struct LastRun {
  std::string name;
  std::string outcome;  // the run's terminal phase
  std::string reason;
  std::optional<base::Time> finished_at;
  std::optional<base::Time> rollout_ended_at;  // of the rollout it caused: cooldown counts from the
                                               // later of both (TG-8)

  bool operator==(const LastRun&) const = default;
};

// A model by what it is. Of the champion (TP-49) and of a run's own model.
struct ModelRecord {
  std::string uri;
  std::string digest;
  std::string version;
  int64_t size_bytes = 0;
  std::string revision;                   // of the ModelDeployment, 10 hex digits
  std::string training_run;               // that made it; empty: not known
  std::optional<base::Time> promoted_at;  // of the champion

  bool operator==(const ModelRecord&) const = default;
};

// TG-14, TG-15.
struct ScheduleStatus {
  std::optional<base::Time> last_slot;  // newest one handled
  std::optional<base::Time> next_slot;
  int64_t missed = 0;
  std::string expression;           // "<cron> <zone>" that `since` belongs to
  std::optional<base::Time> since;  // slots up to here never fire: creation, or the last edit

  bool operator==(const ScheduleStatus&) const = default;
};

// TG-18.
struct DataTriggerStatus {
  std::string last_version;  // handled
  int64_t last_rows = 0;     // of the last run that passed the data gate
  std::string seen_version;  // newest in the manifest
  std::string seen_digest;
  std::optional<base::Time> seen_at;  // since when it is unchanged
  bool mutated = false;  // seen_version came with two digests: approval until a new version (TG-18)

  bool operator==(const DataTriggerStatus&) const = default;
};

struct DriftTriggerStatus {
  StringMap last_requests;  // policy -> id of the last request handled

  bool operator==(const DriftTriggerStatus&) const = default;
};

struct AgeTriggerStatus {
  std::string last_slot;

  bool operator==(const AgeTriggerStatus&) const = default;
};

struct TriggersStatus {
  std::optional<ScheduleStatus> schedule;
  std::optional<DataTriggerStatus> data;
  std::optional<DriftTriggerStatus> drift;
  std::optional<AgeTriggerStatus> age;

  bool operator==(const TriggersStatus&) const = default;
};

// One run that was started (TG-10).
struct BudgetStart {
  std::string run;
  std::optional<base::Time> at;
  bool automatic = false;
  bool rejected_data = false;  // DataRejected: counts in maxRuns only
  Decimal gpu_hours;           // used so far
  Decimal cost;

  bool operator==(const BudgetStart&) const = default;
};

struct BudgetStatus {
  std::vector<BudgetStart> starts;  // inside the window, newest first
  Decimal gpu_hours_used;           // inside the window
  Decimal cost_used;
  std::string summary;  // "2/6"

  bool operator==(const BudgetStatus&) const = default;
};

enum class BreakerState : uint8_t { kClosed, kOpen, kHalfOpen };

struct BreakerStatus {
  BreakerState state = BreakerState::kClosed;
  int32_t failures = 0;
  int32_t no_improvement = 0;
  int32_t openings = 0;  // in a row: the wait is resetAfter * 2^(openings-1), at most 168h
  std::optional<base::Time> opened_at;
  int64_t opened_generation = 0;  // a newer metadata.generation closes it
  std::string trial;              // name of the run that HalfOpen let through

  bool operator==(const BreakerStatus&) const = default;
};

// What a ModelDeployment with spec.model.from takes (R2-2). Set once a run may deploy; never
// removed.
struct PublishedStatus {
  std::string uri;
  std::string digest;
  std::string version;
  std::string run;  // name of the TrainingRun
  std::optional<base::Time> at;

  bool operator==(const PublishedStatus&) const = default;
};

struct TrainingPipelineStatus {
  int64_t observed_generation = 0;
  std::optional<PipelinePhase> phase;
  std::optional<ActiveRun> active_run;
  std::optional<PendingTrigger> pending;
  std::optional<LastRun> last_run;
  std::optional<ModelRecord> champion;
  TriggersStatus triggers;
  std::optional<BudgetStatus> budget;
  std::optional<BreakerStatus> breaker;
  std::optional<PublishedStatus> published;
  std::optional<LastRequest> last_request;
  std::vector<std::string> handled_requests;  // newest first, at most 16 (R2-5)
  std::optional<base::Time> next_at;          // when the operator looks again
  std::vector<Condition> conditions;          // Ready Reconciling Stalled TriggersHeld (R2-39)

  bool operator==(const TrainingPipelineStatus&) const = default;
};

struct TrainingPipeline {
  Metadata metadata;
  TrainingPipelineSpec spec;
  TrainingPipelineStatus status;

  bool operator==(const TrainingPipeline&) const = default;
};

// limits.budget.maxAutomaticRuns with its default.
constexpr int32_t effective_max_automatic_runs(const Budget& budget) {
  constexpr int32_t kDefault = 3;
  if (budget.max_automatic_runs) return *budget.max_automatic_runs;
  return budget.max_runs < kDefault ? budget.max_runs : kDefault;
}

}  // namespace kaizen::api
