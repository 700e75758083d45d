#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# tests/vm/seal.sh [KERNEL]: a sealed policy against root, in a guest. tests/attack/seal.c and tests/vm/seal-guest.sh try
# to undo the policy without its key, and to replace and unload it with it. Images are signed here.
# shellcheck source=tests/vm/host.sh
. "$(dirname "${BASH_SOURCE[0]}")/host.sh"
kernel=${1:-amd64-6.12-cloud}
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
static_c gcc "$out/seal-attack" tests/attack/seal.c
ci/rootfs "$out/root.cpio" openssl
exec ci/vm --timeout 600 --mem 1024 --rootfs "$out/root.cpio" "${kss_load[@]}" \
  --add "$out/seal-attack:/usr/local/bin/seal-attack" --add "$out/forged.sig:/forged.sig" "${add[@]}" \
  --add tests/vm/seal-guest.sh:/seal-guest.sh "$kernel" -- sh /seal-guest.sh
