#!/usr/bin/env bash
# Runs watch_real in the network of the cluster that with_cluster.sh started.
#
#   tests/real/watch_real.sh PROGRAM watch-list|list
set -euo pipefail
cd "$(dirname "$0")/../.."
hack/cluster run "$1" "$(dirname "$KUBECONFIG")" "$2"
