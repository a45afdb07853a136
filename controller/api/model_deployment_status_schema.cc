#include <cstdint>

#include "api/kinds.h"
#include "api/model_deployment.h"
#include "api/schema_internal.h"  // IWYU pragma: keep
#include "api/tables.h"           // IWYU pragma: keep
#include "schema/describe.h"

// ModelDeployment's status, and the kind as a whole. Bounds here only keep the object small
// (SEC-46): they lie well above what decide() writes (MD-15), so that they never refuse it.
namespace kaizen::schema {

using api::AbortedStatus;
using api::AbortStatus;
using api::AnalysisSource;
using api::AnalysisStatus;
using api::ApprovalStatus;
using api::ArmStatus;
using api::HistoryEntry;
using api::MetricStatus;
using api::ModelDeployment;
using api::ModelDeploymentStatus;
using api::PausedBy;
using api::Phase;
using api::PreviousStatus;
using api::ProgressStatus;
using api::PublishedModel;
using api::RemainingStatus;
using api::RevisionStatus;
using api::RollbackTarget;
using api::RouteEdits;
using api::StepStatus;
using api::WeightStatus;

KAIZEN_ENUM(Phase,
            Phase::kDeleting,
            "Initializing",
            "Idle",
            "Preparing",
            "Progressing",
            "Held",
            "Paused",
            "AwaitingApproval",
            "Promoting",
            "Baking",
            "Aborting",
            "RollingBack",
            "Deleting")

constexpr int32_t kMaxWord = 64;       // reasons, verdicts, numbers as text, revisions
constexpr int32_t kMaxName = 256;      // names, versions, people
constexpr int32_t kMaxMessage = 4096;  // messages are cut at 512 bytes (MD-15)
constexpr int32_t kMaxState = 20'000;  // 12 KiB in base64 are 16,384 characters (R3-18)
constexpr int32_t kMaxHistory = 32;    // 20 are kept (MD-15)
constexpr int32_t kMaxRequests = 32;   // 16 are kept (R2-5)

constexpr FieldInfo kRevisionStatusFields[] = {
    field<&RevisionStatus::revision>("revision",
                                     {.doc = "Revision, 10 hex digits.", .max_length = kMaxWord}),
    field<&RevisionStatus::version>(
        "version",
        {.doc = "spec.model.version of the revision.", .max_length = kMaxName}),
    field<&RevisionStatus::digest>("digest",
                                   {.doc = "Digest of its model.", .max_length = kMaxName}),
    field<&RevisionStatus::uri>("uri", {.doc = "URI of its model.", .max_length = 2048}),
    field<&RevisionStatus::training_run>(
        "trainingRun",
        {.doc = "TrainingRun that made its model.", .max_length = kMaxName}),
    field<&RevisionStatus::replicas>("replicas", {.doc = "Its pods."}),
    field<&RevisionStatus::ready>("ready", {.doc = "Its ready pods."}),
    field<&RevisionStatus::promoted_at>("promotedAt", {.doc = "When it became the stable one."}),
};
KAIZEN_DESCRIBE(RevisionStatus, kRevisionStatusFields, "One revision that has pods.")

constexpr FieldInfo kPreviousStatusFields[] = {
    field<&PreviousStatus::revision>("revision", {.doc = "The revision.", .max_length = kMaxWord}),
    field<&PreviousStatus::training_run>(
        "trainingRun",
        {.doc = "TrainingRun that made its model.", .max_length = kMaxName}),
    field<&PreviousStatus::keep_until>("keepUntil", {.doc = "It stays warm until then."}),
};
KAIZEN_DESCRIBE(PreviousStatus,
                kPreviousStatusFields,
                "The revision that was stable before: the instant way back.")

constexpr FieldInfo kAbortedStatusFields[] = {
    field<&AbortedStatus::revision>("revision", {.doc = "The revision.", .max_length = kMaxWord}),
    field<&AbortedStatus::reason>("reason", {.doc = "Why.", .max_length = kMaxWord}),
    field<&AbortedStatus::at>("at", {.doc = "When."}),
    field<&AbortedStatus::attempts>("attempts", {.doc = "How often it was tried."}),
};
KAIZEN_DESCRIBE(AbortedStatus,
                kAbortedStatusFields,
                "The revision that does not run again without a request `retry`.")

constexpr FieldInfo kAbortStatusFields[] = {
    field<&AbortStatus::reason>("reason", {.doc = "Why.", .max_length = kMaxWord}),
    field<&AbortStatus::message>("message", {.doc = "Why, for people.", .max_length = kMaxMessage}),
    field<&AbortStatus::mark>("mark", {.doc = "Whether the revision is kept from running again."}),
    field<&AbortStatus::since>("since", {.doc = "When it began."}),
    field<&AbortStatus::zero_at>("zeroAt", {.doc = "When the candidate's weight 0 was in force."}),
};
KAIZEN_DESCRIBE(AbortStatus, kAbortStatusFields, "The abort or roll back that is going on.")

constexpr FieldInfo kRollbackTargetFields[] = {
    field<&RollbackTarget::revision>("revision", {.doc = "The revision.", .max_length = kMaxWord}),
    field<&RollbackTarget::request_id>("requestId",
                                       {.doc = "Id of the request.", .max_length = kMaxWord}),
};
KAIZEN_DESCRIBE(RollbackTarget,
                kRollbackTargetFields,
                "The stored revision that a request `rollback` asked for.")

constexpr FieldInfo kStepStatusFields[] = {
    field<&StepStatus::index>("index", {.doc = "Index, from 0.", .always = true}),
    field<&StepStatus::name>("name", {.doc = "Name of the step.", .max_length = kMaxName}),
    field<&StepStatus::started_at>("startedAt", {.doc = "When it began."}),
    field<&StepStatus::hold_until>("holdUntil", {.doc = "Earliest end."}),
    field<&StepStatus::restarts>("restarts", {.doc = "How often its samples began anew."}),
};
KAIZEN_DESCRIBE(StepStatus, kStepStatusFields, "The step the rollout is in.")

constexpr FieldInfo kWeightStatusFields[] = {
    field<&WeightStatus::intended>("intended",
                                   {.doc = "Percent that was decided.", .always = true}),
    field<&WeightStatus::applied>("applied",
                                  {.doc = "Percent that was seen in force.", .always = true}),
    field<&WeightStatus::written_at>("writtenAt", {.doc = "When `intended` was decided."}),
    field<&WeightStatus::applied_at>("appliedAt", {.doc = "When it was seen in force."}),
    field<&WeightStatus::samples_from>("samplesFrom", {.doc = "Requests count from then on."}),
};
KAIZEN_DESCRIBE(WeightStatus, kWeightStatusFields, "The candidate's share of the traffic.")

constexpr FieldInfo kRouteEditsFields[] = {
    field<&RouteEdits::at>("at", {.doc = "When it happened.", .max_items = 16}),
};
KAIZEN_DESCRIBE(RouteEdits, kRouteEditsFields, "Changes of the route's weights by someone else.")

constexpr FieldInfo kApprovalStatusFields[] = {
    field<&ApprovalStatus::step>(
        "step",
        {.doc = "Name of the step, `promotion` or `first`.", .max_length = kMaxName}),
    field<&ApprovalStatus::revision>("revision", {.doc = "The candidate.", .max_length = kMaxWord}),
    field<&ApprovalStatus::by>("by",
                               {.doc = "Who approved; empty: nobody yet.", .max_length = 1024}),
    field<&ApprovalStatus::at>("at", {.doc = "When."}),
    field<&ApprovalStatus::deadline>("deadline", {.doc = "Latest time."}),
};
KAIZEN_DESCRIBE(ApprovalStatus, kApprovalStatusFields, "An approval the rollout needs.")

constexpr FieldInfo kArmStatusFields[] = {
    // Not `n`: YAML 1.1 reads that as false.
    field<&ArmStatus::n>("total", {.doc = "Requests.", .always = true}),
    field<&ArmStatus::bad>("bad", {.doc = "Bad ones among them.", .always = true}),
    field<&ArmStatus::rate>("rate", {.doc = "Their share.", .max_length = kMaxWord}),
};
KAIZEN_DESCRIBE(ArmStatus, kArmStatusFields, "What one revision did.")

constexpr FieldInfo kRemainingStatusFields[] = {
    field<&RemainingStatus::requests>("requests", {.doc = "Requests still missing."}),
    field<&RemainingStatus::time>(
        "time",
        {.doc = "How long they take at the present rate.", .max_length = kMaxWord}),
};
KAIZEN_DESCRIBE(RemainingStatus, kRemainingStatusFields, "What is missing for a decision.")

constexpr FieldInfo kMetricStatusFields[] = {
    field<&MetricStatus::name>("name", {.doc = "Name of the metric.", .max_length = kMaxName}),
    field<&MetricStatus::verdict>("verdict",
                                  {.doc = "Pass, NoHarm, Fail, Inconclusive, NoData or "
                                          "Skipped.",
                                   .max_length = kMaxWord}),
    field<&MetricStatus::threshold>("threshold",
                                    {.doc = "Latency above which a request is bad, and at which "
                                            "bucket it is judged.",
                                     .max_length = 128}),
    field<&MetricStatus::canary>("canary", {.doc = "The candidate's requests."}),
    field<&MetricStatus::stable>("stable", {.doc = "The stable revision's requests."}),
    field<&MetricStatus::effect>("effect",
                                 {.doc = "Difference of the rates.", .max_length = kMaxWord}),
    field<&MetricStatus::interval>("interval",
                                   {.doc = "95 % interval of the effect, at any time.",
                                    .max_length = kMaxWord,
                                    .max_items = 2}),
    field<&MetricStatus::harm>("harm", {.doc = "Evidence of harm.", .max_length = kMaxWord}),
    field<&MetricStatus::no_harm>("noHarm",
                                  {.doc = "Evidence of no harm.", .max_length = kMaxWord}),
    field<&MetricStatus::dispersion>("dispersion",
                                     {.doc = "Spread above that of independent "
                                             "requests.",
                                      .max_length = kMaxWord}),
    field<&MetricStatus::remaining>("remaining", {.doc = "What is missing for a decision."}),
    field<&MetricStatus::last_error>("lastError",
                                     {.doc = "Why it has no data.", .max_length = kMaxMessage}),
};
KAIZEN_DESCRIBE(MetricStatus, kMetricStatusFields, "What is known from one metric.")

constexpr FieldInfo kAnalysisSourceFields[] = {
    field<&AnalysisSource::prometheus>("prometheus",
                                       {.doc = "Name of the source.", .max_length = kMaxName}),
    field<&AnalysisSource::preset>("preset",
                                   {.doc = "Whose metric names are used.", .max_length = kMaxName}),
    field<&AnalysisSource::side>("side", {.doc = "Server or Router.", .max_length = kMaxWord}),
    field<&AnalysisSource::frozen_at>("frozenAt", {.doc = "When it was fixed for this rollout."}),
};
KAIZEN_DESCRIBE(AnalysisSource, kAnalysisSourceFields, "Where the numbers come from.")

constexpr FieldInfo kAnalysisStatusFields[] = {
    field<&AnalysisStatus::verdict>("verdict",
                                    {.doc = "Pass, NoHarm, Fail, Inconclusive, NoData "
                                            "or Skipped.",
                                     .max_length = kMaxWord}),
    field<&AnalysisStatus::wealth>("wealth",
                                   {.doc = "Evidence of harm; at `limit` the rollout "
                                           "ends.",
                                    .max_length = kMaxWord}),
    field<&AnalysisStatus::limit>("limit", {.doc = "1/alpha.", .max_length = kMaxWord}),
    field<&AnalysisStatus::false_rollback_bound>("falseRollbackBound",
                                                 {.doc = "Bound on the chance that a good revision "
                                                         "is rolled back.",
                                                  .max_length = kMaxWord}),
    field<&AnalysisStatus::source>("source", {.doc = "Where the numbers come from."}),
    field<&AnalysisStatus::metrics>("metrics",
                                    {.doc = "Metric by metric.", .max_items = kMaxHistory}),
    field<&AnalysisStatus::last_tick>("lastTick", {.doc = "Last look at the metrics."}),
    field<&AnalysisStatus::last_data>("lastData",
                                      {.doc = "Last look with data of both "
                                              "revisions."}),
    field<&AnalysisStatus::last_error>("lastError",
                                       {.doc = "Why there is no data.", .max_length = kMaxMessage}),
    field<&AnalysisStatus::state>(
        "state",
        {.doc = "State of the tests, for the operator alone.", .max_length = kMaxState}),
};
KAIZEN_DESCRIBE(AnalysisStatus, kAnalysisStatusFields, "What is known about the candidate.")

constexpr FieldInfo kHistoryEntryFields[] = {
    field<&HistoryEntry::revision>("revision", {.doc = "The candidate.", .max_length = kMaxWord}),
    field<&HistoryEntry::version>("version", {.doc = "Its version.", .max_length = kMaxName}),
    field<&HistoryEntry::digest>("digest", {.doc = "Digest of its model.", .max_length = kMaxName}),
    field<&HistoryEntry::training_run>(
        "trainingRun",
        {.doc = "TrainingRun that made its model.", .max_length = kMaxName}),
    field<&HistoryEntry::outcome>(
        "outcome",
        {.doc = "Promoted, Aborted, RolledBack or Superseded.", .max_length = kMaxWord}),
    field<&HistoryEntry::verdict>("verdict", {.doc = "The last verdict.", .max_length = kMaxWord}),
    field<&HistoryEntry::reason>("reason", {.doc = "Why, for people.", .max_length = kMaxMessage}),
    field<&HistoryEntry::started_at>("startedAt", {.doc = "Start of the rollout."}),
    field<&HistoryEntry::ended_at>("endedAt", {.doc = "Its end."}),
};
KAIZEN_DESCRIBE(HistoryEntry, kHistoryEntryFields, "One rollout that has ended.")

constexpr FieldInfo kPublishedModelFields[] = {
    field<&PublishedModel::pipeline>("pipeline",
                                     {.doc = "The TrainingPipeline.", .max_length = kMaxName}),
    field<&PublishedModel::uri>("uri", {.doc = "URI of the model.", .max_length = 2048}),
    field<&PublishedModel::digest>("digest", {.doc = "Its digest.", .max_length = kMaxName}),
    field<&PublishedModel::version>("version", {.doc = "Its version.", .max_length = kMaxName}),
    field<&PublishedModel::run>("run",
                                {.doc = "TrainingRun that made it.", .max_length = kMaxName}),
    field<&PublishedModel::since>("since", {.doc = "When it was taken."}),
};
KAIZEN_DESCRIBE(PublishedModel,
                kPublishedModelFields,
                "What spec.model.from gave last; it stays when the pipeline is gone.")

constexpr FieldInfo kPausedByFields[] = {
    field<&PausedBy::id>("id", {.doc = "Id of the request.", .max_length = kMaxWord}),
    field<&PausedBy::by>("by", {.doc = "Who asked, as the request says.", .max_length = 1024}),
    field<&PausedBy::at>("at", {.doc = "When."}),
};
KAIZEN_DESCRIBE(PausedBy, kPausedByFields, "The request `pause` that holds the rollout.")

constexpr FieldInfo kProgressStatusFields[] = {
    field<&ProgressStatus::ready>("ready", {.doc = "Most ready pods of the candidate so far."}),
    field<&ProgressStatus::since>("since", {.doc = "progressDeadline counts from then on."}),
};
KAIZEN_DESCRIBE(ProgressStatus, kProgressStatusFields, "How the candidate's pods come up.")

constexpr FieldInfo kModelDeploymentStatusFields[] = {
    field<&ModelDeploymentStatus::observed_generation>(
        "observedGeneration",
        {.doc = "Generation of the spec that this status is about."}),
    field<&ModelDeploymentStatus::phase>("phase", {.doc = "Phase of the rollout."}),
    field<&ModelDeploymentStatus::message>(
        "message",
        {.doc = "The state in a sentence.", .max_length = kMaxMessage}),
    field<&ModelDeploymentStatus::stable>("stable", {.doc = "The revision that serves."}),
    field<&ModelDeploymentStatus::candidate>("candidate", {.doc = "The revision that is tried."}),
    field<&ModelDeploymentStatus::previous>("previous", {.doc = "The revision before."}),
    field<&ModelDeploymentStatus::aborted>("aborted", {.doc = "The revision that was given up."}),
    field<&ModelDeploymentStatus::abort>("abort", {.doc = "The way back that is going on."}),
    field<&ModelDeploymentStatus::rollback_target>("rollbackTarget",
                                                   {.doc = "What a request asked to go back to."}),
    field<&ModelDeploymentStatus::published>("published",
                                             {.doc = "The model taken from a TrainingPipeline."}),
    field<&ModelDeploymentStatus::steps>(
        "steps",
        {.doc = "The steps of this rollout.", .max_items = kMaxHistory}),
    field<&ModelDeploymentStatus::step>("step", {.doc = "The step it is in."}),
    field<&ModelDeploymentStatus::weight>("weight", {.doc = "The candidate's share."}),
    field<&ModelDeploymentStatus::route_edits>("routeEdits", {.doc = "Foreign changes."}),
    field<&ModelDeploymentStatus::capacity>("capacity",
                                            {.doc = "How room for the candidate is "
                                                    "made.",
                                             .max_length = kMaxWord}),
    field<&ModelDeploymentStatus::approvals>(
        "approvals",
        {.doc = "Approvals of this rollout.", .max_items = kMaxHistory}),
    field<&ModelDeploymentStatus::progress>("progress", {.doc = "How pods come up."}),
    field<&ModelDeploymentStatus::analysis>("analysis", {.doc = "What is known."}),
    field<&ModelDeploymentStatus::started_at>("startedAt", {.doc = "Start of the rollout."}),
    field<&ModelDeploymentStatus::sampling_since>("samplingSince", {.doc = "First step entered."}),
    field<&ModelDeploymentStatus::bake_until>("bakeUntil", {.doc = "End of the watch."}),
    field<&ModelDeploymentStatus::held_reason>(
        "heldReason",
        {.doc = "Why the rollout is held.", .max_length = kMaxMessage}),
    field<&ModelDeploymentStatus::history>(
        "history",
        {.doc = "Past rollouts, newest first.", .max_items = kMaxHistory}),
    field<&ModelDeploymentStatus::last_request>("lastRequest", {.doc = "The last request."}),
    field<&ModelDeploymentStatus::handled_requests>("handledRequests",
                                                    {.doc = "Ids of requests, newest first.",
                                                     .max_length = kMaxWord,
                                                     .max_items = kMaxRequests}),
    field<&ModelDeploymentStatus::paused_by>("pausedBy", {.doc = "The request that holds it."}),
    field<&ModelDeploymentStatus::next_at>("nextAt", {.doc = "When the operator looks again."}),
    field<&ModelDeploymentStatus::replicas>("replicas",
                                            {.doc = "All pods, for the scale "
                                                    "subresource.",
                                             .always = true}),
    field<&ModelDeploymentStatus::selector>("selector",
                                            {.doc = "Their labels, for the scale "
                                                    "subresource.",
                                             .max_length = 1024}),
    field<&ModelDeploymentStatus::collision_count>("collisionCount",
                                                   {.doc = "Revisions renamed since their names "
                                                           "were taken."}),
    field<&ModelDeploymentStatus::conditions>(
        "conditions",
        {.doc = "Conditions.", .max_items = kMaxHistory, .list_map_key = "type"}),
};
KAIZEN_DESCRIBE(ModelDeploymentStatus,
                kModelDeploymentStatusFields,
                "What the operator sees and has decided. Written by it alone.")

// Services are called like the object, so its name must be one of theirs (MD-18, R2-10).
constexpr Rule kModelDeploymentRules[] = {
    {"self.metadata.name.size() <= 35",
     "metadata.name has at most 35 characters: names of pods and labels are made from it"},
    {"self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
     "metadata.name begins with a letter and holds lower-case letters, digits and - only: Services "
     "are called like it"},
};

constexpr FieldInfo kModelDeploymentFields[] = {
    field<&ModelDeployment::metadata>("metadata"),
    field<&ModelDeployment::spec>(
        "spec",
        {.doc = "What should be served and how it rolls out.", .required = true}),
    field<&ModelDeployment::status>("status", {.doc = "What the operator sees and decided."}),
};
KAIZEN_DESCRIBE_KIND(ModelDeployment,
                     kModelDeploymentFields,
                     "A model that is served, and how its changes are rolled out: step by step, "
                     "judged on evidence.",
                     api::kModelDeployment,
                     kModelDeploymentRules)

}  // namespace kaizen::schema
