// Model: what this server answers with, of either kind, and the file it comes from. Immutable
// after loading; any thread.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "classifier.h"
#include "softmax.h"

namespace kaizen::e2e {

struct Prediction {
  size_t chosen = 0;      // index of the class
  double confidence = 0;  // its probability
  double answered = 0;    // probability in the answer: of class 1 where there are two
};

class Model {
 public:
  // nullopt and a reason: neither kind of file.
  static std::optional<Model> parse(std::string_view json, std::string& problem);

  // nullopt: too few features for the model, or one that is not finite.
  std::optional<Prediction> predict(const std::vector<double>& features) const;

  size_t feature_count() const;
  std::vector<std::string> classes() const;
  std::map<std::string, std::vector<double>> histograms() const;

 private:
  explicit Model(std::variant<Classifier, Softmax> kind) : kind_(std::move(kind)) {}

  std::variant<Classifier, Softmax> kind_;
};

// The model file at `path`: itself, or the only .json file in a folder. "" and a reason otherwise.
std::string find_model_file(const std::string& path, std::string& problem);

}  // namespace kaizen::e2e
