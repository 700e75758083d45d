#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# tests/vm/seal.sh [KERNEL]: a sealed policy against root, in a guest. tests/attack/seal.c and tests/vm/seal-guest.sh try
# to undo the policy without its key, and to replace and unload it with it. Images are signed here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
kernel=${1:-amd64-6.12-cloud}
bin=${KSS_BIN:-build/release/bin}
out=build/seal
mkdir -p "$out"
for key in key other; do
  openssl genpkey -algorithm ed25519 -out "$out/$key.pem" 2>/dev/null
done
openssl pkey -in "$out/key.pem" -pubout -out "$out/key.pub" 2>/dev/null
add=(--add "$out/key.pub:/key.pub" --add "$out/key.pem:/key.pem" --add "$out/other.pem:/other.pem")
for version in 1 2 3; do
  sed "s/^version: .*/version: $version/" tests/vm/enforce.yaml >"$out/v$version.yaml"
  "$bin/kss-load" compile "$out/v$version.yaml" -o "$out/v$version.kss" --sign "$out/key.pem" >/dev/null
  add+=(--add "$out/v$version.kss:/v$version.kss" --add "$out/v$version.kss.sig:/v$version.kss.sig")
done
openssl pkeyutl -sign -rawin -inkey "$out/other.pem" -in "$out/v2.kss" -out "$out/forged.sig"
gcc -std=gnu11 -O2 -Wall -Wextra -Werror -static -s -Iinclude -o "$out/seal-attack" tests/attack/seal.c
ci/rootfs "$out/root.cpio" openssl
exec ci/vm --timeout 600 --mem 1024 --rootfs "$out/root.cpio" --add "$bin/kss-load:/usr/local/bin/kss-load" \
  --add "$out/seal-attack:/usr/local/bin/seal-attack" --add "$out/forged.sig:/forged.sig" "${add[@]}" \
  --add tests/vm/seal-guest.sh:/seal-guest.sh "$kernel" -- sh /seal-guest.sh
