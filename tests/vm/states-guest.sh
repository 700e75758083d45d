#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Models with state, in a guest as root: see tests/vm/states.sh. busybox sh. The arguments: options of kss-load load.
out=/tmp/out
# shellcheck source=tests/vm/guest.sh
. /guest.sh

# as DOMAIN SCRIPT: a shell in the domain; its own descriptors are opened in it
as() { kss-load run --domain "$1" -- /bin/sh -c "$2"; }
# grant NAME DOMAIN SCRIPT, deny NAME DOMAIN SCRIPT
grant() { check "$1" 0 as "$2" "$3"; }
deny() {
  check "$1" no as "$2" "$3"
  grep -qiE 'Operation not permitted|Permission denied' "$out" || fail "$1: for want of a permission"
}
# is NAME COMMAND...
is() {
  name=$1
  shift
  : >"$out"
  if "$@"; then ok "$name"; else fail "$name" "$*"; fi
}

mkdir -p /data
for f in ns ew bundle firmware secret public ticket knock; do echo 1 >/data/$f; done

# Without KSS, all that is denied below succeeds.
for f in ns ew bundle firmware secret public ticket knock; do
  check "without KSS: $f" 0 sh -c "cat /data/$f && echo 1 >/data/$f"
done
pass 'load' kss-load load "$@" /states.yaml
(kss-load audit --follow >/tmp/audit 2>/dev/null &)
sleep 1

# A flow
deny 'flow: what the state has no edge for' plc 'cat /data/ns'
grant 'flow: an edge' plc 'echo green >/data/ns'
is 'status shows the state' sh -c 'kss-load status | grep -q "^ *light *ns$"'
deny 'flow: never green both ways' plc 'echo green >/data/ew'
deny 'flow: nor green twice' plc 'echo green >/data/ns'
grant 'flow: back' plc 'cat /data/ns'
grant 'flow: the other way' plc 'echo green >/data/ew'
deny 'flow: an access that is two events' plc 'cat <>/data/ns'
grant 'flow: back again' plc 'cat /data/ew'

# A formula with a bound
deny 'formula: nothing was verified' plc 'echo x >/data/firmware'
grant 'formula: verified' plc 'cat /data/bundle'
grant 'formula: so it may be installed' plc 'echo x >/data/firmware'
grant 'formula: changed' plc 'echo y >/data/bundle'
deny 'formula: not what has changed since' plc 'echo x >/data/firmware'
grant 'formula: verified again' plc 'cat /data/bundle'
sleep 6
deny 'formula: too long ago' plc 'echo x >/data/firmware'

# Histories of tasks
grant 'task: nothing learnt' plc 'echo x >/data/public'
deny 'task: who has learnt does not tell' plc 'read x </data/secret; echo x >/data/public'
deny 'task: nor does its child' plc 'read x </data/secret; (echo x >/data/public)'
deny 'task: nor after exec' plc 'read x </data/secret; exec sh -c "echo x >/data/public"'
deny 'task: nor in another domain that it shares the formula with' other 'read x </data/secret; (exec sh -c "echo x >/data/public")'
grant 'task: what a child has learnt its parent has not' plc '(read x </data/secret); echo x >/data/public'
grant 'task: nor any other task' plc 'echo x >/data/public'

# A limit, by domain
for i in 1 2 3; do grant "limit: $i of 3" plc 'cat /data/knock'; done
deny 'limit: no fourth' plc 'cat /data/knock'
grant 'limit: each domain has its own' other 'cat /data/knock'
sleep 5
grant 'limit: later again' plc 'cat /data/knock'

# What is denied is on record, with the flow or formula
sleep 1
cp /tmp/audit "$out"
is 'audit: the flow' grep -q 'ew : file { .*} path=/data/ew .*flow light does not allow it now' /tmp/audit
is 'audit: the formula' grep -q 'firmware : file { .*formula install what was verified does not allow it now' /tmp/audit
kss-load explain --last 20 >/tmp/explain 2>&1
cp /tmp/explain "$out"
is 'explain: the clause' grep -q 'deny: install unless (not download) since\[..5s\] verify' /tmp/explain

# 50 tickets, and two processors that want 200: no two take the same
kss-load run --domain plc -- /bin/sh -c 'n=0; for i in $(seq 100); do (read -r x </data/ticket) 2>/dev/null && n=$((n + 1)); done; echo $n' >/tmp/a &
one=$!
kss-load run --domain other -- /bin/sh -c 'n=0; for i in $(seq 100); do (read -r x </data/ticket) 2>/dev/null && n=$((n + 1)); done; echo $n' >/tmp/b &
two=$!
wait $one $two
echo "tickets: $(cat /tmp/a) and $(cat /tmp/b)"
is 'two processors share 50 tickets' [ $(($(cat /tmp/a) + $(cat /tmp/b))) = 50 ]

# A swap: state goes on where the meaning is the same
grant 'swap: green before' plc 'echo green >/data/ns'
sed 's/^version: 1/version: 2/; s/at most 3 knock in 4s/at most 3 knock in 2s/' /states.yaml >/tmp/2.yaml
check 'swap: what has changed is refused' no kss-load swap "$@" /tmp/2.yaml
cp "$out" /tmp/refused
is 'swap: and said so' grep -q 'knocks.*means something else' /tmp/refused
deny 'swap: refused, all is as before' plc 'echo green >/data/ew'
pass 'swap: --reset-state' kss-load swap --reset-state "$@" /tmp/2.yaml
deny 'swap: the flow that did not change goes on' plc 'echo green >/data/ew'
deny 'swap: no new tickets' plc 'cat /data/ticket'
for i in 1 2 3; do grant "swap: the limit began anew, $i of 3" plc 'cat /data/knock'; done
deny 'swap: and holds' plc 'cat /data/knock'
grant 'swap: red' plc 'cat /data/ns'
# Descriptors of before are judged again; that is no event.
pass 'unload' kss-load unload
is 'after unload nothing is denied' sh -c 'echo 1 >/data/ew; echo 1 >/data/ns'
finish
