#include "core/training/gate/data_gate.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "api/training_pipeline.h"
#include "api/training_run.h"
#include "base/duration.h"
#include "base/number.h"
#include "base/text.h"
#include "base/time.h"
#include "core/reasons.h"
#include "core/training/result.h"

namespace kaizen::core {

namespace {

// The clock of whoever wrote the data may run ahead by this much (TG-17 allows as much).
constexpr base::Duration kClockTolerance = std::chrono::hours(1);

std::string shown(double value) {
  return base::shortest_decimal(value);
}

std::string fit(std::string_view message) {
  return base::truncate_utf8(base::without_controls(message), api::training_limits::kMessage);
}

DataOutcome failed(const Reason& reason, std::string_view message) {
  return {.data = std::nullopt, .reason = &reason, .message = fit(message)};
}

class DataChecking {
 public:
  DataChecking(const api::DataChecks& checks,
               const ResultDocument& document,
               const DataSubject& subject)
      : checks_(checks), document_(document), data_(*document.data), subject_(subject) {}

  void run();

  bool is_accepted() const { return violations_.empty(); }

  std::string message() const;

 private:
  void check_rows();
  void check_age();
  void check_missing();
  void check_schema();
  void check_metric(const api::MetricCheck& check);

  void violated(std::string what) { violations_.push_back(std::move(what)); }

  void absent(std::string_view field, std::string_view check);

  const api::DataChecks& checks_;
  const ResultDocument& document_;
  const ReportedData& data_;
  const DataSubject& subject_;
  std::vector<std::string> violations_;
  std::vector<std::string> unchecked_;
};

void DataChecking::run() {
  check_rows();
  check_age();
  check_missing();
  check_schema();
  for (const api::MetricCheck& check : checks_.metrics) check_metric(check);
}

std::string DataChecking::message() const {
  std::vector<std::string> parts = violations_;
  if (!unchecked_.empty()) {
    parts.push_back(
        base::concat({"not checked, because not reported: ", base::join(unchecked_, ", ")}));
  }
  return base::join(parts, "; ");
}

void DataChecking::absent(std::string_view field, std::string_view check) {
  switch (checks_.on_missing) {
    case api::OnMissing::kReject:
      violated(fmt::format("{}: not reported, {} needs it", field, check));
      return;
    case api::OnMissing::kIgnore:
      // Rows serve two checks and are missing once.
      if (std::find(unchecked_.begin(), unchecked_.end(), field) == unchecked_.end()) {
        unchecked_.emplace_back(field);
      }
      return;
  }
}

void DataChecking::check_rows() {
  if (checks_.min_rows) {
    if (!data_.rows) {
      absent("data.rows", "minRows");
    } else if (*data_.rows < *checks_.min_rows) {
      violated(fmt::format("data.rows: {}, at least {}", *data_.rows, *checks_.min_rows));
    }
  }
  // Nothing can be lost against no rows.
  if (!checks_.max_rows_drop || subject_.champion_rows.value_or(0) <= 0) return;
  if (!data_.rows) {
    absent("data.rows", "maxRowsDrop");
    return;
  }
  // 30 of 100 rows lost are no more than 0.3, whatever 1 - 70/100 is in binary.
  constexpr double kRounding = 1e-12;
  const auto before = static_cast<double>(*subject_.champion_rows);
  const double lost = before - static_cast<double>(*data_.rows);
  const double most = checks_.max_rows_drop->value * before;
  if (lost > most * (1.0 + kRounding)) {
    violated(fmt::format("data.rows: {}, a share of {} less than the champion's {}, at most {}",
                         *data_.rows, base::format_decimal(lost / before), *subject_.champion_rows,
                         shown(checks_.max_rows_drop->value)));
  }
}

// A newest event in the future is a wrong clock or a wrong zone, and would hide old data.
void DataChecking::check_age() {
  if (!checks_.max_age) return;
  if (!data_.as_of) {
    absent("data.asOf", "maxAge");
    return;
  }
  const std::string at = base::format_time(*data_.as_of);
  if (*data_.as_of > subject_.finished_at + kClockTolerance) {
    violated(fmt::format("data.asOf: {}, which is after the end of the stage at {}", at,
                         base::format_time(subject_.finished_at)));
  } else if (subject_.finished_at - *data_.as_of > *checks_.max_age) {
    violated(fmt::format("data.asOf: {}, {} before the end of the stage, at most {}", at,
                         base::format_duration(subject_.finished_at - *data_.as_of),
                         base::format_duration(*checks_.max_age)));
  }
}

void DataChecking::check_missing() {
  if (!checks_.max_missing) return;
  if (!data_.missing) {
    absent("data.missing", "maxMissing");
  } else if (*data_.missing > checks_.max_missing->value) {
    violated(fmt::format("data.missing: {}, at most {}", shown(*data_.missing),
                         shown(checks_.max_missing->value)));
  }
}

void DataChecking::check_schema() {
  if (checks_.schema_digest.empty()) return;
  if (data_.schema_digest.empty()) {
    absent("data.schemaDigest", "schemaDigest");
  } else if (data_.schema_digest != checks_.schema_digest) {
    violated(fmt::format("data.schemaDigest: {}, wanted is {}", data_.schema_digest,
                         checks_.schema_digest));
  }
}

void DataChecking::check_metric(const api::MetricCheck& check) {
  const std::string field = base::concat({"metrics.", check.metric});
  const auto at = document_.metrics.find(check.metric);
  if (at == document_.metrics.end()) {
    absent(field, "its check");
    return;
  }
  if (check.min && at->second < check.min->value) {
    violated(fmt::format("{}: {}, at least {}", field, shown(at->second), shown(check.min->value)));
  }
  if (check.max && at->second > check.max->value) {
    violated(fmt::format("{}: {}, at most {}", field, shown(at->second), shown(check.max->value)));
  }
}

bool is_share(const std::optional<api::Decimal>& value) {
  return !value || (value->value >= 0.0 && value->value <= 1.0);
}

// What the API server refuses already; a check that could never be violated must not look like one.
std::optional<std::string> checks_trouble(const api::DataChecks& checks) {
  if (!is_share(checks.max_rows_drop)) return "data.checks.maxRowsDrop: lies in [0, 1]";
  if (!is_share(checks.max_missing)) return "data.checks.maxMissing: lies in [0, 1]";
  for (const api::MetricCheck& check : checks.metrics) {
    if (!check.min && !check.max) {
      return fmt::format("data.checks.metrics: {} needs min or max", check.metric);
    }
  }
  return std::nullopt;
}

// Which of the run's data sets the section is about.
struct Target {
  const api::RunDataset* dataset = nullptr;  // nullptr: none in particular
  const Reason* reason = nullptr;            // set: why that is not known
  std::string message;
};

std::string names_of(std::span<const api::RunDataset> datasets) {
  std::vector<std::string> names;
  names.reserve(datasets.size());
  for (const api::RunDataset& dataset : datasets) names.push_back(dataset.name);
  return names.empty() ? std::string("none") : base::join(names, ", ");
}

Target target_of(const ReportedData& data, std::span<const api::RunDataset> datasets) {
  Target target;
  const api::RunDataset* only_train = nullptr;
  size_t train = 0;
  for (const api::RunDataset& dataset : datasets) {
    if (!data.name.empty() && dataset.name == data.name) target.dataset = &dataset;
    if (dataset.role != api::DatasetRole::kTrain) continue;
    only_train = &dataset;
    ++train;
  }
  if (target.dataset != nullptr) return target;
  if (!data.name.empty()) {
    target.reason = &reason::kResultMismatch;
    target.message = fmt::format("data.name: {} is no data set of this run, which has {}",
                                 data.name, names_of(datasets));
  } else if (train == 1) {
    target.dataset = only_train;
  } else if (!datasets.empty() && !(data.uri.empty() && data.digest.empty())) {
    target.reason = &reason::kResultMalformed;
    target.message =
        fmt::format("data.name: is missing: which of {} lies at data.uri?", names_of(datasets));
  }
  return target;
}

std::string or_else(const std::string& text, const std::string& otherwise) {
  return text.empty() ? otherwise : text;
}

// What status keeps: a snapshot as it was reported, the pinned data set with what is known of it.
api::DataStatus record(const ReportedData& data, const api::RunDataset* dataset) {
  api::DataStatus status{.verdict = std::nullopt,
                         .name = data.name,
                         .uri = data.uri,
                         .digest = data.digest,
                         .version = data.version,
                         .rows = data.rows,
                         .message = ""};
  if (dataset == nullptr) return status;
  status.name = dataset->name;
  if (!data.uri.empty() && data.uri != dataset->uri) return status;
  status.uri = dataset->uri;
  status.digest = or_else(data.digest, dataset->digest);
  status.version = or_else(data.version, dataset->version);
  if (!status.rows) status.rows = dataset->rows;
  return status;
}

// Data that changed under the run: nothing may be concluded from it.
std::optional<std::string> changed(const ReportedData& data, const api::RunDataset* dataset) {
  if (dataset == nullptr || data.digest.empty() || dataset->digest.empty()) return std::nullopt;
  if (!data.uri.empty() && data.uri != dataset->uri) return std::nullopt;
  if (data.digest == dataset->digest) return std::nullopt;
  return fmt::format("data.digest: {} at {} is {} now, this run began with {}", dataset->name,
                     dataset->uri, data.digest, dataset->digest);
}

}  // namespace

DataOutcome judge_data(const std::optional<api::DataChecks>& checks,
                       const ResultDocument& document,
                       const DataSubject& subject) {
  if (checks) {
    if (const auto trouble = checks_trouble(*checks)) return failed(reason::kInvalidSpec, *trouble);
  }
  if (!document.data) return failed(reason::kResultMissing, "data: not reported");
  const Target target = target_of(*document.data, subject.datasets);
  if (target.reason != nullptr) return failed(*target.reason, target.message);
  if (const auto trouble = changed(*document.data, target.dataset)) {
    return failed(reason::kResultMismatch, *trouble);
  }
  DataOutcome outcome;
  outcome.data = record(*document.data, target.dataset);
  outcome.data->verdict = api::DataVerdict::kAccepted;
  if (!checks) return outcome;
  DataChecking checking(*checks, document, subject);
  checking.run();
  outcome.message = fit(checking.message());
  outcome.data->message = outcome.message;
  if (checking.is_accepted()) return outcome;
  outcome.data->verdict = api::DataVerdict::kRejected;
  outcome.reason = &reason::kDataRejected;
  return outcome;
}

bool is_replaced_by(const api::RunDataset& dataset, const std::optional<api::DataStatus>& data) {
  return data && data->name == dataset.name && !data->uri.empty() && data->uri != dataset.uri;
}

std::vector<api::RunDataset> datasets_in_use(std::span<const api::RunDataset> pinned,
                                             const std::optional<api::DataStatus>& data) {
  std::vector<api::RunDataset> used(pinned.begin(), pinned.end());
  for (api::RunDataset& dataset : used) {
    if (!is_replaced_by(dataset, data)) continue;
    dataset.uri = data->uri;
    dataset.digest = data->digest;
    dataset.version = data->version;
    dataset.rows = data->rows;
    dataset.pinning = data->digest.empty() ? api::Pinning::kWeak : api::Pinning::kStrong;
    dataset.mutated = false;
  }
  return used;
}

}  // namespace kaizen::core
