#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# tests/vm/workload.sh [KERNEL]: shell, coreutils, git, python, nginx and mosquitto do the same work without KSS and in a
# domain that may do everything: nothing may differ.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
kernel=${1:-amd64-6.12-cloud}
out=build/workload
mkdir -p "$out"
ci/rootfs "$out/root.cpio" bash coreutils findutils grep sed tar procps git python3-minimal libpython3-stdlib nginx mosquitto \
  mosquitto-clients curl
exec ci/vm --rootfs "$out/root.cpio" --mem 2048 --timeout 800 --add "${KSS_BIN:-build/release/bin}/kss-load:/usr/sbin/kss-load" \
  --add tests/vm/allow-all.yaml:/allow-all.yaml --add tests/vm/workload-guest.sh:/workload.sh "$kernel" -- bash /workload.sh
