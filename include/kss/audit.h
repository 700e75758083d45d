/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The audit record: what a backend emits for a denied or audited event. Native byte order; written and read on one
 * machine. Names are not in it: ids are those of the image with the record's generation.
 */
#ifndef KSS_AUDIT_H
#define KSS_AUDIT_H

#include "classes.h"
#include "types.h"

#define KSS_AUDIT_PATH 448 /* bytes of path kept: the end of a longer one, marked KSS_AUDIT_TRUNCATED */

enum kss_verdict { KSS_GRANT = 0, KSS_DENY = 1 };

/* Why. The first is the only one that an allow rule can change. */
#define KSS_REASON_TABLE(R)                                                                              \
	R(policy, "no rule allows it")                                                                   \
	R(unresolved, "the object could not be labelled (path too long or deep, unreachable, or changing)") \
	R(unknown_domain, "the task's domain is not in the policy in force")                            \
	R(image, "the image could not be read")                                                         \
	R(table_full, "a table of labels is full")                                                      \
	R(bad_argument, "an argument could not be read or understood")                                  \
	R(sealed, "the policy is sealed and protects itself")                                           \
	R(no_entry, "that domain may not be entered from here")                                         \
	R(unsupported, "this event cannot be judged on this kernel, and so is refused")                 \
	R(no_digest, "a domain is entered by digest from here, and that of this executable cannot be told") \
	R(no_cgroup, "a domain is entered by cgroup from here, and that of this task cannot be told")   \
	R(shared_files, "another task shares the descriptors of the one that asks to enter")            \
	R(state, "a flow or formula does not allow it now")                                             \
	R(state_lost, "the state of a flow or formula could not be read or kept")
enum kss_reason {
#define R(n, doc) KSS_REASON_##n,
	KSS_REASON_TABLE(R)
#undef R
	KSS_NREASONS
};

enum kss_audit_detail {
	KSS_DETAIL_NONE,
	KSS_DETAIL_PATH,   /* path: bytes, path_len of them */
	KSS_DETAIL_INET,   /* addr.inet */
	KSS_DETAIL_UNIX,   /* path; a first byte 0 is an abstract name */
	KSS_DETAIL_NUMBER, /* arg[]: signal, capability, ioctl, bpf command, … as the class has it */
	KSS_DETAIL_DEVICE  /* arg[0] major, arg[1] minor; path too */
};

#define KSS_AUDIT_PERMISSIVE 1u /* denied, but let through: permissive */
#define KSS_AUDIT_TRUNCATED 2u  /* path has lost its beginning */
#define KSS_AUDIT_NEWPATH 4u    /* path is the name to be created, not an existing object's */
#define KSS_AUDIT_INHERITED 8u  /* a descriptor, number arg[0], that the task would have brought into the domain */

struct kss_audit {
	__u64 time; /* ns, boot clock (CLOCK_BOOTTIME) where the kernel has it for BPF, else CLOCK_MONOTONIC */
	__u32 generation;
	__u32 domain; /* id in that generation's image */
	__u32 object;
	__u32 perms;  /* those asked for */
	__u32 denied; /* those of them refused; 0 for an audited grant */
	__u16 cls;
	__u8 verdict;
	__u8 reason;
	__u32 flags;
	__u32 pid; /* thread group id, initial pid namespace */
	__u32 tid;
	__u32 uid;
	__u32 peer; /* pid of the other task (signal, ptrace …), 0 = none */
	__u32 suppressed; /* records of this (domain, class) dropped by the rate limit since the last one */
	__u16 detail;
	__u16 path_len;
	__u64 arg[2];
	__u8 inet[16];
	__u16 inet_family; /* AF_INET, AF_INET6 */
	__u16 inet_port;   /* host order */
	__u16 inet_proto;  /* enum kss_net_proto */
	__u16 machine;     /* KSS_REASON_state: number of the flow or formula that denied */
	char comm[16];
	char path[KSS_AUDIT_PATH];
};
KSS_STATIC_ASSERT(sizeof(struct kss_audit) % 8 == 0, "the record's size is a multiple of 8");

/* Counters that every backend keeps, one u64 each (per CPU in BPF). */
#define KSS_COUNTER_TABLE(N)                                                  \
	N(decisions, "events judged by the policy")                           \
	N(denials, "events refused")                                          \
	N(permissive, "denials let through by permissive")                    \
	N(audited, "records written")                                         \
	N(lost, "records lost: the ring buffer was full")                     \
	N(limited, "records dropped by the rate limit")                       \
	N(walks, "paths worked out from the root")                            \
	N(steps, "paths worked out from a cached directory")                  \
	N(unresolved, "objects that could not be labelled")                   \
	N(table_full, "labels that found no room")                            \
	N(retries, "paths read again because a rename was under way")         \
	N(transitions, "domains entered")                                     \
	N(rejudged, "descriptors judged again after a change of policy")
enum kss_counter {
#define N(n, doc) KSS_COUNT_##n,
	KSS_COUNTER_TABLE(N)
#undef N
	KSS_NCOUNTERS
};

#endif
