#include "faults.h"

#include <charconv>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <system_error>

namespace kaizen::e2e {

FaultDraw Faults::draw() {
  const std::scoped_lock lock(mutex_);
  std::uniform_real_distribution<double> unit(0, 1);
  FaultDraw result;
  result.error = unit(random_) < settings_.error_share;
  result.wrong = unit(random_) < settings_.wrong_share;
  if (unit(random_) < settings_.slow_share) result.wait_ms = settings_.latency_ms;
  return result;
}

std::string Faults::change(const std::map<std::string, std::string>& values) {
  const std::scoped_lock lock(mutex_);
  FaultSettings next = settings_;
  const std::map<std::string, double*> members = {{"error_share", &next.error_share},
                                                  {"wrong_share", &next.wrong_share},
                                                  {"slow_share", &next.slow_share},
                                                  {"latency_ms", &next.latency_ms}};
  for (const auto& [name, text] : values) {
    const auto member = members.find(name);
    double value = -1;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (member == members.end()) return "unknown fault " + name;
    const double limit = name == "latency_ms" ? 10000 : 1;
    if (code != std::errc() || end != text.data() + text.size() || value < 0 || value > limit) {
      return name + ": wanted a number from 0 to " + std::to_string(static_cast<int>(limit));
    }
    *member->second = value;
  }
  settings_ = next;
  return "";
}

}  // namespace kaizen::e2e
