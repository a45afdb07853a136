// Names: every metric of the operator, one row each. Names, labels and buckets of the first part
// are those of controller-runtime, so that dashboards made for it work (UX-80); the rest is ours
// (RT-91). Label values are enums, kinds or names the administrator chose, never names of objects
// (RT-90). Constant data.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "telemetry/telemetry.h"

namespace kaizen::telemetry {

namespace labels {

inline constexpr std::array<std::string_view, 1> kController{"controller"};
inline constexpr std::array<std::string_view, 2> kControllerResult{"controller", "result"};
inline constexpr std::array<std::string_view, 2> kQueue{"name", "controller"};
inline constexpr std::array<std::string_view, 3> kQueuePriority{"name", "controller", "priority"};
inline constexpr std::array<std::string_view, 3> kRest{"code", "method", "host"};
inline constexpr std::array<std::string_view, 3> kBuild{"version", "revision", "compiler"};
inline constexpr std::array<std::string_view, 3> kReconcile{"kind", "result", "trigger"};
inline constexpr std::array<std::string_view, 3> kApi{"verb", "resource", "code"};
inline constexpr std::array<std::string_view, 1> kVerb{"verb"};
inline constexpr std::array<std::string_view, 1> kKind{"kind"};
inline constexpr std::array<std::string_view, 1> kResource{"resource"};
inline constexpr std::array<std::string_view, 2> kResourceCause{"resource", "cause"};
inline constexpr std::array<std::string_view, 2> kKindOutcome{"kind", "outcome"};
inline constexpr std::array<std::string_view, 2> kSourceResult{"source", "result"};
inline constexpr std::array<std::string_view, 1> kSource{"source"};
inline constexpr std::array<std::string_view, 2> kHostProblem{"host", "problem"};

}  // namespace labels

namespace buckets {

inline constexpr std::array<double, 40> kReconcile{
    0.005, 0.01, 0.025, 0.05, 0.1,  0.15, 0.2,  0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6,
    0.7,   0.8,  0.9,   1.0,  1.25, 1.5,  1.75, 2.0,  2.5, 3.0,  3.5, 4.0,  4.5, 5,
    6,     7,    8,     9,    10,   15,   20,   25,   30,  40,   50,  60};
inline constexpr std::array<double, 12> kQueue{1e-8, 1e-7, 1e-6, 1e-5, 1e-4,  1e-3,
                                               1e-2, 0.1,  1.0,  10.0, 100.0, 1000.0};
// Up to the deadline of a call (RT-5: 30 s, a list page 60 s).
inline constexpr std::array<double, 12> kCall{0.005, 0.01, 0.025, 0.05, 0.1,  0.25,
                                              0.5,   1.0,  2.5,   5.0,  10.0, 60.0};

}  // namespace buckets

// ---- as controller-runtime (UX-80) ----

inline constexpr MetricInfo kReconcileTotal{MetricType::kCounter,
                                            "controller_runtime_reconcile_total",
                                            "Total number of reconciliations per controller",
                                            labels::kControllerResult,
                                            {}};
inline constexpr MetricInfo kReconcileErrors{MetricType::kCounter,
                                             "controller_runtime_reconcile_errors_total",
                                             "Total number of reconciliation errors per controller",
                                             labels::kController,
                                             {}};
inline constexpr MetricInfo kTerminalReconcileErrors{
    MetricType::kCounter,
    "controller_runtime_terminal_reconcile_errors_total",
    "Total number of terminal reconciliation errors per controller",
    labels::kController,
    {}};
inline constexpr MetricInfo kReconcilePanics{
    MetricType::kCounter,
    "controller_runtime_reconcile_panics_total",
    "Total number of exceptions caught at the reconcile boundary per controller",
    labels::kController,
    {}};
inline constexpr MetricInfo kReconcileSeconds{
    MetricType::kHistogram, "controller_runtime_reconcile_time_seconds",
    "Length of time per reconciliation per controller", labels::kController, buckets::kReconcile};
inline constexpr MetricInfo kMaxConcurrentReconciles{
    MetricType::kGauge,
    "controller_runtime_max_concurrent_reconciles",
    "Maximum number of concurrent reconciles per controller",
    labels::kController,
    {}};
inline constexpr MetricInfo kActiveWorkers{MetricType::kGauge,
                                           "controller_runtime_active_workers",
                                           "Number of currently used workers per controller",
                                           labels::kController,
                                           {}};
inline constexpr MetricInfo kQueueDepth{MetricType::kGauge,
                                        "workqueue_depth",
                                        "Current depth of the work queue by queue and priority",
                                        labels::kQueuePriority,
                                        {}};
inline constexpr MetricInfo kQueueAdds{MetricType::kCounter,
                                       "workqueue_adds_total",
                                       "Total number of adds handled by the work queue",
                                       labels::kQueue,
                                       {}};
inline constexpr MetricInfo kQueueRetries{MetricType::kCounter,
                                          "workqueue_retries_total",
                                          "Total number of retries handled by the work queue",
                                          labels::kQueue,
                                          {}};
inline constexpr MetricInfo kQueueWaitSeconds{
    MetricType::kHistogram, "workqueue_queue_duration_seconds",
    "How long an item stays in the work queue before it is taken", labels::kQueue, buckets::kQueue};
inline constexpr MetricInfo kQueueWorkSeconds{
    MetricType::kHistogram, "workqueue_work_duration_seconds",
    "How long processing an item from the work queue takes", labels::kQueue, buckets::kQueue};
inline constexpr MetricInfo kQueueUnfinishedSeconds{
    MetricType::kGauge,
    "workqueue_unfinished_work_seconds",
    "Sum of the seconds that the items in progress have taken so far",
    labels::kQueue,
    {}};
inline constexpr MetricInfo kQueueLongestSeconds{
    MetricType::kGauge,
    "workqueue_longest_running_processor_seconds",
    "Seconds that the longest running item in progress has taken so far",
    labels::kQueue,
    {}};
inline constexpr MetricInfo kRestRequests{MetricType::kCounter,
                                          "rest_client_requests_total",
                                          "Number of HTTP requests by status code, method and host",
                                          labels::kRest,
                                          {}};
inline constexpr MetricInfo kProcessCpuSeconds{MetricType::kCounter,
                                               "process_cpu_seconds_total",
                                               "Total user and system CPU time spent in seconds",
                                               {},
                                               {}};
inline constexpr MetricInfo kProcessResidentBytes{MetricType::kGauge,
                                                  "process_resident_memory_bytes",
                                                  "Resident memory size in bytes",
                                                  {},
                                                  {}};
inline constexpr MetricInfo kProcessOpenFds{MetricType::kGauge,
                                            "process_open_fds",
                                            "Number of open file descriptors",
                                            {},
                                            {}};
inline constexpr MetricInfo kProcessMaxFds{MetricType::kGauge,
                                           "process_max_fds",
                                           "Maximum number of open file descriptors",
                                           {},
                                           {}};
inline constexpr MetricInfo kProcessStartSeconds{
    MetricType::kGauge,
    "process_start_time_seconds",
    "Start time of the process since the Unix epoch in seconds",
    {},
    {}};

// ---- ours (RT-91) ----

inline constexpr MetricInfo kBuildInfo{MetricType::kGauge,
                                       "kaizen_build_info",
                                       "What this binary was built from; always 1",
                                       labels::kBuild,
                                       {}};
inline constexpr MetricInfo kReconciles{MetricType::kCounter,
                                        "kaizen_reconcile_total",
                                        "Reconciliations by kind, result and what woke the key",
                                        labels::kReconcile,
                                        {}};
inline constexpr MetricInfo kQueueOldestSeconds{
    MetricType::kGauge,
    "kaizen_workqueue_oldest_seconds",
    "Seconds that the key waiting longest in the queue has waited",
    labels::kQueue,
    {}};
inline constexpr MetricInfo kApiRequests{
    MetricType::kCounter,
    "kaizen_api_requests_total",
    "Requests to the Kubernetes API by verb, resource and outcome",
    labels::kApi,
    {}};
inline constexpr MetricInfo kApiSeconds{MetricType::kHistogram, "kaizen_api_request_seconds",
                                        "Length of requests to the Kubernetes API", labels::kVerb,
                                        buckets::kCall};
inline constexpr MetricInfo kApiWarnings{MetricType::kCounter,
                                         "kaizen_api_warnings_total",
                                         "Warning headers in answers of the Kubernetes API by kind",
                                         labels::kKind,
                                         {}};
inline constexpr MetricInfo kWatchRestarts{MetricType::kCounter,
                                           "kaizen_watch_restarts_total",
                                           "Watches opened again by resource and cause",
                                           labels::kResourceCause,
                                           {}};
inline constexpr MetricInfo kWatchEvents{MetricType::kCounter,
                                         "kaizen_watch_events_total",
                                         "What watches delivered by resource and cause",
                                         labels::kResourceCause,
                                         {}};
inline constexpr MetricInfo kWatchSkippedFrames{
    MetricType::kCounter,
    "kaizen_watch_skipped_frames_total",
    "Watch events that could not be read and were skipped",
    labels::kResource,
    {}};
inline constexpr MetricInfo kWatchUnavailable{
    MetricType::kGauge,
    "kaizen_watch_unavailable",
    "1 while a resource is not installed or may not be read",
    labels::kResource,
    {}};
inline constexpr MetricInfo kCacheObjects{MetricType::kGauge,
                                          "kaizen_cache_objects",
                                          "Objects in the cache",
                                          labels::kResource,
                                          {}};
inline constexpr MetricInfo kStaleEvents{
    MetricType::kCounter,
    "kaizen_stale_events_total",
    "Watch events dropped because the cache held a newer state",
    labels::kResource,
    {}};
inline constexpr MetricInfo kStaleSyncSkips{
    MetricType::kCounter,
    "kaizen_stale_sync_skips_total",
    "Decisions put off until a cache shows our own last write",
    labels::kKind,
    {}};
inline constexpr MetricInfo kEffects{MetricType::kCounter,
                                     "kaizen_effects_total",
                                     "Writes of plans by kind and outcome",
                                     labels::kKindOutcome,
                                     {}};
inline constexpr MetricInfo kMetricQueries{MetricType::kCounter,
                                           "kaizen_metric_queries_total",
                                           "Requests to metric sources by source and result",
                                           labels::kSourceResult,
                                           {}};
inline constexpr MetricInfo kMetricQuerySeconds{
    MetricType::kHistogram, "kaizen_metric_query_duration_seconds",
    "Length of requests to metric sources", labels::kSource, buckets::kCall};
inline constexpr MetricInfo kEventsDropped{MetricType::kCounter,
                                           "kaizen_events_dropped_total",
                                           "Kubernetes Events that were not sent",
                                           {},
                                           {}};
inline constexpr MetricInfo kQuarantined{MetricType::kGauge,
                                         "kaizen_quarantined",
                                         "Keys without writes after repeated internal errors",
                                         labels::kKind,
                                         {}};
inline constexpr MetricInfo kCredentialProblems{
    MetricType::kCounter,
    "kaizen_credential_problems_total",
    "Tokens, certificates and their files that could not be used by host and problem",
    labels::kHostProblem,
    {}};
inline constexpr MetricInfo kLogSuppressed{
    MetricType::kCounter,
    "kaizen_log_suppressed_total",
    "Log lines left out because the same one was written within 10 s",
    {},
    {}};
inline constexpr MetricInfo kSeriesDropped{
    MetricType::kGauge,
    "kaizen_metric_series_dropped",
    "Series of our own metrics that were folded into `other`",
    {},
    {}};

inline constexpr std::array<const MetricInfo*, 41> kAllMetrics{&kReconcileTotal,
                                                               &kReconcileErrors,
                                                               &kTerminalReconcileErrors,
                                                               &kReconcilePanics,
                                                               &kReconcileSeconds,
                                                               &kMaxConcurrentReconciles,
                                                               &kActiveWorkers,
                                                               &kQueueDepth,
                                                               &kQueueAdds,
                                                               &kQueueRetries,
                                                               &kQueueWaitSeconds,
                                                               &kQueueWorkSeconds,
                                                               &kQueueUnfinishedSeconds,
                                                               &kQueueLongestSeconds,
                                                               &kRestRequests,
                                                               &kProcessCpuSeconds,
                                                               &kProcessResidentBytes,
                                                               &kProcessOpenFds,
                                                               &kProcessMaxFds,
                                                               &kProcessStartSeconds,
                                                               &kBuildInfo,
                                                               &kReconciles,
                                                               &kQueueOldestSeconds,
                                                               &kApiRequests,
                                                               &kApiSeconds,
                                                               &kApiWarnings,
                                                               &kWatchRestarts,
                                                               &kWatchEvents,
                                                               &kWatchSkippedFrames,
                                                               &kWatchUnavailable,
                                                               &kCacheObjects,
                                                               &kStaleEvents,
                                                               &kStaleSyncSkips,
                                                               &kEffects,
                                                               &kMetricQueries,
                                                               &kMetricQuerySeconds,
                                                               &kEventsDropped,
                                                               &kQuarantined,
                                                               &kCredentialProblems,
                                                               &kLogSuppressed,
                                                               &kSeriesDropped};

// ---- labels with a closed set of values; anything else is shown as "Other" (RT-90) ----

struct ClosedLabel {
  std::string_view name;
  std::span<const std::string_view> values;
};

namespace values {

inline constexpr std::array<std::string_view, 9> kResult{
    "success", "error", "requeue", "requeue_after", "ok", "empty", "nan", "stale", "timeout"};
inline constexpr std::array<std::string_view, 10> kCause{"ended",   "idle",    "cut",    "expired",
                                                         "error",   "refused", "upsert", "delete",
                                                         "replace", "progress"};
// Why a key was decided: reconcile::Trigger.
inline constexpr std::array<std::string_view, 13> kTrigger{
    "deletion", "spec",   "request",       "created",  "status",  "child", "route",
    "rival",    "answer", "cache_reached", "schedule", "recheck", "retry"};
inline constexpr std::array<std::string_view, 5> kOutcome{"done", "conflict", "retry", "blocked",
                                                          "bug"};
inline constexpr std::array<std::string_view, 6> kMethod{"GET",   "POST",   "PUT",
                                                         "PATCH", "DELETE", "HEAD"};

}  // namespace values

inline constexpr std::array<ClosedLabel, 5> kClosedLabels{{
    {"result", values::kResult},
    {"cause", values::kCause},
    {"trigger", values::kTrigger},
    {"outcome", values::kOutcome},
    {"method", values::kMethod},
}};

}  // namespace kaizen::telemetry
