// Assessment: what one snapshot means: facts with reasons, nothing decided yet. Built by `assess`,
// read by the stages after it; lives as long as the snapshot it points into. Pure values.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/extensions.h"
#include "core/reasons.h"
#include "core/rollout/defaults.h"
#include "core/rollout/evidence.h"
#include "core/rollout/request.h"
#include "core/rollout/snapshot.h"

namespace kaizen::core {

struct Problem {
  Reason reason;
  std::string message;  // fact first, then the next step (S54)
};

// One revision as the cluster shows it.
struct RevisionFacts {
  base::Ref<api::ControllerRevision> stored;  // null: not stored (any more)
  base::Ref<api::Deployment> workload;        // null: no Deployment
  int32_t wanted = 0;                         // spec.replicas of the Deployment; 0 without one
  int32_t pods = 0;                           // not being deleted
  int32_t ready = 0;                          // of those
  int32_t main_endpoints = 0;                 // ready endpoints of Service <name> (RO-12)
  int32_t canary_endpoints = 0;               // and of <name>-canary
  std::optional<Problem> failing;             // RO-35: pods that will not come up by waiting
  std::optional<Problem> uncreatable;         // AD-6: pods that cannot be created
  std::optional<Problem> unschedulable;       // longest waiting pod
  std::optional<base::Time> unschedulable_since;
};

// One of the two Services.
struct ServiceFacts {
  base::Ref<api::Service> object;  // null: absent
  bool foreign = false;            // of another owner
  std::string selects;             // revision; empty when `both`, or when it selects no revision
  bool both = false;               // the deployment label alone: every serving pod
  int32_t ready = 0;               // ready endpoints of any revision

  bool present() const { return object != nullptr && !foreign; }
};

// What the spec, or a rollback, asks to run.
struct Target {
  std::string spec_revision;  // of the spec; empty: the spec is unusable
  std::string revision;       // the rollback's revision if there is one, else spec_revision
  std::string input;          // canonical revision input of the spec
  std::string pod;            // rendered pod; only when `spec_revision` is not stored yet
  int32_t collision_count = 0;
};

// The server's judgement on a pod template that is not stored yet (A45).
enum class DryRun : uint8_t {
  kAccepted,  // or stored: then it was accepted once (R3-17)
  kWaiting,   // asked, no answer yet
  kRejected,
};

struct DryRunFacts {
  DryRun state = DryRun::kAccepted;
  std::string message;
  std::vector<Probe> probes;
};

struct RouteFacts {
  RouteIntent intent;  // with status.weight.intended
  RouteObjects objects;
  RouteState state;
  bool as_intended = false;         // weight (or selector) is what status intends, as written
  bool in_force = false;            // and accepted, and the endpoints agree (TR-4)
  bool zero = false;                // the candidate gets no traffic, seen in force (RO-9, RO-13)
  bool full = false;                // the role of Service <name> gets none
  std::optional<Problem> conflict;  // TR-5, TR-6: somebody else steers it
};

struct Assessment {
  const RolloutSnapshot* snapshot = nullptr;
  const Extensions* extensions = nullptr;
  const Router* router = nullptr;
  base::Time now;

  std::map<std::string, RevisionFacts, std::less<>> revisions;
  ServiceFacts main;
  ServiceFacts canary;
  RouteFacts route;
  Target target;
  DryRunFacts dry_run;
  std::optional<Problem> unusable;  // the spec cannot be carried out (R2-3)
  std::optional<Problem> blocked;   // no rollout may start: the spec is sound, the world is not
  std::optional<Problem> refused;   // a write that failed for good
  bool namespace_ending = false;
  RequestReading request;
  bool evidence_read = false;  // read_evidence was asked: phases with an analysis
  Evidence evidence;

  const api::ModelDeployment& object() const { return *snapshot->object; }

  const api::ModelDeploymentSpec& spec() const { return snapshot->object->spec; }

  const api::ModelDeploymentStatus& before() const { return snapshot->object->status; }

  const std::string& name() const { return snapshot->object->metadata.name; }

  const std::string& ns() const { return snapshot->object->metadata.ns; }

  int32_t replicas() const { return replicas_of(spec()); }
};

// What was attempted on what, and what came back; errors of the API server name the attempt
// themselves.
std::string failure_text(const WriteFailure& failure);

// Facts about a revision; an empty record for one nobody has.
const RevisionFacts& facts_of(const Assessment& facts, std::string_view revision);

// Revision names in status; empty when there is none.
std::string_view stable_of(const api::ModelDeploymentStatus& status);
std::string_view candidate_of(const api::ModelDeploymentStatus& status);
std::string_view previous_of(const api::ModelDeploymentStatus& status);
std::string_view aborted_of(const api::ModelDeploymentStatus& status);

int32_t intended_weight(const api::ModelDeploymentStatus& status);

// The candidate carries part of the traffic and can still be taken back: between the first step and
// the point of no return.
bool is_canary_phase(const api::ModelDeploymentStatus& status);

// Three edits of the weights by somebody else within five minutes, the last not long ago (TR-6).
bool is_fought_over(const api::ModelDeploymentStatus& status, base::Time now);

// How long requests in flight may go on at a revision that gets no new ones, before its pods go (MD
// section 5, Abort, line 4; RO-9): what its own pod says they may take to end,
// terminationGracePeriodSeconds, which the runtime sets beside the preStop sleep (AD-4) and the
// template may override; at most a minute. scaleDownDelay is another wait: that of the old stable
// revision as the way back.
base::Duration drain_of(const Assessment& facts, std::string_view revision);

// The revision that is on its way out of an abort or a roll back; empty outside of them.
std::string_view leaving_of(const api::ModelDeploymentStatus& status);

// Its drain is over: it got no traffic from `abort.zeroAt` on.
bool has_drained(const Assessment& facts, const api::ModelDeploymentStatus& status);

// Owned by this very incarnation (RT-68, RT-73).
bool is_owned_by(const api::Metadata& child, const api::Metadata& owner);

Assessment assess(const RolloutSnapshot& snapshot, const Extensions& extensions, base::Time now);

// ---- parts of assess, each in its own file ----

void assess_children(Assessment& facts);  // assess_children.cc
void assess_target(Assessment& facts);    // assess_target.cc
void assess_route(Assessment& facts);     // assess_route.cc

}  // namespace kaizen::core
