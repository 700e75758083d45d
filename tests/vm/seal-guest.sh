#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# In a guest, as root and unconfined: see tests/vm/seal.sh. One line for each check.
failed=0
check() { # NAME WANTED-STATUS COMMAND...: `no` means any status but 0
  name=$1 want=$2
  shift 2
  "$@" >/tmp/out 2>&1
  got=$?
  if [ "$got" = "$want" ] || { [ "$want" = no ] && [ "$got" != 0 ]; }; then
    echo "ok   $name"
  else
    echo "FAIL $name: status $got, wanted $want"
    sed 's/^/     /' /tmp/out
    failed=$((failed + 1))
  fi
}
in_force() { kss-load run --domain box -- sh -c 'cat /data/secret' 2>&1 | grep -q 'not permitted'; }

mkdir -p /data
echo secret >/data/secret
check "loads sealed" 0 kss-load load --seal /key.pub /one.kss
check "is in force" 0 in_force
agent=$(pidof kss-agent || ps | awk '/kss-agent|kss-load/ && !/awk/ { print $1; exit }')
check "an agent is there" 0 test -n "$agent"
check "unload without the key" 7 kss-load unload
check "swap without a signature" 7 kss-load swap /two.kss
check "swap with another key's signature" 7 kss-load swap --signature /forged.kss.sig /two.kss
for pin in /sys/fs/bpf/kss/*; do
  check "removing the pin ${pin##*/}" no rm -f "$pin"
  break
done
check "unmounting the pins" no umount /sys/fs/bpf
check "unmounting them lazily" no umount -l /sys/fs/bpf
check "killing the agent" no kill -9 "$agent"
check "stopping the agent" no kill -STOP "$agent"
check "is still in force" 0 in_force
check "status can be read" 0 kss-load status
check "swap with the key's signature" 0 kss-load swap --signature /two.kss.sig /two.kss
check "is in force after it" 0 in_force
echo "seal: $failed failed"
exit $((failed > 0))
