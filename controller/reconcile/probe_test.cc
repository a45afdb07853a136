#include "reconcile/probe.h"

#include <gtest/gtest.h>

#include "reconcile/observations.h"

namespace kaizen::reconcile {
namespace {

using namespace std::chrono_literals;

base::Time at(base::Duration span) {
  return base::Time::from_unix_s(1'800'000'000) + span;
}

ProbeOwner owner(std::string name, uint8_t uid = 1) {
  ProbeOwner owner{
      .key = {.kind = Watched::kModelDeployment, .object = {.ns = "shop", .name = std::move(name)}},
      .uid = {}};
  owner.uid.bytes[0] = uid;
  return owner;
}

core::Probe probe(std::string id, base::Time not_before, std::string endpoint = "prometheus") {
  return {.id = std::move(id),
          .endpoint = std::move(endpoint),
          .not_before = not_before,
          .requests = {{.method = "GET", .target = "/q", .headers = {}, .body = {}}},
          .timeout = 10s};
}

core::Answer answer(std::string id, std::string body) {
  core::Answer answer{.id = std::move(id), .responses = {}};
  answer.responses.emplace_back(
      base::HttpResponse{.status = 200, .headers = {}, .body = std::move(body)});
  return answer;
}

std::vector<std::string> ids(const std::vector<core::Answer>& answers) {
  std::vector<std::string> ids;
  for (const auto& entry : answers) ids.push_back(entry.id);
  return ids;
}

TEST(ProbeMachine, A30QuestionIsAskedOnceAndNotBeforeItsTime) {
  ProbeMachine machine;
  machine.plan(owner("a"), {probe("t1", at(15s))});
  EXPECT_EQ(machine.next_at(), at(15s));
  EXPECT_FALSE(machine.take(at(15s) - 1us));
  const auto job = machine.take(at(15s));
  ASSERT_TRUE(job);
  EXPECT_EQ(job->probe.id, "t1");
  EXPECT_FALSE(machine.take(at(15s)));
  machine.finish(*job);
  machine.plan(owner("a"), {probe("t1", at(15s))});  // the next plan names it still
  EXPECT_FALSE(machine.take(at(60s)));
  EXPECT_EQ(machine.next_at(), std::nullopt);
}

TEST(ProbeMachine, RO28QuestionThatNoPlanNamesIsForgotten) {
  ProbeMachine machine;
  machine.plan(owner("a"), {probe("t1", at(1s)), probe("t2", at(2s))});
  machine.plan(owner("a"), {probe("t2", at(2s))});
  EXPECT_EQ(machine.waiting(), 1U);
  EXPECT_EQ(machine.take(at(5s))->probe.id, "t2");
  machine.plan(owner("a"), {});
  EXPECT_EQ(machine.waiting(), 0U);
  EXPECT_FALSE(machine.take(at(9s)));
}

TEST(ProbeMachine, RO28ForgottenWhileItIsAskedAndNamedAgainIsAskedAgain) {
  ProbeMachine machine;
  machine.plan(owner("a"), {probe("t1", at(1s))});
  const auto job = machine.take(at(1s));
  ASSERT_TRUE(job);
  machine.plan(owner("a"), {});
  machine.plan(owner("a"), {probe("t1", at(1s))});
  machine.finish(*job);
  EXPECT_TRUE(machine.take(at(2s)));
}

TEST(ProbeMachine, RO28NothingIsLeftOfAGoneObject) {
  ProbeMachine machine;
  machine.plan(owner("a", 1), {probe("t1", at(1s))});
  machine.plan(owner("a", 2), {probe("t1", at(1s))});
  machine.plan(owner("b", 1), {probe("t1", at(1s))});
  machine.forget(owner("a").key);
  EXPECT_EQ(machine.waiting(), 1U);
  EXPECT_EQ(machine.take(at(1s))->owner, owner("b", 1));
}

TEST(ProbeMachine, A64NoMoreQuestionsAtATimeThanThreads) {
  ProbeMachine machine;
  std::vector<core::Probe> many;
  for (int i = 0; i < 40; ++i) {
    many.push_back(probe("t" + std::to_string(i), at(0s), "source" + std::to_string(i % 5)));
  }
  machine.plan(owner("a"), many);
  std::vector<ProbeJob> jobs;
  while (auto job = machine.take(at(1s))) jobs.push_back(std::move(*job));
  EXPECT_EQ(jobs.size(), 16U);
  EXPECT_EQ(machine.asking(), 16U);
  machine.finish(jobs.front());
  EXPECT_TRUE(machine.take(at(1s)));
  EXPECT_FALSE(machine.take(at(1s)));
}

TEST(ProbeMachine, A64OneSlowSourceLeavesThreadsToTheOthers) {
  ProbeMachine machine;
  std::vector<core::Probe> slow;
  for (int i = 0; i < 30; ++i) slow.push_back(probe("s" + std::to_string(i), at(0s), "slow"));
  machine.plan(owner("a"), slow);
  machine.plan(owner("b"), {probe("t1", at(0s), "fast")});
  size_t asked = 0;
  bool fast = false;
  while (const auto job = machine.take(at(1s))) {
    ++asked;
    fast = fast || job->probe.endpoint == "fast";
  }
  EXPECT_EQ(asked, 9U);  // 8 of the slow source
  EXPECT_TRUE(fast);
}

TEST(ProbeMachine, A64OnePlanNamesABoundedNumber) {
  ProbeMachine machine;
  std::vector<core::Probe> many;
  for (int i = 0; i < 1000; ++i) many.push_back(probe("t" + std::to_string(i), at(0s)));
  machine.plan(owner("a"), many);
  EXPECT_EQ(machine.waiting(), 64U);
}

TEST(ProbeMachine, TwoQuestionsOfOneIdAreOne) {
  ProbeMachine machine;
  machine.plan(owner("a"), {probe("t1", at(1s)), probe("t1", at(2s))});
  EXPECT_EQ(machine.waiting(), 1U);
  EXPECT_TRUE(machine.take(at(3s)));
  EXPECT_FALSE(machine.take(at(3s)));
}

TEST(Observations, RO28AnswersStayWhileTheirIdIsNamed) {
  Observations observations;
  observations.want(owner("a"), {probe("t1", at(0s)), probe("t2", at(0s))});
  EXPECT_TRUE(observations.put(owner("a"), answer("t2", "two")));
  EXPECT_TRUE(observations.put(owner("a"), answer("t1", "one")));
  EXPECT_EQ(ids(observations.of(owner("a"))), (std::vector<std::string>{"t1", "t2"}));
  observations.want(owner("a"), {probe("t2", at(0s))});
  EXPECT_EQ(ids(observations.of(owner("a"))), (std::vector<std::string>{"t2"}));
  observations.want(owner("a"), {});
  EXPECT_TRUE(observations.of(owner("a")).empty());
  EXPECT_EQ(observations.bytes(), 0U);
}

TEST(Observations, RO28AnswerThatNobodyWantsIsDropped) {
  Observations observations;
  EXPECT_FALSE(observations.put(owner("a"), answer("t1", "one")));
  observations.want(owner("a"), {probe("t2", at(0s))});
  EXPECT_FALSE(observations.put(owner("a"), answer("t1", "one")));
  EXPECT_TRUE(observations.of(owner("a")).empty());
}

TEST(Observations, A30SecondAnswerToOneQuestionIsNotTaken) {
  Observations observations;
  observations.want(owner("a"), {probe("t1", at(0s))});
  observations.put(owner("a"), answer("t1", "first"));
  observations.put(owner("a"), answer("t1", "second"));
  EXPECT_EQ(observations.of(owner("a")).at(0).responses.at(0)->body, "first");
}

TEST(Observations, RT73AnswersOfAnOlderObjectOfThatNameAreNotRead) {
  Observations observations;
  observations.want(owner("a", 1), {probe("t1", at(0s))});
  observations.put(owner("a", 1), answer("t1", "old"));
  EXPECT_TRUE(observations.of(owner("a", 2)).empty());
  observations.forget(owner("a").key);
  EXPECT_TRUE(observations.of(owner("a", 1)).empty());
  EXPECT_EQ(observations.bytes(), 0U);
}

TEST(Observations, A64AnswersAreBoundedInBytes) {
  Observations observations;
  observations.want(owner("a"), {probe("t1", at(0s)), probe("t2", at(0s))});
  observations.put(owner("a"), answer("t1", std::string(kMaxAnswerBytes - 100, 'x')));
  observations.put(owner("a"), answer("t2", std::string(200, 'y')));
  EXPECT_LE(observations.bytes(), kMaxAnswerBytes);
  const auto answers = observations.of(owner("a"));
  ASSERT_EQ(answers.size(), 2U);
  ASSERT_FALSE(answers[1].responses.at(0).ok());
  EXPECT_EQ(answers[1].responses.at(0).error().code, base::Code::kTooLarge);
}

}  // namespace
}  // namespace kaizen::reconcile
