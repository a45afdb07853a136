#include "load/s3.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/result.h"

namespace kaizen::load {
namespace {

using ::testing::HasSubstr;

std::string error_of(const std::string& body) {
  const base::Result<S3Page> page = parse_page(body);
  if (page.ok()) return "accepted";
  EXPECT_EQ(page.error().code, base::Code::kRejected);
  return page.error().message;
}

std::string listing(const std::string& inside) {
  return R"(<?xml version="1.0" encoding="UTF-8"?>)"
         "\n"
         R"(<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">)" +
         inside + "</ListBucketResult>";
}

TEST(S3, RequestsArePathStyleAndPercentEncoded) {
  EXPECT_EQ(object_request("models", "a b/ü+c.onnx").target, "/models/a%20b/%C3%BC%2Bc.onnx");
  EXPECT_EQ(list_request("models", "fraud/42/", "").target,
            "/models?list-type=2&max-keys=1000&prefix=fraud%2F42%2F");
  EXPECT_EQ(list_request("models", "", "1/a=").target,
            "/models?continuation-token=1%2Fa%3D&list-type=2&max-keys=1000&prefix=");
}

TEST(S3, APageHasKeysAndSizes) {
  const base::Result<S3Page> page = parse_page(listing(
      "<Name>models</Name><Prefix>f/</Prefix><KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys>"
      "<IsTruncated>false</IsTruncated>"
      "<Contents><Key>f/a &amp; b.txt</Key><LastModified>2026-07-14T03:00:00.000Z</LastModified>"
      "<ETag>&quot;abc&quot;</ETag><Size>3</Size><StorageClass>STANDARD</StorageClass></Contents>"
      "<Contents><Key>f/&#233;</Key><Size>5000000000</Size></Contents>"));

  ASSERT_TRUE(page.ok()) << page.error().message;
  EXPECT_EQ(page->objects, (std::vector<S3Object>{{"f/a & b.txt", 3}, {"f/é", 5'000'000'000}}));
  EXPECT_EQ(page->next, "");
}

TEST(S3, ACutPageNamesTheNext) {
  const base::Result<S3Page> page = parse_page(listing(
      "<IsTruncated>true</IsTruncated><NextContinuationToken>1/x=</NextContinuationToken>"));
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->next, "1/x=");
}

// Blanks belong to a key.
TEST(S3, AKeyKeepsItsBlanks) {
  const base::Result<S3Page> page =
      parse_page(listing("<Contents><Key> a  b </Key><Size>1</Size></Contents>"));
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->objects.front().key, " a  b ");
}

TEST(S3, WhatIsNoListingIsAnError) {
  EXPECT_THAT(error_of(""), HasSubstr("it is not XML"));
  EXPECT_THAT(error_of("<html><body>login</body>"), HasSubstr("it is not XML"));
  EXPECT_THAT(error_of("{\"a\": 1}"), HasSubstr("no"));
  EXPECT_THAT(error_of("<Error><Code>X</Code></Error>"), HasSubstr("it is no ListBucketResult"));
  EXPECT_THAT(error_of(listing("<Contents><Key>a</Key>")), HasSubstr("it is not XML"));
  EXPECT_THAT(error_of(listing("<Contents><Size>1</Size></Contents>")), HasSubstr("has no Key"));
  EXPECT_THAT(error_of(listing("<Contents><Key>a</Key></Contents>")),
              HasSubstr("object \"a\" has no Size"));
  for (const char* size : {"-1", "1e3", "99999999999999999999", "", "0x10"}) {
    EXPECT_THAT(error_of(listing("<Contents><Key>a</Key><Size>" + std::string(size) +
                                 "</Size></Contents>")),
                HasSubstr("has no Size, or one that is no number"))
        << size;
  }
  EXPECT_THAT(error_of(listing("<IsTruncated>true</IsTruncated>")),
              HasSubstr("has no NextContinuationToken"));
}

// SEC-40: neither depth nor entities of a foreign document cost a stack or memory.
TEST(S3, SEC40HostileDocumentsEnd) {
  std::string deep;
  for (int i = 0; i < 200'000; ++i) deep += "<a>";
  EXPECT_NE(error_of(deep), "accepted");
  std::string closed = deep;
  for (int i = 0; i < 200'000; ++i) closed += "</a>";
  EXPECT_NE(error_of(closed), "accepted");
  EXPECT_NE(error_of("<!DOCTYPE l [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]>" +
                     listing("<Contents><Key>&b;</Key></Contents>")),
            "accepted");
  const base::Result<S3Page> unexpanded =
      parse_page("<!DOCTYPE l [<!ENTITY f SYSTEM \"file:///etc/passwd\">]>" +
                 listing("<Contents><Key>&f;</Key><Size>1</Size></Contents>"));
  ASSERT_TRUE(unexpanded.ok());
  EXPECT_EQ(unexpanded->objects.front().key, "&f;");
}

TEST(S3, SEC18AnErrorIsShortAndPrintable) {
  EXPECT_EQ(parse_error("<Error><Code>AccessDenied</Code><Message>Access Denied.</Message>"
                        "<RequestId>1</RequestId></Error>"),
            "AccessDenied: Access Denied.");
  EXPECT_EQ(parse_error("<Error><Code>NoSuchKey</Code></Error>"), "NoSuchKey");
  EXPECT_EQ(parse_error("<Error><Code>A&#10;B&#27;[31m</Code></Error>"), "A B [31m");
  EXPECT_LE(parse_error("<Error><Code>" + std::string(5000, 'x') + "</Code></Error>").size(), 200U);
  EXPECT_EQ(parse_error("<html>nothing</html>"), "");
  EXPECT_EQ(parse_error("not found"), "");
}

}  // namespace
}  // namespace kaizen::load
