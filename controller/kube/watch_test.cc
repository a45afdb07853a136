#include "kube/watch.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/http.h"
#include "kube/kube_test_support.h"
#include "kube/store.h"
#include "kube/watch_frame.h"
#include "kube/watch_test_support.h"
#include "net/transport.h"

namespace kaizen::kube {
namespace {

using base::Code;
using base::Duration;
using net::StreamEndKind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using namespace std::chrono_literals;  // NOLINT: 30s, as in base/duration.h

constexpr std::string_view kInternal =
    R"({"kind":"Status","message":"etcd is away","reason":"InternalError","code":500})";
constexpr std::string_view kGone =
    R"({"kind":"Status","message":"too old","reason":"Expired","code":410})";

std::string added(const ToySpec& spec) {
  return frame("ADDED", toy_json(spec));
}

std::string modified(const ToySpec& spec) {
  return frame("MODIFIED", toy_json(spec));
}

std::string deleted(const ToySpec& spec) {
  return frame("DELETED", toy_json(spec));
}

base::HttpResponse http(int32_t status) {
  return {.status = status, .headers = {}, .body = ""};
}

// --- the first picture: watch-list --------------------------------------------------------------

TEST(WatchMachine, RT23TheFirstPictureIsTheMostRecentOne) {
  WatchRig rig;
  EXPECT_EQ(rig.machine.state(), WatchState::kSyncing);
  rig.start();
  EXPECT_THAT(rig.target(), StartsWith("/apis/example.com/v1/toys?watch=true"));
  EXPECT_THAT(rig.target(), HasSubstr("&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"));
  EXPECT_THAT(rig.target(), Not(HasSubstr("resourceVersion=")));
}

TEST(WatchMachine, RT27APictureIsShownOnlyAtItsEndMark) {
  WatchRig rig;
  rig.start();
  rig.opened();
  EXPECT_THAT(rig.bytes(added({.name = "a"}) + added({.name = "b"})).deltas, IsEmpty());
  // Changes that happen meanwhile belong to the picture.
  EXPECT_THAT(
      rig.bytes(modified({.name = "a", .version = "12"}) + deleted({.name = "b", .version = "13"}) +
                added({.name = "c", .version = "14"}))
          .deltas,
      IsEmpty());
  EXPECT_EQ(rig.machine.state(), WatchState::kSyncing);
  const WatchOutput out = rig.bytes(bookmark("15", true));
  ASSERT_EQ(out.deltas.size(), 1U);
  EXPECT_EQ(out.deltas[0].kind, Delta::Kind::kReplace);
  EXPECT_EQ(out.deltas[0].resource_version, "15");
  EXPECT_THAT(rig.contents(), ElementsAre("a:1@12", "c:1@14"));
  EXPECT_EQ(rig.machine.state(), WatchState::kSynced);
  // The same stream goes on as the watch.
  EXPECT_EQ(rig.bytes(modified({.name = "c", .version = "16"})).deltas.size(), 1U);
  EXPECT_THAT(rig.contents(), ElementsAre("a:1@12", "c:1@16"));
}

TEST(WatchMachine, RT24SyntheticEventsDoNotMoveTheHighWaterMark) {
  WatchRig rig;
  rig.start();
  rig.opened();
  rig.bytes(added({.name = "a", .version = "90"}) + added({.name = "b", .version = "7"}));
  EXPECT_EQ(rig.store.high_water(), "");
  rig.ended(StreamEndKind::kCut);
  rig.tick();
  EXPECT_THAT(rig.target(), Not(HasSubstr("resourceVersion=")));
}

TEST(WatchMachine, RT27AStreamThatEndsBeforeItsEndMarkIsThrownAway) {
  for (const StreamEndKind end :
       {StreamEndKind::kServerEnded, StreamEndKind::kIdle, StreamEndKind::kCut}) {
    WatchRig rig;
    rig.start();
    rig.opened();
    rig.bytes(added({.name = "a"}));
    EXPECT_THAT(rig.ended(end).deltas, IsEmpty());
    ASSERT_TRUE(rig.waiting());
    rig.tick();
    EXPECT_THAT(rig.target(), HasSubstr("sendInitialEvents=true"));
    rig.opened();
    rig.bytes(added({.name = "b"}) + bookmark("20", true));
    EXPECT_THAT(rig.contents(), ElementsAre("b:1@10"));
  }
}

TEST(WatchMachine, RT27RefusedWithAStatusFallsBackToAListAtOnce) {
  WatchRig rig;
  rig.start();
  const WatchOutput out = rig.refused(recorded("gate-off"));
  EXPECT_EQ(out.restart, WatchRestart::kRefused);
  EXPECT_EQ(rig.target(), "/apis/example.com/v1/toys?limit=500");
}

TEST(WatchMachine, RT27RefusedInsideTheStreamFallsBackToAListAtOnce) {
  const std::string recorded_frames = recorded_text("watch_errors.txt");
  WatchRig rig;
  rig.start();
  rig.opened();
  const WatchOutput out = rig.bytes(recorded_frames.substr(0, recorded_frames.find('\n') + 1));
  EXPECT_TRUE(out.stop_stream);
  EXPECT_EQ(out.restart, WatchRestart::kRefused);
  rig.ended(StreamEndKind::kStopped);
  EXPECT_EQ(rig.target(), "/apis/example.com/v1/toys?limit=500");
}

TEST(WatchMachine, RT27ARefusalIsRememberedForHalfAnHour) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20", true);
  rig.pass(29min);
  rig.bytes(frame("ERROR", kGone));
  rig.ended(StreamEndKind::kStopped);
  EXPECT_THAT(rig.target(), Not(HasSubstr("watch=true")));
  rig.answer_ok(toy_list({}, "30"));
  rig.opened();
  rig.pass(2min);
  rig.bytes(frame("ERROR", kGone));
  rig.ended(StreamEndKind::kStopped);
  EXPECT_THAT(rig.target(), HasSubstr("sendInitialEvents=true"));
}

TEST(WatchMachine, RT27ARefusalIsForgottenWithTheConnection) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20", true);
  rig.ended(StreamEndKind::kServerEnded);
  rig.tick();
  rig.stream_error(Code::kUnavailable);
  rig.tick();
  rig.opened();
  rig.bytes(frame("ERROR", kGone));
  rig.ended(StreamEndKind::kStopped);
  EXPECT_THAT(rig.target(), HasSubstr("sendInitialEvents=true"));
}

TEST(WatchMachine, RT27ARefusalIsForgottenWhenAListFindsNoServer) {
  WatchRig rig;
  rig.start();
  rig.refused(recorded("gate-off"));
  rig.answer_error(Code::kUnavailable);
  rig.tick();
  EXPECT_THAT(rig.target(), HasSubstr("sendInitialEvents=true"));
}

TEST(WatchMachine, RT27AServerInTroubleHasNotRefused) {
  for (const int32_t status : {500, 503, 429}) {
    WatchRig rig;
    rig.start();
    rig.refused(http(status));
    ASSERT_TRUE(rig.waiting()) << status;
    rig.tick();
    EXPECT_THAT(rig.target(), HasSubstr("sendInitialEvents=true")) << status;
  }
  WatchRig rig;
  rig.start();
  rig.opened();
  rig.bytes(added({.name = "a"}) + frame("ERROR", kInternal));  // not the first event
  rig.ended(StreamEndKind::kStopped);
  rig.tick();
  EXPECT_THAT(rig.target(), HasSubstr("sendInitialEvents=true"));
}

TEST(WatchMachine, RT27AServerThatDoesNotKnowTheEndMarkIsNoWatchList) {
  WatchRig plain;
  plain.start();
  plain.opened();
  plain.bytes(added({.name = "a"}));
  EXPECT_TRUE(plain.bytes(bookmark("20")).stop_stream);
  plain.ended(StreamEndKind::kStopped);
  EXPECT_EQ(plain.target(), "/apis/example.com/v1/toys?limit=500");

  WatchRig silent;  // three times the stream ends without one
  silent.start();
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(silent.target(), HasSubstr("sendInitialEvents=true"));
    silent.opened();
    silent.bytes(added({.name = "a"}));
    silent.ended(StreamEndKind::kServerEnded);
    silent.tick();
  }
  EXPECT_EQ(silent.target(), "/apis/example.com/v1/toys?limit=500");
}

// --- the first picture: pages -------------------------------------------------------------------

TEST(WatchMachine, RT26PagesAreFollowedAndShownTogether) {
  WatchRig rig;
  rig.start();
  rig.refused(recorded("gate-off"));
  EXPECT_EQ(rig.call->limit, 60s);  // RT-5
  EXPECT_EQ(rig.call->max_body_bytes, size_t{64} << 20U);
  EXPECT_THAT(rig.answer_ok(toy_list({{.name = "a"}, {.name = "b"}}, "20", "t1")).deltas,
              IsEmpty());
  EXPECT_EQ(rig.target(), "/apis/example.com/v1/toys?limit=500&continue=t1");
  EXPECT_THAT(rig.answer_ok(toy_list({{.name = "c"}}, "20", "t2")).deltas, IsEmpty());
  EXPECT_EQ(rig.target(), "/apis/example.com/v1/toys?limit=500&continue=t2");
  EXPECT_EQ(rig.machine.state(), WatchState::kSyncing);
  const WatchOutput out = rig.answer_ok(toy_list({{.name = "d"}}, "20"));
  ASSERT_EQ(out.deltas.size(), 1U);
  EXPECT_THAT(rig.contents(), ElementsAre("a:1@10", "b:1@10", "c:1@10", "d:1@10"));
  EXPECT_THAT(rig.target(), HasSubstr("watch=true"));
  EXPECT_THAT(rig.target(), HasSubstr("resourceVersion=20"));
  EXPECT_THAT(rig.target(), Not(HasSubstr("sendInitialEvents")));
}

TEST(WatchMachine, RT26TheVersionIsThatOfTheFirstPage) {
  WatchRig rig;
  rig.start();
  rig.refused(recorded("gate-off"));
  rig.answer_ok(toy_list({{.name = "a"}}, "20", "t1"));
  rig.answer_ok(toy_list({{.name = "b"}}, "25"));  // what came between is still to be watched
  EXPECT_EQ(rig.store.high_water(), "20");
  EXPECT_THAT(rig.target(), HasSubstr("resourceVersion=20"));
}

TEST(WatchMachine, RT26DiscardsAllPagesOn410) {
  WatchRig rig;
  rig.start();
  rig.refused(recorded("gate-off"));
  rig.answer_ok(toy_list({{.name = "old"}}, "20", "t1"));
  EXPECT_THAT(rig.answer(recorded("expired-continue")).deltas, IsEmpty());
  // At once, one whole list; the token of the answer would give an inconsistent rest.
  EXPECT_EQ(rig.target(), "/apis/example.com/v1/toys");
  rig.answer_ok(toy_list({{.name = "new"}}, "30"));
  EXPECT_THAT(rig.contents(), ElementsAre("new:1@10"));
  EXPECT_EQ(rig.store.high_water(), "30");
}

TEST(WatchMachine, RT26AServerThatExpiresTheWholeListTooIsWaitedFor) {
  WatchRig rig;
  rig.start();
  rig.refused(recorded("gate-off"));
  rig.answer_ok(toy_list({{.name = "old"}}, "20", "t1"));
  rig.answer(recorded("expired-continue"));
  rig.answer_ok(toy_list({{.name = "old"}}, "21", "t2"));  // it pages although we did not ask
  rig.answer(recorded("expired-continue"));
  ASSERT_TRUE(rig.waiting());
  EXPECT_EQ(rig.store.size(), 0U);
}

TEST(WatchMachine, RT26AFailedPageShowsNothingAndStartsOver) {
  for (const int page : {1, 2}) {
    WatchRig rig;
    rig.start();
    rig.refused(recorded("gate-off"));
    if (page == 2) rig.answer_ok(toy_list({{.name = "a"}}, "20", "t1"));
    EXPECT_THAT(rig.answer(http(503)).deltas, IsEmpty());
    ASSERT_TRUE(rig.waiting());
    EXPECT_THAT(rig.tick().deltas, IsEmpty());
    EXPECT_THAT(rig.target(), Not(HasSubstr("continue")));
  }
}

TEST(WatchMachine, RT35AnAnswerThatIsNoListIsAFailure) {
  for (const std::string_view body :
       {"<html>sign in</html>", R"({"kind":"Table","rows":[]})", ""}) {
    WatchRig rig;
    rig.start();
    rig.refused(recorded("gate-off"));
    const WatchOutput out = rig.answer_ok(std::string(body));
    EXPECT_THAT(out.deltas, IsEmpty());
    EXPECT_TRUE(rig.waiting());
    EXPECT_NE(out.problem, "");
    EXPECT_EQ(rig.machine.state(), WatchState::kSyncing);
  }
}

TEST(WatchMachine, RT6APageOverTheCapIsAskedForInSmallerPages) {
  WatchRig rig;
  rig.start();
  rig.refused(recorded("gate-off"));
  rig.answer_error(Code::kTooLarge);
  rig.tick();
  EXPECT_EQ(rig.target(), "/apis/example.com/v1/toys?limit=250");
  rig.answer_error(Code::kTooLarge);
  rig.tick();
  EXPECT_EQ(rig.target(), "/apis/example.com/v1/toys?limit=125");
}

TEST(WatchMachine, RT6AWholeListOverTheCapIsAskedForInPages) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20", true);
  rig.bytes(frame("ERROR", kGone));
  rig.ended(StreamEndKind::kStopped);
  EXPECT_THAT(rig.target(), Not(HasSubstr("limit")));
  rig.answer_error(Code::kTooLarge);
  rig.tick();
  EXPECT_EQ(rig.target(), "/apis/example.com/v1/toys?limit=500");
}

// --- relists ------------------------------------------------------------------------------------

TEST(WatchMachine, RT25ARelistAsksForTheHighWaterMarkWithoutPages) {
  WatchRig rig;
  rig.sync({{.name = "a"}, {.name = "b"}}, "20", true);
  rig.bytes(modified({.name = "a", .version = "25"}));
  const WatchOutput out = rig.bytes(frame("ERROR", kGone));
  EXPECT_TRUE(out.stop_stream);
  EXPECT_EQ(out.restart, WatchRestart::kExpired);
  rig.ended(StreamEndKind::kStopped);
  EXPECT_EQ(rig.target(),
            "/apis/example.com/v1/toys?resourceVersion=25&resourceVersionMatch=NotOlderThan");
  rig.answer_ok(toy_list({{.name = "a", .version = "28"}}, "30"));
  ASSERT_EQ(rig.changes.size(), 2U);
  EXPECT_TRUE(rig.changes[0].final_state_unknown);
  EXPECT_THAT(rig.contents(), ElementsAre("a:1@28"));
}

TEST(WatchMachine, RT25ARelistByWatchListAsksForTheHighWaterMark) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20");
  rig.refused(recorded("expired-list"));
  EXPECT_THAT(rig.target(), HasSubstr("resourceVersion=20&sendInitialEvents=true"));
  EXPECT_EQ(rig.machine.state(), WatchState::kSynced);  // the old picture serves meanwhile
  EXPECT_THAT(rig.contents(), ElementsAre("a:1@10"));
  rig.opened();
  EXPECT_THAT(rig.bytes(added({.name = "b"})).deltas, IsEmpty());
  rig.bytes(bookmark("40", true));
  EXPECT_THAT(rig.contents(), ElementsAre("b:1@10"));
}

TEST(WatchMachine, RT25AVersionTheServerDoesNotHaveIsAskedForNoLonger) {
  for (const std::string_view answer : {"too-large-version", "expired-list"}) {
    WatchRig list;
    list.sync({{.name = "a"}}, "20", true);
    list.bytes(frame("ERROR", kGone));
    list.ended(StreamEndKind::kStopped);
    list.answer(recorded(answer));
    EXPECT_EQ(list.target(), "/apis/example.com/v1/toys?limit=500") << answer;

    WatchRig stream;
    stream.sync({{.name = "a"}}, "20");
    stream.refused(recorded("expired-list"));
    stream.refused(recorded(answer));
    EXPECT_THAT(stream.target(), HasSubstr("sendInitialEvents=true")) << answer;
    EXPECT_THAT(stream.target(), Not(HasSubstr("resourceVersion="))) << answer;
  }
}

TEST(WatchMachine, RT25AServerThatExpiresEverythingIsNotAskedWithoutEnd) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20", true);
  int waits = 0;
  for (int i = 0; i < 10; ++i) {
    rig.bytes(frame("ERROR", kGone));
    rig.ended(StreamEndKind::kStopped);
    if (rig.waiting()) {
      ++waits;
      rig.tick();
    }
    rig.answer_ok(toy_list({}, "30"));
    rig.opened();
  }
  EXPECT_EQ(waits, 9);  // only the first relist was at once
}

TEST(WatchMachine, RT33AListOlderThanWhatWasToldIsRejected) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20", true);
  rig.bytes(frame("ERROR", kGone));
  rig.ended(StreamEndKind::kStopped);
  const WatchOutput out = rig.answer_ok(toy_list({}, "19"));
  EXPECT_THAT(out.deltas, IsEmpty());
  EXPECT_THAT(out.problem, HasSubstr("is at version 19 and told 20 before"));
  EXPECT_THAT(rig.contents(), ElementsAre("a:1@10"));
  rig.tick();
  EXPECT_EQ(rig.target(), "/apis/example.com/v1/toys?limit=500");
}

TEST(WatchMachine, RT33APictureOlderThanWhatWasToldIsRejected) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20");
  rig.refused(recorded("expired-list"));
  rig.opened();
  const WatchOutput out = rig.bytes(bookmark("19", true));
  EXPECT_THAT(out.deltas, IsEmpty());
  EXPECT_TRUE(out.stop_stream);
  rig.ended(StreamEndKind::kStopped);
  rig.tick();
  EXPECT_THAT(rig.target(), Not(HasSubstr("resourceVersion=")));
}

TEST(WatchMachine, RT33ABookmarkFromThePastMeansARelistWithoutAVersion) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20");
  const WatchOutput out = rig.bytes(bookmark("19"));
  EXPECT_TRUE(out.stop_stream);
  EXPECT_EQ(out.stale_events, 1U);
  rig.ended(StreamEndKind::kStopped);
  rig.tick();
  EXPECT_THAT(rig.target(), HasSubstr("sendInitialEvents=true"));
  EXPECT_THAT(rig.target(), Not(HasSubstr("resourceVersion=")));
}

TEST(WatchMachine, RT33AnEventFromThePastBringsNothingBack) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20");
  rig.bytes(deleted({.name = "a", .version = "25"}));
  const WatchOutput out =
      rig.bytes(added({.name = "a", .version = "18"}) + added({.name = "b", .version = "25"}) +
                added({.name = "c", .version = "26"}));
  EXPECT_EQ(out.stale_events, 2U);
  EXPECT_THAT(rig.contents(), ElementsAre("c:1@26"));
}

// --- the watch ----------------------------------------------------------------------------------

TEST(WatchMachine, RT28EveryWatchHasATimeoutBetweenFiveAndTenMinutes) {
  WatchRig rig;
  rig.sync({}, "20");
  std::vector<int64_t> seen;
  for (int i = 0; i < 300; ++i) {
    rig.ended(StreamEndKind::kIdle);
    EXPECT_THAT(rig.target(), HasSubstr("allowWatchBookmarks=true"));
    seen.push_back(timeout_seconds(rig.target()));
    rig.opened();
  }
  EXPECT_GE(*std::min_element(seen.begin(), seen.end()), 300);
  EXPECT_LE(*std::max_element(seen.begin(), seen.end()), 600);
  EXPECT_LT(*std::min_element(seen.begin(), seen.end()), 310);
  EXPECT_GT(*std::max_element(seen.begin(), seen.end()), 590);
}

TEST(WatchMachine, RT28ABookmarkMovesTheMarkAndNothingElse) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20");
  const WatchOutput out = rig.bytes(bookmark("44"));
  ASSERT_EQ(out.deltas.size(), 1U);
  EXPECT_EQ(out.deltas[0].kind, Delta::Kind::kProgress);
  EXPECT_EQ(rig.store.high_water(), "44");
  rig.pass(11s);
  rig.ended(StreamEndKind::kServerEnded);
  EXPECT_THAT(rig.target(), HasSubstr("resourceVersion=44"));
}

TEST(WatchMachine, RT9ACutConnectionIsWatchedAgainFromTheMarkAndNeverListed) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20");
  for (int i = 0; i < 50; ++i) {
    rig.pass(50s);
    const WatchOutput out = rig.ended(StreamEndKind::kCut);
    EXPECT_EQ(out.restart, WatchRestart::kCut);
    ASSERT_FALSE(rig.waiting());
    EXPECT_THAT(rig.target(), HasSubstr("resourceVersion=20"));
    EXPECT_THAT(rig.target(), Not(HasSubstr("sendInitialEvents")));
    rig.opened();
  }
}

TEST(WatchMachine, RT9AWatchClosedAtOnceIsAFailure) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20");
  rig.pass(999ms);
  const WatchOutput out = rig.ended(StreamEndKind::kServerEnded);
  EXPECT_EQ(out.restart, WatchRestart::kEnded);
  ASSERT_TRUE(rig.waiting());
  EXPECT_THAT(out.problem, HasSubstr("ends it at once"));
  EXPECT_EQ(rig.tick().problem, out.problem);
  EXPECT_EQ(rig.opened().problem, "");  // healthy again
}

TEST(WatchMachine, RT9AnEventResetsTheBackoff) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20");
  Duration longest{};
  for (int i = 0; i < 40; ++i) {  // far up the backoff
    rig.stream_error(Code::kUnavailable);
    longest = std::max(longest, rig.waits());
    rig.tick();
  }
  EXPECT_GT(longest, 10s);
  rig.opened();
  rig.bytes(added({.name = "b", .version = "21"}));
  rig.ended(StreamEndKind::kCut);
  ASSERT_FALSE(rig.waiting());  // short, but it delivered
  rig.stream_error(Code::kUnavailable);
  EXPECT_LE(rig.waits(), 800ms);
}

TEST(WatchMachine, RT9AWatchThatLivedTenSecondsResetsTheBackoff) {
  for (const Duration lived : {Duration(9s), Duration(11s)}) {
    WatchRig rig;
    rig.sync({{.name = "a"}}, "20");
    Duration longest{};
    for (int i = 0; i < 20; ++i) {
      rig.stream_error(Code::kUnavailable);
      rig.tick();
    }
    rig.opened();
    rig.pass(lived);
    rig.ended(StreamEndKind::kCut);
    ASSERT_FALSE(rig.waiting());
    for (int i = 0; i < 5; ++i) {
      rig.stream_error(Code::kUnavailable);
      if (i == 0) longest = rig.waits();
      rig.tick();
    }
    if (lived > 10s) {
      EXPECT_LE(longest, 800ms);
    } else {
      EXPECT_GT(longest, 800ms);
    }
  }
}

TEST(WatchMachine, RT7ASilentWatchIsOpenedAgainWithoutCountingAFailure) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20");
  EXPECT_EQ(rig.call->limit, 150s);
  rig.pass(150s);
  const WatchOutput out = rig.ended(StreamEndKind::kIdle);
  EXPECT_EQ(out.restart, WatchRestart::kIdle);
  EXPECT_EQ(out.problem, "");
  ASSERT_FALSE(rig.waiting());
  EXPECT_THAT(rig.target(), HasSubstr("resourceVersion=20"));
}

TEST(WatchMachine, RT7AServerWithoutBookmarksIsGivenItsWholeTimeout) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20");  // the end mark of the picture promises no others
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(rig.call->limit, 150s) << i;
    rig.pass(150s);
    rig.ended(StreamEndKind::kIdle);
    if (i < 3) rig.opened();
  }
  EXPECT_EQ(rig.call->limit, std::chrono::seconds(timeout_seconds(rig.target())) + 5s);
  // One bookmark, and silence means something again.
  rig.opened();
  rig.pass(200s);
  rig.bytes(bookmark("21"));
  rig.pass(60s);
  rig.ended(StreamEndKind::kServerEnded);
  EXPECT_EQ(rig.call->limit, 150s);
}

TEST(WatchMachine, RT7TimeWithoutAConnectionSaysNothingAboutBookmarks) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20");
  rig.bytes(bookmark("21"));
  rig.ended(StreamEndKind::kCut);
  rig.tick();
  rig.stream_error(Code::kUnavailable);
  rig.pass(1h);
  rig.tick();
  EXPECT_EQ(rig.call->limit, 150s);
  rig.stream_error(Code::kUnavailable);
  rig.tick();
  EXPECT_EQ(rig.call->limit, 150s);
}

TEST(WatchMachine, RT7EveryBookmarkStartsTheTenMinutesAnew) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20");
  for (int i = 0; i < 11; ++i) {
    rig.pass(1min);
    rig.bytes(bookmark("21"));
  }
  rig.ended(StreamEndKind::kServerEnded);
  EXPECT_EQ(rig.call->limit, 150s);
}

TEST(WatchMachine, RT29ExpiredMeansARelist) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20", true);
  rig.pass(1min);
  rig.bytes(frame("ERROR", kGone));
  rig.ended(StreamEndKind::kStopped);
  EXPECT_THAT(rig.target(), StartsWith("/apis/example.com/v1/toys?resourceVersion=20"));
}

TEST(WatchMachine, RT29ThrottledMeansWaitingAndWatchingOn) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20");
  rig.bytes(frame("ERROR", R"({"kind":"Status","reason":"TooManyRequests","code":429,)"
                           R"("details":{"retryAfterSeconds":9}})"));
  rig.ended(StreamEndKind::kStopped);
  ASSERT_TRUE(rig.waiting());
  EXPECT_EQ(rig.waits(), 9s);
  rig.tick();
  EXPECT_THAT(rig.target(), HasSubstr("resourceVersion=20"));
  EXPECT_THAT(rig.target(), Not(HasSubstr("sendInitialEvents")));
}

TEST(WatchMachine, RT29InternalErrorsAreWatchedAgainForAMinuteThenListed) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20");
  const base::MonoTime began = rig.now;
  int watches = 0;
  while (rig.now - began < 5min) {
    rig.bytes(frame("ERROR", kInternal));
    rig.ended(StreamEndKind::kStopped);
    ASSERT_TRUE(rig.waiting());
    rig.tick();
    if (rig.target().find("sendInitialEvents") != std::string::npos) break;
    EXPECT_LT(rig.now - began, 1min + 30s);
    ++watches;
    rig.opened();
  }
  EXPECT_GT(watches, 2);
  EXPECT_GE(rig.now - began, 1min);
  EXPECT_THAT(rig.target(), HasSubstr("resourceVersion=20&sendInitialEvents=true"));
}

TEST(WatchMachine, RT29AnyOtherErrorMeansARelistAfterAWait) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20");
  rig.bytes(frame("ERROR", R"({"kind":"Status","reason":"Odd","code":418})"));
  rig.ended(StreamEndKind::kStopped);
  ASSERT_TRUE(rig.waiting());
  rig.tick();
  EXPECT_THAT(rig.target(), HasSubstr("sendInitialEvents=true"));
}

TEST(WatchMachine, RT9AServerAwayForLongIsWatchedAgainNotListed) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20");
  rig.stream_error(Code::kUnavailable);
  for (int i = 0; i < 20; ++i) {
    rig.tick();
    EXPECT_THAT(rig.target(), Not(HasSubstr("sendInitialEvents")));
    if (i % 2 == 0) {
      rig.refused(http(503));
    } else {
      rig.stream_error(Code::kTimeout);
    }
  }
}

TEST(WatchMachine, RT30BackoffDoublesFrom800MillisecondsTo30SecondsWithFullJitter) {
  std::vector<Duration> longest(10);
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    WatchRig rig(seed);
    rig.start();
    for (Duration& longest_here : longest) {
      rig.stream_error(Code::kUnavailable);
      EXPECT_GT(rig.waits(), 0s);
      longest_here = std::max(longest_here, rig.waits());
      rig.tick();
    }
  }
  const std::vector<Duration> caps = {800ms,   1600ms, 3200ms, 6400ms, 12800ms,
                                      25600ms, 30s,    30s,    30s,    30s};
  for (size_t i = 0; i < caps.size(); ++i) {
    EXPECT_LE(longest[i], caps[i]) << i;
    EXPECT_GT(longest[i], caps[i] * 9 / 10) << i;
  }
}

TEST(WatchMachine, RT30TwentyThatFailTogetherDoNotComeBackTogether) {
  for (int failures = 1; failures <= 6; ++failures) {
    std::map<int64_t, int> buckets;  // of 100 ms
    for (uint64_t seed = 1; seed <= 20; ++seed) {
      WatchRig rig(seed);
      rig.start();
      for (int i = 1; i < failures; ++i) {
        rig.stream_error(Code::kUnavailable);
        rig.now = base::MonoTime::from_us(1'000'000'000 + i * 60'000'000L);
        rig.tick();
      }
      rig.stream_error(Code::kUnavailable);
      ++buckets[rig.waits() / 100ms];
    }
    for (const auto& [bucket, count] : buckets) EXPECT_LE(count, 5) << bucket;
  }
}

TEST(WatchMachine, RT35FramesOfNoUseAreCountedAndTheWatchGoesOn) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20");
  const WatchOutput out =
      rig.bytes("no JSON at all\n" + frame("ADDED", R"({"kind":"Table","rows":[]})") +
                added({.name = "b", .version = "21"}));
  EXPECT_EQ(out.skipped_frames, 2U);
  EXPECT_FALSE(out.stop_stream);
  EXPECT_THAT(rig.contents(), ElementsAre("a:1@10", "b:1@21"));
}

TEST(WatchMachine, RT35ABrokenObjectIsDeliveredWithItsKey) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20");
  rig.bytes(frame("MODIFIED",
                  R"({"kind":"Toy","metadata":{"name":"a","namespace":"shop",)"
                  R"("resourceVersion":"21","uid":"00000000-0000-0000-0000-000000000001"},)"
                  R"("spec":{"x":"many"}})"));
  EXPECT_THAT(rig.contents(), ElementsAre("a:1@21"));
  EXPECT_EQ(rig.store.find({.ns = "shop", .name = "a"})->parse_error, "spec.x: not a whole number");
}

TEST(WatchMachine, RT6AnEventOverTheCapEndsTheStreamAndAListGoesPastIt) {
  const std::string giant = frame("MODIFIED", R"({"metadata":{"name":"g"},"data":")" +
                                                  std::string(kMaxFrameBytes, 'x') + R"("})");
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20");
  EXPECT_TRUE(rig.bytes(giant).stop_stream);
  rig.ended(StreamEndKind::kStopped);
  rig.tick();
  EXPECT_THAT(rig.target(), HasSubstr("sendInitialEvents=true"));
  rig.opened();
  EXPECT_TRUE(rig.bytes(giant).stop_stream);  // the watch-list meets it again
  rig.ended(StreamEndKind::kStopped);
  EXPECT_THAT(rig.target(), Not(HasSubstr("watch=true")));
  rig.answer_ok(toy_list({{.name = "a"}}, "30"));
  EXPECT_THAT(rig.target(), HasSubstr("resourceVersion=30"));
}

// --- what is not installed, and what the driver asks for ----------------------------------------

TEST(WatchMachine, RT36AKindThatIsNotInstalledIsProbedEveryMinute) {
  WatchRig rig;
  rig.start();
  const WatchOutput out = rig.refused(recorded("no-group"));
  EXPECT_EQ(rig.machine.state(), WatchState::kUnavailable);
  EXPECT_THAT(out.problem, HasSubstr("watch toys.example.com: the server answered 404"));
  Duration shortest = 1h;
  Duration longest{};
  for (int i = 0; i < 100; ++i) {
    shortest = std::min(shortest, rig.waits());
    longest = std::max(longest, rig.waits());
    rig.tick();
    rig.refused(recorded("no-kind"));
    EXPECT_EQ(rig.machine.state(), WatchState::kUnavailable);
  }
  EXPECT_GE(shortest, 54s);
  EXPECT_LE(longest, 66s);
  EXPECT_LT(shortest, 56s);
  EXPECT_GT(longest, 64s);
  rig.tick();
  rig.opened();
  rig.bytes(bookmark("20", true));
  EXPECT_EQ(rig.machine.state(), WatchState::kSynced);
}

TEST(WatchMachine, RT36WhatWeMayNotReadIsProbedTheSameWay) {
  WatchRig rig;
  rig.start();
  rig.refused(recorded("gate-off"));
  rig.answer(recorded("forbidden"));
  EXPECT_EQ(rig.machine.state(), WatchState::kUnavailable);
  EXPECT_GE(rig.waits(), 54s);
  EXPECT_LE(rig.waits(), 66s);
  rig.tick();
  EXPECT_THAT(rig.target(), Not(HasSubstr("watch=true")));  // RT-27: still remembered
}

TEST(WatchMachine, RT36AKindTakenAwayKeepsItsLastPictureAndIsUnavailable) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20");
  rig.pass(1min);
  rig.ended(StreamEndKind::kServerEnded);
  const base::MonoTime began = rig.now;
  rig.refused(recorded("no-kind"));
  // A server that comes up says so for a moment: not believed at once.
  EXPECT_EQ(rig.machine.state(), WatchState::kSynced);
  while (rig.machine.state() == WatchState::kSynced) {
    EXPECT_LE(rig.waits(), 30s);
    rig.tick();
    EXPECT_THAT(rig.target(), HasSubstr("resourceVersion=20"));
    rig.refused(recorded("no-kind"));
  }
  EXPECT_GE(rig.now - began, 1min);
  EXPECT_LE(rig.now - began, 1min + 30s);
  EXPECT_THAT(rig.contents(), ElementsAre("a:1@10"));
  rig.reconsider();  // the CRD is back: no need to wait
  EXPECT_THAT(rig.target(), HasSubstr("sendInitialEvents=true"));
  EXPECT_THAT(rig.target(), Not(HasSubstr("resourceVersion=")));
}

TEST(WatchMachine, RT36AMomentWithoutPermissionIsNoReasonToStopLooking) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20");
  rig.ended(StreamEndKind::kCut);
  rig.tick();
  rig.refused(recorded("forbidden"));
  EXPECT_LE(rig.waits(), 2s);
  rig.tick();
  rig.opened();
  rig.pass(2min);
  rig.ended(StreamEndKind::kCut);
  rig.refused(recorded("forbidden"));  // a new moment
  EXPECT_EQ(rig.machine.state(), WatchState::kSynced);
  EXPECT_LE(rig.waits(), 2s);
}

TEST(WatchMachine, RT51ACacheThatStaysBehindIsListedAgainWithoutAVersion) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20", true);
  EXPECT_TRUE(rig.reconsider().stop_stream);
  rig.bytes(added({.name = "late", .version = "21"}));  // ignored after the stop
  EXPECT_THAT(rig.contents(), ElementsAre("a:1@10"));
  rig.ended(StreamEndKind::kStopped);
  EXPECT_EQ(rig.target(), "/apis/example.com/v1/toys?limit=500");
}

TEST(WatchMachine, RT51AReconsiderDuringAListIsDoneAfterIt) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20", true);
  rig.bytes(frame("ERROR", kGone));
  rig.ended(StreamEndKind::kStopped);
  rig.reconsider();
  EXPECT_EQ(rig.answer_ok(toy_list({}, "30")).deltas.size(), 1U);
  EXPECT_EQ(rig.target(), "/apis/example.com/v1/toys?limit=500");
  rig.answer_ok(toy_list({}, "31"));
  EXPECT_THAT(rig.target(), HasSubstr("watch=true"));
}

TEST(WatchMachine, RT51AReconsiderDuringAPictureIsDoneAfterIt) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20");
  rig.refused(recorded("expired-list"));
  rig.opened();
  rig.reconsider();
  const WatchOutput out = rig.bytes(bookmark("30", true));
  EXPECT_EQ(out.deltas.size(), 1U);
  EXPECT_TRUE(out.stop_stream);
  rig.ended(StreamEndKind::kStopped);
  EXPECT_THAT(rig.target(), HasSubstr("sendInitialEvents=true"));
  EXPECT_THAT(rig.target(), Not(HasSubstr("resourceVersion=")));
}

TEST(WatchMachine, RT51AReconsiderMayGiveAPictureUp) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20");
  rig.refused(recorded("expired-list"));
  rig.opened();
  rig.reconsider();
  rig.ended(StreamEndKind::kStopped);  // by the driver: no failure
  EXPECT_FALSE(rig.waiting());
  EXPECT_THAT(rig.target(), HasSubstr("sendInitialEvents=true"));
  EXPECT_THAT(rig.target(), Not(HasSubstr("resourceVersion=")));
}

TEST(WatchMachine, RT51AReconsiderSurvivesAFailure) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20", true);
  rig.bytes(frame("ERROR", kGone));
  rig.ended(StreamEndKind::kStopped);
  rig.reconsider();
  rig.answer(http(503));
  rig.tick();
  EXPECT_THAT(rig.target(), Not(HasSubstr("resourceVersion=")));
}

TEST(WatchMachine, RT51AReconsiderDoesNotCutABackoffShort) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20");
  rig.stream_error(Code::kUnavailable);
  const Duration waits = rig.waits();
  rig.reconsider();
  EXPECT_EQ(rig.waits(), waits);
  rig.tick();
  EXPECT_THAT(rig.target(), HasSubstr("sendInitialEvents=true"));
  EXPECT_THAT(rig.target(), Not(HasSubstr("resourceVersion=")));
}

TEST(WatchMachine, ATickBeforeItsTimeChangesNothing) {
  WatchRig rig;
  rig.start();
  rig.stream_error(Code::kUnavailable);
  const Duration waits = rig.waits();
  const WatchOutput out = rig.machine.step(WatchInput::Tick{}, rig.now);
  EXPECT_FALSE(out.call);
  EXPECT_EQ(out.wake_at, rig.now + waits);
}

TEST(WatchMachine, AStreamTheDriverCancelledIsNoFailure) {
  WatchRig rig;
  rig.sync({{.name = "a"}}, "20");
  rig.ended(StreamEndKind::kStopped);
  EXPECT_FALSE(rig.waiting());
  rig.stream_error(Code::kCancelled);
  EXPECT_FALSE(rig.waiting());
  EXPECT_THAT(rig.target(), HasSubstr("resourceVersion=20"));
}

}  // namespace
}  // namespace kaizen::kube
