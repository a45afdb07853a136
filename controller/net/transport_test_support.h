// What tests of the transport share: a clock set by hand, endpoints, sinks and files.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/http.h"
#include "base/result.h"
#include "base/time.h"
#include "net/cpprest_transport.h"
#include "net/scripted_server_test_support.h"
#include "net/transport.h"

namespace kaizen::net::testing {

using namespace std::chrono_literals;

class ManualClock final : public base::Clock {
 public:
  base::Time now() const override { return base::Time::from_unix_us(us_.load()); }

  base::MonoTime mono() const override { return base::MonoTime::from_us(us_.load()); }

  void advance(base::Duration span) { us_ += span.count(); }

 private:
  std::atomic<int64_t> us_{1'000'000'000};
};

// Reports of one transport, copied.
struct Seen {
  std::vector<int> statuses;
  std::vector<std::string> problems;
  std::vector<std::string> warnings;
};

inline CallObserver into(Seen& seen) {
  return [&seen](const CallReport& report) {
    seen.statuses.push_back(report.status);
    seen.problems.emplace_back(report.problem);
    seen.warnings.insert(seen.warnings.end(), report.warnings.begin(), report.warnings.end());
  };
}

inline std::unique_ptr<Transport> transport_to(Endpoint endpoint,
                                               const base::Clock& clock,
                                               CallObserver observer = {}) {
  auto made = make_cpprest_transport(std::move(endpoint), clock, std::move(observer));
  EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.error().message);
  return made.ok() ? std::move(made).value() : nullptr;
}

inline base::HttpRequest get(std::string target = "/") {
  return {.method = "GET", .target = std::move(target), .headers = {}, .body = {}};
}

inline base::HttpRequest post(std::string body, std::string target = "/things") {
  return {.method = "POST",
          .target = std::move(target),
          .headers = {{.name = "Content-Type", .value = "application/json"}},
          .body = std::move(body)};
}

inline CallLimits within(base::Duration total) {
  CallLimits limits;
  limits.total = total;
  return limits;
}

inline std::shared_ptr<const TlsOptions> tls(Identity identity) {
  return std::make_shared<TlsOptions>(
      TlsOptions{.identity = std::move(identity), .client_ca = {}, .max_version = 0});
}

// Collects a stream; `on_block` may end it by returning false.
class Collector final : public ByteSink {
 public:
  std::function<bool(std::string_view)> on_block = [](std::string_view) { return true; };
  std::vector<int> opened;
  std::string bytes;
  size_t blocks = 0;

  void on_open(const base::HttpResponse& head) override { opened.push_back(head.status); }

  bool on_bytes(std::string_view block) override {
    bytes.append(block);
    ++blocks;
    return on_block(block);
  }
};

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "kaizen-net-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }

  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  ~Folder() { std::filesystem::remove_all(path_); }

  std::string file(std::string_view name) const { return (path_ / name).string(); }

  std::string write(std::string_view name, std::string_view text) const {
    std::ofstream(file(name), std::ios::binary | std::ios::trunc) << text;
    return file(name);
  }

 private:
  std::filesystem::path path_;
};

}  // namespace kaizen::net::testing
