#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# tests/vm/kill.sh [KERNEL]: the loader killed at each step of load and swap; see tests/vm/kill-guest.sh. amd64 only:
# stepkill reads that architecture's registers.
# shellcheck source=tests/vm/host.sh
. "$(dirname "${BASH_SOURCE[0]}")/host.sh"
kernel=${1:-amd64-6.12-cloud}
add=()
image() { # NAME VERSION
  local drop='/# even/d'
  (($2 % 2)) || drop='/# odd$/d'
  sed -e "s/^version: .*/version: $2/" -e "$drop" tests/vm/kill.yaml >"$out/$1.yaml"
  "$bin/kss-load" compile "$out/$1.yaml" -o "$out/$1.kss" >/dev/null
  add+=(--add "$out/$1.kss:/$1.kss")
}
for version in {1..45}; do image "v$version" "$version"; done
image last 99
static_c gcc "$out/stepkill" tests/vm/stepkill.c
exec ci/vm --timeout 800 "${kss_load[@]}" --add "$out/stepkill:/usr/local/bin/stepkill" \
  --add tests/vm/kill-guest.sh "${add[@]}" "$kernel" -- sh /kill-guest.sh
