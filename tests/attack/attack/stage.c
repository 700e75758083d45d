// SPDX-License-Identifier: BSD-2-Clause
/* The stage, set up anew for each attack, and the victim. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attack.h"

void die(const char *what)
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

void listen_for_victim(void)
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

void set_stage(void)
{
	int status, i;

	/* so that the unmounting attack leaves us a file system of pins */
	if (access(PIN, F_OK) && errno == ENOENT)
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
