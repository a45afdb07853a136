// Request: what a person asks of one object through the annotations request.kaizen.ml/* (UX-41,
// UX-43, README ruling 5). Reading only; what becomes of it is advance's business. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/model_deployment.h"

namespace kaizen::core {

enum class RequestVerb : uint8_t {
  kPromote,
  kSkip,
  kAbort,
  kApprove,
  kReject,
  kRetry,
  kRollback,
  kPause,
  kResume,
};

std::string_view to_string(RequestVerb verb);

struct Request {
  std::string id;
  RequestVerb verb = RequestVerb::kPause;
  std::string by;      // "alice (unverified)" until the admission policy ships (R3-10, UX-43)
  std::string target;  // revision; may be empty where R2-35 says optional
  std::string reason;
  bool full = false;  // promote to the end: parameters {"full":"true"}, or verb skip (R3-8)
};

struct RequestReading {
  std::optional<Request> request;  // not handled yet, well formed
  std::string unhandled_id;        // id that must be recorded as handled, also when malformed
  std::string problem;             // unknown verb, missing target, bad parameters: Refused with it
  bool bad_id = false;             // R3-10: an event and nothing more
  bool swallowed = false;          // R2-5: it was there at creation or after lost status: recorded
                                   // as handled with an event, never executed; no `request`
};

// What the annotations ask, unless status has handled that id (status.handledRequests,
// status.lastRequest). No annotations: an empty reading. Only the form is judged: whether the
// target fits the state is advance's question (StaleRequest).
RequestReading read_request(const api::Metadata& metadata,
                            const api::ModelDeploymentStatus& status);

// Puts the id first among the handled ones, at most 16 (R2-5).
void mark_handled(api::ModelDeploymentStatus& status, std::string_view id);

}  // namespace kaizen::core
