// SPDX-License-Identifier: BSD-2-Clause
/* One attack: the attacker is started with what it is to find open, its result is printed. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attack.h"

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

void try_one(const struct attack *a)
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
