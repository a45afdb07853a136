// Extensions for tests of the phase machine: the simplest routers, runtime and metric source that
// keep the contract of core/extensions.h. The real ones are ext's.
#pragma once

#include "core/extensions.h"

namespace kaizen::core::testing_support {

// What the fake source answers; set by World before each decision.
struct SourceAnswer {
  Counts stable;
  Counts canary;
  bool reachable = true;
};

SourceAnswer& source_answer();

Extensions fake_extensions();

}  // namespace kaizen::core::testing_support
