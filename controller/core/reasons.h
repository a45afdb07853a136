// Reasons: the one list of words that conditions, events and history use (R2-38): name, meaning,
// what a person does about it. A new word is one constant and one row of kReasons; a test compares
// the two. Immutable, any thread.
#pragma once

#include <string>
#include <string_view>

namespace kaizen::core {

struct Reason {
  std::string_view name;
  std::string_view meaning;
  std::string_view remedy;

  // A reason is written wherever a text is: implicit on purpose.
  constexpr operator std::string_view() const { return name; }  // NOLINT
};

inline std::string text(const Reason& reason) {
  return std::string(reason.name);
}

// The condition types of a ModelDeployment. Those of the second group are present only while true.
namespace condition {

inline constexpr std::string_view kReady = "Ready";
inline constexpr std::string_view kModelLoaded = "ModelLoaded";
inline constexpr std::string_view kMetricsAvailable = "MetricsAvailable";
inline constexpr std::string_view kTrafficReady = "TrafficReady";
inline constexpr std::string_view kAnalysisPassing = "AnalysisPassing";

inline constexpr std::string_view kReconciling = "Reconciling";
inline constexpr std::string_view kStalled = "Stalled";
inline constexpr std::string_view kAwaitingApproval = "AwaitingApproval";
inline constexpr std::string_view kPaused = "Paused";
inline constexpr std::string_view kInconclusive = "Inconclusive";
inline constexpr std::string_view kRolledBack = "RolledBack";

}  // namespace condition

namespace reason {

// ---- Ready ----
inline constexpr Reason kStableServing{"StableServing", "the stable revision serves", "nothing"};
inline constexpr Reason kInitializing{"Initializing", "the first revision is not serving yet",
                                      "wait; ModelLoaded says what is missing"};
inline constexpr Reason kNotEnoughReplicas{"NotEnoughReplicas",
                                           "fewer stable pods are ready than spec.replicas asks",
                                           "look at the pods of the stable revision"};
inline constexpr Reason kAsleep{"Asleep", "spec.replicas is 0", "scale up to serve"};
inline constexpr Reason kDeleting{"Deleting", "the object is being deleted", "wait"};

// ---- Reconciling (and phases) ----
inline constexpr Reason kProgressing{"Progressing", "a step of the rollout runs", "nothing"};
inline constexpr Reason kPreparing{"Preparing", "the candidate's first pods start", "nothing"};
inline constexpr Reason kPromoting{"Promoting", "the candidate takes over all traffic", "nothing"};
inline constexpr Reason kBaking{"Baking", "the promoted revision is watched", "nothing"};
inline constexpr Reason kAborting{"Aborting", "traffic returns to the stable revision", "nothing"};
inline constexpr Reason kRollingBack{"RollingBack", "traffic returns to an older revision",
                                     "nothing"};
inline constexpr Reason kAwaitingApproval{"AwaitingApproval", "the rollout waits for a person",
                                          "request approve or reject"};
inline constexpr Reason kPaused{"Paused", "no step forward is taken", "resume"};
inline constexpr Reason kHeld{"Held", "the rollout waits for a cause to go away",
                              "the message names the cause"};

// ---- Stalled ----
inline constexpr Reason kAborted{"Aborted", "the revision of the spec was aborted",
                                 "change the spec, or request retry"};
inline constexpr Reason kInvalidSpec{"InvalidSpec", "the spec cannot be carried out",
                                     "correct the field that the message names"};
inline constexpr Reason kInvalidTemplate{"InvalidTemplate",
                                         "the API server refuses the pod template",
                                         "correct the paths that the message names"};
inline constexpr Reason kInvalidQuery{"InvalidQuery", "a metric query cannot be asked",
                                      "correct the query that the message names"};
inline constexpr Reason kRevisionNotFound{"RevisionNotFound", "that revision is not stored",
                                          "name one that kubectl get controllerrevisions shows"};
inline constexpr Reason kRouteNotFound{"RouteNotFound", "the HTTPRoute, rule or backend is absent",
                                       "create it or correct spec.traffic.gatewayAPI"};
inline constexpr Reason kRouteConflict{"RouteConflict", "somebody else steers the same route",
                                       "let one object steer it"};
inline constexpr Reason kRouterUnsupported{"RouterUnsupported",
                                           "the cluster lacks the router's kinds",
                                           "install the Gateway API or use router Service"};
inline constexpr Reason kProgressDeadlineExceeded{"ProgressDeadlineExceeded",
                                                  "pods did not become ready in time",
                                                  "look at the pods of the revision"};
inline constexpr Reason kNoSurgeCapacity{
    "NoSurgeCapacity", "there is no room for the candidate's pods", "free nodes or quota"};
inline constexpr Reason kForbidden{"Forbidden", "kaizen lacks a permission",
                                   "grant the verb that the message names"};
inline constexpr Reason kWeightNotRepresentable{
    "WeightNotRepresentable", "pods are too few for the wanted share of traffic",
    "raise spec.replicas or the weight, or use router GatewayAPI"};
inline constexpr Reason kAdoptionConflict{"AdoptionConflict",
                                          "an object of that name belongs to somebody else",
                                          "rename or delete that object"};
inline constexpr Reason kUndecodableObject{"UndecodableObject", "the object cannot be read",
                                           "correct the field that the message names"};
inline constexpr Reason kInternalError{"InternalError", "a decision of kaizen failed repeatedly",
                                       "report it with the operator's log"};
inline constexpr Reason kCleanupBlocked{"CleanupBlocked", "deletion cannot clean up",
                                        "remove the obstacle that the message names"};
inline constexpr Reason kHostNotAllowed{"HostNotAllowed", "that host may not be called",
                                        "ask the administrator"};
inline constexpr Reason kNamespaceNotEnabled{"NamespaceNotEnabled",
                                             "the namespace is not enabled for kaizen",
                                             "label the namespace kaizen.ml/enabled=true"};

// ---- ModelLoaded ----
inline constexpr Reason kLoaded{"Loaded", "all pods asked for are ready", "nothing"};
inline constexpr Reason kLoading{"Loading", "pods start or load the model", "wait"};
inline constexpr Reason kLoadFailed{"LoadFailed", "pods cannot be created or started",
                                    "the message is the cluster's"};
inline constexpr Reason kUnschedulable{"Unschedulable", "no node takes the pods",
                                       "free nodes or lower the resources"};
inline constexpr Reason kCrashLoop{"CrashLoop", "the model server ends again and again",
                                   "look at the pod's log"};

// ---- MetricsAvailable ----
inline constexpr Reason kAvailable{"Available", "the last tick had counts", "nothing"};
inline constexpr Reason kNotConfigured{"NotConfigured", "the metric source is not known",
                                       "name a source of the operator's configuration"};
inline constexpr Reason kNotScraped{"NotScraped", "the pods have no series",
                                    "let Prometheus scrape the pods"};
inline constexpr Reason kNoTraffic{"NoTraffic", "no request was counted", "send traffic"};
inline constexpr Reason kQueryFailed{"QueryFailed", "the metric source gave no usable answer",
                                     "do what the message says"};
inline constexpr Reason kMultipleSeries{"MultipleSeries", "the query gives several series",
                                        "aggregate the query"};
inline constexpr Reason kWindowTooShort{"WindowTooShort", "interval is too short for the scrapes",
                                        "raise spec.analysis.interval"};
inline constexpr Reason kThresholdAboveBuckets{"ThresholdAboveBuckets",
                                               "no bucket reaches the latency threshold",
                                               "add buckets or lower the threshold"};
inline constexpr Reason kBucketsNotMonotone{
    "BucketsNotMonotone", "the histogram contradicts itself", "look at the exporter"};
inline constexpr Reason kErrorsUnavailable{"ErrorsUnavailable", "errors cannot be told apart",
                                           "expose a status label"};
inline constexpr Reason kNativeHistogramUnsupported{
    "NativeHistogramUnsupported", "the histogram has no classic buckets", "expose classic buckets"};

// ---- DriftPolicy: data (DR-47) ----
inline constexpr Reason kNoSeries{"NoSeries", "the metric has no series",
                                  "correct the metric's name and spec.metrics, or export it"};
inline constexpr Reason kCardinalityLimit{"CardinalityLimit", "the metric has too many series",
                                          "narrow the matchers, or export fewer label values"};
inline constexpr Reason kNoInfBucket{"NoInfBucket", "the histogram lacks its last bucket",
                                     "expose the bucket le=\"+Inf\""};

// ---- TrafficReady ----
inline constexpr Reason kWeightObserved{"WeightObserved", "the weight is in force", "nothing"};
inline constexpr Reason kWeightPending{"WeightPending", "the weight is written, not yet in force",
                                       "wait"};
inline constexpr Reason kRouteNotAccepted{
    "RouteNotAccepted", "the gateway does not accept the route", "look at the route's status"};
inline constexpr Reason kEndpointsMissing{"EndpointsMissing",
                                          "a Service lacks ready endpoints for its share",
                                          "look at the pods of the revision"};

// ---- AnalysisPassing, verdicts ----
inline constexpr Reason kEvidence{"Evidence", "the canary is shown to do no harm", "nothing"};
inline constexpr Reason kNoHarm{"NoHarm", "no harm seen with enough samples", "nothing"};
inline constexpr Reason kCollecting{"Collecting", "samples are being taken", "wait"};
inline constexpr Reason kHarm{"Harm", "the canary does harm", "correct the model"};
inline constexpr Reason kHardLimit{"HardLimit", "a hard limit is exceeded", "correct the model"};
inline constexpr Reason kNoData{"NoData", "metrics are missing", "MetricsAvailable says why"};
inline constexpr Reason kDisabled{"Disabled", "no metric source is known",
                                  "name a source of the operator's configuration"};
inline constexpr Reason kTimedOut{"TimedOut", "analysis.maxDuration has passed",
                                  "promote, or request abort"};
inline constexpr Reason kInconclusive{"Inconclusive", "not enough evidence either way",
                                      "wait, send traffic, or request promote"};

// ---- outcomes and causes ----
inline constexpr Reason kPromoted{"Promoted", "the revision became stable", "nothing"};
inline constexpr Reason kRolledBack{"RolledBack", "an older revision became stable again",
                                    "change the spec, or request retry"};
inline constexpr Reason kSuperseded{"Superseded", "the spec asks for another revision", "nothing"};
inline constexpr Reason kRejected{"Rejected", "a person rejected the revision",
                                  "change the spec, or request retry"};
inline constexpr Reason kBakeCut{"BakeCut", "a newer revision ended the bake", "nothing"};
inline constexpr Reason kRequested{"Requested", "a person asked for it", "nothing"};
inline constexpr Reason kWithoutEvidence{"WithoutEvidence", "promoted without evidence",
                                         "watch the model"};

// ---- events ----
inline constexpr Reason kRevisionCreated{"RevisionCreated", "a revision was made", "nothing"};
inline constexpr Reason kStepStarted{"StepStarted", "a step began", "nothing"};
inline constexpr Reason kWeightApplied{"WeightApplied", "a weight is in force", "nothing"};
inline constexpr Reason kApprovalRequired{"ApprovalRequired", "the rollout waits for a person",
                                          "request approve or reject"};
inline constexpr Reason kApproved{"Approved", "a person approved", "nothing"};
inline constexpr Reason kApprovalTimedOut{"ApprovalTimedOut", "nobody approved in time",
                                          "request approve or reject"};
inline constexpr Reason kResumed{"Resumed", "the rollout goes on", "nothing"};
inline constexpr Reason kHarmDetected{"HarmDetected", "the canary does harm", "correct the model"};
inline constexpr Reason kHardLimitExceeded{"HardLimitExceeded", "a hard limit is exceeded",
                                           "correct the model"};
inline constexpr Reason kPromotedWithoutAnalysis{
    "PromotedWithoutAnalysis", "promoted although no metric was read", "configure a metric source"};
inline constexpr Reason kPromotedWhileAsleep{"PromotedWhileAsleep",
                                             "replaced while spec.replicas was 0",
                                             "watch the model after scaling up"};
inline constexpr Reason kBakeStarted{"BakeStarted", "the promoted revision is watched", "nothing"};
inline constexpr Reason kBakePassed{"BakePassed", "the bake ended without harm", "nothing"};
inline constexpr Reason kMetricsLost{"MetricsLost", "metrics are missing",
                                     "MetricsAvailable says why"};
inline constexpr Reason kMetricsBack{"MetricsBack", "metrics are back", "nothing"};
inline constexpr Reason kStaleRequest{"StaleRequest", "a request did not fit the state",
                                      "read status and ask again with a new id"};
inline constexpr Reason kRequestHandled{"RequestHandled", "a request was carried out", "nothing"};
inline constexpr Reason kStateDiscarded{"StateDiscarded", "stored evidence could not be read",
                                        "nothing; the step begins again"};
inline constexpr Reason kSlotMissed{"SlotMissed", "slots of the schedule passed without a run",
                                    "raise startingDeadline if they should have run"};
inline constexpr Reason kClockSkew{"ClockSkew", "a clock ran ahead", "look at the nodes' clocks"};
inline constexpr Reason kRestored{"Restored", "lost status was restored from the cluster",
                                  "check status.stable"};

// ---- TrainingRun: results of stages and the quality gate ----
inline constexpr Reason kResultMissing{"ResultMissing", "a stage did not report what it must",
                                       "let its program write what the message names"};
inline constexpr Reason kResultMalformed{"ResultMalformed", "a stage's result cannot be read",
                                         "correct what the message names in its program"};
inline constexpr Reason kResultTooLarge{"ResultTooLarge",
                                        "a stage's result is larger than its way here allows",
                                        "use result.from ConfigMap, or report less"};
inline constexpr Reason kResultMismatch{"ResultMismatch",
                                        "a result belongs to another run, model or data set",
                                        "report what the environment of the attempt names"};
inline constexpr Reason kDataRejected{"DataRejected",
                                      "the data to train on violates the checks of the pipeline",
                                      "correct the data, or edit spec.data.checks"};
inline constexpr Reason kGateRejected{"GateRejected",
                                      "the new model was measured and is not good enough",
                                      "the evidence names the checks that failed"};
inline constexpr Reason kEvaluationLeak{"EvaluationLeak",
                                        "the evaluation data set is one the model was trained on",
                                        "evaluate on data of its own"};
inline constexpr Reason kEvaluationUnpinned{"EvaluationUnpinned",
                                            "the evaluation data set has no known digest",
                                            "set its digest, or approve"};
inline constexpr Reason kChampionUnpinned{"ChampionUnpinned",
                                          "the serving model has no known digest",
                                          "set spec.model.digest, or approve"};
inline constexpr Reason kDatasetMutated{"DatasetMutated",
                                        "a version of a data set came with two digests",
                                        "write changed data as a new version, or approve"};
inline constexpr Reason kNoChampion{"NoChampion", "there is no model to compare with",
                                    "approve the first one, or set gate.onNoChampion"};
inline constexpr Reason kTooSmall{"TooSmall", "a slice has too few examples to be judged",
                                  "evaluate on more data, or approve"};

}  // namespace reason

// Every reason above, for documentation and tests.
inline constexpr const Reason* kReasons[] = {
    &reason::kStableServing,
    &reason::kInitializing,
    &reason::kNotEnoughReplicas,
    &reason::kAsleep,
    &reason::kDeleting,
    &reason::kProgressing,
    &reason::kPreparing,
    &reason::kPromoting,
    &reason::kBaking,
    &reason::kAborting,
    &reason::kRollingBack,
    &reason::kAwaitingApproval,
    &reason::kPaused,
    &reason::kHeld,
    &reason::kAborted,
    &reason::kInvalidSpec,
    &reason::kInvalidTemplate,
    &reason::kInvalidQuery,
    &reason::kRevisionNotFound,
    &reason::kRouteNotFound,
    &reason::kRouteConflict,
    &reason::kRouterUnsupported,
    &reason::kProgressDeadlineExceeded,
    &reason::kNoSurgeCapacity,
    &reason::kForbidden,
    &reason::kWeightNotRepresentable,
    &reason::kAdoptionConflict,
    &reason::kUndecodableObject,
    &reason::kInternalError,
    &reason::kCleanupBlocked,
    &reason::kHostNotAllowed,
    &reason::kNamespaceNotEnabled,
    &reason::kLoaded,
    &reason::kLoading,
    &reason::kLoadFailed,
    &reason::kUnschedulable,
    &reason::kCrashLoop,
    &reason::kAvailable,
    &reason::kNotConfigured,
    &reason::kNotScraped,
    &reason::kNoTraffic,
    &reason::kQueryFailed,
    &reason::kMultipleSeries,
    &reason::kWindowTooShort,
    &reason::kThresholdAboveBuckets,
    &reason::kBucketsNotMonotone,
    &reason::kErrorsUnavailable,
    &reason::kNativeHistogramUnsupported,
    &reason::kNoSeries,
    &reason::kCardinalityLimit,
    &reason::kNoInfBucket,
    &reason::kWeightObserved,
    &reason::kWeightPending,
    &reason::kRouteNotAccepted,
    &reason::kEndpointsMissing,
    &reason::kEvidence,
    &reason::kNoHarm,
    &reason::kCollecting,
    &reason::kHarm,
    &reason::kHardLimit,
    &reason::kNoData,
    &reason::kDisabled,
    &reason::kTimedOut,
    &reason::kInconclusive,
    &reason::kPromoted,
    &reason::kRolledBack,
    &reason::kSuperseded,
    &reason::kRejected,
    &reason::kBakeCut,
    &reason::kRequested,
    &reason::kWithoutEvidence,
    &reason::kRevisionCreated,
    &reason::kStepStarted,
    &reason::kWeightApplied,
    &reason::kApprovalRequired,
    &reason::kApproved,
    &reason::kApprovalTimedOut,
    &reason::kResumed,
    &reason::kHarmDetected,
    &reason::kHardLimitExceeded,
    &reason::kPromotedWithoutAnalysis,
    &reason::kPromotedWhileAsleep,
    &reason::kBakeStarted,
    &reason::kBakePassed,
    &reason::kMetricsLost,
    &reason::kMetricsBack,
    &reason::kStaleRequest,
    &reason::kRequestHandled,
    &reason::kStateDiscarded,
    &reason::kSlotMissed,
    &reason::kClockSkew,
    &reason::kRestored,
    &reason::kResultMissing,
    &reason::kResultMalformed,
    &reason::kResultTooLarge,
    &reason::kResultMismatch,
    &reason::kDataRejected,
    &reason::kGateRejected,
    &reason::kEvaluationLeak,
    &reason::kEvaluationUnpinned,
    &reason::kChampionUnpinned,
    &reason::kDatasetMutated,
    &reason::kNoChampion,
    &reason::kTooSmall,
};

}  // namespace kaizen::core
