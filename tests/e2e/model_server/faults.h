// Faults: how badly this server behaves, on purpose. Set by arguments, changed by POST /faults; a
// "bad version" in the tests is a real process that really fails. Any thread.
#pragma once

#include <map>
#include <mutex>
#include <random>
#include <string>

namespace kaizen::e2e {

struct FaultSettings {
  double error_share = 0;  // of requests that are answered with 500
  double wrong_share = 0;  // of predictions that are turned around
  double slow_share = 0;   // of requests that wait latency_ms longer
  double latency_ms = 0;
};

struct FaultDraw {
  bool error = false;
  bool wrong = false;
  double wait_ms = 0;
};

class Faults {
 public:
  explicit Faults(const FaultSettings& settings) : settings_(settings) {}

  FaultDraw draw();

  // Members by name; an unknown name or a value that is not a share changes nothing and is the
  // answer.
  std::string change(const std::map<std::string, std::string>& values);

 private:
  std::mutex mutex_;
  FaultSettings settings_;
  std::mt19937_64 random_{20260101};
};

}  // namespace kaizen::e2e
