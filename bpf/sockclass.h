/* SPDX-License-Identifier: GPL-2.0 */
/* The class of a socket, by family, type and protocol. */
#ifndef KSS_BPF_SOCKCLASS_H
#define KSS_BPF_SOCKCLASS_H

#include "judge.h"

#define AF_UNSPEC 0
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define AF_NETLINK 16
#define AF_PACKET 17
#define AF_VSOCK 40
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3
#define SOCK_SEQPACKET 5

KSS_INLINE __u32 kss_sock_class(__u32 family, __u32 type, __u32 protocol)
{
	switch (family) {
	case AF_UNIX: return KSS_CLASS_unix;
	case AF_NETLINK: return KSS_CLASS_netlink;
	case AF_PACKET: return KSS_CLASS_packet;
	case AF_VSOCK: return KSS_CLASS_vsock;
	case AF_INET: case AF_INET6: break;
	default: return KSS_CLASS_socket;
	}
	if (type == SOCK_STREAM && (!protocol || protocol == 6 || protocol == 262 /* MPTCP */))
		return KSS_CLASS_tcp;
	if (type == SOCK_DGRAM && (!protocol || protocol == 17 || protocol == 136 /* UDP-Lite */))
		return KSS_CLASS_udp;
	if (type == SOCK_DGRAM && (protocol == 1 || protocol == 58))
		return KSS_CLASS_icmp;
	if ((type == SOCK_STREAM || type == SOCK_SEQPACKET) && (protocol == 132 || (!protocol && type == SOCK_SEQPACKET)))
		return KSS_CLASS_sctp;
	return KSS_CLASS_rawip;
}

#endif
