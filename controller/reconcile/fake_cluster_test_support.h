// FakeCluster and FakeOperator: the rest of a cluster and the whole operator without threads, over
// a FakeApiServer, for tests of how decisions and machines play together. Virtual time, one thread,
// deterministic. Tests only.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "core/extensions.h"
#include "core/settings.h"
#include "reconcile/events.h"
#include "reconcile/fake_api_server_test_support.h"
#include "reconcile/observations.h"
#include "reconcile/probe.h"
#include "reconcile/queue.h"
#include "reconcile/reconciler.h"
#include "reconcile/world.h"
#include "reconcile/world_test_support.h"

namespace kaizen::reconcile {

// Deployment controller, kubelet, endpoints controller and garbage collector in one: everything is
// at once as its spec asks. A pod is never ready whose Deployment's template carries the label
// `broken`.
void settle_cluster(FakeApiServer& server);

// Ready pods that the Service selects.
size_t ready_behind(const FakeApiServer& server, const api::ObjectKey& service);

struct Clocks {
  base::Time wall = base::Time::from_unix_s(1'800'000'000);
  base::MonoTime mono = base::MonoTime::from_us(3'600'000'000);

  void advance(base::Duration span) {
    wall = wall + span;
    mono = mono + span;
  }
};

// One process of the operator. Destroying it is SIGKILL.
class FakeOperator {
 public:
  FakeOperator(FakeApiServer& server, Clocks& clocks, Decide decide, core::Extensions extensions);
  FakeOperator(const FakeOperator&) = delete;
  FakeOperator& operator=(const FakeOperator&) = delete;
  ~FakeOperator() = default;

  // Everything that is due now, with the cluster settled in between; false: nothing was.
  bool work(std::stop_token stop = {});

  // The next time something is due; nullopt: never.
  std::optional<base::MonoTime> next() const;

  // Works and lets time pass until `done`; false: it was not within `limit`, or nothing more
  // happens.
  bool run_until(const std::function<bool()>& done, base::Duration limit);

  void wake(const Key& key, Trigger trigger);

  int decisions() const { return decisions_; }

  // "reason: note" of the events told.
  const std::vector<std::string>& told() const { return told_; }

 private:
  bool decide_one(const std::stop_token& stop);
  bool ask_one();
  bool deliver();

  FakeApiServer& server_;
  Clocks& clocks_;
  World world_;
  FakeWatches watches_;
  FakeTelemetry telemetry_;
  Observations observations_;
  ProbeMachine probes_;
  WorkQueue queue_;
  Reconciler reconciler_;
  std::vector<std::string> told_;
  int decisions_ = 0;
};

}  // namespace kaizen::reconcile
