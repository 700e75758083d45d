#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# tests/vm/entry.sh KERNEL [sha512]: ways into a domain, by digest, cgroup and container, in a guest. With sha512, on a
# kernel told to hash by that: entry by digest has to be refused.
# shellcheck source=tests/vm/host.sh
. "$(dirname "${BASH_SOURCE[0]}")/host.sh"
kernel=${1:-amd64-6.12-cloud}
static_c gcc "$out/entry" tests/vm/entry.c
mode=(full)
options=()
case ${2:-} in
  sha512) mode=(sha512 'IMA makes other digests than SHA-256: boot with ima_hash=sha256') options=(--append ima_hash=sha512) ;;
esac
exec ci/vm --timeout "${KSS_TIMEOUT:-600}" "${kss_load[@]}" --add "$out/entry:/bin/entry" \
  --add tests/vm/entry.yaml --add tests/vm/entry-guest.sh ${options[@]+"${options[@]}"} "$kernel" -- sh /entry-guest.sh "${mode[@]}"
