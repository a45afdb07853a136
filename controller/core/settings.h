// Settings: the operator-wide configuration that decisions read. Immutable; app/ loads it from the
// configuration file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.h"
#include "base/ref.h"
#include "core/schedule/zone_data.h"

namespace kaizen::core {

// One Prometheus that the administrator named (R2-15, R3-19). URL, trust and credentials are the
// transport's; decisions need only what shapes the questions.
struct MetricSource {
  std::string name;
  std::string path_prefix;  // path part of the source's URL, without a trailing slash
  std::string namespace_label = "namespace";
  std::string pod_label = "pod";
  base::Duration scrape_interval = std::chrono::seconds(15);

  bool operator==(const MetricSource&) const = default;
};

// The webhook that notifications go to (DR-120). Host, trust and credentials are the transport's.
struct NotificationSink {
  std::string target = "/";  // path and query of its URL

  bool operator==(const NotificationSink&) const = default;
};

// Probe::endpoint of that webhook; no metric source may have this name.
inline constexpr std::string_view kNotificationEndpoint = "notifications";

struct Settings {
  std::vector<MetricSource> metric_sources;
  std::string default_metric_source;                // empty: none
  std::optional<NotificationSink> notifications{};  // nullopt: Events are all there is
  base::Ref<ZoneData> zones{};                      // null: UTC alone is known

  bool operator==(const Settings&) const = default;
};

}  // namespace kaizen::core
