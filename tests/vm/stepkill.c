// SPDX-License-Identifier: BSD-2-Clause
/*
 * stepkill N COMMAND...: runs COMMAND under ptrace and kills it as it enters the N-th of the system calls by which it
 * changes anything: bpf(2), names made, moved and removed, files written. Exit 0 if it was killed there, 3 if it ended
 * before (its number of such calls on standard output). Its children are not traced and not killed.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static int counts(long nr)
{
	switch (nr) {
	case SYS_bpf:
	case SYS_rename: case SYS_renameat: case SYS_renameat2:
	case SYS_unlink: case SYS_unlinkat: case SYS_rmdir:
	case SYS_mkdir: case SYS_mkdirat: case SYS_link: case SYS_linkat:
	case SYS_mount: case SYS_write: case SYS_pwrite64: case SYS_fsync: case SYS_ftruncate:
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	long n = argc > 2 ? atol(argv[1]) : 0, seen = 0;
	int status, entering = 1;
	pid_t pid;

	if (n < 1)
		return 2;
	pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return 2;
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	for (int pass = 0;;) {
		struct user_regs_struct regs;

		if (ptrace(PTRACE_SYSCALL, pid, 0, pass) || waitpid(pid, &status, 0) != pid)
			return 2;
		pass = 0;
		if (!WIFSTOPPED(status))
			break;
		if (WSTOPSIG(status) != (SIGTRAP | 0x80)) {
			pass = WSTOPSIG(status);
			continue;
		}
		if (entering && !ptrace(PTRACE_GETREGS, pid, 0, &regs) && counts((long)regs.orig_rax) && ++seen == n) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? 0 : 2;
		}
		entering = !entering;
	}
	printf("%ld\n", seen);
	return 3;
}
