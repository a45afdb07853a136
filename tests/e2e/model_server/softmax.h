// Softmax: a linear classifier of several classes over standardised features, read from the JSON
// that the trainer writes (tests/e2e/trainer). Immutable after loading; any thread.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kaizen::e2e {

// Names of the histograms that a model may ask for.
inline constexpr std::string_view kLuminance = "luminance";    // mean of the features
inline constexpr std::string_view kContrast = "contrast";      // their standard deviation
inline constexpr std::string_view kConfidence = "confidence";  // probability of the chosen class

class Softmax {
 public:
  static constexpr std::string_view kFormat = "kaizen.e2e/softmax/v1";

  // nullopt and a reason: not the file that the trainer writes.
  static std::optional<Softmax> parse(std::string_view json, std::string& problem);

  // One probability per class. nullopt: another number of features than the model was trained
  // with, or one that is not finite.
  std::optional<std::vector<double>> predict(const std::vector<double>& features) const;

  size_t feature_count() const { return mean_.size(); }

  const std::vector<std::string>& classes() const { return classes_; }

  // Upper bounds of buckets by histogram, growing.
  const std::map<std::string, std::vector<double>>& histograms() const { return histograms_; }

 private:
  std::vector<std::string> classes_;
  std::vector<double> mean_;
  std::vector<double> scale_;
  std::vector<std::vector<double>> weights_;  // by class
  std::vector<double> intercept_;
  std::map<std::string, std::vector<double>> histograms_;
};

}  // namespace kaizen::e2e
