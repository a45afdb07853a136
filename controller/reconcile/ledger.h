// Ledger: what this process remembers of one decided object's writes: which cache must show which
// write before the next decision (RT-51, RT-52), which writes failed and when they may be tried
// again (A23, RT-61), and which generations of children are ours (A74). Bound to one UID: a new
// incarnation shares nothing with it (RT-73). Lost at restart, on purpose: everything in it is
// found again by trying. A value inside WorldState, guarded by World's lock.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "base/uid.h"
#include "core/plan.h"
#include "core/rollout/snapshot.h"
#include "reconcile/kinds.h"

namespace kaizen::reconcile {

// A cache further behind than this is listed again (RT-51).
inline constexpr base::Duration kBehindLimit = std::chrono::seconds(60);
// A deletion that no watch showed by then is looked up (RT-52).
inline constexpr base::Duration kGoneLimit = std::chrono::minutes(5);
// When a refused write is tried again though nothing was seen to change.
inline constexpr base::Duration kForbiddenRecheck = std::chrono::minutes(5);  // RT-61
inline constexpr base::Duration kTerminalRecheck = std::chrono::minutes(30);  // RT-44
inline constexpr base::Duration kAdoptionRecheck = std::chrono::seconds(60);  // INV-48
// Children are checked once after a start, spread over this span (A74).
inline constexpr base::Duration kStartRecheckSpan = std::chrono::hours(1);

// A write of ours that a cache has not shown yet.
struct ExpectedVersion {
  std::string resource_version;
  base::MonoTime since;
};

// A deletion of ours: that UID is gone, or at least has a deletionTimestamp.
struct ExpectedGone {
  Watched kind = Watched::kDeployment;
  schema::ObjectKey key;
  base::Uid uid;
  bool wholly = false;  // a deletionTimestamp is not enough: its last finalizer was removed
  base::MonoTime since;

  bool operator==(const ExpectedGone&) const = default;
};

struct Failure {
  core::WriteFailure failure;  // what the snapshot shows
  uint64_t fingerprint = 0;    // of the write: kind, object, body
  int64_t generation = 0;      // of the decided object when it failed
  base::MonoTime retry_at;     // not sent again before, while generation and fingerprint stay
};

struct Ledger {
  base::Uid uid;
  std::array<std::optional<ExpectedVersion>, kWatchedCount> versions;
  std::vector<ExpectedGone> gone;
  std::vector<Failure> failures;             // ≤ one per object written
  std::map<base::Uid, int64_t> generations;  // of children, as our last write left them

  bool expects_nothing() const;

  // The newest version per kind is what counts.
  void expect(Watched kind, std::string_view resource_version, base::MonoTime now);
  void expect_gone(const ExpectedGone& expected);

  // The failure of a write to that object; nullptr: none.
  const Failure* failure_of(const schema::Resource& resource, const schema::ObjectKey& key) const;
  void fail(Failure failure);  // in the place of an earlier one
  void clear_failure(const schema::Resource& resource, const schema::ObjectKey& key);
};

}  // namespace kaizen::reconcile
