#include "net/proxy.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "base/error.h"

namespace kaizen::net {
namespace {

struct Case {
  const char* name;
  const char* host;
  uint16_t port;
  const char* no_proxy;
  bool direct;
};

constexpr Case kCases[] = {
    {"nothing listed", "api.example.com", 443, "", false},
    {"exact host", "api.example.com", 443, "api.example.com", true},
    {"host covers its subdomains", "api.example.com", 443, "example.com", true},
    {"suffix only at a label", "badexample.com", 443, "example.com", false},
    {"leading dot covers subdomains", "api.example.com", 443, ".example.com", true},
    {"leading dot leaves the domain itself", "example.com", 443, ".example.com", false},
    {"star dot is a leading dot", "api.example.com", 443, "*.example.com", true},
    {"star covers all", "10.1.2.3", 443, "*", true},
    {"case does not matter", "API.Example.com", 443, "api.EXAMPLE.com", true},
    {"trailing dot of a name", "api.example.com.", 443, "api.example.com", true},
    {"port fits", "api.example.com", 6443, "api.example.com:6443", true},
    {"port differs", "api.example.com", 443, "api.example.com:6443", false},
    {"address", "10.96.0.1", 443, "10.96.0.1", true},
    {"another address", "10.96.0.2", 443, "10.96.0.1", false},
    {"an address is no suffix", "110.96.0.1", 443, "10.96.0.1", false},
    {"block", "10.96.0.1", 443, "foo, 10.96.0.0/12 ,bar", true},
    {"outside of the block", "10.112.0.1", 443, "10.96.0.0/12", false},
    {"odd prefix, inside", "10.96.0.127", 443, "10.96.0.0/25", true},
    {"odd prefix, outside", "10.96.0.128", 443, "10.96.0.0/25", false},
    {"whole IPv4 space", "10.96.0.1", 443, "0.0.0.0/0", true},
    {"an IPv6 block holds no IPv4", "10.96.0.1", 443, "::/0", false},
    {"IPv6 block", "fd00::1:2", 443, "fd00::/8", true},
    {"compressed and long form are equal", "fd00:0:0::1", 443, "fd00::1", true},
    {"bracketed with a port", "fd00::1", 6443, "[fd00::1]:6443", true},
    {"malformed block", "10.96.0.1", 443, "10.96.0.0/33", false},
    {"malformed prefix", "10.96.0.1", 443, "10.96.0.0/x", false},
    {"localhost", "localhost", 443, "", true},
    {"loopback address", "127.0.0.53", 443, "", true},
    {"IPv6 loopback", "::1", 443, "", true},
};

TEST(Proxy, RT11NoProxyMatchesSuffixAddressAndBlock) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const ProxyEnvironment environment{.https_proxy = "http://proxy.internal:3128",
                                       .no_proxy = c.no_proxy};

    const auto proxy = proxy_for(c.host, c.port, environment);

    ASSERT_TRUE(proxy.ok());
    EXPECT_EQ(*proxy, c.direct ? "" : "http://proxy.internal:3128");
  }
}

TEST(Proxy, RT11WithoutHttpsProxyEverythingIsDirect) {
  const auto proxy = proxy_for("api.example.com", 443, {.https_proxy = " ", .no_proxy = ""});

  ASSERT_TRUE(proxy.ok());
  EXPECT_EQ(*proxy, "");
}

TEST(Proxy, RT11AProxyWithoutSchemeIsHttp) {
  const auto proxy =
      proxy_for("api.example.com", 443, {.https_proxy = "proxy:3128", .no_proxy = ""});

  ASSERT_TRUE(proxy.ok());
  EXPECT_EQ(*proxy, "http://proxy:3128");
}

TEST(Proxy, RT11SocksIsAnErrorThatHidesThePassword) {
  const auto proxy = proxy_for("api.example.com", 443,
                               {.https_proxy = "socks5://user:secret@proxy:1080", .no_proxy = ""});

  ASSERT_FALSE(proxy.ok());
  EXPECT_EQ(proxy.error().code, base::Code::kInvalid);
  EXPECT_EQ(proxy.error().action, base::Action::kTerminal);
  EXPECT_NE(proxy.error().message.find("socks5"), std::string::npos);
  EXPECT_EQ(proxy.error().message.find("secret"), std::string::npos);
}

TEST(Proxy, RT11SocksIsNoErrorForAServerThatIsListed) {
  const auto proxy = proxy_for("api.example.com", 443,
                               {.https_proxy = "socks5://proxy:1080", .no_proxy = "example.com"});

  ASSERT_TRUE(proxy.ok());
  EXPECT_EQ(*proxy, "");
}

TEST(Proxy, RT11BothSpellingsOfTheVariables) {
  const auto environment =
      read_proxy_environment([](std::string_view name) -> std::optional<std::string> {
        if (name == "https_proxy") return "http://lower:1";
        if (name == "HTTPS_PROXY") return "";
        if (name == "NO_PROXY") return "upper.example.com";
        if (name == "no_proxy") return "lower.example.com";
        return std::nullopt;
      });

  EXPECT_EQ(environment.https_proxy, "http://lower:1");
  EXPECT_EQ(environment.no_proxy, "upper.example.com");
}

}  // namespace
}  // namespace kaizen::net
