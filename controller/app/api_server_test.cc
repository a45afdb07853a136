#include "app/api_server.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/version.h"

namespace kaizen::app {
namespace {

using testing::HasSubstr;

Environment environment(std::map<std::string, std::string> values) {
  return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
    const auto found = values.find(std::string(name));
    if (found == values.end()) return std::nullopt;
    return found->second;
  };
}

const std::map<std::string, std::string> kPod = {{"KUBERNETES_SERVICE_HOST", "10.96.0.1"},
                                                 {"KUBERNETES_SERVICE_PORT", "443"}};

std::string problem_of(const ApiServerFlags& flags, const Environment& env = environment({})) {
  const base::Result<net::Endpoint> found = find_api_server(flags, env);
  EXPECT_FALSE(found.ok());
  return found.ok() ? "" : found.error().message;
}

TEST(ApiServer, RT17InAPodTheServiceAccountIsUsed) {
  const base::Result<net::Endpoint> found = find_api_server({}, environment(kPod));

  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_EQ(found->base_url, "https://10.96.0.1:443");
  EXPECT_EQ(found->token_file, "/var/run/secrets/kubernetes.io/serviceaccount/token");
  EXPECT_EQ(found->ca_file, "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt");
  EXPECT_EQ(found->proxy, "");
}

TEST(ApiServer, RT17AnIPv6HostIsBracketed) {
  const base::Result<net::Endpoint> found = find_api_server(
      {},
      environment({{"KUBERNETES_SERVICE_HOST", "fd00::1"}, {"KUBERNETES_SERVICE_PORT", "443"}}));

  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->base_url, "https://[fd00::1]:443");
}

TEST(ApiServer, RT17OutsideOfAPodTheFlagsAreNamed) {
  EXPECT_THAT(problem_of({}), HasSubstr("so this is no pod; name the server with --kubeconfig, or "
                                        "with --server, --token-file and --ca-file"));
  EXPECT_THAT(problem_of({}, environment({{"KUBERNETES_SERVICE_HOST", "h"},
                                          {"KUBERNETES_SERVICE_PORT", "https"}})),
              HasSubstr("KUBERNETES_SERVICE_PORT is `https`, a port is wanted"));
}

TEST(ApiServer, FlagsWinOverThePod) {
  const base::Result<net::Endpoint> found = find_api_server({.server = "https://127.0.0.1:6443/",
                                                             .token_file = "/t",
                                                             .ca_file = "/ca",
                                                             .kubeconfig = "",
                                                             .context = ""},
                                                            environment(kPod));

  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_EQ(found->base_url, "https://127.0.0.1:6443");
  EXPECT_EQ(found->token_file, "/t");
  EXPECT_EQ(found->ca_file, "/ca");
}

TEST(ApiServer, FlagsThatDoNotFitTogetherAreRefused) {
  ApiServerFlags flags;
  flags.token_file = "/t";
  EXPECT_THAT(problem_of(flags), HasSubstr("--token-file and --ca-file need --server"));
  flags.server = "https://h";
  flags.kubeconfig = "/k";
  EXPECT_THAT(problem_of(flags), HasSubstr("--kubeconfig excludes --server"));
  flags = {};
  flags.server = "https://h";
  EXPECT_THAT(problem_of(flags), HasSubstr("--server needs --token-file"));
  flags = {};
  flags.context = "c";
  EXPECT_THAT(problem_of(flags), HasSubstr("--context needs --kubeconfig"));
  flags = {};
  flags.kubeconfig = "/does/not/exist";
  EXPECT_EQ(problem_of(flags), "read /does/not/exist: No such file or directory");
}

TEST(ApiServer, NothingGoesInTheClear) {
  ApiServerFlags flags;
  flags.server = "http://10.0.0.1:8080";
  EXPECT_THAT(problem_of(flags), HasSubstr("is no https:// URL"));
  flags.server = "http://127.0.0.1:8001";
  flags.token_file = "/t";
  EXPECT_THAT(problem_of(flags), HasSubstr("would get the token unencrypted"));
  flags.token_file = "";
  EXPECT_TRUE(find_api_server(flags, environment({})).ok());
}

TEST(ApiServer, APathIsRefused) {
  ApiServerFlags flags;
  flags.server = "https://rancher/k8s/clusters/c1";
  flags.token_file = "/t";
  EXPECT_THAT(problem_of(flags), HasSubstr("has a path"));
}

TEST(ApiServer, RT11ProxyOfTheEnvironmentIsUsedUnlessExcluded) {
  std::map<std::string, std::string> values = kPod;
  values["HTTPS_PROXY"] = "http://proxy:3128";
  EXPECT_EQ(find_api_server({}, environment(values)).value().proxy, "http://proxy:3128");

  values["NO_PROXY"] = "10.96.0.0/12";
  EXPECT_EQ(find_api_server({}, environment(values)).value().proxy, "");

  values["HTTPS_PROXY"] = "socks5://proxy:1080";
  values["NO_PROXY"] = "";
  EXPECT_FALSE(find_api_server({}, environment(values)).ok());
}

TEST(ApiServer, RT15UserAgentNamesVersionAndPlatform) {
  EXPECT_THAT(user_agent(),
              testing::MatchesRegex("kaizen/[0-9.]+ \\(linux/(amd64|arm64)\\) [0-9a-z]+"));
}

}  // namespace
}  // namespace kaizen::app
