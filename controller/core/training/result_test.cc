// Results of stages: what is read from a good one, and that nothing is read from a bad one.
#include "core/training/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "base/time.h"
#include "base/uid.h"
#include "stats/gate/bounds.h"

namespace kaizen::core {
namespace {

namespace gate = stats::gate;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

constexpr std::string_view kRun = "5f0cbe0a-7d5e-4a43-a3f1-0a4f1f5f2b6e";
constexpr std::string_view kNonce = "0123456789abcdef0123456789abcdef";

std::string digest(char digit) {
  return "sha256:" + std::string(64, digit);
}

ResultIdentity identity(std::string_view stage) {
  return {.run = *base::parse_uid(kRun), .stage = stage, .nonce = kNonce};
}

// A document of this run and stage with further members, written without the leading comma.
std::string document(std::string_view stage, std::string_view members) {
  return base::concat({R"({"schema":"kaizen.result/v1","run":")", kRun, R"(","nonce":")", kNonce,
                       R"(","stage":")", stage, "\"", members.empty() ? "" : ",", members, "}"});
}

ResultOr<ResultDocument> read(std::string_view stage, std::string_view members) {
  return read_result({.bytes = document(stage, members), .cut_at = std::nullopt}, identity(stage));
}

std::string trouble(const ResultOr<ResultDocument>& result) {
  return result.ok() ? "none"
                     : base::concat({result.error().reason->name, " ", result.error().message});
}

// RS-11's example.
std::string evaluation_example() {
  return document("evaluate", base::concat({R"("metrics":{"latency_p99_ms":31.5},"evaluation":{
      "dataset":")",
                                            digest('1'), R"(","challenger":")", digest('4'),
                                            R"(","champion":")", digest('5'), R"(","comparisons":[
        {"metric":"recall","champion":0.9701,"challenger":0.972,"n":12000,"paired":{"b":61,"c":84}},
        {"metric":"recall","slice":"line=A","champion":0.968,"challenger":0.9702,"n":4100,
         "paired":{"b":22,"c":31}}]})"}));
}

std::string evaluation(std::string_view comparisons, std::string_view more = "") {
  return base::concat({R"("evaluation":{"dataset":")", digest('1'), R"(","challenger":")",
                       digest('4'), R"(","comparisons":[)", comparisons, "]", more, "}"});
}

// The trouble of one comparison.
std::string comparison_trouble(std::string_view comparison) {
  return trouble(read("evaluate", evaluation(comparison)));
}

TEST(Result, RS11TheExampleIsRead) {
  const auto result =
      read_result({.bytes = evaluation_example(), .cut_at = std::nullopt}, identity("evaluate"));

  ASSERT_TRUE(result.ok()) << trouble(result);
  EXPECT_EQ(result->metrics.at("latency_p99_ms"), 31.5);
  ASSERT_TRUE(result->evaluation);
  EXPECT_EQ(result->evaluation->dataset, digest('1'));
  EXPECT_EQ(result->evaluation->challenger, digest('4'));
  EXPECT_EQ(result->evaluation->champion, digest('5'));
  ASSERT_THAT(result->evaluation->comparisons, SizeIs(2));
  EXPECT_EQ(result->evaluation->comparisons[0].slice, "all");
  EXPECT_EQ(result->evaluation->comparisons[0].paired,
            (gate::PairedCounts{.n = 12000, .b = 61, .c = 84}));
  EXPECT_EQ(result->evaluation->comparisons[1].slice, "line=A");
  EXPECT_EQ(result->evaluation->comparisons[1].champion, 0.968);
}

TEST(Result, RS10EveryOtherSectionIsRead) {
  const auto result = read(
      "train",
      base::concat({R"("artifacts":[{"name":"model","uri":"s3://m/42","digest":")", digest('a'),
                    R"(","sizeBytes":1024,"version":"42"}],
        "referenceProfile":{"configMap":"run-profile","key":"profile.json","digest":")",
                    digest('b'), R"("},
        "data":{"name":"train","uri":"s3://d/117/","digest":")",
                    digest('c'),
                    R"(","version":"v117","rows":51200,"asOf":"2026-03-09T03:00:00Z",
                "schemaDigest":")",
                    digest('d'), R"(","missing":0.02},
        "registry":{"name":"defect","version":"7","uri":"mlflow://r/7"})"}));

  ASSERT_TRUE(result.ok()) << trouble(result);
  ASSERT_NE(result->artifact("model"), nullptr);
  EXPECT_EQ(result->artifact("model")->size_bytes, 1024);
  EXPECT_EQ(result->artifact("profile"), nullptr);
  EXPECT_EQ(
      result->reference_profile,
      (ReportedProfile{
          .config_map = "run-profile", .key = "profile.json", .uri = "", .digest = digest('b')}));
  EXPECT_EQ(result->data->rows, 51200);
  EXPECT_EQ(result->data->as_of, base::parse_time("2026-03-09T03:00:00Z"));
  EXPECT_EQ(result->data->missing, 0.02);
  EXPECT_EQ(result->registry->version, "7");
}

TEST(Result, RS10AProfileMayAlsoLieAtAUri) {
  const auto result = read("train", base::concat({R"("referenceProfile":{"uri":"s3://m/p.json",
      "digest":")",
                                                  digest('b'), R"(","sizeBytes":7})"}));

  ASSERT_TRUE(result.ok()) << trouble(result);
  EXPECT_EQ(result->reference_profile->uri, "s3://m/p.json");
  EXPECT_EQ(trouble(read("train", base::concat({R"("referenceProfile":{"configMap":"c",
      "digest":")",
                                                digest('b'), R"("})"}))),
            "ResultMalformed referenceProfile.key: is missing");
}

TEST(Result, RS10AllKindsOfEvidenceAreRead) {
  const auto result = read(
      "evaluate",
      evaluation(R"(
      {"metric":"f1","challenger":0.9,"blocks":[[1,2,3.5,4],[5,6,7,8]]},
      {"metric":"loss","champion":0.4,"challenger":0.3,"n":50,"moments":{"mean":-0.1,"var":0.02}},
      {"metric":"ctr","challenger":0.03,"counts":{"k1":20,"n1":1000,"k2":30,"n2":1001}},
      {"metric":"auc","challenger":0.9,"interval":{"lower":0.1,"upper":0.2,"confidence":0.95,
       "method":"DeLong"}})",
                 R"(,"groups":[{"metric":"tpr","dimension":"plant","group":"Ulm","k":9,"n":10}])"));

  ASSERT_TRUE(result.ok()) << trouble(result);
  const auto& comparisons = result->evaluation->comparisons;
  EXPECT_EQ(result->evaluation->champion, std::nullopt);
  EXPECT_EQ(comparisons[0].blocks[0], (gate::Block{1.0, 2.0, 3.5, 4.0}));
  EXPECT_EQ(comparisons[1].moments, (gate::Moments{.n = 50, .mean = -0.1, .variance = 0.02}));
  EXPECT_EQ(comparisons[2].champion_hits, (gate::Hits{.k = 20, .n = 1000}));
  EXPECT_EQ(comparisons[2].challenger_hits, (gate::Hits{.k = 30, .n = 1001}));
  EXPECT_EQ(comparisons[3].interval->method, "DeLong");
  EXPECT_EQ(result->evaluation->groups[0].hits, (gate::Hits{.k = 9, .n = 10}));
}

TEST(Result, RS12TheFirstKindOfEvidenceIsUsed) {
  const auto result = read("evaluate", evaluation(R"(
      {"metric":"a","challenger":1,"n":9,"counts":{"k1":1,"n1":5,"k2":1,"n2":4},
       "moments":{"mean":0,"var":1},"blocks":[[1,1,1,1]],"paired":{"b":1,"c":2}},
      {"metric":"b","challenger":1,"n":9,"counts":{"k1":1,"n1":5,"k2":1,"n2":4},
       "moments":{"mean":0,"var":1},"blocks":[[1,1,1,1]]},
      {"metric":"c","challenger":1,"n":9,"counts":{"k1":1,"n1":5,"k2":1,"n2":4},
       "moments":{"mean":0,"var":1}},
      {"metric":"d","challenger":1,"counts":{"k1":1,"n1":5,"k2":1,"n2":4}},
      {"metric":"e","challenger":1,"counts":{"k2":1,"n2":4}},
      {"metric":"f","challenger":1,"n":9},
      {"metric":"g","challenger":1,"blocks":[[1,1,1,1]]})"));

  ASSERT_TRUE(result.ok()) << trouble(result);
  const auto& comparisons = result->evaluation->comparisons;
  const std::vector<size_t> kinds = {1, 2, 3, 4, 0, 0, 2};  // alternatives of gate::Evidence
  const std::vector<int64_t> samples = {9, 9, 9, 4, 4, 9, 1};
  for (size_t i = 0; i < kinds.size(); ++i) {
    EXPECT_EQ(evidence_of(comparisons[i]).index(), kinds[i]) << i;
    EXPECT_EQ(samples_of(comparisons[i]), samples[i]) << i;
  }
}

TEST(Result, RS1WhatAStageMustReportIsAskedFor) {
  const auto nothing = read("train", "");
  ASSERT_TRUE(nothing.ok());

  EXPECT_EQ(missing_part(*nothing, {}), std::nullopt);
  EXPECT_EQ(missing_part(*nothing, {.data = true, .evaluation = false, .model = false})->message,
            "data: not reported");
  EXPECT_EQ(missing_part(*nothing, {.data = false, .evaluation = true, .model = false})->message,
            "evaluation: not reported");
  EXPECT_EQ(missing_part(*nothing, {.data = false, .evaluation = false, .model = true})->message,
            "artifacts: one of the name model: not reported");
  EXPECT_EQ(
      missing_part(*nothing, {.data = false, .evaluation = false, .model = true})->reason->name,
      "ResultMissing");
}

TEST(Result, RS1NoTextIsAMissingResult) {
  EXPECT_EQ(trouble(read_result({.bytes = "", .cut_at = std::nullopt}, identity("train"))),
            "ResultMissing no result was written");
}

TEST(Result, RS2AnotherRunStageOrNonceIsAMismatch) {
  const std::string text = document("train", "");
  const auto as = [&](std::string_view run, std::string_view stage, std::string_view nonce) {
    return trouble(read_result({.bytes = text, .cut_at = std::nullopt},
                               {.run = *base::parse_uid(run), .stage = stage, .nonce = nonce}));
  };

  EXPECT_EQ(as(kRun, "train", kNonce), "none");
  EXPECT_THAT(as("5f0cbe0a-7d5e-4a43-a3f1-0a4f1f5f2b6f", "train", kNonce),
              StartsWith("ResultMismatch run: "));
  EXPECT_EQ(as(kRun, "evaluate", kNonce),
            "ResultMismatch stage: train is reported, evaluate is expected");
  EXPECT_EQ(as(kRun, "train", "0123456789abcdef0123456789abcdee"),
            "ResultMismatch nonce: not the value of KAIZEN_RESULT_NONCE of this attempt");
}

TEST(Result, RS2AForeignDocumentIsForeignEvenWhenItIsBroken) {
  EXPECT_THAT(trouble(read_result(
                  {.bytes = document("train", R"("metrics":{"a":"x"})"), .cut_at = std::nullopt},
                  identity("evaluate"))),
              StartsWith("ResultMismatch stage"));
}

TEST(Result, RS2TheNonceIsOfRunStageAndAttempt) {
  const base::Uid run = *base::parse_uid(kRun);

  // sha256("5f0cbe0a-7d5e-4a43-a3f1-0a4f1f5f2b6e\ntrain\n1")
  EXPECT_EQ(result_nonce(run, "train", 1), "dbae3d91852d17beaea3d5f8b393dd1e");
  EXPECT_THAT(result_nonce(run, "train", 1), SizeIs(32));
  EXPECT_NE(result_nonce(run, "train", 1), result_nonce(run, "train", 0));
  EXPECT_NE(result_nonce(run, "train", 1), result_nonce(run, "evaluate", 1));
  EXPECT_NE(result_nonce(run, "train", 1), result_nonce(base::Uid{}, "train", 1));
}

TEST(Result, RS14WhatIsNotOfferedIsRefusedNotIgnored) {
  for (const char* member :
       {R"("ref":{"uri":"s3://a/b"})", R"("tune":{"best":{}})", R"("git":{"branch":"main"})"}) {
    EXPECT_THAT(trouble(read("train", member)),
                HasSubstr("is not offered by this version of kaizen"))
        << member;
  }
  EXPECT_THAT(comparison_trouble(R"({"metric":"a","challenger":1,"method":"bootstrap"})"),
              HasSubstr("comparisons[0].method: bootstrap is not offered"));
}

TEST(Result, RS20AMessageThatWasCutIsTooLargeNotMalformed) {
  const std::string text = evaluation_example().substr(0, 300);
  const auto cut_at = [&](size_t bytes) {
    return trouble(read_result({.bytes = text, .cut_at = bytes}, identity("evaluate")));
  };

  EXPECT_EQ(cut_at(300), "ResultTooLarge cut at 300 bytes; use result.from ConfigMap");
  EXPECT_THAT(cut_at(301), StartsWith("ResultMalformed JSON: "));
  const std::string whole = document("train", "");
  EXPECT_EQ(trouble(read_result({.bytes = whole, .cut_at = whole.size()}, identity("train"))),
            "none");
}

TEST(Result, RS22MoreThanAConfigMapHoldsIsTooLarge) {
  const std::string text(kMaxResultBytes + 1, ' ');

  EXPECT_EQ(trouble(read_result({.bytes = text, .cut_at = std::nullopt}, identity("train"))),
            "ResultTooLarge 262145 bytes, at most 262144");
}

TEST(Result, RS40UnknownKeysWhereTheyWouldLoseSomethingAreRefused) {
  EXPECT_EQ(trouble(read("train", R"("metrcs":{"recall":0.9})")),
            "ResultMalformed metrcs: is not known");
  EXPECT_EQ(trouble(read("data", R"("data":{"row":5})")), "ResultMalformed data.row: is not known");
  EXPECT_EQ(trouble(read("evaluate", evaluation("", R"(,"comparison":[])"))),
            "ResultMalformed evaluation.comparison: is not known");
}

TEST(Result, RS40BrokenDocumentsAreMalformed) {
  const auto raw = [](std::string_view bytes) {
    return trouble(read_result({.bytes = bytes, .cut_at = std::nullopt}, identity("train")));
  };

  EXPECT_EQ(raw("[]"), "ResultMalformed not an object");
  EXPECT_EQ(raw("{}"), "ResultMalformed schema: is missing");
  EXPECT_THAT(raw("Traceback (most recent call last):"), StartsWith("ResultMalformed JSON: "));
  EXPECT_THAT(raw(document("train", "") + "x"), StartsWith("ResultMalformed JSON: "));
  EXPECT_THAT(raw(document("train", R"("metrics":{"a":NaN})")),
              StartsWith("ResultMalformed JSON: "));
  EXPECT_THAT(raw(document("train", R"("metrics":{"a":1e999})")),
              StartsWith("ResultMalformed JSON: "));
  EXPECT_EQ(raw(document("train", R"("metrics":{"a":1,"a":2})")),
            "ResultMalformed JSON: the key \"a\" is there twice");
  EXPECT_EQ(raw(document("train", R"("metrics":{"a":[[[[[[[]]]]]]]})")),
            "ResultMalformed JSON: nested deeper than 8 levels");
  EXPECT_THAT(raw(document("train", "\"metrics\":{\"a\xFF\":1}")),
              StartsWith("ResultMalformed JSON: "));
  EXPECT_EQ(raw(R"({"schema":"kaizen.result/v2"})"),
            "ResultMalformed schema: is not kaizen.result/v1");
  EXPECT_EQ(raw(R"({"schema":"kaizen.result/v1","run":"x","stage":"train"})"),
            "ResultMalformed nonce: is missing");
}

struct BadMember {
  const char* members;
  const char* says;
};

class BadResult : public ::testing::TestWithParam<BadMember> {};

TEST_P(BadResult, RS40IsMalformedAndNamesTheField) {
  EXPECT_EQ(trouble(read("train", GetParam().members)),
            base::concat({"ResultMalformed ", GetParam().says}));
}

INSTANTIATE_TEST_SUITE_P(
    Members,
    BadResult,
    ::testing::Values(
        BadMember{R"("metrics":[])", "metrics: is not an object"},
        BadMember{R"("metrics":null)", "metrics: is not an object"},
        BadMember{R"("metrics":{"recall":"0.9"})", "metrics.recall: is not a number"},
        BadMember{R"("metrics":{"recall":null})", "metrics.recall: is not a number"},
        BadMember{R"("metrics":{"9recall":1})", "metrics.9recall: is no name of a metric"},
        BadMember{R"("artifacts":{})", "artifacts: is not a list"},
        BadMember{R"("artifacts":[7])", "artifacts[0]: is not an object"},
        BadMember{R"("artifacts":[{"name":"Model","uri":"s3://a/b","digest":"x"}])",
                  "artifacts[0].name: is not made of at most 63 lower-case letters, digits and "
                  "'-'"},
        BadMember{R"("artifacts":[{"name":"model","uri":"/etc/passwd","digest":"x"}])",
                  "artifacts[0].uri: is not scheme://... of at most 1024 printable characters"},
        BadMember{R"("artifacts":[{"name":"model","uri":"s3://a b","digest":"x"}])",
                  "artifacts[0].uri: is not scheme://... of at most 1024 printable characters"},
        BadMember{R"("artifacts":[{"name":"model","uri":"s3://a/b"}])",
                  "artifacts[0].digest: is missing"},
        BadMember{R"("data":{"missing":1.5})", "data.missing: is not a share from 0 to 1"},
        BadMember{R"("data":{"asOf":"yesterday"})",
                  "data.asOf: is not an instant as RFC 3339 writes it"},
        BadMember{R"("registry":{"name":7})", "registry.name: is not a string"},
        BadMember{R"("evaluation":{})", "evaluation.dataset: is missing"}));

TEST(Result, RS40AnArtifactIsThereOnce) {
  const std::string blob =
      base::concat({R"({"name":"model","uri":"s3://a/b","digest":")", digest('a'), R"("})"});

  EXPECT_EQ(trouble(read("train", base::concat({R"("artifacts":[)", blob, ",", blob, "]"}))),
            "ResultMalformed artifacts[1].name: is there twice");
}

TEST(Result, RS40AMetricOnASliceIsComparedOnce) {
  EXPECT_EQ(comparison_trouble(R"({"metric":"a","challenger":1},
                                  {"metric":"a","slice":"all","challenger":2})"),
            "ResultMalformed evaluation.comparisons[1].slice: a on all is compared twice");
}

TEST(Result, GT1OnlyTheSliceSinceTheOnsetHasADataSetOfItsOwn) {
  const auto of = [](std::string_view slice) {
    return comparison_trouble(base::concat({R"({"metric":"a","challenger":1,"slice":")", slice,
                                            R"(","dataset":")", digest('7'), R"("})"}));
  };

  EXPECT_EQ(of("since-onset"), "none");
  EXPECT_EQ(of("line=A"),
            "ResultMalformed evaluation.comparisons[0].dataset: only slice since-onset has a data "
            "set of its own (GT-1)");
}

TEST(Result, RS40ListsAreBounded) {
  std::string many = R"({"metric":"a","challenger":1,"blocks":[[1,1,1,1])";
  for (int i = 0; i < 5000; ++i) many += ",[1,1,1,1]";
  EXPECT_EQ(comparison_trouble(many + "]}"),
            "ResultMalformed evaluation.comparisons[0].blocks: 5001 of them, at most 5000");

  std::string metrics = R"("metrics":{"m":1)";
  for (int i = 0; i < 256; ++i) metrics += base::concat({",\"m", std::to_string(i), "\":1"});
  EXPECT_EQ(trouble(read("train", metrics + "}")),
            "ResultMalformed metrics: 257 of them, at most 256");
}

TEST(Result, RS41WhatIsShownHasNoControlCharactersAndIsShort) {
  const auto result =
      read("train", base::concat({"\"x\\u001b[31m\\u0085", std::string(400, 'y'), "\":1"}));

  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.error().message, StartsWith("x[31myyy"));
  EXPECT_LE(result.error().message.size(), 256U);
}

TEST(Result, RS41FreeTextsAreReadWithoutControlCharacters) {
  const auto result = read("train", R"("registry":{"name":"de\u001bfect","version":"\u00857"})");

  ASSERT_TRUE(result.ok()) << trouble(result);
  EXPECT_EQ(result->registry->name, "defect");
  EXPECT_EQ(result->registry->version, "7");
  EXPECT_THAT(comparison_trouble(R"({"metric":"a","challenger":1,"slice":"\u0007"})"),
              HasSubstr("slice: is empty"));
}

TEST(Result, RS42StatusKeepsWhatTheGateNamesFirst) {
  ReportedMetrics metrics;
  for (int i = 100; i < 200; ++i) metrics["a" + std::to_string(i)] = i;
  metrics["recall"] = 0.97;
  metrics["z_latency"] = 31.5;
  api::Gate gate;
  gate.primary = api::GateComparison{};
  gate.primary->metric = "recall";
  gate.limits.emplace_back().metric = "z_latency";

  const auto kept = kept_metrics({}, metrics, "evaluate", gate);

  ASSERT_THAT(kept, SizeIs(64));
  EXPECT_EQ(kept[0].name, "recall");
  EXPECT_EQ(kept[0].stage, "evaluate");
  EXPECT_EQ(kept[1].name, "z_latency");
  EXPECT_EQ(kept[2].name, "a100");
  EXPECT_EQ(kept[63].name, "a161");
}

TEST(Result, RS42EarlierStagesKeepTheirsAndARepeatedStageReplacesItsOwn) {
  const std::vector<api::MetricValue> before = {{.name = "loss", .value = {0.4}, .stage = "train"},
                                                {.name = "rows", .value = {7.0}, .stage = "data"}};

  const auto kept = kept_metrics(before, {{"recall", 0.97}, {"loss", 0.3}}, "train", std::nullopt);

  EXPECT_EQ(kept,
            (std::vector<api::MetricValue>{{.name = "loss", .value = {0.3}, .stage = "train"},
                                           {.name = "recall", .value = {0.97}, .stage = "train"},
                                           {.name = "rows", .value = {7.0}, .stage = "data"}}));
}

TEST(Result, RS44CountsAreWholeAndWithinADouble) {
  const auto n = [](std::string_view count) {
    return comparison_trouble(base::concat({R"({"metric":"a","challenger":1,"n":)", count, "}"}));
  };
  const std::string refused =
      "ResultMalformed evaluation.comparisons[0].n: is not a whole number from 0 to 2^53 - 1";

  EXPECT_EQ(n("9007199254740991"), "none");
  EXPECT_EQ(n("12000.0"), "none");
  EXPECT_EQ(n("9007199254740992"), refused);
  EXPECT_EQ(n("1e300"), refused);
  EXPECT_EQ(n("-1"), refused);
  EXPECT_EQ(n("0.5"), refused);
}

TEST(Result, RS44DigestsAre64LowerCaseHexDigits) {
  const auto of = [](std::string_view text) {
    return trouble(read("data", base::concat({R"("data":{"digest":")", text, R"("})"})));
  };
  const std::string refused =
      "ResultMalformed data.digest: is not sha256: and 64 lower-case hex digits";

  EXPECT_EQ(of(digest('f')), "none");
  EXPECT_EQ(of(digest('F')), refused);
  EXPECT_EQ(of(digest('f').substr(0, 70)), refused);
  EXPECT_EQ(of(digest('f') + "f"), refused);
  EXPECT_EQ(of("sha512:" + std::string(64, 'f')), refused);
  EXPECT_EQ(of(""), refused);
}

TEST(Result, GT20ImpossibleEvidenceIsMalformedAndNamed) {
  const auto of = [](std::string_view evidence) {
    return comparison_trouble(base::concat({R"({"metric":"a","challenger":1,)", evidence, "}"}));
  };
  const std::string at = "ResultMalformed evaluation.comparisons[0].";

  EXPECT_EQ(of(R"("n":200,"paired":{"b":150,"c":51})"), at + "paired.b + c: 201 of n = 200");
  EXPECT_EQ(of(R"("paired":{"b":1,"c":5})"), at + "n: is missing: paired needs it");
  EXPECT_EQ(of(R"("n":9,"paired":{"b":1})"), at + "paired.c: is missing");
  EXPECT_EQ(of(R"("n":9,"moments":{"mean":0,"var":-1})"), at + "moments.var: -1 is below 0");
  EXPECT_EQ(of(R"("counts":{"k2":5,"n2":4})"), at + "counts.k2: 5 of n2 = 4");
  EXPECT_EQ(of(R"("counts":{"k1":5,"n1":4,"k2":1,"n2":4})"), at + "counts.k1: 5 of n1 = 4");
  EXPECT_EQ(of(R"("counts":{"k1":5,"k2":1,"n2":4})"), at + "counts.n1: is missing");
  EXPECT_EQ(of(R"("blocks":[[1,2,3,4],[1,-2,3,4]])"), at + "blocks[1].denA: -2 is below 0");
  EXPECT_EQ(of(R"("blocks":[[1,2,3]])"), at + "blocks[0]: is not [numA, denA, numB, denB]");
  EXPECT_EQ(of(R"("blocks":[[1,2,3,"NaN"]])"), at + "blocks[0]: is not [numA, denA, numB, denB]");
  EXPECT_EQ(of(R"("interval":{"lower":2,"upper":1,"confidence":0.9,"method":"m"})"),
            at + "interval.upper: is below lower");
  EXPECT_EQ(of(R"("interval":{"lower":0,"upper":1,"confidence":0.5,"method":"m"})"),
            at + "interval.confidence: is not inside (0.5, 1)");
  EXPECT_EQ(trouble(read("evaluate", evaluation("", R"(,"groups":[{"metric":"tpr",
      "dimension":"plant","group":"Ulm","k":11,"n":10}])"))),
            "ResultMalformed evaluation.groups[0].k: 11 of n = 10");
}

TEST(Result, RS40EveryTruncationIsRefused) {
  const std::string whole = evaluation_example();
  ASSERT_EQ(trouble(read_result({.bytes = whole, .cut_at = std::nullopt}, identity("evaluate"))),
            "none");

  for (size_t length = 0; length < whole.size(); ++length) {
    const std::string_view cut = std::string_view(whole).substr(0, length);
    EXPECT_FALSE(read_result({.bytes = cut, .cut_at = std::nullopt}, identity("evaluate")).ok())
        << length;
  }
}

}  // namespace
}  // namespace kaizen::core
