// kaizen-schema: writes what is derived from the tables of the code (A40). Not part of the
// operator.
//
//   kaizen-schema crd     the CustomResourceDefinitions, on standard output
//   kaizen-schema rbac    the rules of the operator's role
#include <cstdio>
#include <string>
#include <string_view>

#include "api/crds.h"
#include "schema/crd.h"

namespace {

int fail(std::string_view message) {
  std::fprintf(stderr, "kaizen-schema: %.*s\n", static_cast<int>(message.size()), message.data());
  return 2;
}

int write_crds() {
  const std::string text = kaizen::schema::crd_yaml(kaizen::api::model_deployment_crd());
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  return written && std::fflush(stdout) == 0 ? 0 : fail("cannot write to standard output");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view command = argc == 2 ? std::string_view(argv[1]) : std::string_view();
  if (command == "crd") return write_crds();
  if (command == "rbac") {
    return fail("rbac is not built yet: config/rbac/role.yaml is kept by hand");
  }
  return fail("usage: kaizen-schema crd | rbac");
}
