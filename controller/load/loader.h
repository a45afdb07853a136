// Loader: fetches a model, verifies it (MD-8) and puts it into a folder: streaming, with bounded
// memory, again and again on trouble that may pass. Everything it touches is given to it: a
// transport to the one server, a clock, a folder, somebody who waits and writes the log. One thread
// per load.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/duration.h"
#include "base/rng.h"
#include "base/time.h"
#include "load/access.h"
#include "load/folder.h"
#include "load/model_uri.h"
#include "load/outcome.h"
#include "net/transport.h"

namespace kaizen::load {

// More files than any model has; a listing of so many takes about 20 MiB of memory.
inline constexpr size_t kMaxFiles = 100'000;

struct LoadOrder {
  ModelUri uri;
  Access access;
  std::string digest;                     // "sha256:…"; empty: whatever is there is taken (MD-7)
  int64_t max_bytes = int64_t{1} << 40U;  // of all files together
  base::Duration deadline = std::chrono::minutes(30);  // for everything
  // What the deadline counts from; none: from load_model's call. Who makes `stop` fire by a clock
  // of its own gives the time at which that clock began, so that its end is not told as a stop.
  std::optional<base::MonoTime> started_at = std::nullopt;
  base::Duration patience = std::chrono::minutes(5);  // without a new byte or page
  base::Duration idle = std::chrono::seconds(60);     // silence that ends one attempt
  std::stop_token stop;  // fires at the deadline at the latest: a trickle is not seen otherwise
};

// Who waits and who is told; called on the load's thread.
class Attendant {
 public:
  Attendant() = default;
  Attendant(const Attendant&) = delete;
  Attendant& operator=(const Attendant&) = delete;
  virtual ~Attendant() = default;

  // Blocks for that long.
  virtual void pause(base::Duration span) = 0;
  // One line for the log: a failed attempt, how far it is. Holds no credential.
  virtual void note(std::string_view line) = 0;
};

struct LoadParts {
  net::Transport& transport;  // to order.access.origin
  const base::Clock& clock;
  Folder& folder;
  Attendant& attendant;
  base::Rng& jitter;
};

// What it does, in order: with a digest, looks whether the folder has it already. Else it fetches:
// http(s) one file; s3 the object, or, when the key ends with a slash or no such object is to be
// had, every object below it. The folder then holds the file under its own name, or the tree. With
// a digest that differs nothing is left (kDigest).
Outcome<Loaded> load_model(const LoadOrder& order, const LoadParts& parts);

}  // namespace kaizen::load
