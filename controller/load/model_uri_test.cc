#include "load/model_uri.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/result.h"

namespace kaizen::load {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ModelUri parsed(const std::string& text) {
  const base::Result<ModelUri> uri = parse_model_uri(text);
  EXPECT_TRUE(uri.ok()) << uri.error().message;
  return uri.ok() ? *uri : ModelUri{};
}

std::string error_of(const std::string& text) {
  const base::Result<ModelUri> uri = parse_model_uri(text);
  if (uri.ok()) return "accepted";
  EXPECT_EQ(uri.error().action, base::Action::kTerminal);
  return uri.error().message;
}

TEST(ModelUri, AnObjectOfABucket) {
  const ModelUri uri = parsed("s3://models/fraud/42/model.onnx");
  EXPECT_EQ(uri.scheme, Scheme::kS3);
  EXPECT_EQ(uri.bucket, "models");
  EXPECT_EQ(uri.key, "fraud/42/model.onnx");
  EXPECT_EQ(uri.file_name, "model.onnx");
  EXPECT_EQ(uri.shown, "s3://models/fraud/42/model.onnx");
}

TEST(ModelUri, AFolderOfABucketAndAWholeBucket) {
  EXPECT_EQ(parsed("s3://models/fraud/42/").key, "fraud/42/");
  EXPECT_EQ(parsed("s3://models/").key, "");
  EXPECT_EQ(parsed("s3://models").key, "");
}

// Keys are text, not URLs: nothing in them is decoded.
TEST(ModelUri, AKeyIsTakenAsItIsWritten) {
  EXPECT_EQ(parsed("s3://models/a%20b +é?v=1#x").key, "a%20b +é?v=1#x");
}

TEST(ModelUri, AFileOfAWebServer) {
  const ModelUri uri = parsed("https://models.example.com:8443/a/m%20v2.onnx?sig=abc");
  EXPECT_EQ(uri.scheme, Scheme::kHttps);
  EXPECT_EQ(uri.origin, "https://models.example.com:8443");
  EXPECT_EQ(uri.target, "/a/m%20v2.onnx?sig=abc");
  EXPECT_EQ(uri.file_name, "m v2.onnx");
  EXPECT_EQ(parsed("http://h/m").scheme, Scheme::kHttp);
}

TEST(ModelUri, SEC25AMessageNeverShowsAQueryOrAPassword) {
  EXPECT_EQ(parsed("https://h/m?X-Amz-Signature=secret").shown, "https://h/m");
  EXPECT_THAT(error_of("https://ann:secret@h/m"), Not(HasSubstr("secret")));
  EXPECT_THAT(error_of("https://ann:secret@h/m"), HasSubstr("credentials belong into a Secret"));
  EXPECT_THAT(error_of("https://h/?token=secret"), Not(HasSubstr("secret")));
  EXPECT_THAT(error_of("https://h/m?a=secret#b"), Not(HasSubstr("secret")));
  EXPECT_THAT(error_of("ftp://ann:secret@h/m"), Not(HasSubstr("secret")));
}

TEST(ModelUri, SEC45NoUriLeavesTheFolder) {
  EXPECT_THAT(error_of("s3://models/a/../b"), HasSubstr("holds . or .."));
  EXPECT_THAT(error_of("s3://models//a"), HasSubstr("an empty name"));
  EXPECT_THAT(error_of("s3://models/a\nb"), HasSubstr("control character"));
  EXPECT_THAT(error_of("https://h/a/.."), HasSubstr("cannot be the name of a file"));
  EXPECT_THAT(error_of("https://h/a/%2e%2e"), HasSubstr("cannot be the name of a file"));
  EXPECT_THAT(error_of("https://h/a%2Fb"), HasSubstr("cannot be the name of a file"));
  EXPECT_THAT(error_of("https://h/a%00"), HasSubstr("cannot be the name of a file"));
}

TEST(ModelUri, WhatNamesNoFileSaysWhatToDo) {
  EXPECT_THAT(error_of("https://h"), HasSubstr("for a folder use s3://"));
  EXPECT_THAT(error_of("https://h/a/"), HasSubstr("for a folder use s3://"));
  EXPECT_THAT(error_of("https://h/a%zz"), HasSubstr("does not end with the name of a file"));
  EXPECT_THAT(error_of("https://h/a%2"), HasSubstr("does not end with the name of a file"));
  EXPECT_THAT(error_of("https:///m"), HasSubstr("names no host"));
  EXPECT_THAT(error_of("https://h/m#part"), HasSubstr("fragment"));
  EXPECT_THAT(error_of("oci://h/m:1"), HasSubstr("spec.model.loader.type None"));
  EXPECT_THAT(error_of(""), HasSubstr("reads s3://, https:// and http://"));
}

TEST(ModelUri, ABucketIsABucket) {
  for (const char* text : {"s3://", "s3:///key", "s3://ab/key", "s3://Models/key", "s3://a..b/key",
                           "s3://-ab/key", "s3://a_b_c/key", "s3://mod@els/key"}) {
    EXPECT_THAT(error_of(text), HasSubstr("the bucket's name is not")) << text;
  }
}

}  // namespace
}  // namespace kaizen::load
