// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a program that has been taken over tries. A row of the table is one way to an effect that a policy forbids.
 *
 *   attack [options] [NAME...]    try all, or these; one line each:  NAME TAB RESULT TAB PID TAB WANT TAB TEXT
 *   attack --list                 names and texts
 *
 *   --base DIR       where the stage is built (default /tmp/kss): own/, what the attacker may change, and secret/key
 *   --full EXE       where this program is copied to, to be started as the attacker
 *   --plain EXE      the same for attacks that need an attacker without capabilities
 *   --secret FILE    a real secret in place of secret/key; it is only read
 *   --own DIR        the attacker's own directory, in place of own/
 *   --victim PROG    starts the victim: a program whose process is attacked (default: a child of this one)
 *   --demo           only the steps of the demonstration
 *
 * RESULT is `ok` if the attack had its effect, else the error's name. The stage is set up anew for each, by this
 * process, which is not confined; the attack runs in a process that has executed EXE and is in the domain that the
 * policy gives that path. WANT is `class type permission` as the audit record has to name them.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/kcmp.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

enum { FD_RESULT = 30, FD_INHERITED = 31, FD_SOCKET = 32, FD_LAST = 40100, PORT = 7777, SHM_KEY = 0x6b737301 };

static char base[200] = "/tmp/kss", secret[300], own[300], real_secret[300], real_own[300], full[300], plain[300];
static const char *victim_prog;
static pid_t victim;
static int demo;

/* --- the attacks: 0 if it worked, else errno ------------------------------------------------------------------ */

int main(int argc, char **argv);

static char buffer[8192];
static const char *at(const char *dir, const char *name)
{
	static char ring[4][400];
	static unsigned n;
	char *s = ring[n++ & 3];

	snprintf(s, sizeof ring[0], "%s/%s", dir, name);
	return s;
}
static int result(long r) { return r < 0 ? errno : 0; }
/* An attack whose last step cannot succeed in a guest: it counts as working if the kernel got past permissions. */
static int reached(long r) { return r < 0 && (errno == EPERM || errno == EACCES) ? errno : 0; }

static int can_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), e;

	if (fd < 0)
		return errno;
	e = result(read(fd, buffer, sizeof buffer));
	close(fd);
	return e;
}
static int put(const char *path, const void *data, size_t n, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode), e;

	if (fd < 0)
		return errno;
	e = result(write(fd, data, n));
	close(fd);
	return e;
}
static int copy(const char *from, const char *to, mode_t mode)
{
	char b[65536];
	ssize_t n = 0;
	int in = open(from, O_RDONLY | O_CLOEXEC), out = -1, e = 0;

	if (in < 0 || (out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)) < 0)
		e = errno;
	while (!e && (n = read(in, b, sizeof b)) > 0)
		if (write(out, b, n) != n)
			e = errno;
	if (n < 0)
		e = errno;
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return e;
}

/* Becomes a program. If that works, nobody is left to report: the exit status tells. */
static int try_exec(int fd, const char *path, char *const argv[])
{
	char *env[] = { NULL };

	dup2(open("/dev/null", O_RDWR | O_CLOEXEC), 2);
	fcntl(FD_RESULT, F_SETFD, FD_CLOEXEC);
	if (fd >= 0)
		syscall(SYS_execveat, fd, "", argv, env, AT_EMPTY_PATH);
	else if (path)
		execve(path, argv, env);
	return errno;
}

static int a_read(void) { return can_read(secret); }
static int a_shadow(void) { return can_read("/etc/shadow"); }
static int a_write(void)
{
	int fd = open(secret, O_WRONLY | O_APPEND);

	return result(fd);
}
static int a_symlink(void)
{
	const char *l = at(own, "link");

	if (symlink(secret, l))
		return errno;
	return can_read(l);
}
static int a_hardlink(void)
{
	const char *l = at(own, "hard");

	if (link(secret, l))
		return errno;
	return can_read(l);
}
static int a_rename_parent(void)
{
	if (rename(at(base, "secret"), at(own, "moved")))
		return errno;
	return can_read(at(own, "moved/key"));
}
static int a_rename_grandparent(void)
{
	/* box/ is the attacker's own, box/secret is not */
	if (rename(at(own, "box/secret"), at(own, "box/open")))
		return errno;
	return can_read(at(own, "box/open/key"));
}
static int a_exchange(void)
{
	int e = put(at(own, "mine"), "x", 1, 0600);

	if (e)
		return e;
	return result(renameat2(AT_FDCWD, at(own, "mine"), AT_FDCWD, secret, RENAME_EXCHANGE));
}
static int a_replace(void)
{
	int e = put(at(own, "mine"), "x", 1, 0600);

	return e ? e : result(rename(at(own, "mine"), secret));
}
static int a_plant(void)
{
	int fd = open(own, O_TMPFILE | O_WRONLY, 0600);
	char p[64];

	if (fd < 0)
		return errno;
	snprintf(p, sizeof p, "/proc/self/fd/%d", fd);
	return result(linkat(AT_FDCWD, p, AT_FDCWD, at(base, "secret/planted"), AT_SYMLINK_FOLLOW));
}
static int a_unlink(void) { return result(unlink(secret)); }
static int a_chmod(void) { return result(chmod(secret, 0666)); }
static int a_chown(void) { return result(chown(secret, 33, 33)); }
static int a_truncate(void) { return result(truncate(secret, 0)); }
static int a_utime(void) { return result(utimensat(AT_FDCWD, secret, NULL, 0)); }
static int a_stat(void)
{
	struct stat st;

	return result(stat(secret, &st));
}
static int a_setxattr(void) { return result(setxattr(secret, "trusted.kss", "x", 1, 0)); }
static int a_watch(void)
{
	int fd = inotify_init1(IN_CLOEXEC);

	return fd < 0 ? errno : result(inotify_add_watch(fd, secret, IN_ACCESS | IN_MODIFY));
}
static int a_listdir(void)
{
	DIR *d = opendir(at(base, "secret"));

	return d && readdir(d) ? 0 : errno;
}
static int a_proc_root(void)
{
	snprintf(buffer, sizeof buffer, "/proc/self/root%s", secret);
	return can_read(strdup(buffer));
}
static int a_proc_cwd(void)
{
	if (chdir(at(base, "secret")))
		return errno;
	return can_read("/proc/self/cwd/key");
}
static int a_opath(void)
{
	int fd = open(secret, O_PATH);
	char p[64];

	if (fd < 0)
		return errno;
	snprintf(p, sizeof p, "/proc/self/fd/%d", fd);
	return can_read(p);
}
static int a_handle(void)
{
	union {
		struct file_handle h;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} u = { .h.handle_bytes = MAX_HANDLE_SZ };
	int mount_id, dir = open(own, O_RDONLY | O_DIRECTORY), fd;

	if (dir < 0 || name_to_handle_at(AT_FDCWD, secret, &u.h, &mount_id, 0))
		return errno;
	fd = open_by_handle_at(dir, &u.h, O_RDONLY);
	return fd < 0 ? errno : result(read(fd, buffer, sizeof buffer));
}
static int a_inherited(void) { return result(pread(FD_INHERITED, buffer, sizeof buffer, 0)); }
static int a_inherited_late(void) { return a_inherited(); }
static int a_inherited_many(void) { return result(pread(FD_LAST, buffer, sizeof buffer, 0)); }
static int a_inherited_dir(void) { return result(syscall(SYS_getdents64, FD_INHERITED, buffer, sizeof buffer)); }
static int a_inherited_tcp(void)
{
	struct sockaddr_in6 a;
	socklen_t n = sizeof a;

	return result(getpeername(FD_INHERITED, (void *)&a, &n));
}
static int a_inherited_ring(void)
{
	struct io_uring_params p;

	memset(&p, 0, sizeof p);
	return result(syscall(SYS_io_uring_enter, FD_INHERITED, 0, 0, 0, NULL, 0));
}
static int a_received(void)
{
	struct iovec v = { buffer, 1 };
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} c;
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof c };
	struct cmsghdr *h;
	int fd;

	if (recvmsg(FD_SOCKET, &m, 0) < 0)
		return errno;
	h = CMSG_FIRSTHDR(&m);
	if (!h || h->cmsg_len < CMSG_LEN(sizeof fd))
		return EPERM; /* the kernel left the descriptor out */
	memcpy(&fd, CMSG_DATA(h), sizeof fd);
	return result(pread(fd, buffer, sizeof buffer, 0));
}
static int victims_file(const char *name, int flags)
{
	char p[64];
	int fd;

	snprintf(p, sizeof p, "/proc/%d/%s", (int)victim, name);
	fd = open(p, flags);
	return result(fd);
}
static int a_proc_fd(void) { return victims_file("fd/31", O_RDONLY); }
static int a_proc_mem(void) { return victims_file("mem", O_RDWR); }
static int a_environ(void) { return victims_file("environ", O_RDONLY); }
static int a_setns(void)
{
	char p[64];
	int fd;

	snprintf(p, sizeof p, "/proc/%d/ns/net", (int)victim);
	fd = open(p, O_RDONLY);
	return fd < 0 ? errno : result(setns(fd, CLONE_NEWNET));
}

static int a_exec_own(void)
{
	char *argv[] = { "prog", "--nothing", NULL };
	int e = copy("/proc/self/exe", at(own, "prog"), 0755);

	return e ? e : try_exec(-1, at(own, "prog"), argv);
}
static int a_script(void)
{
	static const char text[] = "#!/bin/true\n";
	char *argv[] = { "script", NULL };
	int e = put(at(own, "script"), text, sizeof text - 1, 0755);

	return e ? e : try_exec(-1, at(own, "script"), argv);
}
static int a_shell(void)
{
	char *argv[] = { "sh", "-c", ":", NULL };

	return try_exec(-1, "/bin/sh", argv);
}
static int a_memfd(void)
{
	static const char text[] = "#!/bin/true\n";
	char *argv[] = { "prog", NULL }, p[64];
	int w = memfd_create("prog", 0), fd;

	if (w < 0 || write(w, text, sizeof text - 1) < 0)
		return errno;
	snprintf(p, sizeof p, "/proc/self/fd/%d", w);
	fd = open(p, O_PATH); /* one that is open for writing is busy */
	if (fd < 0)
		return errno;
	close(w);
	return try_exec(fd, NULL, argv);
}
static int a_ld_so(void)
{
	static const char *const loaders[] = { "/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1" };
	char *argv[] = { "ld.so", (char *)at(own, "dynamic"), NULL };
	unsigned i;

	/* Loaded this way it needs no execute bit. Who may not copy a program tries with the program itself. */
	if (copy("/bin/true", argv[1], 0644))
		argv[1] = "/bin/true";
	for (i = 0; i < 2; i++)
		if (!access(loaders[i], F_OK))
			return try_exec(-1, loaders[i], argv);
	return ENOENT;
}
static int a_map_exec(void)
{
	int e = put(at(own, "code"), "\xc3", 1, 0600), fd;

	if (e)
		return e;
	fd = open(at(own, "code"), O_RDONLY);
	return fd < 0 ? errno : mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED ? errno : 0;
}
static int a_mprotect(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memset(p, 0xc3, 16);
	return result(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}
static int a_mmap_wx(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ?
		       errno : 0;
}
static int a_replace_self(void)
{
	char self[300], next[320];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	int e;

	if (n < 0)
		return errno;
	self[n] = 0;
	snprintf(next, sizeof next, "%s.new", self);
	e = put(next, "payload", 7, 0755);
	return e ? e : result(rename(next, self));
}
static int a_deface(void) { return result(open("/var/www/html/index.html", O_WRONLY | O_APPEND)); }

/* Opens the secret through a ring, where no system call is made for it. */
static int ring(int open_it)
{
	struct io_uring_params p = {};
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
	unsigned *tail, *array, *mask;
	char *sq;
	int fd = syscall(SYS_io_uring_setup, 4, &p);

	if (fd < 0)
		return errno;
	if (!open_it)
		return 0;
	sq = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof *cqe + 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		  IORING_OFF_SQ_RING);
	sqe = mmap(NULL, 4 * sizeof *sqe, PROT_READ | PROT_WRITE, MAP_SHARED, fd, IORING_OFF_SQES);
	if (sq == MAP_FAILED || sqe == MAP_FAILED || !(p.features & IORING_FEAT_SINGLE_MMAP))
		return errno ? errno : ENOSYS;
	tail = (unsigned *)(sq + p.sq_off.tail);
	mask = (unsigned *)(sq + p.sq_off.ring_mask);
	array = (unsigned *)(sq + p.sq_off.array);
	memset(sqe, 0, sizeof *sqe);
	sqe->opcode = IORING_OP_OPENAT;
	sqe->fd = AT_FDCWD;
	sqe->addr = (uint64_t)(uintptr_t)secret;
	sqe->open_flags = O_RDONLY;
	sqe->flags = open_it == 2 ? IOSQE_ASYNC : 0;
	array[*tail & *mask] = 0;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return errno;
	cqe = (struct io_uring_cqe *)(sq + p.cq_off.cqes);
	return cqe->res < 0 ? -cqe->res : 0;
}
static int a_ring(void) { return ring(0); }
static int a_ring_open(void) { return ring(1); }
static int a_ring_worker(void) { return ring(2); }

static int a_ptrace(void) { return result(ptrace(PTRACE_ATTACH, victim, 0, 0)); }
static int a_seize(void) { return result(ptrace(PTRACE_SEIZE, victim, 0, 0)); }
static int a_vm_read(void)
{
	/* A wrong address is an error after permission has been given. */
	struct iovec l = { buffer, 8 }, r = { (void *)main, 8 };

	return reached(process_vm_readv(victim, &l, 1, &r, 1, 0));
}
static int a_getfd(void)
{
	int p = syscall(SYS_pidfd_open, victim, 0);

	return p < 0 ? errno : result(syscall(SYS_pidfd_getfd, p, 0, 0));
}
static int a_kill(void) { return result(kill(victim, SIGTERM)); }
static int a_sigkill(void) { return result(kill(victim, SIGKILL)); }
static int a_tgkill(void) { return result(syscall(SYS_tgkill, victim, victim, SIGUSR1)); }
static int a_pidfd_kill(void)
{
	int p = syscall(SYS_pidfd_open, victim, 0);

	return p < 0 ? errno : result(syscall(SYS_pidfd_send_signal, p, SIGHUP, NULL, 0));
}
static int a_sigio(void)
{
	/* A signal of one's choice to another process, by way of a descriptor's owner: the kernel sends it. */
	char p[64], state = 'Z';
	int s[2];
	FILE *f;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, s) || fcntl(s[0], F_SETFL, O_ASYNC | O_NONBLOCK) ||
	    fcntl(s[0], F_SETSIG, SIGKILL) || fcntl(s[0], F_SETOWN, victim) || write(s[1], "x", 1) < 0)
		return errno;
	usleep(300000);
	snprintf(p, sizeof p, "/proc/%d/stat", (int)victim);
	f = fopen(p, "re");
	if (!f)
		return errno == ENOENT ? 0 : errno;
	if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		return EIO;
	fclose(f);
	return state == 'Z' || state == 'X' ? 0 : EPERM;
}
static int a_affinity(void)
{
	cpu_set_t s;

	CPU_ZERO(&s);
	CPU_SET(0, &s);
	return result(sched_setaffinity(victim, sizeof s, &s));
}
static int a_nice(void) { return result(setpriority(PRIO_PROCESS, victim, 10)); }
static int a_prlimit(void)
{
	struct rlimit r = { 3, 3 };

	return result(prlimit(victim, RLIMIT_NOFILE, &r, NULL));
}
static int a_kcmp(void) { return result(syscall(SYS_kcmp, getpid(), victim, KCMP_VM, 0, 0)); }

static int a_chroot(void) { return result(chroot(own)); }
static int a_mount(void) { return result(mount("none", own, "tmpfs", 0, NULL)); }
static int a_bind_over(void) { return result(mount(own, at(base, "secret"), NULL, MS_BIND, NULL)); }
static int a_bind_away(void)
{
	if (mount(at(base, "secret"), at(own, "box"), NULL, MS_BIND, NULL))
		return errno;
	return can_read(at(own, "box/key"));
}
static int a_open_tree(void)
{
	int fd = syscall(SYS_open_tree, AT_FDCWD, at(base, "secret"), 1 /* OPEN_TREE_CLONE */);

	if (fd < 0)
		return errno;
	return result(syscall(SYS_move_mount, fd, "", AT_FDCWD, at(own, "box"), 4 /* MOVE_MOUNT_F_EMPTY_PATH */));
}
static int a_detached(void)
{
	/* A detached copy of the tree, read without ever being mounted anywhere. */
	int fd = syscall(SYS_open_tree, AT_FDCWD, at(base, "secret"), 1);

	if (fd < 0)
		return errno;
	return result(openat(fd, "key", O_RDONLY));
}
static int a_overlay(void)
{
	snprintf(buffer, sizeof buffer, "lowerdir=%s/secret,upperdir=%s/up,workdir=%s/work", base, own, own);
	if (mount("overlay", at(own, "box"), "overlay", 0, buffer))
		return errno;
	return can_read(at(own, "box/key"));
}
static int a_remount(void) { return result(mount(NULL, "/tmp", NULL, MS_REMOUNT | MS_BIND | MS_NOATIME, NULL)); }
static int a_umount(void) { return result(umount2(at(base, "mnt"), MNT_DETACH)); }
static int a_pivot(void) { return reached(syscall(SYS_pivot_root, own, own)); }
static int a_unshare_mount(void) { return result(unshare(CLONE_NEWNS)); }
static int a_unshare_net(void) { return result(unshare(CLONE_NEWNET)); }
static int a_userns(void) { return result(unshare(CLONE_NEWUSER)); }
static int a_clone_mount(void)
{
	long pid = syscall(SYS_clone, CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0);

	if (!pid)
		_exit(0);
	return result(pid);
}

static int a_module(void)
{
	int e = put(at(own, "module.ko"), "no module", 9, 0600), fd;

	if (e)
		return e;
	fd = open(at(own, "module.ko"), O_RDONLY);
	return fd < 0 ? errno : reached(syscall(SYS_finit_module, fd, "", 0));
}
static int a_module_memory(void) { return reached(syscall(SYS_init_module, buffer, sizeof buffer, "")); }
static int a_kexec(void) { return reached(syscall(SYS_kexec_load, 0, 0, NULL, 0)); }
static int a_dev_mem(void) { return result(open("/dev/mem", O_RDONLY)); }
static int a_mknod_mem(void)
{
	if (mknod(at(own, "mem"), S_IFCHR | 0600, makedev(1, 1)))
		return errno;
	return result(open(at(own, "mem"), O_RDONLY));
}
static int a_core_pattern(void) { return result(open("/proc/sys/kernel/core_pattern", O_WRONLY)); }
static int a_sysrq(void) { return result(open("/proc/sysrq-trigger", O_WRONLY)); }
static int a_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return result(clock_settime(CLOCK_REALTIME, &t));
}
static int a_klog(void) { return result(klogctl(3, buffer, sizeof buffer)); }
static int a_perf(void)
{
	struct perf_event_attr a = { .type = PERF_TYPE_SOFTWARE, .size = sizeof a, .config = PERF_COUNT_SW_CPU_CLOCK };

	return result(syscall(SYS_perf_event_open, &a, 0, -1, -1, 0));
}
static int a_userfaultfd(void) { return result(syscall(SYS_userfaultfd, O_CLOEXEC)); }
static int a_reboot(void) { return result(reboot(RB_DISABLE_CAD)); }
static int a_hostname(void) { return result(sethostname("taken", 5)); }
static int a_net_admin(void)
{
	struct { char name[16]; short flags; char rest[22]; } r = { "lo", 1, "" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	return fd < 0 ? errno : result(ioctl(fd, 0x8914 /* SIOCSIFFLAGS */, &r));
}

static long bpf(int cmd, union bpf_attr *a) { return syscall(SYS_bpf, cmd, a, sizeof *a); }
static int a_bpf_map_id(void)
{
	union bpf_attr a = {};
	uint32_t id;

	if (bpf(BPF_MAP_GET_NEXT_ID, &a))
		return errno;
	id = a.next_id;
	memset(&a, 0, sizeof a);
	a.map_id = id;
	return result(bpf(BPF_MAP_GET_FD_BY_ID, &a));
}
static int a_bpf_pin_get(void)
{
	union bpf_attr a = {};

	a.pathname = (uint64_t)(uintptr_t)"/sys/fs/bpf/kss-attack-pin";
	return result(bpf(BPF_OBJ_GET, &a));
}
static int a_bpf_unpin(void) { return result(unlink("/sys/fs/bpf/kss-attack-pin")); }
static int a_bpf_umount(void) { return result(umount2("/sys/fs/bpf", MNT_DETACH)); }
static int a_bpf_map(void)
{
	union bpf_attr a = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1 };

	return result(bpf(BPF_MAP_CREATE, &a));
}
static int a_bpf_prog(void)
{
	struct bpf_insn code[] = { { .code = 0xb7 }, { .code = 0x95 } };
	union bpf_attr a = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insn_cnt = 2 };

	a.insns = (uint64_t)(uintptr_t)code;
	a.license = (uint64_t)(uintptr_t)"GPL";
	return result(bpf(BPF_PROG_LOAD, &a));
}

static int call(int family, int type, int protocol, int flags)
{
	struct sockaddr_in a4 = { .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_port = htons(PORT) };
	const struct sockaddr *a = family == AF_INET ? (void *)&a4 : (void *)&a6;
	socklen_t n = family == AF_INET ? sizeof a4 : sizeof a6;
	int fd = socket(family, type, protocol);

	inet_pton(AF_INET6, "::ffff:127.0.0.1", &a6.sin6_addr);
	if (fd < 0)
		return errno;
	if (flags || type == SOCK_DGRAM)
		return result(sendto(fd, "x", 1, flags, a, n));
	return result(connect(fd, a, n));
}
static int a_connect(void) { return call(AF_INET, SOCK_STREAM, 0, 0); }
static int a_connect_mapped(void) { return call(AF_INET6, SOCK_STREAM, 0, 0); }
static int a_mptcp(void) { return call(AF_INET, SOCK_STREAM, 262, 0); }
static int a_fastopen(void) { return call(AF_INET, SOCK_STREAM, 0, MSG_FASTOPEN); }
static int a_udp(void) { return call(AF_INET, SOCK_DGRAM, 0, 0); }
static int a_bind(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(PORT + 1) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd < 0 ? errno : result(bind(fd, (void *)&a, sizeof a));
}
static int a_listen_unbound(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd < 0 ? errno : result(listen(fd, 1)); /* the kernel chooses a port */
}
static int a_raw(void) { return result(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)); }
static int a_packet(void) { return result(socket(AF_PACKET, SOCK_RAW, htons(3))); }
static int a_netlink(void) { return result(socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT)); }
static socklen_t abstract_name(struct sockaddr_un *a, const char *name)
{
	memset(a, 0, sizeof *a);
	a->sun_family = AF_UNIX;
	strcpy(a->sun_path + 1, name);
	return offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name);
}
static int a_abstract(void)
{
	struct sockaddr_un a;
	socklen_t n = abstract_name(&a, "kss-victim");
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return fd < 0 ? errno : result(connect(fd, (void *)&a, n));
}
static int a_abstract_dgram(void)
{
	struct sockaddr_un a;
	socklen_t n = abstract_name(&a, "kss-victim-dgram");
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	return fd < 0 ? errno : result(sendto(fd, "x", 1, 0, (void *)&a, n));
}
static int a_shm(void)
{
	int id = shmget(SHM_KEY, 0, 0);

	return id < 0 ? errno : shmat(id, NULL, 0) == (void *)-1 ? errno : 0;
}
static int a_mqueue(void)
{
	mqd_t q = mq_open("/kss-victim", O_WRONLY);

	return q == (mqd_t)-1 ? errno : 0;
}
static int a_key(void)
{
	long id = syscall(SYS_request_key, "user", "kss-victim", NULL, 0);

	if (id < 0)
		return errno;
	return result(syscall(SYS_keyctl, 11 /* KEYCTL_READ */, id, buffer, sizeof buffer));
}

/* Many denials: each must be one, whatever becomes of the records. */
static int a_flood(void)
{
	int i, e = 0;

	for (i = 0; i < 3000; i++) {
		e = can_read(secret);
		if (!e)
			return 0;
	}
	return e;
}
/* Deeper than paths are followed: must fail closed. */
static int a_deep(void)
{
	int i;

	if (chdir(own))
		return errno;
	for (i = 0; i < 300; i++)
		if (mkdir("d", 0700) || chdir("d"))
			return errno;
	return 0;
}

/* --- the table ------------------------------------------------------------------------------------------------ */

enum {
	PLAIN = 1,
	DEMO = 2,
	LIBC = 4, /* needs a dynamic user land */
	WEB = 8,  /* needs a web page */
	/* what the attacker's exec inherits as FD_INHERITED, or FD_LAST */
	GIVE_FILE = 16,
	GIVE_DIR = 32,
	GIVE_TCP = 64,
	GIVE_RING = 128,
	GIVE_LATE = 256, /* the file, put in when the exec has passed its last check that can refuse it */
	GIVE_MANY = 512, /* the file, after more others than can be looked at */
};
static const struct attack {
	const char *name;
	int (*run)(void);
	int flags;
	const char *want; /* class, type, one of the permissions denied */
	const char *text;
} attacks[] = {
#define A(n, flags, want, text) { #n, a_##n, flags, want, text }
	/* data read */
	A(read, DEMO, "file secret read", "read another service's key"),
	A(shadow, DEMO, "file passwords read", "read /etc/shadow"),
	A(symlink, DEMO, "file secret read", "read it through a symbolic link"),
	A(hardlink, DEMO, "file secret link", "read it through a hard link"),
	A(rename_parent, DEMO, "dir secret rename", "move its directory to where all is mine"),
	A(rename_grandparent, 0, "dir inner_secret rename", "rename a protected directory inside my own"),
	A(proc_root, 0, "file secret read", "read it through /proc/self/root"),
	A(proc_cwd, 0, "file secret read", "read it through /proc/self/cwd"),
	A(opath, 0, "file secret read", "open it with O_PATH, then again through /proc/self/fd"),
	A(handle, 0, "file secret read", "open it by handle, without a name"),
	A(inherited, GIVE_FILE, "file secret read", "read a descriptor inherited over exec"),
	A(inherited_dir, GIVE_DIR, "dir secret read", "list an inherited directory"),
	A(inherited_tcp, GIVE_TCP, "tcp self receive", "use an inherited connection"),
	A(inherited_ring, GIVE_RING | PLAIN, "io_uring system create", "use an inherited io_uring"),
	A(inherited_late, GIVE_LATE, "file secret read", "put a descriptor in while the exec is under way"),
	A(inherited_many, GIVE_MANY, "file unresolved receive", "hide a descriptor behind 40,000 others"),
	A(received, 0, "file secret receive", "read a descriptor received over a socket"),
	A(proc_fd, 0, "process unconfined ptrace_read", "open another process' descriptor through /proc"),
	A(getfd, 0, "process unconfined ptrace", "take another process' descriptor (pidfd_getfd)"),
	A(environ, 0, "process unconfined ptrace_read", "read another process' environment"),
	A(listdir, 0, "dir secret read", "list a protected directory"),
	A(stat, 0, "file secret getattr", "see its size and times"),
	A(watch, 0, "file secret watch", "watch who uses it (inotify)"),
	A(ring_open, 0, "file secret read", "read it through io_uring"),
	A(ring_worker, 0, "file secret read", "read it through a worker of io_uring"),
	A(bind_away, DEMO, "mount * bind", "mount its directory elsewhere"),
	A(detached, 0, "file unresolved read", "read it in a detached copy of its mount"),
	A(open_tree, 0, "mount * mount", "the same with open_tree and move_mount"),
	A(overlay, 0, "mount * mount", "overlay it"),
	/* data and attributes changed */
	A(write, 0, "file secret append", "write to it"),
	A(exchange, 0, "file secret rename", "exchange it with a file of mine"),
	A(replace, 0, "file secret unlink", "rename a file of mine over it"),
	A(plant, 0, "file secret create", "put an unnamed file of mine beside it"),
	A(unlink, 0, "file secret unlink", "remove it"),
	A(truncate, 0, "file secret truncate", "truncate it"),
	A(chmod, 0, "file secret chmod", "open it to everyone"),
	A(chown, 0, "file secret chown", "give it to another user"),
	A(utime, 0, "file secret setattr", "set its times"),
	A(setxattr, 0, "file secret setxattr", "give it an extended attribute"),
	A(bind_over, 0, "mount secret bind", "mount over it"),
	A(replace_self, DEMO, "file * create", "replace the service's own program"),
	A(deface, DEMO | WEB, "file * append", "change a web page"),
	/* code run */
	A(shell, DEMO | PLAIN, "file * execute", "start a shell"),
	A(exec_own, 0, "file own execute", "run a program that I have written"),
	A(script, 0, "file own execute", "run a script that I have written"),
	A(memfd, DEMO, "file memfd execute", "run a program from memory only"),
	A(ld_so, DEMO | LIBC, "file own map_exec", "run a program through the dynamic loader"),
	A(map_exec, 0, "file own map_exec", "map a file of mine as code"),
	A(mprotect, DEMO, "process self execmem", "make written memory executable"),
	A(mmap_wx, 0, "process self execmem", "map memory that is writable and executable"),
	/* tasks influenced */
	A(ptrace, DEMO, "process unconfined ptrace", "attach to another service with ptrace"),
	A(seize, 0, "process unconfined ptrace", "the same with PTRACE_SEIZE"),
	A(vm_read, 0, "process unconfined ptrace", "read its memory with process_vm_readv"),
	A(proc_mem, 0, "process unconfined ptrace", "write its memory through /proc/PID/mem"),
	A(kill, DEMO, "process unconfined signal", "end another service (SIGTERM)"),
	A(sigkill, DEMO, "process unconfined sigkill", "kill another service (SIGKILL)"),
	A(tgkill, 0, "process unconfined signal", "signal one of its threads"),
	A(pidfd_kill, 0, "process unconfined signal", "signal it by pidfd"),
	A(sigio, 0, "process unconfined sigkill", "have the kernel signal it (F_SETOWN, F_SETSIG)"),
	A(affinity, 0, "process unconfined setsched", "move it to one processor"),
	A(nice, 0, "process unconfined setsched", "slow it down"),
	A(prlimit, PLAIN, "process self setrlimit", "take away its descriptors"),
	A(kcmp, 0, "process unconfined ptrace_read", "compare its resources with mine"),
	/* namespaces, mounts, root */
	A(setns, PLAIN, "process unconfined ptrace_read", "enter another process' namespace"),
	A(unshare_mount, PLAIN, "capability self sys_admin", "make a mount namespace"),
	A(unshare_net, PLAIN, "capability self sys_admin", "make a network namespace"),
	A(userns, PLAIN, "namespace self user", "make a user namespace, to be root in"),
	A(clone_mount, 0, "namespace self mount", "clone into a mount namespace"),
	A(chroot, 0, "dir own chroot", "change the root directory"),
	A(mount, DEMO, "mount own mount", "mount a file system"),
	A(remount, 0, "mount * remount", "change a mount's flags"),
	A(umount, 0, "mount * umount", "unmount"),
	A(pivot, 0, "mount * pivot", "pivot_root"),
	/* names bound, peers reached */
	A(connect, DEMO, "tcp inet_other connect", "connect out"),
	A(connect_mapped, 0, "tcp inet_other connect", "connect to an IPv4 address in IPv6's clothes"),
	A(mptcp, 0, "tcp inet_other connect", "connect with MPTCP"),
	A(fastopen, 0, "tcp inet_other connect", "connect by sending (TCP fast open)"),
	A(udp, DEMO, "udp inet_other send", "send a datagram out"),
	A(bind, 0, "tcp inet_other bind", "listen on a port of my own"),
	A(listen_unbound, 0, "tcp inet_other listen", "listen on whatever port the kernel chooses"),
	A(raw, DEMO | PLAIN, "rawip self create", "make a raw socket"),
	A(packet, DEMO | PLAIN, "packet family_other create", "sniff the network (packet socket)"),
	A(netlink, PLAIN, "netlink family_other create", "listen to the kernel (netlink)"),
	A(abstract, 0, "unix unix_other connect", "connect to an abstract unix socket"),
	A(abstract_dgram, 0, "unix unix_other send", "send to an abstract unix socket"),
	/* memory and objects shared */
	A(shm, 0, "sysv_msg unconfined read", "attach another's shared memory"),
	A(mqueue, 0, "mqueue * write", "write to another's message queue"),
	A(key, 0, "key unconfined search", "read another's kernel key"),
	/* the kernel */
	A(module, DEMO, "module system load", "load a kernel module"),
	A(module_memory, 0, "module system load", "load a kernel module from memory"),
	A(kexec, 0, "system system kexec", "start another kernel"),
	A(dev_mem, DEMO, "chardev mem_dev read", "read physical memory"),
	A(mknod_mem, 0, "chardev mem_dev create", "the same by a device node of my own"),
	A(core_pattern, 0, "file * write", "set the kernel's core pattern"),
	A(sysrq, 0, "file * write", "trigger sysrq"),
	A(clock, 0, "system system settime", "set the clock"),
	A(klog, 0, "system system syslog", "read the kernel's log"),
	A(perf, 0, "perf system open", "count performance events"),
	A(userfaultfd, 0, "system system userfaultfd", "handle page faults (userfaultfd)"),
	A(ring, PLAIN, "io_uring system create", "make an io_uring"),
	A(reboot, PLAIN, "capability self sys_boot", "reboot's controls"),
	A(hostname, PLAIN, "capability self sys_admin", "set the host's name"),
	A(net_admin, PLAIN, "capability self net_admin", "change a network interface"),
	/* KSS itself */
	A(bpf_map_id, DEMO, "bpf system map_read", "get at the kernel's BPF maps, KSS' own too"),
	A(bpf_pin_get, 0, "bpf system map_read", "get at a map by its pin"),
	A(bpf_unpin, DEMO, "file * unlink", "remove a pin that keeps a BPF program in place"),
	A(bpf_umount, 0, "mount * umount", "unmount the file system of the pins"),
	A(bpf_map, 0, "bpf system map_create", "make a map"),
	A(bpf_prog, 0, "bpf system prog_load", "load a BPF program"),
	A(flood, 0, "file secret read", "flood the audit log: 3000 attempts, all denied"),
	A(deep, 0, "dir unresolved create", "directories too deep to be followed: fail closed"),
};
enum { COUNT = sizeof attacks / sizeof attacks[0] };

/* --- the stage ------------------------------------------------------------------------------------------------ */

static void die(const char *what)
{
	fprintf(stderr, "attack: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* Removes a tree: 300 levels of directories are no problem to it, unlike mounts, which are taken off first. */
static void remove_tree(const char *path)
{
	char cmd[400];

	umount2(at(path, "own"), MNT_DETACH);
	umount2(at(path, "own/box"), MNT_DETACH);
	umount2(at(path, "mnt"), MNT_DETACH);
	umount2(at(path, "secret"), MNT_DETACH);
	snprintf(cmd, sizeof cmd, "rm -rf '%s'", path);
	if (system(cmd))
		fprintf(stderr, "attack: %s stays\n", path);
}

static void be_victim(void)
{
	/* Named by number in /proc, and with a secret open as descriptor 31. */
	int fd = open(secret, O_RDONLY);

	signal(SIGUSR1, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	dup2(fd, FD_INHERITED);
	for (;;)
		pause();
}

static void listen_for_victim(void)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(PORT) };
	struct sockaddr_un u;
	socklen_t n;
	int fd, off = 0, one = 1;

	fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (fd < 0 || bind(fd, (void *)&a, sizeof a) || listen(fd, 100))
		die("listening");
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	n = abstract_name(&u, "kss-victim");
	if (bind(fd, (void *)&u, n) || listen(fd, 100))
		die("unix socket");
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	n = abstract_name(&u, "kss-victim-dgram");
	if (bind(fd, (void *)&u, n))
		die("unix socket");
	shmget(SHM_KEY, 4096, IPC_CREAT | 0666);
	mq_close(mq_open("/kss-victim", O_RDWR | O_CREAT, 0666, NULL));
	syscall(SYS_add_key, "user", "kss-victim", "secret", 6, -3 /* session */);
}

static void pin_something(void)
{
	union bpf_attr a = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1 };
	int fd = bpf(BPF_MAP_CREATE, &a);

	if (fd < 0)
		die("bpf");
	memset(&a, 0, sizeof a);
	a.pathname = (uint64_t)(uintptr_t)"/sys/fs/bpf/kss-attack-pin";
	a.bpf_fd = fd;
	unlink("/sys/fs/bpf/kss-attack-pin");
	if (bpf(BPF_OBJ_PIN, &a))
		die("pinning");
	close(fd);
}

static void set_stage(void)
{
	int status, i;

	/* so that the unmounting attack leaves us a file system of pins */
	if (access("/sys/fs/bpf/kss-attack-pin", F_OK) && errno == ENOENT)
		pin_something();
	remove_tree(base);
	if (mkdir(base, 0755) || mkdir(at(base, "own"), 0777) || mkdir(at(base, "secret"), 0755) || mkdir(at(base, "mnt"), 0755) ||
	    mkdir(at(base, "own/box"), 0755) || mkdir(at(base, "own/box/secret"), 0755) || mkdir(at(base, "own/up"), 0755) ||
	    mkdir(at(base, "own/work"), 0755))
		die(base);
	put(at(base, "secret/key"), "secret\n", 7, 0600);
	put(at(base, "own/box/secret/key"), "secret\n", 7, 0600);
	mount("none", at(base, "mnt"), "tmpfs", 0, NULL);
	if (*real_own) {
		umount2(at(real_own, "box"), MNT_DETACH);
		umount2(real_own, MNT_DETACH);
		mkdir(real_own, 0755);
		mkdir(at(real_own, "box"), 0755);
		remove_tree(at(real_own, "moved"));
		if (access(at(real_own, "box"), W_OK))
			die(real_own);
	}
	unlink(at(own, "link"));
	unlink(at(own, "hard"));
	unlink(at(own, "mem"));
	for (i = 0; i < 2; i++) {
		const char *exe = i ? plain : full;
		if (*exe) {
			unlink(exe);
			if (copy("/proc/self/exe", exe, 0755))
				die(exe);
		}
	}
	if (victim && waitpid(victim, &status, WNOHANG) == 0)
		return; /* alive */
	victim = fork();
	if (!victim) {
		if (!victim_prog)
			be_victim();
		i = open("/dev/null", O_RDWR);
		dup2(i, 1);
		dup2(i, 2);
		execl("/bin/sh", "sh", "-c", victim_prog, (char *)NULL);
		_exit(127);
	}
	usleep(victim_prog ? 1500000 : 100000);
}

static void offer_descriptor(int sock, int fd)
{
	struct iovec v = { "x", 1 };
	union {
		char room[CMSG_SPACE(sizeof fd)];
		struct cmsghdr align;
	} c;
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof c };

	memset(&c, 0, sizeof c);
	c.align.cmsg_level = SOL_SOCKET;
	c.align.cmsg_type = SCM_RIGHTS;
	c.align.cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(&c.align), &fd, sizeof fd);
	if (sendmsg(sock, &m, 0) < 0)
		die("sendmsg");
}

/* What the attacker's exec is to inherit besides the secret. */
static int gift(int flags, int fd)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(PORT), .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct io_uring_params p;

	if (flags & GIVE_DIR)
		return open(at(base, "secret"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (flags & GIVE_TCP) {
		fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd >= 0 && connect(fd, (void *)&a, sizeof a))
			return -1;
		return fd;
	}
	if (flags & GIVE_RING) {
		memset(&p, 0, sizeof p);
		return syscall(SYS_io_uring_setup, 4, &p);
	}
	return fd;
}

static void give_many(int fd)
{
	struct rlimit r = { FD_LAST + 1, FD_LAST + 1 };
	int i;

	if (setrlimit(RLIMIT_NOFILE, &r))
		die("RLIMIT_NOFILE");
	for (i = FD_LAST - 40000; i < FD_LAST; i++)
		dup2(0, i);
	dup2(fd, FD_LAST);
}

/*
 * Executes argv in a task that shares its descriptors with this one, and puts one more in when the exec has killed its
 * other thread and waits for it to be gone. The thread is held there by being traced.
 */
struct late {
	pid_t pid, tid;
	int go;
};
static int sleep_on(void *unused)
{
	for (;;)
		pause();
	return unused != NULL;
}
static volatile struct late *late;
static char **late_argv;
static int late_exec(void *unused)
{
	static char stack[65536];

	late->tid = clone(sleep_on, stack + sizeof stack, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD,
			  unused);
	while (!late->go)
		usleep(1000);
	execv(late_argv[0], late_argv);
	dprintf(FD_RESULT, "%d", errno);
	_exit(2); /* the thread, too */
}
static void exec_late(char **argv, int fd)
{
	static char stack[65536];
	int status, n;

	alarm(60);
	late_argv = argv;
	late->pid = clone(late_exec, stack + sizeof stack, CLONE_FILES | SIGCHLD, NULL);
	for (n = 0; !late->tid && n < 5000; n++)
		usleep(1000);
	if (late->tid <= 0 || ptrace(PTRACE_SEIZE, late->tid, 0, PTRACE_O_TRACEEXIT))
		die("tracing");
	late->go = 1;
	if (waitpid(late->tid, &status, __WALL) == late->tid && status >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8)) {
		dup2(fd, FD_INHERITED);
		ptrace(PTRACE_CONT, late->tid, 0, 0);
		waitpid(late->tid, &status, __WALL); /* the exec waits until it is reaped */
	}
	waitpid(late->pid, &status, 0);
	_exit(2);
}

static void try_one(const struct attack *a)
{
	int p[2], s[2], fd, e = -1, status;
	char pidtext[16];
	const char *exe = a->flags & PLAIN && *plain ? plain : full;
	char *argv[] = { (char *)exe, "--step", (char *)a->name, base, secret, own, pidtext, NULL };
	pid_t pid;

	late = mmap(NULL, sizeof *late, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (late == MAP_FAILED)
		die("mmap");
	set_stage();
	fd = open(secret, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || pipe2(p, O_CLOEXEC) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s))
		die(secret);
	offer_descriptor(s[0], fd);
	snprintf(pidtext, sizeof pidtext, "%d", (int)victim);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC), i;

		for (i = 0; i < 3; i++)
			dup2(null, i);
		dup2(p[1], FD_RESULT);
		dup2(s[1], FD_SOCKET);
		if (a->flags & (GIVE_FILE | GIVE_DIR | GIVE_TCP | GIVE_RING)) {
			i = gift(a->flags, fd);
			if (i < 0) {
				dprintf(FD_RESULT, "%d", errno);
				_exit(2);
			}
			dup2(i, FD_INHERITED);
		}
		if (a->flags & GIVE_MANY)
			give_many(fd);
		if (a->flags & GIVE_LATE)
			exec_late(argv, fd);
		execv(exe, argv);
		dprintf(FD_RESULT, "%d", errno);
		_exit(2);
	}
	close(p[1]);
	close(s[1]);
	memset(buffer, 0, 16);
	if (read(p[0], buffer, 15) > 0)
		e = atoi(buffer);
	waitpid(pid, &status, 0);
	if (late->pid > 0)
		pid = late->pid;
	munmap((void *)late, sizeof *late);
	if (e < 0 && WIFEXITED(status)) /* it has become another program */
		e = WEXITSTATUS(status) == 127 ? EPERM : WEXITSTATUS(status) ? -1 : 0;
	close(p[0]);
	close(s[0]);
	close(fd);
	printf("%s\t%s\t%d\t%s\t%s\n", a->name, e < 0 ? "died" : e ? strerrorname_np(e) : "ok", (int)pid, a->want, a->text);
	fflush(stdout);
	if (!strcmp(a->name, "bpf_umount") && !e)
		mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL);
}

int main(int argc, char **argv)
{
	int i, j, any = 0;

	if (argc > 1 && !strcmp(argv[1], "--nothing"))
		return 0;
	if (argc == 7 && !strcmp(argv[1], "--step")) {
		snprintf(base, sizeof base, "%s", argv[3]);
		snprintf(secret, sizeof secret, "%s", argv[4]);
		snprintf(own, sizeof own, "%s", argv[5]);
		victim = atoi(argv[6]);
		alarm(60);
		for (i = 0; i < COUNT; i++)
			if (!strcmp(attacks[i].name, argv[2])) {
				errno = 0;
				j = attacks[i].run();
				dprintf(FD_RESULT, "%d", j);
				return 0;
			}
		return 2;
	}
	for (i = 1; i < argc && !strncmp(argv[i], "--", 2); i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (!strcmp(argv[i], "--list")) {
			for (j = 0; j < COUNT; j++)
				printf("%-20s %s\n", attacks[j].name, attacks[j].text);
			return 0;
		} else if (!strcmp(argv[i], "--demo")) {
			demo = 1;
			continue;
		} else if (!strcmp(argv[i], "--base")) {
			snprintf(base, sizeof base, "%s", value);
		} else if (!strcmp(argv[i], "--full")) {
			snprintf(full, sizeof full, "%s", value);
		} else if (!strcmp(argv[i], "--plain")) {
			snprintf(plain, sizeof plain, "%s", value);
		} else if (!strcmp(argv[i], "--secret")) {
			snprintf(real_secret, sizeof real_secret, "%s", value);
		} else if (!strcmp(argv[i], "--own")) {
			snprintf(real_own, sizeof real_own, "%s", value);
		} else if (!strcmp(argv[i], "--victim")) {
			victim_prog = value;
		} else {
			fprintf(stderr, "attack: unknown option %s\n", argv[i]);
			return 2;
		}
		i++;
	}
	if (!*full) {
		fprintf(stderr, "attack: --full is needed\n");
		return 2;
	}
	snprintf(secret, sizeof secret, "%s", *real_secret ? real_secret : at(base, "secret/key"));
	snprintf(own, sizeof own, "%s", *real_own ? real_own : at(base, "own"));
	signal(SIGPIPE, SIG_IGN);
	listen_for_victim();
	for (j = 0; j < COUNT; j++) {
		const struct attack *a = &attacks[j];
		int wanted = i == argc && (!demo || a->flags & DEMO);
		int k;

		for (k = i; k < argc; k++)
			wanted |= !strcmp(argv[k], a->name);
		if (!wanted || (a->flags & WEB && access("/var/www/html/index.html", F_OK)) ||
		    (a->flags & LIBC && access("/lib64/ld-linux-x86-64.so.2", F_OK) && access("/lib/ld-linux-aarch64.so.1", F_OK)))
			continue;
		try_one(a);
		any = 1;
	}
	if (*real_own) {
		umount2(at(real_own, "box"), MNT_DETACH);
		umount2(real_own, MNT_DETACH);
	}
	if (victim > 0)
		kill(victim, SIGKILL);
	return !any;
}
