#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# In a guest: every attack without KSS, then with it, then compared with the audit records. See tests/vm/attacks.sh.
set -u
run() { attack --full /srv/kss/attacker --plain /srv/kss/attacker-plain; }
mkdir -p /srv/kss
mount -o remount,size=80% /tmp 2>/dev/null

run >/tmp/before || { echo "attacks: cannot be run"; exit 1; }
kss-load load --rate 1000 --ring-size 4194304 /attack.yaml || exit 1
kss-load audit --json >/dev/null # the load's own self-test
run >/tmp/after
kss-load audit --json >/tmp/records
kss-load status

awk -F '\t' -f /attacks.awk /tmp/before /tmp/records /tmp/after
