#include <string>

#include "api/kinds.h"
#include "api/model_deployment.h"
#include "api/schema_internal.h"
#include "api/tables.h"
#include "schema/describe.h"

namespace kaizen::schema {

using api::AbortedStatus;
using api::AbortStatus;
using api::AnalysisPrometheus;
using api::AnalysisSource;
using api::AnalysisSpec;
using api::AnalysisStatus;
using api::AnalysisTimeout;
using api::ApprovalMode;
using api::ApprovalStatus;
using api::ArmStatus;
using api::Bake;
using api::BakeFailure;
using api::CanaryStep;
using api::CanaryStrategy;
using api::CustomMetric;
using api::Direction;
using api::EnvVar;
using api::ErrorRate;
using api::GatewayApiSpec;
using api::HistoryEntry;
using api::HttpRouteCreate;
using api::HttpRouteTarget;
using api::LastRequest;
using api::LatencyMetric;
using api::MetricPhase;
using api::MetricSide;
using api::MetricStatus;
using api::MetricType;
using api::Model;
using api::ModelDeployment;
using api::ModelDeploymentSpec;
using api::ModelDeploymentStatus;
using api::NoData;
using api::NoDataAction;
using api::OnTimeout;
using api::Owner;
using api::ParentReference;
using api::PausedBy;
using api::Phase;
using api::PreviousStatus;
using api::ProgressStatus;
using api::Promotion;
using api::RemainingStatus;
using api::Requirement;
using api::Resources;
using api::RevisionInput;
using api::RevisionStatus;
using api::RollbackTarget;
using api::RouteEdits;
using api::RouterType;
using api::RuntimePorts;
using api::RuntimeSpec;
using api::Slo;
using api::SloLatency;
using api::StepApproval;
using api::StepStatus;
using api::Strategy;
using api::StrategyType;
using api::TestSpec;
using api::TestType;
using api::Traffic;
using api::WeightStatus;

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
KAIZEN_ENUM(RouterType, RouterType::kGatewayApi, "Service", "GatewayAPI")
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

constexpr FieldInfo kOwnerFields[] = {
    field<&Owner::team>("team"),
    field<&Owner::contacts>("contacts"),
    field<&Owner::runbook>("runbook"),
};
KAIZEN_DESCRIBE(Owner, kOwnerFields, "")

constexpr FieldInfo kSloLatencyFields[] = {
    field<&SloLatency::quantile>("quantile"),
    field<&SloLatency::threshold>("threshold"),
};
KAIZEN_DESCRIBE(SloLatency, kSloLatencyFields, "")

constexpr FieldInfo kSloFields[] = {
    field<&Slo::availability>("availability"),
    field<&Slo::latency>("latency"),
};
KAIZEN_DESCRIBE(Slo, kSloFields, "")

constexpr FieldInfo kModelFields[] = {
    field<&Model::name>("name"),     field<&Model::uri>("uri"),
    field<&Model::format>("format"), field<&Model::version>("version"),
    field<&Model::digest>("digest"),
};
KAIZEN_DESCRIBE(Model, kModelFields, "")

constexpr FieldInfo kEnvVarFields[] = {
    field<&EnvVar::name>("name"),
    field<&EnvVar::value>("value"),
};
KAIZEN_DESCRIBE(EnvVar, kEnvVarFields, "")

constexpr FieldInfo kRuntimePortsFields[] = {
    field<&RuntimePorts::http>("http"),
    field<&RuntimePorts::grpc>("grpc"),
    field<&RuntimePorts::metrics>("metrics"),
};
KAIZEN_DESCRIBE(RuntimePorts, kRuntimePortsFields, "")

constexpr FieldInfo kResourcesFields[] = {
    field<&Resources::requests>("requests"),
    field<&Resources::limits>("limits"),
};
KAIZEN_DESCRIBE(Resources, kResourcesFields, "")

constexpr FieldInfo kRuntimeSpecFields[] = {
    field<&RuntimeSpec::args>("args"),
    field<&RuntimeSpec::env>("env"),
    field<&RuntimeSpec::ports>("ports"),
    field<&RuntimeSpec::resources>("resources"),
};
KAIZEN_DESCRIBE(RuntimeSpec, kRuntimeSpecFields, "")

constexpr FieldInfo kStepApprovalFields[] = {
    field<&StepApproval::timeout>("timeout"),
    field<&StepApproval::on_timeout>("onTimeout"),
};
KAIZEN_DESCRIBE(StepApproval, kStepApprovalFields, "")

constexpr FieldInfo kCanaryStepFields[] = {
    field<&CanaryStep::name>("name"),         field<&CanaryStep::weight>("weight"),
    field<&CanaryStep::hold>("hold"),         field<&CanaryStep::require>("require"),
    field<&CanaryStep::approval>("approval"),
};
KAIZEN_DESCRIBE(CanaryStep, kCanaryStepFields, "")

constexpr FieldInfo kCanaryStrategyFields[] = {
    field<&CanaryStrategy::steps>("steps"),
    field<&CanaryStrategy::scale_down_delay>("scaleDownDelay"),
};
KAIZEN_DESCRIBE(CanaryStrategy, kCanaryStrategyFields, "")

constexpr FieldInfo kStrategyFields[] = {
    field<&Strategy::type>("type"),
    field<&Strategy::canary>("canary"),
};
KAIZEN_DESCRIBE(Strategy, kStrategyFields, "")

constexpr FieldInfo kPromotionFields[] = {
    field<&Promotion::approval>("approval"),
};
KAIZEN_DESCRIBE(Promotion, kPromotionFields, "")

constexpr FieldInfo kBakeFields[] = {
    field<&Bake::duration>("duration"),
    field<&Bake::on_failure>("onFailure"),
};
KAIZEN_DESCRIBE(Bake, kBakeFields, "")

constexpr FieldInfo kAnalysisPrometheusFields[] = {
    field<&AnalysisPrometheus::source>("source"),
};
KAIZEN_DESCRIBE(AnalysisPrometheus, kAnalysisPrometheusFields, "")

constexpr FieldInfo kNoDataFields[] = {
    field<&NoData::after>("after"),
    field<&NoData::action>("action"),
};
KAIZEN_DESCRIBE(NoData, kNoDataFields, "")

constexpr FieldInfo kTestSpecFields[] = {
    field<&TestSpec::type>("type"),
    field<&TestSpec::alpha>("alpha"),
    field<&TestSpec::beta>("beta"),
};
KAIZEN_DESCRIBE(TestSpec, kTestSpecFields, "")

constexpr FieldInfo kErrorRateFields[] = {
    field<&ErrorRate::tolerance>("tolerance"),
    field<&ErrorRate::relative>("relative"),
    field<&ErrorRate::hard_limit>("hardLimit"),
    field<&ErrorRate::weight>("weight"),
};
KAIZEN_DESCRIBE(ErrorRate, kErrorRateFields, "")

constexpr FieldInfo kLatencyMetricFields[] = {
    field<&LatencyMetric::threshold>("threshold"),
    field<&LatencyMetric::tolerance>("tolerance"),
    field<&LatencyMetric::weight>("weight"),
};
KAIZEN_DESCRIBE(LatencyMetric, kLatencyMetricFields, "")

constexpr FieldInfo kCustomMetricFields[] = {
    field<&CustomMetric::name>("name"),           field<&CustomMetric::type>("type"),
    field<&CustomMetric::numerator>("numerator"), field<&CustomMetric::denominator>("denominator"),
    field<&CustomMetric::direction>("direction"), field<&CustomMetric::tolerance>("tolerance"),
    field<&CustomMetric::relative>("relative"),   field<&CustomMetric::hard_limit>("hardLimit"),
    field<&CustomMetric::phase>("phase"),         field<&CustomMetric::weight>("weight"),
};
KAIZEN_DESCRIBE(CustomMetric, kCustomMetricFields, "")

constexpr FieldInfo kAnalysisSpecFields[] = {
    field<&AnalysisSpec::prometheus>("prometheus"),
    field<&AnalysisSpec::source>("source"),
    field<&AnalysisSpec::interval>("interval"),
    field<&AnalysisSpec::settle>("settle"),
    field<&AnalysisSpec::min_samples>("minSamples"),
    field<&AnalysisSpec::no_data>("noData"),
    field<&AnalysisSpec::max_duration>("maxDuration"),
    field<&AnalysisSpec::on_timeout>("onTimeout"),
    field<&AnalysisSpec::require>("require"),
    field<&AnalysisSpec::test>("test"),
    field<&AnalysisSpec::error_rate>("errorRate"),
    field<&AnalysisSpec::latency>("latency"),
    field<&AnalysisSpec::metrics>("metrics"),
};
KAIZEN_DESCRIBE(AnalysisSpec, kAnalysisSpecFields, "")

constexpr FieldInfo kHttpRouteTargetFields[] = {
    field<&HttpRouteTarget::name>("name"),
    field<&HttpRouteTarget::rule_name>("ruleName"),
    field<&HttpRouteTarget::rule>("rule"),
};
KAIZEN_DESCRIBE(HttpRouteTarget, kHttpRouteTargetFields, "")

constexpr FieldInfo kParentReferenceFields[] = {
    field<&ParentReference::name>("name"),
    field<&ParentReference::ns>("namespace"),
    field<&ParentReference::section_name>("sectionName"),
};
KAIZEN_DESCRIBE(ParentReference, kParentReferenceFields, "")

constexpr FieldInfo kHttpRouteCreateFields[] = {
    field<&HttpRouteCreate::parent_refs>("parentRefs"),
    field<&HttpRouteCreate::hostnames>("hostnames"),
    field<&HttpRouteCreate::path_prefix>("pathPrefix"),
};
KAIZEN_DESCRIBE(HttpRouteCreate, kHttpRouteCreateFields, "")

constexpr FieldInfo kGatewayApiSpecFields[] = {
    field<&GatewayApiSpec::http_route>("httpRoute"),
    field<&GatewayApiSpec::create>("create"),
};
KAIZEN_DESCRIBE(GatewayApiSpec, kGatewayApiSpecFields, "")

constexpr FieldInfo kTrafficFields[] = {
    field<&Traffic::port>("port"),
    field<&Traffic::router>("router"),
    field<&Traffic::gateway_api>("gatewayAPI"),
};
KAIZEN_DESCRIBE(Traffic, kTrafficFields, "")

constexpr FieldInfo kModelDeploymentSpecFields[] = {
    field<&ModelDeploymentSpec::owner>("owner"),
    field<&ModelDeploymentSpec::slo>("slo"),
    field<&ModelDeploymentSpec::model>("model"),
    field<&ModelDeploymentSpec::image>("image"),
    field<&ModelDeploymentSpec::runtime>("runtime"),
    field<&ModelDeploymentSpec::template_>("template"),
    field<&ModelDeploymentSpec::replicas>("replicas"),
    field<&ModelDeploymentSpec::revision_history_limit>("revisionHistoryLimit"),
    field<&ModelDeploymentSpec::progress_deadline>("progressDeadline"),
    field<&ModelDeploymentSpec::paused>("paused"),
    field<&ModelDeploymentSpec::strategy>("strategy"),
    field<&ModelDeploymentSpec::promotion>("promotion"),
    field<&ModelDeploymentSpec::bake>("bake"),
    field<&ModelDeploymentSpec::analysis>("analysis"),
    field<&ModelDeploymentSpec::traffic>("traffic"),
};
KAIZEN_DESCRIBE(ModelDeploymentSpec, kModelDeploymentSpecFields, "")

constexpr FieldInfo kRevisionInputFields[] = {
    field<&RevisionInput::model>("model"),
    field<&RevisionInput::image>("image"),
    field<&RevisionInput::runtime>("runtime"),
    field<&RevisionInput::template_>("template"),
};
KAIZEN_DESCRIBE(RevisionInput, kRevisionInputFields, "")

constexpr FieldInfo kRevisionStatusFields[] = {
    field<&RevisionStatus::revision>("revision"),      field<&RevisionStatus::version>("version"),
    field<&RevisionStatus::digest>("digest"),          field<&RevisionStatus::uri>("uri"),
    field<&RevisionStatus::replicas>("replicas"),      field<&RevisionStatus::ready>("ready"),
    field<&RevisionStatus::promoted_at>("promotedAt"),
};
KAIZEN_DESCRIBE(RevisionStatus, kRevisionStatusFields, "")

constexpr FieldInfo kPreviousStatusFields[] = {
    field<&PreviousStatus::revision>("revision"),
    field<&PreviousStatus::keep_until>("keepUntil"),
};
KAIZEN_DESCRIBE(PreviousStatus, kPreviousStatusFields, "")

constexpr FieldInfo kAbortedStatusFields[] = {
    field<&AbortedStatus::revision>("revision"),
    field<&AbortedStatus::reason>("reason"),
    field<&AbortedStatus::at>("at"),
    field<&AbortedStatus::attempts>("attempts"),
};
KAIZEN_DESCRIBE(AbortedStatus, kAbortedStatusFields, "")

constexpr FieldInfo kAbortStatusFields[] = {
    field<&AbortStatus::reason>("reason"),  field<&AbortStatus::message>("message"),
    field<&AbortStatus::mark>("mark"),      field<&AbortStatus::since>("since"),
    field<&AbortStatus::zero_at>("zeroAt"),
};
KAIZEN_DESCRIBE(AbortStatus, kAbortStatusFields, "")

constexpr FieldInfo kRollbackTargetFields[] = {
    field<&RollbackTarget::revision>("revision"),
    field<&RollbackTarget::request_id>("requestId"),
};
KAIZEN_DESCRIBE(RollbackTarget, kRollbackTargetFields, "")

constexpr FieldInfo kStepStatusFields[] = {
    field<&StepStatus::index>("index"),          field<&StepStatus::name>("name"),
    field<&StepStatus::started_at>("startedAt"), field<&StepStatus::hold_until>("holdUntil"),
    field<&StepStatus::restarts>("restarts"),
};
KAIZEN_DESCRIBE(StepStatus, kStepStatusFields, "")

constexpr FieldInfo kWeightStatusFields[] = {
    field<&WeightStatus::intended>("intended", {.always = true}),
    field<&WeightStatus::applied>("applied", {.always = true}),
    field<&WeightStatus::written_at>("writtenAt"),
    field<&WeightStatus::applied_at>("appliedAt"),
    field<&WeightStatus::samples_from>("samplesFrom"),
};
KAIZEN_DESCRIBE(WeightStatus, kWeightStatusFields, "")

constexpr FieldInfo kRouteEditsFields[] = {
    field<&RouteEdits::at>("at"),
};
KAIZEN_DESCRIBE(RouteEdits, kRouteEditsFields, "")

constexpr FieldInfo kApprovalStatusFields[] = {
    field<&ApprovalStatus::step>("step"),
    field<&ApprovalStatus::revision>("revision"),
    field<&ApprovalStatus::by>("by"),
    field<&ApprovalStatus::at>("at"),
    field<&ApprovalStatus::deadline>("deadline"),
};
KAIZEN_DESCRIBE(ApprovalStatus, kApprovalStatusFields, "")

constexpr FieldInfo kArmStatusFields[] = {
    field<&ArmStatus::n>("n"),
    field<&ArmStatus::bad>("bad"),
    field<&ArmStatus::rate>("rate"),
};
KAIZEN_DESCRIBE(ArmStatus, kArmStatusFields, "")

constexpr FieldInfo kRemainingStatusFields[] = {
    field<&RemainingStatus::requests>("requests"),
    field<&RemainingStatus::time>("time"),
};
KAIZEN_DESCRIBE(RemainingStatus, kRemainingStatusFields, "")

constexpr FieldInfo kMetricStatusFields[] = {
    field<&MetricStatus::name>("name"),
    field<&MetricStatus::verdict>("verdict"),
    field<&MetricStatus::threshold>("threshold"),
    field<&MetricStatus::canary>("canary"),
    field<&MetricStatus::stable>("stable"),
    field<&MetricStatus::effect>("effect"),
    field<&MetricStatus::interval>("interval"),
    field<&MetricStatus::harm>("harm"),
    field<&MetricStatus::no_harm>("noHarm"),
    field<&MetricStatus::dispersion>("dispersion"),
    field<&MetricStatus::remaining>("remaining"),
    field<&MetricStatus::last_error>("lastError"),
};
KAIZEN_DESCRIBE(MetricStatus, kMetricStatusFields, "")

constexpr FieldInfo kAnalysisSourceFields[] = {
    field<&AnalysisSource::prometheus>("prometheus"),
    field<&AnalysisSource::preset>("preset"),
    field<&AnalysisSource::side>("side"),
    field<&AnalysisSource::frozen_at>("frozenAt"),
};
KAIZEN_DESCRIBE(AnalysisSource, kAnalysisSourceFields, "")

constexpr FieldInfo kAnalysisStatusFields[] = {
    field<&AnalysisStatus::verdict>("verdict"),
    field<&AnalysisStatus::wealth>("wealth"),
    field<&AnalysisStatus::limit>("limit"),
    field<&AnalysisStatus::false_rollback_bound>("falseRollbackBound"),
    field<&AnalysisStatus::source>("source"),
    field<&AnalysisStatus::metrics>("metrics"),
    field<&AnalysisStatus::last_tick>("lastTick"),
    field<&AnalysisStatus::last_data>("lastData"),
    field<&AnalysisStatus::last_error>("lastError"),
    field<&AnalysisStatus::state>("state"),
};
KAIZEN_DESCRIBE(AnalysisStatus, kAnalysisStatusFields, "")

constexpr FieldInfo kHistoryEntryFields[] = {
    field<&HistoryEntry::revision>("revision"), field<&HistoryEntry::version>("version"),
    field<&HistoryEntry::outcome>("outcome"),   field<&HistoryEntry::verdict>("verdict"),
    field<&HistoryEntry::reason>("reason"),     field<&HistoryEntry::started_at>("startedAt"),
    field<&HistoryEntry::ended_at>("endedAt"),
};
KAIZEN_DESCRIBE(HistoryEntry, kHistoryEntryFields, "")

constexpr FieldInfo kLastRequestFields[] = {
    field<&LastRequest::id>("id"),           field<&LastRequest::verb>("verb"),
    field<&LastRequest::by>("by"),           field<&LastRequest::outcome>("outcome"),
    field<&LastRequest::message>("message"), field<&LastRequest::time>("time"),
};
KAIZEN_DESCRIBE(LastRequest, kLastRequestFields, "")

constexpr FieldInfo kPausedByFields[] = {
    field<&PausedBy::id>("id"),
    field<&PausedBy::by>("by"),
    field<&PausedBy::at>("at"),
};
KAIZEN_DESCRIBE(PausedBy, kPausedByFields, "")

constexpr FieldInfo kProgressStatusFields[] = {
    field<&ProgressStatus::ready>("ready"),
    field<&ProgressStatus::since>("since"),
};
KAIZEN_DESCRIBE(ProgressStatus, kProgressStatusFields, "")

constexpr FieldInfo kModelDeploymentStatusFields[] = {
    field<&ModelDeploymentStatus::observed_generation>("observedGeneration"),
    field<&ModelDeploymentStatus::phase>("phase"),
    field<&ModelDeploymentStatus::message>("message"),
    field<&ModelDeploymentStatus::stable>("stable"),
    field<&ModelDeploymentStatus::candidate>("candidate"),
    field<&ModelDeploymentStatus::previous>("previous"),
    field<&ModelDeploymentStatus::aborted>("aborted"),
    field<&ModelDeploymentStatus::abort>("abort"),
    field<&ModelDeploymentStatus::rollback_target>("rollbackTarget"),
    field<&ModelDeploymentStatus::steps>("steps"),
    field<&ModelDeploymentStatus::step>("step"),
    field<&ModelDeploymentStatus::weight>("weight"),
    field<&ModelDeploymentStatus::route_edits>("routeEdits"),
    field<&ModelDeploymentStatus::capacity>("capacity"),
    field<&ModelDeploymentStatus::approvals>("approvals"),
    field<&ModelDeploymentStatus::progress>("progress"),
    field<&ModelDeploymentStatus::analysis>("analysis"),
    field<&ModelDeploymentStatus::started_at>("startedAt"),
    field<&ModelDeploymentStatus::sampling_since>("samplingSince"),
    field<&ModelDeploymentStatus::bake_until>("bakeUntil"),
    field<&ModelDeploymentStatus::held_reason>("heldReason"),
    field<&ModelDeploymentStatus::history>("history"),
    field<&ModelDeploymentStatus::last_request>("lastRequest"),
    field<&ModelDeploymentStatus::handled_requests>("handledRequests"),
    field<&ModelDeploymentStatus::paused_by>("pausedBy"),
    field<&ModelDeploymentStatus::next_at>("nextAt"),
    field<&ModelDeploymentStatus::replicas>("replicas"),
    field<&ModelDeploymentStatus::selector>("selector"),
    field<&ModelDeploymentStatus::collision_count>("collisionCount"),
    field<&ModelDeploymentStatus::conditions>("conditions"),
};
KAIZEN_DESCRIBE(ModelDeploymentStatus, kModelDeploymentStatusFields, "")

constexpr FieldInfo kModelDeploymentFields[] = {
    field<&ModelDeployment::metadata>("metadata"),
    field<&ModelDeployment::spec>("spec"),
    field<&ModelDeployment::status>("status"),
};
KAIZEN_DESCRIBE_KIND(ModelDeployment, kModelDeploymentFields, "", api::kModelDeployment, kNoRules)

}  // namespace kaizen::schema
