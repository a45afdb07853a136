#include <string>
#include <string_view>
#include <vector>

#include "api/model_deployment.h"
#include "api/schema_internal.h"  // IWYU pragma: keep
#include "api/tables.h"           // IWYU pragma: keep
#include "schema/describe.h"

// ModelDeployment's spec. Texts are what `kubectl explain` shows; bounds and rules are what the
// API server enforces (SEC-46). What enters the revision hash has no default (MD-3).
namespace kaizen::schema {

using api::AnalysisPrometheus;
using api::AnalysisSpec;
using api::AnalysisTimeout;
using api::ApprovalMode;
using api::Bake;
using api::BakeFailure;
using api::CanaryStep;
using api::CanaryStrategy;
using api::CustomMetric;
using api::Direction;
using api::EnvVar;
using api::ErrorRate;
using api::GatewayApiSpec;
using api::HttpRouteCreate;
using api::HttpRouteTarget;
using api::LatencyMetric;
using api::Loader;
using api::LoaderCredentials;
using api::LoaderType;
using api::MetricPhase;
using api::MetricSide;
using api::MetricType;
using api::Model;
using api::ModelDeploymentSpec;
using api::ModelFrom;
using api::NoData;
using api::NoDataAction;
using api::OnTimeout;
using api::Owner;
using api::ParentReference;
using api::Promotion;
using api::Requirement;
using api::RevisionInput;
using api::RouterType;
using api::RuntimePorts;
using api::RuntimeSpec;
using api::Slo;
using api::SloLatency;
using api::StepApproval;
using api::Strategy;
using api::StrategyType;
using api::TestSpec;
using api::TestType;
using api::Traffic;

KAIZEN_ENUM(OnTimeout, OnTimeout::kHold, "Abort", "Hold")
KAIZEN_ENUM(Requirement, Requirement::kEvidence, "NoHarm", "Evidence")
KAIZEN_ENUM(AnalysisTimeout, AnalysisTimeout::kPromote, "Hold", "Rollback", "Promote")
KAIZEN_ENUM(NoDataAction, NoDataAction::kRollback, "Hold", "Rollback")
KAIZEN_ENUM(ApprovalMode, ApprovalMode::kManual, "Auto", "Manual")
KAIZEN_ENUM(BakeFailure, BakeFailure::kRollback, "Hold", "Rollback")
KAIZEN_ENUM(MetricSide, MetricSide::kRouter, "Auto", "Server", "Router")
KAIZEN_ENUM(StrategyType, StrategyType::kCanary, "Canary")
KAIZEN_ENUM(TestType, TestType::kSequential, "Sequential")
KAIZEN_ENUM(Direction, Direction::kBoth, "HigherIsWorse", "LowerIsWorse", "Both")
KAIZEN_ENUM(MetricType, MetricType::kRatio, "Ratio")
KAIZEN_ENUM(MetricPhase, MetricPhase::kBoth, "Canary", "Bake", "Both")
KAIZEN_ENUM(LoaderType, LoaderType::kNone, "InitContainer", "None")
KAIZEN_ENUM(RouterType, RouterType::kGatewayApi, "Service", "GatewayAPI")

// ---- Rules on shares: "0.5%" or "0.005" ----

constexpr Rule kAtMostWhole[] = {
    {"(self.endsWith('%') ? double(self.substring(0, self.size() - 1)) / 100.0 : double(self)) <= "
     "1.0",
     "a share is at most 100% (or 1.0)"},
};
constexpr Rule kBetweenZeroAndWhole[] = {
    {"(self.endsWith('%') ? double(self.substring(0, self.size() - 1)) / 100.0 : double(self)) > "
     "0.0 && (self.endsWith('%') ? double(self.substring(0, self.size() - 1)) / 100.0 : "
     "double(self)) < 1.0",
     "this share lies above 0% and below 100%, for example \"99.5%\" or \"0.995\""},
};
constexpr Rule kErrorBound[] = {
    {"(self.endsWith('%') ? double(self.substring(0, self.size() - 1)) / 100.0 : double(self)) > "
     "0.0 && (self.endsWith('%') ? double(self.substring(0, self.size() - 1)) / 100.0 : "
     "double(self)) <= 0.5",
     "an error bound lies above 0 and is at most 0.5, for example \"0.05\""},
};

// ---- About the model ----

constexpr FieldInfo kOwnerFields[] = {
    field<&Owner::team>("team", {.doc = "Name of the team.", .max_length = 128}),
    field<&Owner::contacts>(
        "contacts",
        {.doc = "Addresses of people or channels.", .max_length = 256, .max_items = 16}),
    field<&Owner::runbook>("runbook", {.doc = "URL of the runbook.", .max_length = 1024}),
};
KAIZEN_DESCRIBE(Owner, kOwnerFields, "Who answers for this model. For people; changes nothing.")

constexpr FieldInfo kSloLatencyFields[] = {
    field<&SloLatency::quantile>(
        "quantile",
        {.doc = "Share of requests that are faster than threshold, such as \"0.99\".",
         .rules = kBetweenZeroAndWhole}),
    field<&SloLatency::threshold>("threshold", {.doc = "The latency that is still good."}),
};
KAIZEN_DESCRIBE(SloLatency, kSloLatencyFields, "Latency objective.")

constexpr FieldInfo kSloFields[] = {
    field<&Slo::availability>(
        "availability",
        {.doc = "Share of requests that succeed, such as \"99.5%\". Half of the "
                "error budget is the default tolerance of errorRate.",
         .rules = kBetweenZeroAndWhole}),
    field<&Slo::latency>("latency",
                         {.doc = "Latency objective; default threshold of the latency "
                                 "metric."}),
};
KAIZEN_DESCRIBE(Slo, kSloFields, "Service level objectives: where the analysis takes its defaults.")

constexpr std::string_view kModelFormats[] = {"onnx",    "tensorflow", "pytorch",  "sklearn",
                                              "xgboost", "lightgbm",   "openvino", "huggingface",
                                              "gguf",    "custom"};
constexpr Rule kModelUri[] = {
    {"self.matches('^(s3|gs|http|https|oci|pvc|hf)://.+')",
     "uri begins with s3://, gs://, http://, https://, oci://, pvc:// or hf://"},
};
constexpr Rule kModelDigest[] = {
    {"self.matches('^sha256:[0-9a-f]{64}$')",
     "digest is sha256: and 64 lower-case hex digits; remove it if it is not known"},
};

constexpr Rule kMountPath[] = {
    {"self.startsWith('/') && !self.contains('..') && self.size() > 1",
     "mountPath is an absolute path below /, without .., for example /mnt/models"},
};

constexpr FieldInfo kModelFromFields[] = {
    field<&ModelFrom::pipeline>("pipeline",
                                {.doc = "Name of a TrainingPipeline in this namespace; its "
                                        "status.published is the model.",
                                 .required = true,
                                 .min_length = 1,
                                 .max_length = 63}),
};
KAIZEN_DESCRIBE(ModelFrom,
                kModelFromFields,
                "Takes the model that a TrainingPipeline publishes. Nothing published, or the "
                "pipeline gone: no change.")

constexpr FieldInfo kLoaderCredentialsFields[] = {
    field<&LoaderCredentials::secret_name>(
        "secretName",
        {.doc = "Secret in this namespace with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
                "HTTP_BEARER_TOKEN; only the loader's container sees it.",
         .required = true,
         .min_length = 1,
         .max_length = 253}),
};
KAIZEN_DESCRIBE(LoaderCredentials, kLoaderCredentialsFields, "How the loader proves who it is.")

constexpr FieldInfo kLoaderFields[] = {
    field<&Loader::type>("type",
                         {.doc = "InitContainer fetches and verifies the model before the server "
                                 "starts; None leaves that to the image. Default: InitContainer "
                                 "for s3, http and https when digest is known or loader says "
                                 "anything."}),
    field<&Loader::mount_path>(
        "mountPath",
        {.doc = "Where the model lies in the container. Default /mnt/models.",
         .max_length = 256,
         .rules = kMountPath}),
    field<&Loader::credentials>("credentials", {.doc = "How the loader proves who it is."}),
    field<&Loader::config_map_name>("configMapName",
                                    {.doc = "ConfigMap in this namespace with AWS_ENDPOINT_URL, "
                                            "AWS_REGION and ca.crt, as far as they are needed.",
                                     .min_length = 1,
                                     .max_length = 253}),
};
KAIZEN_DESCRIBE(Loader, kLoaderFields, "How the model comes into the pod.")

constexpr Rule kModelRules[] = {
    {"!has(self.from) || !has(self.digest)",
     "from excludes digest: the pipeline gives it; remove digest, or write the model without from"},
    {"!has(self.from)", "from is not built yet: remove it, and write uri, version and digest"},
    {"!has(self.loader)", "loader is not built yet: remove it; the image brings its model"},
};

constexpr FieldInfo kModelFields[] = {
    field<&Model::name>("name",
                        {.doc = "Name in requests and metric labels. Default: the name of "
                                "this object.",
                         .max_length = 128}),
    field<&Model::uri>("uri",
                       {.doc = "Where the model lies. Passed to the container as "
                               "KAIZEN_MODEL_URI.",
                        .max_length = 2048,
                        .rules = kModelUri}),
    field<&Model::format>(
        "format",
        {.doc = "Format of the model.", .max_length = 32, .allowed = kModelFormats}),
    field<&Model::version>("version",
                           {.doc = "Version that people know, free text; shown "
                                   "everywhere.",
                            .max_length = 128}),
    field<&Model::digest>("digest",
                          {.doc = "Digest of the model's content, passed on as "
                                  "KAIZEN_MODEL_DIGEST.",
                           .max_length = 71,
                           .rules = kModelDigest}),
    field<&Model::loader>("loader", {.doc = "How the model comes into the pod."}),
    // What it gives is hashed, not that it was asked for: the same model is the same revision.
    field<&Model::from>("from",
                        {.doc = "Takes the model that a TrainingPipeline publishes; uri is the "
                                "first one.",
                         .not_hashed = true}),
};
KAIZEN_DESCRIBE_RULES(Model,
                      kModelFields,
                      "The model that is served. A change makes a new revision.",
                      kModelRules)

// ---- The container ----

constexpr FieldInfo kEnvVarFields[] = {
    field<&EnvVar::name>(
        "name",
        {.doc = "Name of the variable.", .required = true, .min_length = 1, .max_length = 253}),
    field<&EnvVar::value>("value", {.doc = "Its value.", .max_length = 8192}),
};
KAIZEN_DESCRIBE(EnvVar, kEnvVarFields, "One environment variable.")

constexpr FieldInfo kRuntimePortsFields[] = {
    field<&RuntimePorts::http>(
        "http",
        {.doc = "Port of HTTP requests. Default 8080.", .min = 1, .max = 65535}),
    field<&RuntimePorts::grpc>("grpc", {.doc = "Port of gRPC requests.", .min = 1, .max = 65535}),
    field<&RuntimePorts::metrics>(
        "metrics",
        {.doc = "Port of the metrics; not part of the Services.", .min = 1, .max = 65535}),
};
KAIZEN_DESCRIBE(RuntimePorts, kRuntimePortsFields, "Ports the container listens on.")

constexpr FieldInfo kRuntimeSpecFields[] = {
    field<&RuntimeSpec::args>(
        "args",
        {.doc = "Arguments of the container.", .max_length = 8192, .max_items = 128}),
    field<&RuntimeSpec::env>(
        "env",
        {.doc = "Environment of the container.", .max_items = 128, .list_map_key = "name"}),
    field<&RuntimeSpec::ports>("ports", {.doc = "Ports the container listens on."}),
    field<&RuntimeSpec::resources>("resources", {.doc = "Compute resources of the container."}),
};
KAIZEN_DESCRIBE(RuntimeSpec,
                kRuntimeSpecFields,
                "How the model server is run. A change makes a new revision.")

// ---- The pod template ----

namespace {

// What of a pod template has a schema (MD-17). `image` has one because a rule of the spec reads it.
struct TemplateContainer {
  std::string name;
  std::string image;
};

struct TemplatePodSpec {
  std::vector<TemplateContainer> containers;
};

struct TemplateMetadata {
  StringMap labels;
  StringMap annotations;
};

struct TemplatePart {
  TemplateMetadata metadata;
  TemplatePodSpec spec;
};

}  // namespace

constexpr FieldInfo kTemplateContainerFields[] = {
    field<&TemplateContainer::name>("name",
                                    {.doc = "Name; the model server's is `model`.",
                                     .required = true,
                                     .min_length = 1,
                                     .max_length = 63}),
    field<&TemplateContainer::image>("image",
                                     {.doc = "Image; wins over spec.image.", .max_length = 512}),
};
KAIZEN_DESCRIBE(TemplateContainer,
                kTemplateContainerFields,
                "A container of the pod; any field of Kubernetes is allowed.")

constexpr FieldInfo kTemplatePodSpecFields[] = {
    field<&TemplatePodSpec::containers>(
        "containers",
        {.doc = "Containers, merged by name.", .max_items = 32, .list_map_key = "name"}),
};
KAIZEN_DESCRIBE(TemplatePodSpec,
                kTemplatePodSpecFields,
                "A PodSpec; any field of Kubernetes is allowed.")

constexpr FieldInfo kTemplateMetadataFields[] = {
    field<&TemplateMetadata::labels>(
        "labels",
        {.doc = "Labels of the pods.", .max_length = 63, .max_properties = 64}),
    field<&TemplateMetadata::annotations>(
        "annotations",
        {.doc = "Annotations of the pods.", .max_length = 16384, .max_properties = 64}),
};
KAIZEN_DESCRIBE(TemplateMetadata, kTemplateMetadataFields, "Metadata of the pods.")

constexpr FieldInfo kTemplatePartFields[] = {
    field<&TemplatePart::metadata>("metadata", {.doc = "Metadata of the pods."}),
    field<&TemplatePart::spec>("spec", {.doc = "A PodSpec; any field of Kubernetes is allowed."}),
};
KAIZEN_DESCRIBE(TemplatePart, kTemplatePartFields, "A PodTemplateSpec.")

// ---- The rollout ----

constexpr FieldInfo kStepApprovalFields[] = {
    field<&StepApproval::timeout>("timeout", {.doc = "How long to wait. Default: for ever."}),
    field<&StepApproval::on_timeout>("onTimeout",
                                     {.doc = "What happens then. Default Hold: go on waiting."}),
};
KAIZEN_DESCRIBE(StepApproval, kStepApprovalFields, "The step ends only when a person approves it.")

constexpr Rule kStepHold[] = {
    {"duration(self) <= duration('720h')", "hold is at most 720h (30 days); use a shorter one"},
};
constexpr Rule kStepName[] = {
    {"!(self in ['promotion', 'first'])",
     "a step is not called promotion or first: approvals use these names; choose another one"},
};
constexpr Rule kCanaryStepRules[] = {
    {"has(self.weight) || has(self.approval)",
     "a step has weight or approval: add `weight: 0..100` or `approval: {}`"},
};

constexpr FieldInfo kCanaryStepFields[] = {
    field<&CanaryStep::name>("name",
                             {.doc = "Name, shown in status and used by approvals.",
                              .max_length = 63,
                              .rules = kStepName}),
    field<&CanaryStep::weight>("weight",
                               {.doc = "Percent of the traffic that the candidate gets. "
                                       "Default: as before.",
                                .min = 0,
                                .max = 100}),
    field<&CanaryStep::hold>(
        "hold",
        {.doc = "Shortest stay, even when the evidence is there.", .rules = kStepHold}),
    field<&CanaryStep::require>("require",
                                {.doc = "What the step needs to end. Default: "
                                        "analysis.require."}),
    field<&CanaryStep::approval>("approval", {.doc = "The step waits for a person."}),
};
KAIZEN_DESCRIBE_RULES(CanaryStep, kCanaryStepFields, "One step of a canary.", kCanaryStepRules)

constexpr Rule kCanaryStrategyRules[] = {
    {"!has(self.steps) || self.steps.all(s, !has(s.name) || self.steps.exists_one(t, has(t.name) "
     "&& t.name == s.name))",
     "two steps have the same name; approvals need names that differ"},
};

constexpr FieldInfo kCanaryStrategyFields[] = {
    field<&CanaryStrategy::steps>("steps",
                                  {.doc = "Steps in order. Default: two steps that suit "
                                          "the router and the number of replicas, fixed "
                                          "when a rollout starts.",
                                   .max_items = 20}),
    field<&CanaryStrategy::scale_down_delay>(
        "scaleDownDelay",
        {.doc = "How long the old revision stays warm. Default 5m."}),
};
KAIZEN_DESCRIBE_RULES(CanaryStrategy,
                      kCanaryStrategyFields,
                      "How a canary gets its traffic.",
                      kCanaryStrategyRules)

constexpr FieldInfo kStrategyFields[] = {
    field<&Strategy::type>("type", {.doc = "Default Canary."}),
    field<&Strategy::canary>("canary", {.doc = "Settings of the canary."}),
};
KAIZEN_DESCRIBE(Strategy, kStrategyFields, "How a new revision replaces the old one.")

constexpr FieldInfo kPromotionFields[] = {
    field<&Promotion::approval>("approval",
                                {.doc = "Manual: after the last step a person decides, "
                                        "and the first revision serves only when a "
                                        "person says so. Default Auto."}),
};
KAIZEN_DESCRIBE(Promotion, kPromotionFields, "What promotion needs besides the steps.")

constexpr FieldInfo kBakeFields[] = {
    field<&Bake::duration>("duration",
                           {.doc = "How long a promoted revision is watched. Default "
                                   "30m."}),
    field<&Bake::on_failure>("onFailure",
                             {.doc = "What harm found then leads to. Hold: tell and "
                                     "keep the old revision warm. Default Hold."}),
};
KAIZEN_DESCRIBE(Bake, kBakeFields, "The watch after promotion.")

// ---- The analysis ----

constexpr FieldInfo kAnalysisPrometheusFields[] = {
    field<&AnalysisPrometheus::source>("source",
                                       {.doc = "Name of a source in the operator's "
                                               "configuration.",
                                        .required = true,
                                        .min_length = 1,
                                        .max_length = 63}),
};
KAIZEN_DESCRIBE(AnalysisPrometheus, kAnalysisPrometheusFields, "Which Prometheus is asked.")

constexpr FieldInfo kNoDataFields[] = {
    field<&NoData::after>("after", {.doc = "Time without data of either revision. Default 5m."}),
    field<&NoData::action>("action", {.doc = "What happens then. Default Hold."}),
};
KAIZEN_DESCRIBE(NoData, kNoDataFields, "What missing data leads to.")

constexpr FieldInfo kTestSpecFields[] = {
    field<&TestSpec::type>("type", {.doc = "Default Sequential."}),
    field<&TestSpec::alpha>("alpha",
                            {.doc = "Bound on the chance that a good revision is rolled "
                                    "back before promotion. Default 0.05.",
                             .rules = kErrorBound}),
    field<&TestSpec::beta>("beta",
                           {.doc = "Bound on the chance that a bad revision passes as "
                                   "evidence. Default 0.05.",
                            .rules = kErrorBound}),
};
KAIZEN_DESCRIBE(TestSpec, kTestSpecFields, "The statistical test.")

constexpr FieldInfo kErrorRateFields[] = {
    field<&ErrorRate::tolerance>(
        "tolerance",
        {.doc = "Rise of the error rate that is still accepted. Default: half of the "
                "error budget of slo.availability, else 0.5%.",
         .rules = kAtMostWhole}),
    field<&ErrorRate::relative>("relative",
                                {.doc = "Accepted rise as a share of the stable "
                                        "revision's rate, added to tolerance. Default "
                                        "0."}),
    field<&ErrorRate::hard_limit>("hardLimit",
                                  {.doc = "Error rate that ends the rollout at once. "
                                          "Default 20%.",
                                   .rules = kAtMostWhole}),
    field<&ErrorRate::weight>(
        "weight",
        {.doc = "Share in the decision; 0 only reports. Default 1.", .min = 0, .max = 100}),
};
KAIZEN_DESCRIBE(ErrorRate, kErrorRateFields, "The built-in metric: share of failed requests.")

constexpr FieldInfo kLatencyMetricFields[] = {
    field<&LatencyMetric::threshold>(
        "threshold",
        {.doc = "A slower request is a bad one. Default: slo.latency.threshold; "
                "without either there is no latency metric."}),
    field<&LatencyMetric::tolerance>("tolerance",
                                     {.doc = "Rise of the share of slow requests that is still "
                                             "accepted. Default 0.5%.",
                                      .rules = kAtMostWhole}),
    field<&LatencyMetric::weight>("weight",
                                  {.doc = "Share in the decision; 0 only reports. "
                                          "Default 1.",
                                   .min = 0,
                                   .max = 100}),
};
KAIZEN_DESCRIBE(LatencyMetric, kLatencyMetricFields, "The built-in metric: share of slow requests.")

constexpr Rule kMetricName[] = {
    {"!(self in ['errorRate', 'latency'])",
     "errorRate and latency are built in: set analysis.errorRate or analysis.latency, or choose "
     "another name"},
};
constexpr Rule kCustomMetricRules[] = {
    {"has(self.numerator) && has(self.denominator)",
     "a metric of type Ratio needs numerator and denominator: PromQL of two counters"},
    {"!has(self.relative) || !has(self.direction) || self.direction != 'Both'",
     "relative does not go with direction Both: use tolerance alone or one direction"},
};

constexpr FieldInfo kCustomMetricFields[] = {
    field<&CustomMetric::name>("name",
                               {.doc = "Name in status and events.",
                                .required = true,
                                .min_length = 1,
                                .max_length = 63,
                                .rules = kMetricName}),
    field<&CustomMetric::type>("type", {.doc = "Ratio: bad events among events. Default Ratio."}),
    field<&CustomMetric::numerator>("numerator",
                                    {.doc = "PromQL of the counter of bad events, "
                                            "with placeholders such as ${pods}.",
                                     .max_length = 4096}),
    field<&CustomMetric::denominator>(
        "denominator",
        {.doc = "PromQL of the counter of all events.", .max_length = 4096}),
    field<&CustomMetric::direction>("direction",
                                    {.doc = "Which change is harm. Default "
                                            "HigherIsWorse."}),
    field<&CustomMetric::tolerance>("tolerance",
                                    {.doc = "Change that is still accepted. Default "
                                            "0.5%.",
                                     .rules = kAtMostWhole}),
    field<&CustomMetric::relative>("relative",
                                   {.doc = "Accepted change as a share of the stable "
                                           "revision's value. Default 0."}),
    field<&CustomMetric::hard_limit>("hardLimit",
                                     {.doc = "Value that ends the rollout at once. "
                                             "Default: none.",
                                      .rules = kAtMostWhole}),
    field<&CustomMetric::phase>("phase", {.doc = "When it counts. Default Both."}),
    field<&CustomMetric::weight>("weight",
                                 {.doc = "Share in the decision; 0 only reports. Default "
                                         "1.",
                                  .min = 0,
                                  .max = 100}),
};
KAIZEN_DESCRIBE_RULES(CustomMetric,
                      kCustomMetricFields,
                      "A metric of the model's own.",
                      kCustomMetricRules)

constexpr Rule kInterval[] = {
    {"duration(self) >= duration('5s') && duration(self) <= duration('1h')",
     "interval lies between 5s and 1h, for example 30s"},
};

constexpr FieldInfo kAnalysisSpecFields[] = {
    field<&AnalysisSpec::prometheus>("prometheus",
                                     {.doc = "Which Prometheus is asked. Default: "
                                             "the operator's default source."}),
    field<&AnalysisSpec::source>("source",
                                 {.doc = "Whether the model server's or the router's "
                                         "metrics count. Default Auto."}),
    field<&AnalysisSpec::interval>(
        "interval",
        {.doc = "Time between two looks. Default 30s.", .rules = kInterval}),
    field<&AnalysisSpec::settle>("settle",
                                 {.doc = "After a change of weight is seen in force: "
                                         "time before requests count. Default 30s."}),
    field<&AnalysisSpec::min_samples>("minSamples",
                                      {.doc = "Requests of the candidate a step "
                                              "needs. Default 50.",
                                       .min = 1,
                                       .max = 1'000'000'000}),
    field<&AnalysisSpec::no_data>("noData", {.doc = "What missing data leads to."}),
    field<&AnalysisSpec::max_duration>("maxDuration",
                                       {.doc = "Longest time from the first step "
                                               "to a decision. Default 6h."}),
    field<&AnalysisSpec::on_timeout>("onTimeout", {.doc = "What happens then. Default Hold."}),
    field<&AnalysisSpec::require>("require",
                                  {.doc = "What steps need to end: no harm found, or "
                                          "evidence of no harm. Default NoHarm."}),
    field<&AnalysisSpec::test>("test", {.doc = "The statistical test."}),
    field<&AnalysisSpec::error_rate>("errorRate", {.doc = "The built-in error rate."}),
    field<&AnalysisSpec::latency>("latency", {.doc = "The built-in latency."}),
    field<&AnalysisSpec::metrics>(
        "metrics",
        {.doc = "Metrics of the model's own.", .max_items = 20, .list_map_key = "name"}),
};
KAIZEN_DESCRIBE(AnalysisSpec,
                kAnalysisSpecFields,
                "How a candidate is judged against the stable revision.")

// ---- The traffic ----

constexpr Rule kHttpRouteTargetRules[] = {
    {"!(has(self.ruleName) && has(self.rule))",
     "httpRoute has ruleName or rule, not both: remove one of them"},
};

constexpr FieldInfo kHttpRouteTargetFields[] = {
    field<&HttpRouteTarget::name>("name",
                                  {.doc = "Name of the HTTPRoute, in this namespace.",
                                   .required = true,
                                   .min_length = 1,
                                   .max_length = 253}),
    field<&HttpRouteTarget::rule_name>(
        "ruleName",
        {.doc = "Name of the rule that is steered.", .max_length = 253}),
    field<&HttpRouteTarget::rule>("rule",
                                  {.doc = "Index of the rule that is steered, from 0. "
                                          "Default 0.",
                                   .min = 0,
                                   .max = 15}),
};
KAIZEN_DESCRIBE_RULES(HttpRouteTarget,
                      kHttpRouteTargetFields,
                      "An existing HTTPRoute, of which kaizen changes weights only.",
                      kHttpRouteTargetRules)

constexpr FieldInfo kParentReferenceFields[] = {
    field<&ParentReference::name>(
        "name",
        {.doc = "Name of the Gateway.", .required = true, .min_length = 1, .max_length = 253}),
    field<&ParentReference::ns>(
        "namespace",
        {.doc = "Its namespace. Default: that of this object.", .max_length = 63}),
    field<&ParentReference::section_name>(
        "sectionName",
        {.doc = "Its listener. Default: all.", .max_length = 253}),
};
KAIZEN_DESCRIBE(ParentReference, kParentReferenceFields, "A Gateway.")

constexpr Rule kPathPrefix[] = {
    {"self.startsWith('/')", "pathPrefix begins with /"},
};

constexpr FieldInfo kHttpRouteCreateFields[] = {
    field<&HttpRouteCreate::parent_refs>(
        "parentRefs",
        {.doc = "Gateways the route joins.", .required = true, .min_items = 1, .max_items = 8}),
    field<&HttpRouteCreate::hostnames>("hostnames",
                                       {.doc = "Host names. Default: those of the "
                                               "Gateway's listeners.",
                                        .max_length = 253,
                                        .max_items = 16}),
    field<&HttpRouteCreate::path_prefix>(
        "pathPrefix",
        {.doc = "Paths it matches. Default /.", .max_length = 1024, .rules = kPathPrefix}),
};
KAIZEN_DESCRIBE(HttpRouteCreate,
                kHttpRouteCreateFields,
                "An HTTPRoute that kaizen makes and owns, called like this object.")

constexpr Rule kGatewayApiRules[] = {
    {"has(self.httpRoute) != has(self.create)",
     "gatewayAPI has either httpRoute (an existing route) or create (a route of its own)"},
};

constexpr FieldInfo kGatewayApiSpecFields[] = {
    field<&GatewayApiSpec::http_route>("httpRoute", {.doc = "An existing route."}),
    field<&GatewayApiSpec::create>("create", {.doc = "A route that kaizen makes."}),
};
KAIZEN_DESCRIBE_RULES(GatewayApiSpec,
                      kGatewayApiSpecFields,
                      "How the HTTPRoute is found or made.",
                      kGatewayApiRules)

constexpr Rule kTrafficRules[] = {
    {"!has(self.router) || self.router != 'GatewayAPI' || has(self.gatewayAPI)",
     "router GatewayAPI needs gatewayAPI: add gatewayAPI.httpRoute or gatewayAPI.create"},
    {"!has(self.gatewayAPI) || (has(self.router) && self.router == 'GatewayAPI')",
     "gatewayAPI needs router: GatewayAPI; set it or remove gatewayAPI"},
};

constexpr FieldInfo kTrafficFields[] = {
    field<&Traffic::port>("port",
                          {.doc = "Port of the Services. Default 80.", .min = 1, .max = 65535}),
    field<&Traffic::router>("router",
                            {.doc = "What splits the traffic. Service: Kubernetes' own, "
                                    "by numbers of pods. GatewayAPI: an HTTPRoute, by "
                                    "weight. Default Service."}),
    field<&Traffic::gateway_api>("gatewayAPI", {.doc = "The HTTPRoute, with router GatewayAPI."}),
};
KAIZEN_DESCRIBE_RULES(Traffic, kTrafficFields, "How requests reach the model.", kTrafficRules)

// ---- The spec ----

constexpr Rule kModelDeploymentSpecRules[] = {
    {"has(self.image) || (has(self.template) && has(self.template.spec) && "
     "has(self.template.spec.containers) && self.template.spec.containers.exists(c, "
     "has(c.image)))",
     "set image, or the image of a container in template.spec.containers: no other runtime than "
     "your own image exists yet"},
};

constexpr FieldInfo kModelDeploymentSpecFields[] = {
    field<&ModelDeploymentSpec::owner>("owner", {.doc = "Who answers for this model."}),
    field<&ModelDeploymentSpec::slo>("slo", {.doc = "Service level objectives."}),
    field<&ModelDeploymentSpec::model>("model", {.doc = "The model that is served."}),
    field<&ModelDeploymentSpec::image>("image",
                                       {.doc = "Image of the model server. A change makes "
                                               "a new revision.",
                                        .max_length = 512}),
    field<&ModelDeploymentSpec::runtime>("runtime", {.doc = "How the model server is run."}),
    field<&ModelDeploymentSpec::template_>(
        "template",
        {.doc = "PodTemplateSpec that is merged over the pod kaizen renders, "
                "containers by name. Checked by a dry run. A change makes a new "
                "revision.",
         .typed_part = &type_of<TemplatePart>}),
    field<&ModelDeploymentSpec::replicas>("replicas",
                                          {.doc = "Number of serving pods; 0 puts the "
                                                  "model to sleep.",
                                           .min = 0,
                                           .max = 10'000,
                                           .default_json = "1"}),
    field<&ModelDeploymentSpec::revision_history_limit>(
        "revisionHistoryLimit",
        {.doc = "Old revisions that are kept. Default 10.", .min = 0, .max = 100}),
    field<&ModelDeploymentSpec::progress_deadline>(
        "progressDeadline",
        {.doc = "How long pods may take to become ready. Default 30m."}),
    field<&ModelDeploymentSpec::paused>("paused",
                                        {.doc = "No step forward while true; abort and "
                                                "roll back still act."}),
    field<&ModelDeploymentSpec::strategy>("strategy",
                                          {.doc = "How a new revision replaces the old "
                                                  "one."}),
    field<&ModelDeploymentSpec::promotion>("promotion", {.doc = "What promotion needs."}),
    field<&ModelDeploymentSpec::bake>("bake", {.doc = "The watch after promotion."}),
    field<&ModelDeploymentSpec::analysis>("analysis", {.doc = "How a candidate is judged."}),
    field<&ModelDeploymentSpec::traffic>("traffic", {.doc = "How requests reach the model."}),
};
KAIZEN_DESCRIBE_RULES(ModelDeploymentSpec,
                      kModelDeploymentSpecFields,
                      "What should be served and how its changes roll out.",
                      kModelDeploymentSpecRules)

// Only for the canonical form; the same members of the spec.
constexpr FieldInfo kRevisionInputFields[] = {
    field<&RevisionInput::model>("model"),
    field<&RevisionInput::image>("image"),
    field<&RevisionInput::runtime>("runtime"),
    field<&RevisionInput::template_>("template"),
};
KAIZEN_DESCRIBE(RevisionInput, kRevisionInputFields, "What a revision is made of.")

}  // namespace kaizen::schema
