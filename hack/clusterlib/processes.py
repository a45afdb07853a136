"""Processes of one cluster: started in its network namespace, known by pid files, ended by id."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

from .programs import Failure


class Processes:
    def __init__(self, state, netns):
        self.state, self.netns = Path(state), netns

    # nsenter and not `ip netns exec`: the latter hides the mounts of the control groups.
    def inside(self, command):
        return ["nsenter", f"--net=/run/netns/{self.netns}", *map(str, command)]

    def run(self, command, check=True, **options):
        done = subprocess.run(self.inside(command), check=False, capture_output=True, text=True, **options)
        if check and done.returncode != 0:
            raise Failure(f"{' '.join(map(str, command))}: {done.stderr.strip() or done.stdout.strip()}")
        return done

    def start(self, name, command, environment=None):
        (self.state / "log").mkdir(parents=True, exist_ok=True)
        (self.state / "pid").mkdir(parents=True, exist_ok=True)
        with open(self.state / "log" / f"{name}.log", "ab") as log:
            process = subprocess.Popen(self.inside(command), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       start_new_session=True, env={**os.environ, **(environment or {})})
        # With the start time, so that a pid that came around again is never taken for ours.
        (self.state / "pid" / name).write_text(f"{process.pid} {start_time(process.pid)}")

    def alive(self, name):
        entry = self.state / "pid" / name
        return entry.exists() and _is(*_entry(entry))

    def tail(self, name, lines=15):
        log = self.state / "log" / f"{name}.log"
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else "(no log)"

    def stop(self, names=None):
        """Asks, waits two seconds, then kills: nothing of a test cluster is kept."""
        folder = self.state / "pid"
        entries = [folder / n for n in names] if names is not None else sorted(folder.glob("*"))
        ours = [(e, *_entry(e)) for e in entries if e.exists()]
        end([pid for _, pid, started in ours if _is(pid, started)])
        for entry, _, _ in ours:
            entry.unlink(missing_ok=True)

    def stop_pods(self):
        """The shims of this containerd and everything below them: containerd itself leaves them alone."""
        marker = f"-address {self.state}/containerd.sock"
        shims = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if "containerd-shim-runc-v2" in words and marker in words:
                shims.append(int(folder.name))
        children = _children(shims)
        for pid in children + shims:
            _signal(pid, signal.SIGKILL)


def start_time(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return ""


def end(pids, patience=2.0):
    for pid in pids:
        _signal(pid, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and any(_running(p) for p in pids):
        time.sleep(0.05)
    for pid in pids:
        if _running(pid):
            _signal(pid, signal.SIGKILL)


def _entry(path):
    words = path.read_text().split()
    return int(words[0]), words[1] if len(words) > 1 else ""


def _is(pid, started):
    return started != "" and start_time(pid) == started and _running(pid)


def _running(pid):
    try:
        return not re.search(r"^State:\s+[ZX]", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    except OSError:
        return False


def _signal(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def _children(pids):
    found, todo = [], list(pids)
    while todo:
        done = subprocess.run(["pgrep", "-P", str(todo.pop())], capture_output=True, text=True, check=False)
        below = [int(p) for p in done.stdout.split()]
        found += below
        todo += below
    return found
