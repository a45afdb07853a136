#include "app/config.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/file.h"
#include "app/url.h"
#include "app/yaml.h"
#include "base/duration.h"
#include "base/result.h"
#include "base/text.h"
#include "core/settings.h"

namespace kaizen::app {

namespace {

constexpr size_t kMaxSources = 64;  // A64: each has a connection pool of its own
constexpr size_t kMaxName = 63;
constexpr base::Duration kMinInterval = std::chrono::seconds(1);
constexpr base::Duration kMaxInterval = std::chrono::hours(1);

// DNS label: names of sources stand in specs, labels of metrics and messages.
bool is_source_name(std::string_view name) {
  const auto inner = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !name.empty() && name.size() <= kMaxName && std::ranges::all_of(name, inner) &&
         name.front() != '-' && name.back() != '-';
}

// A label name of Prometheus's data model.
bool is_label_name(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto inner = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && letter(name.front()) && std::ranges::all_of(name, inner);
}

// The text of an optional member, `absent` when it is not there.
base::Result<std::string> text_or(const YamlValue& map,
                                  std::string_view name,
                                  std::string_view absent) {
  const std::optional<YamlValue> member = map.member(name);
  if (!member) return std::string(absent);
  return member->text();
}

base::Result<std::string> required_text(const YamlValue& map,
                                        std::string_view name,
                                        std::string_view example) {
  const std::optional<YamlValue> member = map.member(name);
  const std::string missing = base::concat({"`", name, "` is missing, e.g. ", name, ": ", example});
  if (!member) return map.error(missing);
  KAIZEN_TRY(std::string text, member->text());
  if (text.empty()) return member->error(base::concat({"is empty, e.g. ", example}));
  return text;
}

base::Result<std::string> path_or_none(const YamlValue& map, std::string_view name) {
  const std::optional<YamlValue> member = map.member(name);
  if (!member) return std::string();
  KAIZEN_TRY(std::string path, member->text());
  if (!path.starts_with('/')) {
    return member->error(
        "is no absolute path; mount the file and name it as it appears in the container");
  }
  return path;
}

base::Result<base::Duration> read_interval(const YamlValue& source) {
  const std::optional<YamlValue> member = source.member("scrapeInterval");
  if (!member) return MetricSourceConfig{}.scrape_interval;
  KAIZEN_TRY(const std::string text, member->text());
  const std::optional<base::Duration> span = base::parse_duration(text);
  if (!span || *span < kMinInterval || *span > kMaxInterval) {
    return member->error(
        base::concat({"`", text,
                      "` is no duration between 1s and 1h; write what the scrape configuration of "
                      "this Prometheus says, e.g. 15s"}));
  }
  return *span;
}

base::Result<base::Unit> read_labels(const YamlValue& source, MetricSourceConfig& out) {
  const std::optional<YamlValue> labels = source.member("labels");
  if (!labels) return base::Unit{};
  constexpr std::array<std::string_view, 2> kKnown{"namespace", "pod"};
  KAIZEN_TRY(const base::Unit keys, labels->expect_keys(kKnown));
  static_cast<void>(keys);
  for (const auto& [name, place] :
       {std::pair{kKnown[0], &out.namespace_label}, std::pair{kKnown[1], &out.pod_label}}) {
    KAIZEN_TRY(*place, text_or(*labels, name, *place));
    if (!is_label_name(*place)) {
      return labels->member(name).value_or(*labels).error(base::concat(
          {"`", *place, "` is no label name; letters, digits and underscores are allowed"}));
    }
  }
  return base::Unit{};
}

// Credentials must not cross the network in the clear.
base::Result<base::Unit> check_clear_text(const YamlValue& source, const MetricSourceConfig& read) {
  if (!read.url.starts_with("http://")) return base::Unit{};
  if (!read.token_file.empty()) {
    return source.error(
        "`tokenFile` with an http:// url would send the token unencrypted; use "
        "https:// or remove it");
  }
  if (!read.ca_file.empty()) {
    return source.error("`caFile` has no meaning with an http:// url; use https:// or remove it");
  }
  return base::Unit{};
}

base::Result<MetricSourceConfig> read_source(const YamlValue& source) {
  constexpr std::array<std::string_view, 7> kKnown{
      "name", "url", "caFile", "tokenFile", "headersFile", "labels", "scrapeInterval"};
  KAIZEN_TRY(const base::Unit keys, source.expect_keys(kKnown));
  static_cast<void>(keys);
  MetricSourceConfig read;
  KAIZEN_TRY(read.name, required_text(source, "name", "prometheus"));
  if (!is_source_name(read.name)) {
    return source.member("name").value_or(source).error(
        base::concat({"`", read.name,
                      "` is no name for a source; lower-case letters, digits and `-` are "
                      "allowed, at most 63"}));
  }
  KAIZEN_TRY(read.url, required_text(source, "url", "http://prometheus.monitoring:9090"));
  const base::Result<BaseUrl> url = parse_base_url(read.url);
  if (!url.ok()) return source.member("url").value_or(source).error(url.error().message);
  KAIZEN_TRY(read.ca_file, path_or_none(source, "caFile"));
  KAIZEN_TRY(read.token_file, path_or_none(source, "tokenFile"));
  KAIZEN_TRY(read.headers_file, path_or_none(source, "headersFile"));
  KAIZEN_TRY(read.scrape_interval, read_interval(source));
  KAIZEN_TRY(const base::Unit labels, read_labels(source, read));
  static_cast<void>(labels);
  KAIZEN_TRY(const base::Unit safe, check_clear_text(source, read));
  static_cast<void>(safe);
  return read;
}

base::Result<base::Unit> read_sources(const YamlValue& list, Config& config) {
  KAIZEN_TRY(const std::vector<YamlValue> items, list.items());
  if (items.size() > kMaxSources) return list.error("has more than 64 sources");
  for (const YamlValue& item : items) {
    KAIZEN_TRY(MetricSourceConfig source, read_source(item));
    const auto same = std::ranges::find(config.sources, source.name, &MetricSourceConfig::name);
    if (same != config.sources.end()) {
      return item.error(base::concat(
          {"a source named `", source.name, "` is there already; give each its own name"}));
    }
    config.sources.push_back(std::move(source));
  }
  return base::Unit{};
}

base::Result<base::Unit> read_default(const YamlValue& value, Config& config) {
  KAIZEN_TRY(config.default_source, value.text());
  if (config.default_source.empty() ||
      std::ranges::find(config.sources, config.default_source, &MetricSourceConfig::name) !=
          config.sources.end()) {
    return base::Unit{};
  }
  std::string names;
  for (const MetricSourceConfig& source : config.sources) {
    names += base::concat({names.empty() ? "" : ", ", source.name});
  }
  return value.error(base::concat({"no source is named `", config.default_source, "`; sources: ",
                                   names.empty() ? "none" : std::string_view(names)}));
}

}  // namespace

base::Result<Config> parse_config(std::string_view text, std::string_view file) {
  KAIZEN_TRY(const YamlNode tree, parse_yaml(text, file));
  const YamlValue root(tree, file);
  constexpr std::array<std::string_view, 1> kTop{"metricSources"};
  KAIZEN_TRY(const base::Unit keys, root.expect_keys(kTop));
  static_cast<void>(keys);
  Config config;
  const std::optional<YamlValue> metric_sources = root.member(kTop[0]);
  if (!metric_sources) return config;
  constexpr std::array<std::string_view, 2> kKnown{"default", "sources"};
  KAIZEN_TRY(const base::Unit inner, metric_sources->expect_keys(kKnown));
  static_cast<void>(inner);
  if (const std::optional<YamlValue> list = metric_sources->member("sources")) {
    KAIZEN_TRY(const base::Unit read, read_sources(*list, config));
    static_cast<void>(read);
  }
  if (const std::optional<YamlValue> name = metric_sources->member("default")) {
    KAIZEN_TRY(const base::Unit read, read_default(*name, config));
    static_cast<void>(read);
  }
  return config;
}

base::Result<Config> load_config(const std::string& file) {
  KAIZEN_TRY(const std::string text, read_file(file));
  return parse_config(text, file);
}

core::Settings to_settings(const Config& config) {
  core::Settings settings;
  settings.default_metric_source = config.default_source;
  for (const MetricSourceConfig& source : config.sources) {
    const base::Result<BaseUrl> url = parse_base_url(source.url);
    settings.metric_sources.push_back({.name = source.name,
                                       .path_prefix = url.ok() ? url->path : "",
                                       .namespace_label = source.namespace_label,
                                       .pod_label = source.pod_label,
                                       .scrape_interval = source.scrape_interval});
  }
  return settings;
}

}  // namespace kaizen::app
