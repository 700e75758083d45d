#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# In a guest: the loader is killed as it enters a system call by which load or swap changes something, at one after the
# other (stepkill). Afterwards the old or the new policy holds, whole, or (load) none at all; and the next load or swap
# works. See tests/vm/kill.sh.
# shellcheck source=tests/vm/guest.sh
. /guest.sh
denied() { kss-load run --domain box -- sh -c "$1" 2>&1 | grep -q 'not permitted'; }
# state: none, or the version in force if it denies what it must, else broken
state() {
  kss-load status --json >/tmp/status 2>/dev/null || {
    # Nothing is loaded: then nothing may be denied either, and no domain can be entered.
    kss-load run --domain box -- true >/dev/null 2>&1 && echo broken || echo none
    return
  }
  version=$(sed -n 's/.*"version": *\([0-9]*\).*/\1/p' /tmp/status | head -n 1)
  denied 'cat /data/secret' || version=broken
  # Locking is denied by even versions alone: their hook has to be there with them.
  if [ "$version" != broken ] && [ $((version % 2)) = 0 ]; then
    denied 'flock -n /data/secret true || echo not permitted' || version=broken
  fi
  echo "${version:-unknown}"
}
count() { stepkill 1000000 "$@" | tail -n 1; } # of the calls of a run that is let be
seconds() { cut -d . -f 1 /proc/uptime; }

mkdir -p /data
echo secret >/data/secret
start=$(seconds)
calls=$(count kss-load load /v1.kss)
[ "$(state)" = 1 ] && ok "load makes $calls such calls" || fail "load: $(state)"
kss-load unload >/dev/null
seen=
points=6 # a load takes seconds
for point in $(seq 1 $points); do
  n=$((1 + (calls - 1) * (point - 1) / (points - 1)))
  stepkill $n kss-load load /v1.kss >/dev/null 2>&1 || fail "load was not killed at call $n"
  now=$(state)
  seen="$seen $now"
  case $now in
    none | 1) ok "load killed at call $n: $now" ;;
    *) fail "load killed at call $n: $now" ;;
  esac
  [ "$now" = none ] || kss-load unload >/dev/null 2>&1
done
echo "     $(($(seconds) - start)) s"
case $seen in *none*1*) ok "both happened: none and all" ;; *) fail "saw only$seen" ;; esac
kss-load load /v1.kss >/dev/null && [ "$(state)" = 1 ] && ok "load works after all that" || fail "load after all that: $(state)"

calls=$(count kss-load swap /v2.kss)
[ "$(state)" = 2 ] && ok "swap makes $calls such calls" || fail "swap: $(state)"
# Half of the points are swaps that attach a hook, half that detach one.
points=30
[ "$calls" -ge $points ] || points=$calls
old=0 new=0 version=3
for point in $(seq 1 $points); do
  n=$((1 + (calls - 1) * (point - 1) / (points - 1)))
  before=$(state)
  stepkill $n kss-load swap "/v$version.kss" >/dev/null 2>&1
  rc=$?
  now=$(state)
  # shellcheck disable=SC2254 # numbers
  case $rc-$now in
    0-$before) old=$((old + 1)) ;;
    0-$version) new=$((new + 1)) ;;
    3-$version) ;; # this swap makes fewer calls
    *) fail "swap from $before to $version, killed at call $n ($rc): $now" ;;
  esac
  version=$((version + 1))
done
[ $old -gt 3 ] && [ $new -gt 0 ] && ok "swap killed at $points calls: the old policy $old times, the new $new" ||
  fail "swap killed: old $old, new $new"
kss-load swap /last.kss >/dev/null && [ "$(state)" = 99 ] && ok "swap works after all that" || fail "swap after all that: $(state)"
echo "     $(($(seconds) - start)) s"
finish
