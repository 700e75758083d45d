#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# In a guest, as root and unconfined: see tests/vm/seal.sh. One line for each check.
# shellcheck source=tests/vm/guest.sh
. /guest.sh
in_force() { kss-load run --domain box -- sh -c 'cat /data/secret' 2>&1 | grep -q 'not permitted'; }

suite() { # ARGUMENTS: an attack program of many checks, each with its own line
  seal-attack "$@" >/tmp/suite 2>&1
  status=$?
  grep -v ' failed$' /tmp/suite
  [ $status = 0 ] || failed=$((failed + 1))
}
sign() { openssl pkeyutl -sign -rawin -inkey "$1" -in /challenge -out "$2"; }
agent_pid() { for p in /proc/[0-9]*; do [ "$(cat $p/comm 2>/dev/null)" = kss-agent ] && basename $p; done; }

mkdir -p /data
echo secret >/data/secret
pins=/sys/fs/bpf/kss
echo "== not sealed: every attack goes through"
check "loads" 0 kss-load load /v1.kss
check "is in force" 0 in_force
suite open $pins
echo 0 >/proc/sys/kernel/ftrace_enabled
check "without ftrace nothing is enforced" no in_force
echo 1 >/proc/sys/kernel/ftrace_enabled
check "with it all is" 0 in_force
check "unload needs no signature" 0 kss-load unload

echo "== sealed"
check "loads sealed" 0 kss-load load --seal /key.pub /v1.kss
check "is in force" 0 in_force
agent=$(agent_pid)
check "an agent is there" 0 test -n "$agent"
kss-load audit >/dev/null 2>&1
suite sealed $pins "$agent"
check "is still in force" 0 in_force
check "status can be read" 0 sh -c 'kss-load status --json | grep -q "\"sealed\": *true"'
check "the refusals are on record" 0 sh -c 'kss-load audit | tee /tmp/records | grep "the policy is sealed and protects itself"'
check "load beside it" 5 kss-load load /v2.kss
check "unload without the key" 7 kss-load unload
check "swap without a signature" 7 kss-load swap /v2.kss
check "swap with another key's signature" 7 kss-load swap --signature /forged.sig /v2.kss
check "swap with the signature of another image" 7 kss-load swap --signature /v3.kss.sig /v2.kss
check "swap with the key's signature" 0 kss-load swap --signature /v2.kss.sig /v2.kss
check "the same once more" no kss-load swap --signature /v2.kss.sig /v2.kss
check "swap to the next" 0 kss-load swap --signature /v3.kss.sig /v3.kss
check "the signed image of before, played back" no kss-load swap --signature /v2.kss.sig /v2.kss
check "is in force after it" 0 in_force
suite sealed $pins "$agent"
check "a challenge" 0 kss-load unload --challenge /challenge
sign /other.pem /forged-unload.sig
check "unload with another key's signature" 7 kss-load unload --signature /forged-unload.sig
check "is in force after it" 0 in_force
sign /key.pem /unload.sig
check "unload with the key's" 0 kss-load unload --signature /unload.sig
check "nothing is in force" 5 kss-load status
check "the pins are gone" no test -e $pins
sleep 1
check "the agent is gone" no test -d /proc/$agent

echo "== sealed, and the agent dies"
check "loads sealed again" 0 kss-load load --seal /key.pub /v1.kss
check "unload with the signature of before" 7 kss-load unload --signature /unload.sig
agent=$(agent_pid)
mkdir /sys/fs/cgroup/doomed
echo "$agent" >/sys/fs/cgroup/doomed/cgroup.procs
echo 1 >/sys/fs/cgroup/doomed/cgroup.kill
sleep 1
check "the agent is dead" no test -d "/proc/$agent"
check "is still in force" 0 in_force
check "status says that the agent is missing" 7 kss-load status
kss-load unload --challenge /challenge 2>/dev/null
sign /key.pem /unload.sig
check "nobody unloads now" 7 kss-load unload --signature /unload.sig
check "removing a pin" no rm "$pins/link_file_open"
check "another agent" no kss-load load --seal /key.pub /v2.kss
suite reuse $pins "$agent"
check "is still in force" 0 in_force
finish
