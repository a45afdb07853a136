// Arguments: the command line of `kaizen`. Pure but for CLI11, whose exceptions end here.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <variant>

#include "app/api_server.h"
#include "base/duration.h"
#include "base/result.h"
#include "telemetry/telemetry.h"

namespace kaizen::app {

struct ListenAddress {
  std::string host;  // empty: every interface
  uint16_t port = 0;

  bool operator==(const ListenAddress&) const = default;
};

struct OperatorArguments {
  ApiServerFlags api;
  std::string config_file;         // empty: no metric sources
  std::string zone_directory;      // of TZif files (TG-12)
  ListenAddress health{"", 8081};  // R2-42
  ListenAddress metrics{"", 8080};
  telemetry::Level log_level = telemetry::Level::kInfo;
  int32_t workers = 4;
};

// `kaizen load`.
struct LoadArguments {
  std::string uri;
  std::string digest;         // empty: not verified, only reported
  std::string destination;    // the folder to make
  std::string access_folder;  // files with credentials and settings; empty: the environment alone
  std::string report_file;    // the pod's termination message; empty: none
  int64_t max_bytes = int64_t{1} << 40U;
  base::Duration deadline = std::chrono::minutes(30);
  base::Duration patience = std::chrono::minutes(5);
  base::Duration idle = std::chrono::seconds(60);
};

// What to print to standard output before exiting with 0.
struct PrintText {
  std::string text;
};

using Arguments = std::variant<OperatorArguments, LoadArguments, PrintText>;

// `arguments` without the program's name. Error (kTerminal): the message for standard error; the
// exit status is 2, of `kaizen load` 64 (EX_USAGE).
base::Result<Arguments> parse_arguments(std::span<const char* const> arguments);

}  // namespace kaizen::app
