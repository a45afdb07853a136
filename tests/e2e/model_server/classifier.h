// Classifier: a logistic regression over standardised features, read from the JSON that train.py
// writes. Immutable after loading; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kaizen::e2e {

class Classifier {
 public:
  // nullopt and a reason: not the file that train.py writes.
  static std::optional<Classifier> parse(std::string_view json, std::string& problem);

  // Probability of the positive class. nullopt: fewer features than the model was trained with, or
  // one that is not finite.
  std::optional<double> predict(const std::vector<double>& features) const;

  size_t feature_count() const { return weights_.size(); }

 private:
  std::vector<double> mean_;
  std::vector<double> scale_;
  std::vector<double> weights_;
  double intercept_ = 0;
};

}  // namespace kaizen::e2e
