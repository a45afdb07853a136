// FrameReader: the body of a watch, cut into events. Bytes come in pieces of any size, also split
// inside a UTF-8 sequence; every newline ends one frame. Owned by a WatchMachine, one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "kube/object.h"
#include "kube/outcome.h"

namespace kaizen::kube {

inline constexpr size_t kMaxFrameBytes = size_t{4} << 20U;  // RT-6

struct WatchFrame {
  enum class Kind : uint8_t {
    kUpsert,    // ADDED or MODIFIED: `object`
    kDelete,    // DELETED: `object`, its last state
    kBookmark,  // `resource_version`, `initial_events_end`
    kError,     // `status` (RT-29)
    kSkipped,   // no event of our kind (RT-35): `why`
    kTooLarge,  // over kMaxFrameBytes (RT-6); nothing can be read after it
  };

  Kind kind = Kind::kSkipped;
  Object object;
  std::string resource_version;
  bool initial_events_end = false;  // RT-27
  StatusBody status;
  std::string why;
};

class FrameReader {
 public:
  explicit FrameReader(const Kind& kind);
  FrameReader(const FrameReader&) = delete;
  FrameReader& operator=(const FrameReader&) = delete;
  ~FrameReader();

  void feed(std::string_view bytes);

  // The next complete frame; nullopt: more bytes are needed. Blank lines are no frames.
  std::optional<WatchFrame> next();

  // Forgets what was fed: a new stream begins.
  void clear();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kaizen::kube
