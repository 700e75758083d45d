// SPDX-License-Identifier: BSD-2-Clause
/* Other processes: the victim's memory, descriptors, signals, scheduling. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "attack.h"

static int victims_file(const char *name, int flags)
{
	char p[64];
	int fd;

	snprintf(p, sizeof p, "/proc/%d/%s", (int)victim, name);
	fd = open(p, flags);
	return result(fd);
}
int a_proc_fd(void) { return victims_file("fd/31", O_RDONLY); }
int a_proc_mem(void) { return victims_file("mem", O_RDWR); }
int a_environ(void) { return victims_file("environ", O_RDONLY); }

int a_ptrace(void) { return result(ptrace(PTRACE_ATTACH, victim, 0, 0)); }
int a_seize(void) { return result(ptrace(PTRACE_SEIZE, victim, 0, 0)); }
int a_vm_read(void)
{
	/* A wrong address is an error after permission has been given. */
	struct iovec l = { buffer, 8 }, r = { (void *)a_vm_read, 8 };

	return reached(process_vm_readv(victim, &l, 1, &r, 1, 0));
}
int a_getfd(void)
{
	int p = syscall(SYS_pidfd_open, victim, 0);

	return p < 0 ? errno : result(syscall(SYS_pidfd_getfd, p, 0, 0));
}
int a_kill(void) { return result(kill(victim, SIGTERM)); }
int a_sigkill(void) { return result(kill(victim, SIGKILL)); }
int a_tgkill(void) { return result(syscall(SYS_tgkill, victim, victim, SIGUSR1)); }
int a_pidfd_kill(void)
{
	int p = syscall(SYS_pidfd_open, victim, 0);

	return p < 0 ? errno : result(syscall(SYS_pidfd_send_signal, p, SIGHUP, NULL, 0));
}
int a_sigio(void)
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
int a_affinity(void)
{
	cpu_set_t s;

	CPU_ZERO(&s);
	CPU_SET(0, &s);
	return result(sched_setaffinity(victim, sizeof s, &s));
}
int a_setgid(void) { return result(setregid((gid_t)-1, 1)); }
int a_setgroups(void)
{
	gid_t group = 1;

	return result(setgroups(1, &group));
}
int a_nice(void) { return result(setpriority(PRIO_PROCESS, victim, 10)); }
int a_prlimit(void)
{
	struct rlimit r = { 3, 3 };

	return result(prlimit(victim, RLIMIT_NOFILE, &r, NULL));
}
int a_kcmp(void) { return result(syscall(SYS_kcmp, getpid(), victim, KCMP_VM, 0, 0)); }
