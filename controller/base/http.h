// HttpRequest and HttpResponse: plain values that every room may build and read. Who sends them is
// net's business.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.h"

namespace kaizen::base {

struct Header {
  std::string name;
  std::string value;

  bool operator==(const Header&) const = default;
};

struct HttpRequest {
  std::string method = "GET";
  std::string target =
      "/";  // path and query, already percent-encoded; the server is the transport's
  std::vector<Header> headers;
  std::string body;

  bool operator==(const HttpRequest&) const = default;
};

struct HttpResponse {
  int32_t status = 0;
  std::vector<Header> headers;
  std::string body;

  bool operator==(const HttpResponse&) const = default;
};

// The first header of that name, compared without case; nullopt when absent.
std::optional<std::string_view> find_header(const std::vector<Header>& headers,
                                            std::string_view name);

// `Retry-After` in whole seconds, capped at 60 s (RT-12). Dates and malformed values give nullopt.
std::optional<Duration> retry_after(const std::vector<Header>& headers);

// Answers requests that arrive at one of our own endpoints; called from server threads, must not
// block for long.
class HttpHandler {
 public:
  HttpHandler() = default;
  HttpHandler(const HttpHandler&) = delete;
  HttpHandler& operator=(const HttpHandler&) = delete;
  virtual ~HttpHandler() = default;

  virtual HttpResponse handle(const HttpRequest& request) = 0;
};

}  // namespace kaizen::base
