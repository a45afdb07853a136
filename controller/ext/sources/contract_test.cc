#include "ext/sources/contract_test.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "api/model_deployment.h"
#include "base/http.h"
#include "base/result.h"
#include "base/text.h"
#include "core/extensions.h"
#include "core/reasons.h"
#include "ext/registry.h"

namespace kaizen::ext {
namespace {

using testing::Response;

class SourceContract : public ::testing::TestWithParam<core::Source> {};

constexpr base::Duration kInterval = std::chrono::seconds(30);
constexpr api::RouterType kRouters[] = {api::RouterType::kService, api::RouterType::kGatewayApi};

bool is_listed(std::string_view reason) {
  return std::ranges::any_of(core::kReasons,
                             [&](const core::Reason* one) { return one->name == reason; });
}

TEST_P(SourceContract, A51RenderIsByteStableAndIdempotent) {
  for (const api::RouterType router : kRouters) {
    const core::Question question = testing::plain_question(router);
    const std::vector<base::HttpRequest> requests = GetParam().render(question).value();
    ASSERT_FALSE(requests.empty());
    EXPECT_EQ(requests, GetParam().render(question).value());
    for (const base::HttpRequest& request : requests) {
      EXPECT_EQ(request.method, "GET");  // may be sent twice
      EXPECT_TRUE(request.target.starts_with('/'));
    }
    EXPECT_EQ(GetParam().render_baseline(question, kInterval).value(),
              GetParam().render_baseline(question, kInterval).value());
  }
}

// RO-19: never success, failure or zero; always a reason of the list and a message.
TEST_P(SourceContract, RO19UselessAnswersAreNoDataWithAReason) {
  for (const Response& answer : testing::useless_answers()) {
    for (const api::RouterType router : kRouters) {
      const core::Question question = testing::plain_question(router);
      const size_t count = GetParam().render(question).value().size();
      const std::vector<Response> answers(count, answer);
      const core::Reading reading = GetParam().parse(question, answers);
      EXPECT_EQ(reading.preset, "");
      EXPECT_TRUE(is_listed(reading.reason)) << reading.reason;
      EXPECT_NE(reading.reason, "Available");
      EXPECT_FALSE(reading.message.empty());
      EXPECT_TRUE(base::is_valid_utf8(reading.message));
      ASSERT_EQ(reading.signals.size(), question.signals.size());
      for (size_t i = 0; i < reading.signals.size(); ++i) {
        EXPECT_EQ(reading.signals[i].name, question.signals[i].name);
        EXPECT_EQ(reading.signals[i].stable, std::nullopt);
        EXPECT_EQ(reading.signals[i].canary, std::nullopt);
        EXPECT_TRUE(is_listed(reading.signals[i].reason)) << reading.signals[i].reason;
        EXPECT_NE(reading.signals[i].reason, "Available");
      }
    }
  }
}

TEST_P(SourceContract, RO19UselessAnswersGiveNoBaseline) {
  for (const Response& answer : testing::useless_answers()) {
    const core::Question question = testing::plain_question(api::RouterType::kService);
    const size_t count = GetParam().render_baseline(question, kInterval).value().size();
    const std::vector<Response> answers(count, answer);
    const core::BaselineReading reading = GetParam().parse_baseline(question, kInterval, answers);
    EXPECT_EQ(reading.preset, "");
    ASSERT_EQ(reading.ticks.size(), question.signals.size());
    for (const std::vector<core::Counts>& ticks : reading.ticks) EXPECT_TRUE(ticks.empty());
    ASSERT_EQ(reading.failures.size(), question.signals.size());
    for (const std::string& failure : reading.failures) EXPECT_TRUE(base::is_valid_utf8(failure));
  }
}

TEST_P(SourceContract, A51AWrongNumberOfAnswersIsNoCrash) {
  const core::Question question = testing::plain_question(api::RouterType::kService);
  for (const size_t count : {size_t{0}, size_t{1}, size_t{100}}) {
    const std::vector<Response> answers(count, testing::body(200, "{}"));
    EXPECT_NE(GetParam().parse(question, answers).reason, "Available");
    EXPECT_EQ(GetParam().parse_baseline(question, kInterval, answers).ticks.size(), 2);
  }
}

// An arm that is absent is not asked for (bake has only the promoted one).
TEST_P(SourceContract, A51EitherArmMayBeAbsent) {
  for (const bool canary : {true, false}) {
    core::Question question = testing::plain_question(api::RouterType::kGatewayApi);
    (canary ? question.canary : question.stable).reset();
    EXPECT_TRUE(GetParam().render(question).ok());
    const std::vector<Response> answers(GetParam().render(question).value().size(),
                                        testing::body(200, "{}"));
    EXPECT_NE(GetParam().parse(question, answers).reason, "Available");
  }
}

INSTANTIATE_TEST_SUITE_P(All,
                         SourceContract,
                         ::testing::ValuesIn(extensions().sources.begin(),
                                             extensions().sources.end()),
                         [](const auto& entry) { return std::string(entry.param.name); });

}  // namespace
}  // namespace kaizen::ext
