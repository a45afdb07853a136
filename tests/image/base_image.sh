#!/usr/bin/env bash
# Makes docker.io/library/debian:12-slim in buildah's storage from the mirror apt uses, so that the Dockerfile builds without
# a registry. About 40 s the first time, nothing after. Needs root, debootstrap and buildah.
set -euo pipefail
export STORAGE_DRIVER=${STORAGE_DRIVER:-vfs} BUILDAH_ISOLATION=chroot
name=docker.io/library/debian:12-slim
if buildah inspect --type image "$name" > /dev/null 2>&1; then exit 0; fi

mirror=$(apt-get indextargets --format '$(SITE) $(RELEASE)' | awk '$2 == "bookworm" {print $1; exit}')
root=$(mktemp -d)
container=
cleanup() {
  [ -z "$container" ] || buildah rm "$container" > /dev/null
  rm -rf "$root"
}
trap cleanup EXIT
echo "image: making $name from ${mirror:-the default mirror} with debootstrap, once"
debootstrap --variant=minbase bookworm "$root" ${mirror:+"$mirror"} > "$root.log" 2>&1 || { tail -20 "$root.log" >&2; exit 1; }
rm -f "$root.log"
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
container=$(buildah from scratch)
buildah add -q "$container" "$root" / > /dev/null
buildah commit -q "$container" "$name" > /dev/null
