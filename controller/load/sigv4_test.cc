#include "load/sigv4.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "base/http.h"
#include "base/time.h"

namespace kaizen::load {
namespace {

constexpr std::string_view kEmptyHash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::string signature_of(std::string_view authorization) {
  constexpr std::string_view kName = "Signature=";
  return std::string(authorization.substr(authorization.find(kName) + kName.size()));
}

base::Time time_of(std::string_view text) {
  return *base::parse_time(text);
}

// Amazon's Signature Version 4 test suite: the cases of that name, without a body.
struct SuiteCase {
  std::string name;
  std::string target;
  std::vector<base::Header> headers;
  std::string signature;
};

class SigV4Suite : public ::testing::TestWithParam<SuiteCase> {};

TEST_P(SigV4Suite, SignsAsTheSuiteSays) {
  base::HttpRequest request;
  request.target = GetParam().target;
  request.headers = {{"Host", "example.amazonaws.com"}};
  for (const base::Header& header : GetParam().headers) request.headers.push_back(header);
  request.headers.push_back({"X-Amz-Date", "20150830T123600Z"});

  const std::string value = authorization(
      request, kEmptyHash, {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""},
      {"us-east-1", "service"}, time_of("2015-08-30T12:36:00Z"));

  EXPECT_EQ(signature_of(value), GetParam().signature);
}

INSTANTIATE_TEST_SUITE_P(
    Aws,
    SigV4Suite,
    ::testing::Values(SuiteCase{"get-vanilla",
                                "/",
                                {},
                                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
                      SuiteCase{"get-vanilla-query-order-key-case",
                                "/?Param2=value2&Param1=value1",
                                {},
                                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
                      SuiteCase{
                          "get-header-value-trim",
                          "/",
                          {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}},
                          "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"}));

// The examples of "Signature Calculations for the Authorization Header" in the Amazon S3 API
// reference.
const AccessKey kS3Key{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""};

base::HttpRequest signed_s3(std::string target, std::vector<base::Header> headers = {}) {
  base::HttpRequest request;
  request.target = std::move(target);
  request.headers = std::move(headers);
  sign(request, "examplebucket.s3.amazonaws.com", kS3Key, {"us-east-1", "s3"},
       time_of("2013-05-24T00:00:00Z"));
  return request;
}

TEST(SigV4, SignsAPartOfAnObjectAsAmazonsExample) {
  const base::HttpRequest request = signed_s3("/test.txt", {{"Range", "bytes=0-9"}});

  EXPECT_EQ(base::find_header(request.headers, "X-Amz-Date"), "20130524T000000Z");
  EXPECT_EQ(base::find_header(request.headers, "X-Amz-Content-Sha256"), kEmptyHash);
  EXPECT_EQ(base::find_header(request.headers, "Authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  // The transport writes Host itself.
  EXPECT_FALSE(base::find_header(request.headers, "Host").has_value());
}

TEST(SigV4, SignsAListingAsAmazonsExample) {
  const base::HttpRequest request = signed_s3("/?max-keys=2&prefix=J");

  EXPECT_EQ(signature_of(*base::find_header(request.headers, "Authorization")),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(SigV4, SignsAParameterWithoutAValueAsAmazonsExample) {
  const base::HttpRequest request = signed_s3("/?lifecycle");

  EXPECT_EQ(signature_of(*base::find_header(request.headers, "Authorization")),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

TEST(SigV4, ASessionTokenIsSentAndSigned) {
  base::HttpRequest request;
  AccessKey key = kS3Key;
  key.session_token = "session";

  sign(request, "h", key, {"us-east-1", "s3"}, time_of("2013-05-24T00:00:00Z"));

  EXPECT_EQ(base::find_header(request.headers, "X-Amz-Security-Token"), "session");
  EXPECT_NE(base::find_header(request.headers, "Authorization")
                ->find("SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,"),
            std::string::npos);
}

TEST(SigV4, WithoutAKeyARequestIsAnonymous) {
  base::HttpRequest request;

  sign(request, "h", {}, {"us-east-1", "s3"}, time_of("2013-05-24T00:00:00Z"));

  EXPECT_TRUE(request.headers.empty());
}

// SEC-24: what is sent holds a proof of the secret, never the secret.
TEST(SigV4, TheSecretIsNotSent) {
  const base::HttpRequest request = signed_s3("/test.txt");

  for (const base::Header& header : request.headers) {
    EXPECT_EQ(header.value.find(kS3Key.secret), std::string::npos) << header.name;
  }
}

}  // namespace
}  // namespace kaizen::load
