#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# In a guest: policies are swapped all the time while processes do what one of them grants, both, or none. See
# tests/vm/swap.sh. The argument: for how many seconds.
# shellcheck source=tests/vm/guest.sh
. /guest.sh
deep=/srv/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20
mkdir -p $deep /data/made /data/moved /data/from /data/to
for name in always never a b entered left right one two from/file; do echo $name >/data/$name; done
for name in $deep/enter /srv/flip /srv/one /srv/two; do cp /srv/enter $name; done
pass 'each verdict is that of one whole policy, none unconfined' drive "$1" /A.kss /B.kss
cp "$out" /tmp/drive
[ $failed != 0 ] || cat /tmp/drive
kss-load audit >"$out" 2>&1
refused=$(sed -n 's/^execs refused: //p' /tmp/drive)
records=$(grep -cE 'DENIED .* : (file \{ execute \}|process \{ transition)' "$out")
if [ "$records" -ge "${refused:-1}" ]; then
  ok "refused execs are on record: ${refused:-?} refused, $records records"
else
  fail 'refused execs are on record' "$refused refused, $records records"
fi
pass unload kss-load unload
finish
