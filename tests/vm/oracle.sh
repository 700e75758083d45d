#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# tests/vm/oracle.sh KERNEL [OPTION of oracle-generate]...: real system calls, under random policies, must be granted and
# denied as the reference evaluator says. What a policy is asked for each is the table in tests/vm/oracle/operations.cpp.
# --seed N, --policies N, --operations N; what was run is kept in build/oracle ($KSS_OUT). KSS_LOAD_OPTIONS: of kss-load load.
# shellcheck source=tests/vm/host.sh
. "$(dirname "${BASH_SOURCE[0]}")/host.sh"
kernel=${1:?a kernel is needed: see ci/vm --list}
shift
case $kernel in
  amd64-*) arch=amd64 cc=gcc ;;
  arm64-*) arch=arm64 cc=aarch64-linux-gnu-gcc KSS_BIN=${KSS_BIN:-build/cross-arm64/bin} ;;
  *) echo "oracle: not on $kernel" >&2; exit 2 ;;
esac
build/release/bin/oracle-generate --out "$out/run" "$@"
flags=(-std=gnu11 -O2 -Wall -Wextra -Werror -static -s)
"$cc" "${flags[@]}" -Wno-unused-function -Iinclude -o "$out/guest-$arch" tests/vm/oracle/guest/*.c
"$cc" "${flags[@]}" -nostdlib -fno-stack-protector -Wl,-z,noexecstack -o "$out/exec-$arch" tests/vm/oracle/guest-exec.c
exec ci/vm --timeout "${KSS_TIMEOUT:-800}" --add "$bin/kss-load:/usr/local/bin/kss-load" --add "$out/guest-$arch:/oracle-guest" \
  --add "$out/exec-$arch:/oracle-exec" --add "$out/run:/oracle" "$kernel" -- env "KSS_LOAD_OPTIONS=${KSS_LOAD_OPTIONS:-}" /oracle-guest --inverted /oracle
