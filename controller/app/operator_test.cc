// The real binary against an API server that answers just enough: how it starts, what it serves and
// how it ends.
#include "app/operator.h"

#include <array>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/http.h"
#include "net/http_server.h"

namespace kaizen::app {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// `kaizen` as the build made it: this test lies in <build>/controller/app.
std::string binary() {
  const std::filesystem::path here = std::filesystem::read_symlink("/proc/self/exe");
  return here.parent_path().parent_path().parent_path() / "kaizen";
}

// A running `kaizen`, whose standard error is read line by line. Killed when it is still there at
// the end.
class Process {
 public:
  explicit Process(std::vector<std::string> arguments) {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    arguments.insert(arguments.begin(), binary());
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(ends[1], STDERR_FILENO);
      execv(pointers[0], pointers.data());
      _exit(127);
    }
    close(ends[1]);
    error_ = ends[0];
  }

  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  ~Process() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(error_);
  }

  void signal(int number) { kill(pid_, number); }

  // The first line from here on that holds `part`; empty when the process ended before.
  std::string await_line(std::string_view part) {
    for (;;) {
      const size_t end = pending_.find('\n');
      if (end == std::string::npos) {
        std::array<char, 4096> bytes{};
        const ssize_t got = read(error_, bytes.data(), bytes.size());
        if (got <= 0) return "";
        pending_.append(bytes.data(), static_cast<size_t>(got));
        continue;
      }
      const std::string line = pending_.substr(0, end);
      pending_.erase(0, end + 1);
      if (line.find(part) != std::string::npos) return line;
    }
  }

  // Its exit status; -1 when a signal ended it.
  int await_end() {
    int status = 0;
    waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = -1;
  int error_ = -1;
  std::string pending_;
};

uint16_t port_in(const std::string& line, const std::string& field) {
  const std::string key = "\"" + field + "\":\"";
  const size_t begin = line.find(key);
  if (begin == std::string::npos) return 0;
  return static_cast<uint16_t>(std::stoul(line.substr(begin + key.size())));
}

std::string get(uint16_t port, const std::string& path) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    send(fd, request.data(), request.size(), MSG_NOSIGNAL);
    std::array<char, 4096> bytes{};
    for (ssize_t got = 0; (got = recv(fd, bytes.data(), bytes.size(), 0)) > 0;) {
      answer.append(bytes.data(), static_cast<size_t>(got));
    }
  }
  close(fd);
  return answer;
}

// Every kind is there and empty but for one ModelDeployment if wanted; writes wait for release().
class ApiServer final : public base::HttpHandler {
 public:
  base::HttpResponse handle(const base::HttpRequest& request) override {
    if (request.method != "GET") {
      std::unique_lock lock(mutex_);
      ++writes_;
      changed_.notify_all();
      changed_.wait(lock, [this] { return released_; });
      return {.status = 503, .headers = {}, .body = {}};
    }
    std::string body;
    if (request.target.find("sendInitialEvents=true") != std::string::npos) {
      if (request.target.find("/modeldeployments") != std::string::npos) body += model_event;
      body += R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7","annotations":)"
              R"({"k8s.io/initial-events-end":"true"}}}})"
              "\n";
    }
    return {.status = 200, .headers = {{"Content-Type", "application/json"}}, .body = body};
  }

  void await_write() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return writes_ > 0; });
  }

  void release() {
    const std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }

  std::string model_event;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int writes_ = 0;
  bool released_ = false;
};

class OperatorTest : public testing::Test {
 protected:
  void TearDown() override { api.release(); }

  std::vector<std::string> arguments() {
    if (!server) server = std::move(net::start_http_server("127.0.0.1", 0, api)).value();
    return {"operator", "--server=http://127.0.0.1:" + std::to_string(server->port()),
            "--health-address=127.0.0.1:0", "--metrics-address=127.0.0.1:0"};
  }

  ApiServer api;
  std::unique_ptr<net::HttpServer> server;
};

TEST_F(OperatorTest, RT86RT88StartsServesAndEndsInOrder) {
  Process kaizen(arguments());
  const std::string started = kaizen.await_line("operator started");
  ASSERT_NE(kaizen.await_line("caches are synced"), "");

  EXPECT_THAT(get(port_in(started, "health_port"), "/livez"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(get(port_in(started, "health_port"), "/readyz"), StartsWith("HTTP/1.1 200 "));
  const std::string metrics = get(port_in(started, "metrics_port"), "/metrics");
  EXPECT_THAT(metrics, HasSubstr("\nkaizen_build_info{compiler=\""));
  EXPECT_THAT(metrics, HasSubstr("\ncontroller_runtime_reconcile_total{controller="
                                 "\"modeldeployment\",result=\"success\"} 0\n"));
  EXPECT_THAT(metrics, HasSubstr("\nkaizen_api_requests_total{"));
  EXPECT_THAT(metrics, HasSubstr("\nrest_client_requests_total{code=\"200\","));
  kaizen.signal(SIGTERM);

  EXPECT_THAT(kaizen.await_line("operator stops"), HasSubstr("\"signal\":\"SIGTERM\""));
  EXPECT_NE(kaizen.await_line("operator stopped"), "");
  EXPECT_EQ(kaizen.await_end(), 0);
}

TEST_F(OperatorTest, RT87RT89WithoutAnApiServerItIsAliveAndNotReady) {
  const std::vector<std::string> with_server = arguments();
  server.reset();  // nobody listens there any more
  Process kaizen(with_server);
  const std::string started = kaizen.await_line("operator started");
  ASSERT_NE(kaizen.await_line("watch is not possible"), "");

  EXPECT_THAT(get(port_in(started, "health_port"), "/livez"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(get(port_in(started, "health_port"), "/readyz"), StartsWith("HTTP/1.1 503 "));
  kaizen.signal(SIGINT);

  EXPECT_EQ(kaizen.await_end(), 0);
}

TEST_F(OperatorTest, RT86SecondSignalEndsAtOnce) {
  api.model_event =
      R"({"type":"ADDED","object":{"apiVersion":"kaizen.ml/v1alpha1","kind":"ModelDeployment",)"
      R"("metadata":{"name":"ranker","namespace":"shop","uid":)"
      R"("00000000-0000-4000-8000-000000000001","resourceVersion":"5","generation":1,)"
      R"("creationTimestamp":"2026-07-14T03:33:20Z"},"spec":{"image":"registry/ranker:1",)"
      R"("model":{"name":"ranker","version":"1"}}}})"
      "\n";
  Process kaizen(arguments());
  api.await_write();  // a decision is in flight and will not end
  kaizen.signal(SIGTERM);
  ASSERT_NE(kaizen.await_line("operator stops"), "");

  kaizen.signal(SIGTERM);

  EXPECT_EQ(kaizen.await_end(), 1);
}

TEST_F(OperatorTest, ConfigurationErrorEndsWithTwoAndNamesFileAndLine) {
  const std::string file = testing::TempDir() + "kaizen_config_" + std::to_string(getpid());
  std::ofstream(file) << "metricSources:\n  sources:\n    - name: main\n      ulr: http://p\n";
  std::vector<std::string> with_config = arguments();
  with_config.push_back("--config=" + file);

  Process kaizen(with_config);

  EXPECT_THAT(kaizen.await_line("error"),
              HasSubstr("read " + file + ": line 4: metricSources.sources[0].ulr: unknown key"));
  EXPECT_EQ(kaizen.await_end(), 2);
  std::filesystem::remove(file);
}

TEST_F(OperatorTest, TG12SaysOnceWhichZoneDataItHas) {
  Process kaizen(arguments());

  EXPECT_THAT(kaizen.await_line("time zones read"),
              testing::ContainsRegex("\"sha256\":\"[0-9a-f]+\""));
  EXPECT_NE(kaizen.await_line("operator started"), "");
}

TEST_F(OperatorTest, TG11WithoutZoneDataItWorksOn) {
  std::vector<std::string> without_zones = arguments();
  without_zones.emplace_back("--zone-data=/nowhere");

  Process kaizen(without_zones);

  EXPECT_THAT(kaizen.await_line("no time zone but UTC is known"),
              HasSubstr("read time zones of /nowhere: No such file or directory"));
  EXPECT_NE(kaizen.await_line("operator started"), "");
}

TEST_F(OperatorTest, PortInUseEndsWithOne) {
  std::vector<std::string> with_port = arguments();
  with_port[2] = "--health-address=127.0.0.1:" + std::to_string(server->port());

  Process kaizen(with_port);

  EXPECT_THAT(kaizen.await_line("error"), HasSubstr("Address already in use"));
  EXPECT_EQ(kaizen.await_end(), 1);
}

TEST_F(OperatorTest, SocksProxyIsRefusedAtTheStart) {
  setenv("HTTPS_PROXY", "socks5://user:secret@proxy:1080", 1);
  Process kaizen({"operator", "--server=https://192.0.2.1:6443", "--token-file=/t"});
  unsetenv("HTTPS_PROXY");

  const std::string line = kaizen.await_line("error");
  EXPECT_THAT(line, HasSubstr("HTTPS_PROXY"));
  EXPECT_THAT(line, testing::Not(HasSubstr("secret")));
  EXPECT_EQ(kaizen.await_end(), 2);
}

}  // namespace
}  // namespace kaizen::app
