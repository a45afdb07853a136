// ScriptedServer: a TCP or TLS server for tests whose every connection follows a script, so that it
// can trickle, cut, reset and lie. Loopback only, any free port. Certificate: what it shows.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

struct ssl_st;
struct ssl_ctx_st;

namespace kaizen::net::testing {

// A one-way door between threads.
class Gate {
 public:
  void open();
  // False after 20 s: the test is broken; nothing waits for ever.
  bool wait();

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool is_open_ = false;
};

struct Identity {
  std::string certificate;  // PEM
  std::string key;          // PEM
};

struct CertificateWish {
  std::string common_name = "server";
  std::vector<std::string> names = {};      // DNS SANs
  std::vector<std::string> addresses = {};  // IP SANs
  bool expired = false;
};

class Authority {
 public:
  explicit Authority(const std::string& common_name = "test CA");

  const std::string& pem() const { return self_.certificate; }

  // The CA's own certificate, shown as a server's: self-signed.
  const Identity& self() const { return self_; }

  Identity issue(const CertificateWish& wish) const;

 private:
  Identity self_;
};

struct TlsOptions {
  Identity identity;
  std::string client_ca;  // asked for and required when set
  int max_version = 0;    // OpenSSL's number; 0: any
};

class Peer;
using Script = std::function<void(Peer&)>;

struct ServerOptions {
  std::shared_ptr<const TlsOptions> tls;  // null: plain
  bool handshake = true;                  // before the script runs
  bool listens = true;                    // else only bound: connections are refused until listen()
};

class ScriptedServer {
 public:
  explicit ScriptedServer(Script script, ServerOptions options = {});
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer();  // closes everything and joins

  uint16_t port() const { return port_; }

  std::string url(std::string_view host = "127.0.0.1") const;

  void listen();
  // Listens with the shortest queue and accepts nothing until listen().
  void listen_without_accepting();

  size_t connections() const;
  std::vector<std::string> requests() const;
  // Requests whose script has not answered yet, at most so many at a time.
  size_t most_at_once() const;

 private:
  friend class Peer;

  void accept_all();
  void run(size_t index, int fd);
  void note_request(const std::string& request);
  void note_answer();

  const Script script_;
  const ServerOptions options_;
  ssl_ctx_st* context_ = nullptr;
  int listener_ = -1;
  uint16_t port_ = 0;
  mutable std::mutex mutex_;
  bool closing_ = false;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::vector<std::string> requests_;
  size_t connections_ = 0;
  size_t unanswered_ = 0;
  size_t most_at_once_ = 0;
  std::thread acceptor_;
};

// One connection, as its script sees it.
class Peer {
 public:
  Peer(ScriptedServer& server, size_t index, int fd);
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer();  // a clean end: close_notify and FIN

  size_t index() const { return index_; }

  bool handshake();
  // Head and body by Content-Length; empty when the connection ended before.
  std::string read_request();
  bool send(std::string_view bytes);
  // status, headers ("Name: value\r\n" each) and body with its length.
  bool answer(int status, std::string_view headers, std::string_view body);
  // True as soon as the other side closed, false after `span`.
  bool closed_within(std::chrono::milliseconds span);
  bool writable_within(std::chrono::milliseconds span);
  // Until the other side closes.
  void wait_closed();
  void reset();       // RST
  void half_close();  // FIN, without TLS's close_notify
  void close();       // close_notify and FIN

  std::string alpn() const;
  std::string server_name() const;
  std::string client_name() const;  // CN of the client's certificate

  size_t sent() const { return sent_; }

 private:
  size_t read_some(char* into, size_t size);

  ScriptedServer& server_;
  const size_t index_;
  int fd_;
  ssl_st* ssl_ = nullptr;
  bool owes_answer_ = false;
  size_t sent_ = 0;
  std::string pending_;
};

}  // namespace kaizen::net::testing
