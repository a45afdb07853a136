// The operator's ClusterRole as YAML text: the union of what core and every extension need (A52).
// The same bytes for the same needs.
#pragma once

#include <string>

std::string rbac_yaml();
