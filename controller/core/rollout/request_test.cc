#include "core/rollout/request.h"

#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/model_deployment.h"
#include "api/object.h"

namespace kaizen::core {
namespace {

using testing::HasSubstr;

constexpr const char* kRevision = "9f2c4e1ab7";

api::ModelDeploymentStatus living_status() {
  api::ModelDeploymentStatus status;
  status.observed_generation = 3;
  status.phase = api::Phase::kProgressing;
  return status;
}

api::Metadata asking(const std::string& id,
                     const std::string& verb,
                     const std::string& target = kRevision) {
  api::Metadata metadata;
  metadata.annotations["request.kaizen.ml/id"] = id;
  metadata.annotations["request.kaizen.ml/verb"] = verb;
  metadata.annotations["request.kaizen.ml/by"] = "alice";
  if (!target.empty()) metadata.annotations["request.kaizen.ml/target"] = target;
  return metadata;
}

RequestReading read(const api::Metadata& metadata) {
  return read_request(metadata, living_status());
}

TEST(Request, UX41ReadsAllAnnotations) {
  api::Metadata metadata = asking("r-1", "reject");
  metadata.annotations["request.kaizen.ml/reason"] = "wrong data";
  const RequestReading reading = read(metadata);
  ASSERT_TRUE(reading.request);
  EXPECT_EQ(reading.request->id, "r-1");
  EXPECT_EQ(reading.request->verb, RequestVerb::kReject);
  EXPECT_EQ(reading.request->target, kRevision);
  EXPECT_EQ(reading.request->reason, "wrong data");
  EXPECT_FALSE(reading.request->full);
  EXPECT_EQ(reading.unhandled_id, "r-1");
  EXPECT_EQ(reading.problem, "");
}

TEST(Request, UX41KnowsEveryVerbOfAModelDeployment) {
  const std::pair<const char*, RequestVerb> verbs[] = {
      {"promote", RequestVerb::kPromote},   {"skip", RequestVerb::kSkip},
      {"abort", RequestVerb::kAbort},       {"approve", RequestVerb::kApprove},
      {"reject", RequestVerb::kReject},     {"retry", RequestVerb::kRetry},
      {"rollback", RequestVerb::kRollback}, {"pause", RequestVerb::kPause},
      {"resume", RequestVerb::kResume},
  };
  for (const auto& [name, verb] : verbs) {
    const RequestReading reading = read(asking("r-1", name));
    ASSERT_TRUE(reading.request) << name;
    EXPECT_EQ(reading.request->verb, verb);
    EXPECT_EQ(to_string(verb), name);
  }
}

TEST(Request, UX41NoAnnotationsAskNothing) {
  const RequestReading reading = read(api::Metadata{});
  EXPECT_FALSE(reading.request);
  EXPECT_EQ(reading.unhandled_id, "");
  EXPECT_FALSE(reading.bad_id);
}

TEST(Request, UX41ActsOncePerId) {
  api::ModelDeploymentStatus status = living_status();
  status.handled_requests = {"r-2", "r-1"};
  EXPECT_FALSE(read_request(asking("r-1", "abort"), status).request);
  EXPECT_EQ(read_request(asking("r-1", "abort"), status).unhandled_id, "");
  EXPECT_TRUE(read_request(asking("r-3", "abort"), status).request);
}

TEST(Request, UX41TheLastAnswerAlsoCountsAsHandled) {
  api::ModelDeploymentStatus status = living_status();
  status.last_request = api::LastRequest{
      .id = "r-1", .verb = "abort", .by = "alice", .outcome = "Done", .message = {}, .time = {}};
  EXPECT_FALSE(read_request(asking("r-1", "abort"), status).request);
}

TEST(Request, UX43IdentityIsShownAsUnverified) {
  EXPECT_EQ(read(asking("r-1", "abort")).request->by, "alice (unverified)");
  api::Metadata nobody = asking("r-1", "abort");
  nobody.annotations.erase("request.kaizen.ml/by");
  EXPECT_EQ(read(nobody).request->by, "unknown (unverified)");
}

TEST(Request, UX41AnUnknownVerbIsRefusedAndRecorded) {
  const RequestReading reading = read(asking("r-1", "retrain"));
  EXPECT_FALSE(reading.request);
  EXPECT_EQ(reading.unhandled_id, "r-1");
  EXPECT_THAT(reading.problem, HasSubstr("\"retrain\""));
  EXPECT_THAT(reading.problem, HasSubstr("promote, skip, abort"));
  EXPECT_THAT(read(asking("r-1", "")).problem, HasSubstr("request.kaizen.ml/verb is missing"));
}

// R2-35.
TEST(Request, MD11ATargetIsRequiredWhereAnActCouldHitAnotherRevision) {
  for (const char* verb : {"promote", "skip", "approve", "reject", "retry", "rollback"}) {
    const RequestReading reading = read(asking("r-1", verb, ""));
    EXPECT_FALSE(reading.request) << verb;
    EXPECT_EQ(reading.unhandled_id, "r-1");
    EXPECT_THAT(reading.problem, HasSubstr("request.kaizen.ml/target"));
  }
  for (const char* verb : {"abort", "pause", "resume"}) {
    EXPECT_TRUE(read(asking("r-1", verb, "")).request) << verb;
  }
}

TEST(Request, MD11ATargetMustBeARevision) {
  for (const char* target : {"9F2C4E1AB7", "9f2c4e1ab", "9f2c4e1ab77", "latest", "sha256:9f"}) {
    const RequestReading reading = read(asking("r-1", "abort", target));
    EXPECT_FALSE(reading.request) << target;
    EXPECT_THAT(reading.problem, HasSubstr("is not a revision"));
  }
}

// R3-8.
TEST(Request, MD11PromoteMayGoToTheEnd) {
  api::Metadata metadata = asking("r-1", "promote");
  metadata.annotations["request.kaizen.ml/parameters"] = R"( { "full" : "true" } )";
  EXPECT_TRUE(read(metadata).request->full);
  metadata.annotations["request.kaizen.ml/parameters"] = R"({"full":"false"})";
  EXPECT_FALSE(read(metadata).request->full);
  EXPECT_FALSE(read(asking("r-1", "promote")).request->full);
  EXPECT_TRUE(read(asking("r-1", "skip")).request->full);
}

TEST(Request, MD11ParametersNobodyUnderstandsAreRefused) {
  for (const char* parameters :
       {R"({"full":true})", R"({"full":"yes"})", R"({"fast":"true"})", "full", "[]", "{"}) {
    api::Metadata metadata = asking("r-1", "promote");
    metadata.annotations["request.kaizen.ml/parameters"] = parameters;
    const RequestReading reading = read(metadata);
    EXPECT_FALSE(reading.request) << parameters;
    EXPECT_EQ(reading.unhandled_id, "r-1");
    EXPECT_THAT(reading.problem, HasSubstr("parameters"));
  }
  api::Metadata pause = asking("r-1", "pause");
  pause.annotations["request.kaizen.ml/parameters"] = R"({"full":"true"})";
  EXPECT_THAT(read(pause).problem, HasSubstr("pause takes no parameters"));
}

// R3-10.
TEST(Request, UX41ABadIdIsAnEventAndNothingMore) {
  for (const std::string& id :
       {std::string(), std::string("a b"), std::string("ä"), std::string(65, 'a')}) {
    const RequestReading reading = read(asking(id, "abort"));
    EXPECT_TRUE(reading.bad_id) << id;
    EXPECT_FALSE(reading.request);
    EXPECT_EQ(reading.unhandled_id, "");
    EXPECT_THAT(reading.problem, HasSubstr("is ignored"));
  }
  EXPECT_TRUE(read(asking(std::string(64, 'a'), "abort")).request);
  EXPECT_TRUE(read(asking("A-z_0.9", "abort")).request);
}

// R2-5: a restored or newly applied object must not replay what somebody once asked.
TEST(Request, UX41IdsThatAreThereAtBirthAreSwallowed) {
  const RequestReading reading = read_request(asking("r-1", "abort"), api::ModelDeploymentStatus{});
  EXPECT_TRUE(reading.swallowed);
  EXPECT_FALSE(reading.request);
  EXPECT_EQ(reading.unhandled_id, "r-1");
  EXPECT_THAT(reading.problem, HasSubstr("r-1"));
}

TEST(Request, UX41SixteenIdsAreRemembered) {
  api::ModelDeploymentStatus status = living_status();
  for (int i = 1; i <= 17; ++i) mark_handled(status, "r-" + std::to_string(i));
  ASSERT_EQ(status.handled_requests.size(), 16U);
  EXPECT_EQ(status.handled_requests.front(), "r-17");
  EXPECT_EQ(status.handled_requests.back(), "r-2");
  mark_handled(status, "r-5");
  ASSERT_EQ(status.handled_requests.size(), 16U);
  EXPECT_EQ(status.handled_requests.front(), "r-5");
  EXPECT_EQ(status.handled_requests.back(), "r-2");
}

TEST(Request, UX41LongTextsAreCut) {
  api::Metadata metadata = asking("r-1", "abort");
  metadata.annotations["request.kaizen.ml/by"] = std::string(1000, 'a');
  metadata.annotations["request.kaizen.ml/reason"] = std::string(100000, 'b');
  const RequestReading reading = read(metadata);
  EXPECT_EQ(reading.request->by.size(), 141U);  // 128 and " (unverified)"
  EXPECT_EQ(reading.request->reason.size(), 256U);
  EXPECT_LE(read(asking("r-1", std::string(5000, 'v'))).problem.size(), 512U);
}

}  // namespace
}  // namespace kaizen::core
