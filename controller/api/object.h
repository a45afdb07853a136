// What every Kubernetes object carries, as far as kaizen reads or writes it, and the small parts
// that several of its kinds share. Plain data; decoded objects are shared as Ref<T> and never
// changed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "base/uid.h"

namespace kaizen::api {

using StringMap = std::map<std::string, std::string, std::less<>>;

struct OwnerReference {
  std::string api_version;
  std::string kind;
  std::string name;
  base::Uid uid;
  bool controller = false;
  bool block_owner_deletion = false;

  bool operator==(const OwnerReference&) const = default;
};

struct Metadata {
  std::string name;
  std::string ns;  // "namespace" in JSON
  base::Uid uid;
  std::string resource_version;  // opaque; order only through kube/resource_version.h (RT-32)
  int64_t generation = 0;
  std::optional<base::Time> creation_timestamp;
  std::optional<base::Time> deletion_timestamp;
  StringMap labels;
  StringMap annotations;
  std::vector<std::string> finalizers;
  std::vector<OwnerReference> owner_references;

  bool operator==(const Metadata&) const = default;
};

// JSON that kaizen passes through without a model of it (A44): the original text without white
// space outside strings, immutable, shared. Null stands for "absent".
class RawJson {
 public:
  RawJson() = default;

  explicit RawJson(std::string text)
      : text_(std::make_shared<const std::string>(std::move(text))) {}

  bool empty() const { return text_ == nullptr; }

  std::string_view text() const { return text_ ? std::string_view(*text_) : std::string_view(); }

  friend bool operator==(const RawJson& a, const RawJson& b) { return a.text() == b.text(); }

 private:
  std::shared_ptr<const std::string> text_;
};

// A rate or share: "0.25%" or "0.0025" in JSON (MD-14: no floats in specs), the fraction 0.0025
// here.
struct Fraction {
  double value = 0;

  bool operator==(const Fraction&) const = default;
};

// A number that JSON holds as text ("0.002", "-1.5"): specs and statuses have no floats (MD-14,
// DR-11). NaN and infinities have no text: such a member is not written.
struct Decimal {
  double value = 0;

  bool operator==(const Decimal&) const = default;
};

// By name, in byte order.
template <class T>
using MapOf = std::map<std::string, T, std::less<>>;

struct ObjectRef {
  std::string name;  // same namespace

  bool operator==(const ObjectRef&) const = default;
};

// Compute resources of a container; quantities as text ("500m", "2Gi").
struct Resources {
  StringMap requests;
  StringMap limits;

  bool operator==(const Resources&) const = default;
};

// The answer to a request (UX-41): of every kind's status.
struct LastRequest {
  std::string id;
  std::string verb;
  std::string by;
  std::string outcome;  // Accepted Refused Done Failed
  std::string message;
  std::optional<base::Time> time;

  bool operator==(const LastRequest&) const = default;
};

// kstatus-style condition.
struct Condition {
  std::string type;
  std::string status;  // "True", "False", "Unknown"
  std::string reason;
  std::string message;
  int64_t observed_generation = 0;
  std::optional<base::Time> last_transition_time;

  bool operator==(const Condition&) const = default;
};

}  // namespace kaizen::api
