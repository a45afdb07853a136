#include <gtest/gtest.h>

#include "api/foreign.h"
#include "api/tables.h"
#include "base/result.h"
#include "schema/codec.h"

namespace kaizen::api {
namespace {

TEST(ForeignTables, EncodesAKindWithItsApiVersionFirst) {
  Service service;
  service.metadata.name = "fraud";
  service.spec.ports = {{.name = "http", .port = 80, .target_port = "8080", .app_protocol = {}}};
  EXPECT_EQ(schema::encode(service),
            R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"fraud"},)"
            R"("spec":{"ports":[{"name":"http","port":80,"targetPort":8080}]}})");
}

}  // namespace
}  // namespace kaizen::api
