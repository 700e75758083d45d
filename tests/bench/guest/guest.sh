#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# In the guest: guest.sh none|attach|load|free [POLICY [ROW...]]. What ops.c says, and lines "load|swap INSTRUCTIONS".
how=$1 policy=$2
shift; [ $# = 0 ] || shift
mkdir -p /b && mount -t tmpfs -o mode=755 b /b && mkdir /b/bin || exit 1
cp /bench/ops /bench/tiny /b/bin/ && cp /b/bin/ops /b/bin/free && /b/bin/ops tree || exit 1
ops=/b/bin/ops
# Under --icount a nanosecond of the clock is an instruction.
timed() {
  name=$1
  shift
  from=$(/bench/now)
  "$@" >&2 || { echo "failed $name $?"; exit 1; }
  echo "$name $(($(/bench/now) - from))"
}
case $how in
  none) ;;
  attach) /bench/attach /bench/empty.bpf.o || exit 1 ;;
  free) ops=/b/bin/free; timed load /bench/kss-load load "$policy" ;;
  load) timed load /bench/kss-load load "$policy" ;;
esac
echo "kernel $(uname -r)"
echo "lsm $(cat /sys/kernel/security/lsm)"
sleep 8 # what goes on after booting ends; idle time costs nothing
$ops run "$@" || exit 1
case $how in
  load | free)
    timed swap /bench/kss-load swap "$policy"
    /bench/kss-load status >&2
    ;;
esac
