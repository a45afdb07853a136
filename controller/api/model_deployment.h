// ModelDeployment (kaizen.ml/v1alpha1): serve a model and roll out its changes on evidence. Spec is
// written by users and Git, status by kaizen alone (A3). Optional members are "absent in the
// object"; defaults are applied when they are used, never in storage for what enters the revision
// hash (MD-3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/object.h"
#include "base/duration.h"

namespace kaizen::api {

// ---- spec ----

struct Owner {
  std::string team;
  std::vector<std::string> contacts;
  std::string runbook;

  bool operator==(const Owner&) const = default;
};

struct SloLatency {
  std::optional<Fraction> quantile;
  std::optional<base::Duration> threshold;

  bool operator==(const SloLatency&) const = default;
};

struct Slo {
  std::optional<Fraction> availability;
  std::optional<SloLatency> latency;

  bool operator==(const Slo&) const = default;
};

// Where the model comes from when no one writes it into the spec (R2-2).
struct ModelFrom {
  std::string pipeline;  // a TrainingPipeline of the same namespace: its status.published

  bool operator==(const ModelFrom&) const = default;
};

enum class LoaderType : uint8_t { kInitContainer, kNone };

struct LoaderCredentials {
  std::string secret_name;  // mounted into the loader's container only

  bool operator==(const LoaderCredentials&) const = default;
};

// The init container that fetches and verifies the model (MD-7, MD-8).
struct Loader {
  // Default: InitContainer when the scheme is s3, http or https and digest is known or anything is
  // said here, else None.
  std::optional<LoaderType> type;
  std::string mount_path;  // default /mnt/models
  std::optional<LoaderCredentials> credentials;
  std::string config_map_name;  // endpoint and CA, as variables of the same names as the Secret's

  bool operator==(const Loader&) const = default;
};

struct Model {
  std::string name;  // empty: metadata.name
  std::string uri;   // with `from`: the first model, until the pipeline has published one
  std::string format;
  std::string version;
  std::string digest;
  std::optional<Loader> loader;
  std::optional<ModelFrom> from;  // excludes digest; never in the canonical form: what it gives is

  bool operator==(const Model&) const = default;
};

struct EnvVar {
  std::string name;
  std::string value;

  bool operator==(const EnvVar&) const = default;
};

struct RuntimePorts {
  std::optional<int32_t> http;
  std::optional<int32_t> grpc;
  std::optional<int32_t> metrics;

  bool operator==(const RuntimePorts&) const = default;
};

struct RuntimeSpec {
  std::vector<std::string> args;
  std::vector<EnvVar> env;
  std::optional<RuntimePorts> ports;
  std::optional<Resources> resources;

  bool operator==(const RuntimeSpec&) const = default;
};

enum class OnTimeout : uint8_t { kAbort, kHold };         // of an approval
enum class Requirement : uint8_t { kNoHarm, kEvidence };  // what a step needs (ST-11)
enum class AnalysisTimeout : uint8_t { kHold, kRollback, kPromote };
enum class NoDataAction : uint8_t { kHold, kRollback };
enum class ApprovalMode : uint8_t { kAuto, kManual };
enum class BakeFailure : uint8_t { kHold, kRollback };
enum class MetricSide : uint8_t { kAuto, kServer, kRouter };
enum class StrategyType : uint8_t { kCanary };
enum class TestType : uint8_t { kSequential };
enum class Direction : uint8_t { kHigherIsWorse, kLowerIsWorse, kBoth };
enum class MetricType : uint8_t { kRatio };
enum class MetricPhase : uint8_t { kCanary, kBake, kBoth };

// False alarm of GCC: a scoped enumerator hides nothing, here api::kService of api/kinds.h.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
enum class RouterType : uint8_t { kService, kGatewayApi };  // "Service", "GatewayAPI"
#pragma GCC diagnostic pop

struct StepApproval {
  std::optional<base::Duration> timeout;  // none: waits for ever (R3-4)
  std::optional<OnTimeout> on_timeout;    // default Hold (R3-4)

  bool operator==(const StepApproval&) const = default;
};

struct CanaryStep {
  std::string name;
  std::optional<int32_t> weight;       // percent of live traffic, 0..100; absent: as before
  std::optional<base::Duration> hold;  // shortest stay
  std::optional<Requirement> require;  // default analysis.require
  std::optional<StepApproval> approval;

  bool operator==(const CanaryStep&) const = default;
};

struct CanaryStrategy {
  std::vector<CanaryStep> steps;  // empty: the router's default (R2-7), frozen at the start
  std::optional<base::Duration> scale_down_delay;  // default 5m

  bool operator==(const CanaryStrategy&) const = default;
};

struct Strategy {
  std::optional<StrategyType> type;
  std::optional<CanaryStrategy> canary;

  bool operator==(const Strategy&) const = default;
};

struct Promotion {
  std::optional<ApprovalMode> approval;  // default Auto

  bool operator==(const Promotion&) const = default;
};

struct Bake {
  std::optional<base::Duration> duration;  // default 30m
  std::optional<BakeFailure> on_failure;   // default Hold (R2-9)

  bool operator==(const Bake&) const = default;
};

struct AnalysisPrometheus {
  std::string source;  // name in the operator's configuration (R2-15)

  bool operator==(const AnalysisPrometheus&) const = default;
};

struct NoData {
  std::optional<base::Duration> after;  // default 5m
  std::optional<NoDataAction> action;   // default Hold

  bool operator==(const NoData&) const = default;
};

struct TestSpec {
  std::optional<TestType> type;   // default Sequential
  std::optional<Fraction> alpha;  // default 0.05: bound on a false rollback before promotion
  std::optional<Fraction> beta;   // default 0.05

  bool operator==(const TestSpec&) const = default;
};

struct ErrorRate {
  std::optional<Fraction> tolerance;   // default half the error budget, else 0.5 %
  std::optional<Fraction> relative;    // default 0
  std::optional<Fraction> hard_limit;  // default 20 %
  std::optional<int32_t> weight;       // default 1; 0 = report only

  bool operator==(const ErrorRate&) const = default;
};

struct LatencyMetric {
  std::optional<base::Duration>
      threshold;  // default slo.latency.threshold; without either: no latency metric
  std::optional<Fraction> tolerance;  // default 0.5 %: share of requests slower than threshold
  std::optional<int32_t> weight;      // default 1

  bool operator==(const LatencyMetric&) const = default;
};

struct CustomMetric {
  std::string name;
  MetricType type = MetricType::kRatio;
  std::string numerator;  // PromQL of a counter with placeholders (MP-4)
  std::string denominator;
  std::optional<Direction> direction;  // default HigherIsWorse
  std::optional<Fraction> tolerance;   // default 0.5 %
  std::optional<Fraction> relative;    // default 0
  std::optional<Fraction> hard_limit;  // default none
  std::optional<MetricPhase> phase;    // default Both
  std::optional<int32_t> weight;       // default 1

  bool operator==(const CustomMetric&) const = default;
};

struct AnalysisSpec {
  std::optional<AnalysisPrometheus> prometheus;
  std::optional<MetricSide> source;        // default Auto
  std::optional<base::Duration> interval;  // default 30s
  std::optional<base::Duration> settle;    // default 30s
  std::optional<int64_t> min_samples;      // default 50 canary requests per step
  std::optional<NoData> no_data;
  std::optional<base::Duration> max_duration;  // default 6h
  std::optional<AnalysisTimeout> on_timeout;   // default Hold
  std::optional<Requirement> require;          // default NoHarm
  std::optional<TestSpec> test;
  std::optional<ErrorRate> error_rate;
  std::optional<LatencyMetric> latency;
  std::vector<CustomMetric> metrics;

  bool operator==(const AnalysisSpec&) const = default;
};

struct HttpRouteTarget {
  std::string name;
  std::optional<std::string> rule_name;  // excludes rule (R3-4)
  std::optional<int32_t> rule;           // index from 0

  bool operator==(const HttpRouteTarget&) const = default;
};

struct ParentReference {
  std::string name;
  std::optional<std::string> ns;  // "namespace"; absent: that of the object
  std::optional<std::string> section_name;

  bool operator==(const ParentReference&) const = default;
};

struct HttpRouteCreate {
  std::vector<ParentReference> parent_refs;
  std::vector<std::string> hostnames;
  std::optional<std::string> path_prefix;  // default /

  bool operator==(const HttpRouteCreate&) const = default;
};

struct GatewayApiSpec {
  std::optional<HttpRouteTarget> http_route;
  std::optional<HttpRouteCreate> create;

  bool operator==(const GatewayApiSpec&) const = default;
};

struct Traffic {
  std::optional<int32_t> port;       // default 80: the Services' port
  std::optional<RouterType> router;  // default Service
  std::optional<GatewayApiSpec> gateway_api;

  bool operator==(const Traffic&) const = default;
};

struct ModelDeploymentSpec {
  std::optional<Owner> owner;
  std::optional<Slo> slo;
  std::optional<Model> model;
  std::string image;
  std::optional<RuntimeSpec> runtime;
  // PodTemplateSpec, merged over what the runtime renders.
  RawJson template_;                // "template" NOLINT(readability-identifier-naming)
  std::optional<int32_t> replicas;  // CRD default 1 (R2-1); not in the hash
  std::optional<int32_t> revision_history_limit;    // default 10
  std::optional<base::Duration> progress_deadline;  // default 30m
  bool paused = false;
  std::optional<Strategy> strategy;
  std::optional<Promotion> promotion;
  std::optional<Bake> bake;
  std::optional<AnalysisSpec> analysis;
  std::optional<Traffic> traffic;

  bool operator==(const ModelDeploymentSpec&) const = default;
};

// What a revision is made of (MD-1): these members of the spec and nothing else. Its canonical form
// is hashed (MD-2); a new member of the spec is not one of these unless it changes the pods.
struct RevisionInput {
  std::optional<Model> model;
  std::string image;
  std::optional<RuntimeSpec> runtime;
  RawJson template_;  // NOLINT(readability-identifier-naming)

  bool operator==(const RevisionInput&) const = default;
};

// ---- status ----

enum class Phase : uint8_t {
  kInitializing,
  kIdle,
  kPreparing,
  kProgressing,
  kHeld,
  kPaused,
  kAwaitingApproval,
  kPromoting,
  kBaking,
  kAborting,
  kRollingBack,
  kDeleting,
};

struct RevisionStatus {
  std::string revision;  // 10 hex digits; empty: none
  std::string version;
  std::string digest;
  std::string uri;
  std::string training_run;  // the TrainingRun that made its model (R2-25); empty: not known
  int32_t replicas = 0;
  int32_t ready = 0;
  std::optional<base::Time> promoted_at;

  bool operator==(const RevisionStatus&) const = default;
};

struct PreviousStatus {
  std::string revision;
  std::string training_run;              // as RevisionStatus; its run is not pruned (TP-36)
  std::optional<base::Time> keep_until;  // warm until then: instant way back (R3-14)

  bool operator==(const PreviousStatus&) const = default;
};

struct AbortedStatus {
  std::string revision;
  std::string reason;
  std::optional<base::Time> at;
  int32_t attempts = 0;

  bool operator==(const AbortedStatus&) const = default;
};

// Written on entering Aborting or RollingBack: why, and whether the revision is marked as not to be
// run again (R3-14).
struct AbortStatus {
  std::string reason;
  std::string message;
  bool mark = false;
  std::optional<base::Time> since;
  std::optional<base::Time>
      zero_at;  // when weight 0 was seen in force; the drain counts from here (RO-9)

  bool operator==(const AbortStatus&) const = default;
};

struct RollbackTarget {
  std::string revision;
  std::string request_id;

  bool operator==(const RollbackTarget&) const = default;
};

struct StepStatus {
  int32_t index = 0;
  std::string name;
  std::optional<base::Time> started_at;
  std::optional<base::Time> hold_until;
  int32_t restarts = 0;

  bool operator==(const StepStatus&) const = default;
};

struct WeightStatus {
  int32_t intended = 0;  // percent
  int32_t applied = 0;   // percent seen in force; router Service: the real share, rounded
  std::optional<base::Time> written_at;  // when `intended` was decided: TR-4's 60 s count from here
  std::optional<base::Time> applied_at;
  std::optional<base::Time> samples_from;  // first instant whose requests count (RO-25)

  bool operator==(const WeightStatus&) const = default;
};

// Times at which someone else changed the route's weights (TR-6): three within five minutes hold
// the rollout.
struct RouteEdits {
  std::vector<base::Time> at;

  bool operator==(const RouteEdits&) const = default;
};

struct ApprovalStatus {
  std::string step;  // step name; "promotion" for promotion.approval, "first" for AD-10
  std::string revision;
  std::string by;
  std::optional<base::Time> at;
  std::optional<base::Time> deadline;

  bool operator==(const ApprovalStatus&) const = default;
};

struct ArmStatus {
  int64_t n = 0;
  int64_t bad = 0;
  std::string rate;

  bool operator==(const ArmStatus&) const = default;
};

struct RemainingStatus {
  std::optional<int64_t> requests;
  std::string time;

  bool operator==(const RemainingStatus&) const = default;
};

struct MetricStatus {
  std::string name;
  std::string verdict;
  std::string threshold;  // latency: "300ms", or "300ms, judged at 500ms" (MP-15)
  std::optional<ArmStatus> canary;
  std::optional<ArmStatus> stable;
  std::string effect;
  std::vector<std::string> interval;
  std::string harm;
  std::string no_harm;
  std::string dispersion;
  std::optional<RemainingStatus> remaining;
  std::string last_error;

  bool operator==(const MetricStatus&) const = default;
};

struct AnalysisSource {
  std::string prometheus;  // name of the operator's source
  std::string preset;
  std::string side;  // Server | Router
  std::optional<base::Time> frozen_at;

  bool operator==(const AnalysisSource&) const = default;
};

struct AnalysisStatus {
  std::string verdict;  // Pass Fail NoHarm Inconclusive NoData Skipped
  std::string wealth;
  std::string limit;  // 1/alpha
  std::string false_rollback_bound;
  std::optional<AnalysisSource> source;
  std::vector<MetricStatus> metrics;
  std::optional<base::Time> last_tick;
  std::optional<base::Time>
      last_data;  // last tick with data for both arms (noData.after counts from here)
  std::string last_error;
  std::string state;  // base64 of stats' versioned binary, ≤ 12 KiB (R3-18)

  bool operator==(const AnalysisStatus&) const = default;
};

struct HistoryEntry {
  std::string revision;
  std::string version;
  std::string digest;        // of its model: how a TrainingRun finds what became of it (TP-45)
  std::string training_run;  // as RevisionStatus
  std::string outcome;       // Promoted Aborted RolledBack Superseded
  std::string verdict;
  std::string reason;
  std::optional<base::Time> started_at;
  std::optional<base::Time> ended_at;

  bool operator==(const HistoryEntry&) const = default;
};

// What spec.model.from gave last. Kept, because a pipeline that is gone or has lost its status
// changes nothing (R2-2).
struct PublishedModel {
  std::string pipeline;
  std::string uri;
  std::string digest;
  std::string version;
  std::string run;  // the TrainingRun that published it
  std::optional<base::Time> since;

  bool operator==(const PublishedModel&) const = default;
};

struct PausedBy {
  std::string id;
  std::string by;
  std::optional<base::Time> at;

  bool operator==(const PausedBy&) const = default;
};

struct ProgressStatus {
  int32_t ready = 0;                // most ready candidate pods seen since `since`
  std::optional<base::Time> since;  // progressDeadline counts from here

  bool operator==(const ProgressStatus&) const = default;
};

struct ModelDeploymentStatus {
  int64_t observed_generation = 0;
  std::optional<Phase> phase;
  std::string message;
  std::optional<RevisionStatus> stable;
  std::optional<RevisionStatus> candidate;
  std::optional<PreviousStatus> previous;
  std::optional<AbortedStatus> aborted;
  std::optional<AbortStatus> abort;
  std::optional<RollbackTarget> rollback_target;
  std::optional<PublishedModel> published;  // only with spec.model.from
  std::vector<CanaryStep> steps;            // frozen at the start of the rollout
  std::optional<StepStatus> step;
  std::optional<WeightStatus> weight;
  std::optional<RouteEdits> route_edits;
  std::string capacity;
  std::vector<ApprovalStatus> approvals;
  std::optional<ProgressStatus> progress;
  std::optional<AnalysisStatus> analysis;
  std::optional<base::Time> started_at;  // of the rollout in flight
  std::optional<base::Time>
      sampling_since;  // first step entered: analysis.maxDuration counts from here
  std::optional<base::Time> bake_until;
  std::string held_reason;            // why phase is Held; bake held by onFailure: Hold
  std::vector<HistoryEntry> history;  // newest first, ≤ 20
  std::optional<LastRequest> last_request;
  std::vector<std::string> handled_requests;  // newest first, ≤ 16 (R2-5)
  std::optional<PausedBy> paused_by;
  std::optional<base::Time> next_at;
  int32_t replicas = 0;
  std::string selector;
  int32_t collision_count = 0;
  std::vector<Condition> conditions;

  bool operator==(const ModelDeploymentStatus&) const = default;
};

struct ModelDeployment {
  Metadata metadata;
  ModelDeploymentSpec spec;
  ModelDeploymentStatus status;

  bool operator==(const ModelDeployment&) const = default;
};

}  // namespace kaizen::api
