#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "api/model_deployment.h"
#include "api/object.h"
#include "base/error.h"
#include "base/result.h"
#include "base/text.h"
#include "core/extensions.h"
#include "ext/sources/prometheus/preset_internal.h"
#include "ext/sources/prometheus/promql_internal.h"

namespace kaizen::ext::prometheus {
namespace {

// "404" or "5xx": three characters, the first says the class.
bool is_server_error(std::string_view status) {
  return status.size() == 3 && status.front() == '5';
}

// ---- http: plain RED names, reported by the pod ----

// Depends on the library of the model server; in this order.
constexpr std::array<std::string_view, 3> kStatusLabels = {"code", "status", "status_code"};

// Probes and scrapes are no traffic. A matcher that excludes never fails on an absent label.
constexpr std::string_view kOwnPaths = "/metrics|/healthz|/livez|/readyz|/v2/health/.*";

// MP-2: what picks the pods of the question.
std::string pod_matchers(const core::Question& question) {
  std::vector<std::string> pods;
  for (const core::Arm* arm : asked_arms(question)) pods.push_back(arm->pods);
  return base::concat({question.source.namespace_label, "=", quote(question.ns), ",",
                       question.source.pod_label, "=~", quote(base::join(pods, "|"))});
}

std::string http_matchers(const core::Question& question) {
  const std::string paths = quote(kOwnPaths);
  return base::concat({pod_matchers(question), ",path!~", paths, ",handler!~", paths});
}

std::string http_total(const core::Question& question) {
  return base::concat({"sum by (", question.source.pod_label,
                       ", instance, code, status, status_code) (http_requests_total{",
                       http_matchers(question), "})"});
}

std::string http_buckets(const core::Question& question) {
  return base::concat({"sum by (", question.source.pod_label,
                       ", instance, le) (http_request_duration_seconds_bucket{",
                       http_matchers(question), "})"});
}

std::string http_scraped(const core::Question& question) {
  return base::concat(
      {"sum by (", question.source.pod_label, ") (up{", pod_matchers(question), "})"});
}

bool in_pods_of(const core::Question& question,
                const core::Arm& arm,
                const api::StringMap& labels) {
  return label(labels, question.source.pod_label).starts_with(base::concat({arm.workload, "-"}));
}

Outcome http_outcome(const api::StringMap& labels) {
  for (const std::string_view name : kStatusLabels) {
    const std::string_view status = label(labels, name);
    if (!status.empty()) return is_server_error(status) ? Outcome::kError : Outcome::kSuccess;
  }
  return Outcome::kUnknown;
}

std::string pod_process(const core::Question& question, const api::StringMap& labels) {
  return base::concat({label(labels, question.source.pod_label), "/", label(labels, "instance")});
}

constexpr Preset kHttp = {
    .name = "http",
    .side = kServer,
    .total = "http_requests_total",
    .latency = "http_request_duration_seconds",
    .units_per_second = 1,
    .advice =
        "let a PodMonitor or another scrape configuration read port http (or metrics), path "
        "/metrics, of the pods with label kaizen.ml/deployment",
    .total_query = &http_total,
    .bucket_query = &http_buckets,
    .scraped_query = &http_scraped,
    .belongs_to = &in_pods_of,
    .outcome = &http_outcome,
    .process = &pod_process,
};

// ---- traefik: a proxy before the Services (docs/decisions/0013-traefik-metrics.md) ----

constexpr std::string_view kProvider = "@kubernetesgateway";

// Traefik's names hold letters, digits and single dashes.
std::string normalized(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool kept = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (kept) {
      out += c;
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
  }
  if (out.ends_with('-')) out.pop_back();
  return out;
}

// "shop-ranker-http-80", and "shop-ranker-80" of older releases, for Service shop/ranker.
std::vector<std::string> shared_names(const core::Question& question, const core::Arm& arm) {
  const std::string port = std::to_string(question.port);
  return {normalized(base::concat({question.ns, "-", arm.service, "-http-", port})),
          normalized(base::concat({question.ns, "-", arm.service, "-", port}))};
}

// The end of "httproute-…-svc-shop-ranker-0": a service of its own for each route and backend.
std::string own_suffix(const core::Question& question, const core::Arm& arm) {
  return base::concat({"-svc-", question.ns, "-", arm.service, "-"});
}

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// With target labels of the same name Prometheus keeps the exporter's own as exported_service.
std::string_view service_label(const api::StringMap& labels) {
  const std::string_view exported = label(labels, "exported_service");
  return exported.ends_with(kProvider) ? exported : label(labels, "service");
}

bool traefik_belongs(const core::Question& question,
                     const core::Arm& arm,
                     const api::StringMap& labels) {
  std::string_view name = service_label(labels);
  if (!name.ends_with(kProvider)) return false;
  name.remove_suffix(kProvider.size());
  const std::vector<std::string> shared = shared_names(question, arm);
  if (std::ranges::find(shared, name) != shared.end()) return true;
  const size_t position = name.rfind('-');
  return name.starts_with("httproute-") && position != std::string_view::npos &&
         is_digits(name.substr(position + 1)) &&
         name.substr(0, position + 1).ends_with(own_suffix(question, arm));
}

std::string traefik_services(const core::Question& question) {
  std::vector<std::string> names;
  for (const core::Arm* arm : asked_arms(question)) {
    for (const std::string& name : shared_names(question, *arm)) {
      names.push_back(regex_quote(name));
    }
    names.push_back(
        base::concat({"httproute-.+", regex_quote(own_suffix(question, *arm)), "[0-9]+"}));
  }
  return quote(base::concat({"(", base::join(names, "|"), ")", kProvider}));
}

std::string traefik_sum(const core::Question& question,
                        std::string_view metric,
                        std::string_view by) {
  const std::string services = traefik_services(question);
  return base::concat({"sum by (", question.source.pod_label,
                       ", instance, service, exported_service, ", by, ") (", metric, "{service=~",
                       services, "} or ", metric, "{exported_service=~", services, "})"});
}

std::string traefik_total(const core::Question& question) {
  return traefik_sum(question, "traefik_service_requests_total", "code");
}

std::string traefik_buckets(const core::Question& question) {
  return traefik_sum(question, "traefik_service_request_duration_seconds_bucket", "le");
}

// Every Traefik has it, whatever it serves.
std::string traefik_scraped(const core::Question&) {
  return "count(traefik_config_last_reload_success)";
}

// Of gRPC `code` is its own: unknown, deadline exceeded, resource exhausted, internal, unavailable,
// data loss are the server's doing.
constexpr std::array<std::string_view, 6> kGrpcErrors = {"2", "4", "8", "13", "14", "15"};

Outcome traefik_outcome(const api::StringMap& labels) {
  const std::string_view code = label(labels, "code");
  if (code.empty()) return Outcome::kUnknown;
  const bool grpc_error = std::ranges::find(kGrpcErrors, code) != kGrpcErrors.end();
  return grpc_error || is_server_error(code) ? Outcome::kError : Outcome::kSuccess;
}

std::string traefik_process(const core::Question& question, const api::StringMap& labels) {
  return base::concat({pod_process(question, labels), "/", service_label(labels)});
}

constexpr Preset kTraefik = {
    .name = "traefik",
    .side = kRouter,
    .total = "traefik_service_requests_total",
    .latency = "traefik_service_request_duration_seconds",
    .units_per_second = 1,
    .advice =
        "let a scrape configuration read Traefik's metrics entry point, and start Traefik with "
        "metrics.prometheus.addServicesLabels",
    .total_query = &traefik_total,
    .bucket_query = &traefik_buckets,
    .scraped_query = &traefik_scraped,
    .belongs_to = &traefik_belongs,
    .outcome = &traefik_outcome,
    .process = &traefik_process,
};

constexpr std::array<const Preset*, 2> kAll = {&kTraefik, &kHttp};

}  // namespace

base::Result<std::vector<const Preset*>> candidates(const core::Question& question) {
  if (!question.preset.empty()) {
    const auto* const found = std::ranges::find(kAll, question.preset, &Preset::name);
    if (found != kAll.end()) return std::vector<const Preset*>{*found};
    return base::invalid(
        base::concat({"metric preset ", question.preset,
                      " is not known to this version; it knows traefik and http"}));
  }
  std::vector<const Preset*> tried;
  if (question.router == api::RouterType::kGatewayApi &&
      question.side != api::MetricSide::kServer) {
    tried.push_back(&kTraefik);
  }
  if (question.side != api::MetricSide::kRouter) tried.push_back(&kHttp);
  if (tried.empty()) {
    return base::invalid(
        "spec.analysis.source: Router, but router Service reports no metrics; use Auto or Server");
  }
  return tried;
}

std::string_view label(const api::StringMap& labels, std::string_view name) {
  const auto found = labels.find(name);
  return found == labels.end() ? std::string_view() : std::string_view(found->second);
}

std::vector<const core::Arm*> asked_arms(const core::Question& question) {
  std::vector<const core::Arm*> arms;
  if (question.stable) arms.push_back(&*question.stable);
  if (question.canary) arms.push_back(&*question.canary);
  return arms;
}

}  // namespace kaizen::ext::prometheus
