// Executor: carries a plan out, the only place that writes to the cluster: status first, fenced by
// the snapshot's resourceVersion (A20), then the effects in order, stopping at the first that fails
// (A23). Every write is conditional (RT-50). One per process; execute() blocks on the Transport and
// may run on several threads at once, for different keys.
//
// How a failure looks to the next decision: an entry of its snapshot's `failures` whose Error is
//   kAlreadyExists / kAwaitChange  an object of that name is not ours (AdoptionConflict, RT-54)
//   kForbidden / kAwaitChange      verb and resource are in the message (RT-61)
//   kRejected / kTerminal          the server's words, which name the field path (RT-61)
//   kTooLarge / kTerminal          413 (RT-60)
//   kNotFound / kAwaitChange       create: namespace or kind are missing (RT-62)
//   kNamespaceEnding / …           act as on deletion (RT-61)
//   anything / kRetryCall          tried again with backoff
// Conflicts (kRetryReconcile) are no entries: the picture was refreshed, the next decision sees it.
// A decision keeps planning a failed write: the executor knows when sending it again is due, and
// the entry goes away when it succeeded, when the generation moved, when the plan stopped naming
// the object, or when the object in its way was seen to change.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/ref.h"
#include "base/result.h"
#include "base/time.h"
#include "core/plan.h"
#include "kube/outcome.h"
#include "net/transport.h"
#include "reconcile/decided.h"
#include "reconcile/queue.h"
#include "reconcile/world.h"
#include "telemetry/telemetry.h"

namespace kaizen::reconcile {

struct ExecuteInput {
  const Subject* subject = nullptr;
  const core::Plan* plan = nullptr;
  base::MonoTime now;
  std::stop_token stop;  // fires: no further write is begun (A67)
};

struct Executed {
  Ending ending = Ending::kSettled;  // kSettled: every write of the plan is done, or none was due
  bool status_done = true;  // false: no effect ran and the plan's events must not be told (A20)
  bool wrote = false;       // at least one write changed something
  std::optional<base::Error> error;        // the first failure
  std::string failed;                      // describe() of it
  std::optional<base::MonoTime> retry_at;  // kBlocked: when it may be sent again
  bool refused_now = false;  // kBlocked by an answer of this time: no decision has seen it yet
};

class Executor {
 public:
  // References must outlive it.
  Executor(net::Transport& transport, World& world, telemetry::Telemetry& telemetry);

  Executed execute(const ExecuteInput& input);

  // Looks up an object that we deleted and that no watch showed as gone in time (RT-52). True: it
  // is gone, the cache is wrong; false: it lives. The object that lives is taken in.
  base::Result<bool> is_gone(const ExpectedGone& expected, const std::stop_token& stop);

  // Writes the status patch alone, fenced like every status write (RT-48).
  base::Result<base::Unit> write_status(const Subject& subject,
                                        const core::StatusPatch& patch,
                                        const ExecuteInput& input);

 private:
  class Run;

  base::Result<base::HttpResponse> send(const kube::CallInfo& call,
                                        const base::HttpRequest& request,
                                        const std::stop_token& stop);

  // The object as the server has it now; null: there is none.
  base::Result<base::Ref<kube::Object>> read_live(Watched kind,
                                                  const schema::ObjectKey& key,
                                                  const std::stop_token& stop);

  net::Transport& transport_;
  World& world_;
  telemetry::Telemetry& telemetry_;
};

}  // namespace kaizen::reconcile
