#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# tests/vm/cli.sh [KERNEL]: in a guest, what of kss-load and libkss needs a kernel and no other test looks at.
# shellcheck source=tests/vm/host.sh
. "$(dirname "${BASH_SOURCE[0]}")/host.sh"
kernel=${1:-amd64-6.12-cloud}
sed -e '/# even/d' tests/vm/kill.yaml >"$out/one.yaml"
sed -e 's/^version: .*/version: 2/' -e '/# odd$/d' tests/vm/kill.yaml >"$out/two.yaml"
tests/vm/enlarge 500 <"$out/two.yaml" >"$out/large.yaml"
libraries=("$bin/../lib/libkss.a" -lyaml-cpp -lbpf -lelf -lz -lcrypto)
gcc -std=gnu11 -O1 -Wall -Wextra -Werror -Iinclude -c -o "$out/lib_c.o" tests/vm/lib_c.c
g++ -static -s -o "$out/lib_c" "$out/lib_c.o" "${libraries[@]}"
g++ -std=c++20 -O1 -Wall -Wextra -Werror -static -s -Iinclude -o "$out/lib_cpp" tests/vm/lib_cpp.cpp "${libraries[@]}"
# What README.md says of --btf, and types that are of no use.
probe=$bin/../userspace/backend/probe.bpf.o
ci/vm --quiet "$kernel" -- gzip -c /sys/kernel/btf/vmlinux | gzip -d >"$out/full.btf"
bpftool gen min_core_btf "$out/full.btf" "$out/min.btf" "$bin/../bpf/kss.bpf.o" "$probe"
bpftool gen min_core_btf "$out/full.btf" "$out/lacking.btf" "$probe"
wc -c "$out"/*.btf
# A kernel that gives its types in no way: 5.10 has no number for them.
# shellcheck disable=SC2016 # for the guest's shell
ci/vm --quiet "${kss_load[@]}" --add "$out/one.yaml:/one.yaml" --add "$out/min.btf:/min.btf" amd64-5.10 -- sh -c '
  . /guest.sh
  mount -t tmpfs none /sys/kernel/btf
  for options in "" "--btf /min.btf"; do
    # shellcheck disable=SC2086
    check "a kernel without types: load $options" 4 kss-load load $options /one.yaml
    cp $out /tmp/said
    check "says why and what to do" 0 grep "a kernel built without CONFIG_DEBUG_INFO_BTF cannot attach; use the fallback module" /tmp/said
  done
  finish'
exec ci/vm --timeout 800 --mem 1024 "${kss_load[@]}" \
  --add "$out/lib_c:/usr/local/bin/lib_c" --add "$out/lib_cpp:/usr/local/bin/lib_cpp" \
  --add "$out/one.yaml:/one.yaml" --add "$out/two.yaml:/two.yaml" --add "$out/large.yaml:/large.yaml" --add "$out/min.btf:/min.btf" \
  --add "$out/lacking.btf:/lacking.btf" --add tests/vm/cli-guest.sh:/cli-guest.sh \
  "$kernel" -- sh /cli-guest.sh
