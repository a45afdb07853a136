"""The files of the tree: those that are committed or about to be, never those of build directories and caches."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def tracked(root=ROOT):
    done = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard"],
                          capture_output=True, text=True, check=False)
    names = done.stdout.splitlines() if done.returncode == 0 else [
        str(p.relative_to(root)) for p in sorted(Path(root).rglob("*")) if p.is_file()]
    return [n for n in sorted(set(names)) if (Path(root) / n).is_file()]


def cpp_files(root=ROOT):
    return [n for n in tracked(root) if n.endswith((".cc", ".h")) and n.split("/")[0] in ("controller", "tests", "hack")]
