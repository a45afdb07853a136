// Contract of a source (A51): what every one of them keeps, checked through its functions alone.
// Tests only.
#pragma once

#include <string>
#include <vector>

#include "api/model_deployment.h"
#include "base/error.h"
#include "base/http.h"
#include "base/result.h"
#include "base/time.h"
#include "core/extensions.h"

namespace kaizen::ext::testing {

using Response = base::Result<base::HttpResponse>;

inline core::Arm plain_arm(const std::string& revision, const std::string& service) {
  core::Arm arm;
  arm.revision = revision;
  arm.workload = "ranker-" + revision;
  arm.pods = arm.workload + "-[a-z0-9]+-[a-z0-9]{5}";
  arm.service = service;
  return arm;
}

// What every source can be asked.
inline core::Question plain_question(api::RouterType router) {
  core::Question question;
  question.ns = "shop";
  question.deployment = "ranker";
  question.model = "ranker";
  question.router = router;
  question.stable = plain_arm("4be2a9905d", "ranker");
  question.canary = plain_arm("6fd9a1c2d0", "ranker-canary");
  question.previous = base::Time::from_unix_s(1'783'999'970);
  question.at = base::Time::from_unix_s(1'784'000'000);
  core::Signal errors;
  errors.name = "errorRate";
  core::Signal latency;
  latency.name = "latency";
  latency.kind = core::SignalKind::kLatency;
  latency.threshold = std::chrono::milliseconds(300);
  question.signals = {errors, latency};
  question.source.name = "main";
  return question;
}

inline Response body(int32_t status, const std::string& text) {
  base::HttpResponse response;
  response.status = status;
  response.body = text;
  return response;
}

// What a server, or something in its place, may say instead of an answer (RO-19).
inline std::vector<Response> useless_answers() {
  base::Error late;
  late.action = base::Action::kRetryCall;
  late.code = base::Code::kTimeout;
  late.message = "nothing within 10s";
  return {late,
          body(200, ""),
          body(200, "<html>Sign in</html>"),
          body(200, "{"),
          body(200, "null"),
          body(200, R"({"status":"success","data":{"resultType":"vector","result":[]}})"),
          body(200, R"({"status":"success","data":{"resultType":"matrix","result":[]}})"),
          body(200, R"({"status":"error","errorType":"x","error":"y"})"),
          body(400, R"({"status":"error","errorType":"bad_data","error":"y"})"),
          body(302, ""),
          body(401, "unauthorized"),
          body(429, ""),
          body(503, "<html>unavailable</html>"),
          body(200, std::string("\0\xff\xfe", 3))};
}

}  // namespace kaizen::ext::testing
