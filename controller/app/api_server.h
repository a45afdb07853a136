// Where the API server is and who we are there: flags, a kubeconfig, or the pod's own service
// account (RT-17, R3-24). Any thread; the kubeconfig is read from disk.
#pragma once

#include <string>

#include "app/url.h"
#include "base/result.h"
#include "net/cpprest_transport.h"

namespace kaizen::app {

struct ApiServerFlags {
  std::string server;
  std::string token_file;
  std::string ca_file;
  std::string kubeconfig;
  std::string context;
};

// Base URL, trust, credentials and proxy; no limits. Flags win over a kubeconfig, which must be
// named; without both the pod's service account is used. Error (kTerminal): says what is missing
// and which flag gives it.
base::Result<net::Endpoint> find_api_server(const ApiServerFlags& flags,
                                            const Environment& environment);

}  // namespace kaizen::app
