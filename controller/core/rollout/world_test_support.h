// World: a cluster in memory that a rollout's plans act on: the API server's rules for writes
// (conflicts, UIDs), a deployment controller, pods that become ready, endpoint slices, a gateway,
// a Prometheus that tells the truth it is given. Deterministic; time moves when a test says so.
// After every write and every move of the world the traffic invariants are checked (T-4, T-5), and
// of every status that is written the bounds of the CRD (SEC-46, MD-15).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "api/foreign.h"
#include "api/kinds.h"
#include "api/model_deployment.h"
#include "api/tables.h"
#include "core/extensions.h"
#include "core/names.h"
#include "core/reasons.h"
#include "core/rollout/decide.h"
#include "core/rollout/revision.h"
#include "core/rollout/snapshot.h"
#include "schema/codec.h"

namespace kaizen::core::testing_support {

// What the metric source answers, per minute of traffic in each arm.
struct Truth {
  int64_t stable_n = 600;
  int64_t stable_bad = 0;
  int64_t canary_n = 600;
  int64_t canary_bad = 0;
  bool reachable = true;
  std::string trouble = "no answer within 10 s";  // what is said when it is not
};

// A process that dies: it stops before (or after) its n-th write, and a new one takes over.
struct Cut {
  int64_t at = -1;       // number of the write; -1: never
  bool written = false;  // the write itself still reaches the server
};

class World {
 public:
  explicit World(const std::string& spec, const std::string& name = "ranker");

  // ---- what the user does ----
  void set_spec(const std::string& spec);
  void request(const std::string& id,
               const std::string& verb,
               const std::string& target = "",
               const std::string& parameters = "");
  void remove();  // kubectl delete

  // ---- what happens ----
  Plan decide_once() const;      // without acting
  bool turn();                   // one decision, carried out; false: it changed nothing
  void move();                   // controllers and pods catch up
  void settle();                 // turns and moves until nothing changes
  void sleep(base::Duration d);  // settles at every instant something is due
  void restart();                // observations of the process are gone
  bool run_until(const std::function<bool()>& reached, base::Duration limit);
  bool run_until_phase(api::Phase phase, base::Duration limit = std::chrono::hours(12));

  // ---- reading ----
  const api::ModelDeploymentStatus& status() const { return object.status; }

  api::Phase phase() const { return object.status.phase.value_or(api::Phase::kInitializing); }

  const api::Condition* condition(std::string_view type) const;
  std::string reason_of(std::string_view type) const;
  int32_t wanted(const std::string& revision) const;  // -1: no Deployment
  int32_t ready(const std::string& revision) const;
  std::string selects(const std::string& service) const;  // revision, "both", "nothing"
  int32_t canary_weight() const;                          // of the route object
  bool has_event(const Reason& reason) const;
  std::string target() const;         // revision of the spec
  std::string final_objects() const;  // everything a second run must agree with
  std::string trace() const;          // what was told and written, for a failed expectation

  RolloutSnapshot snapshot() const;
  Extensions extensions() const;

  // ---- switches ----
  base::Time now;
  Truth truth;
  Cut cut;
  int64_t writes = 0;
  std::vector<int64_t> turning_points;  // writes that are more than another tick of samples
  bool exists = true;
  bool gateway_accepts = true;
  bool route_kind_available = true;
  bool pods_schedulable = true;
  bool template_refused = false;
  bool dry_run_answers = true;
  std::string create_failure;         // message of Deployment condition ReplicaFailure (AD-6)
  std::string crash_message;          // what the kubelet says of a crashing container
  std::string requester = "alice";    // who asks
  std::set<std::string> crashing;     // revisions
  std::set<std::string> never_ready;  // revisions
  std::map<std::string, int32_t> unready_pods;           // revision → pods that are down
  base::Result<base::Unit> write_result = base::Unit{};  // of every effect

  api::ModelDeployment object;
  std::map<std::string, api::Deployment> deployments;
  std::map<std::string, api::ControllerRevision> revisions;
  std::map<std::string, api::Service> services;
  std::map<std::string, api::Pod> pods;
  std::map<std::string, api::EndpointSlice> slices;  // by Service
  std::optional<api::HttpRoute> route;
  std::vector<RouteClaim> rivals;
  std::vector<base::Uid> touched;
  std::vector<WriteFailure> failures;
  std::vector<EventNote> events;
  std::vector<std::string> log;  // describe(effect), in order
  Settings settings;

 private:
  bool write_status(const api::ModelDeploymentStatus& status);
  bool act(const Effect& effect);
  bool create(const Create& effect);
  bool apply(const Apply& effect);
  bool patch(const Patch& effect);
  bool erase(const Delete& effect);
  bool is_dead(bool before);
  void answer_probes(const Plan& plan);
  void move_deployments();
  void move_pods();
  void move_slices();
  void move_gateway();
  void check_traffic() const;
  void stamp(api::Metadata& metadata);
  std::string canary_service() const;

  std::vector<Answer> answers_;
  std::set<std::string> aborted_;  // marked once, may not get traffic again (T-5)
  int64_t next_uid_ = 100;
  int64_t next_version_ = 1000;
};

// A spec with the canary steps 10 % and 50 %, five minutes each, 3 replicas, router Service or an
// existing HTTPRoute "public".
std::string service_spec(const std::string& version, const std::string& more = "");
std::string gateway_spec(const std::string& version, const std::string& more = "");

// The existing HTTPRoute of gateway_spec.
api::HttpRoute user_route();

// Version 1 serves.
World gateway_world(const std::string& more = "");
World service_world(const std::string& more = "");

// Asks for version 2 and waits until the step with that weight is sampled; gives its revision.
std::string start_canary(World& world, int32_t weight = 25, const std::string& more = "");

}  // namespace kaizen::core::testing_support
