#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/model_deployment.h"
#include "base/error.h"
#include "base/http.h"
#include "base/result.h"
#include "core/extensions.h"
#include "ext/ext_test_support_internal.h"
#include "ext/sources/prometheus/prometheus.h"
#include "ext/sources/prometheus/prometheus_test_support_internal.h"
#include "ext/sources/prometheus/promql_internal.h"

namespace kaizen::ext {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr base::Duration kInterval = std::chrono::seconds(30);

std::vector<base::HttpRequest> render(const core::Question& question) {
  const auto requests = prometheus_source().render(question);
  EXPECT_TRUE(requests.ok()) << requests.error().message;
  return requests.ok() ? *requests : std::vector<base::HttpRequest>{};
}

std::vector<std::string> queries_of(const std::vector<base::HttpRequest>& requests) {
  std::vector<std::string> queries;
  for (const base::HttpRequest& request : requests) {
    queries.push_back(testing::parameter(request, "query"));
  }
  return queries;
}

std::string error_of(const core::Question& question) {
  const auto requests = prometheus_source().render(question);
  if (requests.ok()) return "rendered";
  EXPECT_EQ(requests.error().action, base::Action::kTerminal);
  return requests.error().message;
}

// Every form of question there is: all signals, both routers, all presets.
core::Question everything() {
  core::Question question = testing::question(
      {testing::error_rate(), testing::latency(std::chrono::milliseconds(300)),
       testing::ratio("sum by (pod) (fraud_rejected_total{namespace=\"${ns}\",pod=~\"${pods}\"})",
                      "sum by (pod) (fraud_scored_total{namespace=\"${ns}\",pod=~\"${pods}\"})")});
  question.preset = "";
  question.router = api::RouterType::kGatewayApi;
  return question;
}

// As rules, so that promtool can judge their syntax (the test ext_promtool).
std::string as_rules(const std::vector<std::string>& queries) {
  std::string text = "groups:\n  - name: rendered\n    rules:\n";
  size_t number = 0;
  for (const std::string& query : queries) {
    std::string quoted = "'";
    for (const char c : query) {
      quoted += c;
      if (c == '\'') quoted += c;
    }
    text +=
        "      - record: query" + std::to_string(++number) + "\n        expr: " + quoted + "'\n";
  }
  return text;
}

TEST(PrometheusQuery, MP2GoldenQueriesOfEveryForm) {
  std::vector<std::string> queries = queries_of(render(everything()));
  const std::vector<std::string> baseline =
      queries_of(prometheus_source().render_baseline(everything(), kInterval).value());
  queries.insert(queries.end(), baseline.begin(), baseline.end());
  std::ranges::sort(queries);
  const auto repeated = std::ranges::unique(queries);
  queries.erase(repeated.begin(), repeated.end());
  testing::expect_golden("prometheus/queries.yaml", as_rules(queries));
}

TEST(PrometheusQuery, MP1PodsArePickedByTheirAnchoredPattern) {
  EXPECT_THAT(queries_of(render(testing::question({testing::error_rate()}))),
              Each(HasSubstr("pod=~\"ranker-4be2a9905d-[a-z0-9]+-[a-z0-9]{5}|"
                             "ranker-6fd9a1c2d0-[a-z0-9]+-[a-z0-9]{5}\"")));
}

TEST(PrometheusQuery, MP2SelectorsUseTheLabelsOfTheSource) {
  core::Question question = testing::question({testing::error_rate()});
  question.source.namespace_label = "kubernetes_namespace";
  question.source.pod_label = "kubernetes_pod_name";
  EXPECT_THAT(queries_of(render(question)),
              Each(AllOf(HasSubstr("kubernetes_namespace=\"shop\",kubernetes_pod_name=~\"ranker-"),
                         HasSubstr("sum by (kubernetes_pod_name"))));
  question.source.pod_label = "pod\"}";
  EXPECT_THAT(error_of(question), HasSubstr("is not a label name"));
}

// Both instants, both arms in one evaluation each (MP-11).
TEST(PrometheusQuery, MP11OneQueryPerInstantServesBothArms) {
  std::vector<std::string> asked;
  for (const base::HttpRequest& request : render(testing::question({testing::error_rate()}))) {
    asked.push_back(testing::parameter(request, "query").substr(0, 12) + " at " +
                    testing::parameter(request, "time"));
  }
  EXPECT_THAT(asked, ElementsAre("sum by (pod, at 1783999970", "sum by (pod, at 1784000000",
                                 "sum by (pod) at 1784000000"));
}

// Extrapolating functions give fractions; windows are not offered by any field.
TEST(PrometheusQuery, MP5NothingExtrapolatedIsEverAsked) {
  for (const api::RouterType router : {api::RouterType::kService, api::RouterType::kGatewayApi}) {
    core::Question question = everything();
    question.router = router;
    std::vector<std::string> queries = queries_of(render(question));
    const auto baseline = prometheus_source().render_baseline(question, kInterval).value();
    for (const std::string& query : queries_of(baseline)) queries.push_back(query);
    EXPECT_THAT(queries, Each(AllOf(Not(HasSubstr("increase")), Not(HasSubstr("rate(")),
                                    Not(HasSubstr("offset")), Not(HasSubstr("vector(")))));
  }
}

// MP-9's form (`unless … offset`) exists for windows; without windows there is none to get wrong.
TEST(PrometheusQuery, MP9NoWindowFormIsRendered) {
  EXPECT_THAT(queries_of(render(everything())),
              Each(AllOf(Not(HasSubstr("unless")), Not(HasSubstr("[$")), Not(HasSubstr("m]")))));
}

TEST(PrometheusQuery, MP8NoFunctionTurnsNoScrapeIntoNoTraffic) {
  EXPECT_THAT(queries_of(render(everything())),
              Each(AllOf(Not(HasSubstr("or vector")), Not(HasSubstr("or 0")))));
}

// ---- the request ----

TEST(PrometheusRequest, R320InstantQueriesAreIdempotentGets) {
  core::Question question = testing::question({testing::error_rate()});
  question.source.path_prefix = "/prometheus";
  for (const base::HttpRequest& request : render(question)) {
    EXPECT_EQ(request.method, "GET");
    EXPECT_THAT(request.target, StartsWith("/prometheus/api/v1/query?query=sum%20by%20%28pod"));
    EXPECT_EQ(request.target.find_first_of("\" {}|"), std::string::npos);
    EXPECT_TRUE(request.body.empty());
  }
}

TEST(PrometheusRequest, MP11TheInstantIsPartOfTheRequest) {
  core::Question question = testing::question({testing::error_rate()});
  question.at = base::Time::from_unix_us(1'784'000'000'250'000);
  EXPECT_EQ(testing::parameter(render(question).back(), "time"), "1784000000.250");
}

TEST(PrometheusRequest, R320TheBaselineIsOneRangeOfTwentyTicks) {
  const auto requests =
      prometheus_source().render_baseline(testing::question({testing::error_rate()}), kInterval);
  ASSERT_TRUE(requests.ok());
  ASSERT_EQ(requests->size(), 1);
  EXPECT_THAT(requests->front().target, StartsWith("/api/v1/query_range?query="));
  EXPECT_EQ(testing::parameter(requests->front(), "start"), "1783999400");
  EXPECT_EQ(testing::parameter(requests->front(), "end"), "1784000000");
  EXPECT_EQ(testing::parameter(requests->front(), "step"), "30");
  EXPECT_THAT(testing::parameter(requests->front(), "query"), Not(HasSubstr("6fd9a1c2d0")));
}

TEST(PrometheusRequest, SEC46AQueryTooLongForARequestIsAnError) {
  const std::string query = "sum(x{a=\"" + std::string(8000, 'a') + "\"})";
  EXPECT_THAT(error_of(testing::question({testing::ratio(query, query)})),
              HasSubstr("at most 7500 fit into a request"));
}

// The longest names that Kubernetes and R2-10 allow.
TEST(PrometheusRequest, SEC46QueriesOfPresetsAlwaysFit) {
  core::Question question =
      testing::question({testing::error_rate(), testing::latency(std::chrono::milliseconds(300))});
  question.preset = "";
  question.router = api::RouterType::kGatewayApi;
  question.ns = std::string(63, 'n');
  question.port = 65535;
  for (core::Arm* arm : {&*question.stable, &*question.canary}) {
    arm->workload = std::string(35, 'd') + "-" + arm->revision;
    arm->pods = arm->workload + "-[a-z0-9]+-[a-z0-9]{5}";
    arm->service = std::string(35, 'd') + (arm == &*question.stable ? "" : "-canary");
  }
  EXPECT_EQ(render(question).size(), 10);
}

// ---- presets and sides ----

std::vector<std::string> metrics_asked(const core::Question& question) {
  std::vector<std::string> found;
  for (const std::string& query : queries_of(render(question))) {
    for (const char* name : {"traefik_service_requests_total", "http_requests_total"}) {
      if (query.find(name) != std::string::npos && std::ranges::count(found, name) == 0) {
        found.emplace_back(name);
      }
    }
  }
  return found;
}

TEST(PrometheusPreset, MP17RouterPresetsComeFirstThenHttp) {
  core::Question question = testing::question({testing::error_rate()});
  question.preset = "";
  question.router = api::RouterType::kGatewayApi;
  EXPECT_THAT(metrics_asked(question),
              ElementsAre("traefik_service_requests_total", "http_requests_total"));
  question.router = api::RouterType::kService;
  EXPECT_THAT(metrics_asked(question), ElementsAre("http_requests_total"));
}

TEST(PrometheusPreset, MP18TheSideCanBeChosen) {
  core::Question question = testing::question({testing::error_rate()});
  question.preset = "";
  question.router = api::RouterType::kGatewayApi;
  question.side = api::MetricSide::kServer;
  EXPECT_THAT(metrics_asked(question), ElementsAre("http_requests_total"));
  question.side = api::MetricSide::kRouter;
  EXPECT_THAT(metrics_asked(question), ElementsAre("traefik_service_requests_total"));
  question.router = api::RouterType::kService;
  EXPECT_THAT(error_of(question), StartsWith("spec.analysis.source: Router"));
}

TEST(PrometheusPreset, MP17AFrozenChoiceIsTheOnlyOneAsked) {
  core::Question question = testing::question({testing::error_rate()});
  question.router = api::RouterType::kGatewayApi;
  EXPECT_THAT(metrics_asked(question), ElementsAre("http_requests_total"));
  question.preset = "triton";
  EXPECT_THAT(error_of(question), StartsWith("metric preset triton is not known"));
}

// ---- placeholders ----

std::vector<std::string> filled(const std::string& query, const std::string& model) {
  core::Question question = testing::question({testing::ratio(query, "sum(b)")});
  question.model = model;
  question.canary.reset();
  return queries_of(render(question));
}

TEST(PrometheusPlaceholders, MP4EveryOneOfACounterIsFilled) {
  core::Question question = testing::question(
      {testing::ratio(R"(sum(a{n="${ns}",p=~"${pods}",w="${workload}",s="${svc}",)"
                      R"(m="${model}",r="${rev}",h="${route}"}))",
                      "sum(b)")});
  question.route = "shop-route";
  question.model = "ranker-eu";
  EXPECT_EQ(queries_of(render(question)).front(),
            R"(sum(a{n="shop",p=~"ranker-4be2a9905d-[a-z0-9]+-[a-z0-9]{5}",)"
            R"(w="ranker-4be2a9905d",s="ranker",m="ranker-eu",r="4be2a9905d",h="shop-route"}))");
}

TEST(PrometheusPlaceholders, MP4EachArmIsAskedWithItsOwnValues) {
  const std::vector<std::string> queries = queries_of(
      render(testing::question({testing::ratio("sum(a{r=\"${rev}\"})", "sum(b{r=\"${rev}\"})")})));
  EXPECT_EQ(std::ranges::count(queries, "sum(a{r=\"4be2a9905d\"})"), 2);  // two instants
  EXPECT_EQ(std::ranges::count(queries, "sum(a{r=\"6fd9a1c2d0\"})"), 2);
  EXPECT_EQ(queries.size(), 8);
}

// A model name must not widen a query.
TEST(PrometheusPlaceholders, MP3ValuesAreEscapedForTheStringTheyStandIn) {
  EXPECT_EQ(filled(R"(sum(a{m="${model}"}))", R"(a".*\)").front(), R"(sum(a{m="a\".*\\"}))");
  EXPECT_EQ(filled(R"(sum(a{m='${model}'}))", R"(it's "x")").front(), R"(sum(a{m='it\'s "x"'}))");
  EXPECT_EQ(filled("sum(a{m=`${model}`})", R"(a".*\)").front(), R"(sum(a{m=`a".*\`}))");
  EXPECT_EQ(filled(R"(sum(a{m="${model}"}))", "two\nlines").front(), R"(sum(a{m="two\nlines"}))");
}

TEST(PrometheusPlaceholders, MP3ValuesAreQuotedBehindARegexOperator) {
  EXPECT_EQ(filled(R"(sum(a{m=~"x-${model}"}))", R"(a".*)").front(), R"(sum(a{m=~"x-a\"\\.\\*"}))");
  EXPECT_EQ(filled(R"(sum(a{m !~ "${model}",k="${model}"}))", "a.b").front(),
            R"(sum(a{m !~ "a\\.b",k="a.b"}))");
  EXPECT_EQ(filled("sum(a{m=~`${model}`})", "a.b").front(), R"(sum(a{m=~`a\.b`}))");
}

TEST(PrometheusPlaceholders, MP3ARawStringCannotHoldABackQuote) {
  core::Question question = testing::question({testing::ratio("sum(a{m=`${model}`})", "sum(b)")});
  question.model = "a`b";
  EXPECT_THAT(error_of(question), HasSubstr("use double quotes"));
}

std::string placeholder_error(const std::string& query) {
  return error_of(testing::question({testing::ratio("sum(ok)", query)}));
}

TEST(PrometheusPlaceholders, MP4AnUnknownOneNamesTheFieldAndTheKnownOnes) {
  EXPECT_EQ(placeholder_error(R"(sum(a{p="${pod}"}))"),
            "spec.analysis.metrics rejections.denominator: unknown placeholder ${pod}; a counter "
            "may use ${ns} ${pods} ${workload} ${svc} ${model} ${rev}");
  EXPECT_THAT(placeholder_error(R"(sum(a{p="${ns"}))"), HasSubstr("unknown placeholder"));
  EXPECT_THAT(placeholder_error(R"(sum(a{p="${}"}))"), HasSubstr("unknown placeholder ${}"));
}

// R2-31: one grammar for all kinds, not every name has a value here.
TEST(PrometheusPlaceholders, MP4AKnownOneThatACounterCannotUseIsSaidSo) {
  EXPECT_THAT(placeholder_error(R"(sum(increase(a[${w}])))"),
              HasSubstr("placeholder not available here: ${w}"));
  EXPECT_THAT(placeholder_error(R"(sum(a{h="${route}"}))"),
              HasSubstr("placeholder not available here: ${route}"));
}

TEST(PrometheusPlaceholders, MP3OneOutsideOfQuotesIsRefused) {
  EXPECT_THAT(placeholder_error("sum(requests_${model})"), HasSubstr("write it inside quotes"));
}

TEST(PrometheusPlaceholders, MP1PodsAreAPatternNotAName) {
  EXPECT_THAT(placeholder_error(R"(sum(a{pod="${pods}"}))"), HasSubstr("compare it with =~"));
}

TEST(PrometheusPlaceholders, MP4ABareDollarIsText) {
  EXPECT_EQ(filled(R"(sum(a{m=~"^x$",k="$5"}))", "m").front(), R"(sum(a{m=~"^x$",k="$5"}))");
}

TEST(PrometheusPlaceholders, MP4CommentsAndEscapesDoNotConfuseTheQuotes) {
  EXPECT_EQ(
      filled("sum(a{m=\"\\\"${model}\"}) # it's ${free}\n + sum(b{k=\"${ns}\"})", "m").front(),
      "sum(a{m=\"\\\"m\"}) # it's ${free}\n + sum(b{k=\"shop\"})");
}

TEST(PromQl, MP3QuotingIsThatOfRe2) {
  EXPECT_EQ(prometheus::regex_quote(R"(a.b*c+d?(e)|[f]{g}^h$\)"),
            R"(a\.b\*c\+d\?\(e\)\|\[f\]\{g\}\^h\$\\)");
  EXPECT_EQ(prometheus::quote("a\"b\\c\nd"), R"("a\"b\\c\nd")");
}

}  // namespace
}  // namespace kaizen::ext
