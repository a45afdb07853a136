#include "core/schedule/zone_file.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/result.h"
#include "base/text.h"
#include "core/schedule/civil_internal.h"
#include "core/schedule/posix_rule_internal.h"
#include "core/schedule/time_zone.h"

namespace kaizen::core {

namespace {

constexpr std::string_view kMagic = "TZif";
constexpr size_t kReserved = 15;
constexpr int32_t kMostOffsetS = 26 * 3'600;  // RFC 9636, section 3.2

// Counts of one header, in the order of the file. At most 2^32 - 1 each, so sizes fit in 64 bits.
struct Header {
  char version = '\0';
  uint64_t utc_flags = 0;
  uint64_t standard_flags = 0;
  uint64_t leaps = 0;
  uint64_t times = 0;
  uint64_t types = 0;
  uint64_t letters = 0;

  // Of the data block that follows; `time_bytes` is 4 in the first and 8 in the second.
  uint64_t block_bytes(uint64_t time_bytes) const {
    return times * (time_bytes + 1) + types * 6 + letters + leaps * (time_bytes + 4) +
           standard_flags + utc_flags;
  }
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  bool has(uint64_t count) const { return bytes_.size() - position_ >= count; }

  // The caller has asked has().
  std::string_view take(size_t count) {
    const std::string_view taken = bytes_.substr(position_, count);
    position_ += count;
    return taken;
  }

  std::string_view rest() const { return bytes_.substr(position_); }

  base::Error problem(std::string_view what) const {
    return base::invalid(base::concat({"TZif file, byte ", std::to_string(position_), ": ", what}));
  }

 private:
  std::string_view bytes_;
  size_t position_ = 0;
};

uint64_t big_endian(std::string_view bytes) {
  uint64_t value = 0;
  for (const char c : bytes) value = (value << 8U) | static_cast<uint8_t>(c);
  return value;
}

int32_t signed_32(std::string_view bytes) {
  return static_cast<int32_t>(static_cast<uint32_t>(big_endian(bytes)));
}

base::Result<Header> read_header(Reader& reader) {
  if (!reader.has(kMagic.size() + 1 + kReserved + size_t{6} * 4)) {
    return reader.problem("the file ends inside a header");
  }
  if (reader.take(kMagic.size()) != kMagic) return reader.problem("a header begins with TZif");
  Header header;
  header.version = reader.take(1).front();
  reader.take(kReserved);
  for (uint64_t* count : {&header.utc_flags, &header.standard_flags, &header.leaps, &header.times,
                          &header.types, &header.letters}) {
    *count = big_endian(reader.take(4));
  }
  return header;
}

base::Result<std::vector<int32_t>> read_offsets(std::string_view types, const Reader& reader) {
  std::vector<int32_t> offsets;
  for (size_t i = 0; i < types.size(); i += 6) {
    const int32_t offset = signed_32(types.substr(i, 4));
    if (offset < -kMostOffsetS || offset > kMostOffsetS) {
      return reader.problem(
          base::concat({"an offset of ", std::to_string(offset), " s, at most 26 h are allowed"}));
    }
    offsets.push_back(offset);
  }
  return offsets;
}

// The changes since 1970, and the offset before the first of them.
struct Changes {
  int32_t first_offset_s = 0;
  std::vector<OffsetChange> list;
};

base::Result<Changes> read_changes(Reader& reader, const Header& header) {
  const std::string_view times = reader.take(header.times * 8);
  const std::string_view indexes = reader.take(header.times);
  KAIZEN_TRY(const std::vector<int32_t> offsets,
             read_offsets(reader.take(header.types * 6), reader));
  Changes changes{.first_offset_s = offsets.front(), .list = {}};
  std::optional<int64_t> before;
  for (size_t i = 0; i < indexes.size(); ++i) {
    const auto at = static_cast<int64_t>(big_endian(times.substr(i * 8, 8)));
    const auto type = static_cast<uint8_t>(indexes[i]);
    if (type >= offsets.size()) return reader.problem("a change names a type that is not there");
    if (before && at <= *before) return reader.problem("changes do not ascend");
    before = at;
    const int32_t offset = offsets[type];
    const int32_t current =
        changes.list.empty() ? changes.first_offset_s : changes.list.back().offset_s;
    // The rule of later years begins at the last listed change, so that one stays in any case.
    const bool is_last = i + 1 == indexes.size();
    if (at <= kEarliestUnixS) {
      changes.first_offset_s = offset;
    } else if (offset != current || is_last) {
      changes.list.push_back({at, offset});
    }
  }
  return changes;
}

base::Result<std::optional<YearlyRule>> read_footer(const Reader& reader) {
  std::string_view text = reader.rest();
  if (text.size() < 2 || text.front() != '\n' || text.back() != '\n') {
    return reader.problem("a last line with the rule of later years is missing");
  }
  text = text.substr(1, text.size() - 2);
  if (text.empty()) return std::optional<YearlyRule>();
  KAIZEN_TRY(YearlyRule rule, parse_posix_rule(text));
  return std::optional<YearlyRule>(rule);
}

}  // namespace

bool is_zone_file(std::string_view bytes) {
  return bytes.starts_with(kMagic);
}

base::Result<TimeZone> parse_zone_file(std::string_view bytes) {
  Reader reader(bytes);
  KAIZEN_TRY(const Header old, read_header(reader));
  if (old.version < '2')
    return reader.problem("version 1 holds no times after 2037; use 2 or later");
  if (!reader.has(old.block_bytes(4)))
    return reader.problem("the file ends inside its first block");
  reader.take(old.block_bytes(4));
  KAIZEN_TRY(const Header header, read_header(reader));
  if (header.types == 0) return reader.problem("no type of local time is defined");
  if (header.leaps != 0)
    return reader.problem("leap seconds are counted; use the zone without them");
  if (!reader.has(header.block_bytes(8))) return reader.problem("the file ends inside its block");
  KAIZEN_TRY(Changes changes, read_changes(reader, header));
  reader.take(header.letters + header.standard_flags + header.utc_flags);
  KAIZEN_TRY(const std::optional<YearlyRule> rule, read_footer(reader));
  return TimeZone(changes.first_offset_s, std::move(changes.list), rule);
}

}  // namespace kaizen::core
