// TrainingRun (kaizen.ml/v1alpha1): one attempt to make a better model, from trigger to verdict.
// Made by the operator alone (TP-1); spec is immutable and holds everything to do it again; status
// is the state machine's memory. Rules: training-pipeline (TP, GT, RS).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/object.h"
#include "api/training_pipeline.h"
#include "base/time.h"
#include "base/uid.h"

namespace kaizen::api {

// ---- spec ----

struct RunPipeline {
  std::string name;
  base::Uid uid;
  int64_t generation = 0;

  bool operator==(const RunPipeline&) const = default;
};

// Why the run exists. type and slot make its name (TP-2).
struct RunTrigger {
  TriggerType type = TriggerType::kManual;
  std::string slot;
  std::string reason;  // for people
  std::optional<base::Time> at;
  std::string by;                  // who asked, as the request says
  std::string policy;              // Drift: name of the DriftPolicy
  std::optional<base::Time> from;  // Drift: $(kaizen.data.from), $(kaizen.data.to)
  std::optional<base::Time> to;

  bool operator==(const RunTrigger&) const = default;
};

struct Parameter {
  std::string name;
  std::string value;

  bool operator==(const Parameter&) const = default;
};

enum class Pinning : uint8_t { kStrong, kWeak };  // Strong: digest known

struct RunDataset {
  std::string name;
  DatasetRole role = DatasetRole::kTrain;
  std::string uri;
  std::string digest;
  std::string version;
  std::optional<int64_t> rows;
  Pinning pinning = Pinning::kWeak;
  bool mutated = false;  // its version came with two digests: promotion needs approval (TG-18)

  bool operator==(const RunDataset&) const = default;
};

struct TrainingRunSpec {
  RunPipeline pipeline;
  RunTrigger trigger;
  std::vector<Parameter> parameters;  // at most 64, by name
  int64_t seed = 0;                   // >= 0
  std::vector<RunDataset> datasets;   // at most 16, by name
  std::string resolved;          // canonical JSON of a ResolvedPipeline, at most 256 KiB (TP-11)
  std::string config_hash;       // "sha256:" and SHA-256 of `resolved`
  std::optional<RunRef> source;  // Retry, Reproduce

  bool operator==(const TrainingRunSpec&) const = default;
};

// What TrainingRunSpec::resolved holds: the parts of the pipeline's spec that this run goes by,
// with every default written out, so that no later default changes a run. Text: canonical() of its
// table.
struct ResolvedPipeline {
  std::string model_deployment;  // name; empty: none
  std::string artifact_root;
  std::optional<DataChecks> checks;
  MapOf<Stage> stages;
  std::optional<Gate> gate;
  std::optional<Deploy> deploy;
  MapOf<Decimal> prices;  // limits.budget.prices: what the run's cost is counted with

  bool operator==(const ResolvedPipeline&) const = default;
};

// ---- status ----

enum class RunPhase : uint8_t {
  kPending,
  kQueued,
  kRunning,
  kEvaluating,
  kAwaitingApproval,
  kDeploying,
  // Terminal: never left (TP-34).
  kSucceeded,
  kRejected,
  kRolledBack,
  kFailed,
  kCancelled,
  kSuperseded,
};

enum class StagePhase : uint8_t {
  kPending,
  kWaiting,
  kQueued,
  kRunning,
  kSucceeded,
  kFailed,
  kSkipped,
  kCancelled,
};

struct ChildRef {
  std::string api_version;
  std::string kind;
  std::string name;
  std::optional<base::Uid> uid;  // none: not observed yet

  bool operator==(const ChildRef&) const = default;
};

// An attempt of a stage that is over and was followed by another one.
struct PastAttempt {
  int32_t number = 0;  // from 0, as in the child's name (TP-3)
  std::string child;   // its name
  std::string reason;
  std::string message;
  std::optional<int32_t> exit_code;
  std::optional<base::Time> started_at;
  std::optional<base::Time> finished_at;

  bool operator==(const PastAttempt&) const = default;
};

struct StageStatus {
  std::string name;
  StagePhase phase = StagePhase::kPending;
  int32_t attempt = 0;                      // from 0, as in the child's name (TP-3)
  int32_t disruptions = 0;                  // pods lost to the cluster (TP-27)
  std::vector<std::string> disrupted_pods;  // counted in `disruptions` and still there: first 8 hex
                                            // digits of their UIDs, at most 16
  std::optional<ChildRef> child;
  std::optional<base::Time> started_at;     // of the first attempt
  std::optional<base::Time> finished_at;    // of the last attempt
  std::optional<base::Time> waiting_since;  // queueTimeout counts from here; absent: not waiting
  std::optional<base::Time> running_since;  // absent: not running
  std::optional<base::Time> retry_at;       // backoff: no child before (TP-27)
  int64_t running_seconds = 0;  // of this attempt up to running_since: timeout counts both (TP-31)
  int64_t gpu_seconds = 0;      // of all attempts, up to running_since (TG-10)
  std::optional<Decimal> cost;  // of all attempts, likewise; absent without prices
  std::optional<int32_t> exit_code;  // of the result's container
  std::string result_digest;         // "sha256:" of the raw bytes (RS-26)
  std::vector<std::string> images;   // "<container>=<image>@sha256:..." as the kubelet reported
  std::string reason;                // when not Succeeded; Reused: taken over (TG-31)
  std::string message;
  std::vector<PastAttempt> attempts;  // earlier ones, newest first

  bool operator==(const StageStatus&) const = default;
};

struct MetricValue {
  std::string name;
  Decimal value;
  std::string stage;

  bool operator==(const MetricValue&) const = default;
};

enum class DataVerdict : uint8_t { kAccepted, kRejected };

// The snapshot the run trains on (GT-41) and the data gate's verdict (GT-40).
struct DataStatus {
  std::optional<DataVerdict> verdict;
  std::string name;  // of the dataset it stands for
  std::string uri;
  std::string digest;
  std::string version;
  std::optional<int64_t> rows;
  std::string message;  // all violations with value and limit

  bool operator==(const DataStatus&) const = default;
};

// A profile for DriftPolicies (R2-24); the ConfigMap is the training code's or the operator's.
struct ProfileRef {
  std::string config_map;
  std::string key;
  std::string digest;  // SHA-256 of the value's bytes

  bool operator==(const ProfileRef&) const = default;
};

struct ArtifactStatus {
  std::string name;
  std::string uri;
  std::string digest;
  int64_t size_bytes = 0;

  bool operator==(const ArtifactStatus&) const = default;
};

struct RegistryStatus {
  std::string name;
  std::string version;
  std::string uri;

  bool operator==(const RegistryStatus&) const = default;
};

enum class GateResult : uint8_t { kPassed, kRejected, kRequiresApproval };
enum class CheckVerdict : uint8_t { kPass, kFail, kInconclusive, kTooSmall };  // GT-8

// One check of the gate (GT-23). A number that does not exist is absent.
struct GateEvidence {
  std::string check;  // primary budget floor slice fairness limit since-onset
  std::string metric;
  std::string slice;   // "all", a slice, or "<dimension>: <group>/<group>"
  std::string method;  // PairedCounts Blocks Moments UnpairedCounts Wilson Point ...
  std::optional<Decimal> champion;
  std::optional<Decimal> challenger;
  std::optional<Decimal> delta;  // GT-7: positive is better
  std::optional<Decimal> lower;
  std::optional<Decimal> upper;
  std::optional<Decimal> threshold;
  std::optional<int64_t> samples;
  CheckVerdict verdict = CheckVerdict::kInconclusive;

  bool operator==(const GateEvidence&) const = default;
};

struct GateStatus {
  std::optional<GateResult> result;
  std::string reason;  // names the rule when not Passed
  std::string message;
  std::optional<base::Time> evaluated_at;
  std::string evaluation_digest;  // of the evaluation set
  std::string evidence_digest;    // SHA-256 of the canonical JSON of all evidence
  std::string evidence_config_map;
  std::vector<GateEvidence> evidence;  // at most 40, failing ones first

  bool operator==(const GateStatus&) const = default;
};

enum class ApprovalState : uint8_t { kPending, kApproved, kRejected, kExpired };

struct RunApproval {
  std::optional<base::Time> requested_at;
  std::optional<base::Time> expires_at;
  ApprovalState state = ApprovalState::kPending;
  std::string by;
  std::optional<base::Time> at;  // when it was answered

  bool operator==(const RunApproval&) const = default;
};

enum class DeployState : uint8_t { kPublished, kObserved, kPromoted, kRolledBack };

struct DeployStatus {
  std::optional<DeployState> state;
  std::string revision;          // of the ModelDeployment that it became
  std::optional<base::Time> at;  // published at: rolloutTimeout counts from here (TP-45)

  bool operator==(const DeployStatus&) const = default;
};

// TG-32.
struct Reproduction {
  std::optional<bool> model_digest_equal;
  std::optional<Decimal> max_metric_difference;  // relative to max(1, |source|)

  bool operator==(const Reproduction&) const = default;
};

struct TrainingRunStatus {
  int64_t observed_generation = 0;
  std::optional<RunPhase> phase;
  std::string stage;  // the one at work
  std::string reason;
  std::string message;
  std::optional<base::Time> started_at;
  std::optional<base::Time> finished_at;
  std::string duration;              // "1h12m", when finished
  std::vector<StageStatus> stages;   // in order, by name
  std::vector<MetricValue> metrics;  // at most 64, those the gate names first (RS-42)
  std::optional<DataStatus> data;
  std::optional<ModelRecord> model;
  std::optional<ModelRecord> champion;  // pinned when evaluate started (GT-2)
  std::optional<ProfileRef> reference_profile;
  std::vector<ArtifactStatus> artifacts;  // at most 4, by name
  std::optional<RegistryStatus> registry;
  std::optional<GateStatus> gate;
  std::optional<RunApproval> approval;
  std::optional<LastRequest> last_request;
  std::vector<std::string> handled_requests;  // newest first, at most 16 (R2-5)
  std::optional<DeployStatus> deploy;
  std::optional<Reproduction> reproduction;
  std::optional<base::Time> next_at;  // when the operator looks again
  std::vector<Condition> conditions;  // Ready Reconciling Stalled Complete DataAccepted GatePassed
                                      // Approved AwaitingApproval (while true) Deployed

  bool operator==(const TrainingRunStatus&) const = default;
};

struct TrainingRun {
  Metadata metadata;
  TrainingRunSpec spec;
  TrainingRunStatus status;

  bool operator==(const TrainingRun&) const = default;
};

constexpr bool is_terminal(RunPhase phase) {
  return phase >= RunPhase::kSucceeded;
}

}  // namespace kaizen::api
