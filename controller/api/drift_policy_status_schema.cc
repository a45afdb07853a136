#include <cstdint>

#include "api/drift_policy.h"
#include "api/kinds.h"
#include "api/schema_internal.h"  // IWYU pragma: keep
#include "api/tables.h"           // IWYU pragma: keep
#include "schema/describe.h"

// DriftPolicy's status, and the kind as a whole. Bounds here lie above what decide() writes
// (drift_limits), so that they never refuse it.
namespace kaizen::schema {

using api::CheckStatus;
using api::ClockStatus;
using api::DriftNotice;
using api::DriftPhase;
using api::DriftPolicy;
using api::DriftPolicyStatus;
using api::DriftRequest;
using api::DriftSeverity;
using api::DriftSummary;
using api::DriftVerdict;
using api::EpisodeHistory;
using api::EpisodeStatus;
using api::LearningStatus;
using api::ReferenceStatus;
using api::RemedyStatus;

KAIZEN_ENUM(DriftPhase,
            DriftPhase::kNoData,
            "Warmup",
            "Watching",
            "Warning",
            "Drifted",
            "Cooldown",
            "Muted",
            "NoData")
KAIZEN_ENUM(DriftVerdict,
            DriftVerdict::kLearning,
            "Ok",
            "Warn",
            "Act",
            "NoData",
            "Insufficient",
            "Learning")
KAIZEN_ENUM(DriftSeverity, DriftSeverity::kAct, "Warn", "Act")

constexpr int32_t kMaxWord = 64;   // reasons, numbers as text, request ids
constexpr int32_t kMaxName = 256;  // names, digests, ids of episodes and what is made from them
constexpr int32_t kMaxMessage = 4096;
constexpr int32_t kMaxState = 16'384;
constexpr int32_t kMaxRequests = 32;  // 16 are kept (R2-5)

constexpr FieldInfo kDriftSummaryFields[] = {
    field<&DriftSummary::score>("score",
                                {.doc = "Evidence; at threshold it acts.", .max_length = kMaxWord}),
    field<&DriftSummary::threshold>("threshold", {.doc = "Where it acts.", .max_length = kMaxWord}),
    field<&DriftSummary::worst_check>(
        "worstCheck",
        {.doc = "Check with the largest share.", .max_length = kMaxName}),
    field<&DriftSummary::message>("message",
                                  {.doc = "The state in a sentence.", .max_length = kMaxMessage}),
};
KAIZEN_DESCRIBE(DriftSummary, kDriftSummaryFields, "The answer in short.")

constexpr FieldInfo kReferenceStatusFields[] = {
    field<&ReferenceStatus::revision>(
        "revision",
        {.doc = "Revision of the ModelDeployment, 10 hex digits.", .max_length = kMaxWord}),
    field<&ReferenceStatus::model>("model",
                                   {.doc = "Digest of its model.", .max_length = kMaxName}),
    field<&ReferenceStatus::source>("source", {.doc = "Where it comes from."}),
    field<&ReferenceStatus::digest>("digest",
                                    {.doc = "SHA-256 of its bytes.", .max_length = kMaxName}),
    field<&ReferenceStatus::config_map>(
        "configMap",
        {.doc = "ConfigMap that holds it.", .max_length = kMaxName}),
    field<&ReferenceStatus::count>("count", {.doc = "Observations in it."}),
    field<&ReferenceStatus::since>("since", {.doc = "In force since."}),
};
KAIZEN_DESCRIBE(ReferenceStatus, kReferenceStatusFields, "A reference.")

constexpr FieldInfo kLearningStatusFields[] = {
    field<&LearningStatus::since>("since", {.doc = "Begin."}),
    field<&LearningStatus::until>("until", {.doc = "End."}),
    field<&LearningStatus::count>("count", {.doc = "Observations so far."}),
};
KAIZEN_DESCRIBE(LearningStatus, kLearningStatusFields, "A reference that is being learned.")

constexpr FieldInfo kClockStatusFields[] = {
    field<&ClockStatus::name>(
        "name",
        {.doc = "Name of the clock.", .required = true, .max_length = kMaxWord}),
    field<&ClockStatus::cursor>("cursor", {.doc = "End of the last window that was judged."}),
    field<&ClockStatus::ratio>("ratio", {.doc = "Its evidence.", .max_length = kMaxWord}),
    field<&ClockStatus::no_data>("noData", {.doc = "Windows without data in a row."}),
};
KAIZEN_DESCRIBE(ClockStatus, kClockStatusFields, "One clock.")

constexpr FieldInfo kCheckStatusFields[] = {
    field<&CheckStatus::name>(
        "name",
        {.doc = "Name of the check.", .required = true, .max_length = kMaxName}),
    field<&CheckStatus::verdict>("verdict", {.doc = "The verdict."}),
    field<&CheckStatus::clock>("clock",
                               {.doc = "Clock with the largest share.", .max_length = kMaxWord}),
    field<&CheckStatus::evidence>("evidence",
                                  {.doc = "Its share of the score.", .max_length = kMaxWord}),
    field<&CheckStatus::effect>("effect",
                                {.doc = "How far the last window is off.", .max_length = kMaxWord}),
    field<&CheckStatus::detectors>(
        "detectors",
        {.doc = "What the other detectors say.", .max_length = kMaxWord, .max_properties = 8}),
    field<&CheckStatus::count>("count", {.doc = "Observations in the last window."}),
    field<&CheckStatus::onset>("onset", {.doc = "When the change began."}),
    field<&CheckStatus::reason>("reason", {.doc = "Why it is so.", .max_length = kMaxWord}),
};
KAIZEN_DESCRIBE(CheckStatus, kCheckStatusFields, "One check.")

constexpr FieldInfo kRemedyStatusFields[] = {
    field<&RemedyStatus::run>("run", {.doc = "The TrainingRun.", .max_length = kMaxName}),
    field<&RemedyStatus::attempt>("attempt", {.doc = "Number of the attempt, from 1."}),
    field<&RemedyStatus::state>("state", {.doc = "How far it came.", .max_length = kMaxWord}),
};
KAIZEN_DESCRIBE(RemedyStatus, kRemedyStatusFields, "The training that answers it.")

constexpr FieldInfo kEpisodeStatusFields[] = {
    field<&EpisodeStatus::id>("id", {.doc = "Its id, target of requests.", .max_length = kMaxName}),
    field<&EpisodeStatus::key>("key",
                               {.doc = "Its key, never used twice.", .max_length = kMaxWord}),
    field<&EpisodeStatus::severity>("severity", {.doc = "The worst so far."}),
    field<&EpisodeStatus::clock>("clock", {.doc = "Clock that opened it.", .max_length = kMaxWord}),
    field<&EpisodeStatus::opened_at>("openedAt", {.doc = "When it opened."}),
    field<&EpisodeStatus::onset>("onset", {.doc = "When the change began."}),
    field<&EpisodeStatus::checks>("checks",
                                  {.doc = "Checks that drifted, confirmed ones first.",
                                   .max_length = kMaxName,
                                   .max_items = 16}),
    field<&EpisodeStatus::confirmed>("confirmed",
                                     {.doc = "How many of checks are confirmed.", .always = true}),
    field<&EpisodeStatus::reason>("reason", {.doc = "What kind of drift.", .max_length = kMaxWord}),
    field<&EpisodeStatus::quiet>("quiet", {.doc = "Quiet windows in a row.", .always = true}),
    field<&EpisodeStatus::fired>(
        "fired",
        {.doc = "Actions that have happened.", .max_length = kMaxWord, .max_items = 48}),
    field<&EpisodeStatus::remedy>("remedy", {.doc = "The training that answers it."}),
};
KAIZEN_DESCRIBE(EpisodeStatus, kEpisodeStatusFields, "One drift, from opening to closing.")

constexpr FieldInfo kEpisodeHistoryFields[] = {
    field<&EpisodeHistory::id>("id", {.doc = "Its id.", .max_length = kMaxName}),
    field<&EpisodeHistory::severity>("severity", {.doc = "The worst."}),
    field<&EpisodeHistory::opened_at>("openedAt", {.doc = "When it opened."}),
    field<&EpisodeHistory::closed_at>("closedAt", {.doc = "When it closed."}),
    field<&EpisodeHistory::outcome>(
        "outcome",
        {.doc = "Cleared, Remediated, Superseded or Acknowledged.", .max_length = kMaxWord}),
    field<&EpisodeHistory::reason>("reason",
                                   {.doc = "What kind of drift.", .max_length = kMaxWord}),
    field<&EpisodeHistory::checks>(
        "checks",
        {.doc = "Its checks; of the newest entry only.", .max_length = kMaxName, .max_items = 16}),
};
KAIZEN_DESCRIBE(EpisodeHistory, kEpisodeHistoryFields, "An episode that has closed.")

constexpr FieldInfo kDriftRequestFields[] = {
    field<&DriftRequest::id>("id", {.doc = "Its id.", .max_length = kMaxName}),
    field<&DriftRequest::type>("type", {.doc = "TriggerTraining.", .max_length = kMaxWord}),
    field<&DriftRequest::target>("target",
                                 {.doc = "The TrainingPipeline.", .max_length = kMaxName}),
    field<&DriftRequest::severity>("severity", {.doc = "How bad the drift is."}),
    field<&DriftRequest::from>("from", {.doc = "Begin of the data to train on."}),
    field<&DriftRequest::to>("to", {.doc = "End of the data to train on."}),
    field<&DriftRequest::expires_at>("expiresAt", {.doc = "It counts until then."}),
};
KAIZEN_DESCRIBE(DriftRequest, kDriftRequestFields, "What the policy asks of another object.")

constexpr FieldInfo kDriftNoticeFields[] = {
    field<&DriftNotice::id>(
        "id",
        {.doc = "Its id; receivers drop what they have.", .max_length = kMaxName}),
    field<&DriftNotice::when>("when", {.doc = "On what."}),
    field<&DriftNotice::at>("at", {.doc = "When it was decided."}),
};
KAIZEN_DESCRIBE(DriftNotice, kDriftNoticeFields, "A notification that is not delivered yet.")

constexpr FieldInfo kDriftPolicyStatusFields[] = {
    field<&DriftPolicyStatus::observed_generation>(
        "observedGeneration",
        {.doc = "Generation of the spec that this status is about."}),
    field<&DriftPolicyStatus::phase>("phase", {.doc = "The state in a word."}),
    field<&DriftPolicyStatus::summary>("summary", {.doc = "The answer in short."}),
    field<&DriftPolicyStatus::reference>("reference", {.doc = "The reference in force."}),
    field<&DriftPolicyStatus::previous_reference>(
        "previousReference",
        {.doc = "The one before, for a roll back of the model."}),
    field<&DriftPolicyStatus::learning>("learning", {.doc = "A reference that is learned."}),
    field<&DriftPolicyStatus::clocks>("clocks",
                                      {.doc = "Clocks.", .max_items = 4, .list_map_key = "name"}),
    field<&DriftPolicyStatus::checks>(
        "checks",
        {.doc = "The worst checks, worst first.", .max_items = 64, .list_map_key = "name"}),
    field<&DriftPolicyStatus::checks_total>("checksTotal", {.doc = "Checks that are judged."}),
    field<&DriftPolicyStatus::state>(
        "state",
        {.doc = "Evidence, for the operator alone.", .max_length = kMaxState}),
    field<&DriftPolicyStatus::onsets>(
        "onsets",
        {.doc = "When evidence began, for the operator alone.", .max_length = kMaxState}),
    field<&DriftPolicyStatus::evidence_key>(
        "evidenceKey",
        {.doc = "What the evidence belongs to.", .max_length = kMaxWord}),
    field<&DriftPolicyStatus::episode>("episode", {.doc = "The open episode."}),
    field<&DriftPolicyStatus::episode_seq>("episodeSeq", {.doc = "Episodes so far."}),
    field<&DriftPolicyStatus::cooldown_until>("cooldownUntil",
                                              {.doc = "No new episode before then."}),
    field<&DriftPolicyStatus::history>("history",
                                       {.doc = "Past episodes, newest first.", .max_items = 16}),
    field<&DriftPolicyStatus::requests>("requests",
                                        {.doc = "What is asked of others.", .max_items = 8}),
    field<&DriftPolicyStatus::notices>(
        "notices",
        {.doc = "Notifications not delivered yet.", .max_items = 16}),
    field<&DriftPolicyStatus::last_request>("lastRequest", {.doc = "The last request."}),
    field<&DriftPolicyStatus::handled_requests>("handledRequests",
                                                {.doc = "Ids of requests, newest first.",
                                                 .max_length = kMaxWord,
                                                 .max_items = kMaxRequests}),
    field<&DriftPolicyStatus::next_at>("nextAt", {.doc = "When the operator looks again."}),
    field<&DriftPolicyStatus::conditions>(
        "conditions",
        {.doc = "Conditions.", .max_items = 32, .list_map_key = "type"}),
};
KAIZEN_DESCRIBE(DriftPolicyStatus,
                kDriftPolicyStatusFields,
                "What the operator sees and has decided. Written by it alone.")

// ConfigMaps <name>-reference-<digest8> are called after it (R2-23): 63 - 19.
constexpr Rule kDriftPolicyRules[] = {
    {"self.metadata.name.size() <= 44",
     "metadata.name has at most 44 characters: the ConfigMaps of its references are called after "
     "it"},
    {"self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
     "metadata.name holds lower-case letters, digits and - only: it is part of other names"},
};

constexpr FieldInfo kDriftPolicyFields[] = {
    field<&DriftPolicy::metadata>("metadata"),
    field<&DriftPolicy::spec>(
        "spec",
        {.doc = "What is watched and what drift leads to.", .required = true}),
    field<&DriftPolicy::status>("status", {.doc = "What the operator sees and decided."}),
};
KAIZEN_DESCRIBE_KIND(DriftPolicy,
                     kDriftPolicyFields,
                     "Watches production data and results of a model, decides with a stated rate "
                     "of false alarms, and tells people or asks for training.",
                     api::kDriftPolicy,
                     kDriftPolicyRules)

}  // namespace kaizen::schema
