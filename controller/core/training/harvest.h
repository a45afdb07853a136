// Harvest: from what the pods or a ConfigMap of a stage hold to what a run's status keeps of it
// (RS-20 to RS-22, RS-26, RS-41 to RS-43). Pure; any thread.
//
//   auto harvest = harvest_message(reports, {.run = uid, .stage = "train", .nonce = nonce});
//   if (!harvest.ok())  the stage is Failed: harvest.error().reason, .message
//   if (auto missing = missing_part(harvest->document, needs))  likewise
//   keep_harvest(*harvest, "train", resolved.gate, status);  // in one status write with its phase
//
// Of stage data, judge_data() comes before the write; of stage evaluate, judge_gate() does, because
// the evidence of comparisons is in no status: evidence_files() keeps it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "api/foreign.h"
#include "api/training_pipeline.h"
#include "api/training_run.h"
#include "base/time.h"
#include "core/training/gate/gate.h"
#include "core/training/result.h"

namespace kaizen::core {

// What the container of the result left in one pod of the engine's primary role.
struct PodReport {
  std::string_view pod;  // its name
  base::Time created;
  std::optional<int32_t> exit_code;  // none: it has not ended, or never ran
  std::string_view message;          // its termination message
  size_t containers = 1;             // of the pod, with init and ephemeral ones
};

struct Harvest {
  std::string digest;  // "sha256:" of the raw bytes
  ResultDocument document;
};

// How much of each message the kubelet keeps in a pod of so many containers (RS-20), in bytes.
size_t termination_message_limit(size_t containers);

// Of the newest pod whose container ended with 0 (RS-43). Only a child that succeeded has a result:
// the caller does not ask for another one (RS-1).
ResultOr<Harvest> harvest_message(std::span<const PodReport> reports,
                                  const ResultIdentity& expected);

// Name of the ConfigMap that an attempt writes: "<child>-result".
std::string result_config_map_name(std::string_view child);

// nullptr: there is none. `key`: result.configMapKey.
ResultOr<Harvest> harvest_config_map(const api::ConfigMap* config_map,
                                     std::string_view key,
                                     const ResultIdentity& expected);

// stages[].message of a container that failed (RS-21): the end of its log or message, where a
// program says why it stopped; one line, fit for status, without what may be a credential.
std::string failure_message(std::string_view termination_message);

// RS-26: everything status keeps of a result but the data gate's part: resultDigest of the stage's
// entry, metrics, artifacts, reference profile, registry entry and, of stage train, the model. A
// name that has a meaning counts only from the stage it belongs to: artifact `model` from train,
// `since-onset` from data.
void keep_harvest(const Harvest& harvest,
                  std::string_view stage,
                  const std::optional<api::Gate>& gate,
                  api::TrainingRunStatus& status);

// `data` of the run's evidence ConfigMap: "evidence.json" (GT-23) and "result.json", the evaluate
// stage's document as it came, from which the former can be computed again. At most 900 KiB: what
// does not fit is left out, the result first (RS-42).
api::StringMap evidence_files(const GateOutcome& outcome, std::string_view result);

}  // namespace kaizen::core
