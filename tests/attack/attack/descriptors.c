// SPDX-License-Identifier: BSD-2-Clause
/* Descriptors that come by an exec or over a socket. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "attack.h"

int a_inherited(void) { return result(pread(FD_INHERITED, buffer, sizeof buffer, 0)); }
int a_inherited_late(void) { return a_inherited(); }
int a_inherited_many(void) { return result(pread(FD_LAST, buffer, sizeof buffer, 0)); }
int a_inherited_dir(void) { return result(syscall(SYS_getdents64, FD_INHERITED, buffer, sizeof buffer)); }
int a_inherited_tcp(void)
{
	struct sockaddr_in6 a;
	socklen_t n = sizeof a;

	return result(getpeername(FD_INHERITED, (void *)&a, &n));
}
int a_inherited_ring(void)
{
	struct io_uring_params p;

	memset(&p, 0, sizeof p);
	return result(syscall(SYS_io_uring_enter, FD_INHERITED, 0, 0, 0, NULL, 0));
}
int a_received(void)
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
