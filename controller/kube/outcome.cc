#include "kube/outcome.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/http.h"
#include "base/result.h"
#include "base/text.h"
#include "kube/json_internal.h"
#include "schema/resource.h"

namespace kaizen::kube {
namespace {

using base::Action;
using base::Code;
using base::Error;

constexpr size_t kMaxForeignText = 200;             // of a body that is no Status
constexpr size_t kMaxMessage = 1024;                // RT-60: what a condition may hold
constexpr size_t kMaxCauses = 64;                   // more cannot change what an answer means
constexpr std::chrono::seconds kMaxRetryAfter{60};  // RT-12
constexpr base::Duration kSlowRetry = std::chrono::seconds(30);      // 401, TLS: RT section 1.11
constexpr base::Duration kForbiddenRetry = std::chrono::minutes(5);  // RT-61
constexpr base::Duration kWebhookRetry = std::chrono::minutes(5);    // RT-63: the longest wait

// Whether a request of that verb may have changed something when its answer is lost (RT-66).
bool is_write(Verb verb) {
  switch (verb) {
    case Verb::kGet:
    case Verb::kList:
    case Verb::kWatch:
    case Verb::kDryRun: return false;
    case Verb::kCreate:
    case Verb::kApply:
    case Verb::kPatch:
    case Verb::kPatchStatus:
    case Verb::kDelete: return true;
  }
  return true;
}

// "apply Deployment shop/ranker", "list deployments in namespace shop".
std::string describe(const CallInfo& call) {
  const std::string_view ns = call.key.ns;
  const std::string_view verb = to_string(call.verb);
  if (!call.key.name.empty()) {
    return base::concat(
        {verb, " ", call.resource.kind, " ", ns, ns.empty() ? "" : "/", call.key.name});
  }
  std::string text = base::concat({verb, " ", call.resource.plural});
  if (!call.resource.group.empty()) text += base::concat({".", call.resource.group});
  if (!ns.empty()) text += base::concat({" in namespace ", ns});
  return text;
}

struct Meaning {
  Action action = Action::kRetryCall;
  Code code = Code::kInternal;
  base::Duration retry_after{};
  base::Duration retry_within{};
};

bool has_cause(const StatusBody& status, std::string_view reason) {
  return std::any_of(status.causes.begin(), status.causes.end(),
                     [&](const StatusBody::Cause& cause) { return cause.reason == reason; });
}

// C-6: the object of that name is another incarnation, or moved on.
bool is_about_identity(const StatusBody& status) {
  return std::any_of(
      status.causes.begin(), status.causes.end(), [](const StatusBody::Cause& cause) {
        return cause.field == "metadata.uid" || cause.field == "metadata.resourceVersion";
      });
}

Meaning not_found(Verb verb) {
  switch (verb) {
    case Verb::kList:    // RT-36: the kind is not installed
    case Verb::kWatch:   //
    case Verb::kCreate:  // RT-62: namespace or kind are missing
    case Verb::kDryRun: return {.action = Action::kAwaitChange, .code = Code::kNotFound};
    case Verb::kGet:
    case Verb::kApply:
    case Verb::kPatch:
    case Verb::kPatchStatus:
    case Verb::kDelete: break;
  }
  return {.action = Action::kRetryReconcile, .code = Code::kNotFound};
}

Meaning unprocessable(Verb verb, const StatusBody& status) {
  // RT-58: a failed `test` names no field; a patch whose result the server refuses does.
  const bool failed_test = verb == Verb::kPatch && status.causes.empty();
  if (failed_test || is_about_identity(status)) {
    return {.action = Action::kRetryReconcile, .code = Code::kConflict};
  }
  return {.action = Action::kTerminal, .code = Code::kRejected};
}

Meaning server_trouble(Verb verb, const StatusBody& status) {
  const std::string_view message = status.message;
  if (status.code == 504 && has_cause(status, "ResourceVersionTooLarge")) {  // RT-25
    return {.action = Action::kRetryCall, .code = Code::kExpired};
  }
  // C-8: the body does not fit the kind's schema and never will.
  if (status.reason.empty() &&
      message.find("failed to create typed patch object") != std::string_view::npos) {
    return {.action = Action::kTerminal, .code = Code::kRejected};
  }
  // RT-63: admission refused or could not be asked, so nothing was stored.
  const bool admission = message.find("failed calling webhook") != std::string_view::npos ||
                         message.find("admission webhook") != std::string_view::npos;
  const bool maybe = is_write(verb) && !admission;
  return {.action = Action::kRetryCall,
          .code = maybe ? Code::kUnknownOutcome : Code::kUnavailable,
          .retry_within = admission ? kWebhookRetry : base::Duration(0)};
}

// The table: RT section 1.11.
Meaning meaning_of(Verb verb, const StatusBody& status) {
  const int32_t code = status.code;
  switch (code) {
    case 400: return {.action = Action::kTerminal, .code = Code::kRejected};
    case 401: return {.code = Code::kUnauthorized, .retry_after = kSlowRetry};
    case 403:
      if (has_cause(status, "NamespaceTerminating")) {
        return {.action = Action::kAwaitChange, .code = Code::kNamespaceEnding};
      }
      return {
          .action = Action::kAwaitChange, .code = Code::kForbidden, .retry_after = kForbiddenRetry};
    case 404: return not_found(verb);
    case 405:
    case 406:
    case 415: return {.action = Action::kTerminal, .code = Code::kInternal};
    case 409: {
      // RT-54: a create that meets any object is told so in two ways.
      const bool exists = verb == Verb::kCreate || status.reason == "AlreadyExists";
      return {.action = Action::kRetryReconcile,
              .code = exists ? Code::kAlreadyExists : Code::kConflict};
    }
    case 410: return {.code = Code::kExpired};
    case 413: return {.action = Action::kTerminal, .code = Code::kTooLarge};
    case 422: return unprocessable(verb, status);
    case 429: return {.code = Code::kThrottled};
    default: break;
  }
  if (code >= 500) return server_trouble(verb, status);
  // RT-4: a redirect is never followed. Other answers are not Kubernetes'; neither did anything.
  return {.code = Code::kInternal, .retry_after = kSlowRetry};
}

std::string reply_text(const StatusBody& status) {
  std::string text = fmt::format("the server answered {}", status.code);
  if (!status.reason.empty()) text += base::concat({" ", status.reason});
  if (!status.message.empty()) text += base::concat({": ", status.message});
  if (status.code >= 300 && status.code < 400) {
    text += " (redirects are not followed: check the server's address)";
  }
  return text;
}

// RT-66, RT section 1.11: what a call that brought no answer means.
Error judge_silence(const CallInfo& call, const Error& error) {
  Meaning meaning{
      .action = Action::kRetryCall, .code = error.code, .retry_after = error.retry_after};
  switch (error.code) {
    case Code::kUnknownOutcome:
    case Code::kTimeout:
    case Code::kCancelled:
      if (is_write(call.verb)) {
        meaning.code = Code::kUnknownOutcome;
      } else if (error.code == Code::kUnknownOutcome) {
        meaning.code = Code::kUnavailable;  // a read has no outcome
      }
      break;
    case Code::kTls: meaning.retry_after = std::max(error.retry_after, kSlowRetry); break;
    case Code::kTooLarge: meaning.action = Action::kAwaitChange; break;
    case Code::kInvalid: meaning.action = Action::kTerminal; break;
    case Code::kUnavailable:
    case Code::kThrottled:
    case Code::kUnauthorized:
    case Code::kNotFound:
    case Code::kAlreadyExists:
    case Code::kConflict:
    case Code::kForbidden:
    case Code::kExpired:
    case Code::kRejected:
    case Code::kNamespaceEnding:
    case Code::kInternal: break;
  }
  return {.action = meaning.action,
          .code = meaning.code,
          .message =
              base::truncate_utf8(base::concat({describe(call), ": ", error.message}), kMaxMessage),
          .retry_after = meaning.retry_after};
}

simdjson::error_code read_cause(ondemand::value value, StatusBody* status) {
  if (!is_a(ondemand::json_type::object, value)) return simdjson::SUCCESS;
  StatusBody::Cause cause;
  const auto error = each_member(value, [&](std::string_view key, ondemand::value member) {
    if (key == "reason") return read_text(member, &cause.reason);
    if (key == "field") return read_text(member, &cause.field);
    if (key == "message") return read_text(member, &cause.message);
    return simdjson::SUCCESS;
  });
  if (status->causes.size() < kMaxCauses) status->causes.push_back(std::move(cause));
  return error;
}

simdjson::error_code read_causes(ondemand::value value, StatusBody* status) {
  if (!is_a(ondemand::json_type::array, value)) return simdjson::SUCCESS;
  ondemand::array causes;
  if (const auto error = value.get_array().get(causes)) return error;
  for (auto next : causes) {
    ondemand::value cause;
    if (const auto error = std::move(next).get(cause)) return error;
    if (const auto error = read_cause(cause, status)) return error;
  }
  return simdjson::SUCCESS;
}

simdjson::error_code read_details(ondemand::value value, StatusBody* status) {
  return each_member(value, [&](std::string_view key, ondemand::value member) {
    if (key == "causes") return read_causes(member, status);
    if (key != "retryAfterSeconds") return simdjson::SUCCESS;
    int64_t seconds = 0;
    const auto error = read_integer(member, &seconds);
    status->retry_after =
        std::chrono::seconds(std::clamp<int64_t>(seconds, 0, kMaxRetryAfter.count()));
    return error;
  });
}

simdjson::error_code read_status(ondemand::document& document,
                                 std::string* kind,
                                 StatusBody* status) {
  ondemand::object object;
  if (const auto error = document.get_object().get(object)) return error;
  return each_member(object, [&](std::string_view key, ondemand::value value) {
    if (key == "kind") return read_text(value, kind);
    if (key == "reason") return read_text(value, &status->reason);
    if (key == "message") return read_text(value, &status->message);
    if (key == "details") return read_details(value, status);
    if (key != "code") return simdjson::SUCCESS;
    int64_t code = 0;
    const auto error = read_integer(value, &code);
    if (code > 0 && code < 1000) status->code = static_cast<int32_t>(code);
    return error;
  });
}

}  // namespace

std::string_view to_string(Verb verb) {
  switch (verb) {
    case Verb::kGet: return "get";
    case Verb::kList: return "list";
    case Verb::kWatch: return "watch";
    case Verb::kCreate: return "create";
    case Verb::kApply: return "apply";
    case Verb::kPatch: return "patch";
    case Verb::kPatchStatus: return "patch status of";
    case Verb::kDelete: return "delete";
    case Verb::kDryRun: return "dry run";
  }
  return "unknown";
}

std::optional<StatusBody> read_status(std::string_view json) {
  std::string text(json);
  ondemand::parser parser;
  ondemand::document document;
  if (parser.iterate(pad(text)).get(document)) return std::nullopt;
  StatusBody status;
  std::string kind;
  if (read_status(document, &kind, &status) || kind != "Status") return std::nullopt;
  status.message = base::truncate_utf8(base::sanitize_utf8(status.message), kMaxMessage);
  return status;
}

StatusBody parse_status(const base::HttpResponse& response) {
  StatusBody status;
  if (std::optional<StatusBody> read = read_status(response.body)) {
    status = std::move(*read);
  } else {
    status.message =
        base::truncate_utf8(base::sanitize_utf8(base::trim(response.body)), kMaxForeignText);
  }
  status.code = response.status;
  status.retry_after = base::retry_after(response.headers).value_or(status.retry_after);
  return status;
}

base::Result<base::HttpResponse> judge(const CallInfo& call,
                                       base::Result<base::HttpResponse> answer) {
  if (!answer.ok()) return judge_silence(call, answer.error());
  const int32_t status = answer->status;
  if (status >= 200 && status < 300) return answer;
  if (status == 404 && call.verb == Verb::kDelete) return answer;  // C-10: it is gone
  return judge_status(call, parse_status(*answer));
}

base::Error judge_status(const CallInfo& call, const StatusBody& status) {
  const Meaning meaning = meaning_of(call.verb, status);
  return {.action = meaning.action,
          .code = meaning.code,
          .message = base::truncate_utf8(base::concat({describe(call), ": ", reply_text(status)}),
                                         kMaxMessage),
          .retry_after = std::max(status.retry_after, meaning.retry_after),
          .retry_within = meaning.retry_within};
}

}  // namespace kaizen::kube
