// SPDX-License-Identifier: BSD-2-Clause
/* Servers, targets, IPC objects: what operations are done to. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

enum { PROCESSES = 5 };

const char *const owners[OWNERS] = { "unconfined", "peer" };
static const char *const processes[PROCESSES] = { "unconfined", "peer", "d0", "d1", "d2" };
static pid_t servers[OWNERS], targets[PROCESSES];

socklen_t unix_address(struct sockaddr_un *a, const char *name)
{
	memset(a, 0, sizeof *a);
	a->sun_family = AF_UNIX;
	strcpy(a->sun_path, name);
	if (name[0] != '@')
		return sizeof *a;
	a->sun_path[0] = 0;
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
}

socklen_t inet_address(struct sockaddr_storage *s, const char *address, const char *port)
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
		ids[0] = msgget(IPC_KEY + owner, IPC_CREAT | 0666);
	if (semctl(ids[1], 0, IPC_STAT, &(struct semid_ds){ 0 }))
		ids[1] = semget(IPC_KEY + owner, 1, IPC_CREAT | 0666);
	if (shmctl(ids[2], IPC_STAT, &(struct shmid_ds){ 0 }))
		ids[2] = shmget(IPC_KEY + owner, 4096, IPC_CREAT | 0666);
	if (ids[0] < 0 || ids[1] < 0 || ids[2] < 0)
		stop("an IPC object");
	shared->ready = 1;
}

int ipc_whole(void)
{
	int o;

	for (o = 0; o < OWNERS; o++)
		if (msgctl(shared->ids[o][0], IPC_STAT, &(struct msqid_ds){ 0 }) || semctl(shared->ids[o][1], 0, IPC_STAT, &(struct semid_ds){ 0 }) ||
		    shmctl(shared->ids[o][2], IPC_STAT, &(struct shmid_ds){ 0 }))
			return 0;
	return 1;
}
void ensure_ipc(void)
{
	int o;

	for (o = 0; o < OWNERS; o++)
		waitpid(start(make_ipc, o), NULL, 0);
}

/* Queues: mq1 and mq2 are there, no other is. */
int mq_whole(void)
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
void ensure_mq(void)
{
	struct mq_attr attr = { .mq_maxmsg = 2, .mq_msgsize = 16 };

	mq_unlink("/new");
	mq_unlink("/mq3");
	mq_close(mq_open("/mq1", O_RDWR | O_CREAT, 0666, &attr));
	mq_close(mq_open("/mq2", O_RDWR | O_CREAT, 0666, &attr));
}

void helpers_end(void)
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
void helpers_begin(void)
{
	int i;

	for (i = 0; i < OWNERS; i++)
		servers[i] = start(serve, i);
	for (i = 0; i < PROCESSES; i++)
		targets[i] = start(be_target, i);
	ensure_ipc();
	ensure_mq();
}

pid_t target(const struct op *o) { return targets[index_of(o->A, processes, PROCESSES)]; }
int id(const char *owner, int what) { return shared->ids[index_of(owner, owners, OWNERS)][what]; }
