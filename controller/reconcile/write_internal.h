// Write: one write of a plan as the executor handles it: what it is about, and what its failure
// means for the key and for the time at which it may be tried again. Values and pure functions, any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/object.h"
#include "base/duration.h"
#include "base/error.h"
#include "core/plan.h"
#include "reconcile/decided.h"
#include "reconcile/kinds.h"
#include "reconcile/queue.h"
#include "schema/resource.h"

namespace kaizen::reconcile {

struct Write {
  schema::Resource resource;
  schema::ObjectKey key;
  bool known = false;  // the kind is one we watch; else `kind` says nothing
  Watched kind = Watched::kModelDeployment;
  std::string what;          // core::describe()
  uint64_t fingerprint = 0;  // tells it from another write to the same object
};

Write write_of(const core::Effect& effect);
Write status_write(const Subject& subject, const core::StatusPatch& patch);

// An empty patch is no write (RT-59).
bool is_empty(const core::StatusPatch& patch);

// "Deployment shop/ranker-6fd9a1c2d0".
std::string path_of(const schema::Resource& resource, const schema::ObjectKey& key);

// Empty: there is none.
std::string_view annotation_of(const api::Metadata& metadata, std::string_view key);

base::Error conflict(std::string message);
base::Error adoption_conflict(const Write& write, const api::Metadata& live);
base::Error our_bug(const Write& write, std::string_view why);
base::Error stopping(const Write& write);

Ending ending_of(const base::Error& error);

// The label `outcome` of kaizen_effects_total.
std::string_view outcome_label(Ending ending);

// How long a refused write rests when nothing is seen to change.
base::Duration recheck_after(const base::Error& error);

}  // namespace kaizen::reconcile
