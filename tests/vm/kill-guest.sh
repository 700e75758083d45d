#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# In a guest: the loader is killed at many moments of load and swap. Afterwards the old or the new policy holds, whole,
# or (load) none at all; and the next load or swap works. See tests/vm/kill.sh.
failed=0
ok() { echo "ok   $1"; }
fail() {
  echo "FAIL $1"
  failed=$((failed + 1))
}
# state: none, or the version in force if it denies what it must, else broken
state() {
  kss-load status --json >/tmp/status 2>/dev/null || {
    # Nothing is loaded: then nothing may be denied either, and no domain can be entered.
    kss-load run --domain box -- true >/dev/null 2>&1 && echo broken || echo none
    return
  }
  version=$(sed -n 's/.*"version": *\([0-9]*\).*/\1/p' /tmp/status | head -n 1)
  if kss-load run --domain box -- sh -c 'cat /data/secret' 2>&1 | grep -q 'not permitted'; then
    echo "${version:-unknown}"
  else
    echo broken
  fi
}

mkdir -p /data
echo secret >/data/secret
for ms in 300 3000 6000 9000 12000 15000; do
  kss-load load /one.kss >/dev/null 2>&1 &
  usleep $((ms * 1000))
  kill -9 $! 2>/dev/null
  wait $! 2>/dev/null
  now=$(state)
  case $now in
    none | 1) ok "load killed after $ms ms: $now" ;;
    *) fail "load killed after $ms ms: $now" ;;
  esac
  [ "$now" = none ] || kss-load unload >/dev/null 2>&1
done
kss-load load /one.kss && [ "$(state)" = 1 ] && ok "load works after all that" || fail "load after all that: $(state)"
n=1
for ms in 5 10 20 30 40 50 60 70 80 90 100 120 140 160 180 200 250; do
  n=$((n + 1))
  kss-load swap "/v$n.kss" >/dev/null 2>&1 &
  usleep $((ms * 1000))
  kill -9 $! 2>/dev/null
  wait $! 2>/dev/null
  now=$(state)
  case $now in
    none | broken | unknown) fail "swap killed after $ms ms: $now" ;;
    *) if [ "$now" -le "$n" ]; then ok "swap killed after $ms ms: version $now"; else fail "version $now"; fi ;;
  esac
done
kss-load swap /last.kss && [ "$(state)" = 99 ] && ok "swap works after all that" || fail "swap after all that: $(state)"
echo "kill: $failed failed"
exit $((failed > 0))
