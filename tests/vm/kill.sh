#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# tests/vm/kill.sh [KERNEL]: the loader killed at each step of load and swap; see tests/vm/kill-guest.sh. amd64 only:
# stepkill reads that architecture's registers.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
kernel=${1:-amd64-6.12-cloud}
bin=${KSS_BIN:-build/release/bin}
out=build/kill
mkdir -p "$out"
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
gcc -std=gnu11 -O2 -Wall -Wextra -Werror -static -s -o "$out/stepkill" tests/vm/stepkill.c
exec ci/vm --timeout 800 --add "$bin/kss-load:/usr/local/bin/kss-load" --add "$out/stepkill:/usr/local/bin/stepkill" \
  --add tests/vm/kill-guest.sh "${add[@]}" "$kernel" -- sh /kill-guest.sh
