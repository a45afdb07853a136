#!/usr/bin/env bash
# The watch machine against a real API server on both stores (RT-27).
#
#   tests/real/watch_real.sh PROGRAM 3.6|debian watch-list|list
set -euo pipefail
cd "$(dirname "$0")/../.."
export KAIZEN_CLUSTER=watch-${2/./}-$$
trap 'hack/cluster down' EXIT
hack/cluster up --control-plane --etcd="$2"
state=${XDG_CACHE_HOME:-$HOME/.cache}/kaizen/clusters/$KAIZEN_CLUSTER
hack/cluster run "$1" https://10.98.0.1:6443 "$state/pki/ca.crt" admin-token "$3"
