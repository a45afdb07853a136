#include "softmax.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace kaizen::e2e {

namespace {

using Json = nlohmann::json;

// False: not a list of at least one finite number.
bool read_numbers(const Json& value, std::vector<double>& into) {
  if (!value.is_array() || value.empty()) return false;
  for (const Json& member : value) {
    if (!member.is_number() || !std::isfinite(member.get<double>())) return false;
    into.push_back(member.get<double>());
  }
  return true;
}

bool read_numbers(const Json& document, const char* name, std::vector<double>& into) {
  const auto found = document.find(name);
  return found != document.end() && read_numbers(*found, into);
}

bool read_names(const Json& document, std::vector<std::string>& into) {
  const auto found = document.find("classes");
  if (found == document.end() || !found->is_array()) return false;
  for (const Json& member : *found) {
    if (!member.is_string()) return false;
    into.push_back(member.get<std::string>());
  }
  return into.size() >= 2;
}

bool read_weights(const Json& document, std::vector<std::vector<double>>& into) {
  const auto found = document.find("weights");
  if (found == document.end() || !found->is_array()) return false;
  return std::all_of(found->begin(), found->end(),
                     [&](const Json& row) { return read_numbers(row, into.emplace_back()); });
}

bool is_known(const std::string& name) {
  return name == kLuminance || name == kContrast || name == kConfidence;
}

std::string read_histograms(const Json& document,
                            std::map<std::string, std::vector<double>>& into) {
  const auto found = document.find("histograms");
  if (found == document.end()) return "";
  if (!found->is_object()) return "histograms: wanted bounds by name";
  for (const auto& [name, bounds] : found->items()) {
    std::vector<double>& numbers = into[name];
    if (!is_known(name)) return "histograms: no such measure: " + name;
    if (!read_numbers(bounds, numbers) ||
        std::adjacent_find(numbers.begin(), numbers.end(), std::greater_equal<>()) !=
            numbers.end()) {
      return "histograms: bounds of " + name + " do not grow";
    }
  }
  return "";
}

}  // namespace

std::optional<Softmax> Softmax::parse(std::string_view json, std::string& problem) {
  const Json document = Json::parse(json, nullptr, false);
  Softmax model;
  if (!document.is_object() || document.value("format", "") != kFormat) {
    problem = "not a JSON object of format " + std::string(kFormat);
    return std::nullopt;
  }
  if (!read_names(document, model.classes_) || !read_numbers(document, "mean", model.mean_) ||
      !read_numbers(document, "scale", model.scale_) || !read_weights(document, model.weights_) ||
      !read_numbers(document, "intercept", model.intercept_)) {
    problem = "wanted two or more classes and finite numbers in mean, scale, weights, intercept";
    return std::nullopt;
  }
  const size_t features = model.mean_.size();
  const size_t classes = model.classes_.size();
  const bool fits = model.scale_.size() == features && model.weights_.size() == classes &&
                    model.intercept_.size() == classes &&
                    std::all_of(model.weights_.begin(), model.weights_.end(),
                                [&](const auto& row) { return row.size() == features; }) &&
                    std::none_of(model.scale_.begin(), model.scale_.end(),
                                 [](double scale) { return scale <= 0; });
  problem = fits ? read_histograms(document, model.histograms_)
                 : "classes, mean, scale, weights and intercept do not fit together";
  if (!problem.empty()) return std::nullopt;
  return model;
}

std::optional<std::vector<double>> Softmax::predict(const std::vector<double>& features) const {
  if (features.size() != mean_.size() ||
      !std::all_of(features.begin(), features.end(), [](double v) { return std::isfinite(v); })) {
    return std::nullopt;
  }
  std::vector<double> result = intercept_;
  for (size_t c = 0; c < result.size(); ++c) {
    for (size_t i = 0; i < features.size(); ++i) {
      result[c] += weights_[c][i] * (features[i] - mean_[i]) / scale_[i];
    }
  }
  const double largest = *std::max_element(result.begin(), result.end());
  double sum = 0;
  for (double& value : result) sum += value = std::exp(value - largest);
  for (double& value : result) value /= sum;
  return result;
}

}  // namespace kaizen::e2e
