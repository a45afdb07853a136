#include "app/endpoints.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace kaizen::app {
namespace {

base::HttpRequest get(std::string_view target) {
  return {.method = "GET", .target = std::string(target), .headers = {}, .body = {}};
}

TEST(HealthEndpoint, RT87RT88LiveAndReadyAreApart) {
  bool live = true;
  bool ready = false;
  HealthEndpoint health(HealthEndpoint::Questions{.is_live = [&] { return live; },
                                                  .is_ready = [&] { return ready; }});

  EXPECT_EQ(health.handle(get("/livez")).status, 200);
  EXPECT_EQ(health.handle(get("/readyz?verbose=1")).status, 503);
  live = false;
  ready = true;
  EXPECT_EQ(health.handle(get("/livez")).status, 503);
  EXPECT_EQ(health.handle(get("/readyz")).status, 200);
}

TEST(HealthEndpoint, BodiesAreConstant) {
  HealthEndpoint health(
      HealthEndpoint::Questions{.is_live = [] { return true; }, .is_ready = [] { return false; }});

  EXPECT_EQ(health.handle(get("/livez")).body, "ok\n");
  EXPECT_EQ(health.handle(get("/readyz")).body, "not ok\n");
}

TEST(HealthEndpoint, EverythingElseIsRefused) {
  HealthEndpoint health(
      HealthEndpoint::Questions{.is_live = [] { return true; }, .is_ready = [] { return true; }});

  EXPECT_EQ(health.handle(get("/")).status, 404);
  EXPECT_EQ(health.handle(get("/livez/")).status, 404);
  EXPECT_EQ(health.handle(get("/metrics")).status, 404);
  base::HttpRequest post = get("/livez");
  post.method = "POST";
  const base::HttpResponse refused = health.handle(post);
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(base::find_header(refused.headers, "Allow"), "GET, HEAD");
}

TEST(MetricsEndpoint, ServesTheExposition) {
  MetricsEndpoint metrics([] { return std::string("up 1\n"); });

  const base::HttpResponse answer = metrics.handle(get("/metrics"));

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "up 1\n");
  EXPECT_EQ(base::find_header(answer.headers, "Content-Type"),
            "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(metrics.handle(get("/livez")).status, 404);
}

}  // namespace
}  // namespace kaizen::app
