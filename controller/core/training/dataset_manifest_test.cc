// Manifests of data sets: a good one is read, everything else is refused by name.
#include "core/training/dataset_manifest.h"

#include <optional>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "base/time.h"

namespace kaizen::core {
namespace {

using testing::HasSubstr;

const std::string kDigest = "sha256:" + std::string(64, '1');

std::string manifest(std::string_view members) {
  return base::concat({R"({"schema":"kaizen.dataset/v1")", members, "}"});
}

std::string trouble(std::string_view json) {
  const auto version = read_dataset_manifest(json);
  return version.ok() ? "none" : version.error().message;
}

TEST(DatasetManifest, RS30TheExampleIsRead) {
  const auto version = read_dataset_manifest(
      manifest(base::concat({R"(,"version":"v118","uri":"s3://data/v118/","digest":")", kDigest,
                             R"(","rows":56400,"createdAt":"2026-03-09T03:50:00Z")"})));

  ASSERT_TRUE(version.ok()) << version.error().message;
  EXPECT_EQ(*version, (DatasetVersion{.version = "v118",
                                      .uri = "s3://data/v118/",
                                      .digest = kDigest,
                                      .rows = 56400,
                                      .created_at = base::parse_time("2026-03-09T03:50:00Z")}));
}

TEST(DatasetManifest, RS30VersionAndUriAreEnough) {
  const auto version = read_dataset_manifest(manifest(R"(,"version":"7","uri":"s3://data/7/")"));

  ASSERT_TRUE(version.ok()) << version.error().message;
  EXPECT_EQ(version->digest, "");
  EXPECT_EQ(version->rows, std::nullopt);
}

TEST(DatasetManifest, RS30WhatIsMissingOrWrongIsNamed) {
  EXPECT_THAT(trouble(manifest(R"(,"uri":"s3://d/7/")")), HasSubstr("version: is missing"));
  EXPECT_THAT(trouble(manifest(R"(,"version":"","uri":"s3://d/7/")")),
              HasSubstr("version: is empty"));
  EXPECT_THAT(trouble(manifest(R"(,"version":"7")")), HasSubstr("uri: is missing"));
  EXPECT_THAT(trouble(manifest(R"(,"version":"7","uri":"/data/7")")), HasSubstr("uri: "));
  EXPECT_THAT(trouble(manifest(R"(,"version":"7","uri":"s3://d/7/","digest":"sha256:12")")),
              HasSubstr("digest: "));
  EXPECT_THAT(trouble(manifest(R"(,"version":"7","uri":"s3://d/7/","rows":-1)")),
              HasSubstr("rows: "));
  EXPECT_THAT(trouble(manifest(R"(,"version":"7","uri":"s3://d/7/","createdAt":"yesterday")")),
              HasSubstr("createdAt: "));
  EXPECT_THAT(trouble(R"({"schema":"kaizen.dataset/v2","version":"7","uri":"s3://d/7/"})"),
              HasSubstr("schema: "));
  EXPECT_THAT(trouble("[]"), HasSubstr("not an object"));
}

TEST(DatasetManifest, RS40AMistypedKeyIsRefused) {
  EXPECT_THAT(trouble(manifest(R"(,"version":"7","uri":"s3://d/7/","digset":"x")")),
              HasSubstr("digset: is not known"));
}

TEST(DatasetManifest, RS30MoreThan64KiBIsRefused) {
  const std::string padding(kMaxManifestBytes, ' ');

  EXPECT_THAT(trouble(base::concat({manifest(R"(,"version":"7","uri":"s3://d/7/")"), padding})),
              HasSubstr("at most 65536"));
}

TEST(DatasetManifest, RS41AVersionHasNoControlCharacters) {
  const auto version =
      read_dataset_manifest(manifest(R"(,"version":"v\u001b[31m1","uri":"s3://d/7/")"));

  ASSERT_TRUE(version.ok());
  EXPECT_EQ(version->version, "v[31m1");
}

}  // namespace
}  // namespace kaizen::core
