#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# In a guest: see tests/vm/labels.sh. One line for each check. All that changes names is done by a task in no domain.
out=/run/out
# shellcheck source=tests/vm/guest.sh
. /guest.sh
# overlay DIR: an overlay of two directories of a tmpfs of its own
overlay() {
  mount -t tmpfs none /layers
  mkdir /layers/lower /layers/upper /layers/work
  [ "$1" = /tmp ] || tree /layers/lower
  mount -t overlay overlay -o lowerdir=/layers/lower,upperdir=/layers/upper,workdir=/layers/work "$1"
}
# tree DIR: with all that a task in DIR as its root needs
tree() {
  mkdir -p "$1/given/dir" "$1/secret/dir" "$1/given/on" "$1/secret/on"
  for f in given/f given/g given/dir/f secret/key secret/key2 secret/dir/f; do echo content >"$1/$f"; done
  cp /bin/busybox "$1/busybox"
  cp /bin/busybox "$1/given/busybox"
}
box() { /srv/box/busybox "$@"; }
may() { pass "$where: $1" box cat "$2"; }
# may_not NAME FILE: the second time, what the first may have kept decides
may_not() { deny "$1" box cat "$2"; deny "$1, again" box cat "$2"; }
deny() {
  name=$1
  shift
  if "$@" >"$out" 2>&1; then
    fail "$where: $name" "it was allowed"
  elif grep -q "^cat: can't open '.*Operation not permitted" "$out"; then
    ok "$where: $name"
  else
    fail "$where: $name" "it failed, but for another reason"
  fi
}

# in_root DIR FILE: a task whose root is DIR reads FILE; what it brings into its domain must have a name there, so pipes
in_root() {
  echo | { chroot "$1" /busybox cat "$2" 2>&1 9>&-; echo "status $?"; } | cat >/run/said
  cat /run/said
  grep -q '^status 0$' /run/said
}

names_change() {
  may 'a file' /o/given/f
  may 'the same' /o/given/f
  may_not 'a secret' /o/secret/key
  may 'in a directory' /o/given/dir/f
  pass "$where: append" box sh -c 'echo more >>/o/given/f' # an overlay copies the file
  may 'read it then' /o/given/f
  pass "$where: list a directory" box ls /o/given
  echo more >>/o/secret/key
  may_not 'a secret that was written to' /o/secret/key

  ln /o/secret/key2 /o/given/linked
  may 'a link of a secret, by its name' /o/given/linked
  may_not 'the secret by its own' /o/secret/key2
  ln /o/given/g /o/secret/linked
  may_not 'a link that is named as a secret' /o/secret/linked
  may 'by its other name' /o/given/g

  mv /o/given/g /o/secret/g
  may_not 'a file that became a secret' /o/secret/g
  mv /o/secret/g /o/given/g
  may 'and is none again' /o/given/g
  mkdir -p /o/given/new
  cp /o/given/f /o/given/new/f
  may 'in a new directory' /o/given/new/f
  mv /o/given/new /o/secret/new
  may_not 'its parent was renamed' /o/secret/new/f
  mv /o/secret/new /o/given/newer
  may 'and once more' /o/given/newer/f
  mv /o/given/dir /o/secret/dir2 # an overlay copies what lies in the lower directory
  may_not 'its parent came from below' /o/secret/dir2/f

  mount --bind /o/secret /o/given/on
  may 'a secret through a bind mount' /o/given/on/key
  may_not 'and directly' /o/secret/key
  umount /o/given/on
  mount --bind /o/given /o/secret/on
  may_not 'a file through one' /o/secret/on/f
  may 'and that directly' /o/given/f
  umount /o/secret/on

  pass "$where: in a chroot" in_root /o /given/f
  deny 'a secret in a chroot' in_root /o /secret/key
  deny 'a file that is a secret as seen from a root' in_root /o/given /f
  may 'it is none as seen from ours' /o/given/f
  deny 'once more from that root' in_root /o/given /f
}

mkdir -p /o /layers /srv/box /srv/kss
cp /bin/busybox /srv/box/busybox
for inodes in with without; do
  [ $inodes = with ] && options= || options='--without inode-storage'
  # shellcheck disable=SC2086
  check "$inodes inode storage: load" 0 kss-load load $options /labels.yaml
  if [ $inodes = with ]; then
    check 'types are kept' 0 test -e /sys/fs/bpf/kss/map_kss_inodes
  else
    check 'types are not kept' no test -e /sys/fs/bpf/kss/map_kss_inodes
  fi
  for fs in tmpfs overlay; do
    where="$fs, $inodes inode storage"
    case $fs in
      tmpfs) mount -t tmpfs none /o && tree /o ;;
      overlay) overlay /o ;;
    esac
    sleep 2 # after a mount nothing is kept for so long
    was=$failed
    names_change
    [ $failed = $was ] || kss-load audit
    umount /o
    [ $fs = tmpfs ] || umount /layers
  done
  check "$inodes inode storage: unload" 0 kss-load unload
done

# The attacks on files, with what they attack on an overlay.
attacks='read symlink hardlink rename_parent rename_grandparent proc_root proc_cwd opath handle inherited inherited_dir
  inherited_late inherited_many received listdir stat watch ring_open ring_worker bind_away detached open_tree write exchange
  replace plant unlink truncate chmod chown utime setxattr bind_over exec_own script map_exec chroot deep'
# shellcheck disable=SC2086
run() { attack --full /srv/kss/attacker --plain /srv/kss/attacker-plain $attacks; }
overlay /tmp
run >/run/before
for inodes in with without; do
  [ $inodes = with ] && options= || options='--without inode-storage'
  # shellcheck disable=SC2086
  check "attacks on an overlay, $inodes inode storage: load" 0 kss-load load --rate 1000 --ring-size 4194304 $options /attack.yaml
  kss-load audit --json >/dev/null # the load's own self-test
  run >/run/after
  kss-load audit --json >/run/records
  check "attacks on an overlay, $inodes inode storage" 0 awk -F '\t' -f /attacks.awk /run/before /run/records /run/after
  cat "$out"
  check "unload" 0 kss-load unload
  cut -f 1,2 /run/after >/run/verdicts-$inodes
done
check 'the same results with inode storage and without' 0 diff /run/verdicts-with /run/verdicts-without
finish
