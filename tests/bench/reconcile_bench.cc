#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "base/text.h"
#include "bench.h"
#include "core/rollout/decide.h"
#include "ext/registry.h"
#include "kube/list.h"
#include "reconcile/observations.h"
#include "reconcile/reconciler.h"
#include "reconcile/world.h"

namespace kaizen::bench {

namespace {

// An unchanged object asks nothing of the server: any call is a failed measure.
class NoTransport : public net::Transport {
 public:
  base::Result<base::HttpResponse> call(const base::HttpRequest& request,
                                        const net::CallLimits& /*limits*/) override {
    std::fprintf(stderr, "bench: the object is not settled: %s %s\n%s\n", request.method.c_str(),
                 request.target.c_str(), request.body.c_str());
    std::exit(1);
  }

  base::Result<net::StreamEnd> stream(const base::HttpRequest& /*request*/,
                                      base::Duration /*idle*/,
                                      net::ByteSink& /*sink*/,
                                      std::stop_token /*stop*/) override {
    std::abort();
  }
};

class NoTelemetry : public telemetry::Telemetry {
 public:
  void count(const telemetry::MetricInfo& /*info*/,
             std::initializer_list<std::string_view> /*labels*/,
             double /*by*/) override {}

  void set(const telemetry::MetricInfo& /*info*/,
           std::initializer_list<std::string_view> /*labels*/,
           double /*value*/) override {}

  void observe(const telemetry::MetricInfo& /*info*/,
               std::initializer_list<std::string_view> /*labels*/,
               double /*value*/) override {}

  void log(const telemetry::LogLine& /*line*/) override {}
};

kube::Delta load(const reconcile::WatchedKind& kind, const std::string& folder) {
  const std::string path = base::concat({folder, "/", kind.kind.resource.plural, ".json"});
  auto page = kube::decode_list(kind.kind, read_file(path));
  if (!page.ok()) {
    std::fprintf(stderr, "bench: %s: %s\n", path.c_str(), page.error().message.c_str());
    std::exit(1);
  }
  kube::Delta delta;
  delta.kind = kube::Delta::Kind::kReplace;
  delta.objects = std::move(page->objects);
  delta.resource_version = page->resource_version;
  return delta;
}

core::Settings settings() {
  core::MetricSource source;
  source.name = "main";
  return core::Settings{.metric_sources = {source}, .default_metric_source = "main"};
}

}  // namespace

int bench_reconcile(const std::string& folder) {
  constexpr int kRuns = 2000;
  reconcile::World world(base::MonoTime::from_us(0));
  reconcile::Key key;
  base::Time last;
  for (const reconcile::Watched id : reconcile::kAllWatched) {
    const kube::Delta delta = load(reconcile::watched(id), folder);
    if (id == reconcile::Watched::kModelDeployment && !delta.objects.empty()) {
      key = {id, delta.objects.front().head.key};
    }
    world.apply(id, delta);
  }
  // Long after everything that was recorded, so that no timer is running.
  last = base::parse_time("2030-01-01T00:00:00Z").value_or(base::Time());
  NoTransport transport;
  NoTelemetry telemetry;
  reconcile::Observations observations;
  reconcile::Reconciler reconciler({.world = &world,
                                    .observations = &observations,
                                    .transport = &transport,
                                    .telemetry = &telemetry,
                                    .decide = {.rollout = &core::decide},
                                    .extensions = ext::extensions(),
                                    .settings = settings()});
  const auto once = [&] {
    return reconciler.reconcile({.key = key,
                                 .trigger = reconcile::Trigger::kChild,
                                 .now = last,
                                 .mono = base::MonoTime::from_us(1),
                                 .stop = {}});
  };
  const auto report = once();
  if (report.gone || !report.error.empty()) {
    std::fprintf(stderr, "bench: reconcile: %s\n",
                 report.gone ? "no object" : report.error.c_str());
    return 1;
  }
  std::vector<double> times;
  const uint64_t before = allocations();
  for (int i = 0; i < kRuns; ++i) times.push_back(fastest_us(1, [&] { (void)once(); }));
  const uint64_t made = (allocations() - before) / kRuns;
  std::ranges::sort(times);
  std::printf(
      "reconcile of an unchanged object: median %.1f us, fastest %.1f us, %llu allocations\n",
      times[times.size() / 2], times.front(), static_cast<unsigned long long>(made));
  return 0;
}

}  // namespace kaizen::bench
