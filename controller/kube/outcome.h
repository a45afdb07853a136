// What an answer of the API server means to the caller (A68, RT section 1.11 and C-3, C-8): the one
// table from HTTP to base::Action. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.h"
#include "base/http.h"
#include "base/result.h"
#include "schema/resource.h"

namespace kaizen::kube {

enum class Verb : uint8_t {
  kGet,
  kList,
  kWatch,
  kCreate,
  kApply,
  kPatch,
  kPatchStatus,
  kDelete,
  kDryRun,
};

std::string_view to_string(Verb verb);

struct CallInfo {
  Verb verb = Verb::kGet;
  schema::Resource resource;
  schema::ObjectKey key;  // name empty: the collection
};

// metav1.Status, the parts that decide.
struct StatusBody {
  int32_t code = 0;
  std::string reason;
  std::string message;

  struct Cause {
    std::string reason;
    std::string field;
    std::string message;
  };

  std::vector<Cause> causes;
  base::Duration retry_after{};
};

// nullopt: no JSON, or not of kind Status.
std::optional<StatusBody> read_status(std::string_view json);

// `code` is that of the HTTP answer. A body that is no Status gives an empty reason and the first
// 200 characters as message.
StatusBody parse_status(const base::HttpResponse& response);

// 2xx passes through; DELETE's 404 does too (C-10). Everything else is an Error whose message names
// the call, the object and what came back (S53).
base::Result<base::HttpResponse> judge(const CallInfo& call,
                                       base::Result<base::HttpResponse> answer);

// The same for the Status inside a watch's ERROR event (RT-29).
base::Error judge_status(const CallInfo& call, const StatusBody& status);

}  // namespace kaizen::kube
