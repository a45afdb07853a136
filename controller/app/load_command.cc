#include "app/load_command.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <unistd.h>

#include "app/arguments.h"
#include "app/environment.h"
#include "app/file.h"
#include "app/model_folder.h"
#include "app/signals.h"
#include "app/url.h"
#include "app/version.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/number.h"
#include "base/result.h"
#include "base/rng.h"
#include "base/text.h"
#include "base/time.h"
#include "drive/clock.h"
#include "load/access.h"
#include "load/listing.h"
#include "load/loader.h"
#include "load/model_uri.h"
#include "load/outcome.h"
#include "net/cpprest_transport.h"
#include "net/transport.h"

namespace kaizen::app {

namespace {

using load::ExitStatus;
using load::Failure;
using load::Outcome;

constexpr size_t kMaxReport = 3072;  // a pod's termination messages share 12 KiB; one has 4 KiB
// Debian's bundle, which the image holds. Named, so that the operator, which trusts the CAs it is
// given, does not load it for every connection.
constexpr std::string_view kSystemBundle = "/etc/ssl/certs/ca-certificates.crt";

Failure misconfigured(std::string message) {
  return {.status = ExitStatus::kConfiguration, .message = std::move(message)};
}

// Fires at the deadline, whatever a server does meanwhile.
class Deadline {
 public:
  explicit Deadline(base::Duration span)
      : thread_([this, span](const std::stop_token& done) {
          std::mutex mutex;
          std::condition_variable_any never;
          std::unique_lock lock(mutex);
          never.wait_for(lock, done, span, [] { return false; });
          if (!done.stop_requested()) passed_.request_stop();
        }) {}

  std::stop_token token() const { return passed_.get_token(); }

 private:
  std::stop_source passed_;
  std::jthread thread_;
};

// The files of the mounted Secret and ConfigMap, over the environment.
class Variables {
 public:
  static Outcome<Variables> read(const std::string& folder, const Environment& environment) {
    Variables variables(folder, environment);
    for (const std::string_view name : load::kAccessNames) {
      const std::string path = base::concat({folder, "/", name});
      if (folder.empty() || ::access(path.c_str(), F_OK) != 0) continue;
      base::Result<std::string> text = read_file(path);
      if (!text.ok()) return misconfigured(text.error().message);
      variables.files_[std::string(name)] = *std::move(text);
    }
    return variables;
  }

  std::optional<std::string> get(std::string_view name) const {
    const auto found = files_.find(name);
    return found != files_.end() ? std::optional(found->second) : environment_(name);
  }

  // PEM file with the CAs to trust; empty: the system's.
  std::string ca_file() const {
    if (files_.contains("ca.crt")) return base::concat({folder_, "/ca.crt"});
    for (const std::string_view name : {"AWS_CA_BUNDLE", "SSL_CERT_FILE"}) {
      std::optional<std::string> path = environment_(name);
      if (path && !path->empty()) return *std::move(path);
    }
    const bool is_there = ::access(std::string(kSystemBundle).c_str(), R_OK) == 0;
    return is_there ? std::string(kSystemBundle) : std::string();
  }

 private:
  Variables(std::string folder, Environment environment)
      : folder_(std::move(folder)), environment_(std::move(environment)) {}

  std::string folder_;
  Environment environment_;
  std::map<std::string, std::string, std::less<>> files_;
};

Outcome<std::unique_ptr<net::Transport>> connect(const load::Access& access,
                                                 const Variables& variables,
                                                 const LoadContext& context) {
  const base::Result<BaseUrl> url = parse_base_url(access.origin);
  if (!url.ok()) return misconfigured(base::concat({"the server's URL ", url.error().message}));
  net::Endpoint endpoint;
  endpoint.base_url = access.origin;
  endpoint.token = access.token;
  endpoint.headers.push_back({"User-Agent", user_agent()});
  if (url->https) endpoint.ca_file = variables.ca_file();
  base::Result<std::string> proxy = proxy_of(*url, context.environment);
  if (!proxy.ok()) return misconfigured(proxy.error().message);
  endpoint.proxy = *std::move(proxy);
  base::Result<std::unique_ptr<net::Transport>> transport =
      net::make_cpprest_transport(std::move(endpoint), context.clock, {});
  if (!transport.ok()) return misconfigured(transport.error().message);
  return std::move(transport).value();
}

Outcome<load::Loaded> load(const LoadArguments& arguments, const LoadContext& context) {
  const base::Result<load::ModelUri> uri = load::parse_model_uri(arguments.uri);
  if (!uri.ok()) return Failure{ExitStatus::kUsage, uri.error().message};
  if (!arguments.digest.empty() && !load::is_digest(arguments.digest)) {
    return Failure{ExitStatus::kUsage, "--digest: it is sha256: and 64 lower-case hex digits"};
  }
  KAIZEN_TRY(const Variables variables,
             Variables::read(arguments.access_folder, context.environment));
  KAIZEN_TRY(load::Access access, load::read_access(*uri, [&variables](std::string_view name) {
               return variables.get(name);
             }));
  KAIZEN_TRY(const std::unique_ptr<net::Transport> transport, connect(access, variables, context));
  ModelFolder folder(arguments.destination);
  base::Rng jitter(context.seed);
  const base::MonoTime started = context.clock.mono();
  const Deadline deadline(arguments.deadline);
  return load::load_model({.uri = *uri,
                           .access = std::move(access),
                           .digest = arguments.digest,
                           .max_bytes = arguments.max_bytes,
                           .deadline = arguments.deadline,
                           .started_at = started,
                           .patience = arguments.patience,
                           .idle = arguments.idle,
                           .stop = deadline.token()},
                          {.transport = *transport,
                           .clock = context.clock,
                           .folder = folder,
                           .attendant = context.attendant,
                           .jitter = jitter});
}

// For whoever reads the pod's status; a report that cannot be written changes nothing.
void report(const std::string& file, std::string_view text) {
  if (file.empty()) return;
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << base::truncate_utf8(text, kMaxReport);
}

std::string seconds_text(base::Duration took) {
  return base::format_decimal(std::chrono::duration<double>(took).count(), 3);
}

class StandardStreams final : public load::Attendant {
 public:
  void pause(base::Duration span) override { std::this_thread::sleep_for(span); }

  void note(std::string_view line) override {
    const std::string text = base::concat({"kaizen load: ", line, "\n"});
    static_cast<void>(std::fputs(text.c_str(), stderr));
  }
};

}  // namespace

int run_load(const LoadArguments& arguments, const LoadContext& context) {
  const base::MonoTime started = context.clock.mono();
  const Outcome<load::Loaded> loaded = load(arguments, context);
  if (!loaded.ok()) {
    context.attendant.note(loaded.error().message);
    report(arguments.report_file, loaded.error().message);
    return static_cast<int>(loaded.error().status);
  }
  const std::string seconds = seconds_text(context.clock.mono() - started);
  const std::string bytes = std::to_string(loaded->bytes);
  if (arguments.digest.empty()) {
    context.attendant.note(
        base::concat({"no digest was given: what lies there now was taken; to pin it, set "
                      "spec.model.digest to ",
                      loaded->digest}));
  }
  context.attendant.note(base::concat({loaded->was_there ? "it was there already: " : "loaded: ",
                                       bytes, " bytes in ", seconds, " s, ", loaded->digest}));
  const std::string json = base::concat({"{\"digest\":", base::json_quote(loaded->digest),
                                         ",\"bytes\":", bytes, ",\"seconds\":", seconds, "}"});
  report(arguments.report_file, json);
  context.print(base::concat({json, "\n"}));
  return 0;
}

int run_load(const LoadArguments& arguments) {
  block_stop_signals();
  exit_on_next_signal(static_cast<int>(ExitStatus::kTryAgain));
  net::start_cpprest_threads();  // before anything else touches the library (A63)
  const drive::SystemClock clock;
  StandardStreams streams;
  std::random_device device;
  return run_load(arguments,
                  {.environment = process_environment,
                   .clock = clock,
                   .attendant = streams,
                   .print =
                       [](std::string_view text) {
                         static_cast<void>(std::fwrite(text.data(), 1, text.size(), stdout));
                       },
                   .seed = device()});
}

}  // namespace kaizen::app
