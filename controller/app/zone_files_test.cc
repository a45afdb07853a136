// The machine's zone data as we read it, against the C library's own reading of the same files.
#include "app/zone_files.h"

#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/ref.h"
#include "base/result.h"
#include "core/schedule/time_zone.h"
#include "core/schedule/zone_data.h"
#include "source_dir.h"

namespace kaizen::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace fs = std::filesystem;

std::string recorded() {
  return std::string(KAIZEN_SOURCE_DIR) + "/tests/recorded/zoneinfo";
}

// A directory of its own, gone at the end.
class ZoneFiles : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(root); }

  void TearDown() override { fs::remove_all(root); }

  void write(const std::string& name, const std::string& bytes) const {
    fs::create_directories((root / name).parent_path());
    std::ofstream(root / name, std::ios::binary) << bytes;
  }

  void copy(const std::string& zone, const std::string& name) const {
    fs::create_directories((root / name).parent_path());
    fs::copy_file(recorded() + "/" + zone, root / name);
  }

  std::string problem() const {
    const base::Result<LoadedZones> loaded = load_zones(root.string());
    return loaded.ok() ? "no problem" : loaded.error().message;
  }

  fs::path root = testing::TempDir() + "kaizen_zones_" + std::to_string(getpid());
};

TEST_F(ZoneFiles, TG12ReadsEveryZoneByItsPath) {
  copy("Asia/Tokyo", "Asia/Tokyo");
  copy("America/New_York", "America/New_York");
  fs::create_symlink("Asia/Tokyo", root / "Japan");
  write("tzdata.zi", "# version 2025b\n# This zic input file is in the public domain.\n");
  write("zone.tab", "JP\t+353916+1394441\tAsia/Tokyo\n");
  const base::Result<LoadedZones> loaded = load_zones(root.string());
  ASSERT_TRUE(loaded.ok());
  EXPECT_THAT(loaded->problems, IsEmpty());
  EXPECT_EQ(loaded->data->version, "2025b");
  EXPECT_EQ(loaded->data->zones.size(), 3U);
  EXPECT_EQ(core::find_zone(loaded->data, "Asia/Tokyo")->span_at(0).offset_s, 32'400);
  // The same bytes are one value.
  EXPECT_EQ(core::find_zone(loaded->data, "Japan"), core::find_zone(loaded->data, "Asia/Tokyo"));
  EXPECT_EQ(core::find_zone(loaded->data, "zone.tab"), nullptr);
}

TEST_F(ZoneFiles, TG12TheHashNamesTheWholeData) {
  copy("Asia/Tokyo", "Asia/Tokyo");
  const std::string first = load_zones(root.string())->data->sha256;
  EXPECT_EQ(first.size(), 64U);
  EXPECT_EQ(load_zones(root.string())->data->sha256, first);
  copy("Asia/Tokyo", "Japan");
  EXPECT_NE(load_zones(root.string())->data->sha256, first);
}

TEST_F(ZoneFiles, TG12LeavesOutWhatIsNoPlaceOfTheWorld) {
  copy("Asia/Tokyo", "Asia/Tokyo");
  copy("Asia/Tokyo", "posix/Asia/Tokyo");
  copy("Asia/Tokyo", "right/Asia/Tokyo");
  copy("Asia/Tokyo", "localtime");
  copy("Asia/Tokyo", "posixrules");
  copy("Asia/Tokyo", ".hidden/Tokyo");
  const base::Result<LoadedZones> loaded = load_zones(root.string());
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->data->zones.size(), 1U);
}

TEST_F(ZoneFiles, TG12ABrokenFileIsNamedAndTheOthersAreRead) {
  copy("Asia/Tokyo", "Asia/Tokyo");
  write("Asia/Broken", "TZif2");
  const base::Result<LoadedZones> loaded = load_zones(root.string());
  ASSERT_TRUE(loaded.ok());
  EXPECT_THAT(loaded->problems,
              ElementsAre(HasSubstr("/Asia/Broken: TZif file, byte 0: the file ends inside a")));
  EXPECT_EQ(core::find_zone(loaded->data, "Asia/Broken"), nullptr);
  EXPECT_NE(core::find_zone(loaded->data, "Asia/Tokyo"), nullptr);
}

TEST_F(ZoneFiles, TG12SaysWhatIsWrongWithADirectory) {
  EXPECT_THAT(problem(), HasSubstr("no TZif file is there"));
  fs::remove_all(root);
  EXPECT_EQ(problem(), "read time zones of " + root.string() + ": No such file or directory");
}

// The C library's offset from UTC; its clock must have been set to a zone before.
int32_t libc_offset_s(int64_t unix_s) {
  const auto time = static_cast<std::time_t>(unix_s);
  std::tm local{};
  localtime_r(&time, &local);
  return static_cast<int32_t>(local.tm_gmtoff);
}

// A sample about every 11 days, and both sides of each of our changes, from 1970 to 2110.
void compare_with_libc(const std::string& directory,
                       const std::string& name,
                       const core::TimeZone& zone) {
  constexpr int64_t kEnd = 4'417'977'600;  // 2110-01-01
  constexpr int64_t kStep = 950'400;
  setenv("TZ", (":" + directory + "/" + name).c_str(), 1);
  tzset();
  for (int64_t time = 0; time < kEnd; time += kStep) {
    ASSERT_EQ(zone.span_at(time).offset_s, libc_offset_s(time)) << name << " " << time;
  }
  for (core::OffsetSpan span = zone.span_at(0); span.end_s < kEnd;
       span = zone.span_at(span.end_s)) {
    ASSERT_EQ(span.offset_s, libc_offset_s(span.end_s - 1)) << name << " " << span.end_s - 1;
    ASSERT_EQ(zone.span_at(span.end_s).offset_s, libc_offset_s(span.end_s))
        << name << " " << span.end_s;
  }
}

void compare_all_with_libc(const std::string& directory, size_t at_least) {
  const base::Result<LoadedZones> loaded = load_zones(directory);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_THAT(loaded->problems, IsEmpty());
  EXPECT_GE(loaded->data->zones.size(), at_least);
  for (const auto& [name, zone] : loaded->data->zones) {
    compare_with_libc(directory, name, *zone);
    if (testing::Test::HasFatalFailure()) break;
  }
  unsetenv("TZ");
  tzset();
}

TEST_F(ZoneFiles, TG12AgreesWithTheCLibraryOnEveryZoneOfTheMachine) {
  compare_all_with_libc(kZoneDirectory, 400);
}

TEST_F(ZoneFiles, TG12AgreesWithTheCLibraryOnFilesThatRelyOnTheirRule) {
  compare_all_with_libc(recorded(), 12);
}

}  // namespace
}  // namespace kaizen::app
