#include "vectors/check.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "vectors/input.h"

namespace kaizen::vectors {

namespace {

using nlohmann::json;

constexpr double kCanaryTolerance = 1e-9;  // relative above 1, absolute below
constexpr double kLoosest = 1e-3;          // a tolerance beyond it would judge nothing

// Is a number what was expected? A number that is not finite only equals itself.
struct Tolerance {
  double absolute = 0.0;
  double relative = 0.0;

  bool allows(double actual, double expected) const {
    if (std::isnan(expected)) return std::isnan(actual);
    if (std::isinf(expected) || std::isinf(actual)) return actual == expected;
    return std::abs(actual - expected) <= absolute + relative * std::abs(expected);
  }
};

// How a file is laid out: the canary's, the drift's or the gate's.
struct Layout {
  const char* kind;    // names the kind of its cases
  const char* input;   // of a case
  const char* result;  // of a case
  bool names_reals;    // "+Inf", "-Inf" and "NaN" are numbers; the file has a tolerance
  const Kind* (*find)(std::string_view name);
};

constexpr Layout kCanary{.kind = "kind",
                         .input = "in",
                         .result = "out",
                         .names_reals = false,
                         .find = canary_kind};
constexpr Layout kNamedReals[] = {{.kind = "detector",
                                   .input = "input",
                                   .result = "expect",
                                   .names_reals = true,
                                   .find = drift_kind},
                                  {.kind = "method",
                                   .input = "input",
                                   .result = "expect",
                                   .names_reals = true,
                                   .find = gate_kind}};

Layout layout_of(const json& document) {
  for (const Layout& layout : kNamedReals) {
    if (document.contains(layout.kind)) return layout;
  }
  return kCanary;
}

struct File {
  Layout layout;
  Tolerance tolerance;
};

bool same(const json& actual, const json& expected, const File& file) {
  const std::optional<double> number = real_of(expected);
  if (actual.is_number() && number && (file.layout.names_reals || expected.is_number())) {
    const auto value = actual.get<double>();
    if (file.layout.names_reals) return file.tolerance.allows(value, *number);
    return std::abs(value - *number) <=
           kCanaryTolerance * std::max({1.0, std::abs(value), std::abs(*number)});
  }
  if (actual.type() != expected.type() || actual.size() != expected.size()) return false;
  const auto alike = [&](const json& a, const json& b) { return same(a, b, file); };
  if (actual.is_array()) {
    return std::equal(actual.begin(), actual.end(), expected.begin(), alike);
  }
  if (!actual.is_object()) return actual == expected;
  return std::all_of(actual.items().begin(), actual.items().end(), [&](const auto& item) {
    const auto at = expected.find(item.key());
    return at != expected.end() && alike(item.value(), *at);
  });
}

std::string text_of(const json& object, const char* name) {
  const auto at = object.is_object() ? object.find(name) : object.end();
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

void check_case(std::string_view path,
                const Kind& kind,
                const json& item,
                const File& file,
                Report& report) {
  const char* const input = file.layout.input;
  const char* const result = file.layout.result;
  std::string name = text_of(item, "name");
  if (name.empty()) name = "(a case without a name)";
  std::string why;
  if (!item.is_object() || !item.contains(input) || !item.contains(result)) {
    why = fmt::format(": no {} or no {}", input, result);
  } else {
    Input in(item[input]);
    const json actual = kind.run(in);
    if (!in.ok()) {
      why = ": " + in.error();
    } else if (same(actual, item[result], file)) {
      ++report.passed;
      return;
    }
  }
  ++report.failed;
  report.lines += fmt::format("MISMATCH {} {}{}\n", path, name, why);
}

// nullopt: not {abs, rel} with numbers from 0 to kLoosest.
std::optional<Tolerance> tolerance_of(const json& document) {
  const auto at = document.find("tolerance");
  if (at == document.end()) return std::nullopt;
  Input in(*at);
  const Tolerance tolerance{.absolute = in.number("abs", 0.0, kLoosest),
                            .relative = in.number("rel", 0.0, kLoosest)};
  if (!in.ok()) return std::nullopt;
  return tolerance;
}

}  // namespace

Report check_text(std::string_view path, std::string_view text) {
  const auto refused = [&](std::string_view why) {
    return Report{.passed = 0, .failed = 1, .lines = fmt::format("ERROR {}: {}\n", path, why)};
  };
  const json document = json::parse(text, nullptr, false);
  if (document.is_discarded()) return refused("not JSON (which has no NaN and no Infinity)");
  if (!document.is_object()) return refused("not an object");
  File file{.layout = layout_of(document), .tolerance = {}};
  const std::string name = text_of(document, file.layout.kind);
  const Kind* const kind = file.layout.find(name);
  if (kind == nullptr) return refused(fmt::format("unknown kind \"{}\"", name));
  if (file.layout.names_reals) {
    const std::optional<Tolerance> tolerance = tolerance_of(document);
    if (!tolerance) return refused("tolerance: not {abs, rel} with small numbers");
    file.tolerance = *tolerance;
  }
  const auto cases = document.find("cases");
  if (cases == document.end() || !cases->is_array() || cases->empty()) return refused("no case");
  Report report;
  for (const json& item : *cases) check_case(path, *kind, item, file, report);
  return report;
}

Report check_folder(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().extension() == ".json") files.push_back(at->path());
  }
  if (error) {
    return {
        .passed = 0, .failed = 1, .lines = fmt::format("ERROR {}: {}\n", folder, error.message())};
  }
  if (files.empty()) {
    return {.passed = 0, .failed = 1, .lines = fmt::format("ERROR {}: no *.json\n", folder)};
  }
  std::sort(files.begin(), files.end());
  Report total;
  for (const std::filesystem::path& path : files) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const Report report =
        file.is_open() && !file.bad()
            ? check_text(path.string(), text)
            : Report{.passed = 0,
                     .failed = 1,
                     .lines = fmt::format("ERROR {}: cannot be read\n", path.string())};
    total.passed += report.passed;
    total.failed += report.failed;
    total.lines += report.lines;
  }
  return total;
}

}  // namespace kaizen::vectors
