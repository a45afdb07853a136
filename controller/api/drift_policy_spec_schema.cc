#include <cstdint>
#include <string_view>

#include "api/drift_policy.h"
#include "api/schema_internal.h"  // IWYU pragma: keep
#include "api/tables.h"           // IWYU pragma: keep
#include "schema/describe.h"

// DriftPolicy's spec. Texts are what `kubectl explain` shows; bounds and rules are what the API
// server enforces (SEC-46, drift-policy 2.2). No member has a default in storage.
namespace kaizen::schema {

using api::AutonomyLevel;
using api::CategorySource;
using api::CheckRole;
using api::ConfigMapKey;
using api::DecisionMethod;
using api::DetectorType;
using api::Discovery;
using api::DriftAction;
using api::DriftActionType;
using api::DriftAutonomy;
using api::DriftCheck;
using api::DriftClock;
using api::DriftDecision;
using api::DriftMetrics;
using api::DriftPolicySpec;
using api::DriftQuality;
using api::DriftReference;
using api::DriftTraffic;
using api::DriftTraining;
using api::DriftWhen;
using api::HistogramSource;
using api::PerformanceSource;
using api::ReferenceLearn;
using api::ReferenceMissing;
using api::ReferenceProfile;
using api::ReferenceSource;
using api::Sensitivity;
using api::TargetRef;
using api::TimeAxis;
using api::TrainingData;

KAIZEN_ENUM(DriftTraffic, DriftTraffic::kAll, "Stable", "All")
KAIZEN_ENUM(Sensitivity, Sensitivity::kHigh, "Low", "Medium", "High")
KAIZEN_ENUM(ReferenceSource, ReferenceSource::kProduction, "Profile", "Production")
KAIZEN_ENUM(ReferenceMissing, ReferenceMissing::kBlock, "LearnFromProduction", "Block")
KAIZEN_ENUM(CheckRole, CheckRole::kSkew, "Input", "Prediction", "Performance", "Quality", "Skew")
KAIZEN_ENUM(DetectorType,
            DetectorType::kMeanShift,
            "Evidence",
            "PSI",
            "JS",
            "KS",
            "ChiSquare",
            "Wasserstein",
            "MeanShift")
KAIZEN_ENUM(TimeAxis, TimeAxis::kCohort, "Arrival", "Cohort")
KAIZEN_ENUM(DecisionMethod, DecisionMethod::kEvidence, "Evidence")
KAIZEN_ENUM(DriftWhen, DriftWhen::kRecovered, "Warn", "Act", "Blind", "Recovered")
KAIZEN_ENUM(DriftActionType, DriftActionType::kTriggerTraining, "Notify", "TriggerTraining")
KAIZEN_ENUM(TrainingData, TrainingData::kLookback, "SinceOnset", "Lookback")
KAIZEN_ENUM(AutonomyLevel, AutonomyLevel::kAutonomous, "Recommend", "Autonomous")

constexpr int32_t kMaxName = 63;
constexpr int32_t kMaxQuery = 4096;
constexpr int32_t kMaxMetric = 255;
constexpr int32_t kMaxCheck = 48;  // drift_limits::kCheckName

constexpr std::string_view kLabelPattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";
constexpr std::string_view kMetricPattern = "^[a-zA-Z_:][a-zA-Z0-9_:]*$";  // Prometheus' own
constexpr std::string_view kMetricLabelPattern = "^[a-zA-Z_][a-zA-Z0-9_]*$";
constexpr std::string_view kDecimalPattern = "^(0|[1-9][0-9]{0,5})(\\.[0-9]{1,9})?$";  // DR-11

constexpr Rule kTolerance[] = {
    {"double(self) > 0.0 && double(self) <= 0.5",
     "a tolerance, eta or effect lies above 0 and is at most 0.5, for example \"0.05\""},
};
constexpr Rule kQualityShare[] = {
    {"double(self) > 0.0 && double(self) <= 1.0",
     "a share of bad values lies above 0 and is at most 1; \"1\" never alarms"},
};
constexpr Rule kShare[] = {
    {"double(self) >= 0.0 && double(self) <= 1.0",
     "this share lies between 0 and 1, for example \"0.6\""},
};

constexpr std::string_view kTargetKinds[] = {"ModelDeployment"};
constexpr Rule kTargetRefRules[] = {
    {"self == oldSelf", "targetRef is immutable: create another policy for another target"},
};

constexpr FieldInfo kTargetRefFields[] = {
    field<&TargetRef::kind>(
        "kind",
        {.doc = "ModelDeployment.", .required = true, .max_length = 63, .allowed = kTargetKinds}),
    field<&TargetRef::name>("name",
                            {.doc = "Its name, in this namespace.",
                             .required = true,
                             .min_length = 1,
                             .max_length = kMaxName,
                             .pattern = kLabelPattern}),
};
KAIZEN_DESCRIBE_RULES(TargetRef, kTargetRefFields, "What is watched.", kTargetRefRules)

// ---- Metrics and clocks ----

constexpr Rule kMatchers[] = {
    {"!self.startsWith('{')",
     "matchers stand without braces, for example namespace=\"vision\",model=\"weld\""},
};
constexpr Rule kTimeout[] = {
    {"duration(self) >= duration('1s') && duration(self) <= duration('60s')",
     "metrics.timeout lies between 1s and 60s"},
};

constexpr FieldInfo kDriftMetricsFields[] = {
    field<&DriftMetrics::source>("source",
                                 {.doc = "Name of a metric source in the operator's configuration. "
                                         "Default: the operator's default source.",
                                  .max_length = 253}),
    field<&DriftMetrics::matchers>("matchers",
                                   {.doc = "PromQL label matchers added to every selector.",
                                    .max_length = 1024,
                                    .rules = kMatchers}),
    field<&DriftMetrics::revision_label>("revisionLabel",
                                         {.doc = "Label that holds the revision; \"\": there is "
                                                 "none, traffic All is then needed. Default "
                                                 "kaizen_ml_revision.",
                                          .max_length = kMaxMetric,
                                          .pattern = "^([a-zA-Z_][a-zA-Z0-9_]*)?$",
                                          .always = true}),
    field<&DriftMetrics::timeout>(
        "timeout",
        {.doc = "Longest time of a query. Default 10s.", .rules = kTimeout}),
    field<&DriftMetrics::max_series>("maxSeries",
                                     {.doc = "Most series in an answer; more is NoData. Default "
                                             "5000.",
                                      .min = 1,
                                      .max = 50'000,
                                      .always = true}),
};
KAIZEN_DESCRIBE(DriftMetrics, kDriftMetricsFields, "Where and how metrics are asked for.")

constexpr Rule kWindow[] = {
    {"duration(self) >= duration('1m') && duration(self) <= duration('168h')",
     "a window lies between 1m and 168h (one week)"},
    {"duration(self).getSeconds() > 0 && (86400 % duration(self).getSeconds() == 0 || "
     "duration(self).getSeconds() % 86400 == 0)",
     "a window divides a day or is a whole number of days, for example 15m, 1h, 8h, 24h, 168h"},
};

constexpr FieldInfo kDriftClockFields[] = {
    field<&DriftClock::name>("name",
                             {.doc = "Name, shown in status.",
                              .required = true,
                              .min_length = 1,
                              .max_length = 16,
                              .pattern = kLabelPattern}),
    field<&DriftClock::window>(
        "window",
        {.doc = "Span of data that one look judges.", .required = true, .rules = kWindow}),
    field<&DriftClock::tolerance>("tolerance",
                                  {.doc = "Change of a share that is no drift. Default: that of "
                                          "sensitivity.",
                                   .pattern = kDecimalPattern,
                                   .rules = kTolerance}),
    field<&DriftClock::eta>("eta",
                            {.doc = "How far beyond tolerance evidence grows fastest. Default: "
                                    "that of sensitivity.",
                             .pattern = kDecimalPattern,
                             .rules = kTolerance}),
};
KAIZEN_DESCRIBE(DriftClock, kDriftClockFields, "A window length with its tolerance.")

constexpr Rule kClocks[] = {
    {"self.size() < 2 || duration(self[0].window) < duration(self[1].window)",
     "clocks grow: the second window is longer than the first"},
};

// ---- Reference ----

constexpr FieldInfo kConfigMapKeyFields[] = {
    field<&ConfigMapKey::name>("name",
                               {.doc = "Name of the ConfigMap, in this namespace.",
                                .required = true,
                                .min_length = 1,
                                .max_length = 253,
                                .pattern = "^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$"}),
    field<&ConfigMapKey::key>("key",
                              {.doc = "Key in it. Default profile.json.",
                               .min_length = 1,
                               .max_length = 253,
                               .pattern = "^[-._a-zA-Z0-9]+$"}),
};
KAIZEN_DESCRIBE(ConfigMapKey, kConfigMapKeyFields, "A key of a ConfigMap.")

constexpr Rule kProfileUri[] = {
    {"self.matches('^https://[!-~]+$')",
     "profile.uri begins with https://; for other places write the profile into a ConfigMap and "
     "name it in configMapRef"},
};
constexpr Rule kSha256[] = {
    {"self.matches('^[0-9a-f]{64}$')", "profile.sha256 is 64 lower-case hex digits"},
};
constexpr Rule kReferenceProfileRules[] = {
    {"!has(self.uri) || has(self.sha256)", "a profile from a uri needs its digest: add sha256"},
    {"!(has(self.uri) && has(self.configMapRef))",
     "profile has configMapRef or uri, not both: remove one of them"},
    {"!has(self.fromTrainingRun) || self.fromTrainingRun || has(self.uri) || "
     "has(self.configMapRef)",
     "profile names no source: leave fromTrainingRun out, or add configMapRef or uri"},
};

constexpr FieldInfo kReferenceProfileFields[] = {
    field<&ReferenceProfile::from_training_run>(
        "fromTrainingRun",
        {.doc = "The profile of the TrainingRun that made the stable revision. Default true.",
         .always = true}),
    field<&ReferenceProfile::config_map_ref>("configMapRef",
                                             {.doc = "A profile in a ConfigMap; wins over "
                                                     "fromTrainingRun."}),
    field<&ReferenceProfile::uri>("uri",
                                  {.doc = "A profile on a host that the operator's configuration "
                                          "allows; wins over fromTrainingRun. Fetched once per "
                                          "revision.",
                                   .max_length = 1024,
                                   .rules = kProfileUri}),
    field<&ReferenceProfile::sha256>(
        "sha256",
        {.doc = "SHA-256 of the profile's bytes.", .max_length = 64, .rules = kSha256}),
};
KAIZEN_DESCRIBE_RULES(ReferenceProfile,
                      kReferenceProfileFields,
                      "Where the profile of the training data is.",
                      kReferenceProfileRules)

constexpr Rule kLearnDuration[] = {
    {"duration(self) >= duration('1m') && duration(self) <= duration('2160h')",
     "learn.duration lies between 1m and 2160h (90 days)"},
};

constexpr FieldInfo kReferenceLearnFields[] = {
    field<&ReferenceLearn::duration>("duration",
                                     {.doc = "How long production is learned from. Default 336h "
                                             "(two weeks).",
                                      .rules = kLearnDuration}),
    field<&ReferenceLearn::min_count>("minCount",
                                      {.doc = "Fewest observations that make a reference. Default "
                                              "5000.",
                                       .min = 1,
                                       .max = 1'000'000'000'000,
                                       .always = true}),
};
KAIZEN_DESCRIBE(ReferenceLearn, kReferenceLearnFields, "How a reference is learned.")

constexpr FieldInfo kDriftReferenceFields[] = {
    field<&DriftReference::source>("source",
                                   {.doc = "Profile: training data, which also shows skew between "
                                           "training and serving; Production: learned after each "
                                           "promotion. Default Profile."}),
    field<&DriftReference::profile>("profile", {.doc = "Where the profile is."}),
    field<&DriftReference::on_missing>("onMissing",
                                       {.doc = "When there is no profile. Default "
                                               "LearnFromProduction."}),
    field<&DriftReference::learn>("learn", {.doc = "How a reference is learned."}),
};
KAIZEN_DESCRIBE(DriftReference,
                kDriftReferenceFields,
                "What production is compared with. It changes on promotion or by a request "
                "`acknowledge` only.")

// ---- Checks ----

constexpr std::string_view kDiscoveryKinds[] = {"Numeric"};

constexpr FieldInfo kDiscoveryFields[] = {
    field<&Discovery::metric>("metric",
                              {.doc = "Histogram family, without _bucket.",
                               .required = true,
                               .min_length = 1,
                               .max_length = kMaxMetric,
                               .pattern = kMetricPattern}),
    field<&Discovery::feature_label>("featureLabel",
                                     {.doc = "Label that names the feature. Default feature.",
                                      .min_length = 1,
                                      .max_length = kMaxMetric,
                                      .pattern = kMetricLabelPattern}),
    field<&Discovery::kind>(
        "kind",
        {.doc = "Numeric.", .max_length = kMaxName, .allowed = kDiscoveryKinds}),
    field<&Discovery::include>("include",
                               {.doc = "Regular expression of features, whole names. Default .*",
                                .min_length = 1,
                                .max_length = 512}),
    field<&Discovery::exclude>(
        "exclude",
        {.doc = "Regular expression of features to leave out. Default: none.", .max_length = 512}),
    field<&Discovery::max_features>("maxFeatures",
                                    {.doc = "Most features, by name; the rest is listed. Default "
                                            "50.",
                                     .min = 1,
                                     .max = 64,
                                     .always = true}),
};
KAIZEN_DESCRIBE(Discovery, kDiscoveryFields, "Checks for every feature of one histogram family.")

constexpr FieldInfo kHistogramSourceFields[] = {
    field<&HistogramSource::metric>("metric",
                                    {.doc = "Histogram family, without _bucket.",
                                     .required = true,
                                     .min_length = 1,
                                     .max_length = kMaxMetric,
                                     .pattern = kMetricPattern}),
};
KAIZEN_DESCRIBE(HistogramSource, kHistogramSourceFields, "A classic histogram.")

constexpr FieldInfo kCategorySourceFields[] = {
    field<&CategorySource::metric>("metric",
                                   {.doc = "Counter.",
                                    .required = true,
                                    .min_length = 1,
                                    .max_length = kMaxMetric,
                                    .pattern = kMetricPattern}),
    field<&CategorySource::label>("label",
                                  {.doc = "Label that holds the category.",
                                   .required = true,
                                   .min_length = 1,
                                   .max_length = kMaxMetric,
                                   .pattern = kMetricLabelPattern}),
    field<&CategorySource::top_k>("topK",
                                  {.doc = "Categories that are told apart; the rest counts as "
                                          "other. Default 20.",
                                   .min = 1,
                                   .max = 50,
                                   .always = true}),
};
KAIZEN_DESCRIBE(CategorySource, kCategorySourceFields, "A counter with one series per category.")

constexpr Rule kBaseline[] = {
    {"self == 'FromProfile' || (self.matches('^(0|[1-9][0-9]{0,5})([.][0-9]{1,9})?$') && "
     "double(self) < 1.0)",
     "baseline is FromProfile or the expected share of bad events below 1, for example \"0.02\""},
};
constexpr Rule kLabelDelay[] = {
    {"duration(self) <= duration('4320h')", "labelDelay is at most 4320h (180 days)"},
};
constexpr Rule kPerformanceRules[] = {
    {"!has(self.labelDelay) || duration(self.labelDelay) == duration('0s') || (has(self.timeAxis) "
     "&& self.timeAxis == 'Cohort')",
     "labelDelay goes with timeAxis: Cohort; set it or remove labelDelay"},
};

constexpr FieldInfo kPerformanceSourceFields[] = {
    field<&PerformanceSource::bad_query>("badQuery",
                                         {.doc = "PromQL that counts bad events, with placeholders "
                                                 "${matchers}, ${window} and ${cohort}.",
                                          .required = true,
                                          .min_length = 1,
                                          .max_length = kMaxQuery}),
    field<&PerformanceSource::total_query>("totalQuery",
                                           {.doc = "PromQL that counts all events.",
                                            .required = true,
                                            .min_length = 1,
                                            .max_length = kMaxQuery}),
    field<&PerformanceSource::predicted_query>("predictedQuery",
                                               {.doc = "PromQL that counts predictions; then too "
                                                       "few labels are seen.",
                                                .max_length = kMaxQuery}),
    field<&PerformanceSource::time_axis>("timeAxis",
                                         {.doc = "Arrival: by when labels came in; Cohort: by when "
                                                 "predictions were made. Default Arrival."}),
    field<&PerformanceSource::label_delay>(
        "labelDelay",
        {.doc = "With Cohort: a window is judged that long after "
                "its end. Default 0s.",
         .rules = kLabelDelay}),
    field<&PerformanceSource::min_label_coverage>("minLabelCoverage",
                                                  {.doc = "Fewest labels as a share of "
                                                          "predictions. Default 0.6.",
                                                   .pattern = kDecimalPattern,
                                                   .rules = kShare}),
    field<&PerformanceSource::baseline>("baseline",
                                        {.doc = "Expected share of bad events, or FromProfile. "
                                                "Default FromProfile.",
                                         .max_length = 20,
                                         .rules = kBaseline}),
};
KAIZEN_DESCRIBE_RULES(PerformanceSource,
                      kPerformanceSourceFields,
                      "Counts of bad and all events.",
                      kPerformanceRules)

constexpr Rule kDetectors[] = {
    {"self.size() == 0 || self[0] == 'Evidence'",
     "the first detector decides and must be Evidence; the others are shown"},
};
constexpr Rule kDriftCheckRules[] = {
    {"[has(self.histogram), has(self.category), has(self.performance)].filter(x, x).size() == 1",
     "a check has exactly one of histogram, category and performance"},
    {"!has(self.category) || !has(self.detectors) || !self.detectors.exists(d, d in ['KS', "
     "'Wasserstein', 'MeanShift'])",
     "categories have no order: KS, Wasserstein and MeanShift go with histogram; remove them"},
    {"!has(self.performance) || !has(self.detectors) || self.detectors.all(d, d == 'Evidence')",
     "performance counts have no distribution: remove all detectors but Evidence"},
    {"!(self.role in ['Performance', 'Skew']) || has(self.performance)",
     "role Performance and role Skew need performance (counts of bad and all events)"},
};

constexpr FieldInfo kDriftCheckFields[] = {
    field<&DriftCheck::name>("name",
                             {.doc = "Name, shown in status and used by actions.",
                              .required = true,
                              .min_length = 1,
                              .max_length = kMaxCheck,
                              .pattern = "^[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?$"}),
    field<&DriftCheck::role>(
        "role",
        {.doc = "What it watches: it decides the reason and the actions.", .required = true}),
    field<&DriftCheck::weight>("weight",
                               {.doc = "Share of the budget of false alarms. Default 1.",
                                .min = 1,
                                .max = 100,
                                .always = true}),
    field<&DriftCheck::tolerance>("tolerance",
                                  {.doc = "Change that is no drift. Default: the clock's; "
                                          "performance: a quarter of the baseline, at least 0.005.",
                                   .pattern = kDecimalPattern,
                                   .rules = kTolerance}),
    field<&DriftCheck::detectors>("detectors",
                                  {.doc = "Evidence decides; the others are computed and shown. "
                                          "Default Evidence.",
                                   .max_items = 7,
                                   .rules = kDetectors,
                                   .list_set = true,
                                   .always = true}),
    field<&DriftCheck::histogram>("histogram", {.doc = "A distribution."}),
    field<&DriftCheck::category>("category", {.doc = "Shares of categories."}),
    field<&DriftCheck::performance>("performance", {.doc = "Share of bad events."}),
};
KAIZEN_DESCRIBE_RULES(DriftCheck, kDriftCheckFields, "One judged quantity.", kDriftCheckRules)

constexpr FieldInfo kDriftQualityFields[] = {
    field<&DriftQuality::max_missing_rate>("maxMissingRate",
                                           {.doc = "Largest share of missing values. Default 0.05.",
                                            .pattern = kDecimalPattern,
                                            .rules = kQualityShare}),
    field<&DriftQuality::max_out_of_range>("maxOutOfRange",
                                           {.doc = "Largest share outside the reference's range. "
                                                   "Default 0.01.",
                                            .pattern = kDecimalPattern,
                                            .rules = kQualityShare}),
    field<&DriftQuality::max_unseen_category>(
        "maxUnseenCategory",
        {.doc = "Largest share of categories the reference does not have. Default 0.05.",
         .pattern = kDecimalPattern,
         .rules = kQualityShare}),
};
KAIZEN_DESCRIBE(DriftQuality,
                kDriftQualityFields,
                "Limits on broken data; never triggers training.")

// ---- Decision and actions ----

constexpr Rule kDesignEffect[] = {
    {"double(self) >= 1.0 && double(self) <= 1000.0",
     "designEffect lies between 1 and 1000: how many observations count as one"},
};

constexpr FieldInfo kDriftDecisionFields[] = {
    field<&DriftDecision::method>("method", {.doc = "Evidence."}),
    field<&DriftDecision::min_effect>("minEffect",
                                      {.doc = "Change now that an act also needs. Default: "
                                              "tolerance plus half of eta.",
                                       .pattern = kDecimalPattern,
                                       .rules = kTolerance}),
    field<&DriftDecision::min_count>("minCount",
                                     {.doc = "Observations in a window before its effect counts. "
                                             "Default 100.",
                                      .min = 1,
                                      .max = 1'000'000'000,
                                      .always = true}),
    field<&DriftDecision::cap>("cap",
                               {.doc = "Observations of one check in one window that count at "
                                       "most. Default 500.",
                                .min = 1,
                                .max = 1'000'000'000,
                                .always = true}),
    field<&DriftDecision::design_effect>("designEffect",
                                         {.doc = "How many observations count as one when they "
                                                 "come in clumps. Default 1.",
                                          .pattern = kDecimalPattern,
                                          .rules = kDesignEffect}),
    field<&DriftDecision::close_after>("closeAfter",
                                       {.doc = "Quiet windows that end an episode. Default 3.",
                                        .min = 1,
                                        .max = 100,
                                        .always = true}),
    field<&DriftDecision::cooldown>("cooldown",
                                    {.doc = "Time after an episode before the next. Default "
                                            "24h."}),
    field<&DriftDecision::no_data_grace>("noDataGrace",
                                         {.doc = "Windows without data before it is told. Default "
                                                 "3.",
                                          .min = 1,
                                          .max = 100,
                                          .always = true}),
};
KAIZEN_DESCRIBE(DriftDecision, kDriftDecisionFields, "When evidence is enough.")

constexpr Rule kLookback[] = {
    {"duration(self) >= duration('1m') && duration(self) <= duration('8760h')",
     "lookback lies between 1m and 8760h (one year)"},
};

constexpr FieldInfo kDriftTrainingFields[] = {
    field<&DriftTraining::pipeline_ref>(
        "pipelineRef",
        {.doc = "TrainingPipeline whose triggers.drift.policies names this policy.",
         .required = true}),
    field<&DriftTraining::data>("data",
                                {.doc = "SinceOnset: data since the drift began; Lookback: data of "
                                        "the last span. Default SinceOnset."}),
    field<&DriftTraining::lookback>(
        "lookback",
        {.doc = "The span, or the longest one. Default 2160h (90 days).", .rules = kLookback}),
};
KAIZEN_DESCRIBE(DriftTraining, kDriftTrainingFields, "The training that answers drift.")

constexpr Rule kDriftActionRules[] = {
    {"(self.type == 'TriggerTraining') == has(self.training)",
     "training goes with type TriggerTraining: add training.pipelineRef, or remove training"},
    {"self.type != 'TriggerTraining' || self.when.all(w, w == 'Act')",
     "TriggerTraining happens on Act alone: set when: [Act]"},
};

constexpr FieldInfo kDriftActionFields[] = {
    field<&DriftAction::when>("when",
                              {.doc = "On what it happens.",
                               .required = true,
                               .min_items = 1,
                               .max_items = 4,
                               .list_set = true}),
    field<&DriftAction::type>(
        "type",
        {.doc = "Notify: event and webhook; TriggerTraining: ask a TrainingPipeline.",
         .required = true}),
    field<&DriftAction::checks>("checks",
                                {.doc = "Only when one of these checks is confirmed. Default: "
                                        "any.",
                                 .max_length = kMaxCheck,
                                 .max_items = 64,
                                 .list_set = true}),
    field<&DriftAction::training>("training", {.doc = "Which training."}),
};
KAIZEN_DESCRIBE_RULES(DriftAction, kDriftActionFields, "What happens then.", kDriftActionRules)

constexpr Rule kActions[] = {
    {"self.filter(a, a.type == 'TriggerTraining').size() <= 1",
     "one action of type TriggerTraining: two would start two trainings for one drift; remove one"},
};

constexpr FieldInfo kDriftAutonomyFields[] = {
    field<&DriftAutonomy::level>("level",
                                 {.doc = "Recommend: training is proposed; Autonomous: training is "
                                         "asked for. Default Recommend."}),
};
KAIZEN_DESCRIBE(DriftAutonomy, kDriftAutonomyFields, "What happens without a person.")

// ---- The spec ----

constexpr Rule kFalseActionEvery[] = {
    {"duration(self) >= duration('168h') && duration(self) <= duration('87600h')",
     "falseActionEvery lies between 168h (a week) and 87600h (ten years)"},
};
constexpr Rule kFalseWarningEvery[] = {
    {"duration(self) >= duration('1h') && duration(self) <= duration('87600h')",
     "falseWarningEvery lies between 1h and 87600h (ten years)"},
};
constexpr Rule kSettle[] = {
    {"duration(self) <= duration('24h')", "settle is at most 24h"},
};
constexpr Rule kDriftPolicySpecRules[] = {
    {"has(self.discovery) || (has(self.checks) && self.checks.size() > 0)",
     "nothing to watch: add discovery or checks"},
    {"!has(self.falseWarningEvery) || duration(self.falseWarningEvery) <= "
     "duration(has(self.falseActionEvery) ? self.falseActionEvery : '8760h')",
     "falseWarningEvery is longer than falseActionEvery (8760h by default): acts are rarer than "
     "warnings"},
    {"!has(self.metrics) || !has(self.metrics.revisionLabel) || self.metrics.revisionLabel != '' "
     "|| (has(self.traffic) && self.traffic == 'All')",
     "traffic Stable needs metrics.revisionLabel: name the label, or set traffic: All"},
};

constexpr FieldInfo kDriftPolicySpecFields[] = {
    field<&DriftPolicySpec::target_ref>("targetRef", {.doc = "What is watched.", .required = true}),
    field<&DriftPolicySpec::suspend>("suspend",
                                     {.doc = "No look at metrics while true; an open episode is "
                                             "kept."}),
    field<&DriftPolicySpec::traffic>("traffic",
                                     {.doc = "Stable: the stable revision's samples; All: of every "
                                             "revision. Default Stable."}),
    field<&DriftPolicySpec::metrics>("metrics", {.doc = "Where metrics are."}),
    field<&DriftPolicySpec::sensitivity>("sensitivity",
                                         {.doc = "Tolerance of the last clock that has none. "
                                                 "Default Medium."}),
    field<&DriftPolicySpec::false_action_every>("falseActionEvery",
                                                {.doc = "Mean time between false acts. Default "
                                                        "8760h (a year).",
                                                 .rules = kFalseActionEvery}),
    field<&DriftPolicySpec::false_warning_every>(
        "falseWarningEvery",
        {.doc = "Mean time between false warnings. Default 720h, or falseActionEvery if that is "
                "shorter.",
         .rules = kFalseWarningEvery}),
    field<&DriftPolicySpec::clocks>("clocks",
                                    {.doc = "Windows, the shorter first. Default: 1h and 24h.",
                                     .min_items = 1,
                                     .max_items = 2,
                                     .rules = kClocks,
                                     .list_map_key = "name"}),
    field<&DriftPolicySpec::settle>(
        "settle",
        {.doc = "A window is read that long after its end. Default 2m.", .rules = kSettle}),
    field<&DriftPolicySpec::time_zone>("timeZone",
                                       {.doc = "Where days begin; IANA name. Default Etc/UTC.",
                                        .min_length = 1,
                                        .max_length = 64,
                                        .pattern = "^[A-Za-z0-9_+/-]+$"}),
    field<&DriftPolicySpec::reference>("reference", {.doc = "What is compared with."}),
    field<&DriftPolicySpec::discovery>("discovery", {.doc = "Checks of every feature."}),
    field<&DriftPolicySpec::checks>(
        "checks",
        {.doc = "Checks by name.", .max_items = 64, .list_map_key = "name"}),
    field<&DriftPolicySpec::quality>("quality", {.doc = "Limits on broken data."}),
    field<&DriftPolicySpec::decision>("decision", {.doc = "When evidence is enough."}),
    field<&DriftPolicySpec::actions>("actions",
                                     {.doc = "What happens. Default: Notify on Warn, Act and "
                                             "Blind.",
                                      .max_items = 10,
                                      .rules = kActions}),
    field<&DriftPolicySpec::autonomy>("autonomy", {.doc = "What happens without a person."}),
};
KAIZEN_DESCRIBE_RULES(DriftPolicySpec,
                      kDriftPolicySpecFields,
                      "What is watched, against what, and what drift leads to.",
                      kDriftPolicySpecRules)

}  // namespace kaizen::schema
