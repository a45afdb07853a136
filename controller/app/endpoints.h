// Endpoints: what the operator answers to probes and scrapers (RT-87, RT-88, SEC-29: constant
// bodies). Called from the http servers' threads.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/http.h"

namespace kaizen::app {

// /livez and /readyz.
class HealthEndpoint final : public base::HttpHandler {
 public:
  struct Questions {
    std::function<bool()> is_live;
    std::function<bool()> is_ready;
  };

  explicit HealthEndpoint(Questions questions) : questions_(std::move(questions)) {}

  base::HttpResponse handle(const base::HttpRequest& request) override;

 private:
  const Questions questions_;
};

// /metrics.
class MetricsEndpoint final : public base::HttpHandler {
 public:
  explicit MetricsEndpoint(std::function<std::string()> exposition)
      : exposition_(std::move(exposition)) {}

  base::HttpResponse handle(const base::HttpRequest& request) override;

 private:
  const std::function<std::string()> exposition_;
};

}  // namespace kaizen::app
