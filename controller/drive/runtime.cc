#include "drive/runtime.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/duration.h"
#include "base/http.h"
#include "base/result.h"
#include "base/text.h"
#include "base/thread_annotations.h"
#include "base/time.h"
#include "drive/alarm_internal.h"
#include "drive/beats_internal.h"
#include "drive/locked_events_internal.h"
#include "drive/locked_probes_internal.h"
#include "drive/locked_queue_internal.h"
#include "drive/prober_internal.h"
#include "drive/watch_thread_internal.h"
#include "drive/worker_internal.h"
#include "kube/outcome.h"
#include "net/transport.h"
#include "reconcile/decided.h"
#include "reconcile/events.h"
#include "reconcile/kinds.h"
#include "reconcile/observations.h"
#include "reconcile/queue.h"
#include "reconcile/reconciler.h"
#include "reconcile/wake.h"
#include "reconcile/world.h"
#include "telemetry/names.h"
#include "telemetry/telemetry.h"

namespace kaizen::drive {

namespace {

// RT-86; the kubelet kills after 45 s (R2-43).
constexpr base::Duration kInFlightLimit = std::chrono::seconds(20);
constexpr base::Duration kEventsLimit = std::chrono::seconds(2);
constexpr base::Duration kThreadsLimit = std::chrono::seconds(6);

// RT-87: the timer is back within kLookAgain; this long means it is stuck.
constexpr base::Duration kTimerLimit = std::chrono::seconds(30);

// Totals that machines count and telemetry is told of as increments.
class Totals {
 public:
  // By how much `now` is above the last one of that name.
  double growth(const std::string& name, uint64_t now) {
    uint64_t& last = last_[name];
    return static_cast<double>(now - std::exchange(last, now));
  }

 private:
  std::map<std::string, uint64_t> last_;
};

double seconds(base::Duration span) {
  return std::chrono::duration<double>(span).count();
}

reconcile::EventPolicy event_policy(const std::string& instance) {
  reconcile::EventPolicy policy;
  policy.instance = instance;
  return policy;
}

}  // namespace

struct Runtime::Impl {
  Impl(RuntimeParts the_parts, RuntimeOptions the_options)
      : parts(std::move(the_parts)),
        options(std::move(the_options)),
        beats(*parts.clock),
        world(parts.clock->mono()),
        queue(*parts.clock, alarm, options.queue),
        probes(*parts.clock, alarm, options.probes),
        events(*parts.clock, alarm, event_policy(options.instance)),
        reconciler({.world = &world,
                    .observations = &observations,
                    .transport = parts.calls,
                    .telemetry = parts.telemetry,
                    .decide = parts.decide,
                    .extensions = parts.extensions,
                    .settings = parts.settings}) {}

  void make_watches() {
    for (const reconcile::Watched id : reconcile::kAllWatched) {
      const std::string name(reconcile::watched(id).kind.resource.plural);
      watches.push_back(
          std::make_unique<WatchThread>(id, "",
                                        WatchParts{.clock = parts.clock,
                                                   .telemetry = parts.telemetry,
                                                   .transport = parts.watches,
                                                   .world = &world,
                                                   .queue = &queue,
                                                   .on_progress = [this] { open_when_synced(); }},
                                        beats.add("watch " + name), options.seed + watches.size()));
    }
  }

  void make_workers() {
    for (int32_t i = 0; i < options.workers; ++i) {
      workers.push_back(std::make_unique<Worker>(
          WorkerParts{.clock = parts.clock,
                      .telemetry = parts.telemetry,
                      .reconciler = &reconciler,
                      .observations = &observations,
                      .queue = &queue,
                      .probes = &probes,
                      .events = &events,
                      .relist = [this](reconcile::Watched id) { relist(id); },
                      .stop = work_stop.get_token()},
          beats.add("worker " + std::to_string(i))));
    }
    for (int32_t i = 0; i < options.probes.concurrent; ++i) {
      probers.push_back(std::make_unique<Prober>(ProberParts{.clock = parts.clock,
                                                             .telemetry = parts.telemetry,
                                                             .api = parts.calls,
                                                             .sources = parts.sources,
                                                             .observations = &observations,
                                                             .probes = &probes,
                                                             .queue = &queue,
                                                             .stop = probe_stop.get_token()},
                                                 beats.add("probe " + std::to_string(i))));
    }
  }

  // What controller-runtime shows from the start (UX-80).
  void show_zeros() {
    telemetry::Telemetry& telemetry = *parts.telemetry;
    for (const reconcile::Watched id : reconcile::kAllWatched) {
      if (!reconcile::is_decided(id)) continue;
      const std::string_view controller = reconcile::decided(id).controller;
      for (const std::string_view result : {"success", "error", "requeue", "requeue_after"}) {
        telemetry.count(telemetry::kReconcileTotal, {controller, result}, 0);
      }
      for (const telemetry::MetricInfo* info :
           {&telemetry::kReconcileErrors, &telemetry::kTerminalReconcileErrors,
            &telemetry::kReconcilePanics}) {
        telemetry.count(*info, {controller}, 0);
      }
    }
    telemetry.set(telemetry::kMaxConcurrentReconciles, {kQueueName}, options.workers);
    telemetry.count(telemetry::kEventsDropped, {}, 0);
    for (const reconcile::Watched id : reconcile::kAllWatched) {
      telemetry.set(telemetry::kWatchUnavailable, {reconcile::watched(id).kind.resource.plural}, 0);
    }
  }

  // A thread with a noexcept body (A61), counted until it ends.
  void run_thread(std::function<void()> body) {
    {
      const base::MutexLock lock(threads_mutex);
      ++running;
    }
    threads.emplace_back([this, body = std::move(body)]() noexcept {
      body();
      const base::MutexLock lock(threads_mutex);
      --running;
      thread_ended.notify_all();
    });
  }

  bool await_threads(base::Duration at_most) {
    const base::MonoTime deadline = parts.clock->mono() + at_most;
    const base::MutexLock lock(threads_mutex);
    while (running > 0) {
      const base::Duration left = deadline - parts.clock->mono();
      if (left <= base::Duration::zero()) return false;
      thread_ended.wait_for(threads_mutex, std::min(left, kLookAgain));
    }
    return true;
  }

  void open_when_synced() {
    if (synced.load() || !world.synced()) return;
    if (synced.exchange(true)) return;
    queue.open();
    parts.telemetry->log({.level = telemetry::Level::kInfo, .msg = "caches are synced"});
  }

  void relist(reconcile::Watched id) {
    parts.telemetry->log({.level = telemetry::Level::kWarn,
                          .msg = "cache stays behind our own writes, it is listed again",
                          .kind = reconcile::watched(id).kind.resource.kind});
    watches[static_cast<size_t>(id)]->reconsider();
  }

  void run_timer() {
    while (alarm.wait(until_next_wake())) {
      timer_beat->promise(kTimerLimit);
      queue.notify_due();
      probes.notify_due();
      events.notify_due();
    }
    timer_beat->rest();
  }

  // A wake in the past is held back by something that rings when it ends.
  base::Duration until_next_wake() const {
    base::Duration least = kLookAgain;
    const auto consider = [&least](base::Duration left) {
      if (left > base::Duration::zero()) least = std::min(least, left);
    };
    if (const auto at = queue.next_wake()) consider(*at - parts.clock->mono());
    if (const auto at = events.next_wake()) consider(*at - parts.clock->mono());
    if (const auto at = probes.next_at()) consider(*at - parts.clock->now());
    return least;
  }

  void run_events() {
    while (const std::optional<reconcile::EventCall> call = events.take(*events_beat)) {
      events.answered(
          call->id, kube::judge(call->call, parts.calls->call(call->request,
                                                              {.total = kEventDeadline,
                                                               .stop = events_stop.get_token()})));
    }
    events_beat->rest();
  }

  void report_queue() KAIZEN_REQUIRES(totals_mutex) {
    telemetry::Telemetry& telemetry = *parts.telemetry;
    const reconcile::QueueFacts facts = queue.facts();
    size_t depth = 0;
    for (const size_t lane : facts.depth) depth += lane;
    telemetry.set(telemetry::kQueueDepth, {kQueueName, kQueueName, ""}, static_cast<double>(depth));
    telemetry.count(telemetry::kQueueAdds, {kQueueName, kQueueName},
                    totals.growth("adds", facts.adds));
    telemetry.count(telemetry::kQueueRetries, {kQueueName, kQueueName},
                    totals.growth("retries", facts.retries));
    telemetry.set(telemetry::kQueueOldestSeconds, {kQueueName, kQueueName}, seconds(facts.oldest));
    telemetry.set(telemetry::kQueueUnfinishedSeconds, {kQueueName, kQueueName},
                  seconds(facts.unfinished));
    telemetry.set(telemetry::kQueueLongestSeconds, {kQueueName, kQueueName},
                  seconds(facts.longest_running));
    telemetry.set(telemetry::kActiveWorkers, {kQueueName}, static_cast<double>(facts.processing));
    for (const reconcile::Watched id : reconcile::kAllWatched) {
      if (!reconcile::is_decided(id)) continue;
      telemetry.set(telemetry::kQuarantined, {reconcile::watched(id).kind.resource.kind},
                    static_cast<double>(facts.quarantined.at(static_cast<size_t>(id))));
    }
  }

  void report_caches() KAIZEN_REQUIRES(totals_mutex) {
    for (const reconcile::Watched id : reconcile::kAllWatched) {
      const std::string_view resource = reconcile::watched(id).kind.resource.plural;
      const reconcile::CacheFacts facts = world.facts(id);
      parts.telemetry->set(telemetry::kCacheObjects, {resource},
                           static_cast<double>(facts.objects));
      parts.telemetry->count(telemetry::kStaleEvents, {resource},
                             totals.growth(base::concat({"stale ", resource}), facts.stale_events));
    }
    parts.telemetry->count(telemetry::kEventsDropped, {},
                           totals.growth("events dropped", events.dropped()));
  }

  void stop_everything() {
    queue.close();
    probes.close();
    events.close();
    alarm.close();
    work_stop.request_stop();
    probe_stop.request_stop();
    events_stop.request_stop();
    for (const auto& watch : watches) watch->stop();
  }

  void join() {
    for (std::thread& thread : threads) thread.join();
    threads.clear();
  }

  const RuntimeParts parts;
  const RuntimeOptions options;
  Beats beats;
  Alarm alarm;
  reconcile::World world;
  reconcile::Observations observations;
  LockedQueue queue;
  LockedProbes probes;
  LockedEvents events;
  reconcile::Reconciler reconciler;

  std::stop_source work_stop;
  std::stop_source probe_stop;
  std::stop_source events_stop;
  std::vector<std::unique_ptr<WatchThread>> watches;  // in the order of Watched
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<std::unique_ptr<Prober>> probers;
  Beat* timer_beat = nullptr;
  Beat* events_beat = nullptr;

  std::atomic<bool> synced = false;
  std::atomic<bool> leaving = false;
  base::Mutex totals_mutex;
  Totals totals KAIZEN_GUARDED_BY(totals_mutex);

  base::Mutex threads_mutex;
  std::condition_variable_any thread_ended;
  size_t running KAIZEN_GUARDED_BY(threads_mutex) = 0;
  std::vector<std::thread> threads;  // start() and the end only, both on main
};

Runtime::Runtime(RuntimeParts parts, RuntimeOptions options)
    : impl_(std::make_unique<Impl>(std::move(parts), std::move(options))) {
  KAIZEN_CHECK(impl_->options.workers > 0, "a runtime has workers");
  impl_->make_watches();
  impl_->make_workers();
  impl_->timer_beat = &impl_->beats.add("timer");
  impl_->events_beat = &impl_->beats.add("events");
}

Runtime::~Runtime() {
  impl_->stop_everything();
  impl_->join();
}

void Runtime::start() {
  KAIZEN_CHECK(impl_->threads.empty(), "a runtime starts once");
  impl_->show_zeros();
  Impl* const impl = impl_.get();
  impl->timer_beat->promise(kTimerLimit);
  impl->run_thread([impl] { impl->run_timer(); });
  impl->run_thread([impl] { impl->run_events(); });
  for (const auto& worker : impl->workers) impl->run_thread([&worker] { worker->run(); });
  for (const auto& prober : impl->probers) impl->run_thread([&prober] { prober->run(); });
  for (const auto& watch : impl->watches) impl->run_thread([&watch] { watch->run(); });
}

bool Runtime::is_ready() const {
  return impl_->synced.load() && !impl_->leaving.load();
}

std::optional<std::string> Runtime::stuck_thread() const {
  return impl_->beats.stuck();
}

void Runtime::report_metrics() {
  const base::MutexLock lock(impl_->totals_mutex);
  impl_->report_queue();
  impl_->report_caches();
}

bool Runtime::shut_down() {
  telemetry::Telemetry& telemetry = *impl_->parts.telemetry;
  impl_->leaving.store(true);
  impl_->queue.close();
  impl_->probes.close();
  impl_->probe_stop.request_stop();  // nobody waits for an answer any more
  if (!impl_->queue.await_idle(kInFlightLimit)) {
    telemetry.log({.level = telemetry::Level::kWarn,
                   .msg = "decisions in flight did not end in time, their requests are cancelled"});
  }
  impl_->work_stop.request_stop();
  impl_->events.flush(kEventsLimit);
  impl_->stop_everything();
  if (impl_->await_threads(kThreadsLimit)) {
    impl_->join();
    return true;
  }
  telemetry.log({.level = telemetry::Level::kError,
                 .msg = "a thread did not end, the process exits without it",
                 .fields = {{"thread", impl_->beats.stuck().value_or("unknown")}}});
  return false;
}

}  // namespace kaizen::drive
