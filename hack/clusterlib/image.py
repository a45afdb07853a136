#!/usr/bin/env python3
"""Writes a container image, as the archive `ctr images import` reads, from files on this machine: no registry, no daemon.

    hack/clusterlib/image.py OUT.tar NAME:TAG [--entrypoint WORD]... [--file SOURCE=PATH]... [--env K=V]... [--user UID]
"""

import argparse
import hashlib
import io
import json
import tarfile
from pathlib import Path


def _digest(data):
    return hashlib.sha256(data).hexdigest()


def _layer(files):
    """One layer; owner, mode and time are fixed so that the same files give the same image."""
    buffer, made = io.BytesIO(), set()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for source, path in files:
            parts = path.strip("/").split("/")
            for depth in range(1, len(parts)):
                folder = "/".join(parts[:depth])
                if folder not in made:
                    made.add(folder)
                    info = tarfile.TarInfo(folder)
                    info.type, info.mode = tarfile.DIRTYPE, 0o755
                    tar.addfile(info)
            data = Path(source).read_bytes()
            info = tarfile.TarInfo("/".join(parts))
            info.size, info.mode = len(data), 0o755 if Path(source).stat().st_mode & 0o111 else 0o644
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def write(out, name, entrypoint, files, env=(), user=""):
    layer = _layer(files)
    config = json.dumps({
        "architecture": "amd64", "os": "linux",
        "config": {"Entrypoint": list(entrypoint), "Env": list(env), "User": user},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + _digest(layer)]}}, sort_keys=True).encode()
    manifest = json.dumps([{"Config": _digest(config) + ".json", "RepoTags": [name],
                            "Layers": [_digest(layer) + "/layer.tar"]}]).encode()
    with tarfile.open(out, "w") as tar:
        for path, data in ((_digest(config) + ".json", config), (_digest(layer) + "/layer.tar", layer),
                           ("manifest.json", manifest)):
            info = tarfile.TarInfo(path)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def names(archive):
    """The images in an archive; ValueError when it is none."""
    try:
        with tarfile.open(archive) as tar:
            manifest = json.load(tar.extractfile("manifest.json"))
        return [name for entry in manifest for name in entry.get("RepoTags") or []]
    except (OSError, KeyError, tarfile.TarError) as problem:
        raise ValueError(f"{archive} is not an image archive: {problem}") from problem


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("name")
    for option in ("entrypoint", "file", "env"):
        parser.add_argument("--" + option, action="append", default=[])
    parser.add_argument("--user", default="")
    a = parser.parse_args()
    write(a.out, a.name, a.entrypoint, [f.rsplit("=", 1) for f in a.file], a.env, a.user)


if __name__ == "__main__":
    main()
