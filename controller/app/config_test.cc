#include "app/config.h"

#include <chrono>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source_dir.h"

namespace kaizen::app {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::string problem_of(std::string_view text) {
  const base::Result<Config> parsed = parse_config(text, "config.yaml");
  EXPECT_FALSE(parsed.ok()) << text;
  return parsed.ok() ? "" : parsed.error().message;
}

// A configuration with one source that has these lines.
std::string source_with(std::string_view lines) {
  return "metricSources:\n  sources:\n    - name: main\n" + std::string(lines);
}

TEST(Config, ReadsEveryField) {
  const base::Result<Config> parsed = parse_config(
      "metricSources:\n"
      "  default: main\n"
      "  sources:\n"
      "    - name: main\n"
      "      url: https://prometheus.monitoring:9090/prometheus/\n"
      "      caFile: /etc/prometheus/ca.crt\n"
      "      tokenFile: /etc/prometheus/token\n"
      "      headersFile: /etc/prometheus/headers\n"
      "      labels: {namespace: kubernetes_namespace, pod: pod_name}\n"
      "      scrapeInterval: 30s\n"
      "    - name: second\n"
      "      url: http://10.0.0.1\n",
      "config.yaml");

  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_EQ(*parsed, (Config{.default_source = "main",
                             .sources = {{.name = "main",
                                          .url = "https://prometheus.monitoring:9090/prometheus/",
                                          .ca_file = "/etc/prometheus/ca.crt",
                                          .token_file = "/etc/prometheus/token",
                                          .headers_file = "/etc/prometheus/headers",
                                          .namespace_label = "kubernetes_namespace",
                                          .pod_label = "pod_name",
                                          .scrape_interval = 30s},
                                         {.name = "second",
                                          .url = "http://10.0.0.1",
                                          .ca_file = "",
                                          .token_file = "",
                                          .headers_file = "",
                                          .namespace_label = "namespace",
                                          .pod_label = "pod",
                                          .scrape_interval = 15s}}}));
}

TEST(Config, SettingsHoldWhatDecisionsNeed) {
  const base::Result<Config> parsed = parse_config(
      "metricSources: {default: main, sources: [{name: main, url: 'http://p:9090/a/b/', labels: "
      "{pod: p}, scrapeInterval: 1m}]}",
      "config.yaml");
  ASSERT_TRUE(parsed.ok());

  EXPECT_EQ(to_settings(*parsed),
            (core::Settings{.metric_sources = {{.name = "main",
                                                .path_prefix = "/a/b",
                                                .namespace_label = "namespace",
                                                .pod_label = "p",
                                                .scrape_interval = 1min}},
                            .default_metric_source = "main"}));
}

TEST(Config, NothingIsAValidConfiguration) {
  for (const std::string_view text :
       {"", "metricSources:\n", "metricSources: {default: '', sources: []}\n"}) {
    const base::Result<Config> parsed = parse_config(text, "config.yaml");
    ASSERT_TRUE(parsed.ok()) << text;
    EXPECT_EQ(*parsed, Config{});
  }
}

TEST(Config, TheShippedOneIsValid) {
  std::ifstream file(std::string(kaizen_source_dir()) + "/config/manager/config_map.yaml");
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const size_t begin = text.find("config.yaml: |\n");
  ASSERT_NE(begin, std::string::npos);

  const base::Result<Config> parsed = parse_config(text.substr(begin + 15), "config.yaml");

  EXPECT_TRUE(parsed.ok()) << parsed.error().message;
}

TEST(Config, UnknownKeyIsRefusedAtEveryLevel) {
  EXPECT_EQ(problem_of("metricSource: {}\n"),
            "read config.yaml: line 1: metricSource: unknown key; remove it or use one of: "
            "metricSources");
  EXPECT_EQ(problem_of("metricSources:\n  source: []\n"),
            "read config.yaml: line 2: metricSources.source: unknown key; remove it or use one "
            "of: default, sources");
  EXPECT_EQ(problem_of(source_with("      ulr: http://p\n")),
            "read config.yaml: line 4: metricSources.sources[0].ulr: unknown key; remove it or "
            "use one of: name, url, caFile, tokenFile, headersFile, labels, scrapeInterval");
  EXPECT_EQ(problem_of(source_with("      url: http://p\n      labels: {service: s}\n")),
            "read config.yaml: line 5: metricSources.sources[0].labels.service: unknown key; "
            "remove it or use one of: namespace, pod");
}

TEST(Config, MissingUrlAndNameAreNamed) {
  EXPECT_EQ(problem_of(source_with("")),
            "read config.yaml: line 3: metricSources.sources[0]: `url` is missing, e.g. url: "
            "http://prometheus.monitoring:9090");
  EXPECT_EQ(problem_of("metricSources: {sources: [{url: 'http://p'}]}\n"),
            "read config.yaml: line 1: metricSources.sources[0]: `name` is missing, e.g. name: "
            "prometheus");
  EXPECT_THAT(problem_of(source_with("      url: ''\n")), HasSubstr("sources[0].url: is empty"));
}

TEST(Config, NameMustBeALabelAndUnique) {
  EXPECT_THAT(problem_of("metricSources: {sources: [{name: Main, url: 'http://p'}]}\n"),
              HasSubstr("sources[0].name: `Main` is no name for a source"));
  EXPECT_THAT(problem_of("metricSources: {sources: [{name: kube_main, url: 'http://p'}]}\n"),
              HasSubstr("is no name for a source"));
  EXPECT_EQ(problem_of("metricSources:\n"
                       "  sources:\n"
                       "    - {name: a, url: 'http://p'}\n"
                       "    - {name: a, url: 'http://q'}\n"),
            "read config.yaml: line 4: metricSources.sources[1]: a source named `a` is there "
            "already; give each its own name");
}

TEST(Config, BadDurationNamesTheRange) {
  for (const std::string_view text : {"15", "15 s", "0s", "2h", "-1s", "fast", "500ms"}) {
    EXPECT_THAT(problem_of(source_with(
                    "      url: http://p\n      scrapeInterval: " + std::string(text) + "\n")),
                HasSubstr("line 5: metricSources.sources[0].scrapeInterval: `" + std::string(text) +
                          "` is no duration between 1s and 1h"));
  }
}

TEST(Config, UnknownDefaultListsTheSources) {
  EXPECT_EQ(problem_of("metricSources:\n"
                       "  default: c\n"
                       "  sources: [{name: a, url: 'http://p'}, {name: b, url: 'http://p'}]\n"),
            "read config.yaml: line 2: metricSources.default: no source is named `c`; sources: "
            "a, b");
  EXPECT_THAT(problem_of("metricSources: {default: a}\n"), HasSubstr("sources: none"));
}

TEST(Config, UrlOfAnotherFormIsRefused) {
  const auto url = [](std::string_view text) {
    return source_with("      url: " + std::string(text) + "\n");
  };
  EXPECT_THAT(problem_of(url("prometheus:9090")),
              HasSubstr("url: begins with neither http:// nor https://"));
  EXPECT_THAT(problem_of(url("http://")), HasSubstr("url: names no host"));
  EXPECT_THAT(problem_of(url("http://p:99999")), HasSubstr("url: has a port that is no number"));
  EXPECT_THAT(problem_of(url("http://p/?a=b")), HasSubstr("url: has a query or fragment"));
  const std::string with_password = problem_of(url("http://user:secret@p:9090"));
  EXPECT_THAT(with_password, HasSubstr("url: holds credentials; put them into a file"));
  EXPECT_THAT(with_password, testing::Not(HasSubstr("secret")));
}

TEST(Config, CredentialsNeedHttps) {
  EXPECT_THAT(problem_of(source_with("      url: http://p\n      tokenFile: /t\n")),
              HasSubstr("would send the token unencrypted"));
  EXPECT_THAT(problem_of(source_with("      url: http://p\n      caFile: /t\n")),
              HasSubstr("`caFile` has no meaning with an http:// url"));
}

TEST(Config, FilesAreAbsolutePaths) {
  EXPECT_THAT(problem_of(source_with("      url: https://p\n      tokenFile: token\n")),
              HasSubstr("sources[0].tokenFile: is no absolute path"));
}

TEST(Config, LabelNamesAreChecked) {
  EXPECT_THAT(problem_of(source_with("      url: http://p\n      labels: {pod: 'a=\"b'}\n")),
              HasSubstr("sources[0].labels.pod: `a=\"b` is no label name"));
}

TEST(Config, A64NumberOfSourcesIsBounded) {
  std::string text = "metricSources:\n  sources:\n";
  for (int i = 0; i < 65; ++i) {
    text += "    - {name: s" + std::to_string(i) + ", url: 'http://p'}\n";
  }

  EXPECT_THAT(problem_of(text), HasSubstr("has more than 64 sources"));
}

TEST(Config, FileThatCannotBeReadIsNamed) {
  EXPECT_EQ(load_config("/does/not/exist.yaml").error().message,
            "read /does/not/exist.yaml: No such file or directory");
  EXPECT_EQ(load_config("/proc/self").error().message, "read /proc/self: is no regular file");
}

}  // namespace
}  // namespace kaizen::app
