#include <cstdint>

#include "api/schema_internal.h"  // IWYU pragma: keep
#include "api/tables.h"           // IWYU pragma: keep
#include "api/training_run.h"
#include "schema/describe.h"

// TrainingRun's spec: made by the operator, never changed (TP-9). And the table of what its member
// `resolved` holds.
namespace kaizen::schema {

using api::Parameter;
using api::Pinning;
using api::ResolvedPipeline;
using api::RunDataset;
using api::RunPipeline;
using api::RunTrigger;
using api::TrainingRunSpec;

KAIZEN_ENUM(Pinning, Pinning::kWeak, "Strong", "Weak")

constexpr int32_t kMaxName = 256;
constexpr int32_t kMaxUri = 2048;
constexpr int32_t kMaxResolved = 262'144;  // TP-11

constexpr FieldInfo kRunPipelineFields[] = {
    field<&RunPipeline::name>("name", {.doc = "Its name.", .required = true, .max_length = 63}),
    field<&RunPipeline::uid>("uid", {.doc = "Its UID.", .required = true}),
    field<&RunPipeline::generation>("generation",
                                    {.doc = "Generation of its spec.", .required = true}),
};
KAIZEN_DESCRIBE(RunPipeline, kRunPipelineFields, "The TrainingPipeline that made the run.")

constexpr FieldInfo kRunTriggerFields[] = {
    field<&RunTrigger::type>("type", {.doc = "What started it.", .required = true}),
    field<&RunTrigger::slot>(
        "slot",
        {.doc = "Which one of these.", .required = true, .max_length = kMaxName}),
    field<&RunTrigger::reason>("reason", {.doc = "Why, for people.", .max_length = 1024}),
    field<&RunTrigger::at>("at", {.doc = "When it was decided."}),
    field<&RunTrigger::by>("by", {.doc = "Who asked, as the request says.", .max_length = 1024}),
    field<&RunTrigger::policy>("policy",
                               {.doc = "The DriftPolicy that asked.", .max_length = kMaxName}),
    field<&RunTrigger::from>("from", {.doc = "Begin of the data it asked for."}),
    field<&RunTrigger::to>("to", {.doc = "End of the data it asked for."}),
};
KAIZEN_DESCRIBE(RunTrigger, kRunTriggerFields, "Why the run exists.")

constexpr FieldInfo kParameterFields[] = {
    field<&Parameter::name>("name", {.doc = "Its name.", .required = true, .max_length = 63}),
    field<&Parameter::value>("value", {.doc = "Its value.", .max_length = 1024}),
};
KAIZEN_DESCRIBE(Parameter, kParameterFields, "A parameter of the stages.")

constexpr FieldInfo kRunDatasetFields[] = {
    field<&RunDataset::name>("name", {.doc = "Its name.", .required = true, .max_length = 63}),
    field<&RunDataset::role>("role", {.doc = "What it is for."}),
    field<&RunDataset::uri>("uri", {.doc = "Where it lies.", .max_length = kMaxUri}),
    field<&RunDataset::digest>("digest", {.doc = "Digest of its content.", .max_length = kMaxName}),
    field<&RunDataset::version>("version", {.doc = "Its version.", .max_length = kMaxName}),
    field<&RunDataset::rows>("rows", {.doc = "Its rows."}),
    field<&RunDataset::pinning>("pinning",
                                {.doc = "Strong: the digest is known; Weak: only a version."}),
    field<&RunDataset::mutated>("mutated",
                                {.doc = "Its version came with two digests: promotion needs "
                                        "approval."}),
};
KAIZEN_DESCRIBE(RunDataset, kRunDatasetFields, "A dataset as it was when the run began.")

constexpr Rule kTrainingRunSpecRules[] = {
    {"self == oldSelf",
     "spec of a TrainingRun never changes: request `retry` or `reproduce` on its TrainingPipeline "
     "for another run"},
};

constexpr FieldInfo kTrainingRunSpecFields[] = {
    field<&TrainingRunSpec::pipeline>("pipeline",
                                      {.doc = "The TrainingPipeline.", .required = true}),
    field<&TrainingRunSpec::trigger>("trigger", {.doc = "Why it exists.", .required = true}),
    field<&TrainingRunSpec::parameters>(
        "parameters",
        {.doc = "Parameters by name.", .max_items = 64, .list_map_key = "name"}),
    field<&TrainingRunSpec::seed>(
        "seed",
        {.doc = "Seed of the run.", .required = true, .min = 0, .always = true}),
    field<&TrainingRunSpec::datasets>(
        "datasets",
        {.doc = "Datasets by name.", .max_items = 16, .list_map_key = "name"}),
    field<&TrainingRunSpec::resolved>("resolved",
                                      {.doc = "Everything else the run goes by, as canonical JSON.",
                                       .required = true,
                                       .max_length = kMaxResolved}),
    field<&TrainingRunSpec::config_hash>(
        "configHash",
        {.doc = "SHA-256 of resolved.", .required = true, .max_length = 71}),
    field<&TrainingRunSpec::source>("source", {.doc = "The run that is repeated."}),
};
KAIZEN_DESCRIBE_RULES(TrainingRunSpec,
                      kTrainingRunSpecFields,
                      "Everything that is needed to do it again.",
                      kTrainingRunSpecRules)

// Text inside TrainingRunSpec::resolved; no part of the CRD.
constexpr FieldInfo kResolvedPipelineFields[] = {
    field<&ResolvedPipeline::model_deployment>("modelDeployment"),
    field<&ResolvedPipeline::artifact_root>("artifactRoot"),
    field<&ResolvedPipeline::checks>("checks"),
    field<&ResolvedPipeline::stages>("stages"),
    field<&ResolvedPipeline::gate>("gate"),
    field<&ResolvedPipeline::deploy>("deploy"),
    field<&ResolvedPipeline::prices>("prices"),
};
KAIZEN_DESCRIBE(ResolvedPipeline, kResolvedPipelineFields, "What a run goes by.")

}  // namespace kaizen::schema
