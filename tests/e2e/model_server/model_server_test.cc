#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "classifier.h"
#include "faults.h"
#include "metrics.h"
#include "model.h"
#include "observations.h"
#include "softmax.h"

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

constexpr const char* kThreeClasses =
    R"({"format":"kaizen.e2e/softmax/v1","classes":["a","b","c"],"mean":[1,2],"scale":[2,4],)"
    R"("weights":[[1,0],[0,1],[1,1]],"intercept":[0,0.5,-1],)"
    R"("histograms":{"luminance":[1,2],"contrast":[1.5],"confidence":[0.5,0.9]}})";

TEST(Softmax, SharesOneProbabilityAmongTheClasses) {
  std::string problem;
  const auto model = Softmax::parse(kThreeClasses, problem);
  ASSERT_TRUE(model.has_value()) << problem;

  const auto probabilities = model->predict({3, 6});  // standardised 1, 1: sums 1, 1.5, 1

  ASSERT_TRUE(probabilities.has_value());
  ASSERT_EQ(probabilities->size(), 3U);
  EXPECT_NEAR((*probabilities)[0], 0.274068619, 1e-9);
  EXPECT_NEAR((*probabilities)[1], 0.451862762, 1e-9);
  EXPECT_NEAR((*probabilities)[2], 0.274068619, 1e-9);
}

TEST(Softmax, RefusesAnotherNumberOfFeaturesAndWhatIsNotFinite) {
  std::string problem;
  const auto model = Softmax::parse(kThreeClasses, problem);

  EXPECT_FALSE(model->predict({3}).has_value());
  EXPECT_FALSE(model->predict({3, 6, 9}).has_value());
  EXPECT_FALSE(model->predict({3, std::nan("")}).has_value());
}

TEST(Softmax, NamesWhatIsWrongWithAFile) {
  const auto refusal = [](std::string_view what, std::string_view by) {
    std::string text = kThreeClasses;
    text.replace(text.find(what), what.size(), by);
    std::string problem;
    EXPECT_FALSE(Softmax::parse(text, problem).has_value()) << text;
    return problem;
  };

  EXPECT_EQ(refusal("softmax/v1", "softmax/v2"),
            "not a JSON object of format kaizen.e2e/softmax/v1");
  EXPECT_EQ(refusal("[1,1]", "[1,null]"),
            "wanted two or more classes and finite numbers in mean, scale, weights, intercept");
  const std::string misfit = "classes, mean, scale, weights and intercept do not fit together";
  EXPECT_EQ(refusal("[1,1]", "[1]"), misfit);
  EXPECT_EQ(refusal(R"(["a","b","c"])", R"(["a","b"])"), misfit);
  EXPECT_EQ(refusal("[2,4]", "[2,0]"), misfit);
  EXPECT_EQ(refusal("[1.5]", "[1.5,1.5]"), "histograms: bounds of contrast do not grow");
  EXPECT_EQ(refusal("luminance", "sharpness"), "histograms: no such measure: sharpness");
}

TEST(Model, AnswersWithTheLikeliestClassOfEitherKind) {
  std::string problem;
  const auto three = Model::parse(kThreeClasses, problem);
  const auto two = Model::parse(kModel, problem);
  ASSERT_TRUE(three.has_value() && two.has_value()) << problem;

  EXPECT_EQ(three->predict({3, 6})->chosen, 1U);
  EXPECT_EQ(three->classes().size(), 3U);
  EXPECT_EQ(two->predict({3, 2})->chosen, 1U);
  EXPECT_NEAR(two->predict({3, 2})->confidence, 0.817574476, 1e-9);
  EXPECT_EQ(two->predict({-9, 2})->chosen, 0U);
  EXPECT_NEAR(two->predict({-9, 2})->answered, 0.010986943, 1e-9);  // 0.5 - 5
  EXPECT_NEAR(two->predict({-9, 2})->confidence, 0.989013057, 1e-9);
  EXPECT_TRUE(two->histograms().empty());
}

TEST(Model, IsTheFileOrTheOnlyJsonFileOfAFolder) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(testing::TempDir()) / "model_server_test";
  fs::remove_all(folder);
  fs::create_directories(folder);
  std::string problem;

  EXPECT_EQ(find_model_file(folder.string(), problem), "");
  EXPECT_EQ(problem, folder.string() + " holds 0 files *.json, wanted one");

  std::ofstream(folder / "model.json") << kModel;
  std::ofstream(folder / "notes.txt") << "text";
  EXPECT_EQ(find_model_file(folder.string(), problem), (folder / "model.json").string());
  EXPECT_EQ(find_model_file((folder / "model.json").string(), problem),
            (folder / "model.json").string());

  std::ofstream(folder / "profile.json") << "{}";
  EXPECT_EQ(find_model_file(folder.string(), problem), "");
  fs::remove_all(folder);
}

TEST(Observations, CountsMeasuresConfidenceAnswersAndTruths) {
  Observations seen({"a", "b"},
                    {{"luminance", {1, 2}}, {"contrast", {0.5}}, {"confidence", {0.9}}});
  seen.record({1, 3}, 1, 0.95);     // mean 2, deviation 1
  seen.record({0.5, 0.5}, 0, 0.9);  // mean 0.5, deviation 0
  seen.record_truth(true);
  seen.record_truth(false);

  const std::string text = seen.exposition();

  for (const std::string_view line : {
           "model_predictions_total{class=\"a\"} 1\n",
           "model_predictions_total{class=\"b\"} 1\n",
           "model_label_total 2\n",
           "model_label_misses_total 1\n",
           "model_feature_value_bucket{feature=\"luminance\",le=\"1\"} 1\n",
           "model_feature_value_bucket{feature=\"luminance\",le=\"2\"} 2\n",
           "model_feature_value_bucket{feature=\"luminance\",le=\"+Inf\"} 2\n",
           "model_feature_value_sum{feature=\"luminance\"} 2.5\n",
           "model_feature_value_count{feature=\"luminance\"} 2\n",
           "model_feature_value_bucket{feature=\"contrast\",le=\"0.5\"} 1\n",
           "model_prediction_confidence_bucket{le=\"0.9\"} 1\n",
           "model_prediction_confidence_bucket{le=\"+Inf\"} 2\n",
       }) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "in\n" << text;
  }
}

TEST(Observations, EverySeriesIsThereFromTheStart) {
  const Observations none({"a", "b"}, {{"luminance", {1}}});

  const std::string text = none.exposition();

  EXPECT_NE(text.find("model_predictions_total{class=\"b\"} 0\n"), std::string::npos);
  EXPECT_NE(text.find("model_feature_value_count{feature=\"luminance\"} 0\n"), std::string::npos);
  EXPECT_EQ(text.find("model_prediction_confidence"), std::string::npos);
}

}  // namespace
}  // namespace kaizen::e2e
