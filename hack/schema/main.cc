// kaizen-schema: writes what is derived from the tables of the code (A40). Not part of the
// operator.
//
//   kaizen-schema crd PLURAL    the CustomResourceDefinition of a kind, on standard output
//   kaizen-schema crds          the plurals of all kinds, a line each
//   kaizen-schema rbac          the operator's ClusterRole
#include <cstdio>
#include <string>
#include <string_view>

#include "api/crds.h"
#include "rbac.h"
#include "schema/crd.h"
#include "schema/describe.h"
#include "schema/resource.h"

namespace {

int fail(std::string_view message) {
  std::fprintf(stderr, "kaizen-schema: %.*s\n", static_cast<int>(message.size()), message.data());
  return 2;
}

int write(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  return written && std::fflush(stdout) == 0 ? 0 : fail("cannot write to standard output");
}

int write_crd(std::string_view plural) {
  for (const kaizen::schema::CrdSettings& settings : kaizen::api::crds()) {
    if (settings.kind->resource->plural == plural) return write(kaizen::schema::crd_yaml(settings));
  }
  return fail("no kind of ours has this plural; `kaizen-schema crds` lists them");
}

int write_plurals() {
  std::string text;
  for (const kaizen::schema::CrdSettings& settings : kaizen::api::crds()) {
    text += settings.kind->resource->plural;
    text += '\n';
  }
  return write(text);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view command = argc >= 2 ? std::string_view(argv[1]) : std::string_view();
  if (command == "crd" && argc == 3) return write_crd(argv[2]);
  if (command == "crds" && argc == 2) return write_plurals();
  if (command == "rbac" && argc == 2) return write(rbac_yaml());
  return fail("usage: kaizen-schema crd PLURAL | crds | rbac");
}
