/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Events and the verdicts that they must get, for programs that cannot run the oracle: a C program in a guest, a
 * BPF test_run harness.
 *
 * `differential --emit DIR` writes DIR/NNNN.kssi, an image, beside DIR/NNNN.vec: struct kss_vec_file, then `count`
 * times struct kss_vec_event with `len` bytes behind it, padded with zeros to a multiple of 4. All numbers are
 * little-endian.
 *
 * `differential --traces DIR` writes, of policies with models, DIR/NNNN.kssi beside DIR/NNNN.trace: struct kss_vec_file of the
 * other magic, then `count` times struct kss_trace_event.
 */
#ifndef KSS_TESTS_VECTORS_H
#define KSS_TESTS_VECTORS_H

#include "kss/types.h"

#define KSS_VEC_MAGIC 0x5653534bu /* "KSSV" */
#define KSS_VEC_VERSION 1u
#define KSS_VEC_DATA_MAX 4096u

struct kss_vec_file {
	kss_le32 magic;
	kss_le32 version;
	kss_le32 count;
	kss_le32 image_chunks; /* total_chunks of the image beside it */
	kss_le64 seed;         /* that the generator started from */
};

/* Kinds: what stands in arg[], what in the data, what is expected in want[] (what is not named is zero). */
enum kss_vec_kind {
	KSS_VEC_ACCESS,   /* domain, object, class | - | allow, audit, quiet of kss_vector */
	KSS_VEC_PATH,     /* - | absolute path | object, entry point, 1 if the walk failed */
	KSS_VEC_ABSTRACT, /* - | name | object */
	KSS_VEC_INET,     /* proto, port | 4 or 16 bytes, network order | object */
	KSS_VEC_DEVICE,   /* 0 chr 1 blk, major, minor | - | object; 0 = not declared */
	KSS_VEC_FAMILY,   /* family, protocol | - | object */
	KSS_VEC_EXEC,     /* domain | absolute path | domain after it */
	KSS_VEC_DIGEST,   /* domain | 32 bytes of SHA-256, then an absolute path | domain after it */
	KSS_VEC_CGROUP,   /* domain | absolute path in the hierarchy | domain after it */
	KSS_VEC_ENTER,    /* domain, domain | - | 1 if it may be entered without exec */
	KSS_VEC_KINDS
};

struct kss_vec_event {
	kss_le32 kind;
	kss_le32 arg[3];
	kss_le32 want[3];
	kss_le32 len;
};

#define KSS_TRACE_MAGIC 0x5453534bu /* "KSST" */

enum kss_trace_kind {
	KSS_TRACE_START, /* nothing has happened yet, there are no tasks but new ones */
	KSS_TRACE_FORK,  /* `task` makes task number `dom` */
	KSS_TRACE_ACT,   /* `task` asks for permissions */
};
#define KSS_TRACE_TASKS 256u /* numbers of tasks are below */

/* want: 0 = granted, n + 1 = denied by automaton n, or denied by rules, which no automaton hears of. */
#define KSS_TRACE_BY_RULES 0xffff0000u

struct kss_trace_event {
	kss_le32 kind;
	kss_le32 task;
	kss_le32 dom;
	kss_le32 obj;
	kss_le32 cls;
	kss_le32 perms;
	kss_le64 time; /* ns */
	kss_le32 want;
	kss_le32 reserved;
};

#endif
