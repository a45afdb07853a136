#include "load/access.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load/model_uri.h"
#include "load/outcome.h"

namespace kaizen::load {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Variables = std::map<std::string, std::string, std::less<>>;

Outcome<Access> access(const std::string& uri, const Variables& variables) {
  return read_access(*parse_model_uri(uri),
                     [&variables](std::string_view name) -> std::optional<std::string> {
                       const auto found = variables.find(name);
                       if (found == variables.end()) return std::nullopt;
                       return found->second;
                     });
}

Access access_of(const std::string& uri, const Variables& variables) {
  const Outcome<Access> read = access(uri, variables);
  EXPECT_TRUE(read.ok()) << read.error().message;
  return read.ok() ? *read : Access{};
}

std::string error_of(const std::string& uri, const Variables& variables) {
  const Outcome<Access> read = access(uri, variables);
  if (read.ok()) return "accepted";
  EXPECT_EQ(read.error().status, ExitStatus::kConfiguration);
  return read.error().message;
}

TEST(Access, TheVariablesOfCommonToolsAreRead) {
  const Access read = access_of("s3://models/m", {{"AWS_ENDPOINT_URL", "https://S3.example:9000"},
                                                  {"AWS_REGION", "eu-central-1"},
                                                  {"AWS_ACCESS_KEY_ID", "id"},
                                                  {"AWS_SECRET_ACCESS_KEY", "secret\n"},
                                                  {"AWS_SESSION_TOKEN", "token"}});
  EXPECT_EQ(read.origin, "https://S3.example:9000");
  EXPECT_EQ(read.authority, "s3.example:9000");
  EXPECT_EQ(read.region, "eu-central-1");
  EXPECT_EQ(read.key, (AccessKey{"id", "secret", "token"}));
}

TEST(Access, DefaultsAreAmazons) {
  EXPECT_EQ(access_of("s3://models/m", {}).origin, "https://s3.us-east-1.amazonaws.com");
  EXPECT_EQ(access_of("s3://models/m", {{"AWS_DEFAULT_REGION", "eu-west-1"}}).origin,
            "https://s3.eu-west-1.amazonaws.com");
  EXPECT_EQ(access_of("s3://models/m", {}).key, AccessKey{});
}

TEST(Access, TheEndpointOfS3WinsOverThatOfAll) {
  EXPECT_EQ(access_of("s3://models/m",
                      {{"AWS_ENDPOINT_URL", "https://all"}, {"AWS_ENDPOINT_URL_S3", "https://s3/"}})
                .origin,
            "https://s3");
}

// What the transport writes into Host, and what is therefore signed.
TEST(Access, TheAuthorityHasNoDefaultPort) {
  const auto authority = [](const std::string& endpoint) {
    return access_of("s3://models/m", {{"AWS_ENDPOINT_URL", endpoint}}).authority;
  };
  EXPECT_EQ(authority("https://h:443"), "h");
  EXPECT_EQ(authority("https://h:80"), "h:80");
  EXPECT_EQ(authority("http://h:80"), "h");
  EXPECT_EQ(authority("http://h:443"), "h:443");
}

TEST(Access, HalfAKeyIsNoKey) {
  EXPECT_THAT(error_of("s3://models/m", {{"AWS_ACCESS_KEY_ID", "id"}}),
              HasSubstr("AWS_SECRET_ACCESS_KEY is missing"));
  EXPECT_THAT(error_of("s3://models/m", {{"AWS_SECRET_ACCESS_KEY", "hush"}}),
              HasSubstr("AWS_ACCESS_KEY_ID is missing"));
  EXPECT_THAT(error_of("s3://models/m", {{"AWS_SECRET_ACCESS_KEY", "hush"}}),
              Not(HasSubstr("hush")));
}

TEST(Access, AnotherWayToAKeyIsNotSilentlyNone) {
  EXPECT_THAT(error_of("s3://models/m", {{"AWS_WEB_IDENTITY_TOKEN_FILE", "/token"}}),
              HasSubstr("spec.model.loader.credentials"));
  EXPECT_TRUE(access("s3://models/m", {{"AWS_WEB_IDENTITY_TOKEN_FILE", "/token"},
                                       {"AWS_ACCESS_KEY_ID", "id"},
                                       {"AWS_SECRET_ACCESS_KEY", "secret"}})
                  .ok());
}

TEST(Access, SEC25AnEndpointIsAServerAndNothingElse) {
  for (const char* endpoint : {"s3.example", "ftp://h", "https://", "https://h/path",
                               "https://ann:hush@h", "https://h?x=hush"}) {
    const std::string message = error_of("s3://models/m", {{"AWS_ENDPOINT_URL", endpoint}});
    EXPECT_THAT(message, HasSubstr("AWS_ENDPOINT_URL: it ")) << endpoint;
    EXPECT_THAT(message, Not(HasSubstr("hush")));
  }
}

TEST(Access, SEC17ATokenIsForHttpsOnly) {
  const Variables variables = {{"HTTP_BEARER_TOKEN", "hush\n"}, {"AWS_ACCESS_KEY_ID", "id"}};
  const Access read = access_of("https://h:8443/m", variables);
  EXPECT_EQ(read.origin, "https://h:8443");
  EXPECT_EQ(read.token, "hush");
  EXPECT_EQ(read.key, AccessKey{});
  EXPECT_THAT(error_of("http://h/m", variables), HasSubstr("is not https"));
  EXPECT_THAT(error_of("http://h/m", variables), Not(HasSubstr("hush")));
}

}  // namespace
}  // namespace kaizen::load
