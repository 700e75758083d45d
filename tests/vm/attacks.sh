#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# tests/vm/attacks.sh [KERNEL]: every attack of tests/attack, without KSS and with it, in a guest.
# shellcheck source=tests/vm/host.sh
. "$(dirname "${BASH_SOURCE[0]}")/host.sh"
kernel=${1:-amd64-6.12-cloud}
case $kernel in
  amd64-*) arch=amd64 cc=gcc ;;
  arm64-*) arch=arm64 cc=aarch64-linux-gnu-gcc ;;
  *) echo "attacks: no $kernel" >&2; exit 2 ;;
esac
static_c "$cc" "$out/attack-$arch" tests/attack/attack/*.c
ci/rootfs --arch "$arch" "$out/root-$arch.cpio" coreutils
exec ci/vm --rootfs "$out/root-$arch.cpio" --mem 1024 --timeout "${KSS_TIMEOUT:-900}" --modules overlay \
  "${kss_load[@]}" --add "$out/attack-$arch:/usr/bin/attack" \
  --add tests/attack/attack.yaml:/attack.yaml --add tests/vm/attacks-guest.sh:/attacks.sh --add tests/vm/attacks.awk \
  "$kernel" -- sh /attacks.sh
