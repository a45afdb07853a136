#include "model.h"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "classifier.h"
#include "softmax.h"

namespace kaizen::e2e {

std::optional<Model> Model::parse(std::string_view json, std::string& problem) {
  const auto document = nlohmann::json::parse(json, nullptr, false);
  if (document.is_object() && document.contains("format")) {
    auto softmax = Softmax::parse(json, problem);
    if (!softmax) return std::nullopt;
    return Model(std::move(*softmax));
  }
  auto classifier = Classifier::parse(json, problem);
  if (!classifier) return std::nullopt;
  return Model(std::move(*classifier));
}

std::optional<Prediction> Model::predict(const std::vector<double>& features) const {
  if (const auto* classifier = std::get_if<Classifier>(&kind_)) {
    const auto probability = classifier->predict(features);
    if (!probability) return std::nullopt;
    const bool positive = *probability >= 0.5;
    return Prediction{positive ? 1U : 0U, positive ? *probability : 1 - *probability, *probability};
  }
  const auto probabilities = std::get<Softmax>(kind_).predict(features);
  if (!probabilities) return std::nullopt;
  const auto best = std::max_element(probabilities->begin(), probabilities->end());
  return Prediction{static_cast<size_t>(std::distance(probabilities->begin(), best)), *best, *best};
}

size_t Model::feature_count() const {
  return std::visit([](const auto& model) { return model.feature_count(); }, kind_);
}

std::vector<std::string> Model::classes() const {
  if (const auto* softmax = std::get_if<Softmax>(&kind_)) return softmax->classes();
  return {"0", "1"};
}

std::map<std::string, std::vector<double>> Model::histograms() const {
  if (const auto* softmax = std::get_if<Softmax>(&kind_)) return softmax->histograms();
  return {};
}

std::string find_model_file(const std::string& path, std::string& problem) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!fs::is_directory(path, error)) return path;
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(path, error)) {
    if (entry.path().extension() == ".json") found.push_back(entry.path().string());
  }
  if (found.size() == 1) return found.front();
  problem = path + " holds " + std::to_string(found.size()) + " files *.json, wanted one";
  return "";
}

}  // namespace kaizen::e2e
