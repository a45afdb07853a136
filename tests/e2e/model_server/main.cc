// A small model server for the end-to-end tests: POST /predict with {"features": [...]} answers
// with the class, its probability and the revision that answered; a member "label" is the true
// class, where the sender knows it. GET /healthz is ready when the model is loaded; GET /metrics;
// POST /faults?error_share=0.05 makes this process fail.
//
// The model is the file --model or KAIZEN_MODEL_PATH, or the only .json file in the folder of that
// name; without either the file in --models that the last segment of KAIZEN_MODEL_URI names.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <nlohmann/json.hpp>

#include "faults.h"
#include "metrics.h"
#include "model.h"
#include "observations.h"

namespace kaizen::e2e {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Tcp = asio::ip::tcp;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

struct Server {
  Model model;
  Faults faults;
  Metrics metrics;
  Observations observations;
  std::string revision;
  std::atomic<bool> stopping{false};
};

std::map<std::string, std::string> query_of(std::string_view target) {
  std::map<std::string, std::string> result;
  const size_t mark = target.find('?');
  std::string_view rest = mark == std::string_view::npos ? "" : target.substr(mark + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    result.emplace(pair.substr(0, equals), pair.substr(equals + 1));
  }
  return result;
}

void fill(Response& response, http::status status, std::string body) {
  response.result(status);
  response.set(http::field::content_type, "application/json");
  response.body() = std::move(body);
}

std::vector<double> features_of(const nlohmann::json& document) {
  std::vector<double> features;
  if (document.is_object() && document.contains("features") && document["features"].is_array()) {
    for (const auto& value : document["features"]) {
      features.push_back(value.is_number() ? value.get<double>() : std::nan(""));
    }
  }
  return features;
}

void predict(Server& server, const Request& request, const FaultDraw& fault, Response& response) {
  if (fault.error) {
    fill(response, http::status::internal_server_error, R"({"error":"prediction failed"})");
    return;
  }
  const auto document = nlohmann::json::parse(request.body(), nullptr, false);
  const std::vector<double> features = features_of(document);
  const auto prediction = server.model.predict(features);
  const size_t classes = server.model.classes().size();
  const bool labelled = prediction && document.contains("label");
  if (!prediction || (labelled && (!document["label"].is_number_unsigned() ||
                                   document["label"].get<size_t>() >= classes))) {
    fill(response, http::status::bad_request,
         R"({"error":"wanted {\"features\": [numbers]}, as many as the model has, and perhaps )"
         R"(\"label\": a class"})");
    return;
  }
  const size_t answer = (prediction->chosen + (fault.wrong ? 1 : 0)) % classes;
  server.observations.record(features, answer, prediction->confidence);
  if (labelled) server.observations.record_truth(document["label"].get<size_t>() == answer);
  const nlohmann::json body = {
      {"class", answer}, {"probability", prediction->answered}, {"revision", server.revision}};
  fill(response, http::status::ok, body.dump());
}

// One connection, on the one thread that all of them share: a request costs microseconds, and a
// slow answer waits on a timer.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Server& server, Tcp::socket socket)
      : server_(server), stream_(std::move(socket)), timer_(stream_.get_executor()) {}

  void read() {
    request_ = {};
    stream_.expires_after(std::chrono::seconds(60));
    http::async_read(stream_, buffer_, request_,
                     [self = shared_from_this()](beast::error_code error, size_t /*bytes*/) {
                       if (!error) self->answer();
                     });
  }

 private:
  void answer() {
    started_ = std::chrono::steady_clock::now();
    response_ = {};
    response_.version(request_.version());
    const std::string target(request_.target());
    const bool prediction = target == "/predict" && request_.method() == http::verb::post;
    const FaultDraw fault = prediction ? server_.faults.draw() : FaultDraw{};
    if (prediction) {
      predict(server_, request_, fault, response_);
    } else {
      answer_other(target);
    }
    recorded_ = prediction;
    timer_.expires_after(std::chrono::microseconds(static_cast<int64_t>(fault.wait_ms * 1000)));
    timer_.async_wait([self = shared_from_this()](beast::error_code /*error*/) { self->write(); });
  }

  void answer_other(const std::string& target) {
    if (target == "/metrics") {
      fill(response_, http::status::ok,
           server_.metrics.exposition() + server_.observations.exposition());
      response_.set(http::field::content_type, "text/plain; version=0.0.4");
    } else if (target == "/healthz") {
      fill(response_, http::status::ok, R"({"ready":true})");
    } else if (target.rfind("/faults", 0) == 0 && request_.method() == http::verb::post) {
      const std::string problem = server_.faults.change(query_of(target));
      fill(response_, problem.empty() ? http::status::ok : http::status::bad_request,
           nlohmann::json({{"problem", problem}}).dump());
    } else {
      fill(response_, http::status::not_found, R"({"error":"no such path"})");
    }
  }

  void write() {
    response_.keep_alive(request_.keep_alive() && !server_.stopping);
    response_.prepare_payload();
    if (recorded_) {
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started_;
      server_.metrics.record(static_cast<int>(response_.result_int()), took.count());
    }
    http::async_write(stream_, response_,
                      [self = shared_from_this()](beast::error_code error, size_t /*bytes*/) {
                        if (error || !self->response_.keep_alive()) return;
                        self->read();
                      });
  }

  Server& server_;
  beast::tcp_stream stream_;
  asio::steady_timer timer_;
  beast::flat_buffer buffer_{1U << 20U};
  Request request_;
  Response response_;
  std::chrono::steady_clock::time_point started_;
  bool recorded_ = false;
};

void accept(Server& server, Tcp::acceptor& acceptor) {
  acceptor.async_accept([&](beast::error_code error, Tcp::socket socket) {
    if (!error) std::make_shared<Session>(server, std::move(socket))->read();
    if (acceptor.is_open()) accept(server, acceptor);
  });
}

// SIGTERM: no new connection, every open one is told to close with its next answer; three seconds
// later nobody is left who was not told.
void serve(Server& server, uint16_t port) {
  asio::io_context context(1);
  Tcp::acceptor acceptor(context, {Tcp::v4(), port});
  asio::signal_set signals(context, SIGTERM, SIGINT);
  asio::steady_timer end(context);
  signals.async_wait([&](beast::error_code /*error*/, int /*number*/) {
    server.stopping = true;
    acceptor.close();
    end.expires_after(std::chrono::seconds(3));
    end.async_wait([&](beast::error_code /*error*/) { context.stop(); });
  });
  accept(server, acceptor);
  context.run();
}

struct Options {
  std::string models = "/models";
  std::string model;
  uint16_t port = 8080;
  FaultSettings faults;
};

bool parse_options(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const size_t equals = argument.find('=');
    if (equals == std::string::npos) return false;
    const std::string name = argument.substr(0, equals);
    const std::string value = argument.substr(equals + 1);
    if (name == "--models") {
      options.models = value;
    } else if (name == "--model") {
      options.model = value;
    } else if (name == "--port") {
      options.port = static_cast<uint16_t>(std::strtoul(value.c_str(), nullptr, 10));
    } else if (name == "--error-share") {
      options.faults.error_share = std::strtod(value.c_str(), nullptr);
    } else if (name == "--wrong-share") {
      options.faults.wrong_share = std::strtod(value.c_str(), nullptr);
    } else if (name == "--slow-share") {
      options.faults.slow_share = std::strtod(value.c_str(), nullptr);
    } else if (name == "--latency-ms") {
      options.faults.latency_ms = std::strtod(value.c_str(), nullptr);
    } else {
      return false;
    }
  }
  return true;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread so far
  return value == nullptr ? "" : value;
}

// "" and a reason: there is no such file.
std::string model_file(const Options& options, std::string& problem) {
  const std::string path = options.model.empty() ? environment("KAIZEN_MODEL_PATH") : options.model;
  if (!path.empty()) return find_model_file(path, problem);
  const std::string uri = environment("KAIZEN_MODEL_URI");
  return options.models + "/" + uri.substr(uri.rfind('/') + 1) + ".json";
}

int run(int argc, char** argv) {
  Options options;
  if (!parse_options(argc, argv, options)) {
    std::fprintf(stderr,
                 "usage: model_server [--model=PATH | --models=DIR] [--port=N] [--error-share=S] "
                 "[--wrong-share=S] [--slow-share=S] [--latency-ms=N]\n");
    return 2;
  }
  std::string problem;
  const std::string path = model_file(options, problem);
  std::ifstream file(path);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  auto model = path.empty() ? std::nullopt : Model::parse(text, problem);
  if (!model) {
    std::fprintf(stderr, "model_server: %s: %s\n", path.c_str(), problem.c_str());
    return 1;
  }
  const auto classes = model->classes();
  const auto histograms = model->histograms();
  Server server{std::move(*model),
                Faults(options.faults),
                {},
                Observations(classes, histograms),
                environment("KAIZEN_REVISION"),
                false};
  std::printf("model_server: %s, %zu features, port %d\n", path.c_str(),
              server.model.feature_count(), static_cast<int>(options.port));
  std::fflush(stdout);
  serve(server, options.port);
  return 0;
}

}  // namespace
}  // namespace kaizen::e2e

int main(int argc, char** argv) {
  return kaizen::e2e::run(argc, argv);
}
