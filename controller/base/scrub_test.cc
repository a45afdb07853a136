#include "base/scrub.h"

#include <string>

#include <gtest/gtest.h>

namespace kaizen::base {
namespace {

TEST(Scrub, SEC25UserInfoOfAUrlIsHidden) {
  EXPECT_EQ(scrub("GET https://ann:s3cret@prometheus.example:9090/api: refused"),
            "GET https://***@prometheus.example:9090/api: refused");
  EXPECT_EQ(scrub("https://ann:p@ss@host/x"), "https://***@host/x");
  EXPECT_EQ(scrub("http://prometheus:9090/a@b"), "http://prometheus:9090/a@b");
  EXPECT_EQ(scrub("s3://models/fraud/42"), "s3://models/fraud/42");
}

TEST(Scrub, SEC25AuthorizationIsHidden) {
  EXPECT_EQ(scrub("invalid header Authorization: Bearer abc.DEF-123, sorry"),
            "invalid header Authorization: Bearer ***, sorry");
  EXPECT_EQ(scrub("basic dXNlcjpwYXNz"), "basic ***");
  EXPECT_EQ(scrub("Basic authentication is required"), "Basic authentication is required");
  EXPECT_EQ(scrub("a bearer token is required"), "a bearer token is required");
  EXPECT_EQ(scrub("Bearer"), "Bearer");
  EXPECT_EQ(scrub("Bearer  "), "Bearer  ");
}

TEST(Scrub, SEC25NamedValuesAreHidden) {
  EXPECT_EQ(scrub("/x?access_token=abc&time=1"), "/x?access_token=***&time=1");
  EXPECT_EQ(scrub("https://s3/x?X-Amz-Signature=0af&X-Amz-Date=1"),
            "https://s3/x?X-Amz-Signature=***&X-Amz-Date=1");
  EXPECT_EQ(scrub(R"({"password":"hunter2","user":"ann"})"), R"({"password":"***","user":"ann"})");
  EXPECT_EQ(scrub(R"({"clientSecret": "a b"})"), R"({"clientSecret": "***"})");
  EXPECT_EQ(scrub("DB_PASSWORD='x y'"), "DB_PASSWORD='***'");
  EXPECT_EQ(scrub("token="), "token=");
}

TEST(Scrub, SEC25AWebTokenIsHiddenWhereverItStands) {
  EXPECT_EQ(scrub("got eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2ln here"), "got *** here");
  EXPECT_EQ(scrub("eyJ"), "eyJ");
}

// What a message needs must survive.
TEST(Scrub, SEC26OrdinaryTextStays) {
  for (const char* text :
       {"", "token: unexpected end of input", "secret \"model-key\" not found",
        "invalid parameter \"query\": 1:5: parse error: unexpected right parenthesis ')'",
        "Back-off pulling image \"registry.example/model:2\"", "replicas=3, weight=50",
        "exceeded quota: compute, requested: cpu=2, used: cpu=8, limited: cpu=8",
        "Basis für alles: größer", "://", "a=", "=", ":", "\"\":\"\""}) {
    EXPECT_EQ(scrub(text), text);
  }
}

// Half a text is no reason to run past its end.
TEST(Scrub, F17EveryPrefixIsSafe) {
  const std::string text =
      "https://a:b@h/ Bearer x1 token=\"y\" \"secret\": \"z\" eyJhbGciOiJub25lIn0.eyJzdWIi";
  for (size_t i = 0; i <= text.size(); ++i) {
    EXPECT_LE(scrub(text.substr(0, i)).size(), i + 20);
  }
}

}  // namespace
}  // namespace kaizen::base
