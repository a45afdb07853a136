#!/usr/bin/env bash
# Builds the Dockerfile from source, without a registry, and looks at what came out (SEC-52).
#
#   tests/image/check.sh [TAG]        default localhost/kaizen:check; the image stays in buildah's storage
#
# Exit 77: this machine cannot build images, the last line says why.
set -euo pipefail
cd "$(dirname "$0")/../.."

[ "$(id -u)" -eq 0 ] || { echo 'needs root'; exit 77; }
for tool in buildah debootstrap; do
  command -v "$tool" > /dev/null || { echo "$tool is missing; hack/setup installs it"; exit 77; }
done

tag=${1:-localhost/kaizen:check}
limit_bytes=$((40 * 1024 * 1024))
export STORAGE_DRIVER=${STORAGE_DRIVER:-vfs} BUILDAH_ISOLATION=chroot
failures=0

check() {
  local what=$1
  shift
  if "$@"; then
    printf 'ok    %s\n' "$what"
  else
    printf 'FAIL  %s\n' "$what"
    failures=$((failures + 1))
  fi
}

inspect() { buildah inspect --type image --format "$1" "$tag"; }

has_no_shell() {
  local found
  found=$(find "$root" \( -type f -o -type l \) \( -name sh -o -name '*bash' -o -name dash -o -name 'busybox*' -o -name apt \
    -o -name 'apt-*' -o -name 'dpkg*' -o -name perl -o -name 'python*' \) -print)
  [ -z "$found" ] || { printf '%s\n' "$found"; return 1; }
}

holds_only_what_is_needed() {
  local strange
  strange=$(cd "$root" && find . -type f ! -path './kaizen' ! -path './lib*/*.so*' ! -path './usr/lib*/*.so*' \
    ! -path './usr/share/doc/*/copyright' ! -path './usr/share/zoneinfo/*' ! -path './etc/passwd' \
    ! -path './etc/group' ! -path './etc/nsswitch.conf' ! -path './etc/ssl/certs/ca-certificates.crt' \
    ! -path './etc/hosts' ! -path './etc/hostname' ! -path './etc/resolv.conf' ! -path './run/.containerenv')
  [ -z "$strange" ] || { printf '%s\n' "$strange"; return 1; }
}

has_time_zones() (
  cd "$root/usr/share/zoneinfo" || exit 1
  strange=$(find . \( -type f -o -type l \) ! -name tzdata.zi -print | while IFS= read -r file; do
    [ "$(head -c 4 "$file")" = TZif ] || printf '%s\n' "$file"
  done)
  [ -z "$strange" ] || { printf '%s\n' "$strange"; exit 1; }
  [ -e Asia/Tokyo ] && [ -e America/New_York ] && grep -q '^# version' tzdata.zi
)

is_writable_by_nobody() {
  local found
  found=$(find "$root" -xdev ! -type l \( -perm /022 -o -perm /6000 -o -uid 65532 \) ! -path "$root/proc*" ! -path "$root/sys*" \
    ! -path "$root/dev*")
  [ -z "$found" ] || { printf '%s\n' "$found"; return 1; }
}

# Without .git and caches the context is what a clone has; ccache's directory lets a rebuild take seconds.
cache=$(ccache --get-config cache_dir)
mkdir -p "$cache"
tests/image/base_image.sh
buildah bud --pull-never --layers --build-arg BUILDER_BASE=docker.io/library/debian:12-slim --volume "$cache:/ccache" \
  -t "$tag" . < /dev/null

container=$(buildah from --pull-never "$tag")
root=$(buildah mount "$container")
trap 'buildah umount "$container" > /dev/null; buildah rm "$container" > /dev/null' EXIT
bytes=$(du -sb "$root" | cut -f1)

check "SEC-52 runs as user 65532" test "$(inspect '{{.OCIv1.Config.User}}')" = 65532:65532
check "SEC-52 starts the operator" test "$(inspect '{{.OCIv1.Config.Entrypoint}}')" = '[/kaizen operator]'
check "SEC-52 has no shell and no package manager" has_no_shell
check "SEC-52 holds the binary, its libraries, their licences, the public CAs and time zones only" holds_only_what_is_needed
check "TG-12 its time zones are there and nothing else beside them" has_time_zones
check "SEC-52 nothing in it is writable by its user, nothing changes user" is_writable_by_nobody
check "SEC-52 has $bytes bytes, at most $limit_bytes" test "$bytes" -le "$limit_bytes"
check "SEC-52 the binary runs with the libraries of the image" buildah run "$container" -- /kaizen version

echo "$failures failed"
[ "$failures" -eq 0 ]
