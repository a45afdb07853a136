// Must not compile (A41): a member without a row. Compiled by the ctest `forgotten_row`.
#include <string>

#include "schema/describe.h"

namespace kaizen::schema {

struct Forgetful {
  std::string described;
  std::string forgotten;
};

constexpr FieldInfo kForgetfulFields[] = {field<&Forgetful::described>("described")};
KAIZEN_DESCRIBE(Forgetful, kForgetfulFields, "")

}  // namespace kaizen::schema
