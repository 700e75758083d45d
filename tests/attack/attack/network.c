// SPDX-License-Identifier: BSD-2-Clause
/* Addresses connected to and bound, sockets that see more than their own. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "attack.h"

static int call(int family, int type, int protocol, int flags)
{
	struct sockaddr_in a4 = { .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_port = htons(PORT) };
	const struct sockaddr *a = family == AF_INET ? (void *)&a4 : (void *)&a6;
	socklen_t n = family == AF_INET ? sizeof a4 : sizeof a6;
	int fd = socket(family, type, protocol);

	inet_pton(AF_INET6, "::ffff:127.0.0.1", &a6.sin6_addr);
	if (fd < 0)
		return errno;
	if (flags || type == SOCK_DGRAM)
		return result(sendto(fd, "x", 1, flags, a, n));
	return result(connect(fd, a, n));
}
int a_connect(void) { return call(AF_INET, SOCK_STREAM, 0, 0); }
int a_connect_mapped(void) { return call(AF_INET6, SOCK_STREAM, 0, 0); }
int a_mptcp(void) { return call(AF_INET, SOCK_STREAM, 262, 0); }
int a_fastopen(void) { return call(AF_INET, SOCK_STREAM, 0, MSG_FASTOPEN); }
int a_udp(void) { return call(AF_INET, SOCK_DGRAM, 0, 0); }
int a_bind(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(PORT + 1) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd < 0 ? errno : result(bind(fd, (void *)&a, sizeof a));
}
int a_listen_unbound(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd < 0 ? errno : result(listen(fd, 1)); /* the kernel chooses a port */
}
int a_raw(void) { return result(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)); }
int a_packet(void) { return result(socket(AF_PACKET, SOCK_RAW, htons(3))); }
int a_netlink(void) { return result(socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT)); }
