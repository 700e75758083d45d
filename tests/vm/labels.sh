#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# tests/vm/labels.sh [KERNEL]: names that change, on tmpfs and on overlayfs, with types kept with inodes and without.
# shellcheck source=tests/vm/host.sh
. "$(dirname "${BASH_SOURCE[0]}")/host.sh"
kernel=${1:-amd64-6.12-cloud}
static_c gcc "$out/attack" tests/attack/attack/*.c
exec ci/vm --timeout 600 --mem 1024 --modules overlay "${kss_load[@]}" --add "$out/attack:/usr/bin/attack" \
  --add tests/attack/attack.yaml --add tests/vm/labels.yaml --add tests/vm/attacks.awk --add tests/vm/labels-guest.sh \
  "$kernel" -- sh /labels-guest.sh
