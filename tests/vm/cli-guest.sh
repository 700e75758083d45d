#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# In a guest: audit --follow, --btf (with types shown and hidden), libkss. See tests/vm/cli.sh. One line for each check.
# shellcheck source=tests/vm/guest.sh
. /guest.sh
denials() { # N: so many, as fast as it goes
  kss-load run --domain box -- sh -c "i=0; while [ \$i -lt $1 ]; do read x </data/secret; i=\$((i + 1)); done" 2>/dev/null
}
counter() { kss-load status --json | tr ',{}' '\n\n\n' | sed -n "s/.*\"$1\": *\([0-9]*\).*/\1/p"; }
lines_of() { grep -c "$1" "$2"; }
appears() { # TEXT FILE: within five seconds
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    grep -q "$1" "$2" && return 0
    usleep 500000
  done
  cat "$2"
  return 1
}

mkdir -p /data
echo secret >/data/secret
echo "== audit --follow"
check "loads" 0 kss-load load --rate 20 /one.yaml
kss-load audit --follow >/tmp/follow 2>/tmp/follow.err &
follower=$!
sleep 1
check "nothing is shown where nothing happened" 0 test ! -s /tmp/follow
denials 1
check "a denial appears while following" 0 appears 'DENIED gen 1 box secret : file { read } path=/data/secret' /tmp/follow
check "it does once" 0 test "$(lines_of /data/secret /tmp/follow)" = 1
check "a second follower is told" 5 kss-load audit --follow
sleep 2
denials 500
sleep 2
denials 1
check "after a burst, how many were not shown" 0 appears '+[0-9][0-9]* not shown (rate limit)' /tmp/follow
check "far fewer lines than denials" 0 test "$(lines_of /data/secret /tmp/follow)" -lt 250
check "status counts what was suppressed" 0 test "$(counter limited)" -gt 100
kill -INT $follower
wait $follower
check "SIGINT ends it well" 0 test $? = 0
check "and silently" 0 test ! -s /tmp/follow.err
kss-load audit --json --follow >/tmp/follow.json 2>&1 &
follower=$!
sleep 1
denials 1
check "a denial appears as JSON" 0 appears '"verdict": *"deny".*"path": *"/data/secret"' /tmp/follow.json
check "one object a line" 0 sh -c '! grep -v "^{.*}$" /tmp/follow.json'
kill -TERM $follower
wait $follower
check "SIGTERM ends it well" 0 test $? = 0
check "what was followed is kept" 0 sh -c 'kss-load audit --since 1h | grep -q /data/secret'
check "unload" 0 kss-load unload

echo "== a small ring buffer, and nobody reads"
check "loads" 0 kss-load load --rate 100000 --ring-size 4096 /one.yaml
denials 50
check "records lost are counted" 0 test "$(counter lost)" -gt 10
check "and those kept are shown" 0 sh -c 'kss-load audit | grep -q /data/secret'
check "unload" 0 kss-load unload

echo "== room for other policies"
check "loads" 0 kss-load load --reserve 4096 /one.yaml
check "a swap to what does not fit" 4 kss-load swap /large.yaml
check "says what to do" 0 sh -c 'kss-load swap /large.yaml 2>&1 | grep -q "load --reserve BYTES"'
check "the old one is in force" 0 test "$(kss-load status --json | sed -n 's/.*"version": *\([0-9]*\).*/\1/p')" = 1
check "unload" 0 kss-load unload
check "any room" 0 kss-load load --reserve any /one.yaml
check "a swap to a large one" 0 kss-load swap /large.yaml
denials 1
check "it enforces" 0 sh -c 'kss-load audit | grep -q "gen 2 box secret : file { read } path=/data/secret"'
check "unload" 0 kss-load unload

echo "== --btf"
cp /sys/kernel/btf/vmlinux /tmp/types
check "a copy of the kernel's types" 0 kss-load load --btf /tmp/types /one.yaml
check "a swap by it" 0 kss-load swap --btf /tmp/types /two.yaml
denials 1
check "it enforces" 0 sh -c 'kss-load audit | grep -q /data/secret'
check "unload" 0 kss-load unload
check "a file that is missing" no kss-load load --btf /nowhere /one.yaml
check "is named" 0 sh -c 'kss-load load --btf /nowhere /one.yaml 2>&1 | grep -q "types from /nowhere: No such file"'
echo nonsense >/tmp/nonsense
check "a file of another kind" no kss-load load --btf /tmp/nonsense /one.yaml
check "is named" 0 sh -c 'kss-load load --btf /tmp/nonsense /one.yaml 2>&1 | grep -q "types from /tmp/nonsense: it holds no BTF"'
check "nothing is in force" 5 kss-load status

echo "== --btf, and the kernel's own types hidden"
mount -t tmpfs none /sys/kernel/btf
check "without --btf" 4 kss-load load /one.yaml
check "the cause is named" 0 sh -c 'kss-load load /one.yaml 2>&1 | grep -q "/sys/kernel/btf/vmlinux is missing, although the kernel has types"'
check "and the remedy" 0 sh -c 'kss-load load /one.yaml 2>&1 | grep -q "mount sysfs on /sys, or give .*--btf FILE"'
check "probe says the same" 0 sh -c 'kss-load probe | grep -q "although the kernel has types"'
for types in /tmp/types /min.btf; do
  check "$types" 0 kss-load load --btf $types /one.yaml
  denials 1
  check "$types: a denial is seen" 0 sh -c 'kss-load audit | grep -q "gen 1 box secret : file { read } path=/data/secret"'
  check "$types: a swap without" 4 kss-load swap /two.yaml
  check "$types: a swap" 0 kss-load swap --btf $types /two.yaml
  denials 1
  check "$types: it enforces" 0 sh -c 'kss-load audit | grep -q "gen 2 box secret : file { read } path=/data/secret"'
  check "$types: unload" 0 kss-load unload
done
check "types that lack what is needed" 4 kss-load load --btf /lacking.btf /one.yaml
check "nothing is in force" 5 kss-load status
umount /sys/kernel/btf

echo "== libkss"
check "from C" 0 lib_c /one.yaml /two.yaml
check "from C++" 0 lib_cpp /one.yaml /two.yaml
check "nothing is left" no test -e /sys/fs/bpf/kss
finish
