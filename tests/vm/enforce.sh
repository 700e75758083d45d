#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# tests/vm/enforce.sh KERNEL [OPTION of ci/vm]...: does a policy hold, end to end, on this kernel? A policy is loaded,
# used, swapped and unloaded in a guest by tests/vm/enforce-guest.sh. KSS_LOAD names the (static) program to test; by
# default it is that of the release build, or of ci/cross for a foreign architecture. KSS_RESERVE: of kss-load load; with
# `any` the image lies in the kernel otherwise, and other code decides.
# shellcheck source=tests/vm/host.sh
. "$(dirname "${BASH_SOURCE[0]}")/host.sh"
kernel=${1:?a kernel is needed: see ci/vm --list}
shift
arch=${kernel%%-*}
program=$bin/kss-load
[[ $arch == "$(dpkg --print-architecture)" ]] || program=build/cross-$arch/bin/kss-load
program=${KSS_LOAD:-$program}
[[ -x $program ]] || {
  printf '%s: there is none; build it, or ci/cross %s build/cross-%s\n' "$program" "$arch" "$arch" >&2
  exit 125
}
# What these kernels have no hook for is not what is tested; kss-load names it. All others have to load without this.
options=()
[[ $kernel != *-5.10 ]] || options=(--allow-degraded)
exec ci/vm --timeout 800 --add "$program:/usr/local/bin/kss-load" --add tests/vm/guest.sh --add tests/vm/enforce-guest.sh \
  --add tests/vm/enforce.yaml --add tests/vm/states.yaml "$@" "$kernel" -- sh /enforce-guest.sh "${KSS_RESERVE:-1048576}" ${options[@]+"${options[@]}"}
