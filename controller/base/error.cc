#include "base/error.h"

#include <string>
#include <string_view>
#include <utility>

namespace kaizen::base {

std::string_view to_string(Action action) {
  switch (action) {
    case Action::kRetryCall: return "RetryCall";
    case Action::kRetryReconcile: return "RetryReconcile";
    case Action::kAwaitChange: return "AwaitChange";
    case Action::kTerminal: return "Terminal";
  }
  return "Unknown";
}

std::string_view to_string(Code code) {
  switch (code) {
    case Code::kInvalid: return "Invalid";
    case Code::kNotFound: return "NotFound";
    case Code::kAlreadyExists: return "AlreadyExists";
    case Code::kConflict: return "Conflict";
    case Code::kForbidden: return "Forbidden";
    case Code::kUnauthorized: return "Unauthorized";
    case Code::kExpired: return "Expired";
    case Code::kTooLarge: return "TooLarge";
    case Code::kThrottled: return "Throttled";
    case Code::kUnavailable: return "Unavailable";
    case Code::kUnknownOutcome: return "UnknownOutcome";
    case Code::kTimeout: return "Timeout";
    case Code::kTls: return "Tls";
    case Code::kCancelled: return "Cancelled";
    case Code::kRejected: return "Rejected";
    case Code::kNamespaceEnding: return "NamespaceEnding";
    case Code::kInternal: return "Internal";
  }
  return "Unknown";
}

Error invalid(std::string message) {
  return Error{.action = Action::kTerminal, .code = Code::kInvalid, .message = std::move(message)};
}

}  // namespace kaizen::base
