// Decided: what the runtime must know of each kind that kaizen decides, beyond what it knows of
// every kind it watches (kinds.h). A kind of kaizen is a row here, a gather function and a decide
// function. Constant data and pure functions, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/object.h"
#include "base/ref.h"
#include "base/time.h"
#include "kube/object.h"
#include "reconcile/key.h"

namespace kaizen::reconcile {

// The object of a decision as the caches show it; both are set.
struct Subject {
  Key key;
  base::Ref<kube::Object> object;

  const api::Metadata& metadata() const;
};

struct DecidedKind {
  Watched id = Watched::kModelDeployment;
  std::string_view controller;  // the label `controller` of controller-runtime's metrics (UX-80)
  std::string_view name_label;  // on children: the name of their owner; empty: they are found by
                                // owner reference alone
  // The merge patch that leads from the status of `before` to that of `after`; nullopt: none.
  std::optional<std::string> (*status_change)(const kube::Object& before,
                                              const kube::Object& after);
  // The merge patch that puts Stalled=True/InternalError into its status (RT-48); nullopt: it says
  // so already.
  std::optional<std::string> (*stalled)(const kube::Object& object,
                                        std::string_view what,
                                        base::Time now);
};

bool is_decided(Watched id);

// The kind must be one that is decided.
const DecidedKind& decided(Watched id);

}  // namespace kaizen::reconcile
