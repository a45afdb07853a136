#include <gtest/gtest.h>

#include "classifier.h"
#include "faults.h"
#include "metrics.h"

namespace kaizen::e2e {
namespace {

constexpr const char* kModel =
    R"({"mean":[1,2],"scale":[2,4],"weights":[1,-1],"intercept":0.5,"accuracy":0.9})";

TEST(Classifier, PredictsALogisticRegressionOverStandardisedFeatures) {
  std::string problem;
  const auto model = Classifier::parse(kModel, problem);
  ASSERT_TRUE(model.has_value()) << problem;

  const auto probability = model->predict({3, 2});  // 0.5 + (3-1)/2 - 0 = 1.5

  ASSERT_TRUE(probability.has_value());
  EXPECT_NEAR(*probability, 0.817574476, 1e-9);
}

TEST(Classifier, RefusesMissingFeaturesAndBrokenFiles) {
  std::string problem;
  EXPECT_FALSE(Classifier::parse(kModel, problem)->predict({3}).has_value());
  EXPECT_FALSE(Classifier::parse("[]", problem).has_value());
  EXPECT_FALSE(Classifier::parse(R"({"mean":[1],"scale":[],"weights":[1],"intercept":0})", problem)
                   .has_value());
}

TEST(Faults, ChangesByNameAndRefusesWhatIsNotAShare) {
  Faults faults(FaultSettings{});
  EXPECT_FALSE(faults.draw().error);

  EXPECT_EQ(faults.change({{"error_share", "1"}}), "");
  EXPECT_TRUE(faults.draw().error);

  EXPECT_EQ(faults.change({{"error_share", "2"}}), "error_share: wanted a number from 0 to 1");
  EXPECT_EQ(faults.change({{"mood", "1"}}), "unknown fault mood");
  EXPECT_TRUE(faults.draw().error);
}

TEST(Metrics, CountsByCodeAndCumulatesBuckets) {
  Metrics metrics;
  metrics.record(200, 0.004);
  metrics.record(200, 0.3);
  metrics.record(500, 9);

  const std::string text = metrics.exposition();

  EXPECT_NE(text.find("http_requests_total{code=\"200\"} 2\n"), std::string::npos);
  EXPECT_NE(text.find("http_requests_total{code=\"500\"} 1\n"), std::string::npos);
  EXPECT_NE(text.find("duration_seconds_bucket{le=\"0.25\"} 1\n"), std::string::npos);
  EXPECT_NE(text.find("duration_seconds_bucket{le=\"0.5\"} 2\n"), std::string::npos);
  EXPECT_NE(text.find("duration_seconds_bucket{le=\"+Inf\"} 3\n"), std::string::npos);
}

}  // namespace
}  // namespace kaizen::e2e
