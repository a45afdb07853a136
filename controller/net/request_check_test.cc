#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/http.h"
#include "net/request_check_internal.h"
#include "net/url_internal.h"

namespace kaizen::net {
namespace {

TEST(RequestCheck, T12LineBreaksAndNulInAValueAreRefused) {
  for (const std::string& value :
       {std::string("a\r\nb"), std::string("a\n"), std::string("\r"), std::string("a\0b", 3)}) {
    EXPECT_FALSE(check_header({.name = "X-Name", .value = value}).ok());
  }
  EXPECT_TRUE(check_header({.name = "X-Name", .value = "a\tb \xc3\xa4"}).ok());
}

TEST(RequestCheck, T12AMessageNeverShowsTheValue) {
  const auto refused = check_header({.name = "Authorization", .value = "Bearer secret\n"});

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message.find("secret"), std::string::npos);
}

TEST(RequestCheck, T12ANameIsAToken) {
  for (const char* name : {"", "a b", "a:b", "a\r\nb", "\xc3\xa4"}) {
    EXPECT_FALSE(check_header({.name = name, .value = "v"}).ok()) << name;
  }
}

TEST(RequestCheck, T12TheTargetAndTheMethodHoldNoLineBreakEither) {
  for (const char* target : {"", "things", "/a b", "/a\r\nX: b", "/a#b", "http://other/", "/[1m]",
                             "/a?b=\"", "/%", "/%4", "/%4g", "/\xc3\xa4", "/a|b"}) {
    EXPECT_FALSE(check_request({.method = "GET", .target = target, .headers = {}, .body = {}}).ok())
        << target;
  }
  EXPECT_FALSE(
      check_request({.method = "GET /\r\n", .target = "/", .headers = {}, .body = {}}).ok());
  EXPECT_TRUE(
      check_request({.method = "GET", .target = "/a?b=%2F&c", .headers = {}, .body = {}}).ok());
}

TEST(RequestCheck, T12FramingIsNotTheCallers) {
  for (const char* name : {"Host", "content-length", "Transfer-Encoding", "CONNECTION"}) {
    EXPECT_FALSE(
        check_request(
            {.method = "GET", .target = "/", .headers = {{.name = name, .value = "x"}}, .body = {}})
            .ok())
        << name;
  }
}

TEST(Warnings, RT16TheTextsOfAllWarnings) {
  using Texts = std::vector<std::string>;

  EXPECT_EQ(parse_warnings(R"(299 - "v1beta1 is deprecated")"), Texts{"v1beta1 is deprecated"});
  EXPECT_EQ(parse_warnings(R"(299 - "a, b", 299 - "c")"), (Texts{"a, b", "c"}));
  EXPECT_EQ(parse_warnings(R"(299 - "with date" "Wed, 21 Oct 2015 07:28:00 GMT", 299 - "next")"),
            (Texts{"with date", "next"}));
  EXPECT_EQ(parse_warnings(R"(299 - "an \"escaped\" quote")"), Texts{"an \"escaped\" quote"});
  EXPECT_EQ(parse_warnings("299 - no quotes"), Texts{});
  EXPECT_EQ(parse_warnings("299 - \"never ends"), Texts{});
  EXPECT_EQ(parse_warnings(""), Texts{});
}

TEST(Warnings, RT16TheirNumberAndSizeAreBounded) {
  std::string many;
  for (int i = 0; i < 100; ++i) many += "299 - \"x\", ";

  EXPECT_EQ(parse_warnings(many).size(), 16U);
  EXPECT_EQ(parse_warnings("299 - \"" + std::string(5000, 'x') + "\"").at(0).size(), 1024U);
}

TEST(ServerUrl, T11PartsOfAUrl) {
  const auto https = parse_server_url("https://10.96.0.1");
  ASSERT_TRUE(https.ok());
  EXPECT_TRUE(https->tls);
  EXPECT_EQ(https->host, "10.96.0.1");
  EXPECT_EQ(https->port, 443);
  EXPECT_TRUE(https->is_address);
  EXPECT_EQ(https->authority(), "10.96.0.1");

  const auto http = parse_server_url("HTTP://Prometheus.Monitoring:9090/");
  ASSERT_TRUE(http.ok());
  EXPECT_FALSE(http->tls);
  EXPECT_EQ(http->host, "prometheus.monitoring");
  EXPECT_FALSE(http->is_address);
  EXPECT_EQ(http->authority(), "prometheus.monitoring:9090");
}

TEST(ServerUrl, T11WhatIsNoServerIsRefused) {
  for (const char* url :
       {"", "10.96.0.1", "ftp://host", "https://", "https://host:0", "https://host:65536",
        "https://host:x", "https://host/path", "https://host?query", "https://ho st",
        "https://[fd00::1]:443", "https://[::1]", "https://user:secret@host"}) {
    const auto parsed = parse_server_url(url);
    ASSERT_FALSE(parsed.ok()) << url;
    EXPECT_EQ(parsed.error().message.find("secret"), std::string::npos);
  }
}

TEST(ProxyUrl, RT11PartsOfAProxy) {
  const auto with_port = parse_proxy_url("http://proxy.internal:3128/");
  const auto without_port = parse_proxy_url("http://proxy.internal");

  ASSERT_TRUE(with_port.ok());
  EXPECT_EQ(with_port->host, "proxy.internal");
  EXPECT_EQ(with_port->port, 3128);
  ASSERT_TRUE(without_port.ok());
  EXPECT_EQ(without_port->port, 8080);
}

TEST(ProxyUrl, RT11APasswordIsRefusedAndNotRepeated) {
  const auto proxy = parse_proxy_url("http://user:secret@proxy.internal:3128");

  ASSERT_FALSE(proxy.ok());
  EXPECT_EQ(proxy.error().message.find("secret"), std::string::npos);
}

TEST(ProxyUrl, RT11SocksIsRefused) {
  const auto proxy = parse_proxy_url("socks5://user:secret@proxy:1080");

  ASSERT_FALSE(proxy.ok());
  EXPECT_EQ(proxy.error().message,
            "a proxy of scheme socks5 is not supported; use an http:// proxy or list the server in "
            "NO_PROXY");
}

}  // namespace
}  // namespace kaizen::net
