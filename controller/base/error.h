// Error: what went wrong outside of us, and what the caller does about it (S50, A68). Callers
// switch on Action, never on a status code; Code is for messages, metrics and the few places that
// must tell two outcomes of one class apart.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/duration.h"

namespace kaizen::base {

enum class Action : uint8_t {
  kRetryCall,       // the same request may succeed now: network fault, 429, 5xx
  kRetryReconcile,  // the picture was stale or incomplete: 409, cache behind
  kAwaitChange,     // nothing to do until an object or a permission changes: 403, missing reference
  kTerminal,        // this generation can never work: 422, schema violation
};

enum class Code : uint8_t {
  kInvalid,          // input does not parse or breaks its schema
  kNotFound,         // 404
  kAlreadyExists,    // 409 AlreadyExists, or Conflict on a create
  kConflict,         // 409 Conflict, failed JSON Patch test, 422 on metadata.uid
  kForbidden,        // 403
  kUnauthorized,     // 401
  kExpired,          // 410, or 504 with cause ResourceVersionTooLarge
  kTooLarge,         // 413, or a body over our own cap
  kThrottled,        // 429
  kUnavailable,      // 5xx, connection refused or reset before anything was sent
  kUnknownOutcome,   // a write that may or may not have happened (RT-66)
  kTimeout,          // our own deadline
  kTls,              // certificate or handshake refused
  kCancelled,        // we stopped it ourselves
  kRejected,         // 422 or 400: the server says this body can never work
  kNamespaceEnding,  // 403 with cause NamespaceTerminating
  kInternal,         // anything that has no better name
};

std::string_view to_string(Action action);
std::string_view to_string(Code code);

struct Error {
  Action action = Action::kTerminal;
  Code code = Code::kInternal;
  std::string message;      // attempted what, on what, what came back (S53)
  Duration retry_after{};   // zero: the caller's own backoff decides
  Duration retry_within{};  // the longest wait its cause deserves (RT-63); zero: the caller's own

  bool operator==(const Error&) const = default;
};

// Shorthand for input that can never work: Action::kTerminal, Code::kInvalid.
Error invalid(std::string message);

}  // namespace kaizen::base
