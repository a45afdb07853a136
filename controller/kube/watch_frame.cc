#include "kube/watch_frame.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/text.h"
#include "kube/json_internal.h"
#include "kube/object.h"
#include "kube/outcome.h"
#include "schema/resource.h"

namespace kaizen::kube {
namespace {

WatchFrame skipped(std::string why) {
  WatchFrame frame;
  frame.why = std::move(why);
  return frame;
}

// The outer members of one frame. `object` points into the frame's own bytes.
struct Envelope {
  std::string type;
  std::string_view object;
  std::string api_version;
  std::string kind;
};

// Which kind the object says it is; its other members stay unread. They stand in front wherever a
// real server wrote them.
simdjson::error_code read_kind(ondemand::object& object, Envelope* envelope) {
  for (auto next : object) {
    ondemand::field field;
    if (const auto error = std::move(next).get(field)) return error;
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key)) return error;
    auto error = simdjson::SUCCESS;
    if (key == "kind") error = read_text(field.value(), &envelope->kind);
    if (key == "apiVersion") error = read_text(field.value(), &envelope->api_version);
    if (error) return error;
    if (!envelope->kind.empty() && !envelope->api_version.empty()) break;
  }
  return simdjson::SUCCESS;
}

simdjson::error_code read_object(ondemand::value value, Envelope* envelope) {
  ondemand::object object;
  if (const auto error = value.get_object().get(object)) return error;
  if (const auto error = read_kind(object, envelope)) return error;
  bool has_members = false;
  if (const auto error = object.reset().get(has_members)) return error;
  if (!has_members) return simdjson::NO_SUCH_FIELD;
  return object.raw_json().get(envelope->object);
}

simdjson::error_code read_envelope(ondemand::document& document, Envelope* envelope) {
  ondemand::object top;
  if (const auto error = document.get_object().get(top)) return error;
  const auto error = each_member(top, [&](std::string_view key, ondemand::value value) {
    if (key == "type") return read_text(value, &envelope->type);
    if (key == "object") return read_object(value, envelope);
    return simdjson::SUCCESS;
  });
  if (error) return error;
  return envelope->object.empty() ? simdjson::NO_SUCH_FIELD : simdjson::SUCCESS;
}

WatchFrame error_frame(std::string_view json) {
  std::optional<StatusBody> status = read_status(json);
  if (!status) return skipped("an ERROR event without a Status");
  if (status->code == 0) status->code = 500;
  WatchFrame frame;
  frame.kind = WatchFrame::Kind::kError;
  frame.status = std::move(*status);
  return frame;
}

WatchFrame bookmark_frame(std::string_view json) {
  HeadScan scan = scan_head(json);
  if (scan.head.resource_version.empty()) return skipped("a BOOKMARK without a resourceVersion");
  WatchFrame frame;
  frame.kind = WatchFrame::Kind::kBookmark;
  frame.resource_version = std::move(scan.head.resource_version);
  frame.initial_events_end = scan.initial_events_end;
  return frame;
}

WatchFrame object_frame(WatchFrame::Kind frame_kind, const Kind& kind, std::string_view json) {
  WatchFrame frame;
  frame.kind = frame_kind;
  frame.object = decode_object(kind, json);
  if (frame.object.head.key.name.empty()) {
    return skipped(base::concat({"an object without a name: ", frame.object.parse_error}));
  }
  frame.resource_version = frame.object.head.resource_version;
  return frame;
}

}  // namespace

struct FrameReader::Impl {
  Kind kind;
  std::string api_version;
  std::unique_ptr<ondemand::parser> parser = std::make_unique<ondemand::parser>();
  std::string buffer;
  size_t begin = 0;    // of the first frame that was not taken
  size_t scanned = 0;  // no newline between begin and here

  // The line [begin, end) of the buffer, whose spare bytes are reserved.
  WatchFrame read(size_t end);
  void compact();
};

WatchFrame FrameReader::Impl::read(size_t end) {
  const char* data = buffer.data() + begin;
  const size_t size = end - begin;
  ondemand::document document;
  Envelope envelope;
  auto error = parser->iterate(simdjson::padded_string_view(data, size, buffer.capacity() - begin))
                   .get(document);
  if (!error) error = read_envelope(document, &envelope);
  if (error) return skipped(fmt::format("no event: {}", simdjson::error_message(error)));
  if (envelope.type == "ERROR") return error_frame(envelope.object);

  // Members that are absent are given the benefit of the doubt; those of another kind are not.
  const bool ours = (envelope.kind.empty() || envelope.kind == kind.resource.kind) &&
                    (envelope.api_version.empty() || envelope.api_version == api_version);
  if (!ours) {
    return skipped(base::truncate_utf8(
        base::concat({"an object of kind ", envelope.api_version, " ", envelope.kind}), 200));
  }
  if (envelope.type == "ADDED" || envelope.type == "MODIFIED") {
    return object_frame(WatchFrame::Kind::kUpsert, kind, envelope.object);
  }
  if (envelope.type == "DELETED") {
    return object_frame(WatchFrame::Kind::kDelete, kind, envelope.object);
  }
  if (envelope.type == "BOOKMARK") return bookmark_frame(envelope.object);
  return skipped(base::truncate_utf8(base::concat({"an event of type ", envelope.type}), 200));
}

// Only what is incomplete stays; memory that a large frame took is given back.
void FrameReader::Impl::compact() {
  buffer.erase(0, begin);
  scanned -= begin;
  begin = 0;
  if (buffer.capacity() > kMaxKeptJson && buffer.size() < kMaxKeptJson / 2) {
    buffer.shrink_to_fit();
    parser = std::make_unique<ondemand::parser>();
  }
}

FrameReader::FrameReader(const Kind& kind) : impl_(std::make_unique<Impl>()) {
  impl_->kind = kind;
  impl_->api_version = schema::api_version(kind.resource);
}

FrameReader::~FrameReader() = default;

void FrameReader::feed(std::string_view bytes) {
  impl_->buffer.append(bytes);
  pad(impl_->buffer);
}

std::optional<WatchFrame> FrameReader::next() {
  Impl& self = *impl_;
  while (true) {
    const size_t newline = self.buffer.find('\n', self.scanned);
    const bool complete = newline != std::string::npos;
    const size_t end = complete ? newline : self.buffer.size();
    if (end - self.begin > kMaxFrameBytes) {
      WatchFrame frame;
      frame.kind = WatchFrame::Kind::kTooLarge;
      return frame;
    }
    if (!complete) {
      self.scanned = end;
      self.compact();
      return std::nullopt;
    }
    std::optional<WatchFrame> frame;
    const std::string_view line(self.buffer.data() + self.begin, end - self.begin);
    if (!base::trim(line).empty()) frame = self.read(end);
    self.begin = self.scanned = end + 1;
    if (frame) return frame;
  }
}

void FrameReader::clear() {
  impl_->buffer.clear();
  impl_->begin = impl_->scanned = 0;
  impl_->compact();
}

}  // namespace kaizen::kube
