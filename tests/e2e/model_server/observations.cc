#include "observations.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <mutex>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "softmax.h"

namespace kaizen::e2e {

void Observations::Histogram::add(double value) {
  const auto bound = std::lower_bound(bounds.begin(), bounds.end(), value);
  ++counts[static_cast<size_t>(std::distance(bounds.begin(), bound))];
  sum += value;
}

void Observations::Histogram::write(std::string_view name,
                                    std::string_view labels,
                                    std::string& text) const {
  const std::string_view comma = labels.empty() ? "" : ",";
  uint64_t seen = 0;
  for (size_t i = 0; i < bounds.size(); ++i) {
    seen += counts[i];
    text += fmt::format("{}_bucket{{{}{}le=\"{}\"}} {}\n", name, labels, comma, bounds[i], seen);
  }
  seen += counts.back();
  text += fmt::format("{}_bucket{{{}{}le=\"+Inf\"}} {}\n", name, labels, comma, seen);
  text += fmt::format("{}_sum{{{}}} {}\n", name, labels, sum);
  text += fmt::format("{}_count{{{}}} {}\n", name, labels, seen);
}

Observations::Observations(std::vector<std::string> classes,
                           const std::map<std::string, std::vector<double>>& histograms)
    : classes_(std::move(classes)), answers_(classes_.size(), 0) {
  for (const auto& [name, bounds] : histograms) {
    histograms_[name] = {bounds, std::vector<uint64_t>(bounds.size() + 1, 0), 0};
  }
}

void Observations::add(std::string_view name, double value) {
  const auto found = histograms_.find(name);
  if (found != histograms_.end()) found->second.add(value);
}

void Observations::record(const std::vector<double>& features, size_t answer, double confidence) {
  const auto count = static_cast<double>(std::max<size_t>(1, features.size()));
  const double mean = std::accumulate(features.begin(), features.end(), 0.0) / count;
  double squares = 0;
  for (const double value : features) squares += (value - mean) * (value - mean);
  const std::scoped_lock lock(mutex_);
  add(kLuminance, mean);
  add(kContrast, std::sqrt(squares / count));
  add(kConfidence, confidence);
  ++answers_.at(answer);
}

void Observations::record_truth(bool right) {
  const std::scoped_lock lock(mutex_);
  ++truths_;
  if (!right) ++misses_;
}

std::string Observations::exposition() const {
  const std::scoped_lock lock(mutex_);
  std::string text =
      "# HELP model_predictions_total Answers by class.\n"
      "# TYPE model_predictions_total counter\n";
  for (size_t i = 0; i < classes_.size(); ++i) {
    text += fmt::format("model_predictions_total{{class=\"{}\"}} {}\n", classes_[i], answers_[i]);
  }
  text += fmt::format(
      "# HELP model_label_total Questions that came with the true class.\n"
      "# TYPE model_label_total counter\n"
      "model_label_total {}\n"
      "# HELP model_label_misses_total Those of them that were answered wrongly.\n"
      "# TYPE model_label_misses_total counter\n"
      "model_label_misses_total {}\n",
      truths_, misses_);
  const auto confidence = histograms_.find(kConfidence);
  if (confidence != histograms_.end()) {
    text +=
        "# HELP model_prediction_confidence Probability of the answered class.\n"
        "# TYPE model_prediction_confidence histogram\n";
    confidence->second.write("model_prediction_confidence", "", text);
  }
  if (histograms_.size() > (confidence != histograms_.end() ? 1U : 0U)) {
    text +=
        "# HELP model_feature_value Measures of the images that were sent.\n"
        "# TYPE model_feature_value histogram\n";
  }
  for (const auto& [name, histogram] : histograms_) {
    if (name == kConfidence) continue;
    histogram.write("model_feature_value", fmt::format("feature=\"{}\"", name), text);
  }
  return text;
}

}  // namespace kaizen::e2e
