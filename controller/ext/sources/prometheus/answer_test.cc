#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/http.h"
#include "base/result.h"
#include "base/text.h"
#include "base/time.h"
#include "ext/sources/prometheus/answer_internal.h"
#include "ext/sources/prometheus/prometheus_test_support_internal.h"

namespace kaizen::ext::prometheus {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

base::HttpResponse response(int32_t status, std::string body) {
  base::HttpResponse out = testing::ok_response(std::move(body));
  out.status = status;
  return out;
}

// A body whose result is that text, evaluated at 1784000000.
std::string body_of(std::string_view type, std::string_view result, std::string_view more = "") {
  return "{\"status\":\"success\",\"data\":{\"resultType\":\"" + std::string(type) +
         "\",\"result\":" + std::string(result) + "}" + std::string(more) + "}";
}

Answer read(const base::Result<base::HttpResponse>& what) {
  return read_instant(what, testing::kAt);
}

std::string fault_of(std::string body) {
  return read(response(200, std::move(body))).fault;
}

constexpr std::string_view kOneSeries = R"([{"metric":{"pod":"a"},"value":[1784000000,"12"]}])";

TEST(PrometheusAnswer, MP12AVectorIsRead) {
  const Answer answer = read(response(200, body_of("vector", kOneSeries)));
  ASSERT_EQ(answer.fault, "");
  ASSERT_EQ(answer.series.size(), 1);
  EXPECT_EQ(answer.series[0].labels.at("pod"), "a");
  EXPECT_EQ(answer.series[0].points[0].value, 12);
}

TEST(PrometheusAnswer, MP4AScalarIsOneSeries) {
  const Answer answer = read(response(200, body_of("scalar", R"([1784000000,"3e+06"])")));
  ASSERT_EQ(answer.fault, "");
  ASSERT_EQ(answer.series.size(), 1);
  EXPECT_EQ(answer.series[0].points[0].value, 3'000'000);
}

TEST(PrometheusAnswer, MP12AnEmptyVectorIsNoFaultAndNoZero) {
  const Answer answer = read(response(200, body_of("vector", "[]")));
  EXPECT_EQ(answer.fault, "");
  EXPECT_TRUE(answer.series.empty());
}

// RO-19: each of these is no data, each in its own words.
TEST(PrometheusAnswer, RO19NotANumberAndInfinitiesAreNoData) {
  for (const char* value : {"NaN", "+Inf", "-Inf", "twelve", ""}) {
    const std::string result =
        R"([{"metric":{},"value":[1784000000,"1"]},{"metric":{"p":"b"},"value":[1784000000,")" +
        std::string(value) + "\"]}]";
    EXPECT_THAT(fault_of(body_of("vector", result)), HasSubstr("not a finite number")) << value;
  }
}

TEST(PrometheusAnswer, MP12ANegativeCounterIsNoData) {
  EXPECT_EQ(fault_of(body_of("vector", R"([{"metric":{},"value":[1784000000,"-1"]}])")),
            "a value is negative, which no counter is");
}

TEST(PrometheusAnswer, MP12HtmlIsNotAnAnswer) {
  EXPECT_EQ(fault_of("<!DOCTYPE html><html>Sign in</html>"),
            "the answer is text/html instead of JSON");
  EXPECT_THAT(fault_of("  \n<html>"), HasSubstr("text/html"));
}

TEST(PrometheusAnswer, MP12WhatIsNotJsonSaysHowItBegins) {
  EXPECT_EQ(fault_of("upstream connect error"), "the answer is not JSON: upstream connect error");
  EXPECT_THAT(fault_of(R"({"status":"success","data":)"), StartsWith("the answer is not JSON"));
  EXPECT_EQ(fault_of(""), "the answer is empty");
  EXPECT_EQ(fault_of(" \n"), "the answer is empty");
}

TEST(PrometheusAnswer, MP12JsonOfSomethingElseIsNotAnAnswer) {
  EXPECT_EQ(fault_of(R"({"hits":[]})"), "the answer is JSON, but not that of a Prometheus API");
  EXPECT_EQ(fault_of("[]"), "the answer is JSON, but not that of a Prometheus API");
  EXPECT_EQ(fault_of("7"), "the answer is JSON, but not that of a Prometheus API");
  EXPECT_EQ(fault_of(R"({"status":"success","data":{}})"), "the answer has no result");
}

TEST(PrometheusAnswer, RO19HttpErrorsSayStatusAndReason) {
  EXPECT_EQ(
      read(response(503, R"({"status":"error","errorType":"timeout","error":"query timed out"})"))
          .fault,
      "the source answers HTTP 503: timeout: query timed out");
  EXPECT_EQ(
      read(response(400, R"({"status":"error","errorType":"bad_data","error":"parse error"})"))
          .fault,
      "the source answers HTTP 400: bad_data: parse error");
  EXPECT_EQ(read(response(404, "404 page not found\n")).fault,
            "the source answers HTTP 404: 404 page not found");
  EXPECT_EQ(read(response(502, "<html>bad gateway</html>")).fault, "the source answers HTTP 502");
  EXPECT_EQ(read(response(302, "")).fault, "the source answers HTTP 302");
  EXPECT_EQ(read(response(204, "")).fault, "the source answers HTTP 204");
}

TEST(PrometheusAnswer, MP12AnErrorWithStatus200IsAnError) {
  EXPECT_EQ(fault_of(R"({"status":"error","errorType":"execution","error":"many-to-many"})"),
            "the source refuses it: execution: many-to-many");
}

TEST(PrometheusAnswer, RO19ATimeoutIsItsOwnOutcome) {
  base::Error late;
  late.action = base::Action::kRetryCall;
  late.code = base::Code::kTimeout;
  late.message = "GET /api/v1/query: nothing within 10s";
  EXPECT_EQ(read(late).fault, "no answer in time: GET /api/v1/query: nothing within 10s");
  late.code = base::Code::kUnavailable;
  late.message = "connection refused";
  EXPECT_EQ(read(late).fault, "no answer: connection refused");
}

std::string advice_on(int32_t status) {
  return read(response(status, "sorry")).advice;
}

// S54: every fault has a next step, and it is that of its kind.
TEST(PrometheusAnswer, RO24EveryFaultHasItsNextStep) {
  EXPECT_THAT(advice_on(400), StartsWith("correct the query"));
  EXPECT_THAT(advice_on(422), StartsWith("correct the query"));
  for (const int32_t status : {401, 403, 407}) {
    EXPECT_THAT(advice_on(status), HasSubstr("tokenFile or headersFile")) << status;
  }
  for (const int32_t status : {204, 302, 404, 405}) {
    EXPECT_THAT(advice_on(status), StartsWith("correct the source's url")) << status;
  }
  for (const int32_t status : {429, 500, 502, 503, 504}) {
    EXPECT_EQ(advice_on(status), "look at the source's own log") << status;
  }
  base::Error error;
  error.code = base::Code::kTimeout;
  EXPECT_THAT(read(error).advice, StartsWith("look at the load of the source"));
  error.code = base::Code::kTls;
  EXPECT_THAT(read(error).advice, HasSubstr("caFile"));
  error.code = base::Code::kUnavailable;
  EXPECT_THAT(read(error).advice, StartsWith("check that the operator reaches the url"));
  for (const char* body : {"", "<html>", "{", "[]", R"({"status":"success","data":{}})"}) {
    EXPECT_THAT(read(response(200, body)).advice, StartsWith("correct the source's url")) << body;
  }
  EXPECT_EQ(read(response(200, body_of("vector", "[]"))).advice, "");
}

// SEC-25, SEC-26: what a gateway echoes is shown, credentials in it are not.
TEST(PrometheusAnswer, SEC26CredentialsInForeignTextAreHidden) {
  EXPECT_EQ(read(response(401, "bad token: Bearer abc.123 for https://ann:pw1@prom/api")).fault,
            "the source answers HTTP 401: bad token: Bearer *** for https://***@prom/api");
  EXPECT_EQ(read(response(403, R"({"status":"error","errorType":"forbidden",)"
                               R"("error":"access_token=s3cret is expired"})"))
                .fault,
            "the source answers HTTP 403: forbidden: access_token=*** is expired");
  base::Error error;
  error.code = base::Code::kUnavailable;
  error.message = "GET http://ann:pw1@prom:9090/api/v1/query: connection refused";
  EXPECT_EQ(read(error).fault,
            "no answer: GET http://***@prom:9090/api/v1/query: connection refused");
  // Hidden before it is cut: half a URL no longer shows that it holds a password.
  const std::string url = "https://" + std::string(100, 'u') + ":" + std::string(100, 'p') + "@h";
  EXPECT_EQ(read(response(500, url)).fault, "the source answers HTTP 500: https://***@h");
}

TEST(PrometheusAnswer, MP12APartialAnswerIsNoData) {
  EXPECT_EQ(fault_of(body_of("vector", kOneSeries, R"(,"warnings":["No StoreAPIs matched"])")),
            "the answer is partial: No StoreAPIs matched");
  EXPECT_THAT(fault_of(body_of("vector", kOneSeries, R"(,"isPartial":true)")),
              StartsWith("the answer is partial"));
  EXPECT_THAT(fault_of(body_of("vector", kOneSeries, R"(,"warnings":[{}])")),
              HasSubstr("malformed warning"));
}

// Notes about style are not about data.
TEST(PrometheusAnswer, MP12NotesAreNotWarnings) {
  EXPECT_EQ(fault_of(body_of("vector", kOneSeries, R"(,"warnings":[],"infos":["PromQL info: x"])")),
            "");
  EXPECT_EQ(
      fault_of(body_of("vector", kOneSeries, R"(,"warnings":["PromQL info: not a counter"])")), "");
  EXPECT_EQ(fault_of(body_of("vector", kOneSeries, R"(,"isPartial":false)")), "");
}

TEST(PrometheusAnswer, MP12AnotherResultTypeIsRefused) {
  EXPECT_EQ(fault_of(body_of("matrix", "[]")),
            "the result is of type matrix, wanted vector or scalar");
  EXPECT_EQ(fault_of(body_of("string", R"([1784000000,"x"])")),
            "the result is of type string, wanted vector or scalar");
  EXPECT_EQ(
      read_range(response(200, body_of("vector", "[]")), testing::kBefore, std::chrono::seconds(30))
          .fault,
      "the result is of type vector, wanted matrix");
}

// MP-11: evaluated at another instant, it answers another question.
TEST(PrometheusAnswer, MP11AnAnswerForAnotherInstantIsRefused) {
  EXPECT_EQ(fault_of(body_of("vector", R"([{"metric":{},"value":[1783999999,"1"]}])")),
            "the answer was evaluated at another instant than was asked for");
  const base::Time fraction = base::Time::from_unix_us(1'784'000'000'250'400);
  EXPECT_EQ(read_instant(
                response(200, body_of("vector", R"([{"metric":{},"value":[1784000000.25,"1"]}])")),
                fraction)
                .fault,
            "");
}

TEST(PrometheusAnswer, MP14ANativeHistogramIsRefused) {
  EXPECT_THAT(fault_of(body_of(
                  "vector", R"([{"metric":{},"histogram":[1784000000,{"count":"1","sum":"1"}]}])")),
              HasSubstr("native histogram"));
}

TEST(PrometheusAnswer, F17MalformedSeriesAreRefusedNotRead) {
  for (const char* result :
       {"{}", "7", R"([7])", R"([{"value":[1784000000,"1"]}])", R"([{"metric":{}}])",
        R"([{"metric":{},"value":[]}])", R"([{"metric":{},"value":["x","1"]}])",
        R"([{"metric":{},"value":[1784000000,1]}])",
        R"([{"metric":{"pod":7},"value":[1784000000,"1"]}])",
        R"([{"metric":{},"value":[1e300,"1"]}])", R"([{"metric":{},"value":[-1,"1"]}])"}) {
    EXPECT_NE(fault_of(body_of("vector", result)), "") << result;
  }
}

TEST(PrometheusAnswer, SEC40ADeepOrHugeAnswerIsRefused) {
  EXPECT_NE(fault_of(std::string(5000, '[') + std::string(5000, ']')), "");
  EXPECT_THAT(fault_of("{" + std::string(5 << 20, ' ') + "}"),
              HasSubstr("more than the 4194304 bytes"));
  std::string many = "[";
  for (int i = 0; i <= 20'000; ++i) {
    many += std::string(i == 0 ? "" : ",") + R"({"metric":{},"value":[1784000000,"1"]})";
  }
  EXPECT_THAT(fault_of(body_of("vector", many + "]")), HasSubstr("more than 20000 series"));
}

TEST(PrometheusAnswer, RT93ForeignTextInAMessageIsShortAndValid) {
  const std::string message =
      read(response(500, base::concat({std::string(1000, 'x'), "\xff"}))).fault;
  EXPECT_LT(message.size(), 220);
}

// ---- ranges ----

constexpr base::Duration kStep = std::chrono::seconds(30);

TEST(PrometheusAnswer, R320ARangeKeepsItsGapsAndItsUnknowns) {
  const Answer answer = read_range(
      response(200, body_of("matrix",
                            R"([{"metric":{},"values":[[1783999970,"1"],[1784000030,"NaN"]]}])")),
      testing::kBefore, kStep);
  ASSERT_EQ(answer.fault, "");
  ASSERT_EQ(answer.series[0].points.size(), 2);
  EXPECT_EQ(answer.series[0].points[1].at, testing::kBefore + 2 * kStep);
  EXPECT_TRUE(std::isnan(answer.series[0].points[1].value));
}

TEST(PrometheusAnswer, MP11ARangeBesideItsGridIsRefused) {
  EXPECT_EQ(
      read_range(response(200, body_of("matrix", R"([{"metric":{},"values":[[1783999985,"1"]]}])")),
                 testing::kBefore, kStep)
          .fault,
      "the answer has values beside the instants that were asked for");
}

}  // namespace
}  // namespace kaizen::ext::prometheus
