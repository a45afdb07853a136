#include "app/arguments.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Error.hpp>
#include <CLI/Formatter.hpp>

#include "app/version.h"
#include "app/zone_files.h"
#include "base/duration.h"
#include "base/number.h"
#include "base/result.h"
#include "base/text.h"
#include "telemetry/log_line.h"
#include "telemetry/telemetry.h"

namespace kaizen::app {

namespace {

constexpr std::string_view kOperator = "operator";
constexpr std::string_view kLoad = "load";
constexpr std::string_view kVersion = "version";

// Texts as they come from the command line, before they are read.
struct Raw {
  ApiServerFlags api;
  std::string config_file;
  std::string zone_directory = kZoneDirectory;
  std::string health = ":8081";
  std::string metrics = ":8080";
  std::string log_level = "info";
  std::string workers = "4";
};

struct RawLoad {
  LoadArguments read;
  std::string max_bytes = "1099511627776";
  std::string deadline = "30m";
  std::string patience = "5m";
  std::string idle = "60s";
};

void describe(CLI::App& command, RawLoad& raw) {
  command.add_option("--uri", raw.read.uri, "s3://BUCKET/KEY, https://… or http://…")
      ->type_name("URI")
      ->required();
  command.add_option("--dest", raw.read.destination, "Folder to make; what is in its place goes")
      ->type_name("DIR")
      ->required();
  command
      .add_option("--digest", raw.read.digest,
                  "What the content must be; a folder that is there with it is kept")
      ->type_name("sha256:HEX");
  command
      .add_option("--access", raw.read.access_folder,
                  "Files AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, ca.crt …; they win over variables "
                  "of these names")
      ->type_name("DIR");
  command
      .add_option("--report", raw.read.report_file,
                  "File for the result as JSON, or for the reason of a failure")
      ->type_name("FILE");
  command.add_option("--max-bytes", raw.max_bytes, "Largest model that is loaded")
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--deadline", raw.deadline, "Time for everything")
      ->type_name("TIME")
      ->capture_default_str();
  command.add_option("--patience", raw.patience, "Time without anything new, over all attempts")
      ->type_name("TIME")
      ->capture_default_str();
  command.add_option("--idle", raw.idle, "Silence that ends one attempt")
      ->type_name("TIME")
      ->capture_default_str();
}

void describe(CLI::App& command, Raw& raw) {
  command.add_option("--config", raw.config_file, "Configuration file: the metric sources")
      ->type_name("FILE");
  command
      .add_option("--kubeconfig", raw.api.kubeconfig, "Outside of a pod: how to reach the cluster")
      ->type_name("FILE");
  command.add_option("--context", raw.api.context, "Context of the kubeconfig")->type_name("NAME");
  command.add_option("--server", raw.api.server, "Outside of a pod: URL of the API server")
      ->type_name("URL");
  command.add_option("--token-file", raw.api.token_file, "Bearer token for --server")
      ->type_name("FILE");
  command.add_option("--ca-file", raw.api.ca_file, "CA of --server (PEM)")->type_name("FILE");
  command.add_option("--zone-data", raw.zone_directory, "Time zones: a directory of TZif files")
      ->type_name("DIR")
      ->capture_default_str();
  command.add_option("--health-address", raw.health, "Where /livez and /readyz are served")
      ->type_name("[HOST]:PORT")
      ->capture_default_str();
  command.add_option("--metrics-address", raw.metrics, "Where /metrics is served")
      ->type_name("[HOST]:PORT")
      ->capture_default_str();
  command.add_option("--log-level", raw.log_level, "debug, info, warn or error")
      ->type_name("LEVEL")
      ->capture_default_str();
  command.add_option("--workers", raw.workers, "ModelDeployments decided at a time, 1 to 64")
      ->type_name("N")
      ->capture_default_str();
}

base::Result<ListenAddress> read_address(std::string_view flag, std::string_view text) {
  const size_t colon = text.rfind(':');
  const std::optional<int64_t> port =
      colon == std::string_view::npos ? std::nullopt : base::parse_int(text.substr(colon + 1));
  if (!port || *port < 0 || *port > 65535) {
    return base::invalid(base::concat({flag, ": `", text, "` is no [HOST]:PORT, e.g. :8081"}));
  }
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return ListenAddress{std::string(host), static_cast<uint16_t>(*port)};
}

base::Result<OperatorArguments> read(Raw raw) {
  OperatorArguments out;
  out.api = std::move(raw.api);
  out.config_file = std::move(raw.config_file);
  out.zone_directory = std::move(raw.zone_directory);
  KAIZEN_TRY(out.health, read_address("--health-address", raw.health));
  KAIZEN_TRY(out.metrics, read_address("--metrics-address", raw.metrics));
  const std::optional<telemetry::Level> level = telemetry::parse_level(raw.log_level);
  if (!level) {
    return base::invalid(
        base::concat({"--log-level: `", raw.log_level, "`; use debug, info, warn or error"}));
  }
  out.log_level = *level;
  const std::optional<int64_t> workers = base::parse_int(raw.workers);
  if (!workers || *workers < 1 || *workers > 64) {
    return base::invalid(
        base::concat({"--workers: `", raw.workers, "` is no number from 1 to 64"}));
  }
  out.workers = static_cast<int32_t>(*workers);
  return out;
}

base::Result<base::Duration> read_duration(std::string_view flag, std::string_view text) {
  const std::optional<base::Duration> span = base::parse_duration(text);
  if (span && *span > base::Duration::zero()) return *span;
  return base::invalid(base::concat({flag, ": `", text, "` is no time such as 90s or 30m"}));
}

base::Result<LoadArguments> read(RawLoad raw) {
  LoadArguments out = std::move(raw.read);
  const std::optional<int64_t> bytes = base::parse_int(raw.max_bytes);
  if (!bytes || *bytes < 0) {
    return base::invalid(
        base::concat({"--max-bytes: `", raw.max_bytes, "` is no number of bytes"}));
  }
  out.max_bytes = *bytes;
  KAIZEN_TRY(out.deadline, read_duration("--deadline", raw.deadline));
  KAIZEN_TRY(out.patience, read_duration("--patience", raw.patience));
  KAIZEN_TRY(out.idle, read_duration("--idle", raw.idle));
  if (out.destination.empty()) return base::invalid("--dest: it names no folder");
  return out;
}

// The library would only say that a command is missing.
bool is_unknown_command(std::span<const char* const> arguments) {
  if (arguments.empty()) return false;
  const std::string_view first = arguments.front();
  return !first.starts_with('-') && first != kOperator && first != kLoad && first != kVersion;
}

std::string version_text() {
  const Version& built = version();
  return base::concat({"kaizen ", built.number, " (", built.revision, ", ", built.compiler, ")\n"});
}

}  // namespace

base::Result<Arguments> parse_arguments(std::span<const char* const> arguments) {
  // CLI11 takes the arguments last first.
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  Raw raw;
  RawLoad raw_load;
  bool is_load = false;
  try {
    CLI::App app("Rolls ML models out through canaries that are judged on evidence", "kaizen");
    CLI::App* const run =
        app.add_subcommand(std::string(kOperator), "Run the operator until it is stopped");
    CLI::App* const load = app.add_subcommand(
        std::string(kLoad), "Fetch a model into a folder, verify its digest, and end");
    CLI::App* const tell =
        app.add_subcommand(std::string(kVersion), "Print what this binary was built from");
    describe(*run, raw);
    describe(*load, raw_load);
    app.require_subcommand(1);
    if (is_unknown_command(arguments)) {
      return base::invalid(
          base::concat({"`", arguments.front(), "` is no command; see kaizen --help"}));
    }
    try {
      app.parse(reversed);
    } catch (const CLI::CallForHelp&) {
      return Arguments(PrintText{(run->parsed() ? run : load->parsed() ? load : &app)->help()});
    }
    is_load = load->parsed();
    if (tell->parsed()) return Arguments(PrintText{version_text()});
  } catch (const CLI::Error& failed) {
    return base::invalid(base::concat({failed.what(), "; see kaizen --help"}));
  }
  if (is_load) {
    KAIZEN_TRY(LoadArguments to_load, read(std::move(raw_load)));
    return Arguments(std::move(to_load));
  }
  KAIZEN_TRY(OperatorArguments read_all, read(std::move(raw)));
  return Arguments(std::move(read_all));
}

}  // namespace kaizen::app
