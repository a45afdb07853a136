#include <cstdint>

#include "api/kinds.h"
#include "api/schema_internal.h"  // IWYU pragma: keep
#include "api/tables.h"           // IWYU pragma: keep
#include "api/training_run.h"
#include "schema/describe.h"

// TrainingRun's status, and the kind as a whole. Bounds here lie above what decide() writes
// (training_limits), so that they never refuse it.
namespace kaizen::schema {

using api::ApprovalState;
using api::ArtifactStatus;
using api::CheckVerdict;
using api::ChildRef;
using api::DataStatus;
using api::DataVerdict;
using api::DeployState;
using api::DeployStatus;
using api::GateEvidence;
using api::GateResult;
using api::GateStatus;
using api::MetricValue;
using api::PastAttempt;
using api::ProfileRef;
using api::RegistryStatus;
using api::Reproduction;
using api::RunApproval;
using api::RunPhase;
using api::StagePhase;
using api::StageStatus;
using api::TrainingRun;
using api::TrainingRunStatus;

KAIZEN_ENUM(RunPhase,
            RunPhase::kSuperseded,
            "Pending",
            "Queued",
            "Running",
            "Evaluating",
            "AwaitingApproval",
            "Deploying",
            "Succeeded",
            "Rejected",
            "RolledBack",
            "Failed",
            "Cancelled",
            "Superseded")
KAIZEN_ENUM(StagePhase,
            StagePhase::kCancelled,
            "Pending",
            "Waiting",
            "Queued",
            "Running",
            "Succeeded",
            "Failed",
            "Skipped",
            "Cancelled")
KAIZEN_ENUM(DataVerdict, DataVerdict::kRejected, "Accepted", "Rejected")
KAIZEN_ENUM(GateResult, GateResult::kRequiresApproval, "Passed", "Rejected", "RequiresApproval")
KAIZEN_ENUM(CheckVerdict, CheckVerdict::kTooSmall, "Pass", "Fail", "Inconclusive", "TooSmall")
KAIZEN_ENUM(ApprovalState, ApprovalState::kExpired, "Pending", "Approved", "Rejected", "Expired")
KAIZEN_ENUM(DeployState,
            DeployState::kRolledBack,
            "Published",
            "Observed",
            "Promoted",
            "RolledBack")

constexpr int32_t kMaxWord = 64;  // reasons, methods, request ids
constexpr int32_t kMaxName = 256;
constexpr int32_t kMaxMessage = 4096;
constexpr int32_t kMaxUri = 2048;
constexpr int32_t kMaxRequests = 32;  // 16 are kept (R2-5)

constexpr FieldInfo kChildRefFields[] = {
    field<&ChildRef::api_version>("apiVersion", {.doc = "Its API.", .max_length = kMaxName}),
    field<&ChildRef::kind>("kind", {.doc = "Its kind.", .max_length = kMaxName}),
    field<&ChildRef::name>("name", {.doc = "Its name.", .max_length = kMaxName}),
    field<&ChildRef::uid>("uid", {.doc = "Its UID, once it was seen."}),
};
KAIZEN_DESCRIBE(ChildRef, kChildRefFields, "The engine's object.")

constexpr FieldInfo kPastAttemptFields[] = {
    field<&PastAttempt::number>("number", {.doc = "Its number, from 0.", .always = true}),
    field<&PastAttempt::child>("child", {.doc = "Name of its object.", .max_length = kMaxName}),
    field<&PastAttempt::reason>("reason", {.doc = "Why it failed.", .max_length = kMaxWord}),
    field<&PastAttempt::message>("message", {.doc = "Why, for people.", .max_length = kMaxMessage}),
    field<&PastAttempt::exit_code>("exitCode", {.doc = "Exit code of its container."}),
    field<&PastAttempt::started_at>("startedAt", {.doc = "When it began."}),
    field<&PastAttempt::finished_at>("finishedAt", {.doc = "When it ended."}),
};
KAIZEN_DESCRIBE(PastAttempt, kPastAttemptFields, "An attempt that was followed by another one.")

constexpr FieldInfo kStageStatusFields[] = {
    field<&StageStatus::name>(
        "name",
        {.doc = "Name of the stage.", .required = true, .max_length = kMaxWord}),
    field<&StageStatus::phase>("phase", {.doc = "The state in a word."}),
    field<&StageStatus::attempt>("attempt",
                                 {.doc = "Number of the attempt, from 0.", .always = true}),
    field<&StageStatus::disruptions>("disruptions", {.doc = "Pods that the cluster took away."}),
    field<&StageStatus::disrupted_pods>("disruptedPods",
                                        {.doc = "Those that are counted and still there.",
                                         .max_length = kMaxWord,
                                         .max_items = 64}),
    field<&StageStatus::child>("child", {.doc = "The engine's object."}),
    field<&StageStatus::started_at>("startedAt", {.doc = "When the stage began."}),
    field<&StageStatus::finished_at>("finishedAt", {.doc = "When it ended."}),
    field<&StageStatus::waiting_since>("waitingSince", {.doc = "queueTimeout counts from then."}),
    field<&StageStatus::running_since>("runningSince", {.doc = "It runs since then."}),
    field<&StageStatus::retry_at>("retryAt", {.doc = "No attempt before then."}),
    field<&StageStatus::running_seconds>("runningSeconds",
                                         {.doc = "Seconds this attempt ran, up to runningSince."}),
    field<&StageStatus::gpu_seconds>("gpuSeconds",
                                     {.doc = "GPU seconds of all attempts, up to runningSince."}),
    field<&StageStatus::cost>("cost", {.doc = "Cost of all attempts, up to runningSince."}),
    field<&StageStatus::exit_code>("exitCode", {.doc = "Exit code of the container that reports."}),
    field<&StageStatus::result_digest>("resultDigest",
                                       {.doc = "SHA-256 of the result.", .max_length = kMaxName}),
    field<&StageStatus::images>(
        "images",
        {.doc = "Images that ran, with their digests.", .max_length = 1024, .max_items = 16}),
    field<&StageStatus::reason>("reason", {.doc = "Why it is so.", .max_length = kMaxWord}),
    field<&StageStatus::message>("message", {.doc = "Why, for people.", .max_length = kMaxMessage}),
    field<&StageStatus::attempts>("attempts",
                                  {.doc = "Earlier attempts, newest first.", .max_items = 10}),
};
KAIZEN_DESCRIBE(StageStatus, kStageStatusFields, "One stage.")

constexpr FieldInfo kMetricValueFields[] = {
    field<&MetricValue::name>("name", {.doc = "Its name.", .max_length = kMaxWord}),
    field<&MetricValue::value>("value", {.doc = "Its value."}),
    field<&MetricValue::stage>("stage", {.doc = "Stage that reported it.", .max_length = kMaxWord}),
};
KAIZEN_DESCRIBE(MetricValue, kMetricValueFields, "A number that a stage reported.")

constexpr FieldInfo kDataStatusFields[] = {
    field<&DataStatus::verdict>("verdict", {.doc = "Verdict of the data gate."}),
    field<&DataStatus::name>("name", {.doc = "Dataset it stands for.", .max_length = kMaxWord}),
    field<&DataStatus::uri>("uri", {.doc = "Where it lies.", .max_length = kMaxUri}),
    field<&DataStatus::digest>("digest", {.doc = "Digest of its content.", .max_length = kMaxName}),
    field<&DataStatus::version>("version", {.doc = "Its version.", .max_length = kMaxName}),
    field<&DataStatus::rows>("rows", {.doc = "Its rows."}),
    field<&DataStatus::message>("message", {.doc = "What it violates.", .max_length = kMaxMessage}),
};
KAIZEN_DESCRIBE(DataStatus, kDataStatusFields, "The data the run trains on.")

constexpr FieldInfo kProfileRefFields[] = {
    field<&ProfileRef::config_map>("configMap", {.doc = "Its ConfigMap.", .max_length = kMaxName}),
    field<&ProfileRef::key>("key", {.doc = "Key in it.", .max_length = kMaxName}),
    field<&ProfileRef::digest>("digest", {.doc = "SHA-256 of the value.", .max_length = kMaxName}),
};
KAIZEN_DESCRIBE(ProfileRef, kProfileRefFields, "The profile that DriftPolicies compare with.")

constexpr FieldInfo kArtifactStatusFields[] = {
    field<&ArtifactStatus::name>("name",
                                 {.doc = "Its name.", .required = true, .max_length = kMaxWord}),
    field<&ArtifactStatus::uri>("uri", {.doc = "Where it lies.", .max_length = kMaxUri}),
    field<&ArtifactStatus::digest>("digest",
                                   {.doc = "Digest of its content.", .max_length = kMaxName}),
    field<&ArtifactStatus::size_bytes>("sizeBytes", {.doc = "Its size."}),
};
KAIZEN_DESCRIBE(ArtifactStatus, kArtifactStatusFields, "Something that a stage made.")

constexpr FieldInfo kRegistryStatusFields[] = {
    field<&RegistryStatus::name>("name", {.doc = "Name of the model.", .max_length = kMaxName}),
    field<&RegistryStatus::version>("version", {.doc = "Its version.", .max_length = kMaxName}),
    field<&RegistryStatus::uri>("uri", {.doc = "Its page.", .max_length = kMaxUri}),
};
KAIZEN_DESCRIBE(RegistryStatus, kRegistryStatusFields, "The entry that stage register made.")

constexpr FieldInfo kGateEvidenceFields[] = {
    field<&GateEvidence::check>("check", {.doc = "Which check.", .max_length = kMaxWord}),
    field<&GateEvidence::metric>("metric", {.doc = "Its metric.", .max_length = kMaxWord}),
    field<&GateEvidence::slice>("slice", {.doc = "Its slice.", .max_length = kMaxName}),
    field<&GateEvidence::method>("method", {.doc = "How it was computed.", .max_length = kMaxWord}),
    field<&GateEvidence::champion>("champion", {.doc = "The champion's value."}),
    field<&GateEvidence::challenger>("challenger", {.doc = "The new model's value."}),
    field<&GateEvidence::delta>("delta", {.doc = "Their difference; positive is better."}),
    field<&GateEvidence::lower>("lower", {.doc = "Lower bound."}),
    field<&GateEvidence::upper>("upper", {.doc = "Upper bound."}),
    field<&GateEvidence::threshold>("threshold", {.doc = "What it is compared with."}),
    field<&GateEvidence::samples>("samples", {.doc = "Examples."}),
    field<&GateEvidence::verdict>("verdict", {.doc = "The verdict."}),
};
KAIZEN_DESCRIBE(GateEvidence, kGateEvidenceFields, "One check of the gate.")

constexpr FieldInfo kGateStatusFields[] = {
    field<&GateStatus::result>("result", {.doc = "The result."}),
    field<&GateStatus::reason>("reason", {.doc = "Why it is not Passed.", .max_length = kMaxWord}),
    field<&GateStatus::message>("message", {.doc = "Why, for people.", .max_length = kMaxMessage}),
    field<&GateStatus::evaluated_at>("evaluatedAt", {.doc = "When it was judged."}),
    field<&GateStatus::evaluation_digest>(
        "evaluationDigest",
        {.doc = "Digest of the evaluation set.", .max_length = kMaxName}),
    field<&GateStatus::evidence_digest>(
        "evidenceDigest",
        {.doc = "SHA-256 of all evidence.", .max_length = kMaxName}),
    field<&GateStatus::evidence_config_map>(
        "evidenceConfigMap",
        {.doc = "ConfigMap with all evidence.", .max_length = kMaxName}),
    field<&GateStatus::evidence>("evidence",
                                 {.doc = "Checks, failing ones first.", .max_items = 48}),
};
KAIZEN_DESCRIBE(GateStatus, kGateStatusFields, "What the gate says about the new model.")

constexpr FieldInfo kRunApprovalFields[] = {
    field<&RunApproval::requested_at>("requestedAt", {.doc = "When it was asked for."}),
    field<&RunApproval::expires_at>("expiresAt", {.doc = "Latest time of an answer."}),
    field<&RunApproval::state>("state", {.doc = "The answer."}),
    field<&RunApproval::by>("by", {.doc = "Who gave it.", .max_length = 1024}),
    field<&RunApproval::at>("at", {.doc = "When."}),
};
KAIZEN_DESCRIBE(RunApproval, kRunApprovalFields, "A person's word on the new model.")

constexpr FieldInfo kDeployStatusFields[] = {
    field<&DeployStatus::state>("state", {.doc = "How far it came."}),
    field<&DeployStatus::revision>(
        "revision",
        {.doc = "Revision of the ModelDeployment.", .max_length = kMaxWord}),
    field<&DeployStatus::at>("at", {.doc = "When it was published."}),
};
KAIZEN_DESCRIBE(DeployStatus, kDeployStatusFields, "What became of the new model.")

constexpr FieldInfo kReproductionFields[] = {
    field<&Reproduction::model_digest_equal>("modelDigestEqual",
                                             {.doc = "The model is the same to the last byte."}),
    field<&Reproduction::max_metric_difference>("maxMetricDifference",
                                                {.doc = "Largest relative difference of a "
                                                        "metric."}),
};
KAIZEN_DESCRIBE(Reproduction, kReproductionFields, "How close a repeated run came.")

constexpr FieldInfo kTrainingRunStatusFields[] = {
    field<&TrainingRunStatus::observed_generation>(
        "observedGeneration",
        {.doc = "Generation of the spec that this status is about."}),
    field<&TrainingRunStatus::phase>("phase", {.doc = "The state in a word."}),
    field<&TrainingRunStatus::stage>("stage", {.doc = "Stage at work.", .max_length = kMaxWord}),
    field<&TrainingRunStatus::reason>("reason", {.doc = "Why it is so.", .max_length = kMaxWord}),
    field<&TrainingRunStatus::message>(
        "message",
        {.doc = "The state in a sentence.", .max_length = kMaxMessage}),
    field<&TrainingRunStatus::started_at>("startedAt", {.doc = "When it began."}),
    field<&TrainingRunStatus::finished_at>("finishedAt", {.doc = "When it ended."}),
    field<&TrainingRunStatus::duration>("duration",
                                        {.doc = "How long it took.", .max_length = kMaxWord}),
    field<&TrainingRunStatus::stages>("stages",
                                      {.doc = "Stages.", .max_items = 8, .list_map_key = "name"}),
    field<&TrainingRunStatus::metrics>("metrics",
                                       {.doc = "Numbers that stages reported.", .max_items = 96}),
    field<&TrainingRunStatus::data>("data", {.doc = "The data it trains on."}),
    field<&TrainingRunStatus::model>("model", {.doc = "The new model."}),
    field<&TrainingRunStatus::champion>("champion", {.doc = "The model it is compared with."}),
    field<&TrainingRunStatus::reference_profile>("referenceProfile",
                                                 {.doc = "Profile of the training data."}),
    field<&TrainingRunStatus::artifacts>(
        "artifacts",
        {.doc = "What stages made.", .max_items = 16, .list_map_key = "name"}),
    field<&TrainingRunStatus::registry>("registry", {.doc = "Entry in a registry."}),
    field<&TrainingRunStatus::gate>("gate", {.doc = "The gate's result."}),
    field<&TrainingRunStatus::approval>("approval", {.doc = "A person's word."}),
    field<&TrainingRunStatus::last_request>("lastRequest", {.doc = "The last request."}),
    field<&TrainingRunStatus::handled_requests>("handledRequests",
                                                {.doc = "Ids of requests, newest first.",
                                                 .max_length = kMaxWord,
                                                 .max_items = kMaxRequests}),
    field<&TrainingRunStatus::deploy>("deploy", {.doc = "What became of it."}),
    field<&TrainingRunStatus::reproduction>("reproduction", {.doc = "How close it came."}),
    field<&TrainingRunStatus::next_at>("nextAt", {.doc = "When the operator looks again."}),
    field<&TrainingRunStatus::conditions>(
        "conditions",
        {.doc = "Conditions.", .max_items = 32, .list_map_key = "type"}),
};
KAIZEN_DESCRIBE(TrainingRunStatus,
                kTrainingRunStatusFields,
                "What the operator sees and has decided. Written by it alone.")

// Names of Jobs and ConfigMaps are made from it; kaizen's own are <= 33 characters (TP-2).
constexpr Rule kTrainingRunRules[] = {
    {"self.metadata.name.size() <= 33 && "
     "self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
     "a TrainingRun is made and named by its TrainingPipeline: request `retrain` there instead of "
     "creating one"},
};

constexpr FieldInfo kTrainingRunFields[] = {
    field<&TrainingRun::metadata>("metadata"),
    field<&TrainingRun::spec>(
        "spec",
        {.doc = "Everything that is needed to do it again.", .required = true}),
    field<&TrainingRun::status>("status", {.doc = "What the operator sees and decided."}),
};
KAIZEN_DESCRIBE_KIND(TrainingRun,
                     kTrainingRunFields,
                     "One attempt to make a better model. Made by a TrainingPipeline, never by "
                     "hand.",
                     api::kTrainingRun,
                     kTrainingRunRules)

}  // namespace kaizen::schema
