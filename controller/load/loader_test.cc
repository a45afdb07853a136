#include "load/loader.h"

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/hash.h"
#include "load/listing.h"
#include "load/load_test_support.h"
#include "load/outcome.h"
#include "net/transport.h"

namespace kaizen::load {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using testing::cut;
using testing::failing;
using ::testing::HasSubstr;
using testing::LoaderTest;
using ::testing::Not;
using testing::refusal;
using testing::Reply;
using testing::rest;
using testing::whole;
using Files = std::map<std::string, std::string>;

// sha256sum of "hello, model", of "abc", and of nothing.
const std::string kHello =
    "sha256:01a783403405becdf49dc099415fdbdab1eb5f2980d47a46ce59909d0a6fcffe";
const std::string kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const std::string kEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const std::string kOther = "sha256:" + std::string(64, '0');

std::string contents(const std::string& key, int64_t size) {
  return "<Contents><Key>" + key + "</Key><Size>" + std::to_string(size) + "</Size></Contents>";
}

std::string page(const std::string& inside) {
  return "<ListBucketResult>" + inside + "</ListBucketResult>";
}

const std::string kList = "/models?list-type=2&max-keys=1000&prefix=";

// ---- one file ----

TEST_F(LoaderTest, MD8AFileWithItsDigestIsPlaced) {
  order("https://h/models/m.onnx?v=1", kHello);
  server_.answer("/models/m.onnx?v=1", whole("hello, model"));

  const Outcome<Loaded> loaded = load();

  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(*loaded, (Loaded{kHello, 12, false}));
  EXPECT_EQ(folder_.published, (Files{{"m.onnx", "hello, model"}}));
  EXPECT_EQ(sent(0, "Accept"), "*/*");
  EXPECT_EQ(sent(0, "Authorization"), "");  // the transport's
}

TEST_F(LoaderTest, MD8AnotherDigestPlacesNothing) {
  order("https://h/m.onnx", kOther);
  server_.answer("/m.onnx", whole("hello, model"));

  const Failure failed = failure();

  EXPECT_EQ(failed.status, ExitStatus::kDigest);
  EXPECT_THAT(failed.message,
              AllOf(HasSubstr("load https://h/m.onnx: its digest is " + kHello),
                    HasSubstr("not " + kOther), HasSubstr("Correct spec.model.digest")));
}

TEST_F(LoaderTest, MD7WithoutADigestItIsReported) {
  order("https://h/m.onnx");
  server_.answer("/m.onnx", whole("hello, model"));

  EXPECT_EQ(load()->digest, kHello);
}

TEST_F(LoaderTest, MD8WhatIsThereWithItsDigestIsNotFetched) {
  order("https://h/m.onnx", kHello);
  folder_.published = {{"m.onnx", "hello, model"}};

  EXPECT_EQ(*load(), (Loaded{kHello, 12, true}));
  EXPECT_TRUE(server_.requests.empty());
}

TEST_F(LoaderTest, MD8WhatIsThereWithAnotherDigestIsReplaced) {
  order("https://h/m.onnx", kHello);
  folder_.published = {{"m.onnx", "hello, mode!"}, {"old", "1"}};
  server_.answer("/m.onnx", whole("hello, model"));

  EXPECT_EQ(*load(), (Loaded{kHello, 12, false}));
  EXPECT_EQ(folder_.published, (Files{{"m.onnx", "hello, model"}}));
}

// A mutable source may have changed since: what is there is not taken for what lies there now.
TEST_F(LoaderTest, MD7WithoutADigestItIsFetchedAnew) {
  order("https://h/m.onnx");
  folder_.published = {{"m.onnx", "an old one"}};
  server_.answer("/m.onnx", whole("hello, model"));

  EXPECT_EQ(*load(), (Loaded{kHello, 12, false}));
}

TEST_F(LoaderTest, AnEmptyFileIsAFile) {
  order("https://h/m.onnx", "sha256:" + kEmpty);
  server_.answer("/m.onnx", whole(""));

  ASSERT_TRUE(load().ok());
  EXPECT_EQ(folder_.published, (Files{{"m.onnx", ""}}));
}

// ---- trouble that passes ----

TEST_F(LoaderTest, ACutIsResumedWhereItWas) {
  order("https://h/m.onnx", kHello);
  server_.answer("/m.onnx", cut("hello, m", 12));
  server_.answer("/m.onnx", rest("odel", 8));

  ASSERT_TRUE(load().ok());
  EXPECT_EQ(folder_.published, (Files{{"m.onnx", "hello, model"}}));
  ASSERT_EQ(server_.requests.size(), 2U);
  EXPECT_EQ(sent(0, "Range"), "");
  EXPECT_EQ(sent(1, "Range"), "bytes=8-");
  EXPECT_EQ(sent(1, "If-Match"), "\"v1\"");
  ASSERT_EQ(attendant_.notes.size(), 1U);
  EXPECT_THAT(attendant_.notes[0], HasSubstr("after 8 of 12 bytes: connection reset; again in"));
}

TEST_F(LoaderTest, ASilentServerIsAskedAgain) {
  order("https://h/m.onnx", kHello);
  Reply silent = cut("hell", 12);
  silent.end = net::StreamEndKind::kIdle;
  server_.answer("/m.onnx", silent);
  server_.answer("/m.onnx", rest("o, model", 4));

  ASSERT_TRUE(load().ok());
  EXPECT_THAT(attendant_.notes.at(0), HasSubstr("no byte arrived"));
}

// Without a strong validator nobody can say that the rest belongs to the beginning.
TEST_F(LoaderTest, MD8WithoutAStrongValidatorItBeginsAnew) {
  for (const char* etag : {"", "W/\"v1\""}) {
    order("https://h/" + std::string(*etag == 0 ? "none" : "weak"), kHello);
    server_.answer(order_.uri.target, cut("HELL", 12, etag));
    server_.answer(order_.uri.target, whole("hello, model", etag));

    ASSERT_TRUE(load().ok()) << etag;
    EXPECT_EQ(server_.requests.back().headers.size(), 1U);  // Accept
  }
}

TEST_F(LoaderTest, MD8AServerWithoutPartsSendsItAllAgain) {
  order("https://h/m.onnx", kHello);
  server_.answer("/m.onnx", cut("hello, m", 12));
  server_.answer("/m.onnx", whole("hello, model"));

  ASSERT_TRUE(load().ok());
  EXPECT_EQ(folder_.published, (Files{{"m.onnx", "hello, model"}}));
}

TEST_F(LoaderTest, MD8AContentThatChangedBeginsAnew) {
  for (const int32_t status : {412, 416}) {
    order("https://h/" + std::to_string(status), kHello);
    server_.answer(order_.uri.target, cut("HELLO, M", 12));
    server_.answer(order_.uri.target, refusal(status));
    server_.answer(order_.uri.target, whole("hello, model", "\"v2\""));

    const Outcome<Loaded> loaded = load();

    ASSERT_TRUE(loaded.ok()) << loaded.error().message;
    EXPECT_THAT(attendant_.notes.back(), HasSubstr("it changed while it was read"));
  }
}

TEST_F(LoaderTest, MD8APartOfAnotherContentIsRefused) {
  const std::vector<Reply> lies = {
      rest("odel", 8, "\"v2\""),
      rest("odel", 8, ""),
      rest("odel", 7),
      {.status = 206, .headers = {{"ETag", "\"v1\""}}, .body = "odel"}};
  for (size_t i = 0; i < lies.size(); ++i) {
    order("https://h/" + std::to_string(i), kHello);
    server_.answer(order_.uri.target, cut("hello, m", 12));
    server_.answer(order_.uri.target, lies[i]);

    const Failure failed = failure();

    EXPECT_EQ(failed.status, ExitStatus::kProtocol) << i;
    EXPECT_THAT(failed.message, HasSubstr("another part, or of another content"));
  }
}

TEST_F(LoaderTest, AnOverloadedServerIsAskedAgainWhenItSays) {
  order("https://h/m.onnx", kHello);
  server_.answer("/m.onnx", refusal(503, "", {{"Retry-After", "7"}}));
  server_.answer("/m.onnx", refusal(429));
  server_.answer("/m.onnx", refusal(500));
  server_.answer("/m.onnx", failing(base::Code::kUnavailable));
  server_.answer("/m.onnx", failing(base::Code::kTimeout));
  server_.answer("/m.onnx", whole("hello, model"));

  ASSERT_TRUE(load().ok());
  ASSERT_EQ(attendant_.pauses.size(), 5U);
  EXPECT_EQ(attendant_.pauses[0], base::Duration(7s));
  // Full jitter below 1 s doubled per failure in a row.
  for (size_t i = 1; i < attendant_.pauses.size(); ++i) {
    EXPECT_GT(attendant_.pauses[i], base::Duration::zero());
    EXPECT_LE(attendant_.pauses[i], (1U << i) * base::Duration(1s)) << i;
  }
}

TEST_F(LoaderTest, WithoutAnythingNewItGivesUp) {
  order("https://h/m.onnx", kHello);
  server_.answer("/m.onnx", refusal(503));

  const Failure failed = failure();

  EXPECT_EQ(failed.status, ExitStatus::kUnavailable);
  EXPECT_THAT(failed.message, AllOf(HasSubstr("HTTP 503; given up: nothing new arrived for"),
                                    HasSubstr("load https://h/m.onnx")));
  EXPECT_LE(clock_.mono(), base::MonoTime() + order_.patience);
  EXPECT_GT(clock_.mono(), base::MonoTime() + order_.patience - 30s);
}

// Each attempt brings four bytes more: that goes on for as long as the deadline allows.
TEST_F(LoaderTest, AsLongAsSomethingNewArrivesItGoesOn) {
  order("https://h/m.onnx");
  order_.patience = 2s;
  order_.deadline = 24h;
  const std::string content(4000, 'x');
  server_.answer("/m.onnx", cut(content.substr(0, 4), content.size()));
  for (size_t at = 4; at < content.size(); at += 4) {
    Reply next = rest(content.substr(at), at);
    next.body.resize(4);
    next.headers.push_back({"Content-Length", std::to_string(content.size() - at)});
    next.end = net::StreamEndKind::kCut;
    if (at + 4 == content.size()) next.end = net::StreamEndKind::kServerEnded;
    server_.answer("/m.onnx", next);
  }

  const Outcome<Loaded> loaded = load();

  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(server_.requests.size(), 1000U);
  EXPECT_EQ(folder_.published["m.onnx"], content);
}

// The same bytes over and over are nothing new.
TEST_F(LoaderTest, BeginningAnewIsNoProgress) {
  order("https://h/m.onnx");
  server_.answer("/m.onnx", cut("hello, m", 12, ""));

  EXPECT_EQ(failure().status, ExitStatus::kUnavailable);
}

TEST_F(LoaderTest, TheDeadlineEndsATrickle) {
  order("https://h/m.onnx");
  order_.deadline = 1min;
  server_.block_takes = 25s;
  server_.answer("/m.onnx", whole("hello, model"));

  const Failure failed = failure();

  EXPECT_EQ(failed.status, ExitStatus::kTryAgain);
  EXPECT_THAT(failed.message, HasSubstr("not complete after 1m, the deadline"));
}

// A stop that a clock of the caller's makes comes a moment before the load's own deadline.
TEST_F(LoaderTest, TheDeadlineCountsFromWhereTheCallersClockBegan) {
  order("https://h/m.onnx");
  order_.deadline = 1min;
  order_.started_at = clock_.mono() - 1min;
  std::stop_source source;
  order_.stop = source.get_token();
  source.request_stop();

  const Failure failed = failure();

  EXPECT_EQ(failed.status, ExitStatus::kTryAgain);
  EXPECT_THAT(failed.message, HasSubstr("not complete after 1m, the deadline"));
}

TEST_F(LoaderTest, AStopEndsIt) {
  order("https://h/m.onnx");
  std::stop_source source;
  order_.stop = source.get_token();
  source.request_stop();
  server_.answer("/m.onnx", whole("hello, model"));

  const Failure failed = failure();

  EXPECT_EQ(failed.status, ExitStatus::kTryAgain);
  EXPECT_THAT(failed.message, HasSubstr("stopped"));
  EXPECT_TRUE(server_.requests.empty());
}

TEST_F(LoaderTest, ALongLoadSaysHowFarItIs) {
  order("https://h/m.onnx");
  server_.block_takes = 16s;
  server_.answer("/m.onnx", whole("hello, model"));

  ASSERT_TRUE(load().ok());
  EXPECT_THAT(attendant_.notes.at(0), HasSubstr("load https://h/m.onnx: after 8 of 12 bytes"));
}

// ---- trouble that stays ----

TEST_F(LoaderTest, WhatStaysIsNotAskedTwice) {
  struct Case {
    Reply reply;
    ExitStatus status;
    std::string said;
  };

  const std::vector<Case> cases = {
      {refusal(404), ExitStatus::kNoInput, "HTTP 404; there is no such model"},
      {refusal(410), ExitStatus::kNoInput, "HTTP 410"},
      {refusal(401), ExitStatus::kNotPermitted, "no credentials were given"},
      {refusal(403), ExitStatus::kNotPermitted, "no credentials were given"},
      {refusal(400), ExitStatus::kProtocol, "HTTP 400"},
      {refusal(204), ExitStatus::kProtocol, "HTTP 204"},
      {failing(base::Code::kTls, "the server's certificate is not accepted"),
       ExitStatus::kConfiguration, "give it as ca.crt"},
      {failing(base::Code::kInvalid, "target"), ExitStatus::kUsage, "target"},
      {failing(base::Code::kTooLarge, "head too large"), ExitStatus::kProtocol, "head too large"},
  };
  for (size_t i = 0; i < cases.size(); ++i) {
    order("https://h/" + std::to_string(i));
    server_.answer(order_.uri.target, cases[i].reply);

    const Failure failed = failure();

    EXPECT_EQ(failed.status, cases[i].status) << i;
    EXPECT_THAT(failed.message, HasSubstr(cases[i].said));
    EXPECT_EQ(server_.requests.size(), i + 1);
  }
}

TEST_F(LoaderTest, SEC17ARedirectIsNotFollowed) {
  order("https://h/m.onnx");
  server_.answer("/m.onnx", refusal(302, "", {{"Location", "https://other/m.onnx?sig=hush"}}));

  const Failure failed = failure();

  EXPECT_EQ(failed.status, ExitStatus::kProtocol);
  EXPECT_THAT(failed.message,
              AllOf(HasSubstr("a redirect to other, is not followed"), Not(HasSubstr("hush"))));
  EXPECT_EQ(server_.requests.size(), 1U);
}

TEST_F(LoaderTest, SEC20AnEncodedBodyIsRefused) {
  order("https://h/m.onnx");
  server_.answer("/m.onnx", {.headers = {{"Content-Encoding", "gzip"}}, .body = "xxxx"});

  const Failure failed = failure();

  EXPECT_EQ(failed.status, ExitStatus::kProtocol);
  EXPECT_THAT(failed.message, HasSubstr("Content-Encoding gzip"));
}

TEST_F(LoaderTest, SEC20MoreThanAllowedIsNotWritten) {
  order_.max_bytes = 11;
  order("https://h/told");
  server_.answer("/told", whole("hello, model"));
  EXPECT_THAT(failure().message, HasSubstr("12 bytes, but only 11 are left"));
  EXPECT_TRUE(folder_.partial.empty());

  order("https://h/untold");
  Reply untold = whole("hello, model");
  untold.has_length = false;
  server_.answer("/untold", untold);
  EXPECT_THAT(failure().message, HasSubstr("more than 11 bytes"));

  order_.max_bytes = 12;
  EXPECT_TRUE(load().ok());
}

TEST_F(LoaderTest, AFullDiskIsSaidAtOnce) {
  order("https://h/m.onnx");
  folder_.room = 3;
  server_.answer("/m.onnx", whole("hello, model"));

  const Failure failed = failure();

  EXPECT_EQ(failed.status, ExitStatus::kCannotCreate);
  EXPECT_EQ(failed.message, "write: No space left on device");
  EXPECT_EQ(server_.requests.size(), 1U);
}

// ---- buckets ----

TEST_F(LoaderTest, AnObjectIsAskedForBySignature) {
  order("s3://models/fraud/m.onnx", kHello);
  server_.answer("/models/fraud/m.onnx", whole("hello, model"));

  ASSERT_TRUE(load().ok());
  EXPECT_EQ(folder_.published, (Files{{"m.onnx", "hello, model"}}));
  EXPECT_EQ(sent(0, "X-Amz-Date"), "20260714T030000Z");
  EXPECT_THAT(sent(0, "Authorization"),
              HasSubstr("Credential=id/20260714/us-east-1/s3/aws4_request, SignedHeaders="
                        "accept;host;x-amz-content-sha256;x-amz-date"));
}

// A signature is good for minutes; a load may take hours.
TEST_F(LoaderTest, EachAttemptIsSignedAnew) {
  order("s3://models/m.onnx", kHello);
  server_.block_takes = 1h;
  order_.deadline = 24h;
  order_.patience = 24h;
  server_.answer("/models/m.onnx", cut("hell", 12));
  server_.answer("/models/m.onnx", rest("o, model", 4));

  ASSERT_TRUE(load().ok());
  EXPECT_EQ(sent(0, "X-Amz-Date"), "20260714T030000Z");
  EXPECT_EQ(sent(1, "X-Amz-Date").substr(0, 11), "20260714T04");
}

TEST_F(LoaderTest, TP41AFolderIsVerifiedByItsListing) {
  const std::string digest = listing_digest({{"1/a", 3, kAbc}, {"b", 0, kEmpty}});
  order("s3://models/fraud/42/", digest);
  server_.answer(kList + "fraud%2F42%2F",
                 {.body = page(contents("fraud/42/b", 0) + contents("fraud/42/", 0) +
                               contents("fraud/42/1/", 0) + contents("fraud/42/1/a", 3))});
  server_.answer("/models/fraud/42/1/a", whole("abc"));
  server_.answer("/models/fraud/42/b", whole(""));

  const Outcome<Loaded> loaded = load();

  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(*loaded, (Loaded{digest, 3, false}));
  EXPECT_EQ(folder_.published, (Files{{"1/a", "abc"}, {"b", ""}}));
}

TEST_F(LoaderTest, TP41AListingHasPages) {
  order("s3://models");
  server_.answer(kList, {.body = page("<IsTruncated>true</IsTruncated><NextContinuationToken>t/1"
                                      "</NextContinuationToken>" +
                                      contents("b", 3))});
  server_.answer("/models?continuation-token=t%2F1&list-type=2&max-keys=1000&prefix=",
                 {.body = page(contents("a", 3))});
  server_.answer("/models/a", whole("abc"));
  server_.answer("/models/b", whole("abc"));

  EXPECT_EQ(load()->digest, listing_digest({{"a", 3, kAbc}, {"b", 3, kAbc}}));
}

// As in "s3://models/fraud/42", which people write for both.
TEST_F(LoaderTest, WhereNoObjectIsAFolderMayBe) {
  for (const int32_t status : {404, 403}) {
    order("s3://models/f" + std::to_string(status));
    const std::string name = "f" + std::to_string(status);
    server_.answer("/models/" + name, refusal(status));
    server_.answer(kList + name + "%2F", {.body = page(contents(name + "/a", 3))});
    server_.answer("/models/" + name + "/a", whole("abc"));

    ASSERT_TRUE(load().ok()) << status;
    EXPECT_EQ(folder_.published, (Files{{"a", "abc"}}));
    folder_.published.clear();
  }
}

TEST_F(LoaderTest, WhereNothingIsItSaysWhatTheServerSaid) {
  order("s3://models/f");
  server_.answer("/models/f", refusal(404, "<Error><Code>NoSuchKey</Code></Error>"));
  server_.answer(kList + "f%2F", {.body = page("")});
  EXPECT_EQ(failure().status, ExitStatus::kNoInput);
  EXPECT_THAT(failure().message, HasSubstr("load s3://models/f: HTTP 404 (NoSuchKey)"));

  order("s3://models/empty/");
  server_.answer(kList + "empty%2F", {.body = page(contents("empty/", 0))});
  EXPECT_THAT(failure().message, HasSubstr("load s3://models/empty/: no object lies there"));

  order("s3://models/secret");
  server_.answer("/models/secret", refusal(403, "<Error><Code>AccessDenied</Code></Error>"));
  server_.answer(kList + "secret%2F", refusal(403));
  const Failure forbidden = failure();
  EXPECT_EQ(forbidden.status, ExitStatus::kNotPermitted);
  EXPECT_THAT(forbidden.message,
              AllOf(HasSubstr("HTTP 403 (AccessDenied)"),
                    HasSubstr("what the credentials may read"), Not(HasSubstr("hush"))));
}

TEST_F(LoaderTest, AListingIsAskedForAgain) {
  order("s3://models/f/");
  server_.answer(kList + "f%2F", refusal(503));
  server_.answer(kList + "f%2F", failing(base::Code::kTimeout));
  server_.answer(kList + "f%2F", {.body = page(contents("f/a", 3))});
  server_.answer("/models/f/a", whole("abc"));

  EXPECT_TRUE(load().ok());
  EXPECT_EQ(attendant_.pauses.size(), 2U);
}

TEST_F(LoaderTest, SEC45AKeyThatLeavesTheFolderIsRefused) {
  const std::vector<std::string> keys = {"../x", "a/../../x", "/etc/passwd",
                                         "a//b", "a&#10;b",   "a/b/"};
  for (size_t i = 0; i < keys.size(); ++i) {
    const std::string folder = "f" + std::to_string(i) + "/";
    order("s3://models/" + folder);
    server_.answer(kList + "f" + std::to_string(i) + "%2F",
                   {.body = page(contents(folder + "ok", 3) + contents(folder + keys[i], 3))});

    const Failure failed = failure();

    EXPECT_EQ(failed.status, ExitStatus::kProtocol) << keys[i];
    EXPECT_THAT(failed.message, HasSubstr("rename that object")) << keys[i];
    EXPECT_TRUE(folder_.partial.empty());
  }
}

TEST_F(LoaderTest, AListingThatLiesIsRefused) {
  struct Case {
    std::string body;
    std::string said;
  };

  const std::vector<Case> cases = {
      {page(contents("g/a", 3)), "names an object that is not below it"},
      {"<html/>", "it is no ListBucketResult"},
      {page(contents("0/a", 3) + contents("0/a", 3)), "not below it"},
  };
  for (size_t i = 0; i < cases.size(); ++i) {
    order("s3://models/" + std::to_string(i + 3) + "/");
    server_.answer(kList + std::to_string(i + 3) + "%2F", {.body = cases[i].body});

    const Failure failed = failure();

    EXPECT_EQ(failed.status, ExitStatus::kProtocol) << i;
    EXPECT_THAT(failed.message, HasSubstr(cases[i].said));
  }
}

TEST_F(LoaderTest, AListingThatDoesNotGoOnEnds) {
  order("s3://models/f/");
  const Reply same = {.body = page("<IsTruncated>true</IsTruncated><NextContinuationToken>t"
                                   "</NextContinuationToken>")};
  server_.answer(kList + "f%2F", same);
  server_.answer("/models?continuation-token=t&list-type=2&max-keys=1000&prefix=f%2F", same);

  EXPECT_THAT(failure().message, HasSubstr("a page names itself as the next"));
  EXPECT_EQ(server_.requests.size(), 2U);
}

TEST_F(LoaderTest, SEC20MoreFilesOrBytesThanAllowedAreNotFetched) {
  order("s3://models/f/");
  order_.max_bytes = 5;
  server_.answer(kList + "f%2F", {.body = page(contents("f/a", 3) + contents("f/b", 3))});
  EXPECT_THAT(failure().message, HasSubstr("more than 5 bytes together"));
  EXPECT_EQ(server_.requests.size(), 1U);

  order("s3://models/many/");
  std::string many;
  for (size_t i = 0; i <= kMaxFiles; ++i) many += contents("many/" + std::to_string(i), 0);
  server_.answer(kList + "many%2F", {.body = page(many)});
  EXPECT_THAT(failure().message, HasSubstr("more than 100000 objects"));
}

TEST_F(LoaderTest, MD8AnObjectThatChangedSinceTheListingIsNotMixedIn) {
  order("s3://models/f/");
  server_.answer(kList + "f%2F", {.body = page(contents("f/a", 4))});
  server_.answer("/models/f/a", whole("abc"));

  const Failure failed = failure();

  EXPECT_EQ(failed.status, ExitStatus::kTryAgain);
  EXPECT_THAT(failed.message, HasSubstr("3 bytes, but it was listed with 4"));

  order("s3://models/g/");
  Reply untold = whole("abc");
  untold.has_length = false;
  server_.answer(kList + "g%2F", {.body = page(contents("g/a", 4))});
  server_.answer("/models/g/a", untold);
  EXPECT_EQ(failure().status, ExitStatus::kTryAgain);
}

// A key is foreign text: it stays on its line, in quotes' escapes.
TEST_F(LoaderTest, SEC47AKeyCannotWriteTheLog) {
  order("s3://models/f/");
  server_.answer(kList + "f%2F", {.body = page(contents("f/a\"b", 3))});
  server_.answer("/models/f/a%22b", refusal(404));

  EXPECT_THAT(failure().message, HasSubstr("load s3://models/f/a\\\"b: HTTP 404"));
}

// Not in any note or message, whatever goes wrong.
TEST_F(LoaderTest, SEC25NoCredentialIsEverSaid) {
  order("s3://models/f");
  order_.access.key.session_token = "hush-token";
  server_.answer("/models/f", refusal(503, "<Error><Code>SlowDown</Code></Error>"));

  const Failure failed = failure();

  attendant_.notes.push_back(failed.message);
  for (const std::string& note : attendant_.notes) {
    EXPECT_THAT(note, AllOf(Not(HasSubstr("hush")), Not(HasSubstr("Signature"))));
  }
}

}  // namespace
}  // namespace kaizen::load
