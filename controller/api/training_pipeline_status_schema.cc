#include <cstdint>

#include "api/kinds.h"
#include "api/schema_internal.h"  // IWYU pragma: keep
#include "api/tables.h"           // IWYU pragma: keep
#include "api/training_pipeline.h"
#include "schema/describe.h"

// TrainingPipeline's status, and the kind as a whole. Bounds here lie above what decide() writes
// (training_limits), so that they never refuse it; strings have no patterns for the same reason.
namespace kaizen::schema {

using api::ActiveRun;
using api::AgeTriggerStatus;
using api::BreakerState;
using api::BreakerStatus;
using api::BudgetStart;
using api::BudgetStatus;
using api::DataTriggerStatus;
using api::DriftTriggerStatus;
using api::LastRun;
using api::ModelRecord;
using api::PendingTrigger;
using api::PipelinePhase;
using api::PublishedStatus;
using api::RunRef;
using api::ScheduleStatus;
using api::TrainingPipeline;
using api::TrainingPipelineStatus;
using api::TriggerCause;
using api::TriggersStatus;
using api::TriggerType;

KAIZEN_ENUM(PipelinePhase,
            PipelinePhase::kFailed,
            "Idle",
            "Queued",
            "Training",
            "Paused",
            "BudgetExhausted",
            "Failed")
KAIZEN_ENUM(TriggerType,
            TriggerType::kReproduce,
            "Schedule",
            "Data",
            "Drift",
            "Age",
            "Manual",
            "Retry",
            "Reproduce")
KAIZEN_ENUM(BreakerState, BreakerState::kHalfOpen, "Closed", "Open", "HalfOpen")

constexpr int32_t kMaxWord = 64;      // reasons, phases, request ids
constexpr int32_t kMaxName = 256;     // names, versions, slots, digests
constexpr int32_t kMaxPerson = 1024;  // who asked
constexpr int32_t kMaxUri = 2048;
constexpr int32_t kMaxRequests = 32;  // 16 are kept (R2-5)

constexpr FieldInfo kRunRefFields[] = {
    field<&RunRef::name>("name",
                         {.doc = "Name of the TrainingRun.", .required = true, .max_length = 63}),
    field<&RunRef::uid>("uid", {.doc = "Its UID.", .required = true}),
};
KAIZEN_DESCRIBE(RunRef, kRunRefFields, "A TrainingRun.")

constexpr FieldInfo kTriggerCauseFields[] = {
    field<&TriggerCause::reason>("reason", {.doc = "Why, for people.", .max_length = 1024}),
    field<&TriggerCause::request_id>("requestId",
                                     {.doc = "Id of the request.", .max_length = kMaxWord}),
    field<&TriggerCause::by>("by",
                             {.doc = "Who asked, as the request says.", .max_length = kMaxPerson}),
    field<&TriggerCause::parameters>(
        "parameters",
        {.doc = "Parameters the request sets.", .max_length = 1024, .max_properties = 64}),
    field<&TriggerCause::source>("source", {.doc = "The run that is repeated."}),
    field<&TriggerCause::policy>("policy",
                                 {.doc = "The DriftPolicy that asked.", .max_length = kMaxName}),
    field<&TriggerCause::from>("from", {.doc = "Begin of the data it asked for."}),
    field<&TriggerCause::to>("to", {.doc = "End of the data it asked for."}),
};
KAIZEN_DESCRIBE(TriggerCause, kTriggerCauseFields, "What the run is made from besides the spec.")

constexpr FieldInfo kActiveRunFields[] = {
    field<&ActiveRun::name>("name", {.doc = "Name of the TrainingRun.", .max_length = kMaxName}),
    field<&ActiveRun::uid>("uid", {.doc = "Its UID, once it was seen."}),
    field<&ActiveRun::trigger>("trigger", {.doc = "What started it."}),
    field<&ActiveRun::slot>("slot", {.doc = "Which one of these.", .max_length = kMaxName}),
    field<&ActiveRun::since>("since", {.doc = "When it was decided."}),
    field<&ActiveRun::cause>("cause", {.doc = "What it is made from."}),
};
KAIZEN_DESCRIBE(ActiveRun, kActiveRunFields, "The run that is not finished.")

constexpr FieldInfo kPendingTriggerFields[] = {
    field<&PendingTrigger::trigger>("trigger", {.doc = "What wants to start a run."}),
    field<&PendingTrigger::slot>("slot", {.doc = "Which one of these.", .max_length = kMaxName}),
    field<&PendingTrigger::since>("since", {.doc = "Since when."}),
    field<&PendingTrigger::reason>("reason", {.doc = "What holds it.", .max_length = kMaxWord}),
    field<&PendingTrigger::until>("until", {.doc = "Until when, if that is known."}),
    field<&PendingTrigger::coalesced>("coalesced",
                                      {.doc = "Triggers it stands for besides itself."}),
    field<&PendingTrigger::cause>("cause", {.doc = "What the run is made from."}),
};
KAIZEN_DESCRIBE(PendingTrigger, kPendingTriggerFields, "The trigger that waits.")

constexpr FieldInfo kLastRunFields[] = {
    field<&LastRun::name>("name", {.doc = "Name of the TrainingRun.", .max_length = kMaxName}),
    field<&LastRun::outcome>("outcome", {.doc = "How it ended.", .max_length = kMaxWord}),
    field<&LastRun::reason>("reason", {.doc = "Why.", .max_length = kMaxWord}),
    field<&LastRun::finished_at>("finishedAt", {.doc = "When."}),
    field<&LastRun::rollout_ended_at>("rolloutEndedAt",
                                      {.doc = "When the rollout it caused ended."}),
};
KAIZEN_DESCRIBE(LastRun, kLastRunFields, "The run that finished last.")

constexpr FieldInfo kModelRecordFields[] = {
    field<&ModelRecord::uri>("uri", {.doc = "Where it lies.", .max_length = kMaxUri}),
    field<&ModelRecord::digest>("digest",
                                {.doc = "Digest of its content.", .max_length = kMaxName}),
    field<&ModelRecord::version>("version", {.doc = "Its version.", .max_length = kMaxName}),
    field<&ModelRecord::size_bytes>("sizeBytes", {.doc = "Its size."}),
    field<&ModelRecord::revision>(
        "revision",
        {.doc = "Revision of the ModelDeployment.", .max_length = kMaxWord}),
    field<&ModelRecord::training_run>("trainingRun",
                                      {.doc = "TrainingRun that made it.", .max_length = kMaxName}),
    field<&ModelRecord::promoted_at>("promotedAt", {.doc = "When it became the stable one."}),
};
KAIZEN_DESCRIBE(ModelRecord, kModelRecordFields, "A model.")

constexpr FieldInfo kScheduleStatusFields[] = {
    field<&ScheduleStatus::last_slot>("lastSlot", {.doc = "Newest time that is handled."}),
    field<&ScheduleStatus::next_slot>("nextSlot", {.doc = "The next time."}),
    field<&ScheduleStatus::missed>("missed", {.doc = "Times that started nothing."}),
    field<&ScheduleStatus::expression>(
        "expression",
        {.doc = "cron and timeZone that `since` belongs to.", .max_length = kMaxName}),
    field<&ScheduleStatus::since>("since", {.doc = "Times up to then start nothing."}),
};
KAIZEN_DESCRIBE(ScheduleStatus, kScheduleStatusFields, "The schedule.")

constexpr FieldInfo kDataTriggerStatusFields[] = {
    field<&DataTriggerStatus::last_version>(
        "lastVersion",
        {.doc = "Newest version that is handled.", .max_length = kMaxName}),
    field<&DataTriggerStatus::last_rows>("lastRows",
                                         {.doc = "Rows of the last run that passed the data "
                                                 "gate."}),
    field<&DataTriggerStatus::seen_version>(
        "seenVersion",
        {.doc = "Newest version that was seen.", .max_length = kMaxName}),
    field<&DataTriggerStatus::seen_digest>("seenDigest",
                                           {.doc = "Its digest.", .max_length = kMaxName}),
    field<&DataTriggerStatus::seen_at>("seenAt", {.doc = "Unchanged since then."}),
    field<&DataTriggerStatus::mutated>("mutated",
                                       {.doc = "The version came with two digests: promotion needs "
                                               "approval."}),
};
KAIZEN_DESCRIBE(DataTriggerStatus, kDataTriggerStatusFields, "The watched dataset.")

constexpr FieldInfo kDriftTriggerStatusFields[] = {
    field<&DriftTriggerStatus::last_requests>("lastRequests",
                                              {.doc = "Last request handled, by DriftPolicy.",
                                               .max_length = kMaxName,
                                               .max_properties = 32}),
};
KAIZEN_DESCRIBE(DriftTriggerStatus, kDriftTriggerStatusFields, "Requests of DriftPolicies.")

constexpr FieldInfo kAgeTriggerStatusFields[] = {
    field<&AgeTriggerStatus::last_slot>(
        "lastSlot",
        {.doc = "Model and count of ages that is handled.", .max_length = kMaxName}),
};
KAIZEN_DESCRIBE(AgeTriggerStatus, kAgeTriggerStatusFields, "The age of the champion.")

constexpr FieldInfo kTriggersStatusFields[] = {
    field<&TriggersStatus::schedule>("schedule", {.doc = "The schedule."}),
    field<&TriggersStatus::data>("data", {.doc = "The watched dataset."}),
    field<&TriggersStatus::drift>("drift", {.doc = "Requests of DriftPolicies."}),
    field<&TriggersStatus::age>("age", {.doc = "The age of the champion."}),
};
KAIZEN_DESCRIBE(TriggersStatus, kTriggersStatusFields, "What of each trigger is handled.")

constexpr FieldInfo kBudgetStartFields[] = {
    field<&BudgetStart::run>("run", {.doc = "Name of the TrainingRun.", .max_length = kMaxName}),
    field<&BudgetStart::at>("at", {.doc = "When it started."}),
    field<&BudgetStart::automatic>("automatic", {.doc = "No person asked for it."}),
    field<&BudgetStart::rejected_data>("rejectedData", {.doc = "It ended at the data gate."}),
    field<&BudgetStart::gpu_hours>("gpuHours", {.doc = "GPU hours so far."}),
    field<&BudgetStart::cost>("cost", {.doc = "Cost so far."}),
};
KAIZEN_DESCRIBE(BudgetStart, kBudgetStartFields, "One run that was started.")

constexpr FieldInfo kBudgetStatusFields[] = {
    field<&BudgetStatus::starts>(
        "starts",
        {.doc = "Runs inside the window, newest first.", .max_items = 128}),
    field<&BudgetStatus::gpu_hours_used>("gpuHoursUsed", {.doc = "GPU hours in the window."}),
    field<&BudgetStatus::cost_used>("costUsed", {.doc = "Cost in the window."}),
    field<&BudgetStatus::summary>("summary",
                                  {.doc = "Runs used of runs allowed.", .max_length = kMaxWord}),
};
KAIZEN_DESCRIBE(BudgetStatus, kBudgetStatusFields, "What runs have used.")

constexpr FieldInfo kBreakerStatusFields[] = {
    field<&BreakerStatus::state>("state",
                                 {.doc = "Open: automatic runs wait. HalfOpen: one is tried."}),
    field<&BreakerStatus::failures>("failures", {.doc = "Failed runs in a row."}),
    field<&BreakerStatus::no_improvement>("noImprovement",
                                          {.doc = "Runs in a row that brought nothing."}),
    field<&BreakerStatus::openings>("openings", {.doc = "Times in a row it has opened."}),
    field<&BreakerStatus::opened_at>("openedAt", {.doc = "When it opened."}),
    field<&BreakerStatus::opened_generation>("openedGeneration",
                                             {.doc = "Generation then; a newer one closes it."}),
    field<&BreakerStatus::trial>("trial",
                                 {.doc = "The run that is tried.", .max_length = kMaxName}),
};
KAIZEN_DESCRIBE(BreakerStatus, kBreakerStatusFields, "Whether automatic runs are stopped.")

constexpr FieldInfo kPublishedStatusFields[] = {
    field<&PublishedStatus::uri>("uri", {.doc = "Where the model lies.", .max_length = kMaxUri}),
    field<&PublishedStatus::digest>("digest",
                                    {.doc = "Digest of its content.", .max_length = kMaxName}),
    field<&PublishedStatus::version>("version", {.doc = "Its version.", .max_length = kMaxName}),
    field<&PublishedStatus::run>("run",
                                 {.doc = "TrainingRun that made it.", .max_length = kMaxName}),
    field<&PublishedStatus::at>("at", {.doc = "When it was published."}),
};
KAIZEN_DESCRIBE(PublishedStatus,
                kPublishedStatusFields,
                "The model that a ModelDeployment with model.from takes.")

constexpr FieldInfo kTrainingPipelineStatusFields[] = {
    field<&TrainingPipelineStatus::observed_generation>(
        "observedGeneration",
        {.doc = "Generation of the spec that this status is about."}),
    field<&TrainingPipelineStatus::phase>("phase", {.doc = "The state in a word."}),
    field<&TrainingPipelineStatus::active_run>("activeRun", {.doc = "The run that goes on."}),
    field<&TrainingPipelineStatus::pending>("pending", {.doc = "The trigger that waits."}),
    field<&TrainingPipelineStatus::last_run>("lastRun", {.doc = "The run before."}),
    field<&TrainingPipelineStatus::champion>("champion", {.doc = "The model that serves."}),
    field<&TrainingPipelineStatus::triggers>("triggers", {.doc = "What is handled."}),
    field<&TrainingPipelineStatus::budget>("budget", {.doc = "What runs have used."}),
    field<&TrainingPipelineStatus::breaker>("breaker", {.doc = "Whether runs are stopped."}),
    field<&TrainingPipelineStatus::published>("published", {.doc = "The published model."}),
    field<&TrainingPipelineStatus::last_request>("lastRequest", {.doc = "The last request."}),
    field<&TrainingPipelineStatus::handled_requests>("handledRequests",
                                                     {.doc = "Ids of requests, newest first.",
                                                      .max_length = kMaxWord,
                                                      .max_items = kMaxRequests}),
    field<&TrainingPipelineStatus::next_at>("nextAt", {.doc = "When the operator looks again."}),
    field<&TrainingPipelineStatus::conditions>(
        "conditions",
        {.doc = "Conditions.", .max_items = 32, .list_map_key = "type"}),
};
KAIZEN_DESCRIBE(TrainingPipelineStatus,
                kTrainingPipelineStatusFields,
                "What the operator sees and has decided. Written by it alone.")

// Names of runs, Jobs, pods and labels are made from it, and engines want a leading letter (TP-4).
constexpr Rule kTrainingPipelineRules[] = {
    {"self.metadata.name.size() <= 63",
     "metadata.name has at most 63 characters: it is a label of the runs"},
    {"self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
     "metadata.name begins with a letter and holds lower-case letters, digits and - only: Jobs "
     "are called after it"},
};

constexpr FieldInfo kTrainingPipelineFields[] = {
    field<&TrainingPipeline::metadata>("metadata"),
    field<&TrainingPipeline::spec>(
        "spec",
        {.doc = "When, how and by what measure a model is trained again.", .required = true}),
    field<&TrainingPipeline::status>("status", {.doc = "What the operator sees and decided."}),
};
KAIZEN_DESCRIBE_KIND(TrainingPipeline,
                     kTrainingPipelineFields,
                     "How a model is trained again: what starts it, the stages, the gate that "
                     "judges the result, and what happens to a model that passes.",
                     api::kTrainingPipeline,
                     kTrainingPipelineRules)

}  // namespace kaizen::schema
