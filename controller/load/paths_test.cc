#include "load/paths.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/result.h"

namespace kaizen::load {
namespace {

std::string error_of(const std::string& path) {
  const base::Result<base::Unit> checked = check_path(path);
  return checked.ok() ? "" : checked.error().message;
}

std::string error_of_all(std::vector<std::string> paths) {
  const base::Result<base::Unit> checked = check_paths(paths);
  return checked.ok() ? "" : checked.error().message;
}

TEST(Paths, NamesAndFoldersMayBeMade) {
  for (const char* path : {"model.onnx", "1/model.savedmodel/variables.data-00000-of-00001", "...",
                           ".config", "a b+c&d=é.txt", "-rf", "a\\b"}) {
    EXPECT_EQ(error_of(path), "");
  }
}

TEST(Paths, SEC45NoPathLeavesTheFolder) {
  const std::string leaves = " leaves its folder: it holds . or ..";
  EXPECT_EQ(error_of("../x"), "path \"../x\"" + leaves);
  EXPECT_EQ(error_of("a/../../x"), "path \"a/../../x\"" + leaves);
  EXPECT_EQ(error_of("a/.."), "path \"a/..\"" + leaves);
  EXPECT_EQ(error_of("./a"), "path \"./a\"" + leaves);
  const std::string empty = " holds an empty name (a slash at an end, or two in a row)";
  EXPECT_EQ(error_of("/etc/passwd"), "path \"/etc/passwd\"" + empty);
  EXPECT_EQ(error_of("a//b"), "path \"a//b\"" + empty);
  EXPECT_EQ(error_of("a/"), "path \"a/\"" + empty);
  EXPECT_EQ(error_of(""), "path \"\"" + empty);
}

// A line break would be another line of the listing, and a NUL the end of the name.
TEST(Paths, TP41ControlCharactersBreakNoListing) {
  EXPECT_EQ(error_of("a\nb"), "path \"a\\nb\" holds a control character");
  EXPECT_EQ(error_of(std::string("a\0b", 3)), "path \"a\\u0000b\" holds a control character");
  EXPECT_EQ(error_of("a\x7f"), "path \"a\\u007f\" holds a control character");
  EXPECT_EQ(error_of("a\xff"), "path \"a\xEF\xBF\xBD\" is not UTF-8");
}

TEST(Paths, NamesAndPathsAreBounded) {
  EXPECT_EQ(error_of(std::string(255, 'n')), "");
  EXPECT_NE(error_of(std::string(256, 'n')).find("holds a name of more than 255 bytes"),
            std::string::npos);
  std::string deep = "0";
  while (deep.size() < 1023) deep += "/a";
  EXPECT_EQ(error_of(deep.substr(0, 1023)), "");
  EXPECT_NE(error_of(deep + "/a/a").find("has more than 1024 bytes"), std::string::npos);
}

TEST(Paths, APathIsNotAFileAndAFolder) {
  EXPECT_EQ(error_of_all({"a/b", "a.c", "a"}),
            "path \"a\" is a file and the folder of another file");
  EXPECT_EQ(error_of_all({"x/y/z", "x/y"}),
            "path \"x/y\" is a file and the folder of another file");
  EXPECT_EQ(error_of_all({"a", "b", "a"}), "path \"a\" is there twice");
  EXPECT_EQ(error_of_all({"a/b", "a.c", "ab", "a/b.c/d"}), "");
}

TEST(Paths, ListsAreSortedBytewise) {
  std::vector<std::string> paths = {"b", "a/b", "a.b", "B"};
  ASSERT_TRUE(check_paths(paths).ok());
  EXPECT_EQ(paths, (std::vector<std::string>{"B", "a.b", "a/b", "b"}));
}

}  // namespace
}  // namespace kaizen::load
