#include "reconcile/events.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kaizen::reconcile {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

base::MonoTime at(base::Duration span) {
  return base::MonoTime::from_us(50'000'000) + span;
}

base::Time wall(base::Duration span) {
  return base::Time::from_unix_s(1'800'000'000) + span;
}

const base::MonoTime kStart = at(0s);

Regarding ranker(uint8_t uid = 7) {
  Regarding regarding{
      .resource = api::kModelDeployment, .key = {.ns = "shop", .name = "ranker"}, .uid = {}};
  regarding.uid.bytes[15] = uid;
  return regarding;
}

core::EventNote note(std::string reason,
                     std::string text = "text",
                     core::EventType type = core::EventType::kNormal) {
  return {.type = type, .reason = std::move(reason), .action = "Promote", .note = std::move(text)};
}

EventRecorder recorder() {
  return EventRecorder({.controller = "kaizen.ml/operator", .instance = "kaizen-0"});
}

base::Result<base::HttpResponse> created() {
  return base::HttpResponse{.status = 201, .headers = {}, .body = "{}"};
}

base::Result<base::HttpResponse> failed(base::Action action, base::Code code) {
  return base::Error{.action = action, .code = code, .message = "m", .retry_after = {}};
}

// Sends everything that is due; the requests.
std::vector<base::HttpRequest> drain(EventRecorder& recorder, base::MonoTime now) {
  std::vector<base::HttpRequest> requests;
  while (auto call = recorder.take(now)) {
    requests.push_back(call->request);
    recorder.answered(call->id, created(), now);
  }
  return requests;
}

TEST(EventRecorder, RT83WritesAnEventOfTheNewApi) {
  EventRecorder events = recorder();
  events.record(ranker(), note("Promoted", "6fd9 is stable"), wall(0s), kStart);
  const auto requests = drain(events, kStart);
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].method, "POST");
  EXPECT_THAT(requests[0].target, HasSubstr("/apis/events.k8s.io/v1/namespaces/shop/events"));
  const std::string& body = requests[0].body;
  EXPECT_THAT(body, HasSubstr(R"("apiVersion":"events.k8s.io/v1","kind":"Event")"));
  EXPECT_THAT(body, HasSubstr(R"("eventTime":"2027-01-15T08:00:00.000000Z")"));
  EXPECT_THAT(body, HasSubstr(R"("reportingController":"kaizen.ml/operator")"));
  EXPECT_THAT(body, HasSubstr(R"("reportingInstance":"kaizen-0")"));
  EXPECT_THAT(body, HasSubstr(R"("action":"Promote","reason":"Promoted")"));
  EXPECT_THAT(body, HasSubstr(R"("regarding":{"apiVersion":"kaizen.ml/v1alpha1",)"
                              R"("kind":"ModelDeployment","namespace":"shop","name":"ranker",)"
                              R"("uid":"00000000-0000-0000-0000-000000000007"})"));
  EXPECT_THAT(body, HasSubstr(R"("note":"6fd9 is stable","type":"Normal")"));
}

TEST(EventRecorder, RT83TextsAreCutToTheBoundsOfTheApi) {
  EventRecorder events({.controller = "kaizen.ml/operator", .instance = std::string(300, 'i')});
  core::EventNote long_note = note(std::string(200, 'r'), std::string(3000, 'n'));
  long_note.action = std::string(200, 'a');
  Regarding regarding = ranker();
  regarding.key.name = std::string(253, 'x');
  events.record(regarding, long_note, wall(0s), kStart);
  const auto call = events.take(kStart);
  ASSERT_TRUE(call);
  EXPECT_LE(call->call.key.name.size(), 253U);
  const std::string& body = call->request.body;
  EXPECT_THAT(body, testing::Not(HasSubstr(std::string(129, 'i'))));
  EXPECT_THAT(body, testing::Not(HasSubstr(std::string(129, 'r'))));
  EXPECT_THAT(body, testing::Not(HasSubstr(std::string(129, 'a'))));
  EXPECT_THAT(body, testing::Not(HasSubstr(std::string(1025, 'n'))));
}

TEST(EventRecorder, RT53NamesAreDeterministicAndNeverGenerated) {
  EventRecorder first = recorder();
  EventRecorder second = recorder();
  first.record(ranker(), note("Promoted"), wall(0s), kStart);
  second.record(ranker(), note("Promoted"), wall(0s), at(9s));
  const auto a = first.take(kStart);
  const auto b = second.take(at(9s));
  ASSERT_TRUE(a && b);
  EXPECT_EQ(a->request, b->request);
  EXPECT_THAT(a->request.body, testing::Not(HasSubstr("generateName")));
  second.record(ranker(8), note("Promoted"), wall(0s), at(9s));
  const auto other = second.take(at(9s));
  ASSERT_TRUE(other);
  EXPECT_NE(other->call.key, a->call.key);
}

TEST(EventRecorder, RT84SecondOccurrencePatchesTheSeriesLaterOnesCountHere) {
  EventRecorder events = recorder();
  for (int i = 0; i < 5; ++i) {
    events.record(ranker(), note("Held"), wall(i * 60s), at(i * 60s));
  }
  const auto requests = drain(events, at(240s));
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[1].method, "PATCH");
  EXPECT_EQ(requests[1].body,
            R"({"series":{"count":2,"lastObservedTime":"2027-01-15T08:01:00.000000Z"}})");
}

TEST(EventRecorder, RT84SeriesIsToldAfterSixIdleMinutes) {
  EventRecorder events = recorder();
  for (int i = 0; i < 5; ++i) {
    events.record(ranker(), note("Held"), wall(i * 60s), at(i * 60s));
  }
  drain(events, at(240s));
  EXPECT_EQ(events.next_wake(), at(240s + 6min));
  EXPECT_FALSE(events.take(at(240s + 6min - 1us)));
  const auto requests = drain(events, at(240s + 6min));
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_THAT(requests[0].body, HasSubstr(R"("count":5)"));
  // The series is over: the next occurrence is a new Event.
  events.record(ranker(), note("Held"), wall(20min), at(20min));
  const auto next = drain(events, at(20min));
  ASSERT_EQ(next.size(), 1U);
  EXPECT_EQ(next[0].method, "POST");
}

TEST(EventRecorder, RT84LongSeriesIsToldEveryThirtyMinutes) {
  EventRecorder events = recorder();
  size_t posts = 0;
  size_t patches = 0;
  for (base::Duration t = 0s; t <= 65min; t += 1min) {
    events.record(ranker(), note("Held"), wall(t), at(t));
    for (const auto& request : drain(events, at(t))) {
      (request.method == "POST" ? posts : patches) += 1;
    }
  }
  EXPECT_EQ(posts, 1U);
  EXPECT_EQ(patches, 3U);  // the second occurrence, after 31 and after 61 minutes
}

TEST(EventRecorder, RT84AnotherNoteIsAnotherEvent) {
  EventRecorder events = recorder();
  events.record(ranker(), note("StepStarted", "step 1"), wall(0s), kStart);
  events.record(ranker(), note("StepStarted", "step 2"), wall(1s), at(1s));
  const auto requests = drain(events, at(1s));
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[1].method, "POST");
}

TEST(EventRecorder, RT84SeriesWaitsUntilItsEventExists) {
  EventRecorder events = recorder();
  events.record(ranker(), note("Held"), wall(0s), kStart);
  const auto post = events.take(kStart);
  ASSERT_TRUE(post);
  events.record(ranker(), note("Held"), wall(1s), at(1s));
  EXPECT_FALSE(events.take(at(1s)));
  events.answered(post->id, created(), at(2s));
  const auto patch = events.take(at(2s));
  ASSERT_TRUE(patch);
  EXPECT_EQ(patch->request.method, "PATCH");
}

TEST(EventRecorder, RT85TwentyFiveAtOnceThenOnePerFiveMinutes) {
  EventRecorder events = recorder();
  for (int i = 0; i < 100; ++i) {
    events.record(ranker(), note("Reason" + std::to_string(i)), wall(0s), kStart);
  }
  EXPECT_EQ(drain(events, kStart).size(), 25U);
  EXPECT_EQ(events.dropped(), 75U);
  // Another type and another object have their own budget.
  events.record(ranker(), note("W", "t", core::EventType::kWarning), wall(0s), kStart);
  events.record(ranker(8), note("Reason1"), wall(0s), kStart);
  EXPECT_EQ(drain(events, kStart).size(), 2U);
  for (int i = 100; i < 110; ++i) {
    events.record(ranker(), note("Reason" + std::to_string(i)), wall(5min), at(5min));
  }
  EXPECT_EQ(drain(events, at(5min)).size(), 1U);
}

TEST(EventRecorder, RT85FullQueueDropsTheOldestNormalFirst) {
  EventRecorder events({.controller = "kaizen.ml/operator", .instance = "i", .queue = 3});
  events.record(ranker(1), note("A"), wall(0s), kStart);
  events.record(ranker(2), note("B", "t", core::EventType::kWarning), wall(0s), kStart);
  events.record(ranker(3), note("C"), wall(0s), kStart);
  events.record(ranker(4), note("D", "t", core::EventType::kWarning), wall(0s), kStart);
  events.record(ranker(5), note("E", "t", core::EventType::kWarning), wall(0s), kStart);
  events.record(ranker(6), note("F"), wall(0s), kStart);  // nothing less important waits
  EXPECT_EQ(events.dropped(), 3U);
  std::vector<std::string> reasons;
  for (const auto& request : drain(events, kStart)) {
    for (const char* reason : {"A", "B", "C", "D", "E", "F"}) {
      if (request.body.find(std::string(R"("reason":")") + reason + "\"") != std::string::npos) {
        reasons.emplace_back(reason);
      }
    }
  }
  EXPECT_EQ(reasons, (std::vector<std::string>{"B", "D", "E"}));
}

TEST(EventRecorder, RT85TriesTwelveTimesTenSecondsApartThenGivesUp) {
  EventRecorder events = recorder();
  events.record(ranker(), note("A"), wall(0s), kStart);
  base::MonoTime now = kStart;
  for (int i = 1; i <= 12; ++i) {
    const auto call = events.take(now);
    ASSERT_TRUE(call) << i;
    events.answered(call->id, failed(base::Action::kRetryCall, base::Code::kUnavailable), now);
    if (i == 12) break;
    ASSERT_TRUE(events.next_wake());
    const base::Duration wait = *events.next_wake() - now;
    EXPECT_GE(wait, 7500ms);
    EXPECT_LE(wait, 12500ms);
    EXPECT_FALSE(events.take(now + wait - 1us));
    now = *events.next_wake();
  }
  EXPECT_TRUE(events.idle());
  EXPECT_EQ(events.dropped(), 1U);
}

TEST(EventRecorder, RT85ForbiddenAndMissingNamespaceAreDroppedAtOnce) {
  for (const auto code :
       {base::Code::kForbidden, base::Code::kNotFound, base::Code::kNamespaceEnding}) {
    EventRecorder events = recorder();
    events.record(ranker(), note("A"), wall(0s), kStart);
    const auto call = events.take(kStart);
    ASSERT_TRUE(call);
    events.answered(call->id, failed(base::Action::kAwaitChange, code), kStart);
    EXPECT_TRUE(events.idle());
    EXPECT_EQ(events.dropped(), 1U);
    // The next occurrence begins anew instead of counting on an Event that does not exist.
    events.record(ranker(), note("A"), wall(1s), at(1s));
    const auto again = events.take(at(1s));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->request.method, "POST");
  }
}

TEST(EventRecorder, A25EventDeliveredTwiceIsOne) {
  EventRecorder events = recorder();
  events.record(ranker(), note("A"), wall(0s), kStart);
  const auto call = events.take(kStart);
  ASSERT_TRUE(call);
  events.answered(call->id, failed(base::Action::kRetryReconcile, base::Code::kAlreadyExists),
                  kStart);
  EXPECT_TRUE(events.idle());
  EXPECT_EQ(events.dropped(), 0U);
}

TEST(EventRecorder, RT86FlushTellsWhatWasCounted) {
  EventRecorder events = recorder();
  for (int i = 0; i < 5; ++i) events.record(ranker(), note("Held"), wall(i * 1s), at(i * 1s));
  drain(events, at(5s));
  EXPECT_TRUE(events.idle());
  events.flush(at(6s));
  const auto requests = drain(events, at(6s));
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_THAT(requests[0].body, HasSubstr(R"("count":5)"));
}

TEST(EventRecorder, A64RemembersABoundedNumberOfSeries) {
  EventRecorder events(
      {.controller = "kaizen.ml/operator", .instance = "i", .queue = 1'000'000, .series = 10});
  for (uint8_t i = 0; i < 200; ++i) {
    events.record(ranker(i), note("A"), wall(i * 1s), at(i * 1s));
  }
  EXPECT_EQ(drain(events, at(200s)).size(), 200U);
  // The oldest series is forgotten: it begins anew.
  events.record(ranker(0), note("A"), wall(201s), at(201s));
  const auto requests = drain(events, at(201s));
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].method, "POST");
}

}  // namespace
}  // namespace kaizen::reconcile
