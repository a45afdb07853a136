#include "app/signals.h"

#include <csignal>
#include <string_view>

#include <unistd.h>

#include "base/check.h"

namespace kaizen::app {

namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

volatile std::sig_atomic_t status_of_exit = 1;  // written before the handler is installed

extern "C" {
static void exit_now(int signal) {
  static_cast<void>(signal);
  _exit(status_of_exit);
}
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;
  KAIZEN_CHECK(sigaction(signal, &action, nullptr) == 0, "a signal can be handled");
}

}  // namespace

void block_stop_signals() {
  const sigset_t set = stop_signals();
  KAIZEN_CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0, "signals can be blocked");
  handle(SIGPIPE, SIG_IGN);
}

std::string_view await_stop_signal() {
  const sigset_t set = stop_signals();
  int signal = 0;
  KAIZEN_CHECK(sigwait(&set, &signal) == 0, "signals can be waited for");
  return signal == SIGTERM ? "SIGTERM" : "SIGINT";
}

void exit_on_next_signal(int status) {
  status_of_exit = status;
  // A handler, not the default action: as process 1 of a container the default would be nothing.
  handle(SIGTERM, exit_now);
  handle(SIGINT, exit_now);
  const sigset_t set = stop_signals();
  KAIZEN_CHECK(pthread_sigmask(SIG_UNBLOCK, &set, nullptr) == 0, "signals can be unblocked");
}

}  // namespace kaizen::app
