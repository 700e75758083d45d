#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# tests/vm/swap.sh [KERNEL [SECONDS]]: what is enforced while two policies take each other's place as fast as they can; see
# tests/vm/swap/drive.c. amd64 only.
# shellcheck source=tests/vm/host.sh
. "$(dirname "${BASH_SOURCE[0]}")/host.sh"
kernel=${1:-amd64-6.12-cloud}
add=()
for policy in A B; do
  other=${policy/[AB]/$([[ $policy == A ]] && echo B || echo A)}
  sed "/ # $other\$/d" tests/vm/swap.yaml >"$out/$policy.yaml"
  "$bin/kss-load" compile "$out/$policy.yaml" -o "$out/$policy.kss" >/dev/null
  add+=(--add "$out/$policy.kss:/$policy.kss")
done
static_c gcc "$out/box" tests/vm/swap/box.c
gcc -std=gnu11 -O2 -Wall -Wextra -Werror -static -s -nostdlib -fno-stack-protector -Wl,-z,noexecstack \
  -o "$out/entered" tests/vm/swap/entered.c
gcc -std=gnu11 -O2 -Wall -Wextra -Werror -Iinclude -c -o "$out/drive.o" tests/vm/swap/drive.c
g++ -std=c++20 -O1 -Wall -Wextra -Werror -static -s -Iinclude -Iuserspace -o "$out/drive" "$out/drive.o" tests/vm/swap/publish.cpp \
  "$bin/../lib/libkss.a" -lyaml-cpp -lbpf -lelf -lz -lcrypto
exec ci/vm --smp "${KSS_SMP:-2}" --mem 1024 --timeout 550 "${kss_load[@]}" --add tests/vm/swap-guest.sh "${add[@]}" \
  --add "$out/box:/srv/box/box" --add "$out/entered:/srv/enter" --add "$out/drive:/usr/local/bin/drive" \
  "$kernel" -- sh /swap-guest.sh "${2:-60}"
