// Kubeconfig: how to reach one API server as its file says (R3-24). Only tokens and client
// certificates; whatever runs a program, skips verification or goes through a proxy is refused
// (RT-22). Pure; any thread.
#pragma once

#include <string_view>

#include "base/result.h"
#include "net/cpprest_transport.h"

namespace kaizen::app {

// The endpoint of `context`, or of current-context when empty. `file` names the text in errors;
// relative paths in it are relative to the folder of `file`. Error (kTerminal): names file, line,
// entry and remedy.
base::Result<net::Endpoint> parse_kubeconfig(std::string_view text,
                                             std::string_view file,
                                             std::string_view context);

}  // namespace kaizen::app
