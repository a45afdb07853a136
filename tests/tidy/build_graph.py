"""What a build directory really compiled: the true include closure of every object.

Ninja records the dependencies that the compiler itself reported, so this sees what a text search for #include lines
cannot: headers that come in through other headers (A11). Used by hack/check_layers and by the checks of this folder.
"""

import functools
import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Object:
    """One object file: `source` and `includes` are repository paths ("controller/base/text.cc") or absolute ones."""

    name: str
    target: str  # the CMake target it belongs to
    source: str
    includes: list = field(default_factory=list)

    @property
    def room(self):
        return room_of(self.source)

    @property
    def is_test(self):
        return self.target.endswith("_test") or self.source.startswith("tests/")


def room_of(path):
    parts = path.split("/")
    return parts[1] if len(parts) > 2 and parts[0] == "controller" else None


def ninja(build, *arguments):
    done = subprocess.run(["ninja", "-C", str(build), *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"ninja -C {build} {' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done.stdout


@functools.lru_cache(maxsize=None)
def _normalise(path, build):
    absolute = os.path.realpath(os.path.join(build, path))
    try:
        return str(Path(absolute).relative_to(ROOT))
    except ValueError:
        return absolute


def _target_of(name):
    for part in name.split("/"):
        if part.endswith(".dir"):
            return part[: -len(".dir")]
    return ""


def known_outputs(build):
    """Outputs of the present build files. Ninja's log also remembers objects of sources that are gone."""
    rows = ninja(build, "-t", "targets", "all").splitlines()
    return {row.rsplit(": ", 1)[0] for row in rows}


def objects(build):
    """Every built object whose source lies in the repository."""
    build = Path(build).resolve()
    wanted = known_outputs(build)
    found, current = [], None
    for line in ninja(build, "-t", "deps").splitlines():
        if line.startswith("    "):
            if current is not None:
                current.append(_normalise(line.strip(), build))
            continue
        name, colon, _ = line.partition(": #deps")
        if not colon:
            continue
        current = []
        if name in wanted and name.endswith(".o"):
            found.append((name, current))
    result = []
    for name, paths in found:
        # clang names a precompiled header before the source.
        source = next((p for p in paths if p.endswith(".cc") and not os.path.isabs(p)), None)
        if source is not None:
            includes = [p for p in paths if p != source]
            result.append(Object(name=name, target=_target_of(name), source=source, includes=includes))
    return result


def missing_objects(build):
    """Objects of rooms that the build files know and nobody compiled yet: a check over the rest would prove little."""
    built = {o.name for o in objects(build)}
    return sorted(name for name in known_outputs(build)
                  if name.startswith("controller/") and name.endswith(".cc.o") and name not in built)


def compile_commands(build):
    """[(output, command)] of every C++ compilation the build files know."""
    rows = json.loads(ninja(build, "-t", "compdb"))
    return [(row["output"], row["command"]) for row in rows if row["output"].endswith(".cc.o")]


def archives(build, rooms):
    """room -> path of its static library; a room without one has no entry."""
    result = {}
    for room in rooms:
        path = Path(build) / "controller" / room / f"libkaizen_{room}.a"
        if path.exists():
            result[room] = path
    return result
