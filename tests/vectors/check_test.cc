// The judge of the vectors is judged: it must pass the right values and fail every wrong one.
#include "vectors/check.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kaizen::vectors {
namespace {

using ::testing::HasSubstr;

TEST(Vectors, EveryStoredVectorIsReproduced) {
  const Report report = check_folder(std::string(KAIZEN_VECTORS_DIR) + "/canary");

  EXPECT_EQ(report.lines, "");
  EXPECT_EQ(report.failed, 0);
  EXPECT_EQ(report.passed, 322);
}

TEST(DriftVectors, DR140EveryStoredCaseIsWithinItsTolerance) {
  const Report report = check_folder(std::string(KAIZEN_VECTORS_DIR) + "/drift");

  EXPECT_EQ(report.lines, "");
  EXPECT_EQ(report.failed, 0);
  EXPECT_EQ(report.passed, 516);
}

TEST(GateVectors, GT8EveryStoredCaseIsWithinItsTolerance) {
  const Report report = check_folder(std::string(KAIZEN_VECTORS_DIR) + "/gate");

  EXPECT_EQ(report.lines, "");
  EXPECT_EQ(report.failed, 0);
  EXPECT_EQ(report.passed, 316);
}

TEST(GateVectors, GT20AnotherFieldThanTheExpectedOneIsAMismatch) {
  const auto file = [](const char* expect) {
    return std::string(R"({"method":"paired","tolerance":{"abs":1e-9,"rel":1e-9},"cases":[
        {"name":"c","input":{"n":5,"b":3,"c":3,"alpha":0.05,"direction":"Higher",
        "require":"Superior","margin":0},"expect":)") +
           expect + "}]}";
  };

  EXPECT_EQ(check_text("f.json", file(R"({"malformed":"b + c"})")).failed, 0);
  EXPECT_EQ(check_text("f.json", file(R"({"malformed":"b"})")).failed, 1);
  EXPECT_EQ(check_text("f.json", file(R"({"tooSmall":"b + c"})")).failed, 1);
}

TEST(GateVectors, WhatTheStatisticsCannotTakeIsRefusedWithAReason) {
  const auto lines = [](const char* input) {
    return check_text("f.json", std::string(R"({"method":"paired","tolerance":{"abs":0,"rel":0},
        "cases":[{"name":"c","input":)") +
                                    input + R"(,"expect":{}}]})")
        .lines;
  };

  EXPECT_THAT(lines(R"({"n":5.5,"b":0,"c":0,"alpha":0.05,"direction":"Higher",
      "require":"Superior","margin":0})"),
              HasSubstr("n: not an integer"));
  EXPECT_THAT(lines(R"({"n":5,"b":0,"c":0,"alpha":0,"direction":"Higher",
      "require":"Superior","margin":0})"),
              HasSubstr("alpha: not above 0"));
  EXPECT_THAT(lines(R"({"n":5,"b":0,"c":0,"alpha":0.05,"direction":"Higher",
      "require":"Superior","margin":-1})"),
              HasSubstr("margin: not a number from 0"));
}

// A file of the drift's form with one case of TV 0.5 and the given tolerance and expectation.
std::string a_distance(const std::string& tolerance, const std::string& expect) {
  return R"({"detector":"tv_linf","tolerance":)" + tolerance +
         R"(,"cases":[{"name":"c","input":{"reference":[1,1],"current":[1,0]},"expect":)" + expect +
         "}]}";
}

constexpr const char* kTight = R"({"abs":1e-9,"rel":1e-7})";

TEST(DriftVectors, DR140TheFilesOwnToleranceDecides) {
  const std::string close = R"({"totalVariation":0.50000004,"lInfinity":0.5})";
  const std::string far = R"({"totalVariation":0.50000006,"lInfinity":0.5})";

  EXPECT_EQ(check_text("f.json", a_distance(kTight, close)).passed, 1);
  EXPECT_EQ(check_text("f.json", a_distance(kTight, far)).lines, "MISMATCH f.json c\n");
  EXPECT_EQ(check_text("f.json", a_distance(R"({"abs":0,"rel":0})", close)).failed, 1);
}

TEST(DriftVectors, DR140AnErrorIsTheOnlyOutputAndHasToBeTheRightOne) {
  const char* const empty = R"({"detector":"kl","tolerance":{"abs":0,"rel":0},"cases":[{"name":"c",
      "input":{"reference":[1,2],"current":[0,0]},"expect":{"error":"%"}}]})";
  const auto with = [&](const std::string& error) {
    std::string text = empty;
    return text.replace(text.find('%'), 1, error);
  };

  EXPECT_EQ(check_text("f.json", with("NoData")).passed, 1);
  EXPECT_EQ(check_text("f.json", with("EmptyReference")).failed, 1);
  EXPECT_EQ(check_text("f.json", a_distance(kTight, R"({"error":"NoData"})")).failed, 1);
}

TEST(DriftVectors, NamesOfInfinitiesAreNumbersOfTheirOwn) {
  const char* const nothing = R"({"detector":"edetector","tolerance":{"abs":0,"rel":0},
      "cases":[{"name":"c","input":{"logM":["-Inf"]},
                "expect":{"state":"v1:AACA/w==","rounded":["%"]}}]})";
  const auto with = [&](const std::string& value) {
    std::string text = nothing;
    return text.replace(text.find('%'), 1, value);
  };

  EXPECT_EQ(check_text("f.json", with("-Inf")).passed, 1);
  EXPECT_EQ(check_text("f.json", with("+Inf")).failed, 1);
  EXPECT_EQ(check_text("f.json", with("NaN")).failed, 1);
}

TEST(Vectors, AValueInsideTheToleranceIsTheSame) {
  const Report report = check_text("f.json", R"({"kind":"combine","cases":[{"name":"c",
      "in":{"wealths":[8.0],"weights":[1]},"out":{"wealth":8.000000007}}]})");

  EXPECT_EQ(report.passed, 1) << report.lines;
}

TEST(Vectors, AValueOutsideTheToleranceIsAMismatch) {
  const Report report = check_text("f.json", R"({"kind":"combine","cases":[{"name":"c",
      "in":{"wealths":[8.0],"weights":[1]},"out":{"wealth":8.00000001}}]})");

  EXPECT_EQ(report.failed, 1);
  EXPECT_EQ(report.lines, "MISMATCH f.json c\n");
}

TEST(Vectors, AMissingOrExtraMemberIsAMismatch) {
  const Report missing = check_text("f.json", R"({"kind":"sign","cases":[{"name":"c",
      "in":{"n":0,"k":0},"out":{}}]})");
  const Report extra = check_text("f.json", R"({"kind":"sign","cases":[{"name":"c",
      "in":{"n":0,"k":0},"out":{"logE":0.0,"more":1}}]})");

  EXPECT_EQ(missing.failed, 1);
  EXPECT_EQ(extra.failed, 1);
}

TEST(Vectors, NullIsNotANumber) {
  const Report report = check_text("f.json", R"({"kind":"sign","cases":[{"name":"c",
      "in":{"n":0,"k":0},"out":{"logE":null}}]})");

  EXPECT_EQ(report.failed, 1);
}

struct Garbage {
  const char* name;
  const char* text;
  const char* says;
};

class GarbageFile : public ::testing::TestWithParam<Garbage> {};

TEST_P(GarbageFile, IsRefusedWithAReason) {
  const Report report = check_text("f.json", GetParam().text);

  EXPECT_EQ(report.passed, 0);
  EXPECT_EQ(report.failed, 1);
  EXPECT_THAT(report.lines, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Cases,
    GarbageFile,
    ::testing::Values(
        Garbage{"empty", "", "not JSON"},
        Garbage{"nan", R"({"kind":"sign","cases":[{"name":"c","in":{"n":NaN,"k":0},"out":{}}]})",
                "not JSON"},
        Garbage{"list", "[]", "not an object"},
        Garbage{"no_kind", R"({"cases":[]})", "unknown kind \"\""},
        Garbage{"unknown_kind", R"({"kind":"median","cases":[{}]})", "unknown kind \"median\""},
        Garbage{"no_case", R"({"kind":"sign","cases":[]})", "no case"},
        Garbage{"case_without_in", R"({"kind":"sign","cases":[{"name":"c"}]})", "no in or no out"},
        Garbage{"missing_field",
                R"({"kind":"sign","cases":[{"name":"c","in":{"n":3},"out":{"logE":0}}]})",
                "k: missing"},
        Garbage{"text_for_number",
                R"({"kind":"sign","cases":[{"name":"c","in":{"n":"3","k":1},"out":{}}]})",
                "n: not a number"},
        Garbage{"more_bad_than_all",
                R"({"kind":"sign","cases":[{"name":"c","in":{"n":3,"k":4},"out":{}}]})", "k > n"},
        Garbage{"broken_count",
                R"({"kind":"sign","cases":[{"name":"c","in":{"n":3.5,"k":1},"out":{}}]})",
                "n: not an integer"},
        Garbage{"huge", R"({"kind":"sign","cases":[{"name":"c","in":{"n":1e300,"k":1},"out":{}}]})",
                "n: not a number from 0"},
        Garbage{"limit_of_zero",
                R"({"kind":"oneSample","cases":[{"name":"c","in":{"n":1,"x":1,"limit":0,
                   "direction":1},"out":{}}]})",
                "limit: not inside (0, 1)"},
        Garbage{"no_direction",
                R"({"kind":"oneSample","cases":[{"name":"c","in":{"n":1,"x":1,"limit":0.5,
                   "direction":0},"out":{}}]})",
                "direction: neither 1 nor -1"},
        Garbage{"short_tick",
                R"({"kind":"twoSample","cases":[{"name":"c","in":{"a":0,"b":1,"direction":1,
                   "level":0.05,"restarts":0,"baseline":[],"ticks":[[1,0,1]],"restartAt":[]},
                   "out":{}}]})",
                "ticks: not lists"},
        Garbage{"unknown_detector",
                R"({"detector":"median","tolerance":{"abs":0,"rel":0},"cases":[{}]})",
                "unknown kind \"median\""},
        Garbage{"no_tolerance", R"({"detector":"psi","cases":[{}]})", "tolerance: not"},
        Garbage{"tolerance_of_anything",
                R"({"detector":"psi","tolerance":{"abs":10,"rel":0},"cases":[{}]})",
                "tolerance: not"},
        Garbage{"no_drift_case", R"({"detector":"psi","tolerance":{"abs":0,"rel":0},"cases":[]})",
                "no case"},
        Garbage{"no_expectation",
                R"({"detector":"psi","tolerance":{"abs":0,"rel":0},"cases":[{"name":"c"}]})",
                "no input or no expect"},
        Garbage{"counts_are_texts",
                R"({"detector":"psi","tolerance":{"abs":0,"rel":0},"cases":[{"name":"c",
                   "input":{"reference":["many"],"current":[1]},"expect":{}}]})",
                "reference: not numbers"},
        Garbage{"strange_verdict",
                R"({"detector":"episodes","tolerance":{"abs":0,"rel":0},"cases":[{"name":"c",
                   "input":{"parameters":{"m":1,"n":1,"closeAfter":3,"cooldown":0,"noDataAfter":3},
                   "verdicts":["maybe"]},"expect":{}}]})",
                "verdicts: maybe"},
        Garbage{"bucket_above_total",
                R"({"kind":"quantile","cases":[{"name":"c","in":{"boundaries":[1,2],"rel":0.1,
                   "a":0.01,"level":0.05,"restarts":0,"restartAt":[],"ticks":[[1,[2,2],1,[1,1]]]},
                   "out":{}}]})",
                "a bucket above its total"}),
    [](const ::testing::TestParamInfo<Garbage>& garbage) { return garbage.param.name; });

TEST(Vectors, AFolderWithoutFilesFails) {
  const std::string folder = ::testing::TempDir() + "/kaizen_no_vectors";
  std::filesystem::create_directories(folder);

  EXPECT_EQ(check_folder(folder).failed, 1);
  EXPECT_EQ(check_folder(folder + "/absent").failed, 1);
  std::filesystem::remove_all(folder);
}

TEST(Vectors, OneBadFileDoesNotHideTheOthers) {
  const std::string folder = ::testing::TempDir() + "/kaizen_mixed_vectors";
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/a.json") << "garbage";
  std::ofstream(folder + "/b.json") << R"({"kind":"sign","cases":[{"name":"c",
      "in":{"n":0,"k":0},"out":{"logE":0.0}}]})";

  const Report report = check_folder(folder);

  EXPECT_EQ(report.passed, 1);
  EXPECT_EQ(report.failed, 1);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace kaizen::vectors
