#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

#include "api/object.h"
#include "base/duration.h"
#include "base/error.h"
#include "base/http.h"
#include "base/number.h"
#include "base/scrub.h"
#include "base/text.h"
#include "base/time.h"
#include "ext/sources/prometheus/answer_internal.h"

namespace kaizen::ext::prometheus {
namespace {

namespace dom = simdjson::dom;

constexpr size_t kMaxBody = size_t{4} << 20;  // RT-6: one answer
constexpr size_t kMaxSeries = 20'000;  // 500 pods with 40 buckets; more is a query gone wrong
constexpr size_t kMaxDepth = 32;
constexpr size_t kExcerpt = 160;        // of foreign text in a message
constexpr size_t kTransportText = 240;  // of our transport's; what came back stands at its end

constexpr std::string_view kLookAtReach =
    "check that the operator reaches the url this source has in the operator's configuration";
constexpr std::string_view kLookAtLoad =
    "look at the load of the source, or make the query cheaper";
constexpr std::string_view kLookAtTrust =
    "correct the source's certificate, or its caFile in the operator's configuration";
constexpr std::string_view kLookAtCredentials =
    "correct the source's tokenFile or headersFile in the operator's configuration";
constexpr std::string_view kLookAtUrl =
    "correct the source's url in the operator's configuration: it must lead to a Prometheus API";
constexpr std::string_view kLookAtServer = "look at the source's own log";
constexpr std::string_view kLookAtQuery = "correct the query, or what the pods export";
constexpr std::string_view kAggregate = "aggregate the query";

Answer fault(std::string what, std::string_view advice) {
  Answer answer;
  answer.fault = std::move(what);
  answer.advice = advice;
  return answer;
}

// Scrubbed before it is cut (SEC-25, SEC-26).
std::string excerpt(std::string_view text, size_t max_bytes = kExcerpt) {
  return base::truncate_utf8(base::scrub(base::sanitize_utf8(base::trim(text))), max_bytes);
}

std::string_view text_of(const dom::element& object, std::string_view member) {
  std::string_view text;
  return object[member].get(text) == simdjson::SUCCESS ? text : std::string_view();
}

// "bad_data: invalid parameter", from the error form of the API; "" when it is not that.
std::string api_error(const dom::element& document) {
  if (text_of(document, "status") != "error") return "";
  return base::concat(
      {excerpt(text_of(document, "errorType")), ": ", excerpt(text_of(document, "error"))});
}

bool is_html(std::string_view body) {
  return base::trim(body).starts_with('<');
}

// A warning says that the answer may lack data; a note about style says nothing about data (MP-12).
std::string partial_data(const dom::element& document) {
  bool partial = false;
  if (document["isPartial"].get(partial) == simdjson::SUCCESS && partial) {
    return "the answer is partial: some storage did not take part";
  }
  dom::array warnings;
  if (document["warnings"].get(warnings) != simdjson::SUCCESS) return "";
  for (const dom::element warning : warnings) {
    std::string_view text;
    if (warning.get(text) != simdjson::SUCCESS) return "the answer carries a malformed warning";
    if (!text.starts_with("PromQL info:")) {
      return base::concat({"the answer is partial: ", excerpt(text)});
    }
  }
  return "";
}

// A pair [seconds, "value"]; the fault in words when it is not one.
std::string read_point(const dom::element& pair, bool nan_allowed, Point* out) {
  double seconds = 0;
  std::string_view text;
  if (pair.at(0).get(seconds) != simdjson::SUCCESS || pair.at(1).get(text) != simdjson::SUCCESS) {
    return "a value is not a pair of time and text";
  }
  if (!(seconds >= 0 && seconds < 1e11)) return "a value has no sensible time";
  out->at = base::Time::from_unix_us(std::llround(seconds * 1e3) * 1000);  // milliseconds
  if (text == "NaN" && nan_allowed) {
    out->value = std::numeric_limits<double>::quiet_NaN();
    return "";
  }
  const std::optional<double> value = base::parse_decimal(text);
  if (!value) return base::concat({"a value is ", excerpt(text), ", not a finite number"});
  if (*value < 0) {
    return "a value is negative, which no counter is";
  }
  out->value = *value;
  return "";
}

std::string read_labels(const dom::element& item, api::StringMap* out) {
  dom::object labels;
  if (item["metric"].get(labels) != simdjson::SUCCESS) return "a series has no labels object";
  for (const auto [name, value] : labels) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) return "a label is not a text";
    out->emplace(name, text);
  }
  return "";
}

std::string read_points(const dom::element& item, bool range, Series* out) {
  if (item["histogram"].error() == simdjson::SUCCESS ||
      item["histograms"].error() == simdjson::SUCCESS) {
    return "a series is a native histogram, not a classic counter";
  }
  if (!range) {
    dom::element pair;
    if (item["value"].get(pair) != simdjson::SUCCESS) return "a series has no value";
    return read_point(pair, false, &out->points.emplace_back());
  }
  dom::array pairs;
  if (item["values"].get(pairs) != simdjson::SUCCESS) return "a series has no values";
  for (const dom::element pair : pairs) {
    std::string what = read_point(pair, true, &out->points.emplace_back());
    if (!what.empty()) return what;
  }
  return "";
}

Answer read_series(const dom::element& result, bool range) {
  dom::array items;
  if (result.get(items) != simdjson::SUCCESS)
    return fault("the result is not a list of series", kLookAtUrl);
  if (items.size() > kMaxSeries) {
    return fault(fmt::format("the answer has more than {} series", kMaxSeries), kAggregate);
  }
  Answer answer;
  for (const dom::element item : items) {
    Series& series = answer.series.emplace_back();
    std::string what = read_labels(item, &series.labels);
    if (what.empty()) what = read_points(item, range, &series);
    if (!what.empty()) return fault(std::move(what), kLookAtQuery);
  }
  return answer;
}

Answer read_scalar(const dom::element& pair) {
  Answer answer;
  std::string what = read_point(pair, false, &answer.series.emplace_back().points.emplace_back());
  return what.empty() ? std::move(answer) : fault(std::move(what), kLookAtQuery);
}

Answer read_document(const dom::element& document, bool range) {
  if (const std::string error = api_error(document); !error.empty()) {
    return fault(base::concat({"the source refuses it: ", error}), kLookAtQuery);
  }
  if (text_of(document, "status") != "success") {
    return fault("the answer is JSON, but not that of a Prometheus API", kLookAtUrl);
  }
  if (std::string partial = partial_data(document); !partial.empty()) {
    return fault(std::move(partial), kLookAtServer);
  }
  const std::string_view type = [&] {
    std::string_view text;
    return document["data"]["resultType"].get(text) == simdjson::SUCCESS ? text
                                                                         : std::string_view();
  }();
  dom::element result;
  if (document["data"]["result"].get(result) != simdjson::SUCCESS) {
    return fault("the answer has no result", kLookAtUrl);
  }
  if (type == (range ? "matrix" : "vector")) return read_series(result, range);
  if (!range && type == "scalar") return read_scalar(result);
  return fault(base::concat({"the result is of type ", type.empty() ? "(none)" : excerpt(type),
                             ", wanted ", range ? "matrix" : "vector or scalar"}),
               kLookAtQuery);
}

// Whose matter a status is.
std::string_view advice_on(int32_t status) {
  switch (status) {
    case 400:
    case 422: return kLookAtQuery;
    case 401:
    case 403:
    case 407: return kLookAtCredentials;
    default: return status < 500 && status != 429 ? kLookAtUrl : kLookAtServer;
  }
}

Answer read_error_status(const base::HttpResponse& response) {
  dom::parser parser(kMaxBody);
  dom::element document;
  std::string detail;
  if (response.body.size() <= kMaxBody &&
      parser.parse(response.body).get(document) == simdjson::SUCCESS) {
    detail = api_error(document);
  }
  if (detail.empty() && !is_html(response.body)) detail = excerpt(response.body);
  return fault(fmt::format("the source answers HTTP {}{}{}", response.status,
                           detail.empty() ? "" : ": ", detail),
               advice_on(response.status));
}

// The error's text names the request without its query, so no query string is shown (SEC-25).
Answer read_transport_error(const base::Error& error) {
  const bool late = error.code == base::Code::kTimeout;
  const bool trust = error.code == base::Code::kTls;
  return fault(base::concat({late ? "no answer in time: " : "no answer: ",
                             excerpt(error.message, kTransportText)}),
               late    ? kLookAtLoad
               : trust ? kLookAtTrust
                       : kLookAtReach);
}

Answer read_body(const Response& response, bool range) {
  if (!response.ok()) return read_transport_error(response.error());
  if (response->status != 200) return read_error_status(*response);
  const std::string& body = response->body;
  if (base::trim(body).empty()) return fault("the answer is empty", kLookAtUrl);
  if (is_html(body)) {
    return fault("the answer is text/html instead of JSON", kLookAtUrl);
  }
  if (body.size() > kMaxBody) {
    return fault(fmt::format("the answer has more than the {} bytes that are read", kMaxBody),
                 kAggregate);
  }
  dom::parser parser(kMaxBody);
  if (parser.allocate(body.size(), kMaxDepth) != simdjson::SUCCESS) {
    return fault("no memory to read the answer", kAggregate);
  }
  dom::element document;
  if (parser.parse(body).get(document) != simdjson::SUCCESS) {
    return fault(base::concat({"the answer is not JSON: ", excerpt(body.substr(0, 400))}),
                 kLookAtUrl);
  }
  return read_document(document, range);
}

}  // namespace

Answer read_instant(const Response& response, base::Time at) {
  Answer answer = read_body(response, false);
  for (const Series& series : answer.series) {
    // MP-11: what was not evaluated at that instant answers another question.
    if (series.points.front().at != base::Time::from_unix_us(at.unix_us() / 1000 * 1000)) {
      return fault("the answer was evaluated at another instant than was asked for",
                   "let no cache answer for the source");
    }
  }
  return answer;
}

Answer read_range(const Response& response, base::Time start, base::Duration step) {
  Answer answer = read_body(response, true);
  for (const Series& series : answer.series) {
    for (const Point& point : series.points) {
      const base::Duration offset = point.at - start;
      if (offset.count() < 0 || offset.count() % step.count() != 0) {
        return fault("the answer has values beside the instants that were asked for",
                     "let no cache answer for the source");
      }
    }
  }
  return answer;
}

}  // namespace kaizen::ext::prometheus
