#include "app/kubeconfig.h"

#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"

namespace kaizen::app {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// One cluster, user and context, with these lines in cluster and user.
std::string with(std::string_view cluster, std::string_view user) {
  std::string text =
      "apiVersion: v1\n"
      "kind: Config\n"
      "preferences: {}\n"
      "current-context: main\n"
      "contexts:\n"
      "  - name: main\n"
      "    context: {cluster: c, user: u, namespace: shop}\n"
      "clusters:\n"
      "  - name: c\n"
      "    cluster:\n";
  text += cluster;
  text += "users:\n  - name: u\n    user:\n";
  text += user;
  return text;
}

constexpr std::string_view kServer = "      server: https://10.0.0.1:6443\n";
constexpr std::string_view kToken = "      token: t0k\n";

std::string problem_of(std::string_view text, std::string_view context = "") {
  const base::Result<net::Endpoint> parsed = parse_kubeconfig(text, "dir/config", context);
  EXPECT_FALSE(parsed.ok()) << text;
  return parsed.ok() ? "" : parsed.error().message;
}

TEST(Kubeconfig, TokenAndInlineCa) {
  const base::Result<net::Endpoint> parsed = parse_kubeconfig(
      with(base::concat(
               {kServer,
                "      certificate-authority-data: Q0EK\n      tls-server-name: kubernetes\n"}),
           kToken),
      "dir/config", "");

  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_EQ(parsed->base_url, "https://10.0.0.1:6443");
  EXPECT_EQ(parsed->ca_pem, "CA\n");
  EXPECT_EQ(parsed->ca_file, "");
  EXPECT_EQ(parsed->server_name, "kubernetes");
  EXPECT_EQ(parsed->token, "t0k");
}

TEST(Kubeconfig, ClientCertificateByFileIsRelativeToTheKubeconfig) {
  const base::Result<net::Endpoint> parsed =
      parse_kubeconfig(with(base::concat({kServer, "      certificate-authority: ca.crt\n"}),
                            "      client-certificate: /abs/tls.crt\n      client-key: tls.key\n"),
                       "dir/config", "");

  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_EQ(parsed->ca_file, "dir/ca.crt");
  EXPECT_EQ(parsed->client_certificate_file, "/abs/tls.crt");
  EXPECT_EQ(parsed->client_key_file, "dir/tls.key");
}

TEST(Kubeconfig, DataWinsOverFiles) {
  const base::Result<net::Endpoint> parsed = parse_kubeconfig(
      with(base::concat(
               {kServer,
                "      certificate-authority: ca.crt\n      certificate-authority-data: Q0EK\n"}),
           "      client-certificate: x\n      client-certificate-data: QwoK\n"
           "      client-key-data: SwoK\n      client-key: y\n"),
      "config", "");

  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_EQ(parsed->ca_file, "");
  EXPECT_EQ(parsed->client_certificate_pem, "C\n\n");
  EXPECT_EQ(parsed->client_certificate_file, "");
  EXPECT_EQ(parsed->client_key_file, "");
}

TEST(Kubeconfig, ContextCanBeChosen) {
  std::string text = with(kServer, kToken);
  text += "  - name: v\n    user: {tokenFile: /t}\n";
  text.replace(text.find("contexts:\n"), 10,
               "contexts:\n  - name: other\n    context: {cluster: c, user: v}\n");

  EXPECT_EQ(parse_kubeconfig(text, "config", "other").value().token_file, "/t");
  EXPECT_EQ(parse_kubeconfig(text, "config", "").value().token, "t0k");
  EXPECT_THAT(problem_of(text, "third"),
              HasSubstr("contexts: there is no context named `third` in contexts"));
}

TEST(Kubeconfig, RT22WhatRunsProgramsOrSkipsChecksIsRefused) {
  const auto user = [](std::string_view lines) {
    return problem_of(with(kServer, base::concat({kToken, lines})));
  };
  EXPECT_EQ(user("      exec: {command: aws, args: [eks]}\n"),
            "read dir/config: line 16: users[0].user.exec: the operator runs no programs; use a "
            "token, a tokenFile or a client certificate");
  EXPECT_THAT(user("      auth-provider: {name: gcp}\n"),
              HasSubstr("users[0].user.auth-provider: the operator runs no programs"));
  EXPECT_THAT(user("      username: admin\n      password: x\n"),
              HasSubstr("users[0].user.username: basic authentication is not supported"));
  EXPECT_THAT(user("      as: system:admin\n"), HasSubstr("impersonation is not supported"));

  const auto cluster = [](std::string_view lines) {
    return problem_of(with(base::concat({kServer, lines}), kToken));
  };
  EXPECT_EQ(cluster("      insecure-skip-tls-verify: true\n"),
            "read dir/config: line 12: clusters[0].cluster.insecure-skip-tls-verify: the server "
            "would not be verified; remove it and name its CA in certificate-authority");
  EXPECT_THAT(cluster("      proxy-url: http://p\n"), HasSubstr("cluster.proxy-url: is not"));
  EXPECT_TRUE(parse_kubeconfig(
                  with(base::concat({kServer, "      insecure-skip-tls-verify: false\n"}), kToken),
                  "config", "")
                  .ok());
}

TEST(Kubeconfig, UnknownKeysAreRefused) {
  EXPECT_THAT(problem_of(with(kServer, base::concat({kToken, "      tokne: x\n"}))),
              HasSubstr("users[0].user.tokne: unknown key"));
}

TEST(Kubeconfig, WhatIsMissingIsNamed) {
  EXPECT_THAT(problem_of(with("      certificate-authority-data: Q0EK\n", kToken)),
              HasSubstr("clusters[0].cluster: `server` is missing"));
  EXPECT_THAT(problem_of(with(kServer, "      extensions: []\n")),
              HasSubstr("users[0].user: holds no credentials"));
  EXPECT_THAT(problem_of(with(kServer, "      client-certificate: x\n")),
              HasSubstr("needs both client-certificate and client-key"));
  EXPECT_THAT(problem_of("kind: Config\n"), HasSubstr("`current-context` is missing"));
  EXPECT_THAT(
      problem_of(with(base::concat({kServer, "      certificate-authority-data: '*'\n"}), kToken)),
      HasSubstr("certificate-authority-data: is no base64"));
}

TEST(Kubeconfig, ErrorsNeverRepeatASecret) {
  EXPECT_THAT(problem_of(with(kServer, "      token: [s3cret]\n")),
              testing::Not(HasSubstr("s3cret")));
}

}  // namespace
}  // namespace kaizen::app
