"""Runs the pinned helm and kubectl of hack/cluster, which builds them when they are not in its cache yet."""

import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "hack"))

from clusterlib import programs  # noqa: E402

CHART = ROOT / "charts" / "kaizen"
NOT_RUN = 77  # SKIP_RETURN_CODE of the ctests


def find(name):
    return str(programs.path_of(name))


def require(*names):
    """The paths of the tools; ends this test as not run when they cannot be built here."""
    try:
        programs.ensure([g for g, members in programs.GROUPS.items() if any(m.name in names for m in members)])
    except programs.Failure as failure:
        print(failure)
        sys.exit(NOT_RUN)
    paths = [find(name) for name in names]
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
