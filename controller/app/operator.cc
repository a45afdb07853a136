#include "app/operator.h"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

#include "app/api_server.h"
#include "app/arguments.h"
#include "app/call_watcher.h"
#include "app/config.h"
#include "app/endpoints.h"
#include "app/environment.h"
#include "app/signals.h"
#include "app/url.h"
#include "app/version.h"
#include "app/zone_files.h"
#include "base/error.h"
#include "base/ref.h"
#include "base/result.h"
#include "base/text.h"
#include "core/rollout/decide.h"
#include "core/schedule/zone_data.h"
#include "drive/clock.h"
#include "drive/runtime.h"
#include "ext/registry.h"
#include "net/cpprest_transport.h"
#include "net/http_server.h"
#include "net/transport.h"
#include "reconcile/kinds.h"
#include "reconcile/probe.h"
#include "telemetry/prometheus_telemetry.h"
#include "telemetry/telemetry.h"

namespace kaizen::app {

namespace {

// RT-14: a guard against our own mistakes; APF is what protects the server.
constexpr double kRequestsPerSecond = 50;
constexpr double kRequestBurst = 100;
constexpr size_t kCallConnections = 16;  // RT-10

constexpr int kExitTrouble = 1;
constexpr int kExitUsage = 2;

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "kaizen";
  return name.data();
}

uint64_t random_seed() {
  std::random_device device;
  return (uint64_t{device()} << 32U) | device();
}

void write_line(std::string_view line) {
  // A log that cannot be written is nowhere to be told of.
  while (!line.empty()) {
    const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
    if (written <= 0) return;
    line.remove_prefix(static_cast<size_t>(written));
  }
}

telemetry::TelemetryOptions telemetry_options(telemetry::Level level) {
  const Version& built = version();
  return {.level = level,
          .sink = write_line,
          .version = std::string(built.number),
          .revision = std::string(built.revision),
          .compiler = std::string(built.compiler)};
}

// Owns everything; members end in reverse order.
class Operator {
 public:
  explicit Operator(const OperatorArguments& arguments)
      : arguments_(arguments),
        telemetry_(clock_, telemetry_options(arguments.log_level)),
        watcher_(clock_, telemetry_) {}

  int run();

 private:
  void read_zones();
  base::Result<base::Unit> connect();
  base::Result<std::unique_ptr<net::Transport>> connect_api(net::Endpoint endpoint,
                                                            size_t connections);
  base::Result<std::unique_ptr<net::Transport>> connect_source(const MetricSourceConfig& source);
  void make_runtime();
  base::Result<base::Unit> serve();
  bool is_live();
  std::string exposition();
  int fail(int status, const base::Error& error);

  const OperatorArguments& arguments_;
  drive::SystemClock clock_;
  telemetry::PrometheusTelemetry telemetry_;
  CallWatcher watcher_;
  Config config_;
  base::Ref<core::ZoneData> zones_;
  std::string api_url_;
  std::unique_ptr<net::Transport> calls_;
  std::unique_ptr<net::Transport> watches_;
  std::map<std::string, std::unique_ptr<net::Transport>> sources_;
  std::unique_ptr<drive::Runtime> runtime_;
  std::unique_ptr<HealthEndpoint> health_;
  std::unique_ptr<MetricsEndpoint> metrics_;
  std::unique_ptr<net::HttpServer> health_server_;
  std::unique_ptr<net::HttpServer> metrics_server_;
};

int Operator::run() {
  if (!arguments_.config_file.empty()) {
    base::Result<Config> config = load_config(arguments_.config_file);
    if (!config.ok()) return fail(kExitUsage, config.error());
    config_ = std::move(config).value();
  }
  read_zones();
  const base::Result<base::Unit> connected = connect();
  if (!connected.ok()) return fail(kExitUsage, connected.error());
  make_runtime();
  const base::Result<base::Unit> serving = serve();
  if (!serving.ok()) return fail(kExitTrouble, serving.error());
  runtime_->start();
  telemetry_.log({.level = telemetry::Level::kInfo,
                  .msg = "operator started",
                  .fields = {{"version", version().number},
                             {"revision", version().revision},
                             {"server", api_url_},
                             {"health_port", std::to_string(health_server_->port())},
                             {"metrics_port", std::to_string(metrics_server_->port())}}});
  const std::string_view signal = await_stop_signal();
  exit_on_next_signal();
  telemetry_.log(
      {.level = telemetry::Level::kInfo, .msg = "operator stops", .fields = {{"signal", signal}}});
  // A thread that does not end still uses what is destroyed here: then nothing is.
  if (!runtime_->shut_down()) std::_Exit(kExitTrouble);
  telemetry_.log({.level = telemetry::Level::kInfo, .msg = "operator stopped"});
  return 0;
}

// Without zone data the operator works on: only what names a zone waits (TG-11).
void Operator::read_zones() {
  base::Result<LoadedZones> loaded = load_zones(arguments_.zone_directory);
  if (!loaded.ok()) {
    telemetry_.log({.level = telemetry::Level::kWarn,
                    .msg = "no time zone but UTC is known",
                    .fields = {{"error", loaded.error().message}}});
    return;
  }
  zones_ = loaded->data;
  for (const std::string& problem : loaded->problems) {
    telemetry_.log({.level = telemetry::Level::kWarn,
                    .msg = "a time zone is left out",
                    .fields = {{"error", problem}}});
  }
  telemetry_.log({.level = telemetry::Level::kInfo,
                  .msg = "time zones read",
                  .fields = {{"zones", std::to_string(zones_->zones.size())},
                             {"version", zones_->version},
                             {"sha256", zones_->sha256}}});
}

base::Result<base::Unit> Operator::connect() {
  KAIZEN_TRY(const net::Endpoint endpoint, find_api_server(arguments_.api, process_environment));
  api_url_ = endpoint.base_url;
  KAIZEN_TRY(calls_, connect_api(endpoint, kCallConnections));
  KAIZEN_TRY(watches_, connect_api(endpoint, reconcile::kWatchedCount));
  for (const MetricSourceConfig& source : config_.sources) {
    KAIZEN_TRY(sources_[source.name], connect_source(source));
  }
  return base::Unit{};
}

base::Result<std::unique_ptr<net::Transport>> Operator::connect_api(net::Endpoint endpoint,
                                                                    size_t connections) {
  endpoint.headers.push_back({"User-Agent", user_agent()});
  endpoint.max_connections = connections;
  endpoint.requests_per_second = kRequestsPerSecond;
  endpoint.burst = kRequestBurst;
  return net::make_cpprest_transport(
      std::move(endpoint), clock_,
      [this](const net::CallReport& report) { watcher_.on_api_call(report); });
}

base::Result<std::unique_ptr<net::Transport>> Operator::connect_source(
    const MetricSourceConfig& source) {
  KAIZEN_TRY(const BaseUrl url, parse_base_url(source.url));
  net::Endpoint endpoint;
  endpoint.base_url = url.origin;
  endpoint.ca_file = source.ca_file;
  endpoint.token_file = source.token_file;
  endpoint.headers_file = source.headers_file;
  endpoint.headers.push_back({"User-Agent", user_agent()});
  endpoint.max_connections = static_cast<size_t>(reconcile::ProbeLimits{}.per_endpoint);
  KAIZEN_TRY(endpoint.proxy, proxy_of(url, process_environment));
  return net::make_cpprest_transport(
      std::move(endpoint), clock_,
      [this](const net::CallReport& report) { watcher_.on_source_call(report); });
}

void Operator::make_runtime() {
  drive::RuntimeParts parts{.clock = &clock_,
                            .telemetry = &telemetry_,
                            .calls = calls_.get(),
                            .watches = watches_.get(),
                            .sources = {},
                            .decide = {.rollout = core::decide},
                            .extensions = ext::extensions(),
                            .settings = to_settings(config_)};
  parts.settings.zones = zones_;
  for (const auto& [name, transport] : sources_) parts.sources[name] = transport.get();
  runtime_ = std::make_unique<drive::Runtime>(
      std::move(parts),
      drive::RuntimeOptions{
          .workers = arguments_.workers, .instance = host_name(), .seed = random_seed()});
}

base::Result<base::Unit> Operator::serve() {
  health_ = std::make_unique<HealthEndpoint>(HealthEndpoint::Questions{
      .is_live = [this] { return is_live(); },
      .is_ready = [this] { return runtime_->is_ready(); },
  });
  metrics_ = std::make_unique<MetricsEndpoint>([this] { return exposition(); });
  KAIZEN_TRY(health_server_,
             net::start_http_server(arguments_.health.host, arguments_.health.port, *health_));
  KAIZEN_TRY(metrics_server_,
             net::start_http_server(arguments_.metrics.host, arguments_.metrics.port, *metrics_));
  return base::Unit{};
}

bool Operator::is_live() {
  const std::optional<std::string> stuck = runtime_->stuck_thread();
  if (!stuck) return true;
  telemetry_.log({.level = telemetry::Level::kError,
                  .msg = "a thread is stuck",
                  .fields = {{"thread", *stuck}}});
  return false;
}

std::string Operator::exposition() {
  runtime_->report_metrics();
  return telemetry_.exposition();
}

int Operator::fail(int status, const base::Error& error) {
  telemetry_.log({.level = telemetry::Level::kError, .msg = error.message});
  return status;
}

}  // namespace

int run_operator(const OperatorArguments& arguments) {
  block_stop_signals();
  net::start_cpprest_threads();  // before anything else touches the library (A63)
  Operator the_operator(arguments);
  return the_operator.run();
}

}  // namespace kaizen::app
