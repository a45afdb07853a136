"""The table of rooms (docs/architecture.md): which room may use which, and which third-party library where."""

import fnmatch

# Direct uses; a room may include what those use as well.
USES = {
    "base": [],
    "schema": ["base"],
    "api": ["schema"],
    "stats": ["base"],
    "core": ["api", "stats"],
    "ext": ["core"],
    "net": ["base"],
    "load": ["net"],
    "telemetry": ["base"],
    "kube": ["schema", "net"],
    "reconcile": ["core", "kube", "telemetry"],
    "drive": ["reconcile"],
    "app": ["drive", "ext", "load", "net", "telemetry"],
}

# Never touch a clock, a thread, a socket, a file, the environment or randomness (A13), and have no global constructors
# (A15). net and telemetry hold adapters, drive and app the threads.
PURE = ["base", "schema", "api", "stats", "core", "ext", "load", "kube", "reconcile"]

# A room that only speaks through net's interface may see this header of it and none of the adapters'.
INTERFACE_ONLY = {room: {"net": ["net/transport.h"]} for room in ("load", "kube", "reconcile")}

# Library -> how the paths of its headers begin, below the include root.
LIBRARIES = {
    "openssl": ["openssl/"],
    "fmt": ["fmt/"],
    "boost": ["boost/"],
    "cpprest": ["cpprest/", "pplx/"],
    "nlohmann": ["nlohmann/"],
    "simdjson": ["simdjson.h"],
    "yaml-cpp": ["yaml-cpp/"],
    "prometheus": ["prometheus/"],
    "cli11": ["CLI/"],
    "pugixml": ["pugixml.hpp", "pugiconfig.hpp"],
    "gtest": ["gtest/", "gmock/"],
}

# Source -> libraries whose headers may be in its closure. A library is private to a .cc: what one room includes never
# reaches another, because that other room's row does not name it.
ALLOWED = [
    ("*", {"fmt"}),
    ("controller/base/hash.cc", {"openssl"}),
    ("controller/stats/*.cc", {"boost"}),
    ("controller/schema/*.cc", {"simdjson"}),
    ("controller/schema/crd.cc", {"yaml-cpp"}),
    ("controller/ext/*.cc", {"nlohmann", "simdjson"}),
    ("controller/load/s3.cc", {"pugixml"}),
    ("controller/kube/*.cc", {"simdjson"}),
    ("controller/net/*.cc", {"cpprest", "boost", "openssl"}),
    ("controller/telemetry/*.cc", {"prometheus"}),
    ("controller/app/*.cc", {"yaml-cpp", "cli11"}),
]


def closure(room, uses=None):
    """The room itself and every room it may include."""
    uses = USES if uses is None else uses
    seen, todo = set(), [room]
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo.extend(uses.get(name, []))
    return seen


def allowed_libraries(source):
    result = set()
    for pattern, libraries in ALLOWED:
        if fnmatch.fnmatchcase(source, pattern):
            result |= libraries
    return result
