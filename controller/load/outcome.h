// Outcome: how a load ends: what was loaded, or a Failure with the status the process exits with.
// Values; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "base/result.h"

namespace kaizen::load {

// Exit statuses with the numbers of sysexits.h, so that a pod's `lastState` says what kind of
// trouble it was. Part of the contract with whoever watches the pod (MD-8): numbers stay.
enum class ExitStatus : uint8_t {
  kUsage = 64,         // the command line, or a URI that can never be loaded
  kDigest = 65,        // MD-8: the content has another digest than asked for
  kNoInput = 66,       // there is nothing at the URI
  kUnavailable = 69,   // the server was not reached, or failed, for too long
  kCannotCreate = 73,  // the folder cannot be written: full, read-only, not permitted
  kTryAgain = 75,      // the deadline passed, or the content changed while it was read
  kProtocol = 76,      // an answer that cannot be used: a redirect, a malformed listing, too large
  kNotPermitted = 77,  // 401, 403
  kConfiguration = 78  // credentials, endpoint or CA: missing, half there or unusable
};

struct Failure {
  ExitStatus status = ExitStatus::kUnavailable;
  std::string message;  // what, on what, what came back, what to do; never a credential

  bool operator==(const Failure&) const = default;
};

struct Loaded {
  std::string digest;  // "sha256:…" (TP-41)
  int64_t bytes = 0;
  bool was_there = false;  // nothing was fetched

  bool operator==(const Loaded&) const = default;
};

template <class T>
using Outcome = base::Result<T, Failure>;

inline constexpr base::Unit kDone;

}  // namespace kaizen::load
