#include "classifier.h"

#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace kaizen::e2e {

std::optional<Classifier> Classifier::parse(std::string_view json, std::string& problem) {
  const auto document = nlohmann::json::parse(json, nullptr, false);
  if (!document.is_object()) {
    problem = "not a JSON object";
    return std::nullopt;
  }
  Classifier model;
  const auto read = [&](const char* name, std::vector<double>& into) {
    const auto found = document.find(name);
    if (found == document.end() || !found->is_array()) return false;
    for (const auto& value : *found) {
      if (!value.is_number()) return false;
      into.push_back(value.get<double>());
    }
    return !into.empty();
  };
  const auto intercept = document.find("intercept");
  if (!read("mean", model.mean_) || !read("scale", model.scale_) ||
      !read("weights", model.weights_) || intercept == document.end() || !intercept->is_number()) {
    problem = "wanted numbers in mean, scale, weights and intercept";
    return std::nullopt;
  }
  model.intercept_ = intercept->get<double>();
  if (model.mean_.size() != model.weights_.size() || model.scale_.size() != model.weights_.size()) {
    problem = "mean, scale and weights differ in length";
    return std::nullopt;
  }
  return model;
}

std::optional<double> Classifier::predict(const std::vector<double>& features) const {
  if (features.size() < weights_.size()) return std::nullopt;
  double sum = intercept_;
  for (size_t i = 0; i < weights_.size(); ++i) {
    if (!std::isfinite(features[i])) return std::nullopt;
    sum += weights_[i] * (features[i] - mean_[i]) / scale_[i];
  }
  return 1.0 / (1.0 + std::exp(-sum));
}

}  // namespace kaizen::e2e
