// Telemetry that keeps what it is told, and a folder that goes with its object, for tests of this
// room.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "telemetry/telemetry.h"

namespace kaizen::app {

class Notebook final : public telemetry::Telemetry {
 public:
  void count(const telemetry::MetricInfo& info,
             std::initializer_list<std::string_view> labels,
             double by) override {
    counts[series(info, labels)] += by;
  }

  void set(const telemetry::MetricInfo& info,
           std::initializer_list<std::string_view> labels,
           double value) override {
    counts[series(info, labels)] = value;
  }

  void observe(const telemetry::MetricInfo& info,
               std::initializer_list<std::string_view> labels,
               double value) override {
    static_cast<void>(value);
    counts[series(info, labels)] += 1;
  }

  void log(const telemetry::LogLine& line) override {
    lines.push_back(base::concat({line.kind, "|", line.msg}));
  }

  std::map<std::string, double> counts;
  std::vector<std::string> lines;

 private:
  static std::string series(const telemetry::MetricInfo& info,
                            std::initializer_list<std::string_view> labels) {
    std::string text(info.name);
    for (const std::string_view label : labels) text += base::concat({" ", label});
    return text;
  }
};

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "kaizen-app-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }

  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  ~TemporaryFolder() { std::filesystem::remove_all(path_); }

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace kaizen::app
