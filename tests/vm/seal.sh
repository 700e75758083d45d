#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# tests/vm/seal.sh [KERNEL]: a sealed policy against root. The key stays outside: the guest gets the public half and an
# image signed here; tests/vm/seal-guest.sh tries to undo the policy without it, and to replace it with it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
kernel=${1:-amd64-6.12-cloud}
bin=${KSS_BIN:-build/release/bin}
out=build/seal
mkdir -p "$out"
openssl genpkey -algorithm ed25519 -out "$out/key.pem" 2>/dev/null
openssl pkey -in "$out/key.pem" -pubout -out "$out/key.pub" 2>/dev/null
openssl genpkey -algorithm ed25519 -out "$out/other.pem" 2>/dev/null
"$bin/kss-load" compile tests/vm/enforce.yaml -o "$out/one.kss" >/dev/null
sed 's/^version: .*/version: 2/' tests/vm/enforce.yaml >"$out/two.yaml"
"$bin/kss-load" compile "$out/two.yaml" -o "$out/two.kss" --sign "$out/key.pem" >/dev/null
cp "$out/two.kss" "$out/forged.kss"
"$bin/kss-load" compile "$out/two.yaml" -o "$out/forged.kss" --sign "$out/other.pem" >/dev/null
exec ci/vm --timeout 600 --add "$bin/kss-load:/usr/local/bin/kss-load" --add tests/vm/seal-guest.sh \
  --add "$out/key.pub:/key.pub" --add "$out/one.kss:/one.kss" --add "$out/two.kss:/two.kss" \
  --add "$out/two.kss.sig:/two.kss.sig" --add "$out/forged.kss.sig:/forged.kss.sig" "$kernel" -- sh /seal-guest.sh
