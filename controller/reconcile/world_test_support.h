// Builders for tests of this room: a ModelDeployment and its children as JSON and as manifests, and
// a fixture that holds a fake server, a World and an Executor together. Tests only.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "core/plan.h"
#include "reconcile/execute.h"
#include "reconcile/fake_api_server_test_support.h"
#include "reconcile/gather.h"
#include "reconcile/observations.h"
#include "reconcile/world.h"
#include "telemetry/telemetry.h"

namespace kaizen::reconcile {

inline const schema::ObjectKey kRanker{.ns = "shop", .name = "ranker"};
inline const Key kRankerKey{Watched::kModelDeployment, kRanker};

// Counts what is counted, keeps what is logged.
class FakeTelemetry final : public telemetry::Telemetry {
 public:
  void count(const telemetry::MetricInfo& info,
             std::initializer_list<std::string_view> labels,
             double by) override;
  void set(const telemetry::MetricInfo& info,
           std::initializer_list<std::string_view> labels,
           double value) override;
  void observe(const telemetry::MetricInfo& info,
               std::initializer_list<std::string_view> labels,
               double value) override;
  void log(const telemetry::LogLine& line) override;

  // "kaizen_effects_total Deployment done" → 2
  double total(std::string_view series) const;

 private:
  std::map<std::string, double, std::less<>> totals_;
};

base::MonoTime mono(base::Duration since_start);

// A ModelDeployment as JSON; `spec` and `rest` are members, e.g. `"image":"a"`, `"status":{…}`.
std::string deployment_json(std::string_view name,
                            std::string_view spec = "",
                            std::string_view metadata = "");

// Metadata members of a child of ranker: labels, owner, annotation hash.
struct ChildText {
  std::string_view name;
  base::Uid owner;
  std::string_view hash = "h1";
  std::string_view spec = "";
  std::string_view deployment = "ranker";
};

std::string child_json(const ChildText& child);

core::Manifest child_manifest(const api::Resource& resource, const ChildText& child);

// A started world with one ModelDeployment `ranker`, watched.
struct Bench {
  Bench();

  base::Uid uid() const { return server.uid(api::kModelDeployment, kRanker); }

  Gathered gather(base::MonoTime now) {
    return world.read(
        [&](const WorldState& state) { return reconcile::gather(state, kRanker, now); });
  }

  // Gathers and executes.
  Executed execute(const core::Plan& plan, base::MonoTime now = mono(std::chrono::seconds(1)));

  core::Manifest deployment(std::string_view name, std::string_view hash, int replicas) const;

  FakeApiServer server;
  World world{mono(base::Duration(0))};
  FakeWatches watches{server, world};
  FakeTelemetry telemetry;
  Executor executor{server, world, telemetry};
};

core::Plan plan_of(std::vector<core::Effect> effects);
core::Plan plan_of(std::string status, std::vector<core::Effect> effects = {});

}  // namespace kaizen::reconcile
