#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/backoff.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/http.h"
#include "base/result.h"
#include "base/text.h"
#include "base/time.h"
#include "load/attempts_internal.h"
#include "load/loader.h"
#include "load/outcome.h"
#include "load/s3.h"

namespace kaizen::load {

namespace {

using namespace std::chrono_literals;

constexpr base::Duration kTellEvery = 30s;
constexpr base::BackoffPolicy kBackoff{.first = 1s, .cap = 30s};

std::string status_text(const base::HttpResponse& answer) {
  const std::string said = parse_error(answer.body);
  return base::concat({"HTTP ", std::to_string(answer.status), said.empty() ? "" : " (", said,
                       said.empty() ? "" : ")"});
}

// The host alone: the rest of a Location may hold a signature (SEC-25).
std::string redirect_target(const base::HttpResponse& answer) {
  const std::string_view location =
      base::find_header(answer.headers, "Location").value_or(std::string_view());
  const size_t scheme = location.find("://");
  if (scheme == std::string_view::npos) return "another path of it";
  const std::string_view rest = location.substr(scheme + 3);
  std::string_view host = rest.substr(0, rest.find_first_of("/?#"));
  host = host.substr(host.rfind('@') + 1);
  return base::truncate_utf8(base::sanitize_utf8(host), 100);
}

Failure fail(ExitStatus status, std::string message) {
  return {.status = status, .message = std::move(message)};
}

}  // namespace

Attempt judge_error(const base::Error& error, std::string_view shown) {
  const std::string message = base::concat({"load ", shown, ": ", error.message});
  switch (error.code) {
    case base::Code::kTls:
      return fail(ExitStatus::kConfiguration,
                  base::concat({message,
                                "; if the server has a CA of its own, give it as ca.crt "
                                "beside the credentials, or in AWS_CA_BUNDLE"}));
    case base::Code::kInvalid: return fail(ExitStatus::kUsage, message);
    case base::Code::kTooLarge:
    case base::Code::kRejected: return fail(ExitStatus::kProtocol, message);
    case base::Code::kNotFound:
    case base::Code::kAlreadyExists:
    case base::Code::kConflict:
    case base::Code::kForbidden:
    case base::Code::kUnauthorized:
    case base::Code::kExpired:
    case base::Code::kThrottled:
    case base::Code::kUnavailable:
    case base::Code::kUnknownOutcome:
    case base::Code::kTimeout:
    case base::Code::kCancelled:
    case base::Code::kNamespaceEnding:
    case base::Code::kInternal: break;
  }
  return Trouble{.message = message, .retry_after = error.retry_after};
}

Attempt judge_answer(const base::HttpResponse& answer, std::string_view shown, bool is_anonymous) {
  const int32_t status = answer.status;
  const std::string message = base::concat({"load ", shown, ": ", status_text(answer)});
  if (status >= 500 || status == 429 || status == 408) {
    return Trouble{.message = message,
                   .retry_after = base::retry_after(answer.headers).value_or(base::Duration{})};
  }
  if (status == 401 || status == 403) {
    return fail(
        ExitStatus::kNotPermitted,
        base::concat({message, is_anonymous ? "; no credentials were given: name a Secret that "
                                              "holds them in spec.model.loader.credentials"
                                            : "; check what the credentials may read, and that "
                                              "they are for this server"}));
  }
  if (status == 404 || status == 410) {
    return fail(ExitStatus::kNoInput,
                base::concat({message, "; there is no such model: check spec.model.uri"}));
  }
  if (status >= 300 && status < 400) {
    return fail(ExitStatus::kProtocol,
                base::concat({message, ", a redirect to ", redirect_target(answer),
                              ", is not followed: what is sent there was meant for another "
                              "(SEC-17); write the final address, region or endpoint"}));
  }
  return fail(ExitStatus::kProtocol, base::concat({message, "; the server does not serve it so"}));
}

Attempts::Attempts(const LoadOrder& order, const LoadParts& parts)
    : order_(order),
      parts_(parts),
      deadline_(order.started_at.value_or(parts.clock.mono()) + order.deadline),
      progress_at_(parts.clock.mono()),
      told_at_(progress_at_) {}

Outcome<base::Unit> Attempts::check() const {
  if (parts_.clock.mono() >= deadline_) {
    return fail(ExitStatus::kTryAgain,
                base::concat({"load ", order_.uri.shown, ": not complete after ",
                              base::format_duration(order_.deadline),
                              ", the deadline; if the model is this large, raise "
                              "spec.progressDeadline"}));
  }
  if (order_.stop.stop_requested()) {
    return fail(ExitStatus::kTryAgain, base::concat({"load ", order_.uri.shown, ": stopped"}));
  }
  return kDone;
}

void Attempts::note_progress() {
  progress_at_ = parts_.clock.mono();
  failures_ = 0;
}

bool Attempts::is_time_to_tell() {
  const base::MonoTime now = parts_.clock.mono();
  if (now - told_at_ < kTellEvery) return false;
  told_at_ = now;
  return true;
}

Outcome<base::Unit> Attempts::wait_after(const Trouble& trouble) {
  KAIZEN_TRY(const base::Unit in_time, check());
  static_cast<void>(in_time);
  const base::MonoTime now = parts_.clock.mono();
  base::Duration span = trouble.retry_after;
  if (span <= base::Duration::zero()) {
    span = base::full_jitter(base::backoff(kBackoff, failures_), parts_.jitter.unit());
  }
  ++failures_;
  if (now + span >= progress_at_ + order_.patience || now + span >= deadline_) {
    return fail(ExitStatus::kUnavailable,
                base::concat({trouble.message, "; given up: nothing new arrived for ",
                              base::format_duration(now - progress_at_)}));
  }
  parts_.attendant.note(
      base::concat({trouble.message, "; again in ", base::format_duration(span)}));
  parts_.attendant.pause(span);
  return check();
}

}  // namespace kaizen::load
