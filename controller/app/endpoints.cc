#include "app/endpoints.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/http.h"

namespace kaizen::app {

namespace {

base::HttpResponse plain(int32_t status, std::string_view text) {
  return {.status = status,
          .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
          .body = std::string(text)};
}

// The refusal of anything but a read.
std::optional<base::HttpResponse> refuse_method(const base::HttpRequest& request) {
  if (request.method == "GET" || request.method == "HEAD") return std::nullopt;
  base::HttpResponse refusal = plain(405, "method not allowed\n");
  refusal.headers.push_back({"Allow", "GET, HEAD"});
  return refusal;
}

std::string_view path_of(const base::HttpRequest& request) {
  const std::string_view target = request.target;
  return target.substr(0, target.find('?'));
}

base::HttpResponse verdict(bool good) {
  return good ? plain(200, "ok\n") : plain(503, "not ok\n");
}

}  // namespace

base::HttpResponse HealthEndpoint::handle(const base::HttpRequest& request) {
  const std::string_view path = path_of(request);
  if (path != "/livez" && path != "/readyz") return plain(404, "not found\n");
  if (std::optional<base::HttpResponse> refusal = refuse_method(request)) {
    return *std::move(refusal);
  }
  return verdict(path == "/livez" ? questions_.is_live() : questions_.is_ready());
}

base::HttpResponse MetricsEndpoint::handle(const base::HttpRequest& request) {
  if (path_of(request) != "/metrics") return plain(404, "not found\n");
  if (std::optional<base::HttpResponse> refusal = refuse_method(request)) {
    return *std::move(refusal);
  }
  return {.status = 200,
          .headers = {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}},
          .body = exposition_()};
}

}  // namespace kaizen::app
