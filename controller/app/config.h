// Config: the operator's configuration file (R3-19): which metric sources a ModelDeployment may
// name. Read once at the start; a value, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/duration.h"
#include "base/result.h"
#include "core/settings.h"

namespace kaizen::app {

// One Prometheus. Files are read by the transport when it needs them, and again when they change,
// so they may appear after the start (RT-89).
struct MetricSourceConfig {
  std::string name;
  std::string url;  // http:// or https://, with a path when the server is below one
  std::string ca_file;
  std::string token_file;
  std::string headers_file;
  std::string namespace_label = "namespace";
  std::string pod_label = "pod";
  base::Duration scrape_interval = std::chrono::seconds(15);

  bool operator==(const MetricSourceConfig&) const = default;
};

struct Config {
  std::string default_source;  // empty: none
  std::vector<MetricSourceConfig> sources;

  bool operator==(const Config&) const = default;
};

// Strict: an unknown key, a missing or repeated one, a value of another form is an error
// (kTerminal) that names `file`, line, path and remedy.
base::Result<Config> parse_config(std::string_view text, std::string_view file);

// Error (kTerminal): the file cannot be read, or as parse_config(). Blocks on the file.
base::Result<Config> load_config(const std::string& file);

// What decisions need to know of it.
core::Settings to_settings(const Config& config);

}  // namespace kaizen::app
