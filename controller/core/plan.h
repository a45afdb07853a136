// Plan: what a decision wants done, as values. `decide` returns one; reconcile/execute carries it
// out in this order: status first (A20), then the effects stage by stage, stopping at the first
// failure (A23), then the events. Every prefix of that order is safe (A22): the process may die
// after any write.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "api/kinds.h"
#include "base/http.h"
#include "base/time.h"
#include "base/uid.h"

namespace kaizen::core {

// A whole object as JSON, rendered from api structs; `hash` also stands in its annotation
// kaizen.ml/hash (A74).
struct Manifest {
  api::Resource resource;
  api::ObjectKey key;
  std::string body;
  std::string hash;

  bool operator==(const Manifest&) const = default;
};

enum class Stage : uint8_t { kProvision, kRoute, kRetire, kTell };  // A24: make before break

// Only if absent (A25): a second delivery changes nothing, a foreign object of that name is never
// merged into.
struct Create {
  Stage stage = Stage::kProvision;
  Manifest manifest;

  bool operator==(const Create&) const = default;
};

// That very object, as seen (A26): changed, deleted or replaced meanwhile is a conflict.
struct Apply {
  Stage stage = Stage::kProvision;
  Manifest manifest;
  base::Uid uid;
  std::string resource_version;

  bool operator==(const Apply&) const = default;
};

// A JSON Patch (RFC 6902) on an object, ours or a user's route. `ops` is the array as JSON text and
// begins with `replace /metadata/resourceVersion`, so a stale picture is a conflict (RT-58).
struct Patch {
  Stage stage = Stage::kRoute;
  api::Resource resource;
  api::ObjectKey key;
  base::Uid uid;
  std::string ops;

  bool operator==(const Patch&) const = default;
};

// With the UID as precondition, always, and background propagation (RT-65).
struct Delete {
  Stage stage = Stage::kRetire;
  api::Resource resource;
  api::ObjectKey key;
  base::Uid uid;

  bool operator==(const Delete&) const = default;
};

using Effect = std::variant<Create, Apply, Patch, Delete>;

Stage stage_of(const Effect& effect);

// "apply Deployment shop/ranker-6fd9a1c2d0": for logs, metrics and messages.
std::string describe(const Effect& effect);

// The write of our own object's status: a JSON merge patch of the member `status` (R3-23).
struct StatusPatch {
  std::string merge_patch;  // {"conditions": [...], "abort": null, ...}

  bool operator==(const StatusPatch&) const = default;
};

// A question to another server, asked outside the decision. Its answer appears in a later snapshot
// under the same id, for as long as plans keep naming the id; a probe no plan names any more is
// forgotten. `id` names everything that makes the question different, so an answer can never be
// taken for that of another question.
struct Probe {
  std::string id;
  std::string
      endpoint;  // kKubeEndpoint, or the name of a metric source of the operator's configuration
  base::Time not_before;  // wall clock: the answer does not exist earlier (ingestion delay, MP-11)
  std::vector<base::HttpRequest> requests;
  base::Duration timeout = std::chrono::seconds(10);  // each request (MP-12)

  bool operator==(const Probe&) const = default;
};

inline constexpr std::string_view kKubeEndpoint = "kubernetes";

enum class EventType : uint8_t { kNormal, kWarning };

struct EventNote {
  EventType type = EventType::kNormal;
  std::string reason;  // core/reasons.h
  std::string action;  // the verb, e.g. "Promote"
  std::string note;    // ≤ 1024 bytes (RT-83)

  bool operator==(const EventNote&) const = default;
};

struct Plan {
  std::optional<StatusPatch> status;
  std::vector<Effect> effects;  // sorted by stage, stable
  std::vector<Probe> probes;
  std::vector<EventNote> events;
  std::optional<base::Time> next_at;  // latest time at which deciding again is useful (A29)
  bool next_at_periodic = false;  // no deadline, only a look from time to time: the queue moves it
                                  // by up to 10 % (RT-47)

  bool operator==(const Plan&) const = default;
};

}  // namespace kaizen::core
