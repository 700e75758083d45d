# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Fetching from the Debian archive without installing anything; sourced by ci/vm and ci/rootfs.
#
# Each (suite, architecture) has a private apt configuration in the cache, so that apt verifies signatures and hashes
# but this machine's own packages, sources and architectures are neither read nor changed. The mirror is the one that
# this machine is configured for.
#
# Everything enters the cache by one rename(2) from a temporary directory beside it, under a lock: what is there is
# complete, and concurrent runs share a download.

KSS_CACHE=${KSS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kss}

say() { printf '%s: %s\n' "${prog:-ci}" "$*" >&2; }
die() {
  say "$@"
  exit 125
}

# lock NAME COMMAND...: run COMMAND (a function will do) while holding the cache's lock NAME.
lock() {
  local file=$KSS_CACHE/lock/$1 fd rc=0
  shift
  mkdir -p "$KSS_CACHE/lock"
  exec {fd}>"$file"
  flock -n "$fd" || { say "waiting for another run's ${file##*/}"; flock "$fd"; }
  "$@" || rc=$?
  exec {fd}>&-
  return $rc
}

# The archive's address as apt has it here; the security archive is beside it unless apt names one.
mirror() {
  apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
    awk '$2 !~ /-(security|updates|backports)/ && $1 ~ /\/debian\/?$/ { sub(/\/$/, "", $1); print $1; exit }'
}
security_mirror() {
  local uri
  uri=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
    awk '$2 ~ /-security$/ { sub(/\/$/, "", $1); print $1; exit }')
  printf '%s\n' "${uri:-$(mirror)-security}"
}

# apt_root SUITE ARCH: make and refresh the private apt configuration; sets APT_CONFIG. Lists are kept for a day.
apt_root() {
  APT_CONFIG='' lock "apt-$1-$2" apt_root_locked "$1" "$2" || return 1
  export APT_CONFIG=$KSS_CACHE/apt/$1-$2/apt.conf
}
apt_root_locked() {
  local suite=$1 arch=$2 root=$KSS_CACHE/apt/$1-$2 main sec try
  local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  if [[ -e $root/stamp && -z $(find "$root/stamp" -mmin +1440) && -z ${KSS_REFRESH:-} ]]; then return 0; fi
  main=$(mirror)
  sec=$(security_mirror)
  [[ -n $main ]] || { say "apt has no Debian mirror configured"; return 1; }
  mkdir -p "$root"/{preferences.d,lists/partial,cache/archives/partial,state}
  : >"$root/state/status"
  cat >"$root/apt.conf" <<S
APT::Architecture "$arch";
APT::Architectures { "$arch"; };
APT::Install-Recommends "false";
APT::Sandbox::User "";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::Retries "5";
Acquire::GzipIndexes "true";
Dir::Etc::sourcelist "$root/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "$root/preferences.d";
Dir::State "$root/state";
Dir::State::lists "$root/lists";
Dir::State::status "$root/state/status";
Dir::Cache "$root/cache";
S
  for try in 1 2 3 4; do
    printf 'deb [signed-by=%s] %s %s main\n' "$keyring" "$main" "$suite" >"$root/sources.list"
    # The last tries do without the security archive: it drops old suites and architectures before the main one does.
    if [[ $suite != sid ]] && ((try < 3)); then
      printf 'deb [signed-by=%s] %s %s-security main\n' "$keyring" "$sec" "$suite" >>"$root/sources.list"
    fi
    say "package lists of $suite $arch"
    if APT_CONFIG=$root/apt.conf apt-get -qq update >&2; then
      touch "$root/stamp"
      return 0
    fi
    sleep $((try * 2))
  done
  say "no package lists for $suite $arch"
  return 1
}

# apt_download DIR PACKAGE: fetch and verify one .deb into DIR.
apt_download() {
  local try
  for try in 1 2 3; do
    say "downloading $2 ($(apt-cache show --no-all-versions "$2" 2>/dev/null |
      awk '$1 == "Size:" { printf "%.0f MB", $2 / 1e6; exit }'))"
    if (cd "$1" && apt-get -qq download "$2" >&2); then return 0; fi
    rm -f "$1"/*.deb
    sleep $((try * 2))
  done
  return 1
}

# --- kernels -----------------------------------------------------------------------------------------------------

# A kernel's name is ARCH-VERSION[-cloud]; its version names a suite.
# shellcheck disable=SC2034 # for those who source this
KERNELS=(amd64-5.10 amd64-6.1 amd64-6.12 amd64-sid arm64-6.12 arm64-sid ppc64el-sid)
# shellcheck disable=SC2034
KERNELS_MORE=(amd64-6.1-cloud amd64-6.12-cloud arm64-5.10 arm64-6.1 armhf-6.1 armhf-6.12 armhf-sid ppc64el-6.1
  ppc64el-6.12)

kernel_suite() {
  case $1 in
    *-5.10 | *-5.10-cloud) echo bullseye ;;
    *-6.1 | *-6.1-cloud) echo bookworm ;;
    *-6.12 | *-6.12-cloud) echo trixie ;;
    *-sid | *-sid-cloud) echo sid ;;
    *) return 1 ;;
  esac
}

# kernel_packages KERNEL: the package names that fit, newest first.
kernel_packages() {
  local arch=${1%%-*} version flavour abi='[0-9][0-9.]*([+]deb[0-9]+)?(-[0-9]+)?'
  version=${1#*-}
  case $arch in
    ppc64el) flavour=powerpc64le ;;
    armhf) flavour=armmp ;;
    i386) flavour=686-pae ;;
    *) flavour=$arch ;;
  esac
  if [[ $version == *-cloud ]]; then
    flavour=cloud-$flavour
    version=${version%-cloud}
  fi
  [[ $version == sid ]] || abi="${version/./[.]}[.]$abi"
  apt-cache pkgnames linux- | sort -rV | awk -v abi="$abi" -v flavour="$flavour" '
    # since 7.x the kernel proper is in linux-binary-*; before, an unsigned image is as good as a signed one
    $0 ~ "^linux-binary-" abi "-" flavour "(-unsigned)?$" { print > "/dev/stdout" }
    $0 ~ "^linux-image-" abi "-" flavour "(-unsigned)?$" { image[++n] = $0 }
    END { for (i = 1; i <= n; i++) print image[i] }'
}

# fetch_kernel KERNEL: afterwards $KSS_CACHE/kernels/KERNEL holds vmlinuz, release, package and image.deb.
fetch_kernel() {
  [[ -e $KSS_CACHE/kernels/$1/vmlinuz && -z ${KSS_REFRESH:-} ]] || lock "kernel-$1" fetch_kernel_locked "$1"
}
fetch_kernel_locked() {
  local name=$1 dir=$KSS_CACHE/kernels/$1 suite tmp pkg found=
  [[ ! -e $dir/vmlinuz || -n ${KSS_REFRESH:-} ]] || return 0
  suite=$(kernel_suite "$name") || { say "unknown kernel $name (see ci/vm --list)"; return 1; }
  apt_root "$suite" "${name%%-*}" || return 1
  mkdir -p "$KSS_CACHE/kernels"
  # what killed runs have left
  find "$KSS_CACHE/kernels" -maxdepth 1 -name '.new.*' -mmin +600 -exec rm -rf {} +
  tmp=$(mktemp -d "$KSS_CACHE/kernels/.new.XXXXXX")
  # An index can list a file that the mirror no longer has, so older versions are tried too.
  while read -r pkg; do
    if apt_download "$tmp" "$pkg"; then
      found=$pkg
      break
    fi
  done < <(kernel_packages "$name" | head -n 4)
  [[ -n $found ]] || { rm -rf "$tmp"; say "no kernel package for $name could be fetched"; return 1; }
  mv "$tmp"/*.deb "$tmp/image.deb"
  if ! dpkg-deb --fsys-tarfile "$tmp/image.deb" |
    tar -x -C "$tmp" --wildcards --no-anchored 'boot/vmlinu[xz]*' 'usr/lib/modules/*/vmlinu[xz]' 2>/dev/null; then
    : # tar complains about the pattern that does not match; what matters is whether a kernel came out
  fi
  local image
  image=$(find "$tmp" -type f -name 'vmlinu[xz]*' | head -n 1)
  [[ -n $image ]] || { rm -rf "$tmp"; say "$found holds no kernel"; return 1; }
  mv "$image" "$tmp/vmlinuz"
  rm -rf "${tmp:?}"/{boot,usr,lib}
  found=${found%-unsigned}
  printf '%s\n' "${found#linux-*-}" >"$tmp/release"
  dpkg-deb -f "$tmp/image.deb" Package Version >"$tmp/package"
  chmod 755 "$tmp"
  rm -rf "$KSS_CACHE/kernels/.old.$name"
  [[ ! -e $dir ]] || mv "$dir" "$KSS_CACHE/kernels/.old.$name"
  mv "$tmp" "$dir"
  rm -rf "$KSS_CACHE/kernels/.old.$name"
  say "$name is $(cat "$dir/release")"
}

# fetch_modules KERNEL: afterwards $KSS_CACHE/kernels/KERNEL/modules/lib/modules/RELEASE is a module tree with
# modules.dep (without the families of drivers that no guest has a device for).
fetch_modules() {
  fetch_kernel "$1" || return 1
  [[ -e $KSS_CACHE/kernels/$1/modules ]] || lock "kernel-$1" fetch_modules_locked "$1"
}
fetch_modules_locked() {
  local name=$1 dir=$KSS_CACHE/kernels/$1 tmp deb release tree
  [[ ! -e $dir/modules ]] || return 0
  release=$(cat "$dir/release")
  tmp=$(mktemp -d "$KSS_CACHE/kernels/.new.XXXXXX")
  deb=$dir/image.deb
  if [[ $(head -n 1 "$dir/package") == *linux-binary-* ]]; then
    apt_root "$(kernel_suite "$name")" "${name%%-*}" || { rm -rf "$tmp"; return 1; }
    if ! apt_download "$tmp" "linux-modules-$release"; then
      # the suite has moved on since the kernel was cached: take its newest kernel, and that one's modules
      say "$name: the archive no longer has modules for $release"
      KSS_REFRESH=1 fetch_kernel_locked "$name" || { rm -rf "$tmp"; return 1; }
      release=$(cat "$dir/release")
      apt_download "$tmp" "linux-modules-$release" || { rm -rf "$tmp"; return 1; }
    fi
    apt_download "$tmp" "linux-base-$release" || { rm -rf "$tmp"; return 1; }
    deb=$(find "$tmp" -name 'linux-modules-*.deb')
  fi
  mkdir -p "$tmp/modules/lib/modules"
  say "unpacking modules of $release"
  local skip=(sound drivers/gpu drivers/media drivers/staging drivers/infiniband drivers/net/wireless drivers/iio
    drivers/hwmon drivers/input drivers/isdn drivers/accel drivers/leds drivers/power)
  # the lists of what is built in come with the modules, or since 7.x with linux-base-*
  dpkg-deb --fsys-tarfile "$deb" |
    tar -x -C "$tmp" "${skip[@]/#/--exclude=*/kernel/}" --wildcards '*/modules/*/kernel/*' || { rm -rf "$tmp"; return 1; }
  for deb in "$deb" "$tmp"/linux-base-*.deb; do
    [[ ! -e $deb ]] || dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$tmp" --wildcards '*/modules/*/modules.*' 2>/dev/null || true
  done
  for tree in "$tmp/lib/modules/$release" "$tmp/usr/lib/modules/$release"; do
    [[ ! -d $tree ]] || mv "$tree" "$tmp/modules/lib/modules/"
  done
  depmod -b "$tmp/modules" "$release" || { rm -rf "$tmp"; say "depmod failed for $release"; return 1; }
  mv "$tmp/modules" "$dir/modules"
  rm -rf "$tmp"
}

# --- the default root tree ---------------------------------------------------------------------------------------

# fetch_busybox ARCH: prints the path of a cpio archive: a small usr-merged root with a static busybox for ARCH.
fetch_busybox() {
  local file=$KSS_CACHE/busybox/$1-1.cpio
  [[ -e $file ]] || lock "busybox-$1" fetch_busybox_locked "$1" "$file" || return 1
  printf '%s\n' "$file"
}
fetch_busybox_locked() {
  local file=$2 tmp root applet dir
  [[ ! -e $file ]] || return 0
  apt_root bookworm "$1" || return 1
  mkdir -p "$KSS_CACHE/busybox"
  tmp=$(mktemp -d "$KSS_CACHE/busybox/.new.XXXXXX")
  apt_download "$tmp" busybox-static || { rm -rf "$tmp"; return 1; }
  dpkg-deb -x "$tmp"/*.deb "$tmp/deb"
  root=$tmp/root
  mkdir -p "$root"/{usr/{bin,sbin,lib,lib64,local/bin},etc,root,home/tester,srv,opt,mnt,var/{lib,log,tmp}}
  for dir in bin sbin lib lib64; do ln -s "usr/$dir" "$root/$dir"; done
  mv "$(find "$tmp/deb" -type f -name busybox -path '*bin/*')" "$root/usr/bin/busybox"
  # the host's busybox is of the same version and can be asked, whatever the guest's architecture
  while read -r applet; do
    applet=${applet#usr/}
    [[ $applet == */busybox || -e $root/usr/$applet ]] || ln -s /usr/bin/busybox "$root/usr/$applet"
  done < <(busybox --list-full)
  write_accounts "$root"
  pack_cpio "$root" >"$tmp/cpio" || { rm -rf "$tmp"; return 1; }
  mv "$tmp/cpio" "$file"
  rm -rf "$tmp"
}

# write_accounts ROOT: the users and groups that every guest has.
write_accounts() {
  cat >"$1/etc/passwd" <<'S'
root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
bin:x:2:2:bin:/bin:/usr/sbin/nologin
www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
messagebus:x:100:101::/nonexistent:/usr/sbin/nologin
mosquitto:x:101:102::/var/lib/mosquitto:/usr/sbin/nologin
sshd:x:102:65534::/run/sshd:/usr/sbin/nologin
tester:x:1000:1000:tester:/home/tester:/bin/sh
other:x:1001:1001:other:/home/other:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
S
  cat >"$1/etc/group" <<'S'
root:x:0:
daemon:x:1:
bin:x:2:
adm:x:4:
tty:x:5:
disk:x:6:
shadow:x:42:
www-data:x:33:
utmp:x:43:
users:x:100:
messagebus:x:101:
mosquitto:x:102:
tester:x:1000:
other:x:1001:
nogroup:x:65534:
S
  # no one has a password
  awk -F: '{ print $1 ":*:19000:0:99999:7:::" }' "$1/etc/passwd" >"$1/etc/shadow"
  chmod 640 "$1/etc/shadow"
  printf '127.0.0.1 localhost guest\n::1 localhost ip6-localhost\n' >"$1/etc/hosts"
  printf 'guest\n' >"$1/etc/hostname"
  printf 'nameserver 10.0.2.3\n' >"$1/etc/resolv.conf"
  printf '%s: files\n' passwd group shadow protocols services ethers rpc >"$1/etc/nsswitch.conf"
  printf 'hosts: files dns\n' >>"$1/etc/nsswitch.conf"
  printf '/bin/sh\n/bin/bash\n' >"$1/etc/shells"
  cat >"$1/etc/vm.owners" <<'S'
1000 1000 /home/tester
1001 1001 /home/other
0 42 /etc/shadow
S
}

# pack_cpio DIR: DIR as an initramfs on standard output; the order and times are fixed, everything belongs to root.
pack_cpio() {
  find "$1" -exec touch -h -d @1700000000 {} + &&
    (cd "$1" && find . | LC_ALL=C sort | cpio -o -H newc --quiet --reproducible -R 0:0)
}
