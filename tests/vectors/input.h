// Input: the input of one vector case, read with its bounds. Statistics end the process on
// impossible values, so each is checked here: after the first trouble everything reads as 0 and
// `error` says what it was. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "stats/betting.h"
#include "stats/counts.h"

namespace kaizen::vectors {

class Input {
 public:
  explicit Input(const nlohmann::json& object);

  bool ok() const { return error_.empty(); }

  const std::string& error() const { return error_; }

  void fail(std::string why);

  bool has(const char* name) const;

  // A number inside [low, high].
  double number(const char* name, double low, double high);
  std::vector<double> numbers(const char* name, double low, double high);

  // Any number; "+Inf", "-Inf" and "NaN" stand for what JSON cannot say.
  double real(const char* name);
  std::vector<double> reals(const char* name);

  // Strictly between 0 and 1.
  double rate(const char* name);

  int64_t count(const char* name);
  bool flag(const char* name);
  std::string text(const char* name);
  std::vector<std::string> texts(const char* name);

  // A member or the elements of a list, as inputs of their own; hand their trouble on with `adopt`.
  Input object(const char* name);
  std::vector<Input> objects(const char* name);
  void adopt(const Input& part);

  // Names of the members of this object, in order.
  std::vector<std::string> names() const;

  // What the canary's statistics take.
  int direction();
  int32_t restarts();
  stats::Line line();
  stats::Counts counts(const char* n, const char* x);

  // [[integer or list of integers, ...], ...], flattened per row.
  std::vector<std::vector<int64_t>> rows(const char* name);

 private:
  const nlohmann::json& member(const char* name);
  const nlohmann::json& list(const char* name);
  double checked(const char* name, const nlohmann::json& value, double low, double high);
  int64_t integer(const char* name, const nlohmann::json& value);

  const nlohmann::json* object_;
  std::string error_;
};

// A number, or one of the three names of a number that JSON lacks; nullopt: neither.
std::optional<double> real_of(const nlohmann::json& value);

// One kind of cases: `run` returns what the case should have in `out` or `expect`.
struct Kind {
  std::string_view name;
  nlohmann::json (*run)(Input&);
};

// The kinds of the canary's, the drift's and the gate's files; nullptr: there is none of that name.
const Kind* canary_kind(std::string_view name);
const Kind* drift_kind(std::string_view name);
const Kind* gate_kind(std::string_view name);

}  // namespace kaizen::vectors
