#include <algorithm>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/hash.h"
#include "base/http.h"
#include "base/number.h"
#include "base/result.h"
#include "base/text.h"
#include "load/attempts_internal.h"
#include "load/fetch_internal.h"
#include "load/listing.h"
#include "load/loader.h"
#include "load/outcome.h"
#include "net/transport.h"

namespace kaizen::load {

namespace {

constexpr int32_t kOk = 200;
constexpr int32_t kPartial = 206;
constexpr int32_t kPreconditionFailed = 412;
constexpr int32_t kRangeNotSatisfiable = 416;

struct Range {
  int64_t first = 0;
  std::optional<int64_t> total;
};

// "bytes 100-199/200" or "bytes 100-199/*".
std::optional<Range> parse_content_range(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  const size_t dash = text.find('-');
  const size_t slash = text.find('/');
  if (!text.starts_with(kUnit) || dash == std::string_view::npos ||
      slash == std::string_view::npos || slash < dash) {
    return std::nullopt;
  }
  const std::optional<int64_t> first =
      base::parse_int(text.substr(kUnit.size(), dash - kUnit.size()));
  if (!first) return std::nullopt;
  return Range{.first = *first, .total = base::parse_int(text.substr(slash + 1))};
}

std::string_view header(const base::HttpResponse& head, std::string_view name) {
  return base::trim(base::find_header(head.headers, name).value_or(std::string_view()));
}

// A weak one ("W/…") says that two contents mean the same, not that their bytes are the same.
std::string strong_validator(const base::HttpResponse& head) {
  const std::string_view etag = header(head, "ETag");
  return etag.starts_with('"') ? std::string(etag) : std::string();
}

}  // namespace

Fetch::Fetch(const LoadOrder& order,
             const LoadParts& parts,
             Attempts& attempts,
             Wanted wanted,
             Authorize authorize)
    : order_(order),
      parts_(parts),
      attempts_(attempts),
      wanted_(std::move(wanted)),
      authorize_(std::move(authorize)) {}

Outcome<FileDigest> Fetch::run() {
  while (true) {
    const Attempt attempt = once();
    if (std::holds_alternative<Success>(attempt)) break;
    if (const auto* const failure = std::get_if<Failure>(&attempt)) return *failure;
    KAIZEN_TRY(const base::Unit waited, attempts_.wait_after(std::get<Trouble>(attempt)));
    static_cast<void>(waited);
  }
  KAIZEN_TRY(const base::Unit closed, parts_.folder.close());
  static_cast<void>(closed);
  total_ = offset_;
  KAIZEN_TRY(const base::Unit as_listed, check_size());
  static_cast<void>(as_listed);
  return FileDigest{.path = wanted_.path, .size = offset_, .sha256 = hash_.finish_hex()};
}

Attempt Fetch::once() {
  const Outcome<base::Unit> in_time = attempts_.check();
  if (!in_time.ok()) return in_time.error();
  if (offset_ > 0 && validator_.empty()) {
    const Outcome<base::Unit> anew = start_over();
    if (!anew.ok()) return anew.error();
  }
  const base::Result<net::StreamEnd> end =
      parts_.transport.stream(request(), order_.idle, *this, order_.stop);
  if (failure_) return *failure_;
  const Outcome<base::Unit> still_in_time = attempts_.check();
  if (!still_in_time.ok()) return still_in_time.error();
  if (!end.ok()) return judge_error(end.error(), wanted_.shown);
  return conclude(*end);
}

Attempt Fetch::conclude(const net::StreamEnd& end) {
  switch (end.kind) {
    case net::StreamEndKind::kRefused: return refused(end.response);
    case net::StreamEndKind::kServerEnded: break;
    case net::StreamEndKind::kIdle:
    case net::StreamEndKind::kStopped:
    case net::StreamEndKind::kCut:
      return Trouble{
          .message = base::concat({"load ", wanted_.shown, ": ", at(), ": ", end.detail}),
          .retry_after = {}};
  }
  if (!total_ || *total_ == offset_) return Success{};
  return Trouble{.message = base::concat({"load ", wanted_.shown, ": ", at(), ": it ended there"}),
                 .retry_after = {}};
}

Attempt Fetch::refused(const base::HttpResponse& answer) {
  const bool has_changed = offset_ > 0 && (answer.status == kPreconditionFailed ||
                                           answer.status == kRangeNotSatisfiable);
  if (!has_changed) return judge_answer(answer, wanted_.shown, wanted_.is_anonymous);
  const Outcome<base::Unit> anew = start_over();
  if (!anew.ok()) return anew.error();
  return Trouble{.message = base::concat(
                     {"load ", wanted_.shown, ": it changed while it was read; it is read anew"}),
                 .retry_after = {}};
}

base::HttpRequest Fetch::request() const {
  base::HttpRequest request = wanted_.request;
  request.headers.push_back({.name = "Accept", .value = "*/*"});
  if (offset_ > 0) {
    request.headers.push_back(
        {.name = "Range", .value = base::concat({"bytes=", std::to_string(offset_), "-"})});
    request.headers.push_back({.name = "If-Match", .value = validator_});
  }
  authorize_(request);
  return request;
}

// For messages: how far it came.
std::string Fetch::at() const {
  return base::concat({"after ", std::to_string(offset_), total_ ? " of " : "",
                       total_ ? std::to_string(*total_) : "", " bytes"});
}

void Fetch::on_open(const base::HttpResponse& head) {
  const Outcome<base::Unit> opened = open(head);
  if (!opened.ok()) failure_ = opened.error();
}

bool Fetch::on_bytes(std::string_view bytes) {
  if (failure_) return false;
  const Outcome<base::Unit> taken = take(bytes);
  if (!taken.ok()) failure_ = taken.error();
  return taken.ok();
}

Outcome<base::Unit> Fetch::open(const base::HttpResponse& head) {
  KAIZEN_TRY(const base::Unit usable, check_head(head));
  static_cast<void>(usable);
  const std::string validator = strong_validator(head);
  const std::optional<int64_t> length = base::parse_int(header(head, "Content-Length"));
  if (head.status == kPartial) {
    const std::optional<Range> range = parse_content_range(header(head, "Content-Range"));
    if (!range || range->first != offset_ || validator != validator_) {
      return Failure{.status = ExitStatus::kProtocol,
                     .message = base::concat({"load ", wanted_.shown, ": ", at(),
                                              ": the server answers with another part, or of "
                                              "another content, than it was asked for"})};
    }
    if (range->total) total_ = range->total;
    return check_size();
  }
  if (offset_ > 0) {  // it does not serve parts
    KAIZEN_TRY(const base::Unit anew, start_over());
    static_cast<void>(anew);
  }
  validator_ = validator;
  total_ = length && *length >= 0 ? length : std::nullopt;
  KAIZEN_TRY(const base::Unit fits, check_size());
  static_cast<void>(fits);
  return begin_file();
}

Outcome<base::Unit> Fetch::begin_file() {
  if (is_created_) return kDone;
  KAIZEN_TRY(const base::Unit created, parts_.folder.create(wanted_.path));
  static_cast<void>(created);
  is_created_ = true;
  return kDone;
}

Outcome<base::Unit> Fetch::check_head(const base::HttpResponse& head) const {
  const std::string_view coding = header(head, "Content-Encoding");
  const bool is_asked_for = head.status == kOk || (head.status == kPartial && offset_ > 0);
  if (coding.empty() || coding == "identity" || coding == "aws-chunked") {
    if (is_asked_for) return kDone;
    return Failure{.status = ExitStatus::kProtocol,
                   .message = base::concat({"load ", wanted_.shown, ": HTTP ",
                                            std::to_string(head.status), " was not asked for"})};
  }
  return Failure{.status = ExitStatus::kProtocol,
                 .message = base::concat({"load ", wanted_.shown,
                                          ": it is sent with "
                                          "Content-Encoding ",
                                          base::truncate_utf8(coding, 40),
                                          ", so its bytes are not those of the file (SEC-20); "
                                          "store it without an encoding"})};
}

// Before a byte is written.
Outcome<base::Unit> Fetch::check_size() const {
  if (!total_) return kDone;
  if (*total_ > wanted_.max_bytes) {
    return Failure{.status = ExitStatus::kProtocol,
                   .message = base::concat({"load ", wanted_.shown, ": ", std::to_string(*total_),
                                            " bytes, but only ", std::to_string(wanted_.max_bytes),
                                            " are left of what --max-bytes allows"})};
  }
  if (wanted_.size && *wanted_.size != *total_) {
    return Failure{
        .status = ExitStatus::kTryAgain,
        .message = base::concat({"load ", wanted_.shown, ": ", std::to_string(*total_),
                                 " bytes, but it was listed with ", std::to_string(*wanted_.size),
                                 ": it changed while the model was read"})};
  }
  return kDone;
}

Outcome<base::Unit> Fetch::take(std::string_view bytes) {
  KAIZEN_TRY(const base::Unit in_time, attempts_.check());
  static_cast<void>(in_time);
  const auto size = static_cast<int64_t>(bytes.size());
  // Also without a length, or with more than it says.
  if (size > wanted_.max_bytes - offset_) {
    return Failure{.status = ExitStatus::kProtocol,
                   .message = base::concat({"load ", wanted_.shown, ": more than ",
                                            std::to_string(wanted_.max_bytes),
                                            " bytes, what is left of --max-bytes"})};
  }
  hash_.add(bytes);
  KAIZEN_TRY(const base::Unit written, parts_.folder.append(bytes));
  static_cast<void>(written);
  offset_ += size;
  if (offset_ > best_) {
    best_ = offset_;
    attempts_.note_progress();
  }
  if (attempts_.is_time_to_tell()) {
    parts_.attendant.note(base::concat({"load ", wanted_.shown, ": ", at()}));
  }
  return kDone;
}

Outcome<base::Unit> Fetch::start_over() {
  hash_ = base::Sha256();
  offset_ = 0;
  total_.reset();
  validator_.clear();
  return parts_.folder.clear();
}

}  // namespace kaizen::load
