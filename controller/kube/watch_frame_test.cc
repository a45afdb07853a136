#include "kube/watch_frame.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/rng.h"
#include "kube/kube_test_support.h"
#include "kube/object.h"

namespace kaizen::kube {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// One line per frame.
std::string text(const WatchFrame& frame) {
  const Object& object = frame.object;
  switch (frame.kind) {
    case WatchFrame::Kind::kUpsert:
    case WatchFrame::Kind::kDelete:
      return std::string(frame.kind == WatchFrame::Kind::kUpsert ? "upsert " : "delete ") +
             object.head.key.ns + "/" + object.head.key.name + "@" + frame.resource_version + " " +
             toy_of(object).text + object.parse_error;
    case WatchFrame::Kind::kBookmark:
      return "bookmark " + frame.resource_version + (frame.initial_events_end ? " end" : "");
    case WatchFrame::Kind::kError:
      return "error " + std::to_string(frame.status.code) + " " + frame.status.reason;
    case WatchFrame::Kind::kSkipped: return "skipped: " + frame.why;
    case WatchFrame::Kind::kTooLarge: return "too large";
  }
  return "?";
}

void drain(FrameReader* reader, std::vector<std::string>* out) {
  while (const std::optional<WatchFrame> frame = reader->next()) {
    out->push_back(text(*frame));
    if (frame->kind == WatchFrame::Kind::kTooLarge) return;
  }
}

std::vector<std::string> read(const Kind& kind, std::string_view bytes) {
  FrameReader reader(kind);
  std::vector<std::string> out;
  reader.feed(bytes);
  drain(&reader, &out);
  return out;
}

constexpr std::string_view kRocket =
    "gr\xC3\xBC\xC3\x9F"
    "e \xF0\x9F\x9A\x80 \n tab\t \"quoted\" end";

std::vector<std::string> recorded_events() {
  return {"upsert shop/a@211 ",
          "upsert shop/a@212 ",
          "upsert shop/later@235 ",
          "upsert shop/u8@242 " + std::string(kRocket),
          "delete shop/u8@243 " + std::string(kRocket),
          "bookmark 243"};
}

TEST(WatchFrame, RT35ARecordedStreamIsRead) {
  EXPECT_EQ(read(config_map_kind(), recorded_text("watch_configmaps.txt")), recorded_events());
}

TEST(WatchFrame, T4BytesOneByOneGiveTheSameFrames) {
  const std::string stream = recorded_text("watch_configmaps.txt");
  FrameReader reader(config_map_kind());
  std::vector<std::string> out;
  for (const char c : stream) {
    reader.feed(std::string_view(&c, 1));
    drain(&reader, &out);
  }
  EXPECT_EQ(out, recorded_events());
}

TEST(WatchFrame, T4AnySplitGivesTheSameFrames) {
  const std::string stream = recorded_text("watch_configmaps.txt");
  base::Rng rng(4);
  for (int round = 0; round < 300; ++round) {
    FrameReader reader(config_map_kind());
    std::vector<std::string> out;
    const uint64_t longest = 1 + rng.next() % 2000;
    for (size_t at = 0; at < stream.size();) {
      const size_t length = std::min<size_t>(1 + rng.next() % longest, stream.size() - at);
      reader.feed(std::string_view(stream).substr(at, length));
      drain(&reader, &out);
      at += length;
    }
    ASSERT_EQ(out, recorded_events()) << "round " << round;
  }
}

TEST(WatchFrame, RT35DamageNeverReachesTheNextLine) {
  const std::string stream =
      recorded_text("watch_configmaps.txt") + recorded_text("watch_errors.txt");
  const std::string good = frame("ADDED", R"({"kind":"ConfigMap","apiVersion":"v1","metadata":)"
                                          R"({"name":"good","resourceVersion":"999"}})");
  base::Rng rng(35);
  for (int round = 0; round < 2000; ++round) {
    std::string damaged = stream;
    const uint64_t hits = 1 + rng.next() % 8;
    for (uint64_t i = 0; i < hits; ++i) {
      damaged[rng.next() % damaged.size()] = static_cast<char>(rng.next() % 256);
    }
    damaged.resize(damaged.size() - rng.next() % 2 * (rng.next() % damaged.size()));
    const std::vector<std::string> frames = read(config_map_kind(), damaged + "\n" + good);
    ASSERT_FALSE(frames.empty());
    ASSERT_EQ(frames.back(), "upsert /good@999 ") << round;
  }
}

TEST(WatchFrame, RT29ErrorsCarryTheirStatus) {
  FrameReader reader(config_map_kind());
  reader.feed(recorded_text("watch_errors.txt"));
  const std::optional<WatchFrame> refused = reader.next();
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->kind, WatchFrame::Kind::kError);
  EXPECT_EQ(refused->status.code, 500);
  EXPECT_EQ(refused->status.reason, "InternalError");
  EXPECT_THAT(refused->status.message, HasSubstr("RequestWatchProgress is disabled"));
  const std::optional<WatchFrame> expired = reader.next();
  ASSERT_TRUE(expired.has_value());
  EXPECT_EQ(text(*expired), "error 410 Expired");
}

TEST(WatchFrame, RT29AnErrorWithoutACodeIsAServersError) {
  EXPECT_THAT(read(toy_kind(), frame("ERROR", R"({"kind":"Status","reason":"Odd"})")),
              ElementsAre("error 500 Odd"));
}

TEST(WatchFrame, RT27TheEndMarkIsAnAnnotationOfABookmark) {
  EXPECT_THAT(read(toy_kind(), bookmark("77", true) + bookmark("78")),
              ElementsAre("bookmark 77 end", "bookmark 78"));
  EXPECT_THAT(read(toy_kind(),
                   frame("BOOKMARK", R"({"kind":"Toy","metadata":{"resourceVersion":"5",)"
                                     R"("annotations":{"k8s.io/initial-events-end":"false"}}})")),
              ElementsAre("bookmark 5"));
}

TEST(WatchFrame, RT35WhatIsNoEventOfOurKindIsSkippedAndTheNextOneRead) {
  const std::string good = frame("ADDED", toy_json({}));
  const std::vector<std::string> bad = {
      "this is no JSON\n",
      "<html>\n",
      "{\n",
      "[]\n",
      "{}\n",
      "7\n",
      "{\"type\":\"ADDED\"}\n",
      frame("ADDED", "{}"),
      frame("ADDED", "7"),
      frame("ADDED", R"({"kind":"Table","apiVersion":"meta.k8s.io/v1","rows":[]})"),
      frame("ADDED", R"({"kind":"Toy","apiVersion":"example.com/v2","metadata":{"name":"a"}})"),
      frame("ADDED", R"({"kind":"Toy","apiVersion":"example.com/v1","metadata":{}})"),
      frame("RENAMED", toy_json({})),
      frame("BOOKMARK", R"({"kind":"Toy","apiVersion":"example.com/v1","metadata":{}})"),
      frame("ERROR", R"({"kind":"Toy"})"),
      "{\"type\":7,\"object\":{\"a\":1}}\n",
      "{\"type\":\"ADDED\",\"object\":{\"kind\":\"T\xFFy\"}}\n",
      std::string("\0\0\0\n", 4),
  };
  for (const std::string& one : bad) {
    const std::vector<std::string> frames = read(toy_kind(), one + good);
    ASSERT_EQ(frames.size(), 2U) << one;
    EXPECT_THAT(frames[0], testing::StartsWith("skipped: ")) << one;
    EXPECT_EQ(frames[1], "upsert shop/a@10 ");
  }
}

TEST(WatchFrame, RT35MembersMayComeInAnyOrder) {
  EXPECT_THAT(read(toy_kind(), R"({"object":)" + toy_json({}) +
                                   R"(,"x":[1,{}],"type":"ADDED"})"
                                   "\n"),
              ElementsAre("upsert shop/a@10 "));
  EXPECT_THAT(
      read(toy_kind(), R"({"type":"ADDED","object":{"metadata":{"name":"b","resourceVersion":"3"},)"
                       R"("apiVersion":"example.com/v1","kind":"Toy"}})"
                       "\n"),
      ElementsAre("upsert /b@3 "));
}

TEST(WatchFrame, RT35ABrokenObjectKeepsItsKey) {
  EXPECT_THAT(read(toy_kind(), frame("MODIFIED", R"({"spec":{"x":[]},"metadata":{"name":"b",)"
                                                 R"("namespace":"shop","resourceVersion":"3"}})")),
              ElementsAre("upsert shop/b@3 spec.x: not a whole number"));
}

TEST(WatchFrame, BlankLinesAreNoFrames) {
  EXPECT_THAT(read(toy_kind(), "\n \r\n" + frame("ADDED", toy_json({})) + "\n\n"),
              ElementsAre("upsert shop/a@10 "));
}

TEST(WatchFrame, RT6AFrameOver4MiBIsTooLargeHoweverItArrives) {
  const std::string big = frame(
      "ADDED", R"({"metadata":{"name":"a"},"data":")" + std::string(kMaxFrameBytes, 'x') + R"("})");
  EXPECT_THAT(read(toy_kind(), big), ElementsAre("too large"));
  EXPECT_THAT(read(toy_kind(), big.substr(0, kMaxFrameBytes + 1)), ElementsAre("too large"));
  EXPECT_THAT(read(toy_kind(), big.substr(0, kMaxFrameBytes)), ElementsAre());
}

TEST(WatchFrame, RT6AFrameOfJust4MiBIsRead) {
  const std::string_view head = R"({"type":"ADDED","object":{"metadata":{"name":"a"},"d":")";
  const std::string line =
      std::string(head) + std::string(kMaxFrameBytes - head.size() - 3, 'x') + R"("}})";
  ASSERT_EQ(line.size(), kMaxFrameBytes);
  EXPECT_THAT(read(toy_kind(), line + "\n" + frame("ADDED", toy_json({}))),
              ElementsAre("upsert /a@ ", "upsert shop/a@10 "));
}

TEST(WatchFrame, ANewStreamForgetsTheRestOfTheOldOne) {
  FrameReader reader(toy_kind());
  reader.feed(R"({"type":"ADDED","obj)");
  EXPECT_FALSE(reader.next().has_value());
  reader.clear();
  std::vector<std::string> out;
  reader.feed(frame("ADDED", toy_json({})));
  drain(&reader, &out);
  EXPECT_THAT(out, ElementsAre("upsert shop/a@10 "));
}

}  // namespace
}  // namespace kaizen::kube
