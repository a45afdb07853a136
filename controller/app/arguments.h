// Arguments: the command line of `kaizen`. Pure but for CLI11, whose exceptions end here.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>

#include "app/api_server.h"
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
  ListenAddress health{"", 8081};  // R2-42
  ListenAddress metrics{"", 8080};
  telemetry::Level log_level = telemetry::Level::kInfo;
  int32_t workers = 4;
};

// What to print to standard output before exiting with 0.
struct PrintText {
  std::string text;
};

using Arguments = std::variant<OperatorArguments, PrintText>;

// `arguments` without the program's name. Error (kTerminal): the message for standard error; the
// exit status is 2.
base::Result<Arguments> parse_arguments(std::span<const char* const> arguments);

}  // namespace kaizen::app
