#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# tests/vm/states.sh [KERNEL [OPTION of kss-load load]...]: flows, formulas and limits in the kernel, on two processors;
# see tests/vm/states-guest.sh.
# shellcheck source=tests/vm/host.sh
. "$(dirname "${BASH_SOURCE[0]}")/host.sh"
kernel=${1:-amd64-6.12-cloud}
shift || true
exec ci/vm --timeout 900 --smp "${KSS_SMP:-2}" "${kss_load[@]}" --add tests/vm/states-guest.sh --add tests/vm/states.yaml "$kernel" -- \
  sh /states-guest.sh "$@"
