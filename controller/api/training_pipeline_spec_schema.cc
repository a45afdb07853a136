#include <cstdint>
#include <string>
#include <string_view>

#include "api/object.h"
#include "api/schema_internal.h"  // IWYU pragma: keep
#include "api/tables.h"           // IWYU pragma: keep
#include "api/training_pipeline.h"
#include "schema/describe.h"

// TrainingPipeline's spec. Texts are what `kubectl explain` shows; bounds and rules are what the
// API server enforces (SEC-46, TP-9). No member has a default in storage; `always` writes the ones
// that have a default in C++ out into a run's resolved text (TP-11).
namespace kaizen::schema {

using api::Breaker;
using api::Budget;
using api::CatchUp;
using api::DataChecks;
using api::Dataset;
using api::DatasetManifest;
using api::DatasetRole;
using api::DataTrigger;
using api::Deploy;
using api::DeployAutonomy;
using api::DriftTrigger;
using api::EnvSource;
using api::FailureClass;
using api::FieldRef;
using api::FloorMode;
using api::Gate;
using api::GateComparison;
using api::GateFairness;
using api::GateFloor;
using api::GateLimit;
using api::GateRequire;
using api::GateSlices;
using api::KeyRef;
using api::MetricCheck;
using api::MetricGoal;
using api::ObjectRef;
using api::OnInconclusive;
using api::OnMissing;
using api::OnNoChampion;
using api::OnTooSmall;
using api::ParameterDeclaration;
using api::PipelineData;
using api::PipelineLimits;
using api::ResultFrom;
using api::Retention;
using api::ScheduleTrigger;
using api::SliceMode;
using api::Stage;
using api::StageEnvVar;
using api::StageResult;
using api::StageRetry;
using api::TrainingPipelineSpec;
using api::Triggers;
using api::WaitFor;

KAIZEN_ENUM(DatasetRole, DatasetRole::kReference, "Train", "Validation", "Evaluation", "Reference")
KAIZEN_ENUM(OnMissing, OnMissing::kIgnore, "Reject", "Ignore")
KAIZEN_ENUM(CatchUp, CatchUp::kNone, "Latest", "None")
KAIZEN_ENUM(FailureClass,
            FailureClass::kApplication,
            "Infrastructure",
            "Disruption",
            "Timeout",
            "OutOfMemory",
            "Application")
KAIZEN_ENUM(ResultFrom, ResultFrom::kNone, "TerminationMessage", "ConfigMap", "None")
KAIZEN_ENUM(MetricGoal, MetricGoal::kLower, "Higher", "Lower")
KAIZEN_ENUM(GateRequire, GateRequire::kSuperior, "NonInferior", "Superior")
KAIZEN_ENUM(FloorMode, FloorMode::kPoint, "Bound", "Point")
KAIZEN_ENUM(SliceMode, SliceMode::kNonInferior, "NoEvidenceOfHarm", "NonInferior")
KAIZEN_ENUM(OnTooSmall, OnTooSmall::kReject, "Ignore", "RequireApproval", "Reject")
KAIZEN_ENUM(OnNoChampion, OnNoChampion::kReject, "RequireApproval", "Pass", "Reject")
KAIZEN_ENUM(OnInconclusive, OnInconclusive::kReject, "RequireApproval", "Reject")
KAIZEN_ENUM(DeployAutonomy, DeployAutonomy::kAuto, "Record", "Approve", "Auto")
KAIZEN_ENUM(WaitFor, WaitFor::kPromoted, "Accepted", "Promoted")

// ---- Bounds that several members share ----

constexpr int32_t kMaxName = 63;
constexpr int32_t kMaxUri = 1024;
constexpr int32_t kMaxDigest = 71;                    // "sha256:" and 64 digits
constexpr int64_t kMaxCount = 9'007'199'254'740'991;  // 2^53 - 1: what JSON carries exactly (RS-44)
// kaizen.ml/dataset.<name> is an annotation: its name part has at most 63 characters (TG-19).
constexpr int32_t kMaxDataset = 55;

constexpr std::string_view kLabelPattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";
constexpr std::string_view kObjectPattern = "^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$";
constexpr std::string_view kMetricPattern = "^[A-Za-z][A-Za-z0-9_.:@/-]{0,62}$";
constexpr std::string_view kParameterPattern = "^[A-Za-z][A-Za-z0-9_]{0,62}$";

constexpr Rule kUri[] = {
    {"self.matches('^[a-z][a-z0-9+.-]*://[!-~]+$')",
     "a URI has a scheme and no blanks, for example s3://bucket/path"},
};
constexpr Rule kDigest[] = {
    {"self.matches('^sha256:[0-9a-f]{64}$')",
     "digest is sha256: and 64 lower-case hex digits; remove it if it is not known"},
};
constexpr Rule kShare[] = {
    {"double(self) >= 0.0 && double(self) <= 1.0",
     "this share lies between 0 and 1, for example \"0.05\""},
};
constexpr Rule kNotNegative[] = {
    {"double(self) >= 0.0", "this number is not negative"},
};
constexpr Rule kAtLeastSecond[] = {
    {"duration(self) >= duration('1s') && duration(self) <= duration('8760h')",
     "this duration lies between 1s and 8760h (one year)"},
};
constexpr Rule kAtLeastMinute[] = {
    {"duration(self) >= duration('1m') && duration(self) <= duration('8760h')",
     "this duration lies between 1m and 8760h (one year)"},
};

constexpr FieldInfo kObjectRefFields[] = {
    field<&ObjectRef::name>("name",
                            {.doc = "Its name.",
                             .required = true,
                             .min_length = 1,
                             .max_length = kMaxName,
                             .pattern = kLabelPattern}),
};
KAIZEN_DESCRIBE(ObjectRef, kObjectRefFields, "Another object of this namespace.")

constexpr FieldInfo kParameterDeclarationFields[] = {
    field<&ParameterDeclaration::name>("name",
                                       {.doc = "Name, used as $(kaizen.params.<name>).",
                                        .required = true,
                                        .max_length = kMaxName,
                                        .pattern = kParameterPattern}),
    field<&ParameterDeclaration::default_>(
        "default",
        {.doc = "Value unless a request gives another one.", .max_length = 1024}),
};
KAIZEN_DESCRIBE(ParameterDeclaration,
                kParameterDeclarationFields,
                "A parameter of the stages: text, because every program takes text.")

// ---- Data ----

constexpr Rule kManifestUri[] = {
    {"self.matches('^https://[!-~]+$')",
     "manifest.uri begins with https://: the operator itself polls it; for other places leave uri "
     "out (manifest: {}) and write the annotation kaizen.ml/dataset.<name>"},
};

constexpr FieldInfo kDatasetManifestFields[] = {
    field<&DatasetManifest::uri>("uri",
                                 {.doc = "Polled over https, without credentials, from hosts that "
                                         "the operator's configuration allows. Absent: versions "
                                         "arrive by the annotation kaizen.ml/dataset.<name> alone.",
                                  .max_length = kMaxUri,
                                  .rules = kManifestUri}),
};
KAIZEN_DESCRIBE(DatasetManifest,
                kDatasetManifestFields,
                "A small JSON document that names the newest version.")

constexpr Rule kDatasetName[] = {
    {"!(self in ['from', 'to'])",
     "a dataset is not called from or to: $(kaizen.data.from) is a time; choose another name"},
};
constexpr Rule kDatasetRules[] = {
    {"has(self.uri) || has(self.manifest)",
     "a dataset has uri, or manifest (manifest: {} for versions that are pushed): add one"},
    {"has(self.uri) || !(has(self.digest) || has(self.version))",
     "digest and version belong to uri: add uri, or remove them; a manifest names its own"},
};

constexpr FieldInfo kDatasetFields[] = {
    field<&Dataset::name>("name",
                          {.doc = "Name, used as $(kaizen.data.<name>.uri).",
                           .required = true,
                           .min_length = 1,
                           .max_length = kMaxDataset,
                           .pattern = kLabelPattern,
                           .rules = kDatasetName}),
    field<&Dataset::role>("role",
                          {.doc = "What it is for. No digest of an Evaluation dataset may be that "
                                  "of a Train or Validation one. Default Train."}),
    field<&Dataset::uri>(
        "uri",
        {.doc = "Where it lies, passed on to the stages.", .max_length = kMaxUri, .rules = kUri}),
    field<&Dataset::version>("version", {.doc = "Version that people know.", .max_length = 128}),
    field<&Dataset::digest>("digest",
                            {.doc = "Digest of its content. An Evaluation dataset without one "
                                    "needs a person's approval for promotion.",
                             .max_length = kMaxDigest,
                             .rules = kDigest}),
    field<&Dataset::manifest>("manifest", {.doc = "Where the newest version is named."}),
};
KAIZEN_DESCRIBE_RULES(Dataset, kDatasetFields, "Data that stages read.", kDatasetRules)

constexpr Rule kMinOrMax[] = {
    {"has(self.min) || has(self.max)", "a check of a metric has min, max or both: add one"},
};

constexpr FieldInfo kMetricCheckFields[] = {
    field<&MetricCheck::metric>("metric",
                                {.doc = "Metric that stage data reports.",
                                 .required = true,
                                 .max_length = kMaxName,
                                 .pattern = kMetricPattern}),
    field<&MetricCheck::min>("min", {.doc = "Smallest value that passes."}),
    field<&MetricCheck::max>("max", {.doc = "Largest value that passes."}),
};
KAIZEN_DESCRIBE_RULES(MetricCheck, kMetricCheckFields, "Bounds of one metric.", kMinOrMax)

constexpr FieldInfo kDataChecksFields[] = {
    field<&DataChecks::min_rows>("minRows", {.doc = "Fewest rows.", .min = 0, .max = kMaxCount}),
    field<&DataChecks::max_rows_drop>("maxRowsDrop",
                                      {.doc = "Largest share of rows lost against the run that "
                                              "made the champion.",
                                       .rules = kShare}),
    field<&DataChecks::max_age>("maxAge", {.doc = "Largest age of the newest event."}),
    field<&DataChecks::max_missing>(
        "maxMissing",
        {.doc = "Largest share of missing values in a column.", .rules = kShare}),
    field<&DataChecks::schema_digest>(
        "schemaDigest",
        {.doc = "Digest of the schema.", .max_length = kMaxDigest, .rules = kDigest}),
    field<&DataChecks::metrics>(
        "metrics",
        {.doc = "Bounds of metrics.", .max_items = 32, .list_map_key = "metric"}),
    field<&DataChecks::on_missing>("onMissing",
                                   {.doc = "What a check leads to whose input stage data did not "
                                           "report. Default Reject."}),
};
KAIZEN_DESCRIBE(DataChecks,
                kDataChecksFields,
                "The data gate: judged after stage data, before any training pod exists.")

constexpr FieldInfo kPipelineDataFields[] = {
    field<&PipelineData::datasets>(
        "datasets",
        {.doc = "Datasets by name.", .max_items = 16, .list_map_key = "name"}),
    field<&PipelineData::checks>("checks", {.doc = "The data gate."}),
};
KAIZEN_DESCRIBE(PipelineData, kPipelineDataFields, "What the model learns from and is judged on.")

// ---- Triggers ----

constexpr Rule kCron[] = {
    {"!self.contains('TZ=')", "cron holds no time zone: write it into timeZone"},
    {"self.startsWith('@') || self.trim().split(' ').filter(f, f != '').size() == 5",
     "cron has five fields (minute hour day-of-month month day-of-week) or is one of @hourly "
     "@daily @weekly @monthly @yearly"},
};

constexpr FieldInfo kScheduleTriggerFields[] = {
    field<&ScheduleTrigger::cron>("cron",
                                  {.doc = "Five fields, or @hourly, @daily, @weekly, @monthly, "
                                          "@yearly.",
                                   .required = true,
                                   .min_length = 6,
                                   .max_length = 128,
                                   .rules = kCron}),
    field<&ScheduleTrigger::time_zone>("timeZone",
                                       {.doc = "IANA name. Default Etc/UTC.",
                                        .min_length = 1,
                                        .max_length = 64,
                                        .pattern = "^[A-Za-z0-9_+/-]+$"}),
    field<&ScheduleTrigger::starting_deadline>(
        "startingDeadline",
        {.doc = "How late a missed time may still start a run. Default 2h."}),
    field<&ScheduleTrigger::catch_up>("catchUp",
                                      {.doc = "Latest: the newest missed time may start a run; "
                                              "None: none does. Default Latest."}),
    field<&ScheduleTrigger::jitter>("jitter",
                                    {.doc = "Runs start up to that much later, by a fixed amount "
                                            "per pipeline. Default 0s."}),
};
KAIZEN_DESCRIBE(ScheduleTrigger, kScheduleTriggerFields, "At fixed times.")

constexpr Rule kPollInterval[] = {
    {"duration(self) >= duration('10s') && duration(self) <= duration('24h')",
     "pollInterval lies between 10s and 24h; for faster news push the annotation "
     "kaizen.ml/dataset.<name>"},
};

constexpr FieldInfo kDataTriggerFields[] = {
    field<&DataTrigger::dataset>("dataset",
                                 {.doc = "Dataset whose manifest is watched.",
                                  .required = true,
                                  .min_length = 1,
                                  .max_length = kMaxDataset,
                                  .pattern = kLabelPattern}),
    field<&DataTrigger::poll_interval>(
        "pollInterval",
        {.doc = "Time between two looks. Default 15m.", .rules = kPollInterval}),
    field<&DataTrigger::min_new_rows>(
        "minNewRows",
        {.doc = "Rows more than at the last training. Default 0.", .min = 0, .max = kMaxCount}),
    field<&DataTrigger::settle>("settle",
                                {.doc = "A version must be unchanged for that long. Default 10m."}),
};
KAIZEN_DESCRIBE(DataTrigger, kDataTriggerFields, "When a dataset has a new version.")

constexpr FieldInfo kDriftTriggerFields[] = {
    field<&DriftTrigger::policies>("policies",
                                   {.doc = "DriftPolicies of this namespace whose "
                                           "training.pipelineRef names this pipeline.",
                                    .required = true,
                                    .max_length = kMaxName,
                                    .min_items = 1,
                                    .max_items = 16,
                                    .pattern = kLabelPattern,
                                    .list_set = true}),
};
KAIZEN_DESCRIBE(DriftTrigger, kDriftTriggerFields, "When a DriftPolicy asks for training.")

constexpr FieldInfo kTriggersFields[] = {
    field<&Triggers::schedule>("schedule", {.doc = "At fixed times."}),
    field<&Triggers::data>("data", {.doc = "When a dataset has a new version."}),
    field<&Triggers::drift>("drift", {.doc = "When a DriftPolicy asks for training."}),
    field<&Triggers::max_model_age>(
        "maxModelAge",
        {.doc = "When the champion was promoted that long ago.", .rules = kAtLeastMinute}),
};
KAIZEN_DESCRIBE(Triggers, kTriggersFields, "What starts a run besides a request `retrain`.")

// ---- Limits ----

constexpr Rule kBudgetRules[] = {
    {"!has(self.maxAutomaticRuns) || self.maxAutomaticRuns <= (has(self.maxRuns) ? self.maxRuns : "
     "6)",
     "budget.maxAutomaticRuns exceeds maxRuns (6 by default): lower it or raise maxRuns"},
    {"!has(self.maxCost) || (has(self.prices) && self.prices.size() > 0)",
     "budget.maxCost needs prices: add for example prices: {nvidia.com/gpu: \"2.5\"} per hour"},
};

constexpr FieldInfo kBudgetFields[] = {
    field<&Budget::window>(
        "window",
        {.doc = "Span that limits count in, ending now. Default 24h.", .rules = kAtLeastMinute}),
    field<&Budget::max_runs>(
        "maxRuns",
        {.doc = "Most runs of all triggers. Default 6.", .min = 1, .max = 100, .always = true}),
    field<&Budget::max_automatic_runs>("maxAutomaticRuns",
                                       {.doc = "Most runs that no person asked for. Default 3, or "
                                               "maxRuns if that is less.",
                                        .min = 0,
                                        .max = 100}),
    field<&Budget::max_gpu_hours>(
        "maxGpuHours",
        {.doc = "Most GPU hours. Default: no limit.", .rules = kNotNegative}),
    field<&Budget::max_cost>(
        "maxCost",
        {.doc = "Largest cost in the unit of prices. Default: no limit.", .rules = kNotNegative}),
    field<&Budget::prices>("prices",
                           {.doc = "Price of one unit of a resource for an hour.",
                            .max_properties = 16,
                            .pattern = "^[0-9]{1,9}(\\.[0-9]{1,9})?$"}),
};
KAIZEN_DESCRIBE_RULES(Budget, kBudgetFields, "What runs may use together.", kBudgetRules)

constexpr Rule kResetAfter[] = {
    {"duration(self) >= duration('1m') && duration(self) <= duration('168h')",
     "resetAfter lies between 1m and 168h"},
};

constexpr FieldInfo kBreakerFields[] = {
    field<&Breaker::failures>(
        "failures",
        {.doc = "Failed runs in a row. Default 3.", .min = 1, .max = 20, .always = true}),
    field<&Breaker::no_improvement>("noImprovement",
                                    {.doc = "Runs in a row that the gate rejected or the rollout "
                                            "took back. Default 2.",
                                     .min = 1,
                                     .max = 20,
                                     .always = true}),
    field<&Breaker::reset_after>("resetAfter",
                                 {.doc = "Then one run is tried; the time doubles when that fails. "
                                         "Default 24h.",
                                  .rules = kResetAfter}),
};
KAIZEN_DESCRIBE(Breaker,
                kBreakerFields,
                "Stops automatic runs that lead to nothing; a request `retrain` still runs.")

constexpr FieldInfo kPipelineLimitsFields[] = {
    field<&PipelineLimits::cooldown>("cooldown",
                                     {.doc = "Time after a run and its rollout before the next "
                                             "automatic one. Default 6h."}),
    field<&PipelineLimits::hold_during_rollout>("holdDuringRollout",
                                                {.doc = "No run starts while the ModelDeployment "
                                                        "rolls out. Default true.",
                                                 .always = true}),
    field<&PipelineLimits::budget>("budget", {.doc = "What runs may use together."}),
    field<&PipelineLimits::breaker>("breaker", {.doc = "Stops runs that lead to nothing."}),
};
KAIZEN_DESCRIBE(PipelineLimits, kPipelineLimitsFields, "How often and how much.")

// ---- Stages ----

constexpr FieldInfo kKeyRefFields[] = {
    field<&KeyRef::name>("name",
                         {.doc = "Name of the object, in this namespace.",
                          .required = true,
                          .min_length = 1,
                          .max_length = 253,
                          .pattern = kObjectPattern}),
    field<&KeyRef::key>(
        "key",
        {.doc = "Key in it.", .required = true, .min_length = 1, .max_length = 253}),
    field<&KeyRef::optional>("optional", {.doc = "The pod starts without it."}),
};
KAIZEN_DESCRIBE(KeyRef, kKeyRefFields, "A key of a Secret or ConfigMap.")

constexpr FieldInfo kFieldRefFields[] = {
    field<&FieldRef::field_path>("fieldPath",
                                 {.doc = "Path, such as metadata.name.",
                                  .required = true,
                                  .min_length = 1,
                                  .max_length = 253}),
};
KAIZEN_DESCRIBE(FieldRef, kFieldRefFields, "A field of the pod.")

constexpr Rule kEnvSourceRules[] = {
    {"[has(self.secretKeyRef), has(self.configMapKeyRef), has(self.fieldRef)].filter(x, x).size() "
     "== 1",
     "valueFrom has exactly one of secretKeyRef, configMapKeyRef and fieldRef"},
};

constexpr FieldInfo kEnvSourceFields[] = {
    field<&EnvSource::secret_key_ref>("secretKeyRef", {.doc = "A key of a Secret."}),
    field<&EnvSource::config_map_key_ref>("configMapKeyRef", {.doc = "A key of a ConfigMap."}),
    field<&EnvSource::field_ref>("fieldRef", {.doc = "A field of the pod."}),
};
KAIZEN_DESCRIBE_RULES(EnvSource, kEnvSourceFields, "Where a value comes from.", kEnvSourceRules)

constexpr Rule kStageEnvVarRules[] = {
    {"!(has(self.value) && has(self.valueFrom))",
     "a variable has value or valueFrom, not both: remove one of them"},
};

constexpr FieldInfo kStageEnvVarFields[] = {
    field<&StageEnvVar::name>(
        "name",
        {.doc = "Name of the variable.", .required = true, .min_length = 1, .max_length = 253}),
    field<&StageEnvVar::value>("value", {.doc = "Its value.", .max_length = 8192}),
    field<&StageEnvVar::value_from>("valueFrom", {.doc = "Where its value comes from."}),
};
KAIZEN_DESCRIBE_RULES(StageEnvVar,
                      kStageEnvVarFields,
                      "One environment variable.",
                      kStageEnvVarRules)

namespace {

// What of an engine's object has a schema (A44): enough for the rules below.
struct ChildMetadata {
  std::string name;
  StringMap labels;
  StringMap annotations;
};

struct ChildTemplate {
  std::string api_version;
  std::string kind;
  ChildMetadata metadata;
};

}  // namespace

constexpr FieldInfo kChildMetadataFields[] = {
    field<&ChildMetadata::name>("name", {.doc = "Not allowed.", .max_length = 253}),
    field<&ChildMetadata::labels>(
        "labels",
        {.doc = "Labels of the object.", .max_length = 63, .max_properties = 32}),
    field<&ChildMetadata::annotations>(
        "annotations",
        {.doc = "Annotations of the object.", .max_length = 16384, .max_properties = 32}),
};
KAIZEN_DESCRIBE(ChildMetadata, kChildMetadataFields, "Metadata of the object.")

constexpr Rule kChildTemplateRules[] = {
    {"!has(self.metadata) || !has(self.metadata.name)",
     "kaizen names what it makes, one name per attempt: remove template.metadata.name"},
    {"(!has(self.apiVersion) || self.apiVersion == 'batch/v1') && (!has(self.kind) || self.kind == "
     "'Job')",
     "template is a batch/v1 Job, the only engine that exists yet: remove apiVersion and kind, or "
     "write that"},
};

constexpr FieldInfo kChildTemplateFields[] = {
    field<&ChildTemplate::api_version>("apiVersion",
                                       {.doc = "May be left out.", .max_length = 128}),
    field<&ChildTemplate::kind>("kind", {.doc = "May be left out.", .max_length = 63}),
    field<&ChildTemplate::metadata>("metadata", {.doc = "Labels and annotations."}),
};
KAIZEN_DESCRIBE_RULES(ChildTemplate,
                      kChildTemplateFields,
                      "The engine's object.",
                      kChildTemplateRules)

constexpr Rule kBackoff[] = {
    {"duration(self) <= duration('10m')", "backoff is at most 10m; it doubles up to that"},
};

constexpr FieldInfo kStageRetryFields[] = {
    field<&StageRetry::max_attempts>(
        "maxAttempts",
        {.doc = "Attempts in all. Default 2.", .min = 1, .max = 5, .always = true}),
    field<&StageRetry::backoff>(
        "backoff",
        {.doc = "Wait before the second attempt; doubles. Default 1m.", .rules = kBackoff}),
    field<&StageRetry::max_disruptions>("maxDisruptions",
                                        {.doc = "Pods that the cluster may take away (preemption, "
                                                "eviction, a lost node) in all. Default 10.",
                                         .min = 0,
                                         .max = 50,
                                         .always = true}),
    field<&StageRetry::when>("when",
                             {.doc = "Failures after which there is another attempt. Default "
                                     "Infrastructure and Disruption.",
                              .max_items = 5,
                              .list_set = true,
                              .always = true}),
};
KAIZEN_DESCRIBE(StageRetry, kStageRetryFields, "What happens after a failure.")

constexpr FieldInfo kStageResultFields[] = {
    field<&StageResult::from>("from",
                              {.doc = "Where the result document is read: the container's "
                                      "termination message, or ConfigMap <child>-result. None: the "
                                      "stage reports nothing. Default TerminationMessage."}),
    field<&StageResult::container>("container",
                                   {.doc = "Container that reports. Default: main.",
                                    .min_length = 1,
                                    .max_length = kMaxName,
                                    .pattern = kLabelPattern}),
    field<&StageResult::config_map_key>("configMapKey",
                                        {.doc = "Key in the ConfigMap. Default result.json.",
                                         .min_length = 1,
                                         .max_length = 253,
                                         .pattern = "^[-._a-zA-Z0-9]+$"}),
};
KAIZEN_DESCRIBE(StageResult, kStageResultFields, "How a stage reports.")

constexpr std::string_view kEngines[] = {"Job"};
constexpr Rule kStageRules[] = {
    {"has(self.image) != has(self.template)",
     "a stage has either image (short for a Job) or template (a whole Job): set one, remove the "
     "other"},
    {"!has(self.template) || !(has(self.command) || has(self.args) || has(self.env) || "
     "has(self.resources) || has(self.serviceAccountName))",
     "command, args, env, resources and serviceAccountName go with image: with template, write "
     "them into its pod"},
};

constexpr FieldInfo kStageFields[] = {
    field<&Stage::engine>(
        "engine",
        {.doc = "What runs it. Default Job.", .max_length = 63, .allowed = kEngines}),
    field<&Stage::image>("image",
                         {.doc = "Image of the container: short for a Job with one pod.",
                          .min_length = 1,
                          .max_length = 512}),
    field<&Stage::command>(
        "command",
        {.doc = "Entry point of the container.", .max_length = 4096, .max_items = 64}),
    field<&Stage::args>("args",
                        {.doc = "Arguments; placeholders such as $(kaizen.data.train.uri) are "
                                "replaced.",
                         .max_length = 4096,
                         .max_items = 128}),
    field<&Stage::env>(
        "env",
        {.doc = "Environment of the container.", .max_items = 64, .list_map_key = "name"}),
    field<&Stage::resources>("resources", {.doc = "Compute resources of the container."}),
    field<&Stage::service_account_name>("serviceAccountName",
                                        {.doc = "Service account of the pod.",
                                         .min_length = 1,
                                         .max_length = 253,
                                         .pattern = kObjectPattern}),
    field<&Stage::template_>("template",
                             {.doc = "The engine's object without metadata.name. Checked by a dry "
                                     "run before a run starts.",
                              .typed_part = &type_of<ChildTemplate>}),
    field<&Stage::timeout>(
        "timeout",
        {.doc = "Longest time of running. Default 12h.", .rules = kAtLeastSecond}),
    field<&Stage::queue_timeout>(
        "queueTimeout",
        {.doc = "Longest wait for quota and nodes. Default 24h.", .rules = kAtLeastSecond}),
    field<&Stage::retry>("retry", {.doc = "What happens after a failure."}),
    field<&Stage::result>("result", {.doc = "How the stage reports."}),
};
KAIZEN_DESCRIBE_RULES(Stage, kStageFields, "One step of a run.", kStageRules)

// ---- Gate ----

constexpr FieldInfo kGateComparisonFields[] = {
    field<&GateComparison::metric>("metric",
                                   {.doc = "Metric that stage evaluate compares.",
                                    .required = true,
                                    .max_length = kMaxName,
                                    .pattern = kMetricPattern}),
    field<&GateComparison::direction>("direction", {.doc = "Which way is better. Default Higher."}),
    field<&GateComparison::require>("require",
                                    {.doc = "NonInferior: not worse by more than margin; Superior: "
                                            "better by more than margin. Default NonInferior."}),
    field<&GateComparison::margin>(
        "margin",
        {.doc = "In the metric's unit. Default 0.", .rules = kNotNegative}),
    field<&GateComparison::min_samples>("minSamples",
                                        {.doc = "Fewer examples decide nothing. Default 1000.",
                                         .min = 1,
                                         .max = kMaxCount,
                                         .always = true}),
};
KAIZEN_DESCRIBE(GateComparison, kGateComparisonFields, "A comparison with the champion.")

constexpr Rule kGateFloorRules[] = {
    {"has(self.min) != has(self.max)", "a floor has exactly one of min and max"},
};

constexpr FieldInfo kGateFloorFields[] = {
    field<&GateFloor::metric>("metric",
                              {.doc = "Metric that stage evaluate reports.",
                               .required = true,
                               .max_length = kMaxName,
                               .pattern = kMetricPattern}),
    field<&GateFloor::slice>(
        "slice",
        {.doc = "Slice of the evaluation set. Default all.", .min_length = 1, .max_length = 128}),
    field<&GateFloor::min>("min", {.doc = "Smallest value that passes."}),
    field<&GateFloor::max>("max", {.doc = "Largest value that passes."}),
    field<&GateFloor::mode>("mode",
                            {.doc = "Bound: the bound of the confidence interval must pass; Point: "
                                    "the value itself. Default Bound."}),
};
KAIZEN_DESCRIBE_RULES(GateFloor,
                      kGateFloorFields,
                      "A value the new model must reach, champion or not.",
                      kGateFloorRules)

constexpr FieldInfo kGateSlicesFields[] = {
    field<&GateSlices::metric>(
        "metric",
        {.doc = "Metric, that of primary or of a budget. Default: primary's.",
         .max_length = kMaxName,
         .pattern = kMetricPattern}),
    field<&GateSlices::margin>("margin",
                               {.doc = "In the metric's unit. Default 0.", .rules = kNotNegative}),
    field<&GateSlices::min_samples>("minSamples",
                                    {.doc = "Slices with fewer examples are too small. Default "
                                            "200.",
                                     .min = 1,
                                     .max = kMaxCount,
                                     .always = true}),
    field<&GateSlices::mode>("mode",
                             {.doc = "NoEvidenceOfHarm rejects when a slice is shown to be worse; "
                                     "NonInferior asks for proof that none is. Default "
                                     "NoEvidenceOfHarm."}),
    field<&GateSlices::on_too_small>("onTooSmall",
                                     {.doc = "What a slice that is too small leads to. Default "
                                             "Ignore."}),
    field<&GateSlices::required>("required",
                                 {.doc = "Slices that the result must hold.",
                                  .max_length = 128,
                                  .max_items = 32,
                                  .list_set = true}),
};
KAIZEN_DESCRIBE(GateSlices, kGateSlicesFields, "Comparisons slice by slice.")

constexpr Rule kGateFairnessRules[] = {
    {"has(self.maxGap) != has(self.minRatio)",
     "a fairness check has exactly one of maxGap and minRatio"},
};

constexpr FieldInfo kGateFairnessFields[] = {
    field<&GateFairness::metric>("metric",
                                 {.doc = "Rate that stage evaluate reports per group.",
                                  .required = true,
                                  .max_length = kMaxName,
                                  .pattern = kMetricPattern}),
    field<&GateFairness::dimension>("dimension",
                                    {.doc = "What the groups differ in.",
                                     .required = true,
                                     .min_length = 1,
                                     .max_length = kMaxName}),
    field<&GateFairness::max_gap>(
        "maxGap",
        {.doc = "Largest difference of two groups' rates.", .rules = kShare}),
    field<&GateFairness::min_ratio>(
        "minRatio",
        {.doc = "Smallest ratio of two groups' rates.", .rules = kShare}),
};
KAIZEN_DESCRIBE_RULES(GateFairness,
                      kGateFairnessFields,
                      "A limit on how much groups may differ.",
                      kGateFairnessRules)

constexpr Rule kGateLimitRules[] = {
    {"has(self.max) || has(self.maxIncrease)", "a limit has max, maxIncrease or both: add one"},
};

constexpr FieldInfo kGateLimitFields[] = {
    field<&GateLimit::metric>("metric",
                              {.doc = "Number that stage evaluate reports.",
                               .required = true,
                               .max_length = kMaxName,
                               .pattern = kMetricPattern}),
    field<&GateLimit::max>("max", {.doc = "Largest value."}),
    field<&GateLimit::max_increase>(
        "maxIncrease",
        {.doc = "Largest rise as a share of the champion's value.", .rules = kNotNegative}),
};
KAIZEN_DESCRIBE_RULES(GateLimit,
                      kGateLimitFields,
                      "A limit on a cost of the model, such as its latency or size.",
                      kGateLimitRules)

constexpr Rule kConfidence[] = {
    {"double(self) > 0.5 && double(self) < 1.0",
     "confidence lies above 0.5 and below 1, for example \"0.95\""},
};
constexpr Rule kGateRules[] = {
    {"has(self.primary) || (has(self.floors) && self.floors.size() > 0)",
     "a gate needs primary or floors: add one, or remove gate"},
    {"!has(self.slices) || (has(self.slices.metric) ? (has(self.primary) && self.primary.metric == "
     "self.slices.metric) || (has(self.budgets) && self.budgets.exists(b, b.metric == "
     "self.slices.metric)) : has(self.primary))",
     "gate.slices is judged in the direction of primary or of a budget with the same metric: set "
     "slices.metric to one of theirs"},
};

constexpr FieldInfo kGateFields[] = {
    field<&Gate::confidence>(
        "confidence",
        {.doc = "Of each check, one-sided. Default 0.95.", .rules = kConfidence}),
    field<&Gate::primary>("primary", {.doc = "The comparison that matters most."}),
    field<&Gate::budgets>(
        "budgets",
        {.doc = "What other metrics may lose.", .max_items = 16, .list_map_key = "metric"}),
    field<&Gate::floors>("floors", {.doc = "Values to reach.", .max_items = 16}),
    field<&Gate::slices>("slices", {.doc = "Comparisons slice by slice."}),
    field<&Gate::fairness>("fairness", {.doc = "How much groups may differ.", .max_items = 8}),
    field<&Gate::limits>("limits",
                         {.doc = "Limits on costs.", .max_items = 8, .list_map_key = "metric"}),
    field<&Gate::on_no_champion>("onNoChampion",
                                 {.doc = "When no model serves yet and floors and limits pass. "
                                         "Default RequireApproval."}),
    field<&Gate::on_inconclusive>("onInconclusive",
                                  {.doc = "When the data cannot decide. Default "
                                          "RequireApproval."}),
};
KAIZEN_DESCRIBE_RULES(Gate,
                      kGateFields,
                      "What a new model must show on the same examples as the champion.",
                      kGateRules)

// ---- Deploy and retention ----

constexpr FieldInfo kDeployFields[] = {
    field<&Deploy::autonomy>("autonomy",
                             {.doc = "Record: keep the result; Approve: ask, then publish; Auto: "
                                     "publish when the gate passed. Default Approve."}),
    field<&Deploy::wait_for>("waitFor",
                             {.doc = "A run has succeeded when its model is Accepted by the "
                                     "ModelDeployment, or Promoted. Default Promoted."}),
    field<&Deploy::approval_timeout>(
        "approvalTimeout",
        {.doc = "No answer for that long is a rejection. Default 72h.", .rules = kAtLeastSecond}),
    field<&Deploy::rollout_timeout>(
        "rolloutTimeout",
        {.doc = "Longest wait for the rollout. Default 168h.", .rules = kAtLeastSecond}),
};
KAIZEN_DESCRIBE(Deploy,
                kDeployFields,
                "What happens to a model that passed: it is published in status, and a "
                "ModelDeployment with model.from takes it.")

constexpr FieldInfo kRetentionFields[] = {
    field<&Retention::succeeded>(
        "succeeded",
        {.doc = "Runs that succeeded. Default 5.", .min = 1, .max = 100, .always = true}),
    field<&Retention::rejected>("rejected",
                                {.doc = "Runs that were rejected, rolled back or superseded. "
                                        "Default 3.",
                                 .min = 0,
                                 .max = 100,
                                 .always = true}),
    field<&Retention::failed>("failed",
                              {.doc = "Runs that failed or were cancelled. Default 3.",
                               .min = 0,
                               .max = 100,
                               .always = true}),
    field<&Retention::children>("children",
                                {.doc = "How long Jobs and their logs stay after a run. Default "
                                        "24h."}),
};
KAIZEN_DESCRIBE(Retention, kRetentionFields, "How many finished runs are kept.")

// ---- The spec ----

constexpr Rule kStages[] = {
    {"self.all(k, k in ['data', 'prepare', 'train', 'evaluate', 'register'])",
     "stages are data, prepare, train, evaluate and register: rename or remove the others (tune "
     "does not exist yet)"},
    {"'train' in self", "stages.train is missing: it makes the model"},
};
constexpr Rule kTrainingPipelineSpecRules[] = {
    {"!has(self.deploy) || (has(self.deploy.autonomy) && self.deploy.autonomy == 'Record') || "
     "(has(self.modelDeploymentRef) && has(self.gate))",
     "deploy needs modelDeploymentRef and gate: add them, or set deploy.autonomy to Record"},
    {"!has(self.gate) || 'evaluate' in self.stages",
     "gate needs stages.evaluate: it measures what the gate judges"},
    {"!has(self.data) || !has(self.data.checks) || 'data' in self.stages",
     "data.checks needs stages.data: it measures what is checked"},
    {"!has(self.triggers) || !has(self.triggers.data) || (has(self.data) && "
     "has(self.data.datasets) && self.data.datasets.exists(d, d.name == "
     "self.triggers.data.dataset && has(d.manifest)))",
     "triggers.data.dataset names no dataset with a manifest: add manifest to that dataset of "
     "data.datasets"},
    {"!has(self.triggers) || !has(self.triggers.maxModelAge) || has(self.modelDeploymentRef)",
     "triggers.maxModelAge needs modelDeploymentRef: the age is that of its model"},
};

constexpr FieldInfo kTrainingPipelineSpecFields[] = {
    field<&TrainingPipelineSpec::suspend>("suspend",
                                          {.doc = "No new run while true; an active one goes on."}),
    field<&TrainingPipelineSpec::model_deployment_ref>(
        "modelDeploymentRef",
        {.doc = "ModelDeployment whose stable model is the champion. Without it runs are only "
                "recorded."}),
    field<&TrainingPipelineSpec::parameters>(
        "parameters",
        {.doc = "Parameters of the stages.", .max_items = 64, .list_map_key = "name"}),
    field<&TrainingPipelineSpec::seed>(
        "seed",
        {.doc = "Seed passed to the stages. Default: one per run.", .min = 0}),
    field<&TrainingPipelineSpec::artifact_root>("artifactRoot",
                                                {.doc = "Prefix of the URIs for checkpoints and "
                                                        "artifacts, passed on to the stages.",
                                                 .max_length = kMaxUri,
                                                 .rules = kUri}),
    field<&TrainingPipelineSpec::data>("data", {.doc = "Datasets and the data gate."}),
    field<&TrainingPipelineSpec::triggers>("triggers", {.doc = "What starts a run."}),
    field<&TrainingPipelineSpec::limits>("limits", {.doc = "How often and how much."}),
    field<&TrainingPipelineSpec::stages>("stages",
                                         {.doc = "The steps of a run by name, in the order data, "
                                                 "prepare, train, evaluate, register; only train "
                                                 "must be there.",
                                          .required = true,
                                          .max_properties = 8,
                                          .rules = kStages}),
    field<&TrainingPipelineSpec::gate>("gate", {.doc = "What a new model must show."}),
    field<&TrainingPipelineSpec::deploy>("deploy",
                                         {.doc = "What happens to a model that passed. Default: it "
                                                 "is recorded."}),
    field<&TrainingPipelineSpec::retention>("retention", {.doc = "What is kept of old runs."}),
};
KAIZEN_DESCRIBE_RULES(TrainingPipelineSpec,
                      kTrainingPipelineSpecFields,
                      "When, how and by what measure a model is trained again.",
                      kTrainingPipelineSpecRules)

}  // namespace kaizen::schema
