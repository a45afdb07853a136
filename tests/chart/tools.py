"""Finds and runs helm and kubectl: from the cache that hack/cluster fills, else from PATH."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "kaizen"
NOT_RUN = 77  # SKIP_RETURN_CODE of the ctests


def find(name):
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kaizen" / "bin" / name
    return str(cache) if os.access(cache, os.X_OK) else shutil.which(name)


def require(*names):
    """The paths of the tools; ends this test as not run when one is missing."""
    paths = [find(name) for name in names]
    missing = [name for name, path in zip(names, paths) if path is None]
    if missing:
        print(f"{' and '.join(missing)} not found: hack/cluster builds them into the cache")
        sys.exit(NOT_RUN)
    return paths if len(paths) > 1 else paths[0]


def helm(*arguments):
    return subprocess.run([find("helm"), *map(str, arguments)], capture_output=True, text=True, check=False)


def documents(text):
    return [d for d in yaml.safe_load_all(text) if d]


def render(*arguments, release="kaizen", namespace="kaizen-system"):
    """The objects of `helm template`, or an AssertionError with Helm's message."""
    done = helm("template", release, CHART, "--namespace", namespace, "--kube-version", "1.36.3", *arguments)
    assert done.returncode == 0, done.stderr
    return documents(done.stdout)


def one(objects, kind, name=None):
    found = [o for o in objects if o["kind"] == kind and (name is None or o["metadata"]["name"] == name)]
    assert len(found) == 1, f"{len(found)} objects of kind {kind}"
    return found[0]
