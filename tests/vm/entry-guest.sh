#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Ways into a domain, in a guest as root: see tests/vm/entry.sh. busybox sh. One line for each check.
# The argument: full; or sha512 and the reason that the refusal has to give: a kernel that gives no SHA-256 of a file.
out=/data/out
# shellcheck source=tests/vm/guest.sh
. /guest.sh
# enters DOMAIN NAME COMMAND...: COMMAND, completed by `cat /data/secret`, reads in this domain
enters() {
  domain=$1 name=$2
  shift 2
  kss-load audit >/dev/null 2>&1
  "$@" cat /data/secret >"$out" 2>&1 && status=0 || status=$?
  kss-load audit >>"$out" 2>&1
  if [ "$domain" = unconfined ]; then
    if [ $status = 0 ] && grep -qx secret "$out"; then ok "$name"; else fail "$name" "not as an unconfined task"; fi
  elif [ $status != 0 ] && grep -q "DENIED gen [0-9]* $domain secret : file" "$out"; then
    ok "$name"
  else
    fail "$name" "not in $domain"
  fi
}
# refused NAME PATTERN COMMAND...: the exec itself is denied, and a record says why
refused() {
  name=$1 pattern=$2
  shift 2
  kss-load audit >/dev/null 2>&1
  if "$@" >"$out" 2>&1; then
    fail "$name" "it ran"
    return
  fi
  kss-load audit >>"$out" 2>&1
  if grep -q "$pattern" "$out"; then ok "$name"; else fail "$name" "no record matches $pattern"; fi
}
# in_group GROUP COMMAND...: by a shell that goes there, whose exec it is then
in_group() {
  group=/sys/fs/cgroup/$1
  shift
  # shellcheck disable=SC2016 # for that shell
  sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$group" "$@"
}
launch() { kss-load run --domain launcher -- "$@"; }
digest() { sha256sum "$1" | cut -d ' ' -f 1; }

mkdir -p /srv/a /srv/b /srv/path /data
echo secret >/data/secret
# Programs that are busybox but for what is appended: the ELF loader does not look there. (By a name that begins
# otherwise it would be one applet.)
for n in 1 2; do { cat /bin/busybox && echo $n; } >/srv/a/busybox$n && chmod 755 /srv/a/busybox$n; done
sed "s/DIGEST1/$(digest /srv/a/busybox1)/; s/DIGEST2/$(digest /srv/a/busybox2)/" /entry.yaml >/tmp/entry.yaml

if [ "$1" != full ]; then
  if kss-load load /tmp/entry.yaml >"$out" 2>&1; then
    fail 'a policy with entry by digest is refused'
  elif grep -q "entry by digest: $2" "$out"; then
    ok 'a policy with entry by digest is refused, and the remedy named'
  else
    fail 'a policy with entry by digest is refused, and the remedy named'
  fi
  grep 'entry by digest' "$out"
  kss-load probe >"$out" 2>&1
  if grep -q 'digests of executables' "$out"; then ok 'probe says so'; else fail 'probe says so'; fi
  pass 'load, without it' kss-load load --allow-degraded /tmp/entry.yaml
  enters unconfined 'a digest that is never asked for is no reason to deny' /srv/a/busybox1
  enters path 'other ways in are open' sh -c 'cp /srv/a/busybox1 /srv/path/busybox-p && exec /srv/path/busybox-p "$@"' -
  exit $((failed > 0))
fi

kss-load probe >"$out" 2>&1
grep 'digests of executables' "$out"
# A load without digests first, so that the swap has to attach what they need.
sed '/# DIGEST/d; s/launcher: .*/launcher: { enter: [ { run: true } ] }/' /tmp/entry.yaml >/tmp/first.yaml
sed 's/^version: 1/version: 2/' /tmp/entry.yaml >/tmp/second.yaml
sed 's/^version: 1/version: 3/; /# DIGEST/d' /tmp/entry.yaml >/tmp/third.yaml
digests() {
  enters content "$1: an executable enters by its digest" /srv/a/busybox1
  enters unconfined "$1: another does not" /bin/busybox
  cp /srv/a/busybox1 /srv/b/busybox-copy
  enters content "$1: under another name" /srv/b/busybox-copy
  ln -sf /srv/a/busybox1 /srv/b/busybox-symlink
  enters content "$1: by a symbolic link" /srv/b/busybox-symlink
  enters content "$1: without a name" entry memfd /srv/a/busybox1 busybox
  echo changed >>/srv/b/busybox-copy
  enters unconfined "$1: not when it was changed" /srv/b/busybox-copy
  cp /srv/a/busybox1 /srv/b/busybox-copy
  enters content "$1: but when it was changed back" /srv/b/busybox-copy
  cp /srv/a/busybox1 /srv/path/busybox-p
  enters content "$1: what it is goes before where it lies" /srv/path/busybox-p
  cp /srv/a/busybox2 /srv/path/busybox-q
  enters path "$1: where it lies, if by what it is it enters from elsewhere" /srv/path/busybox-q
  enters unconfined "$1: not from an unconfined task" /srv/a/busybox2
  enters inner "$1: from the domain named" launch /srv/a/busybox2
  enters launcher "$1: not from another" launch /srv/a/busybox1
}
pass 'load' kss-load load /tmp/entry.yaml
cat "$out"
[ $failed = 0 ] || exit 1
digests load
pass 'unload' kss-load unload
pass 'load, without digests' kss-load load /tmp/first.yaml
enters unconfined 'without digests: not entered' /srv/a/busybox1
pass 'swap, to digests' kss-load swap /tmp/second.yaml
digests swap

# Digests that cannot be had. IMA keeps what it measured: for a file whose attribute asks for SHA-1, that.
echo 'measure func=BPRM_CHECK' >/sys/kernel/security/ima/policy || fail 'an IMA policy'
digests 'with an IMA policy'
digests 'with an IMA policy, measured'
cp /srv/a/busybox2 /srv/b/busybox-odd
pass 'an attribute that asks for another digest' entry sha1 /srv/b/busybox-odd
enters unconfined 'not measured yet: SHA-256' /srv/b/busybox-odd
refused 'no SHA-256: no exec' 'DENIED gen 2 unconfined unlabeled : file { execute } path=/srv/b/busybox-odd .*by digest' /srv/b/busybox-odd true
refused 'nor from a domain that enters one by digest' 'DENIED gen 2 launcher unlabeled : file { execute } path=/srv/b/busybox-odd ' launch /srv/b/busybox-odd true
cp /srv/a/busybox2 /srv/path/busybox-odd
pass 'an attribute that asks for another digest' entry sha1 /srv/path/busybox-odd
enters path 'by path, from a domain that enters one by digest: not measured yet' /srv/path/busybox-odd
refused 'no SHA-256: no exec by path either' 'path=/srv/path/busybox-odd ' /srv/path/busybox-odd true

# Cgroups. What is not in a group named stays where it was.
cd /sys/fs/cgroup || exit 1
mkdir -p box/in/er boxer other/box inner kss-web machine.slice/machine-web.scope/sub lxc.payload.web pod/web/x websites \
  'machine-my\x2dapp.scope' my-app
cd / || exit 1
enters group 'in the group' in_group box busybox
enters group 'in a group within it' in_group box/in/er busybox
enters unconfined 'outside' in_group . busybox
enters unconfined 'a longer name' in_group boxer busybox
enters unconfined 'the same name elsewhere' in_group other/box busybox
enters unconfined 'the shell that went there is not in it before it executes' sh -c 'echo $$ >/sys/fs/cgroup/box/cgroup.procs; read -r x </data/secret; echo $x; exit; :'
enters unconfined 'from: not from an unconfined task' in_group inner busybox
# The launcher's shell must be moved from outside: it may not write there itself.
# shellcheck disable=SC2016 # for that shell
launched() {
  rm -f /data/go /data/pid
  touch /data/pid
  launch sh -c 'echo $$ >/data/pid; until [ -e /data/go ]; do sleep 0.1; done; exec "$@"' - "$@" &
  n=100
  until [ -s /data/pid ] || [ $n = 0 ]; do n=$((n - 1)) && sleep 0.1; done
  cat /data/pid >"/sys/fs/cgroup/$in/cgroup.procs"
  touch /data/go
  wait $!
}
in=inner
enters inner 'from: from the domain named' launched busybox
in=box
enters launcher 'from: not from another' launched busybox
enters group 'a cgroup namespace does not hide it' entry cgroupns /sys/fs/cgroup/box/in /bin/busybox
enters unconfined 'nor make it up' entry cgroupns /sys/fs/cgroup/other /bin/sh -c 'echo $$ >/sys/fs/cgroup/other/box/cgroup.procs; exec busybox "$@"' -
for group in kss-web machine.slice/machine-web.scope machine.slice/machine-web.scope/sub lxc.payload.web pod/web pod/web/x; do
  enters web "container web: $group" in_group $group busybox
done
for group in websites machine.slice; do enters unconfined "not container web: $group" in_group $group busybox; done
for group in 'machine-my\x2dapp.scope' my-app; do enters dashed "container my-app: $group" in_group "$group" busybox; done
# Deeper than is followed: it may be a group named, so no exec.
deep=deep/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/21/22/23/24/25/26/27/28/29/30/31/32/33/34/35
mkdir -p /sys/fs/cgroup/$deep
refused 'too deep to tell: no exec' 'DENIED gen 2 unconfined unlabeled : file { execute } path=[^ ]*/busybox .*by cgroup' in_group $deep /bin/busybox true

pass 'swap, to no digests' kss-load swap /tmp/third.yaml
enters unconfined 'without digests: not entered' /srv/a/busybox1
pass 'no executable is hashed any more, none is refused' /srv/b/busybox-odd true
enters group 'groups are' in_group box busybox
pass unload kss-load unload
finish
