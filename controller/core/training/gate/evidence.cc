#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "api/training_run.h"
#include "base/number.h"
#include "base/text.h"
#include "core/reasons.h"
#include "core/training/gate/checks_internal.h"
#include "core/training/gate/gate.h"
#include "schema/json_writer.h"

namespace kaizen::core {

namespace {

constexpr std::string_view kSchema = "kaizen.evidence/v1";

std::string_view to_string(api::CheckVerdict verdict) {
  switch (verdict) {
    case api::CheckVerdict::kPass: return "Pass";
    case api::CheckVerdict::kFail: return "Fail";
    case api::CheckVerdict::kInconclusive: return "Inconclusive";
    case api::CheckVerdict::kTooSmall: return "TooSmall";
  }
  return {};
}

std::string_view to_string(api::GateResult result) {
  switch (result) {
    case api::GateResult::kPassed: return "Passed";
    case api::GateResult::kRejected: return "Rejected";
    case api::GateResult::kRequiresApproval: return "RequiresApproval";
  }
  return {};
}

void write_text(schema::JsonWriter& json, std::string_view key, std::string_view value) {
  if (!value.empty()) json.key(key).string(value);
}

void write_number(schema::JsonWriter& json,
                  std::string_view key,
                  const std::optional<api::Decimal>& value) {
  if (value) json.key(key).string(base::shortest_decimal(value->value));
}

// Keys by code point, as RFC 8785 sorts them.
void write_check(schema::JsonWriter& json, const GateCheck& check) {
  const api::GateEvidence& evidence = check.evidence;
  json.begin_object();
  write_number(json, "challenger", evidence.challenger);
  write_number(json, "champion", evidence.champion);
  write_text(json, "check", evidence.check);
  write_number(json, "delta", evidence.delta);
  write_text(json, "detail", check.detail);
  write_number(json, "lower", evidence.lower);
  write_text(json, "method", evidence.method);
  write_text(json, "metric", evidence.metric);
  if (evidence.samples) json.key("samples").integer(*evidence.samples);
  write_text(json, "slice", evidence.slice);
  write_number(json, "threshold", evidence.threshold);
  write_number(json, "upper", evidence.upper);
  write_text(json, "verdict", to_string(evidence.verdict));
  json.end_object();
}

}  // namespace

std::string evidence_json(const GateOutcome& outcome,
                          const std::vector<GateCheck>& checks,
                          const GateSubject& subject,
                          api::Decimal confidence) {
  schema::JsonWriter json;
  json.begin_object();
  write_text(json, "challenger", subject.challenger);
  write_text(json, "champion", subject.champion.value_or(""));
  json.key("checks").begin_array();
  for (const GateCheck& check : checks) write_check(json, check);
  json.end_array();
  write_number(json, "confidence", confidence);
  write_text(json, "dataset", outcome.evaluation_digest);
  if (outcome.reason != nullptr) write_text(json, "reason", outcome.reason->name);
  if (outcome.result) write_text(json, "result", to_string(*outcome.result));
  write_text(json, "schema", kSchema);
  json.end_object();
  return json.take();
}

std::string describe(const GateCheck& check) {
  const api::GateEvidence& evidence = check.evidence;
  std::string text = fmt::format("{} {} on {}: {}", evidence.check, evidence.metric, evidence.slice,
                                 to_string(evidence.verdict));
  if (evidence.lower && evidence.upper) {
    text += fmt::format(", {} to {}", base::shortest_decimal(evidence.lower->value),
                        base::shortest_decimal(evidence.upper->value));
  } else if (evidence.delta) {
    text += ", " + base::shortest_decimal(evidence.delta->value);
  } else if (evidence.challenger) {
    text += ", " + base::shortest_decimal(evidence.challenger->value);
  }
  if (evidence.threshold) {
    text += fmt::format(" against {}", base::shortest_decimal(evidence.threshold->value));
  }
  if (!check.detail.empty()) text += fmt::format(" ({})", check.detail);
  return text;
}

}  // namespace kaizen::core
