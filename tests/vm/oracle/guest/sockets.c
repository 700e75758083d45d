// SPDX-License-Identifier: BSD-2-Clause
/* Operations on sockets, and on a descriptor that comes through one. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "guest.h"

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

const struct call socket_calls[] = {
	{ "receive", c_receive }, { "socket", c_socket }, { "socketpair", c_socketpair },
	{ "setsockopt", c_setsockopt }, { "bind", c_bind }, { "listen", c_bind }, { "accept", c_bind },
	{ "connect", c_connect }, { "sendto", c_connect }, { "ubind", c_ubind }, { "ulisten", c_ubind },
	{ "uconnect", c_uconnect }, { "usendto", c_uconnect },
	{ NULL, NULL },
};
