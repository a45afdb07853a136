#include "vectors/input.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "stats/betting.h"
#include "stats/counts.h"

namespace kaizen::vectors {

using nlohmann::json;

Input::Input(const json& object) : object_(&object) {
  if (!object.is_object()) fail("in: not an object");
}

void Input::fail(std::string why) {
  if (error_.empty()) error_ = std::move(why);
}

bool Input::has(const char* name) const {
  const auto at = object_->is_object() ? object_->find(name) : object_->end();
  return at != object_->end() && !at->is_null();
}

double Input::number(const char* name, double low, double high) {
  return checked(name, member(name), low, high);
}

std::vector<double> Input::numbers(const char* name, double low, double high) {
  std::vector<double> values;
  for (const json& item : list(name)) values.push_back(checked(name, item, low, high));
  return values;
}

double Input::real(const char* name) {
  if (const std::optional<double> value = real_of(member(name))) return *value;
  fail(fmt::format("{}: not a number", name));
  return 0.0;
}

std::vector<double> Input::reals(const char* name) {
  std::vector<double> values;
  for (const json& item : list(name)) {
    const std::optional<double> value = real_of(item);
    if (!value) fail(fmt::format("{}: not numbers", name));
    values.push_back(value.value_or(0.0));
  }
  return values;
}

double Input::rate(const char* name) {
  const double value = number(name, 0.0, 1.0);
  if (ok() && (value <= 0.0 || value >= 1.0)) fail(fmt::format("{}: not inside (0, 1)", name));
  return value;
}

int64_t Input::count(const char* name) {
  return integer(name, member(name));
}

bool Input::flag(const char* name) {
  const json& value = member(name);
  if (value.is_boolean()) return value.get<bool>();
  fail(fmt::format("{}: neither true nor false", name));
  return false;
}

std::string Input::text(const char* name) {
  const json& value = member(name);
  if (value.is_string()) return value.get<std::string>();
  fail(fmt::format("{}: not a text", name));
  return {};
}

std::vector<std::string> Input::texts(const char* name) {
  std::vector<std::string> values;
  for (const json& item : list(name)) {
    if (!item.is_string()) fail(fmt::format("{}: not a list of texts", name));
    values.push_back(item.is_string() ? item.get<std::string>() : std::string());
  }
  return values;
}

Input Input::object(const char* name) {
  Input part(member(name));
  if (!part.ok()) fail(fmt::format("{}: not an object", name));
  return part;
}

std::vector<Input> Input::objects(const char* name) {
  std::vector<Input> parts;
  for (const json& item : list(name)) {
    parts.emplace_back(item);
    if (!parts.back().ok()) fail(fmt::format("{}: not a list of objects", name));
  }
  return parts;
}

void Input::adopt(const Input& part) {
  if (!part.ok()) fail(part.error());
}

std::vector<std::string> Input::names() const {
  std::vector<std::string> result;
  if (!object_->is_object()) return result;
  for (const auto& [name, value] : object_->items()) result.push_back(name);
  return result;
}

int Input::direction() {
  const double value = number("direction", -1.0, 1.0);
  if (ok() && value != 1.0 && value != -1.0) fail("direction: neither 1 nor -1");
  return value < 0.0 ? -1 : 1;
}

int32_t Input::restarts() {
  return static_cast<int32_t>(number("restarts", 0.0, 1e6));
}

stats::Line Input::line() {
  return {.a = number("a", 0.0, 0.999), .b = number("b", 1e-3, 1e3)};
}

stats::Counts Input::counts(const char* n, const char* x) {
  const stats::Counts value{.n = count(n), .x = count(x)};
  if (ok() && !stats::plausible(value)) fail(fmt::format("{} > {}", x, n));
  return value;
}

std::vector<std::vector<int64_t>> Input::rows(const char* name) {
  std::vector<std::vector<int64_t>> result;
  for (const json& item : list(name)) {
    if (!item.is_array()) fail(fmt::format("{}: not a list of lists", name));
    std::vector<int64_t>& row = result.emplace_back();
    for (const json& cell : item) {
      if (cell.is_array()) {
        for (const json& inner : cell) row.push_back(integer(name, inner));
      } else {
        row.push_back(integer(name, cell));
      }
    }
  }
  return result;
}

const json& Input::member(const char* name) {
  static const json none;
  const auto at = object_->is_object() ? object_->find(name) : object_->end();
  if (at != object_->end()) return *at;
  fail(fmt::format("{}: missing", name));
  return none;
}

const json& Input::list(const char* name) {
  static const json none = json::array();
  const json& value = member(name);
  if (value.is_array()) return value;
  fail(fmt::format("{}: not a list", name));
  return none;
}

double Input::checked(const char* name, const json& value, double low, double high) {
  const double number = value.is_number() ? value.get<double>() : std::nan("");
  if (number >= low && number <= high) return number;
  fail(fmt::format("{}: not a number from {} to {}", name, low, high));
  return 0.0;
}

int64_t Input::integer(const char* name, const json& value) {
  const double number = checked(name, value, 0.0, static_cast<double>(stats::kMaxCount));
  if (number != std::floor(number)) fail(fmt::format("{}: not an integer", name));
  return static_cast<int64_t>(number);
}

std::optional<double> real_of(const json& value) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return std::nullopt;
  const std::string_view name = value.get_ref<const std::string&>();
  if (name == "+Inf") return kInfinity;
  if (name == "-Inf") return -kInfinity;
  if (name == "NaN") return std::numeric_limits<double>::quiet_NaN();
  return std::nullopt;
}

}  // namespace kaizen::vectors
