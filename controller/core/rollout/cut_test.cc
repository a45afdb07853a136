// Cuts: every plan of these histories is cut before and after each of its writes; a new process
// goes on from what is there and must end where the uncut run ends (A22, T-6, RO-30, RO-32). The
// traffic invariants are checked by World after every write (T-4, T-5).
#include <cstdint>
#include <string>

#include <gtest/gtest.h>

#include "api/model_deployment.h"
#include "core/rollout/world_test_support.h"

namespace kaizen::core {
namespace {

using testing_support::Cut;
using testing_support::gateway_spec;
using testing_support::service_spec;
using testing_support::user_route;
using testing_support::World;
using namespace std::chrono_literals;

struct History {
  const char* name;
  std::string (*spec)(const std::string& version, const std::string& more);
  bool served;  // begins with version 1 serving
  void (*play)(const History& history, World& world);
  const char* end;  // what the uncut run ends with
};

const char* const kShortBake = R"("bake":{"duration":"5m"})";

void birth(const History& history, World& world) {
  static_cast<void>(history);
  world.sleep(5min);
}

void promotion(const History& history, World& world) {
  world.set_spec(history.spec("2", kShortBake));
  world.sleep(30min);
}

void abort_by_harm(const History& history, World& world) {
  world.set_spec(history.spec("2", ""));
  world.truth.canary_bad = 60;
  world.sleep(20min);
}

void abort_by_request(const History& history, World& world) {
  world.set_spec(history.spec("2", ""));
  world.sleep(4min);
  world.request("r1", "abort");
  world.sleep(10min);
}

void superseded(const History& history, World& world) {
  world.set_spec(history.spec("2", ""));
  world.sleep(4min);
  world.set_spec(history.spec("3", kShortBake));
  world.sleep(30min);
}

void bake_fails(const History& history, World& world) {
  world.set_spec(history.spec("2", R"("bake":{"duration":"20m","onFailure":"Rollback"})"));
  world.run_until_phase(api::Phase::kBaking);
  world.truth.canary_bad = 200;
  world.sleep(30min);
}

void rollback_by_request(const History& history, World& world) {
  world.request("r1", "rollback", history.served ? world.status().history.back().revision : "");
  world.sleep(10min);
}

void deletion(const History& history, World& world) {
  world.set_spec(history.spec("2", ""));
  world.sleep(4min);
  world.remove();
  world.sleep(5min);
}

class CutTest : public testing::TestWithParam<History> {};

World start(const History& history) {
  World world(history.spec("1", ""));
  world.route = user_route();
  if (history.spec == service_spec) world.route.reset();
  if (!history.served) return world;
  world.sleep(5min);
  if (history.play != rollback_by_request) return world;
  world.set_spec(history.spec("2", kShortBake));
  world.sleep(30min);
  return world;
}

TEST_P(CutTest, A22RO30EveryPrefixEndsInTheSamePlace) {
  const History& history = GetParam();
  const World beginning = start(history);
  World whole = beginning;
  whole.turning_points.clear();
  history.play(history, whole);
  const std::string expected = whole.final_objects();
  ASSERT_NE(expected.find(history.end), std::string::npos) << whole.trace();

  for (const int64_t at : whole.turning_points) {
    for (const bool written : {false, true}) {
      World world = beginning;
      world.cut = Cut{at, written};
      history.play(history, world);
      ASSERT_EQ(world.final_objects(), expected)
          << "died " << (written ? "after" : "before") << " write " << at << "\n"
          << world.trace();
      ASSERT_FALSE(testing::Test::HasFailure())
          << "died " << (written ? "after" : "before") << " write " << at << "\n"
          << world.trace();
    }
  }
}

constexpr History kHistories[] = {
    {"GatewayBirth", gateway_spec, false, birth, "Promoted"},
    {"GatewayPromotion", gateway_spec, true, promotion, "Promoted"},
    {"GatewayHarm", gateway_spec, true, abort_by_harm, "Aborted"},
    {"GatewayAbort", gateway_spec, true, abort_by_request, "Aborted"},
    {"GatewaySuperseded", gateway_spec, true, superseded, "Superseded"},
    {"GatewayBakeFails", gateway_spec, true, bake_fails, "RolledBack"},
    {"GatewayRollback", gateway_spec, true, rollback_by_request, "RolledBack"},
    {"GatewayDeletion", gateway_spec, true, deletion, "gone"},
    {"ServiceBirth", service_spec, false, birth, "Promoted"},
    {"ServicePromotion", service_spec, true, promotion, "Promoted"},
    {"ServiceHarm", service_spec, true, abort_by_harm, "Aborted"},
    {"ServiceAbort", service_spec, true, abort_by_request, "Aborted"},
    {"ServiceSuperseded", service_spec, true, superseded, "Superseded"},
    {"ServiceBakeFails", service_spec, true, bake_fails, "RolledBack"},
    {"ServiceRollback", service_spec, true, rollback_by_request, "RolledBack"},
};

INSTANTIATE_TEST_SUITE_P(Histories, CutTest, testing::ValuesIn(kHistories), [](const auto& entry) {
  return std::string(entry.param.name);
});

}  // namespace
}  // namespace kaizen::core
