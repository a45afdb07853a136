#include "app/model_folder.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app_test_support.h"
#include "load/listing.h"
#include "load/outcome.h"

namespace kaizen::app {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const std::string kEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::string content_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

void expect_ok(const load::Outcome<base::Unit>& done) {
  EXPECT_TRUE(done.ok()) << done.error().message;
}

void put(ModelFolder& folder, const std::string& path, const std::string& content) {
  expect_ok(folder.create(path));
  expect_ok(folder.append(content));
  expect_ok(folder.close());
}

std::vector<load::FileDigest> present(ModelFolder& folder) {
  auto files = folder.present();
  EXPECT_TRUE(files.ok());
  if (!files.ok()) return {};
  std::ranges::sort(*files, {}, &load::FileDigest::path);
  return *files;
}

class ModelFolderTest : public ::testing::Test {
 protected:
  TemporaryFolder place_;
  const fs::path path_ = place_.path() / "model";
  const fs::path partial_ = place_.path() / "model.partial";
};

TEST_F(ModelFolderTest, MD8AModelAppearsWholeOrNotAtAll) {
  ModelFolder folder(path_.string() + "/");
  expect_ok(folder.begin());
  put(folder, "1/weights.bin", "abc");
  put(folder, "config.json", "");
  EXPECT_FALSE(fs::exists(path_));

  expect_ok(folder.publish());

  EXPECT_FALSE(fs::exists(partial_));
  EXPECT_EQ(content_of(path_ / "1" / "weights.bin"), "abc");
  EXPECT_EQ(present(folder), (std::vector<load::FileDigest>{{"1/weights.bin", 3, kAbc},
                                                            {"config.json", 0, kEmpty}}));
}

TEST_F(ModelFolderTest, MD8WhatIsNotPublishedGoes) {
  {
    ModelFolder folder(path_);
    expect_ok(folder.begin());
    expect_ok(folder.create("half"));
    expect_ok(folder.append("ab"));
    EXPECT_TRUE(fs::exists(partial_ / "half"));
  }

  EXPECT_TRUE(fs::is_empty(place_.path()));
}

// Of a process that was killed.
TEST_F(ModelFolderTest, MD8WhatAnInterruptedLoadLeftIsGone) {
  fs::create_directories(partial_ / "deep");
  std::ofstream(partial_ / "deep" / "half") << "ab";
  ModelFolder folder(path_);

  expect_ok(folder.begin());

  EXPECT_TRUE(fs::is_empty(partial_));
}

TEST_F(ModelFolderTest, MD8AnOldModelIsReplacedInOneStep) {
  fs::create_directories(path_);
  std::ofstream(path_ / "old") << "old";
  {
    ModelFolder folder(path_);
    expect_ok(folder.begin());
    put(folder, "new", "abc");
    EXPECT_EQ(content_of(path_ / "old"), "old");
    expect_ok(folder.publish());
  }

  EXPECT_EQ(content_of(path_ / "new"), "abc");
  EXPECT_FALSE(fs::exists(path_ / "old"));
  EXPECT_FALSE(fs::exists(partial_));
}

TEST_F(ModelFolderTest, AFileThatBeginsAnewIsEmpty) {
  ModelFolder folder(path_);
  expect_ok(folder.begin());
  expect_ok(folder.create("m"));
  expect_ok(folder.append("abcdef"));
  expect_ok(folder.clear());
  expect_ok(folder.append("abc"));
  expect_ok(folder.close());
  expect_ok(folder.publish());

  EXPECT_EQ(content_of(path_ / "m"), "abc");
}

// Another user serves it.
TEST_F(ModelFolderTest, EveryoneMayReadWhateverTheUmask) {
  const mode_t before = ::umask(077);
  ModelFolder folder(path_);
  expect_ok(folder.begin());
  put(folder, "a/b", "abc");
  expect_ok(folder.publish());
  ::umask(before);

  struct stat status{};
  for (const auto& [path, mode] :
       {std::pair{path_, 0755}, {path_ / "a", 0755}, {path_ / "a" / "b", 0644}}) {
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, static_cast<unsigned>(mode)) << path;
  }
}

TEST_F(ModelFolderTest, NothingThereIsNothing) {
  ModelFolder folder(path_);
  EXPECT_TRUE(present(folder).empty());
  std::ofstream(path_) << "a file";
  EXPECT_TRUE(present(folder).empty());
}

// No load makes links: what somebody else put there is not taken for a model.
TEST_F(ModelFolderTest, SEC45ALinkIsNoModel) {
  fs::create_directories(path_);
  std::ofstream(path_ / "real") << "abc";
  fs::create_symlink("/etc/passwd", path_ / "link");
  ModelFolder folder(path_);
  EXPECT_TRUE(present(folder).empty());

  fs::remove_all(path_);
  fs::create_directory_symlink("/etc", path_);
  EXPECT_TRUE(present(folder).empty());
}

TEST_F(ModelFolderTest, AFailureNamesThePlaceAndTheReason) {
  ModelFolder folder((place_.path() / "missing" / "model").string());

  const load::Outcome<base::Unit> begun = folder.begin();

  ASSERT_FALSE(begun.ok());
  EXPECT_EQ(begun.error().status, load::ExitStatus::kCannotCreate);
  EXPECT_THAT(begun.error().message,
              AllOf(HasSubstr("missing/model.partial"), HasSubstr("No such file or directory")));
}

TEST_F(ModelFolderTest, AFullDiskSaysWhatToDo) {
  ASSERT_TRUE(fs::exists("/dev/full"));
  ModelFolder folder(path_);
  expect_ok(folder.begin());
  expect_ok(folder.create("m"));
  // The open file becomes one on a disk that is full.
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (fs::read_symlink(entry, gone) == partial_ / "m") {
      ::dup2(full, std::stoi(entry.path().filename().string()));
    }
  }
  ::close(full);

  const load::Outcome<base::Unit> written = folder.append("abc");

  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().status, load::ExitStatus::kCannotCreate);
  EXPECT_THAT(written.error().message, HasSubstr("give the volume more room"));
}

}  // namespace
}  // namespace kaizen::app
