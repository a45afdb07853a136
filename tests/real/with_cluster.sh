#!/usr/bin/env bash
# Runs a command while a real API server of its own is up, and takes that down afterwards. Exit 77: this machine cannot.
#
#   tests/real/with_cluster.sh 3.6|debian COMMAND...      KAIZEN_CLUSTER and KUBECONFIG are set for the command
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
[ "$(id -u)" -eq 0 ] || { echo 'needs root: it makes a network namespace'; exit 77; }
export KAIZEN_CLUSTER=real-$$
trap '"$root/hack/cluster" down' EXIT
"$root/hack/cluster" up --control-plane --etcd="$1"
shift
export KUBECONFIG=${XDG_CACHE_HOME:-$HOME/.cache}/kaizen/clusters/$KAIZEN_CLUSTER/kubeconfig
"$@"
