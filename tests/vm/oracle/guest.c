/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * oracle-guest DIR: for each policy of DIR (made by oracle-generate) puts it in force and does its operations, each in a
 * process of its own that enters the domain first, and compares what the kernel said with what the reference evaluator
 * expected. Runs as root, in no domain.
 *
 *   expected denied    the call fails with the error of a question that is denied, the tree of files is as before, and the
 *                      audit record names class, object and permissions of the first such question
 *   expected granted   it succeeds, or fails with the very error that it gives unconfined
 *
 *   oracle-guest --inverted DIR   then also inverted.ops, of which two expectations are wrong: both must be noticed
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <mqueue.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sem.h>
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

#include "kss/port_user.h"
#include "kss/abi.h"
#include "kss/core.h"

enum { FIELDS = 12, MAX_NODES = 128, MAX_OPS = 4096, OWNERS = 2, PROCESSES = 5 };
enum { NOT_ENTERED = 10001, HANGS = 10002, DIED = 10003 }; /* in place of an errno */

static const char *const owners[OWNERS] = { "unconfined", "peer" };
static const char *const processes[PROCESSES] = { "unconfined", "peer", "d0", "d1", "d2" };

/* What children tell. */
static struct shared {
	volatile int done, err, ready;
	int ids[OWNERS][3]; /* message queue, semaphores, shared memory */
} *shared;
static pid_t servers[OWNERS], targets[PROCESSES];
static int some_word = 42;

static void die(const char *what)
{
	printf("oracle: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int result(long r) { return r < 0 ? errno : 0; }
static int index_of(const char *name, const char *const *list, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (!strcmp(list[i], name))
			return i;
	errno = EINVAL;
	die(name);
	return -1;
}

static int enter(const char *domain)
{
	__u64 name = kss_name64(domain, (__u32)strlen(domain));

	if (!strcmp(domain, "unconfined"))
		return 0;
	if (prctl(KSS_PRCTL, KSS_PRCTL_ENTER, (unsigned long)(__u32)name, (unsigned long)(name >> 32), 0) == -1 && errno != KSS_PRCTL_DONE)
		return errno;
	return 0;
}

/* --- the tree ---------------------------------------------------------------------------------------------------- */

enum { K_FILE = 1, K_DIR = 2, K_LINK = 4, K_CHAR = 8, K_BLOCK = 16, K_FIFO = 32, K_SOCK = 64 };
static struct node {
	int kind;
	char path[100], target[64];
	unsigned major, minor;
	ino_t ino;
	off_t size;
	ssize_t attrs;
	mode_t mode;
} nodes[MAX_NODES];
static int nnodes;
static char *program;
static size_t program_size;

static void remove_all(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		return;
	if (S_ISDIR(st.st_mode)) {
		struct dirent *e;
		DIR *d = opendir(path);
		char p[600];

		while (d && (e = readdir(d))) {
			if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
				continue;
			snprintf(p, sizeof p, "%s/%s", path, e->d_name);
			remove_all(p);
		}
		if (d)
			closedir(d);
		if (rmdir(path))
			die(path);
	} else if (unlink(path)) {
		die(path);
	}
}

static void note(struct node *n)
{
	struct stat st;

	if (lstat(n->path, &st))
		die(n->path);
	n->ino = st.st_ino;
	n->size = st.st_size;
	n->mode = st.st_mode;
	n->attrs = llistxattr(n->path, NULL, 0);
}

static void make(struct node *n)
{
	static const struct timespec when[2] = { { 1000000000, 0 }, { 1000000000, 0 } };
	const void *data = "text\n";
	size_t size = 5;
	int fd;

	switch (n->kind) {
	case K_DIR:
		if (mkdir(n->path, 0755) && errno != EEXIST)
			die(n->path);
		lremovexattr(n->path, "trusted.t");
		if (chmod(n->path, 0755) || chown(n->path, 0, 0) || utimensat(AT_FDCWD, n->path, when, 0))
			die(n->path);
		lsetxattr(n->path, "trusted.k", "v", 1, 0);
		note(n);
		return;
	case K_LINK: fd = symlink(n->target, n->path); break;
	case K_CHAR: fd = mknod(n->path, S_IFCHR | 0644, makedev(n->major, n->minor)); break;
	case K_BLOCK: fd = mknod(n->path, S_IFBLK | 0644, makedev(n->major, n->minor)); break;
	case K_FIFO: fd = mknod(n->path, S_IFIFO | 0644, 0); break;
	case K_SOCK: fd = mknod(n->path, S_IFSOCK | 0644, 0); break;
	default:
		if (!strcmp(n->target, "prog"))
			data = program, size = program_size;
		else if (!strcmp(n->target, "script"))
			data = "#!/w/bin/x\n", size = 11;
		fd = open(n->path, O_WRONLY | O_CREAT | O_EXCL, 0755);
		if (fd >= 0 && write(fd, data, size) != (ssize_t)size)
			die(n->path);
		if (fd >= 0) {
			fchmod(fd, !strcmp(n->target, "text") ? 0644 : 0755);
			close(fd);
		}
	}
	if (fd < 0)
		die(n->path);
	lsetxattr(n->path, "trusted.k", "v", 1, 0);
	lsetxattr(n->path, "user.k", "v", 1, 0);
	utimensat(AT_FDCWD, n->path, when, AT_SYMLINK_NOFOLLOW);
	note(n);
}

/* Is the tree as it was made? If not, says where and makes it so. */
static const char *restore(void)
{
	static char what[200];
	struct stat st;
	int i, k;

	what[0] = 0;
	for (i = 0; i < nnodes; i++) {
		struct dirent *e;
		char p[600];
		DIR *d;

		if (nodes[i].kind != K_DIR || lstat(nodes[i].path, &st) || !S_ISDIR(st.st_mode) || !(d = opendir(nodes[i].path)))
			continue;
		while ((e = readdir(d))) {
			if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
				continue;
			snprintf(p, sizeof p, "%s/%s", nodes[i].path, e->d_name);
			if (!strcmp(p, "/w/run"))
				continue;
			for (k = 0; k < nnodes && strcmp(nodes[k].path, p); k++)
				;
			if (k < nnodes)
				continue;
			snprintf(what, sizeof what, "%.150s was made", p);
			remove_all(p);
		}
		closedir(d);
	}
	for (i = 0; i < nnodes; i++) {
		struct node *n = &nodes[i];
		const char *why = NULL;

		if (lstat(n->path, &st))
			why = "is gone";
		else if (st.st_ino != n->ino)
			why = "is another file";
		else if (st.st_mode != n->mode)
			why = "has another mode";
		else if (st.st_uid || st.st_gid)
			why = "has another owner";
		else if (n->kind != K_DIR && (st.st_size != n->size || st.st_mtime != 1000000000))
			why = "has another size or time";
		else if (llistxattr(n->path, NULL, 0) != n->attrs)
			why = "has other attributes";
		if (!why)
			continue;
		snprintf(what, sizeof what, "%s %s", n->path, why);
		if (n->kind != K_DIR || !S_ISDIR(st.st_mode))
			remove_all(n->path);
		make(n);
	}
	return what[0] ? what : NULL;
}

static void read_world(const char *dir)
{
	char path[300], line[400];
	FILE *f;

	f = fopen("/oracle-exec", "re");
	if (!f)
		die("/oracle-exec");
	program = malloc(1 << 20);
	program_size = fread(program, 1, 1 << 20, f);
	fclose(f);
	snprintf(path, sizeof path, "%s/world", dir);
	f = fopen(path, "re");
	if (!f)
		die(path);
	while (fgets(line, sizeof line, f) && nnodes < MAX_NODES) {
		struct node *n = &nodes[nnodes++];

		if (sscanf(line, "%d\t%99[^\t]\t%63[^\t]\t%u\t%u", &n->kind, n->path, n->target, &n->major, &n->minor) != 5)
			die("world: not as oracle-generate writes it");
	}
	fclose(f);
	mkdir("/w", 0755);
	if (mount("oracle", "/w", "tmpfs", 0, "mode=0755"))
		die("/w");
	mkdir("/w/run", 0755);
	for (int i = 0; i < nnodes; i++)
		make(&nodes[i]);
	if (restore())
		die("the tree is not what it was made to be");
}

/* --- servers, targets, IPC objects: what operations are done to ---------------------------------------------------- */

static socklen_t unix_address(struct sockaddr_un *a, const char *name)
{
	memset(a, 0, sizeof *a);
	a->sun_family = AF_UNIX;
	strcpy(a->sun_path, name);
	if (name[0] != '@')
		return sizeof *a;
	a->sun_path[0] = 0;
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
}

static socklen_t inet_address(struct sockaddr_storage *s, const char *address, const char *port)
{
	struct sockaddr_in *a = (void *)s;
	struct sockaddr_in6 *b = (void *)s;

	memset(s, 0, sizeof *s);
	if (strchr(address, ':')) {
		b->sin6_family = AF_INET6;
		b->sin6_port = htons((unsigned short)atoi(port));
		inet_pton(AF_INET6, address, &b->sin6_addr);
		return sizeof *b;
	}
	a->sin_family = AF_INET;
	a->sin_port = htons((unsigned short)atoi(port));
	inet_pton(AF_INET, address, &a->sin_addr);
	return sizeof *a;
}

static int stop(const char *what)
{
	shared->err = errno;
	printf("oracle: a server: %s: %s\n", what, strerror(errno));
	fflush(stdout);
	_exit(1);
}

static void serve(int owner)
{
	static const char *const tcp[3][2] = { { "0.0.0.0", "7001" }, { "0.0.0.0", "7002" }, { "::", "7001" } };
	struct pollfd fds[7];
	int n = 0, i, one = 1;
	char name[40], data[64];

	if (enter(owners[owner]))
		stop("enter");
	for (i = 0; i < 4; i++) {
		struct sockaddr_un a;
		socklen_t len;

		snprintf(name, sizeof name, "%s%c-%c", i & 1 ? "@" : "/w/run/", owners[owner][0], i & 2 ? 's' : 'd');
		len = unix_address(&a, name);
		fds[n].fd = socket(AF_UNIX, (i & 2 ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK, 0);
		if (fds[n].fd < 0 || bind(fds[n].fd, (void *)&a, len) || ((i & 2) && listen(fds[n].fd, 100)))
			stop(name);
		n++;
	}
	for (i = 0; i < 3 && !owner; i++) {
		struct sockaddr_storage a;
		socklen_t len = inet_address(&a, tcp[i][0], tcp[i][1]);

		fds[n].fd = socket(a.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
		setsockopt(fds[n].fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
		if (i == 2)
			setsockopt(fds[n].fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
		if (fds[n].fd < 0 || bind(fds[n].fd, (void *)&a, len) || listen(fds[n].fd, 100))
			stop(tcp[i][0]);
		n++;
	}
	shared->ready = 1;
	for (;;) {
		for (i = 0; i < n; i++)
			fds[i].events = POLLIN;
		poll(fds, (nfds_t)n, -1);
		for (i = 0; i < n; i++) {
			int fd;

			if (!(fds[i].revents & POLLIN))
				continue;
			if (i < 2)
				recv(fds[i].fd, data, sizeof data, 0);
			else if ((fd = accept(fds[i].fd, NULL, NULL)) >= 0)
				close(fd);
		}
	}
}

static pid_t start(void (*what)(int), int arg)
{
	pid_t pid;

	shared->ready = 0;
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		syscall(SYS_close_range, 0, ~0u, 0); /* what a task has open is judged as it enters a domain */
		what(arg);
		_exit(0);
	}
	for (int i = 0; !shared->ready && !waitpid(pid, NULL, WNOHANG); i++) {
		if (i > 10000)
			break;
		usleep(1000);
	}
	if (!shared->ready)
		die("a helper did not start");
	return pid;
}

static void be_target(int i)
{
	signal(SIGUSR1, SIG_IGN);
	if (enter(processes[i]))
		stop("a target's domain");
	shared->ready = 1;
	for (;;)
		pause();
}

static void make_ipc(int owner)
{
	int *ids = shared->ids[owner];

	if (enter(owners[owner]))
		stop("enter");
	if (msgctl(ids[0], IPC_STAT, &(struct msqid_ds){ 0 }))
		ids[0] = msgget(0x6b730000 + owner, IPC_CREAT | 0666);
	if (semctl(ids[1], 0, IPC_STAT, &(struct semid_ds){ 0 }))
		ids[1] = semget(0x6b730000 + owner, 1, IPC_CREAT | 0666);
	if (shmctl(ids[2], IPC_STAT, &(struct shmid_ds){ 0 }))
		ids[2] = shmget(0x6b730000 + owner, 4096, IPC_CREAT | 0666);
	if (ids[0] < 0 || ids[1] < 0 || ids[2] < 0)
		stop("an IPC object");
	shared->ready = 1;
}

static int ipc_whole(void)
{
	int o;

	for (o = 0; o < OWNERS; o++)
		if (msgctl(shared->ids[o][0], IPC_STAT, &(struct msqid_ds){ 0 }) || semctl(shared->ids[o][1], 0, IPC_STAT, &(struct semid_ds){ 0 }) ||
		    shmctl(shared->ids[o][2], IPC_STAT, &(struct shmid_ds){ 0 }))
			return 0;
	return 1;
}
static void ensure_ipc(void)
{
	int o;

	for (o = 0; o < OWNERS; o++)
		waitpid(start(make_ipc, o), NULL, 0);
}

/* Queues: mq1 and mq2 are there, no other is. */
static int mq_whole(void)
{
	static const char *const names[] = { "/mq1", "/mq2", "/new", "/mq3" };
	int i, whole = 1;

	for (i = 0; i < 4; i++) {
		mqd_t q = mq_open(names[i], O_RDWR);

		if ((q >= 0) != (i < 2))
			whole = 0;
		if (q >= 0)
			mq_close(q);
	}
	return whole;
}
static void ensure_mq(void)
{
	struct mq_attr attr = { .mq_maxmsg = 2, .mq_msgsize = 16 };

	mq_unlink("/new");
	mq_unlink("/mq3");
	mq_close(mq_open("/mq1", O_RDWR | O_CREAT, 0666, &attr));
	mq_close(mq_open("/mq2", O_RDWR | O_CREAT, 0666, &attr));
}

static void helpers_end(void)
{
	int i;

	for (i = 0; i < OWNERS; i++)
		if (servers[i]) {
			kill(servers[i], SIGKILL);
			waitpid(servers[i], NULL, 0);
			servers[i] = 0;
		}
	for (i = 0; i < PROCESSES; i++)
		if (targets[i]) {
			kill(targets[i], SIGKILL);
			waitpid(targets[i], NULL, 0);
			targets[i] = 0;
		}
	remove_all("/w/run");
	mkdir("/w/run", 0755);
	for (i = 0; i < OWNERS; i++) {
		msgctl(shared->ids[i][0], IPC_RMID, NULL);
		semctl(shared->ids[i][1], 0, IPC_RMID);
		shmctl(shared->ids[i][2], IPC_RMID, NULL);
	}
}
static void helpers_begin(void)
{
	int i;

	for (i = 0; i < OWNERS; i++)
		servers[i] = start(serve, i);
	for (i = 0; i < PROCESSES; i++)
		targets[i] = start(be_target, i);
	ensure_ipc();
	ensure_mq();
}

/* --- the operations: 0 or errno ------------------------------------------------------------------------------------- */

struct op {
	char *text, *f[FIELDS]; /* number actor call a b c pre verdict errors flags record questions */
	pid_t pid;
};
#define NUMBER f[0]
#define ACTOR f[1]
#define CALL f[2]
#define A f[3]
#define B f[4]
#define C f[5]
#define PRE f[6]
#define VERDICT f[7]
#define ERRORS f[8]
#define FLAGS f[9]
#define RECORD f[10]
#define ASKED f[11]

static pid_t target(const struct op *o) { return targets[index_of(o->A, processes, PROCESSES)]; }
static int id(const char *owner, int what) { return shared->ids[index_of(owner, owners, OWNERS)][what]; }

static int c_open(const struct op *o)
{
	const char *m = o->B, *then = o->C;
	int flags = strchr(m, 'p') ? O_PATH : !strchr(m, 'w') ? O_RDONLY : strchr(m, 'r') ? O_RDWR : O_WRONLY, fd;
	static const struct timespec when[2] = { { 5, 0 }, { 5, 0 } };
	struct flock lock = { .l_type = F_WRLCK };
	struct stat st;
	char data[1024];
	void *p;

	if (strchr(m, 'a'))
		flags |= O_APPEND;
	if (strchr(m, 't'))
		flags |= O_TRUNC;
	if (strchr(m, 'c'))
		flags |= O_CREAT | O_EXCL;
	fd = open(o->A, flags | O_NONBLOCK, 0644);
	if (fd < 0)
		return errno;
	if (!strcmp(then, "-"))
		return 0;
	if (!strcmp(then, "list"))
		return result(syscall(SYS_getdents64, fd, data, sizeof data));
	if (!strcmp(then, "fstat"))
		return result(fstat(fd, &st));
	if (!strcmp(then, "ftruncate"))
		return result(ftruncate(fd, 1));
	if (!strcmp(then, "fchmod"))
		return result(fchmod(fd, 0710));
	if (!strcmp(then, "fchown"))
		return result(fchown(fd, 1000, 1000));
	if (!strcmp(then, "futimens"))
		return result(futimens(fd, when));
	if (!strcmp(then, "ioctl"))
		return result(ioctl(fd, FIONREAD, data));
	if (!strcmp(then, "flock"))
		return result(flock(fd, LOCK_EX | LOCK_NB));
	if (!strcmp(then, "setlk"))
		return result(fcntl(fd, F_SETLK, &lock));
	if (!strcmp(then, "lease"))
		return result(fcntl(fd, F_SETLEASE, F_RDLCK));
	if (!strcmp(then, "unappend"))
		return result(fcntl(fd, F_SETFL, 0));
	if (!strcmp(then, "mapx"))
		return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED ? errno : 0;
	if (!strcmp(then, "mapwx"))
		return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED ? errno : 0;
	if (!strcmp(then, "mapshared"))
		return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED ? errno : 0;
	p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	return p == MAP_FAILED ? errno : result(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int c_stat(const struct op *o)
{
	struct stat st;

	return result(stat(o->A, &st));
}
static int c_lstat(const struct op *o)
{
	struct stat st;

	return result(lstat(o->A, &st));
}
static int c_readlink(const struct op *o)
{
	char b[200];

	return result(readlink(o->A, b, sizeof b));
}
static int c_truncate(const struct op *o) { return result(truncate(o->A, 1)); }
static int c_chmod(const struct op *o) { return result(chmod(o->A, 0710)); }
static int c_lchown(const struct op *o) { return result(lchown(o->A, 1000, 1000)); }
static int c_utimens(const struct op *o)
{
	static const struct timespec when[2] = { { 5, 0 }, { 5, 0 } };

	return result(utimensat(AT_FDCWD, o->A, when, AT_SYMLINK_NOFOLLOW));
}
static int c_lsetxattr(const struct op *o) { return result(lsetxattr(o->A, "trusted.t", "v", 1, 0)); }
static int c_lremovexattr(const struct op *o) { return result(lremovexattr(o->A, "trusted.k")); }
static int c_getxattr(const struct op *o)
{
	char b[16];

	return result(getxattr(o->A, "user.k", b, sizeof b));
}
static int c_llistxattr(const struct op *o)
{
	char b[200];

	return result(llistxattr(o->A, b, sizeof b));
}
static int c_watch(const struct op *o) { return result(inotify_add_watch(inotify_init1(0), o->A, IN_MODIFY)); }
static int c_unlink(const struct op *o) { return result(unlink(o->A)); }
static int c_rmdir(const struct op *o) { return result(rmdir(o->A)); }
static int c_mkdir(const struct op *o) { return result(mkdir(o->A, 0755)); }
static int c_symlink(const struct op *o) { return result(symlink(o->B, o->A)); }
static int c_mknod(const struct op *o)
{
	mode_t m = !strcmp(o->B, "file") ? S_IFREG : !strcmp(o->B, "fifo") ? S_IFIFO : !strcmp(o->B, "sock") ? S_IFSOCK : !strcmp(o->B, "char") ? S_IFCHR : S_IFBLK;

	return result(mknod(o->A, m | 0644, m == S_IFCHR ? makedev(1, atoi(o->C)) : m == S_IFBLK ? makedev(7, atoi(o->C)) : 0));
}
static int c_link(const struct op *o) { return result(link(o->A, o->B)); }
static int c_rename(const struct op *o) { return result(renameat2(AT_FDCWD, o->A, AT_FDCWD, o->B, (unsigned)atoi(o->C))); }
static int c_chroot(const struct op *o) { return result(chroot(o->A)); }
static int c_mount(const struct op *o) { return result(mount("none", o->A, "tmpfs", 0, NULL)); }
static int c_bind_mount(const struct op *o) { return result(mount(o->B, o->A, NULL, MS_BIND, NULL)); }

/* The descriptor waits in the socket that is descriptor 0. */
static int c_receive(const struct op *o)
{
	char byte;
	struct iovec v = { &byte, 1 };
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} c;
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof c };
	struct cmsghdr *h;

	(void)o;
	if (recvmsg(0, &m, MSG_DONTWAIT) < 0)
		return errno;
	h = CMSG_FIRSTHDR(&m);
	return h && h->cmsg_len >= CMSG_LEN(sizeof(int)) ? 0 : EPERM;
}
static int c_exec(const struct op *o)
{
	char *argv[] = { o->A, o->B, NULL }, *env[] = { NULL };

	execve(o->A, argv, env);
	return errno;
}
static int c_enter(const struct op *o)
{
	int e = enter(o->A);

	return e ? e : result(open(o->B, O_RDONLY));
}

static int c_mq_open(const struct op *o)
{
	struct mq_attr attr = { .mq_maxmsg = 2, .mq_msgsize = 16 };

	return result(mq_open(o->A, O_RDWR | (o->B[0] == 'c' ? O_CREAT | O_EXCL : 0), 0666, &attr));
}
/* Not the library's: it makes EPERM EACCES. The kernel's name has no slash. */
static int c_mq_unlink(const struct op *o) { return result(syscall(SYS_mq_unlink, o->A + 1)); }

static int sock(const char *what, const char *address)
{
	int inet = strchr(address, ':') ? AF_INET6 : AF_INET;

	if (!strcmp(what, "tcp6"))
		return socket(AF_INET6, SOCK_STREAM, 0);
	if (!strcmp(what, "tcp"))
		return socket(inet, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (!strcmp(what, "udp"))
		return socket(inet, SOCK_DGRAM, 0);
	if (!strcmp(what, "unix"))
		return socket(AF_UNIX, SOCK_STREAM, 0);
	if (!strcmp(what, "unixd"))
		return socket(AF_UNIX, SOCK_DGRAM, 0);
	if (!strcmp(what, "packet"))
		return socket(AF_PACKET, SOCK_RAW, 0);
	return socket(AF_NETLINK, SOCK_RAW, atoi(address));
}
static int c_socket(const struct op *o) { return result(sock(o->A, o->B)); }
static int c_socketpair(const struct op *o)
{
	int p[2];

	(void)o;
	return result(socketpair(AF_UNIX, SOCK_STREAM, 0, p));
}
static int c_setsockopt(const struct op *o)
{
	int fd = sock(o->A, ""), n = 4096;

	return fd < 0 ? errno : result(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &n, sizeof n));
}
static int c_bind(const struct op *o)
{
	struct sockaddr_storage a;
	socklen_t len = inet_address(&a, o->B, o->C);
	int fd = sock(o->A, o->B);

	if (fd < 0 || bind(fd, (void *)&a, len))
		return errno;
	if (!strcmp(o->CALL, "bind"))
		return 0;
	if (listen(fd, 5))
		return errno;
	return strcmp(o->CALL, "accept") ? 0 : result(accept(fd, NULL, NULL));
}
static int c_connect(const struct op *o)
{
	struct sockaddr_storage a;
	socklen_t len = inet_address(&a, o->B, o->C);
	int fd = sock(o->A, o->B);

	if (fd < 0)
		return errno;
	if (!strcmp(o->CALL, "sendto"))
		return result(sendto(fd, "x", 1, !strcmp(o->A, "tcp") ? MSG_FASTOPEN : 0, (void *)&a, len));
	return result(connect(fd, (void *)&a, len));
}
static int c_ubind(const struct op *o)
{
	struct sockaddr_un a;
	socklen_t len = unix_address(&a, o->A);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (void *)&a, len))
		return errno;
	return !strcmp(o->CALL, "ulisten") ? result(listen(fd, 5)) : 0;
}
static int c_uconnect(const struct op *o)
{
	struct sockaddr_un a;
	socklen_t len = unix_address(&a, o->A);
	int dgram = !strcmp(o->CALL, "usendto"), fd = socket(AF_UNIX, dgram ? SOCK_DGRAM : SOCK_STREAM, 0);

	if (fd < 0)
		return errno;
	return dgram ? result(sendto(fd, "x", 1, 0, (void *)&a, len)) : result(connect(fd, (void *)&a, len));
}

static int mode_of(const char *m) { return (m[0] == 'r' ? 0444 : 0) | (strchr(m, 'w') ? 0222 : 0); }
static int c_get(const struct op *o)
{
	int new = !strcmp(o->A, "-"), flag = new ? IPC_CREAT | 0600 : mode_of(o->B), n;
	key_t key = new ? IPC_PRIVATE : 0x6b730000 + index_of(o->A, owners, OWNERS);

	n = o->CALL[0] == 'm' ? msgget(key, flag) : o->CALL[1] == 'e' ? semget(key, 1, flag) : shmget(key, 4096, flag);
	if (n >= 0 && new) {
		/* for whoever cleans up */
		shared->ready = n;
	}
	return result(n);
}
struct message {
	long type;
	char text[4];
};
static int c_msgsnd(const struct op *o)
{
	struct message m = { 1, "abc" };

	return result(msgsnd(id(o->A, 0), &m, sizeof m.text, IPC_NOWAIT));
}
static int c_msgrcv(const struct op *o)
{
	struct message m;

	return result(msgrcv(id(o->A, 0), &m, sizeof m.text, 0, IPC_NOWAIT | MSG_NOERROR));
}
static int c_semop(const struct op *o)
{
	struct sembuf b = { 0, 1, IPC_NOWAIT };

	return result(semop(id(o->A, 1), &b, 1));
}
static int c_semval(const struct op *o) { return result(semctl(id(o->A, 1), 0, o->B[0] == 'g' ? GETVAL : SETVAL, 1)); }
static int c_shmat(const struct op *o) { return shmat(id(o->A, 2), NULL, strchr(o->B, 'w') ? 0 : SHM_RDONLY) == (void *)-1 ? errno : 0; }
static int c_ipcctl(const struct op *o)
{
	int cmd = !strcmp(o->C, "stat") ? IPC_STAT : !strcmp(o->C, "set") ? IPC_SET : IPC_RMID;
	struct msqid_ds q = { .msg_perm.mode = 0666, .msg_qbytes = 1000 };
	struct semid_ds s = { .sem_perm.mode = 0666 };
	struct shmid_ds m = { .shm_perm.mode = 0666 };

	if (o->A[0] == 'm')
		return result(msgctl(id(o->B, 0), cmd, &q));
	return o->A[1] == 'e' ? result(semctl(id(o->B, 1), 0, cmd, &s)) : result(shmctl(id(o->B, 2), cmd, &m));
}
static int c_add_key(const struct op *o)
{
	(void)o;
	return result(syscall(SYS_add_key, "user", "kss", "x", 1ul, -2 /* KEY_SPEC_PROCESS_KEYRING */));
}

static int c_kill(const struct op *o)
{
	int sig = o->B[0] == '0' ? 0 : o->B[0] == 'u' ? SIGUSR1 : !strcmp(o->B, "chld") ? SIGCHLD : !strcmp(o->B, "stop") ? SIGSTOP : SIGCONT;

	return result(kill(target(o), sig));
}
static int c_seize(const struct op *o) { return result(ptrace(PTRACE_SEIZE, target(o), 0, 0)); }
static int c_vm_read(const struct op *o)
{
	int word;
	struct iovec here = { &word, sizeof word }, there = { &some_word, sizeof some_word };

	return result(process_vm_readv(target(o), &here, 1, &there, 1, 0));
}
static int c_environ(const struct op *o)
{
	char p[64];

	snprintf(p, sizeof p, "/proc/%d/environ", (int)target(o));
	return result(open(p, O_RDONLY));
}
static int c_sched(const struct op *o)
{
	struct sched_param param = { 0 };
	cpu_set_t cpus;

	if (!strcmp(o->B, "getscheduler"))
		return result(sched_getscheduler(target(o)));
	if (!strcmp(o->B, "setpriority"))
		return result(setpriority(PRIO_PROCESS, (id_t)target(o), 5));
	if (!strcmp(o->B, "setscheduler"))
		return result(sched_setscheduler(target(o), SCHED_OTHER, &param));
	if (!strcmp(o->B, "ioprio"))
		return result(syscall(SYS_ioprio_set, 1, target(o), 2 << 13 | 4));
	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	return result(sched_setaffinity(target(o), sizeof cpus, &cpus));
}
static int c_prlimit(const struct op *o)
{
	struct rlimit none = { 0, 0 }, old;

	return result(prlimit(target(o), RLIMIT_CORE, o->B[0] == 's' ? &none : NULL, o->B[0] == 's' ? NULL : &old));
}
static int c_setrlimit(const struct op *o)
{
	struct rlimit none = { 0, 0 };

	(void)o;
	return result(setrlimit(RLIMIT_CORE, &none));
}
static int c_fork(const struct op *o)
{
	long pid = syscall(SYS_clone, (!strcmp(o->CALL, "fork") ? 0 : CLONE_NEWUTS) | SIGCHLD, 0, 0, 0, 0);

	if (!pid)
		_exit(0);
	if (pid < 0)
		return errno;
	waitpid((pid_t)pid, NULL, 0);
	return 0;
}
static int c_unshare_user(const struct op *o)
{
	(void)o;
	return result(unshare(CLONE_NEWUSER));
}
static int c_execmem(const struct op *o)
{
	void *p = mmap(NULL, 4096, PROT_READ | (o->A[1] == 'm' ? PROT_WRITE | PROT_EXEC : 0), MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return errno;
	return o->A[1] == 'm' ? 0 : result(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}
static int c_setid(const struct op *o)
{
	gid_t group = 0;

	return result(!strcmp(o->CALL, "setuid") ? syscall(SYS_setuid, 1000) :
		      !strcmp(o->CALL, "setgid") ? syscall(SYS_setgid, 1000) : syscall(SYS_setgroups, 1ul, &group));
}
static int c_sethostname(const struct op *o)
{
	(void)o;
	return result(sethostname("guest", 5));
}
static int c_userfaultfd(const struct op *o)
{
	(void)o;
	return result(syscall(SYS_userfaultfd, 1 /* UFFD_USER_MODE_ONLY */));
}
static int c_io_uring(const struct op *o)
{
	struct io_uring_params p = { 0 };

	(void)o;
	return result(syscall(SYS_io_uring_setup, 4, &p));
}
static int c_bpf(const struct op *o)
{
	union bpf_attr a = { 0 };

	(void)o;
	return result(syscall(SYS_bpf, BPF_PROG_GET_NEXT_ID, &a, sizeof a));
}

static const struct {
	const char *name;
	int (*run)(const struct op *);
} calls[] = {
	{ "open", c_open }, { "stat", c_stat }, { "lstat", c_lstat }, { "readlink", c_readlink }, { "truncate", c_truncate },
	{ "chmod", c_chmod }, { "lchown", c_lchown }, { "utimens", c_utimens }, { "lsetxattr", c_lsetxattr },
	{ "lremovexattr", c_lremovexattr }, { "getxattr", c_getxattr }, { "llistxattr", c_llistxattr }, { "watch", c_watch },
	{ "unlink", c_unlink }, { "rmdir", c_rmdir }, { "mkdir", c_mkdir }, { "symlink", c_symlink }, { "mknod", c_mknod },
	{ "link", c_link }, { "rename", c_rename }, { "chroot", c_chroot }, { "mount", c_mount }, { "bindmount", c_bind_mount },
	{ "receive", c_receive }, { "exec", c_exec }, { "enter", c_enter }, { "mq_open", c_mq_open }, { "mq_unlink", c_mq_unlink },
	{ "socket", c_socket }, { "socketpair", c_socketpair }, { "setsockopt", c_setsockopt }, { "bind", c_bind },
	{ "listen", c_bind }, { "accept", c_bind }, { "connect", c_connect }, { "sendto", c_connect }, { "ubind", c_ubind },
	{ "ulisten", c_ubind }, { "uconnect", c_uconnect }, { "usendto", c_uconnect }, { "msgget", c_get }, { "semget", c_get },
	{ "shmget", c_get }, { "msgsnd", c_msgsnd }, { "msgrcv", c_msgrcv }, { "semop", c_semop }, { "semval", c_semval },
	{ "shmat", c_shmat }, { "ipcctl", c_ipcctl }, { "add_key", c_add_key }, { "kill", c_kill }, { "seize", c_seize },
	{ "vm_read", c_vm_read }, { "environ", c_environ }, { "sched", c_sched }, { "prlimit", c_prlimit },
	{ "setrlimit", c_setrlimit }, { "fork", c_fork }, { "clone_uts", c_fork }, { "unshare_user", c_unshare_user },
	{ "execmem", c_execmem }, { "setuid", c_setid }, { "setgid", c_setid }, { "setgroups", c_setid },
	{ "sethostname", c_sethostname }, { "userfaultfd", c_userfaultfd }, { "io_uring", c_io_uring }, { "bpf", c_bpf },
};

/* --- one operation -------------------------------------------------------------------------------------------------- */

/* Does it in a process of its own, in `domain`: 0, errno, or one of the numbers above. */
static int in_domain(struct op *o, const char *domain, int socket, int (*run)(const struct op *))
{
	int status, err;

	shared->done = 0;
	shared->ready = -1;
	o->pid = fork();
	if (o->pid < 0)
		die("fork");
	if (!o->pid) {
		alarm(20);
		/* Nothing is open in a domain but what an operation opens there. */
		if (socket >= 0)
			dup2(socket, 0);
		syscall(SYS_close_range, socket >= 0 ? 1 : 0, ~0u, 0);
		err = enter(domain) ? NOT_ENTERED : run(o);
		shared->err = err;
		shared->done = 1;
		_exit(0);
	}
	if (waitpid(o->pid, &status, 0) != o->pid)
		die("waitpid");
	if (shared->done)
		return shared->err;
	if (WIFEXITED(status) && WEXITSTATUS(status) >= 100)
		return WEXITSTATUS(status) == 100 ? 0 : WEXITSTATUS(status) == 101 ? EPERM : EIO;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		return HANGS;
	/* Past the point of no return the kernel can only kill. */
	return !strcmp(o->CALL, "exec") && WIFSIGNALED(status) ? EPERM : DIED;
}

/* What is beneath a name, looked at so that it carries a label when it moves. */
static int look(const struct op *o)
{
	char from[200];
	struct stat st;
	int i;

	sscanf(o->PRE, "%*s %199s", from);
	for (i = 0; i < nnodes; i++)
		if (!strncmp(nodes[i].path, from, strlen(from)))
			lstat(nodes[i].path, &st);
	return 0;
}

static int do_op(struct op *o, const char *domain)
{
	char from[200], to[200], how[3] = "";
	int err, pair[2] = { -1, -1 }, fd = -1;
	size_t i;

	for (i = 0; i < sizeof calls / sizeof *calls && strcmp(calls[i].name, o->CALL); i++)
		;
	if (i == sizeof calls / sizeof *calls) {
		errno = EINVAL;
		die(o->CALL);
	}
	if (strcmp(o->PRE, "-") && sscanf(o->PRE, "%2s %199s %199s", how, from, to) == 3) {
		in_domain(o, domain, -1, look);
		if (how[0] == 'm' ? rename(from, to) : how[0] == 'b' ? mount(from, to, NULL, MS_BIND, NULL) : link(from, to))
			die(o->PRE);
		/* What was labelled by its first name must not keep that label by its second, nor the other way round. */
		if (how[0] == 'b' && atoi(o->NUMBER) & 1)
			in_domain(o, domain, -1, c_lstat);
	}
	if (!strcmp(o->CALL, "receive")) {
		union {
			char room[CMSG_SPACE(sizeof(int))];
			struct cmsghdr align;
		} c = { { 0 } };
		struct iovec v = { "x", 1 };
		struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof c };
		struct cmsghdr *h = CMSG_FIRSTHDR(&m);

		fd = open(o->A, (strchr(o->B, 'w') ? O_RDWR : O_RDONLY) | O_NONBLOCK);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(h), &fd, sizeof fd);
		if (fd < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || sendmsg(pair[1], &m, 0) < 0)
			die(o->A);
	}
	err = in_domain(o, domain, pair[0], calls[i].run);
	if (pair[0] >= 0) {
		close(pair[0]);
		close(pair[1]);
		close(fd);
	}
	if (!err && (!strcmp(o->CALL, "mount") || !strcmp(o->CALL, "bindmount")) && umount2(o->A, MNT_DETACH))
		die(o->A);
	if (how[0] == 'm')
		rename(to, from);
	else if (how[0] == 'b')
		umount2(to, MNT_DETACH);
	else if (how[0])
		unlink(to);
	if (!strcmp(o->CALL + 3, "get") && shared->ready >= 0) {
		if (o->CALL[0] == 'm')
			msgctl(shared->ready, IPC_RMID, NULL);
		else if (o->CALL[1] == 'e')
			semctl(shared->ready, 0, IPC_RMID);
		else
			shmctl(shared->ready, IPC_RMID, NULL);
	}
	if (!strcmp(o->CALL, "kill"))
		kill(target(o), SIGCONT);
	return err;
}

static int mismatches, done, weak;
static const char *policy_name;
static char seed[40];

static const char *error_name(int e)
{
	static char s[2][24];
	static int n;

	n ^= 1;
	if (e == NOT_ENTERED)
		return "could not enter its domain";
	if (e == HANGS)
		return "hangs";
	if (e == DIED)
		return "died";
	snprintf(s[n], sizeof s[n], "%s", e ? strerrorname_np(e) : "success");
	return s[n];
}

static void mismatch(const struct op *o, const char *expected, const char *found)
{
	mismatches++;
	printf("MISMATCH policy %s (%s) operation %s: %s does %s %s %s %s (before: %s)\n", policy_name, seed, o->NUMBER, o->ACTOR, o->CALL, o->A, o->B,
	       o->C, o->PRE);
	printf("  asked    %s\n  expected %s\n  found    %s\n", o->ASKED, expected, found);
}

static int listed(const char *list, int e)
{
	const char *name = e > 0 && e < 10000 ? strerrorname_np(e) : NULL;
	const char *at = name ? strstr(list, name) : NULL;

	return at && (at[strlen(name)] == ',' || !at[strlen(name)]);
}

static void judge(struct op *o)
{
	int denied = o->VERDICT[0] == 'd', err, plain;
	const char *changed = NULL;
	pid_t pid;
	char text[400];

	done++;
	err = do_op(o, o->ACTOR);
	pid = o->pid;
	if (strchr(o->FLAGS, 'w'))
		changed = restore();
	if (!strncmp(o->CALL, "mq", 2)) {
		if (!mq_whole())
			changed = "the queues";
		ensure_mq();
	}
	if (!strcmp(o->CALL, "ipcctl")) {
		if (!ipc_whole())
			changed = "an IPC object";
		ensure_ipc();
	}
	if (denied && listed(o->ERRORS, err)) {
		if (changed && !strchr(o->FLAGS, 'l')) {
			snprintf(text, sizeof text, "%s, but something was changed: %s", error_name(err), changed);
			mismatch(o, "denied, and nothing changed", text);
		}
	} else if (!denied && !err) {
		/* as it should be */
	} else if (strchr(o->FLAGS, 'x')) {
		mismatch(o, denied ? "denied" : "granted", error_name(err));
	} else {
		plain = do_op(o, "unconfined");
		restore();
		if (!strncmp(o->CALL, "mq", 2))
			ensure_mq();
		if (!strcmp(o->CALL, "ipcctl"))
			ensure_ipc();
		if (plain == err && err) {
			weak += denied; /* it fails before anything is asked */
			if (denied)
				o->RECORD = "-";
		} else {
			snprintf(text, sizeof text, "%s (unconfined: %s)", error_name(err), error_name(plain));
			mismatch(o, denied ? "denied" : "granted", text);
		}
	}
	o->pid = pid;
}

/* --- a policy --------------------------------------------------------------------------------------------------------- */

static struct op ops[MAX_OPS];

static int read_ops(const char *path)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	int n = 0, i;

	if (!f)
		die(path);
	for (; n < MAX_OPS && getline(&line, &room, f) > 0; n++) {
		char *rest = ops[n].text = strdup(line);

		rest[strcspn(rest, "\n")] = 0;
		for (i = 0; i < FIELDS; i++)
			if (!(ops[n].f[i] = strsep(&rest, "\t")))
				die(path);
	}
	free(line);
	fclose(f);
	return n;
}

/* The value of a key of a flat JSON object. */
static const char *json(const char *line, const char *key, char *out, size_t size)
{
	char find[40];
	const char *p;
	size_t n = 0;

	out[0] = 0;
	snprintf(find, sizeof find, "\"%s\":", key);
	p = strstr(line, find);
	if (!p)
		return out;
	p += strlen(find);
	p += *p == ' ';
	if (*p == '"')
		for (p++; *p && *p != '"' && n + 1 < size; p++)
			out[n++] = *p;
	else
		for (; isalnum(*p) && n + 1 < size; p++)
			out[n++] = *p;
	out[n] = 0;
	return out;
}

static void check_records(int n)
{
	static struct record {
		pid_t pid;
		char text[300];
	} *records;
	static int room;
	FILE *f = popen("kss-load audit --json", "r");
	char *line = NULL;
	size_t size = 0;
	int count = 0, i, k;

	if (!f)
		die("kss-load audit");
	while (getline(&line, &size, f) > 0) {
		char cls[40], object[80], what[500], pid[20];

		if (strcmp(json(line, "verdict", what, sizeof what), "deny"))
			continue;
		if (count == room)
			records = realloc(records, (size_t)(room = room ? 2 * room : 1024) * sizeof *records);
		records[count].pid = atoi(json(line, "pid", pid, sizeof pid));
		snprintf(records[count].text, sizeof records[count].text, "%s %s %.150s", json(line, "class", cls, sizeof cls),
			 json(line, "object", object, sizeof object), json(line, "denied", what, sizeof what));
		count++;
	}
	free(line);
	if (pclose(f)) {
		printf("MISMATCH policy %s: kss-load audit failed\n", policy_name);
		mismatches++;
	}
	for (i = 0; i < n; i++) {
		char found[1000] = "the records of the process:";
		int same = 0;

		if (ops[i].VERDICT[0] != 'd' || !strcmp(ops[i].RECORD, "-"))
			continue;
		for (k = 0; k < count && !same; k++)
			if (records[k].pid == ops[i].pid) {
				same = !strcmp(records[k].text, ops[i].RECORD);
				snprintf(found + strlen(found), sizeof found - strlen(found), " [%s]", records[k].text);
			}
		if (!same) {
			char want[400];

			snprintf(want, sizeof want, "a record of: %s", ops[i].RECORD);
			mismatch(&ops[i], want, found);
		}
	}
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int run_ops(const char *path)
{
	int n = read_ops(path), i;

	for (i = 0; i < n; i++)
		judge(&ops[i]);
	check_records(n);
	for (i = 0; i < n; i++)
		free(ops[i].text);
	return n;
}

int main(int argc, char **argv)
{
	int policy, inverted = argc == 3 && !strcmp(argv[1], "--inverted");
	char path[300], command[500];
	double begun = now();
	const char *dir = argv[argc - 1];

	if (argc != 2 && !inverted)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("mmap");
	memset(shared->ids, 0xff, sizeof shared->ids);
	snprintf(path, sizeof path, "%s/seed", dir);
	FILE *f = fopen(path, "re");
	if (!f || !fgets(seed, sizeof seed, f))
		die(path);
	fclose(f);
	seed[strcspn(seed, "\n")] = 0;
	read_world(dir);
	for (policy = 1;; policy++) {
		int before = mismatches, n;
		double t = now(), t2;

		snprintf(path, sizeof path, "%s/%02d.kss", dir, policy);
		if (access(path, F_OK))
			break;
		snprintf(command, sizeof command, "kss-load %s --rate 1000000 --ring-size 8388608 %s >/tmp/load.out 2>&1 || { cat /tmp/load.out; exit 1; }",
			 policy == 1 ? "load" : "swap", path);
		if (system(command)) {
			printf("oracle: %s: cannot be put in force\n", path);
			return 2;
		}
		helpers_begin();
		t2 = now();
		policy_name = path;
		snprintf(path, sizeof path, "%s/%02d.ops", dir, policy);
		n = run_ops(path);
		printf("%02d: %d operations, %d mismatches, %.1f s (%.1f s to put in force)\n", policy, n, mismatches - before, now() - t, t2 - t);
		snprintf(path, sizeof path, "%s/%02d.kss", dir, policy + 1);
		if (access(path, F_OK))
			break; /* what is inverted is done under the last one */
		helpers_end();
	}
	printf("oracle: %d operations under %d policies, %d mismatches; %d failed before anything was asked; %.0f s\n", done, policy, mismatches, weak,
	       now() - begun);
	if (mismatches || !inverted)
		return mismatches != 0;
	snprintf(path, sizeof path, "%s/inverted.ops", dir);
	run_ops(path);
	printf("oracle: of two expectations that are wrong, %d were noticed\n", mismatches);
	return mismatches == 2 ? 0 : 1;
}
