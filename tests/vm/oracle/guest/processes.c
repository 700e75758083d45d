// SPDX-License-Identifier: BSD-2-Clause
/* Operations on processes, and what a process asks of the kernel for itself. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

static int some_word = 42;

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

const struct call process_calls[] = {
	{ "exec", c_exec }, { "enter", c_enter }, { "kill", c_kill }, { "seize", c_seize }, { "vm_read", c_vm_read },
	{ "environ", c_environ }, { "sched", c_sched }, { "prlimit", c_prlimit }, { "setrlimit", c_setrlimit },
	{ "fork", c_fork }, { "clone_uts", c_fork }, { "unshare_user", c_unshare_user }, { "execmem", c_execmem },
	{ "setuid", c_setid }, { "setgid", c_setid }, { "setgroups", c_setid }, { "sethostname", c_sethostname },
	{ "userfaultfd", c_userfaultfd }, { "io_uring", c_io_uring }, { "bpf", c_bpf },
	{ NULL, NULL },
};
