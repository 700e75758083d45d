// SPDX-License-Identifier: BSD-2-Clause
/* Unix sockets, and objects that are shared by name. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stddef.h>
#include <string.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"

socklen_t abstract_name(struct sockaddr_un *a, const char *name)
{
	memset(a, 0, sizeof *a);
	a->sun_family = AF_UNIX;
	strcpy(a->sun_path + 1, name);
	return offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name);
}
int a_abstract(void)
{
	struct sockaddr_un a;
	socklen_t n = abstract_name(&a, "kss-victim");
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return fd < 0 ? errno : result(connect(fd, (void *)&a, n));
}
int a_abstract_dgram(void)
{
	struct sockaddr_un a;
	socklen_t n = abstract_name(&a, "kss-victim-dgram");
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	return fd < 0 ? errno : result(sendto(fd, "x", 1, 0, (void *)&a, n));
}
int a_shm(void)
{
	int id = shmget(SHM_KEY, 0, 0);

	return id < 0 ? errno : shmat(id, NULL, 0) == (void *)-1 ? errno : 0;
}
int a_mqueue(void)
{
	mqd_t q = mq_open("/kss-victim", O_WRONLY);

	return q == (mqd_t)-1 ? errno : 0;
}
int a_key(void)
{
	long id = syscall(SYS_request_key, "user", "kss-victim", NULL, 0);

	if (id < 0)
		return errno;
	return result(syscall(SYS_keyctl, 11 /* KEYCTL_READ */, id, buffer, sizeof buffer));
}
