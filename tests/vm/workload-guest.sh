#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# In a guest: the same work without KSS and in a domain that may do everything; every output and every file must be the
# same. See tests/vm/workload.sh.
set -u

work() { # DIR: prints what every step said; the clock, process numbers and inode numbers are left out
  cd "$1" || exit 1
  export HOME=$1 LC_ALL=C GIT_AUTHOR_DATE='2026-01-01T00:00:00Z' GIT_COMMITTER_DATE='2026-01-01T00:00:00Z'
  export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@t GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@t
  echo "== shell and coreutils"
  mkdir -p a/b/c && seq 1 2000 >a/n && sort -R --random-source=/bin/ls a/n | sort -n | sha256sum
  cp -a a d && mv d/n d/m && ln d/m d/hard && ln -s m d/soft && readlink d/soft && cat d/soft | wc
  chmod 750 d/b && stat -c '%n %a %h %s %F' d d/b d/m d/soft
  truncate -s 5 d/m && od -c d/hard && touch -d 2020-02-02 d/m && stat -c %Y d/m
  mkfifo pipe && { echo through >pipe & } && cat pipe && wait
  mknod null c 1 3 && echo x >null && rm null pipe
  (exec 3<>a/rw && echo hello >&3) && cat a/rw && find . -type f | sort && tar cf - a d | tar tf - | sort
  for i in 1 2 3; do (sleep 0.1; echo "job $i") & done | sort; wait
  kill -0 $$ && sh -c 'kill -TERM $$'; echo "status $?"
  (ulimit -n 64; ulimit -n); nice -n 5 sh -c nice; id -u; umask
  cat /nonexistent; echo x >/proc/version; rmdir a; echo "errors as they should be"
  echo "== git"
  git init -q repo && cd repo && seq 1 50 >f && git add f && git commit -qm one && seq 1 60 >f && git commit -qam two &&
    git log --format='%H %s' && git diff HEAD~1 --stat && git clone -q . ../clone && git -C ../clone fsck --full && git gc -q &&
    git rev-parse HEAD && cd ..
  echo "== python"
  python3 -c '
import hashlib, mmap, os, random, select, signal, socket, subprocess, tempfile, threading
print(hashlib.sha256(b"".join(bytes([i % 251]) for i in range(100000))).hexdigest())
a, b = socket.socketpair(); a.send(b"pair"); print(b.recv(9))
l = socket.socket(); l.bind(("127.0.0.1", 18080)); l.listen(); c = socket.create_connection(("127.0.0.1", 18080)); s, _ = l.accept(); c.sendall(b"tcp"); print(s.recv(9))
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(("127.0.0.1", 18081)); v = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); v.sendto(b"udp", ("127.0.0.1", 18081)); print(u.recv(9))
x = socket.socket(socket.AF_UNIX); x.bind("sock"); x.listen(); y = socket.socket(socket.AF_UNIX); y.connect("sock"); z, _ = x.accept(); y.send(b"unix"); print(z.recv(9))
socket.send_fds(y, [b"f"], [os.open("a/n", os.O_RDONLY)]); m, f, *_ = socket.recv_fds(z, 9, 1); print(m, os.read(f[0], 7))
g = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); g.bind("\0abstract"); h = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); h.sendto(b"dgram", "\0abstract"); print(g.recv(9))
mm = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC); mm[0:3] = b"abc"; print(mm[0:3])
print(subprocess.run(["sh", "-c", "echo child; exit 3"], capture_output=True))
signal.signal(signal.SIGUSR1, lambda *_: print("signal")); os.kill(os.getpid(), signal.SIGUSR1)
t = [threading.Thread(target=lambda: None) for _ in range(8)]; [i.start() for i in t]; [i.join() for i in t]
fd = os.memfd_create("m"); os.write(fd, b"mem"); print(os.pread(fd, 3, 0)); os.setxattr("a/n", "user.k", b"v") if False else None
pid = os.fork()
if not pid: os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])); print(sorted(os.listdir(".")))
'
  echo "== daemons"
  mkdir -p web /var/log/nginx /var/lib/nginx /run && echo page >web/index.html && chmod 755 "$1" web
  printf 'user root; pid %s/nginx.pid; error_log stderr; events {} http { access_log off; server { listen 127.0.0.1:18082; root %s/web; } }' "$1" "$1" >nginx.conf
  nginx -c "$1/nginx.conf" && curl -s http://127.0.0.1:18082/ && curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1:18082/none
  nginx -c "$1/nginx.conf" -s stop; sleep 1
  printf 'listener 18083 127.0.0.1\nallow_anonymous true\nuser root\n' >mosquitto.conf
  mosquitto -d -c mosquitto.conf && sleep 1 && { mosquitto_sub -p 18083 -t t -C 1 -W 20 & } && sleep 1 &&
    mosquitto_pub -p 18083 -t t -m message && wait
  pkill mosquitto; sleep 1
}

if [ "${1:-}" = work ]; then
  work "$2" 2>&1 | sed "s,$2,DIR,g; s/^DIR[^:]*: line [0-9]*/line/; s/\[[0-9]*\]/[n]/; /^[0-9]\{4\}\/[0-9][0-9]\//d; /^[0-9]\{10\}: /d"
  exit
fi
mkdir -p /w/before /w/after
bash "$0" work /w/before >/w/before.txt
kss-load load --allow-degraded /allow-all.yaml || exit 1
kss-load run --domain free -- bash "$0" work /w/after >/w/after.txt
kss-load status
kss-load audit | tail -n 5
(cd /w/before && find . -type f ! -path './*/.git/*' ! -name '*.pid' -exec sha256sum {} + | sort -k2 | grep -v -e mosquitto.db) | sed s,/w/before,DIR,g >/w/before.sum
(cd /w/after && find . -type f ! -path './*/.git/*' ! -name '*.pid' -exec sha256sum {} + | sort -k2 | grep -v -e mosquitto.db) >/w/after.sum
wc -l /w/before.txt /w/before.sum
if ! diff /w/before.txt /w/after.txt; then echo "workload: what it said differs"; exit 1; fi
if ! diff <(grep -v nginx.conf /w/before.sum) <(grep -v nginx.conf /w/after.sum); then echo "workload: files differ"; exit 1; fi
kss-load status --json | grep -q '"denials": *0' || { echo "workload: something was denied"; exit 1; }
grep -c . /w/before.txt | sed 's/$/ lines the same/'
