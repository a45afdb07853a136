#include "kube/outcome.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/http.h"
#include "base/result.h"
#include "base/rng.h"
#include "base/text.h"
#include "kube/kube_test_support.h"
#include "schema/resource.h"

namespace kaizen::kube {
namespace {

using base::Action;
using base::Code;
using testing::HasSubstr;
using namespace std::chrono_literals;  // NOLINT: 30s, as in base/duration.h

CallInfo call(Verb verb, std::string name = "a") {
  return {.verb = verb, .resource = kToys, .key = {.ns = "shop", .name = std::move(name)}};
}

base::Error refused(Verb verb, const base::HttpResponse& response) {
  const base::Result<base::HttpResponse> judged = judge(call(verb), response);
  if (judged.ok()) return {.message = "(passed)"};
  return judged.error();
}

struct Case {
  std::string answer;
  Verb verb;
  Action action;
  Code code;
};

// The table of RT section 1.11 over answers that a real server gave.
TEST(Outcome, A68EveryRecordedAnswerHasOneMeaning) {
  const std::vector<Case> cases = {
      {"moved", Verb::kCreate, Action::kRetryReconcile, Code::kAlreadyExists},
      {"moved", Verb::kApply, Action::kRetryReconcile, Code::kConflict},
      {"moved", Verb::kPatch, Action::kRetryReconcile, Code::kConflict},
      {"moved", Verb::kPatchStatus, Action::kRetryReconcile, Code::kConflict},
      {"uid-mismatch", Verb::kApply, Action::kRetryReconcile, Code::kConflict},
      {"uid-immutable", Verb::kApply, Action::kRetryReconcile, Code::kConflict},
      {"typed-patch", Verb::kApply, Action::kTerminal, Code::kRejected},
      {"typed-patch", Verb::kCreate, Action::kTerminal, Code::kRejected},
      {"failed-test", Verb::kPatch, Action::kRetryReconcile, Code::kConflict},
      {"patch-invalid", Verb::kPatch, Action::kTerminal, Code::kRejected},
      {"delete-other-uid", Verb::kDelete, Action::kRetryReconcile, Code::kConflict},
      {"status-not-found", Verb::kPatchStatus, Action::kRetryReconcile, Code::kNotFound},
      {"not-found", Verb::kApply, Action::kRetryReconcile, Code::kNotFound},
      {"not-found", Verb::kGet, Action::kRetryReconcile, Code::kNotFound},
      {"namespace-not-found", Verb::kCreate, Action::kAwaitChange, Code::kNotFound},
      {"namespace-not-found", Verb::kDryRun, Action::kAwaitChange, Code::kNotFound},
      {"no-group", Verb::kList, Action::kAwaitChange, Code::kNotFound},
      {"no-kind", Verb::kWatch, Action::kAwaitChange, Code::kNotFound},
      {"too-large-version", Verb::kList, Action::kRetryCall, Code::kExpired},
      {"expired-list", Verb::kList, Action::kRetryCall, Code::kExpired},
      {"expired-continue", Verb::kList, Action::kRetryCall, Code::kExpired},
      {"gate-off", Verb::kWatch, Action::kTerminal, Code::kRejected},
      {"strict", Verb::kDryRun, Action::kTerminal, Code::kRejected},
      {"required", Verb::kDryRun, Action::kTerminal, Code::kRejected},
      {"required", Verb::kApply, Action::kTerminal, Code::kRejected},
      {"media-type", Verb::kPatch, Action::kTerminal, Code::kInternal},
      {"method", Verb::kApply, Action::kTerminal, Code::kInternal},
      {"unauthorized", Verb::kGet, Action::kRetryCall, Code::kUnauthorized},
      {"forbidden", Verb::kList, Action::kAwaitChange, Code::kForbidden},
      {"namespace-ending", Verb::kCreate, Action::kAwaitChange, Code::kNamespaceEnding},
      {"already-exists", Verb::kCreate, Action::kRetryReconcile, Code::kAlreadyExists},
      {"already-exists", Verb::kDryRun, Action::kRetryReconcile, Code::kAlreadyExists},
      {"webhook-down", Verb::kApply, Action::kRetryCall, Code::kUnavailable},
      {"webhook-denied-400", Verb::kApply, Action::kTerminal, Code::kRejected},
      {"webhook-denied-403", Verb::kApply, Action::kAwaitChange, Code::kForbidden},
      {"webhook-denied-500", Verb::kApply, Action::kRetryCall, Code::kUnavailable},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.answer);
    const base::Error error = refused(one.verb, recorded(one.answer));
    EXPECT_EQ(base::to_string(error.action), base::to_string(one.action));
    EXPECT_EQ(base::to_string(error.code), base::to_string(one.code));
  }
}

TEST(Outcome, RT54ACreateThatMeetsAnObjectIsToldSoInTwoWays) {
  EXPECT_EQ(refused(Verb::kCreate, recorded("already-exists")).code, Code::kAlreadyExists);
  EXPECT_EQ(refused(Verb::kCreate, recorded("moved")).code, Code::kAlreadyExists);
}

TEST(Outcome, RT55AConflictIsDecidedAgainAndNeverSentAgain) {
  const base::Error error = refused(Verb::kPatchStatus, recorded("moved"));
  EXPECT_EQ(error.action, Action::kRetryReconcile);
  EXPECT_EQ(error.code, Code::kConflict);
  EXPECT_EQ(error.retry_after, 0s);
}

TEST(Outcome, RT58AFailedTestIsAConflictButAnInvalidResultIsNot) {
  EXPECT_EQ(refused(Verb::kPatch, recorded("failed-test")).code, Code::kConflict);
  EXPECT_EQ(refused(Verb::kPatch, recorded("patch-invalid")).code, Code::kRejected);
  EXPECT_EQ(refused(Verb::kApply, recorded("failed-test")).code, Code::kRejected);
}

TEST(Outcome, RT60AnAnswer413IsToldApart) {
  const base::Error error = refused(Verb::kPatchStatus, {.status = 413, .headers = {}, .body = ""});
  EXPECT_EQ(error.action, Action::kTerminal);
  EXPECT_EQ(error.code, Code::kTooLarge);
}

TEST(Outcome, RT61TheFieldPathIsInTheMessage) {
  EXPECT_THAT(refused(Verb::kApply, recorded("required")).message,
              HasSubstr("spec.template.spec.containers[0].image: Required value"));
  EXPECT_THAT(refused(Verb::kApply, recorded("typed-patch")).message,
              HasSubstr(".dota: field not declared in schema"));
  EXPECT_THAT(refused(Verb::kDryRun, recorded("strict")).message,
              HasSubstr(R"(unknown field "spec.template.spec.containers[0].resources.limit")"));
}

TEST(Outcome, RT61ForbiddenNamesVerbAndResourceAndIsTriedRarely) {
  const base::Error error = refused(Verb::kApply, recorded("forbidden"));
  EXPECT_EQ(error.message,
            "apply Toy shop/a: the server answered 403 Forbidden: deployments.apps is forbidden: "
            "User \"bob\" cannot list resource \"deployments\" in API group \"apps\" in the "
            "namespace \"shop\"");
  EXPECT_EQ(error.retry_after, 5min);
}

TEST(Outcome, RT61ANamespaceThatEndsIsNoMissingPermission) {
  EXPECT_EQ(refused(Verb::kCreate, recorded("namespace-ending")).code, Code::kNamespaceEnding);
}

TEST(Outcome, RT62AMissingObjectIsDecidedAgainAMissingNamespaceAwaited) {
  EXPECT_EQ(refused(Verb::kPatch, recorded("not-found")).action, Action::kRetryReconcile);
  EXPECT_EQ(refused(Verb::kCreate, recorded("namespace-not-found")).action, Action::kAwaitChange);
}

TEST(Outcome, RT63TheWebhooksNameStaysInTheMessage) {
  for (const std::string_view name :
       {"webhook-down", "webhook-denied-400", "webhook-denied-403", "webhook-denied-500"}) {
    EXPECT_THAT(refused(Verb::kApply, recorded(name)).message, HasSubstr(R"("gate.example.com")"));
  }
}

// Webhooks come back when somebody restarts them: nobody waits the quarter of an hour and more that
// our own backoff grows to.
TEST(Outcome, RT63AWebhookInTroubleIsAskedAgainWithinFiveMinutes) {
  for (const std::string_view name : {"webhook-down", "webhook-denied-500"}) {
    const base::Error error = refused(Verb::kApply, recorded(name));
    EXPECT_EQ(error.action, Action::kRetryCall) << name;
    EXPECT_EQ(error.retry_within, 5min) << name;
    EXPECT_EQ(error.retry_after, 0s) << name;
  }
  for (const std::string_view name : {"webhook-denied-400", "webhook-denied-403"}) {
    EXPECT_EQ(refused(Verb::kApply, recorded(name)).retry_within, 0s) << "as the code says";
  }
  EXPECT_EQ(refused(Verb::kApply, {.status = 500, .headers = {}, .body = ""}).retry_within, 0s);
}

TEST(Outcome, RT65ADeletionOfWhatIsGoneSucceeded) {
  const base::Result<base::HttpResponse> judged = judge(call(Verb::kDelete), recorded("not-found"));
  ASSERT_TRUE(judged.ok());
  EXPECT_EQ(judged->status, 404);
}

TEST(Outcome, RT66AServerErrorOfAWriteMayHaveHappened) {
  for (const int32_t status : {500, 502, 503, 504}) {
    const base::HttpResponse answer{.status = status, .headers = {}, .body = ""};
    for (const Verb verb :
         {Verb::kCreate, Verb::kApply, Verb::kPatch, Verb::kPatchStatus, Verb::kDelete}) {
      const base::Error error = refused(verb, answer);
      EXPECT_EQ(error.code, Code::kUnknownOutcome) << status;
      EXPECT_EQ(error.action, Action::kRetryCall) << status;
    }
    for (const Verb verb : {Verb::kGet, Verb::kList, Verb::kWatch, Verb::kDryRun}) {
      EXPECT_EQ(refused(verb, answer).code, Code::kUnavailable) << status;
    }
  }
}

TEST(Outcome, RT66ALostAnswerOfAWriteMayHaveHappened) {
  const auto lost = [](Verb verb, Code code) {
    return judge(call(verb),
                 base::Error{.action = Action::kRetryCall, .code = code, .message = "lost"})
        .error();
  };
  for (const Code code : {Code::kTimeout, Code::kUnknownOutcome, Code::kCancelled}) {
    EXPECT_EQ(lost(Verb::kApply, code).code, Code::kUnknownOutcome);
    EXPECT_EQ(lost(Verb::kApply, code).action, Action::kRetryCall);
  }
  EXPECT_EQ(lost(Verb::kGet, Code::kTimeout).code, Code::kTimeout);
  EXPECT_EQ(lost(Verb::kGet, Code::kUnknownOutcome).code, Code::kUnavailable);
  EXPECT_EQ(lost(Verb::kApply, Code::kUnavailable).code, Code::kUnavailable);  // nothing was sent
  EXPECT_EQ(lost(Verb::kApply, Code::kTls).retry_after, 30s);
  EXPECT_EQ(lost(Verb::kGet, Code::kTooLarge).action, Action::kAwaitChange);
  EXPECT_EQ(lost(Verb::kGet, Code::kInvalid).action, Action::kTerminal);
}

TEST(Outcome, RT4ARedirectIsRefusedAndSaidSo) {
  const base::Error error =
      refused(Verb::kGet, {.status = 302, .headers = {{"Location", "https://evil"}}, .body = ""});
  EXPECT_EQ(error.action, Action::kRetryCall);
  EXPECT_EQ(error.code, Code::kInternal);
  EXPECT_EQ(error.retry_after, 30s);
  EXPECT_EQ(error.message,
            "get Toy shop/a: the server answered 302 (redirects are not followed: check the "
            "server's address)");
}

TEST(Outcome, RT12TheServersWaitIsPassedOn) {
  const base::Error busy =
      refused(Verb::kApply, {.status = 429, .headers = {{"Retry-After", "7"}}, .body = ""});
  EXPECT_EQ(busy.code, Code::kThrottled);
  EXPECT_EQ(busy.action, Action::kRetryCall);
  EXPECT_EQ(busy.retry_after, 7s);
  EXPECT_EQ(refused(Verb::kList, recorded("too-large-version")).retry_after, 1s);
  EXPECT_EQ(refused(Verb::kGet, recorded("unauthorized")).retry_after, 30s);
}

TEST(Outcome, AnswersBelow300PassUntouched) {
  for (const int32_t status : {200, 201, 202, 204}) {
    const base::HttpResponse answer{.status = status, .headers = {{"A", "b"}}, .body = "x"};
    const base::Result<base::HttpResponse> judged = judge(call(Verb::kApply), answer);
    ASSERT_TRUE(judged.ok());
    EXPECT_EQ(*judged, answer);
  }
}

TEST(Outcome, S53ABodyThatIsNoStatusIsQuotedInPart) {
  const StatusBody html = parse_status(
      {.status = 502, .headers = {}, .body = " <html>" + std::string(500, 'x') + "</html>\n"});
  EXPECT_EQ(html.code, 502);
  EXPECT_EQ(html.reason, "");
  EXPECT_EQ(html.message, "<html>" + std::string(191, 'x') + "…");
  EXPECT_EQ(parse_status({.status = 404, .headers = {}, .body = "404 page not found\n"}).message,
            "404 page not found");
  EXPECT_EQ(parse_status({.status = 500, .headers = {}, .body = R"({"kind":"Pod"})"}).message,
            R"({"kind":"Pod"})");
  EXPECT_EQ(parse_status({.status = 500, .headers = {}, .body = R"({"kind":"Status")"}).reason, "");
}

TEST(Outcome, S53TheMessageOfACollectionNamesIt) {
  const CallInfo list{.verb = Verb::kList, .resource = kToys, .key = {.ns = "shop", .name = ""}};
  EXPECT_EQ(judge(list, recorded("no-group")).error().message,
            "list toys.example.com in namespace shop: the server answered 404: 404 page not found");
  const CallInfo watch{.verb = Verb::kWatch, .resource = kConfigMaps, .key = {}};
  EXPECT_EQ(judge(watch, recorded("unauthorized")).error().message,
            "watch configmaps: the server answered 401 Unauthorized: Unauthorized");
}

TEST(Outcome, AStatusIsReadWhatEverItsMembersAre) {
  const StatusBody odd = parse_status(
      {.status = 422,
       .headers = {},
       .body = R"({"code":"x","details":{"causes":[1,{"field":7}],"retryAfterSeconds":-4},)"
               R"("message":["no"],"reason":{},"kind":"Status"})"});
  EXPECT_EQ(odd.code, 422);
  EXPECT_EQ(odd.message, "");
  EXPECT_EQ(odd.retry_after, 0s);
}

TEST(Outcome, RT35DamageInAStatusNeverHurts) {
  base::Rng rng(68);
  for (const std::string_view name : {"uid-immutable", "too-large-version", "webhook-down"}) {
    for (int round = 0; round < 2000; ++round) {
      base::HttpResponse answer = recorded(name);
      const uint64_t hits = 1 + rng.next() % 8;
      for (uint64_t i = 0; i < hits; ++i) {
        answer.body[rng.next() % answer.body.size()] = static_cast<char>(rng.next() % 256);
      }
      const base::Error error = refused(Verb::kApply, answer);
      ASSERT_TRUE(base::is_valid_utf8(error.message));
      ASSERT_LE(error.message.size(), 1024U);
    }
  }
}

TEST(Outcome, TooManyCausesAreCut) {
  std::string body = R"({"kind":"Status","message":")" + std::string(5000, 'm') +
                     R"(","details":{"causes":[{"field":"a"})";
  for (int i = 0; i < 1000; ++i) body += R"(,{"field":"a"})";
  body += "]}}";
  const StatusBody status = parse_status({.status = 422, .headers = {}, .body = body});
  EXPECT_EQ(status.causes.size(), 64U);
  EXPECT_EQ(status.message.size(), 1024U);
}

}  // namespace
}  // namespace kaizen::kube
