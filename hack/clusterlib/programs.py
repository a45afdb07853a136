"""The pinned programs of the test cluster, built once from Go modules and kept by version in the user's cache."""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kaizen"
KUBERNETES = "v1.36.3"
_BASE = "k8s.io/component-base/version"


@dataclass(frozen=True)
class Program:
    name: str
    package: str
    module: str = ""  # folder of go/ that pins it; empty: package@version is fetched as it is
    version: str = ""
    tags: str = ""
    ldflags: str = "-s -w"
    minutes: int = 1  # on two processors, with nothing in Go's own cache


# Without these the server reports v0.0.0-master, and kubectl and Helm cannot parse its version.
_KUBE_FLAGS = f"-s -w -X {_BASE}.gitVersion={KUBERNETES} -X {_BASE}.gitMajor=1 -X {_BASE}.gitMinor=36"


def _kube(name, minutes):
    return Program(name, f"k8s.io/kubernetes/cmd/{name}", "kubernetes", KUBERNETES, ldflags=_KUBE_FLAGS, minutes=minutes)


def _containerd(name):
    return Program(name, f"github.com/containerd/containerd/v2/cmd/{name}", version="v2.2.1",
                   tags="no_btrfs,no_zfs,no_devmapper")


GROUPS = {
    "control-plane": [_kube("kube-apiserver", 5), _kube("kube-controller-manager", 1), _kube("kube-scheduler", 1),
                      _kube("kubectl", 1)],
    "etcd": [Program("etcd", ".", "etcd", "v3.6.8")],
    "node": [_kube("kubelet", 2), _kube("kube-proxy", 1), _containerd("containerd"),
             _containerd("containerd-shim-runc-v2"), _containerd("ctr"),
             Program("coredns", "github.com/coredns/coredns", version="v1.12.1", minutes=2)],
    "gateway": [Program("traefik", "github.com/traefik/traefik/v3/cmd/traefik", "gateway", minutes=7)],
    "monitoring": [Program("prometheus", "github.com/prometheus/prometheus/cmd/prometheus", "prometheus", minutes=3,
                           tags="remove_all_sd,enable_kubernetes_sd")],
    "s3": [Program("versitygw", "github.com/versity/versitygw/cmd/versitygw", version="v1.8.0", minutes=2)],
    "helm": [Program("helm", "helm.sh/helm/v3/cmd/helm", version="v3.22.0", minutes=2)],
}
PROGRAMS = {p.name: p for group in GROUPS.values() for p in group}


class Failure(Exception):
    """Something outside went wrong; the message says what and what to do."""


def go_binary():
    for candidate in (shutil.which("go"), CACHE / "go" / "bin" / "go"):
        if candidate and Path(candidate).exists():
            version = subprocess.run([candidate, "env", "GOVERSION"], capture_output=True, text=True, check=False,
                                     env={**os.environ, "GOTOOLCHAIN": "local"}).stdout.strip()
            numbers = [int(n) for n in version.removeprefix("go").split("-")[0].split(".") if n.isdigit()]
            if numbers >= [1, 26, 7]:
                return str(candidate)
    raise Failure("Go 1.26.7 or newer is not here; run hack/setup")


def path_of(name):
    """Where the built program lies; the name holds everything that decides what it is."""
    program = PROGRAMS[name]
    identity = [program.package, program.version, program.tags, program.ldflags]
    if program.module:
        folder = HERE / "go" / program.module
        identity += [(folder / f).read_text() for f in sorted(os.listdir(folder))]
    digest = hashlib.sha256("\0".join(identity).encode()).hexdigest()[:10]
    return CACHE / "programs" / f"{name}-{program.version or 'pinned'}-{digest}" / name


def _build(program, target, go):
    target.parent.mkdir(parents=True, exist_ok=True)
    work = target.parent / f".new-{os.getpid()}"
    work.mkdir(exist_ok=True)
    environment = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local"}
    command = [go]
    if program.module:
        folder = HERE / "go" / program.module
        environment["GOFLAGS"] = "-mod=mod"
        # A copy, because -mod=mod may write to go.mod and go.sum.
        copy = work / "module"
        shutil.copytree(folder, copy)
        command += ["build", "-trimpath", "-tags", program.tags, "-ldflags", program.ldflags, "-o", str(work / program.name),
                    program.package]
        cwd = copy
    else:
        environment["GOFLAGS"] = ""
        environment["GOBIN"] = str(work)
        command += ["install", "-trimpath", "-tags", program.tags, "-ldflags", program.ldflags,
                    f"{program.package}@{program.version}"]
        cwd = work
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        shutil.rmtree(work, ignore_errors=True)
        raise Failure(f"building {program.name} failed:\n{done.stderr[-4000:]}")
    os.replace(work / program.name, target)  # whole or not at all
    shutil.rmtree(work, ignore_errors=True)


def ensure(groups, say=lambda text: print(text, file=sys.stderr, flush=True)):
    """Builds what is missing of these groups."""
    missing = [p for g in groups for p in GROUPS[g] if not path_of(p.name).exists()]
    if not missing:
        return
    go = go_binary()
    say(f"cluster: building {len(missing)} programs once, into {CACHE}: about {sum(p.minutes for p in missing)} minutes "
        f"on two processors when Go's cache is empty: {' '.join(p.name for p in missing)}")
    for program in missing:
        started = time.monotonic()
        _build(program, path_of(program.name), go)
        say(f"cluster: {program.name} built in {time.monotonic() - started:.0f} s")


def module_folder(module, version):
    """The source folder of a Go module, fetched when needed: for CRD manifests."""
    done = subprocess.run([go_binary(), "mod", "download", "-json", f"{module}@{version}"], capture_output=True, text=True,
                          check=False, cwd="/", env={**os.environ, "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local"})
    if done.returncode != 0:
        raise Failure(f"cannot fetch the Go module {module}@{version}: {done.stdout}{done.stderr}")
    import json
    return Path(json.loads(done.stdout)["Dir"])
