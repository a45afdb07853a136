// Extensions: what varies between clusters and model servers, as values of function pointers,
// stateless by construction (A50). core owns these interfaces, ext/ fills them, ext/registry.cc
// lists them; decide() gets the filled table.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/foreign.h"
#include "api/kinds.h"
#include "api/model_deployment.h"
#include "base/http.h"
#include "base/ref.h"
#include "base/result.h"
#include "core/drift/source.h"
#include "core/notifier.h"
#include "core/plan.h"
#include "core/settings.h"

namespace kaizen::core {

// A permission an extension (or core itself) needs; roles are rendered from the union (A52).
struct Need {
  api::Resource resource;
  std::string_view subresource;  // "" for the object itself
  std::vector<std::string_view> verbs;
};

// ---- Router: moves traffic between the two roles ----

// What Service <name> selects. kRole: the revision that holds the stable role (or, late in a
// promotion, the new one); kBoth: every serving pod (deployment label); kCandidate: the candidate.
enum class MainSelector : uint8_t { kRole, kBoth, kCandidate };

// The objects a router reads, as cached; null: absent.
struct RouteObjects {
  bool kind_available = true;  // false: the route's kind is not installed (A53)
  base::Ref<api::HttpRoute> route;
  base::Ref<api::Service> main;
  base::Ref<api::Service> canary;
  MainSelector main_selects = MainSelector::kRole;  // what `main`'s selector is right now
  int32_t stable_ready = 0;     // ready endpoints of the stable revision behind Service <name>
  int32_t candidate_ready = 0;  // of the candidate: behind <name> with router Service, else behind
                                // <name>-canary
};

// What the route should say.
struct RouteIntent {
  std::string ns;
  std::string deployment;      // ModelDeployment's name = name of the stable role's Service
  std::string canary_service;  // <name>-canary
  base::Uid owner_uid;
  int32_t port = 80;                      // of both Services
  int32_t canary_weight = 0;              // percent, 0..100
  bool leaving = false;                   // deletion: our own backend and route objects go (R3-16)
  const api::Traffic* traffic = nullptr;  // may be null: router Service with defaults
};

enum class RouteProblem : uint8_t {
  kNone,
  kMissing,          // RouteNotFound: object, rule or backend <name> is not there (TR-3, R3-16)
  kAmbiguous,        // RouteNotFound: several rules and none is named
  kUnavailable,      // RouterUnsupported: the kind is not installed
  kForeign,          // AdoptionConflict: an object of our name is not ours
  kUnrepresentable,  // WeightNotRepresentable: other backends share the rule and the sum of our two
                     // weights is too small to divide into percent
};

// What is really in force.
struct RouteState {
  RouteProblem problem = RouteProblem::kNone;
  std::string message;  // fact and next step, for the condition
  int32_t canary_weight =
      0;                 // percent as written in the object, or the real share for router Service
  bool accepted = true;  // TR-4: every parent Accepted and ResolvedRefs for this generation
  std::string accepted_message;  // why not
};

struct Router {
  std::string_view name;  // "Service", "GatewayAPI"
  api::RouterType type;
  std::span<const Need> needs;

  MainSelector (*main_selector)(int32_t canary_weight);

  // Pods the candidate needs to carry `weight` percent when stable has `replicas` (R3-11; MD
  // section 5, Scale).
  int32_t (*candidate_size)(int32_t replicas, int32_t weight);

  // Share in percent that the candidate really gets with that weight and size.
  double (*real_share)(int32_t replicas, int32_t weight);

  // Steps used when spec gives none (R2-7), for `replicas` pods.
  std::vector<api::CanaryStep> (*default_steps)(int32_t replicas);

  // Writes that bring the route to the intent; empty when it says so already.
  base::Result<std::vector<Effect>> (*render)(const RouteIntent&, const RouteObjects&);

  RouteState (*parse)(const RouteIntent&, const RouteObjects&);
};

// ---- Runtime: renders the pod of a revision ----

struct RuntimeInput {
  std::string deployment;
  std::string revision;  // 10 hex digits; label and env are added after hashing (AD-5)
  const api::ModelDeploymentSpec* spec = nullptr;
};

struct RuntimePort {
  std::string name;  // "http", "grpc": never metrics (AD-13)
  int32_t port = 0;
};

struct Runtime {
  std::string_view name;  // "custom"

  // PodTemplateSpec as JSON: the runtime's pod with spec.template merged over it (strategic merge
  // by container name). Error (kTerminal): the template cannot be merged; the message names the
  // field.
  base::Result<std::string> (*render)(const RuntimeInput&);

  // Serving ports in order; the first is what Services target.
  std::vector<RuntimePort> (*ports)(const api::ModelDeploymentSpec&);
};

// ---- Source: turns counters of a metric system into the counts of one tick ----

struct PodFact {
  std::string name;
  base::Time created;
  std::optional<base::Time> restarted;  // latest start of a container after its first: its counters
                                        // began anew then (MP-7)
};

struct Arm {
  std::string revision;
  std::string workload;  // Deployment name <name>-<rev>
  std::string pods;      // regular expression, anchored by PromQL itself (MP-1)
  std::string service;   // Service of the role
  std::vector<PodFact> known_pods;
};

enum class SignalKind : uint8_t { kErrorRate, kLatency, kRatio };

struct Signal {
  std::string name;
  SignalKind kind = SignalKind::kErrorRate;
  base::Duration threshold{};  // kLatency
  std::string numerator;       // kRatio: PromQL with placeholders
  std::string denominator;
  bool complement = false;  // kRatio with LowerIsWorse: bad = denominator − numerator
};

struct Question {
  std::string ns;
  std::string deployment;
  std::string model;
  std::string route;  // HTTPRoute name when there is one
  int32_t port = 80;
  api::RouterType router = api::RouterType::kService;
  api::MetricSide side = api::MetricSide::kAuto;  // asked for; ignored once preset is frozen
  std::string preset;         // frozen choice "http", "traefik"; empty: not chosen yet (MP-17)
  std::optional<Arm> stable;  // absent arm: not asked (bake has only the promoted arm)
  std::optional<Arm> canary;
  base::Time previous;  // evaluation instants of the two cumulative queries (R2-11)
  base::Time at;
  std::vector<Signal> signals;
  MetricSource source;
};

struct Counts {
  int64_t n = 0;
  int64_t bad = 0;

  bool operator==(const Counts&) const = default;
};

// Reasons are those of the condition MetricsAvailable (core/reasons.h); "Available" means both arms
// asked for have counts. The same trouble gives the same message at every tick (R2-56).
struct SignalReading {
  std::string name;
  std::optional<Counts> stable;
  std::optional<Counts> canary;
  std::string reason;                            // Available, or why there is no data
  std::string message;                           // names source, query, what came back, next step
  std::optional<base::Duration> threshold_used;  // kLatency: the boundary really used (MP-15)
};

struct Reading {
  std::string preset;  // the choice that gave data; empty: none did
  std::string side;    // "Server" | "Router"
  std::string reason;  // Available, or the most telling of the signals' reasons
  std::string message;
  std::vector<SignalReading> signals;
};

// The 20 ticks before a rollout, oldest first, for the stable arm (R3-20); signals without data
// have no ticks.
struct BaselineReading {
  std::string preset;
  std::string side;
  std::vector<std::vector<Counts>> ticks;  // per signal
  std::vector<std::string> failures;       // per signal, as SignalReading::message: the source gave
                                           // no usable answer (QueryFailed); empty: it did
};

struct Source {
  std::string_view name;  // "prometheus"

  // Error (kTerminal): an unknown placeholder or a signal this source cannot ask (InvalidQuery).
  base::Result<std::vector<base::HttpRequest>> (*render)(const Question&);
  Reading (*parse)(const Question&, std::span<const base::Result<base::HttpResponse>>);

  // Range query over [at − 20·interval, at] for the stable arm.
  base::Result<std::vector<base::HttpRequest>> (*render_baseline)(const Question&,
                                                                  base::Duration interval);
  BaselineReading (*parse_baseline)(const Question&,
                                    base::Duration interval,
                                    std::span<const base::Result<base::HttpResponse>>);
};

struct Extensions {
  std::span<const Router> routers;
  std::span<const Runtime> runtimes;
  std::span<const Source> sources;
  std::span<const DriftSource> drift_sources{};
  std::span<const Notifier> notifiers{};
};

// The one of that type or name; the table always holds those this release was built with.
const Router& router_of(const Extensions& extensions, api::RouterType type);

}  // namespace kaizen::core
