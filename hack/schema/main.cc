// kaizen-schema: writes what is derived from the tables of the code (A40). Not part of the
// operator.
//
//   kaizen-schema crd     the CustomResourceDefinitions, on standard output
//   kaizen-schema rbac    the operator's ClusterRole
#include <cstdio>
#include <string_view>

#include "api/crds.h"
#include "rbac.h"
#include "schema/crd.h"

namespace {

int fail(std::string_view message) {
  std::fprintf(stderr, "kaizen-schema: %.*s\n", static_cast<int>(message.size()), message.data());
  return 2;
}

int write(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  return written && std::fflush(stdout) == 0 ? 0 : fail("cannot write to standard output");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view command = argc == 2 ? std::string_view(argv[1]) : std::string_view();
  if (command == "crd") return write(kaizen::schema::crd_yaml(kaizen::api::model_deployment_crd()));
  if (command == "rbac") return write(rbac_yaml());
  return fail("usage: kaizen-schema crd | rbac");
}
