#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# tests/vm/kill.sh [KERNEL]: the loader killed while it loads and swaps; see tests/vm/kill-guest.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
kernel=${1:-amd64-6.12-cloud}
bin=${KSS_BIN:-build/release/bin}
out=build/kill
mkdir -p "$out"
add=()
image() { # NAME VERSION
  sed "s/^version: .*/version: $2/" tests/vm/enforce.yaml >"$out/$1.yaml"
  "$bin/kss-load" compile "$out/$1.yaml" -o "$out/$1.kss" >/dev/null
  add+=(--add "$out/$1.kss:/$1.kss")
}
image one 1
for version in {2..18}; do image "v$version" "$version"; done
image last 99
exec ci/vm --timeout 800 --add "$bin/kss-load:/usr/local/bin/kss-load" --add tests/vm/kill-guest.sh "${add[@]}" \
  "$kernel" -- sh /kill-guest.sh
