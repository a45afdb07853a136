// The data gate: is the data that a run is about to train on fit for it (GT-40), and which data is
// it (GT-41)? A pure function of the checks of the spec and the result of stage data, asked once,
// when that stage has succeeded, before any later stage has a child (TP-21).
//
//   const auto outcome = judge_data(resolved.checks, document, {.datasets = run.spec.datasets,
//       .champion_rows = ..., .finished_at = *stage.finished_at});
//   outcome.data        absent: the run has Failed with `reason` and `message`; else status.data
//   outcome.data->verdict   kRejected: the run is Rejected with `reason`
//
// Later stages, placeholders and lineage take their data sets from datasets_in_use().
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "api/training_pipeline.h"
#include "api/training_run.h"
#include "base/time.h"
#include "core/reasons.h"
#include "core/training/result.h"

namespace kaizen::core {

struct DataSubject {
  std::span<const api::RunDataset> datasets;  // as the run pinned them; outlives the call
  // status.data.rows of the run that made the model that serves; none: nobody knows, and
  // maxRowsDrop is skipped.
  std::optional<int64_t> champion_rows;
  base::Time finished_at;  // of stage data: what maxAge is measured at, so that asking again later
                           // gives the same verdict
};

struct DataOutcome {
  // Fit for status (at most training_limits::kMessage). nullopt: it was not measured.
  std::optional<api::DataStatus> data;
  const Reason* reason = nullptr;  // nullptr: Accepted; DataRejected, or why it was not measured:
                                   // ResultMissing ResultMalformed ResultMismatch InvalidSpec
  std::string message;             // all violations with value and limit
};

// `checks`: nullopt accepts whatever is well formed.
DataOutcome judge_data(const std::optional<api::DataChecks>& checks,
                       const ResultDocument& document,
                       const DataSubject& subject);

// GT-41: does what the data stage collected stand for this data set?
bool is_replaced_by(const api::RunDataset& dataset, const std::optional<api::DataStatus>& data);

// The data sets that the stages after the data gate use: as pinned, but for the one that the data
// stage collected anew. `data`: status.data.
std::vector<api::RunDataset> datasets_in_use(std::span<const api::RunDataset> pinned,
                                             const std::optional<api::DataStatus>& data);

}  // namespace kaizen::core
