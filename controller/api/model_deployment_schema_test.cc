#include <string>

#include <gtest/gtest.h>

#include "api/model_deployment.h"
#include "api/tables.h"
#include "base/duration.h"
#include "base/result.h"
#include "schema/codec.h"

namespace kaizen::api {
namespace {

using namespace base;  // NOLINT: literals
using schema::decode;
using schema::encode;

TEST(ModelDeploymentTable, DecodesTheFractionAndDurationForms) {
  const Result<ModelDeploymentSpec> spec = decode<ModelDeploymentSpec>(
      R"({"slo":{"availability":"99.5%","latency":{"quantile":"0.99","threshold":"300ms"}},
          "strategy":{"type":"Canary","canary":{"steps":[{"weight":0,"hold":"0s"}]}},
          "analysis":{"errorRate":{"tolerance":"0.25%","relative":"0","weight":0}}})");
  ASSERT_TRUE(spec.ok()) << spec.error().message;
  EXPECT_DOUBLE_EQ(spec->slo->availability->value, 0.995);
  EXPECT_DOUBLE_EQ(spec->slo->latency->quantile->value, 0.99);
  EXPECT_EQ(spec->slo->latency->threshold, 300ms);
  EXPECT_DOUBLE_EQ(spec->analysis->error_rate->tolerance->value, 0.0025);
  EXPECT_EQ(encode(*spec),
            R"({"slo":{"availability":"0.995","latency":{"quantile":"0.99","threshold":"300ms"}},)"
            R"("strategy":{"type":"Canary","canary":{"steps":[{"weight":0,"hold":"0s"}]}},)"
            R"("analysis":{"errorRate":{"tolerance":"0.0025","relative":"0","weight":0}}})");
}

}  // namespace
}  // namespace kaizen::api
