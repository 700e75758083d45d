# shellcheck shell=sh
# SPDX-License-Identifier: BSD-2-Clause
# Sourced by the scripts that run in a guest (busybox sh): one line for each check, and a count of what failed. Output of
# what was tried is kept in $out, and shown where it was not as wanted.
failed=0
: "${out:=/tmp/out}"

ok() { echo "ok   $1"; }
# fail NAME [LINE]...
fail() {
  echo "FAIL $1"
  shift
  [ $# = 0 ] || printf '     %s\n' "$@"
  [ ! -s "$out" ] || sed 's/^/     /' "$out"
  failed=$((failed + 1))
}
# check NAME STATUS COMMAND...: COMMAND ends with STATUS; `no` means any but 0
check() {
  name=$1 want=$2
  shift 2
  "$@" >"$out" 2>&1
  got=$?
  if [ "$got" = "$want" ] || { [ "$want" = no ] && [ "$got" != 0 ]; }; then
    ok "$name"
  else
    fail "$name" "status $got, wanted $want"
  fi
}
# pass NAME COMMAND...: COMMAND succeeds
pass() {
  name=$1
  shift
  check "$name" 0 "$@"
}
# finish: the last line, and the exit status
finish() {
  echo
  if [ $failed = 0 ]; then echo 'all passed'; else echo "$failed failed"; fi
  exit $((failed > 0))
}
