// SPDX-License-Identifier: BSD-2-Clause
/* One operation, in a process of its own. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

static call_fn *call_of(const char *name)
{
	static const struct call *const lists[] = { file_calls, socket_calls, ipc_calls, process_calls };
	const struct call *c;
	size_t i;

	for (i = 0; i < sizeof lists / sizeof *lists; i++)
		for (c = lists[i]; c->name; c++)
			if (!strcmp(c->name, name))
				return c->run;
	errno = EINVAL;
	die(name);
	return NULL;
}

/* Does it in a process of its own, in `domain`: 0, errno, or a number that guest.h has in its place. */
static int in_domain(struct op *o, const char *domain, int socket, call_fn *run)
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

static int look(const struct op *o)
{
	char from[200];

	sscanf(o->PRE, "%*s %199s", from);
	look_beneath(from);
	return 0;
}

int do_op(struct op *o, const char *domain)
{
	char from[200], to[200], how[3] = "";
	int err, pair[2] = { -1, -1 }, fd = -1;
	call_fn *run = call_of(o->CALL);

	if (strcmp(o->PRE, "-") && sscanf(o->PRE, "%2s %199s %199s", how, from, to) == 3) {
		in_domain(o, domain, -1, look);
		if (how[0] == 'm' ? rename(from, to) : how[0] == 'b' ? mount(from, to, NULL, MS_BIND, NULL) : link(from, to))
			die(o->PRE);
		/* What was labelled by its first name must not keep that label by its second, nor the other way round. */
		if (how[0] == 'b' && atoi(o->NUMBER) & 1)
			in_domain(o, domain, -1, call_of("lstat"));
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
	err = in_domain(o, domain, pair[0], run);
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
