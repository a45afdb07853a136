// The data gate: data that violates a check is refused before anything is trained on it.
#include "core/training/gate/data_gate.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/training_pipeline.h"
#include "api/training_run.h"
#include "base/time.h"
#include "core/reasons.h"
#include "core/training/result.h"

namespace kaizen::core {
namespace {

using std::chrono::hours;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

std::string digest(char digit) {
  return "sha256:" + std::string(64, digit);
}

api::RunDataset dataset(std::string name, api::DatasetRole role, std::string known) {
  api::RunDataset dataset;
  dataset.name = std::move(name);
  dataset.role = role;
  dataset.uri = "s3://data/" + dataset.name;
  dataset.version = "v1";
  dataset.rows = 1000;
  dataset.pinning = known.empty() ? api::Pinning::kWeak : api::Pinning::kStrong;
  dataset.digest = std::move(known);
  return dataset;
}

// What every test starts from: one data set to train on, one to judge by, and a good report.
struct Case {
  std::vector<api::RunDataset> datasets = {
      dataset("golden", api::DatasetRole::kEvaluation, digest('1')),
      dataset("train", api::DatasetRole::kTrain, digest('2'))};
  std::optional<api::DataChecks> checks = api::DataChecks{};
  ResultDocument document;
  std::optional<int64_t> champion_rows;
  base::Time finished_at = *base::parse_time("2026-03-09T04:00:00Z");

  Case() {
    document.data = ReportedData{.name = "train",
                                 .uri = "",
                                 .digest = "",
                                 .version = "",
                                 .rows = 50000,
                                 .as_of = base::parse_time("2026-03-09T03:00:00Z"),
                                 .schema_digest = digest('c'),
                                 .missing = 0.01};
    document.metrics = {{"label_positive_share", 0.1}};
  }

  DataOutcome judge() const {
    return judge_data(
        checks, document,
        {.datasets = datasets, .champion_rows = champion_rows, .finished_at = finished_at});
  }

  // "Accepted", or what is wrong.
  std::string verdict() const {
    const DataOutcome outcome = judge();
    if (outcome.reason == nullptr) return "Accepted";
    return std::string(outcome.reason->name) + " " + outcome.message;
  }
};

TEST(DataGate, GT40WithoutChecksDataIsAccepted) {
  Case c;
  c.checks = std::nullopt;

  const DataOutcome outcome = c.judge();

  ASSERT_TRUE(outcome.data);
  EXPECT_EQ(outcome.data->verdict, api::DataVerdict::kAccepted);
  EXPECT_EQ(outcome.reason, nullptr);
  EXPECT_EQ(outcome.message, "");
}

TEST(DataGate, GT40DataInsideEveryLimitIsAccepted) {
  Case c;
  c.checks->min_rows = 50000;
  c.checks->max_rows_drop = api::Decimal{0.5};
  c.champion_rows = 100000;
  c.checks->max_age = hours(1);
  c.checks->max_missing = api::Decimal{0.01};
  c.checks->schema_digest = digest('c');
  c.checks->metrics = {{.metric = "label_positive_share", .min = {{0.1}}, .max = {{0.1}}}};

  EXPECT_EQ(c.verdict(), "Accepted");
}

TEST(DataGate, GT40TooFewRowsAreRejected) {
  Case c;
  c.checks->min_rows = 50001;

  const DataOutcome outcome = c.judge();

  ASSERT_TRUE(outcome.data);
  EXPECT_EQ(outcome.data->verdict, api::DataVerdict::kRejected);
  EXPECT_EQ(outcome.reason, &reason::kDataRejected);
  EXPECT_EQ(outcome.message, "data.rows: 50000, at least 50001");
  EXPECT_EQ(outcome.data->message, outcome.message);
}

TEST(DataGate, GT40RowsLostAgainstTheChampionsRunAreRejected) {
  Case c;
  c.checks->max_rows_drop = api::Decimal{0.3};
  c.champion_rows = 100000;

  EXPECT_EQ(c.verdict(),
            "DataRejected data.rows: 50000, a share of 0.5 less than the champion's 100000, "
            "at most 0.3");
}

TEST(DataGate, GT40ALossOfExactlyTheLimitIsNone) {
  Case c;
  c.champion_rows = 100;
  for (int percent = 0; percent <= 100; ++percent) {
    c.checks->max_rows_drop = api::Decimal{static_cast<double>(percent) / 100.0};
    c.document.data->rows = 100 - percent;
    EXPECT_EQ(c.verdict(), "Accepted") << percent;
    if (percent == 100) break;
    c.document.data->rows = 100 - percent - 1;
    EXPECT_THAT(c.verdict(), StartsWith("DataRejected")) << percent;
  }
}

TEST(DataGate, GT40WithoutAChampionsRunNothingIsLost) {
  Case c;
  c.checks->max_rows_drop = api::Decimal{0.0};
  c.document.data->rows = std::nullopt;
  EXPECT_EQ(c.verdict(), "Accepted");

  c.champion_rows = 0;
  EXPECT_EQ(c.verdict(), "Accepted");

  c.champion_rows = 1;
  EXPECT_THAT(c.verdict(), HasSubstr("data.rows: not reported, maxRowsDrop needs it"));
}

TEST(DataGate, GT40OldDataIsRejected) {
  Case c;
  c.checks->max_age = hours(72);
  c.document.data->as_of = c.finished_at - hours(73);

  EXPECT_EQ(c.verdict(),
            "DataRejected data.asOf: 2026-03-06T03:00:00Z, 73h before the end of the stage, "
            "at most 72h");
}

TEST(DataGate, GT40ANewestEventInTheFutureHidesNoOldData) {
  Case c;
  c.checks->max_age = hours(72);
  c.document.data->as_of = c.finished_at + hours(1);
  EXPECT_EQ(c.verdict(), "Accepted");

  c.document.data->as_of = c.finished_at + hours(9);
  EXPECT_THAT(c.verdict(), HasSubstr("after the end of the stage at 2026-03-09T04:00:00Z"));
}

TEST(DataGate, GT40GapsSchemaAndMetricsAreChecked) {
  Case c;
  c.checks->max_missing = api::Decimal{0.005};
  EXPECT_EQ(c.verdict(), "DataRejected data.missing: 0.01, at most 0.005");

  c.checks = api::DataChecks{};
  c.checks->schema_digest = digest('d');
  EXPECT_THAT(c.verdict(), HasSubstr("data.schemaDigest: " + digest('c')));

  c.checks = api::DataChecks{};
  c.checks->metrics = {{.metric = "label_positive_share", .min = {{0.2}}, .max = {}}};
  EXPECT_EQ(c.verdict(), "DataRejected metrics.label_positive_share: 0.1, at least 0.2");
  c.checks->metrics = {{.metric = "label_positive_share", .min = {}, .max = {{0.05}}}};
  EXPECT_EQ(c.verdict(), "DataRejected metrics.label_positive_share: 0.1, at most 0.05");
}

TEST(DataGate, GT40TheMessageListsAllViolations) {
  Case c;
  c.checks->min_rows = 60000;
  c.checks->max_missing = api::Decimal{0.001};
  c.checks->metrics = {{.metric = "share", .min = {{0.2}}, .max = {}}};

  EXPECT_EQ(c.verdict(),
            "DataRejected data.rows: 50000, at least 60000; data.missing: 0.01, at most 0.001; "
            "metrics.share: not reported, its check needs it");
}

TEST(DataGate, GT40AMissingInputFollowsOnMissing) {
  Case c;
  c.document.data = ReportedData{};
  c.document.data->name = "train";
  c.document.metrics.clear();
  c.checks->min_rows = 1;
  c.checks->max_rows_drop = api::Decimal{0.5};
  c.champion_rows = 10;
  c.checks->max_age = hours(72);
  c.checks->max_missing = api::Decimal{0.5};
  c.checks->schema_digest = digest('c');
  c.checks->metrics = {{.metric = "share", .min = {{0.2}}, .max = {}}};

  EXPECT_EQ(c.verdict(),
            "DataRejected data.rows: not reported, minRows needs it; "
            "data.rows: not reported, maxRowsDrop needs it; data.asOf: not reported, maxAge needs "
            "it; data.missing: not reported, maxMissing needs it; data.schemaDigest: not reported, "
            "schemaDigest needs it; metrics.share: not reported, its check needs it");

  c.checks->on_missing = api::OnMissing::kIgnore;
  const DataOutcome ignored = c.judge();
  EXPECT_EQ(ignored.reason, nullptr);
  EXPECT_EQ(ignored.data->message,
            "not checked, because not reported: data.rows, data.asOf, data.missing, "
            "data.schemaDigest, metrics.share");
}

TEST(DataGate, GT40AChecksThatCouldMeanNothingAreAnInvalidSpec) {
  Case c;
  c.checks->max_rows_drop = api::Decimal{30.0};
  EXPECT_THAT(c.verdict(), StartsWith("InvalidSpec data.checks.maxRowsDrop"));

  c.checks = api::DataChecks{};
  c.checks->max_missing = api::Decimal{-0.1};
  EXPECT_THAT(c.verdict(), StartsWith("InvalidSpec data.checks.maxMissing"));

  c.checks = api::DataChecks{};
  c.checks->metrics = {{.metric = "share", .min = {}, .max = {}}};
  EXPECT_THAT(c.verdict(), StartsWith("InvalidSpec data.checks.metrics: share"));
  EXPECT_EQ(c.judge().data, std::nullopt);
}

TEST(DataGate, GT40AStageThatReportsNoDataIsNotJudged) {
  Case c;
  c.document.data = std::nullopt;

  EXPECT_EQ(c.verdict(), "ResultMissing data: not reported");
  EXPECT_EQ(c.judge().data, std::nullopt);
}

TEST(DataGate, GT40AMessageIsShort) {
  Case c;
  for (int i = 0; i < 32; ++i) {
    c.checks->metrics.push_back(
        {.metric = "metric_of_a_long_name_" + std::to_string(i), .min = {{1.0}}, .max = {}});
  }

  EXPECT_THAT(c.judge().data->message, SizeIs(testing::Le(512U)));
}

TEST(DataGate, GT41ASnapshotReplacesTheDataSetItNames) {
  Case c;
  c.document.data->uri = "s3://data/train/snapshot-7/";
  c.document.data->digest = digest('7');
  c.document.data->version = "s7";

  const DataOutcome outcome = c.judge();

  ASSERT_TRUE(outcome.data);
  EXPECT_EQ(*outcome.data, (api::DataStatus{.verdict = api::DataVerdict::kAccepted,
                                            .name = "train",
                                            .uri = "s3://data/train/snapshot-7/",
                                            .digest = digest('7'),
                                            .version = "s7",
                                            .rows = 50000,
                                            .message = ""}));
  const auto used = datasets_in_use(c.datasets, outcome.data);
  ASSERT_THAT(used, SizeIs(2));
  EXPECT_EQ(used[0], c.datasets[0]);
  EXPECT_EQ(used[1].uri, "s3://data/train/snapshot-7/");
  EXPECT_EQ(used[1].digest, digest('7'));
  EXPECT_EQ(used[1].version, "s7");
  EXPECT_EQ(used[1].rows, 50000);
  EXPECT_EQ(used[1].role, api::DatasetRole::kTrain);
  EXPECT_EQ(used[1].pinning, api::Pinning::kStrong);
}

TEST(DataGate, GT41ASnapshotOfNoDigestIsPinnedWeakly) {
  Case c;
  c.document.data->uri = "s3://data/train/snapshot-7/";

  const auto used = datasets_in_use(c.datasets, c.judge().data);

  EXPECT_EQ(used[1].digest, "");
  EXPECT_EQ(used[1].pinning, api::Pinning::kWeak);
}

TEST(DataGate, GT41WithoutANameTheOnlyTrainingSetIsMeant) {
  Case c;
  c.document.data->name = "";
  c.document.data->uri = "s3://data/train/snapshot-7/";
  EXPECT_EQ(c.judge().data->name, "train");

  c.datasets.push_back(dataset("more", api::DatasetRole::kTrain, ""));
  EXPECT_EQ(c.verdict(),
            "ResultMalformed data.name: is missing: which of golden, train, more lies at "
            "data.uri?");

  c.document.data->uri = "";
  EXPECT_EQ(c.verdict(), "Accepted") << "numbers alone need no name";
}

TEST(DataGate, GT41WithoutDataSetsASnapshotStandsForItself) {
  Case c;
  c.datasets.clear();
  c.document.data->name = "";
  c.document.data->uri = "s3://data/collected/";
  c.document.data->digest = digest('7');

  const DataOutcome outcome = c.judge();

  ASSERT_TRUE(outcome.data);
  EXPECT_EQ(outcome.data->name, "");
  EXPECT_EQ(outcome.data->uri, "s3://data/collected/");
  EXPECT_EQ(outcome.data->digest, digest('7'));
}

TEST(DataGate, GT41AnUnknownDataSetIsAMismatch) {
  Case c;
  c.document.data->name = "trian";

  EXPECT_EQ(c.verdict(),
            "ResultMismatch data.name: trian is no data set of this run, which has golden, train");
}

TEST(DataGate, GT41ThePinnedUriWithAnotherDigestIsAMismatch) {
  for (const std::string_view uri : {"", "s3://data/train"}) {
    Case c;
    c.document.data->uri = uri;
    c.document.data->digest = digest('9');

    EXPECT_EQ(c.verdict(), "ResultMismatch data.digest: train at s3://data/train is " +
                               digest('9') + " now, this run began with " + digest('2'));
    EXPECT_EQ(c.judge().data, std::nullopt);
  }
}

TEST(DataGate, GT41ThePinnedDataSetIsRecordedWithWhatIsKnown) {
  Case c;
  c.document.data->rows = std::nullopt;

  const DataOutcome outcome = c.judge();

  EXPECT_EQ(*outcome.data, (api::DataStatus{.verdict = api::DataVerdict::kAccepted,
                                            .name = "train",
                                            .uri = "s3://data/train",
                                            .digest = digest('2'),
                                            .version = "v1",
                                            .rows = 1000,
                                            .message = ""}));
  EXPECT_EQ(datasets_in_use(c.datasets, outcome.data), c.datasets);
  EXPECT_EQ(datasets_in_use(c.datasets, std::nullopt), c.datasets);
}

TEST(DataGate, GT41ADigestFoundLaterPinsNothing) {
  Case c;
  c.datasets[1] = dataset("train", api::DatasetRole::kTrain, "");
  c.document.data->digest = digest('9');

  const DataOutcome outcome = c.judge();

  EXPECT_EQ(outcome.data->digest, digest('9'));
  EXPECT_EQ(datasets_in_use(c.datasets, outcome.data)[1].pinning, api::Pinning::kWeak);
}

}  // namespace
}  // namespace kaizen::core
