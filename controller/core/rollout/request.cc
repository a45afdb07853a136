#include "core/rollout/request.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/model_deployment.h"
#include "api/object.h"
#include "base/text.h"
#include "core/rollout/status_text.h"
#include "schema/codec.h"

namespace kaizen::core {

namespace {

constexpr size_t kMaxId = 64;         // R3-10
constexpr size_t kMaxBy = 128;        // a user name for people to read, not an identity
constexpr size_t kMaxReason = 256;    // goes into messages of at most 512 bytes (MD-15)
constexpr size_t kMaxHandled = 16;    // R2-5
constexpr size_t kShownInput = 64;    // of a value that is quoted back in a message
constexpr size_t kRevisionSize = 10;  // hex digits (R2-32)

constexpr std::string_view kFull = R"({"full":"true"})";
constexpr std::string_view kNotFull = R"({"full":"false"})";

struct VerbRow {
  RequestVerb verb;
  std::string_view name;
  bool needs_target;  // R2-35
};

constexpr std::array<VerbRow, 9> kVerbs = {{
    {RequestVerb::kPromote, "promote", true},
    {RequestVerb::kSkip, "skip", true},
    {RequestVerb::kAbort, "abort", false},
    {RequestVerb::kApprove, "approve", true},
    {RequestVerb::kReject, "reject", true},
    {RequestVerb::kRetry, "retry", true},
    {RequestVerb::kRollback, "rollback", true},
    {RequestVerb::kPause, "pause", false},
    {RequestVerb::kResume, "resume", false},
}};

std::string_view annotation(const api::Metadata& metadata, std::string_view part) {
  const auto found = metadata.annotations.find(base::concat({"request.kaizen.ml/", part}));
  return found == metadata.annotations.end() ? std::string_view() : std::string_view(found->second);
}

bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= kMaxId && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

bool is_revision(std::string_view text) {
  return text.size() == kRevisionSize && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

bool is_handled(const api::ModelDeploymentStatus& status, std::string_view id) {
  const auto& handled = status.handled_requests;
  return std::find(handled.begin(), handled.end(), id) != handled.end() ||
         (status.last_request && status.last_request->id == id);
}

// A status that kaizen has written says which generation it saw; without one the object is new or
// its status was lost (R2-5).
bool never_observed(const api::ModelDeploymentStatus& status) {
  return status.observed_generation == 0 && !status.phase;
}

std::string verb_problem(std::string_view verb) {
  std::string known;
  for (const VerbRow& row : kVerbs) {
    if (!known.empty()) known += ", ";
    known += row.name;
  }
  if (verb.empty()) {
    return base::concat({"annotation request.kaizen.ml/verb is missing; use one of ", known});
  }
  return base::concat({"verb \"", shown(verb, kShownInput),
                       "\" is not one a ModelDeployment understands; use one of ", known});
}

std::string target_problem(const VerbRow& row, std::string_view target) {
  if (target.empty()) {
    if (!row.needs_target) return {};
    return base::concat({row.name,
                         " needs annotation request.kaizen.ml/target with the revision it is meant "
                         "for (10 hex digits, as in status)"});
  }
  if (is_revision(target)) return {};
  return base::concat({"target \"", shown(target, kShownInput),
                       "\" is not a revision; give 10 hex digits, as in status"});
}

// Reads request.kaizen.ml/parameters into `request`; the text names what is wrong with them.
std::string read_parameters(std::string_view text, Request& request) {
  if (text.empty()) return {};
  const auto canonical = schema::canonical_json(text);
  if (!canonical.ok()) {
    return base::concat({"annotation request.kaizen.ml/parameters is not JSON: ",
                         shown(canonical.error().message, kMaxReason)});
  }
  if (*canonical == "{}") return {};
  const bool full = *canonical == kFull;
  if (request.verb == RequestVerb::kPromote && (full || *canonical == kNotFull)) {
    request.full = full;
    return {};
  }
  if (request.verb == RequestVerb::kPromote) {
    return base::concat({"parameters ", shown(*canonical, kShownInput),
                         " are not understood; promote takes ", kFull, " or none"});
  }
  return base::concat(
      {to_string(request.verb), " takes no parameters, got ", shown(*canonical, kShownInput)});
}

}  // namespace

std::string_view to_string(RequestVerb verb) {
  for (const VerbRow& row : kVerbs) {
    if (row.verb == verb) return row.name;
  }
  return "unknown";
}

RequestReading read_request(const api::Metadata& metadata,
                            const api::ModelDeploymentStatus& status) {
  RequestReading reading;
  if (!metadata.annotations.contains("request.kaizen.ml/id")) return reading;
  const std::string_view id = annotation(metadata, "id");
  if (!is_id(id)) {
    reading.bad_id = true;
    reading.problem =
        base::concat({"request id \"", shown(id, kShownInput),
                      "\" is ignored; give 1 to 64 letters, digits, dots, underscores or hyphens"});
    return reading;
  }
  if (is_handled(status, id)) return reading;
  reading.unhandled_id = std::string(id);
  if (never_observed(status)) {
    reading.swallowed = true;
    reading.problem = base::concat(
        {"request ", id, " was there before kaizen knew the object and is not carried out; ask ",
         "again with a new id if it is still wanted"});
    return reading;
  }

  const std::string_view verb = annotation(metadata, "verb");
  const auto row = std::find_if(kVerbs.begin(), kVerbs.end(),
                                [&](const VerbRow& candidate) { return candidate.name == verb; });
  if (row == kVerbs.end()) {
    reading.problem = verb_problem(verb);
    return reading;
  }
  Request request{.id = std::string(id), .verb = row->verb, .by = {}, .target = {}, .reason = {}};
  const std::string_view by = annotation(metadata, "by");
  request.by = base::concat({by.empty() ? "unknown" : shown(by, kMaxBy), " (unverified)"});
  request.target = std::string(annotation(metadata, "target"));
  request.reason = shown(annotation(metadata, "reason"), kMaxReason);
  request.full = row->verb == RequestVerb::kSkip;
  reading.problem = target_problem(*row, request.target);
  if (reading.problem.empty()) {
    reading.problem = read_parameters(annotation(metadata, "parameters"), request);
  }
  if (reading.problem.empty()) reading.request = std::move(request);
  return reading;
}

void mark_handled(api::ModelDeploymentStatus& status, std::string_view id) {
  auto& handled = status.handled_requests;
  handled.erase(std::remove(handled.begin(), handled.end(), id), handled.end());
  handled.insert(handled.begin(), std::string(id));
  if (handled.size() > kMaxHandled) handled.resize(kMaxHandled);
}

}  // namespace kaizen::core
