// Answer: what one query came back with, judged. Either every value of it can be used, or none
// (MP-12): `fault` then says what came back, each kind of wrong in its own words, and `advice` what
// a person does about it. The same trouble gives the same words at every tick: no instants, no
// values that move (R2-56). Pure.
#pragma once

#include <string>
#include <vector>

#include "api/object.h"
#include "base/duration.h"
#include "base/http.h"
#include "base/result.h"
#include "base/time.h"

namespace kaizen::ext::prometheus {

struct Point {
  base::Time at;
  double value = 0;  // finite and >= 0, except NaN in a range: that instant has no data
};

struct Series {
  api::StringMap labels;
  std::vector<Point> points;
};

struct Answer {
  std::string fault;   // empty: usable
  std::string advice;  // with a fault
  std::vector<Series> series;

  bool ok() const { return fault.empty(); }
};

using Response = base::Result<base::HttpResponse>;

// An instant vector or a scalar, every value from `at`.
Answer read_instant(const Response& response, base::Time at);

// A range vector; points beside the grid `start` + i * `step` are refused.
Answer read_range(const Response& response, base::Time start, base::Duration step);

}  // namespace kaizen::ext::prometheus
