// Observed: what a decision sees besides objects: the answers to its questions, and its writes that
// failed. Values; part of every snapshot.
#pragma once

#include <string>
#include <vector>

#include "api/kinds.h"
#include "base/error.h"
#include "base/http.h"
#include "base/result.h"

namespace kaizen::core {

// The answer to a Probe of an earlier plan; one entry per request, in order.
struct Answer {
  std::string id;
  std::vector<base::Result<base::HttpResponse>> responses;
};

// A write of this object's plan that failed in this process and was not tried successfully since
// (A23). Lost at restart: the write is then tried again and fails again.
struct WriteFailure {
  std::string what;  // describe(effect)
  api::Resource resource;
  api::ObjectKey key;
  base::Error error;
};

}  // namespace kaizen::core
