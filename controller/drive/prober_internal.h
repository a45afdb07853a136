// Prober: asks the questions of plans at the metric sources and the API server, and wakes whom the
// answer concerns. One per probe thread; run() is its body.
#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/http.h"
#include "base/result.h"
#include "core/plan.h"
#include "drive/beats_internal.h"
#include "drive/locked_probes_internal.h"
#include "drive/locked_queue_internal.h"
#include "net/transport.h"
#include "reconcile/observations.h"
#include "telemetry/telemetry.h"

namespace kaizen::drive {

struct ProberParts {
  const base::Clock* clock = nullptr;
  telemetry::Telemetry* telemetry = nullptr;
  net::Transport* api = nullptr;
  std::map<std::string, net::Transport*> sources;  // by name
  reconcile::Observations* observations = nullptr;
  LockedProbes* probes = nullptr;
  LockedQueue* queue = nullptr;
  std::stop_token stop;
};

class Prober {
 public:
  // Everything the parts point to, and `beat`, outlives it.
  Prober(ProberParts parts, Beat& beat) : parts_(std::move(parts)), beat_(beat) {}

  // Returns when the probes are closed.
  void run();

 private:
  core::Answer ask(const core::Probe& probe);
  base::Result<base::HttpResponse> send(const core::Probe& probe,
                                        net::Transport& transport,
                                        const base::HttpRequest& request);
  net::Transport* transport_of(std::string_view endpoint) const;

  const ProberParts parts_;
  Beat& beat_;
};

}  // namespace kaizen::drive
