/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the BPF programs and their loader share: values of maps, control words, the prctl by which a task enters a
 * domain. Native byte order.
 *
 * Maps (bpf/maps.h declares them, names as here): kss_images[0] is the image in force, an inner array of struct
 * kss_chunk; replacing that element is the hot swap. kss_tasks or kss_tasks_hash, kss_inodes, kss_socks, kss_ipc hold
 * labels; kss_cells, kss_task_cells or kss_task_cells_hash the state of flows and formulas, under kss_state_lock;
 * kss_cpus what CPUs remember; kss_events the audit records; kss_counters the counters of audit.h; kss_rate the
 * audit rate limit; kss_slots and kss_scratch the working memory of path walks; kss_digests what executables under way
 * hash to; kss_protected what a sealed policy guards.
 */
#ifndef KSS_ABI_H
#define KSS_ABI_H

#include "classes.h"
#include "types.h"

#define KSS_ABI_VERSION 4u

/* (generation, id) in one word, so that readers on other CPUs never see halves of two writes. */
#define KSS_GEN_ID(gen, id) ((__u64)(gen) << 32 | (__u32)(id))

/* A verdict that was given before: most tasks ask the same few questions again and again. */
struct kss_memo {
	__u64 gen_obj; /* KSS_GEN_ID(generation, object id); 0 = empty */
	__u32 dom_cls; /* domain id << 8 | class */
	__u32 plain;   /* permissions granted and not audited */
};
#define KSS_MEMOS 32u /* a power of two */

/*
 * What a CPU remembers, so that most decisions need no look at the task's storage and none at the image: who ran on it
 * last, and what was asked there. All of it is checked against what it speaks of; none of it is the only copy.
 *
 * A program may be preempted on its CPU by another task's, or interrupted. So one writer at a time claims `busy` and moves
 * `version` before he writes. Who reads `version`, then finds it not busy, and in the end still the same version, has read
 * one whole memory; if not, he asks as if nothing were remembered.
 */
struct kss_cpu {
	__u64 version;
	__u64 task, start;   /* address and start_boottime of a task: the two together never come again; 0 = nobody */
	__u64 gen_dom, name; /* what its label says */
	__u32 gen;           /* generation of gen_dom, … */
	__u32 epoch;         /* … and kss_ctl.task_epoch when that was noted: to be as label_gen and task_epoch are */
	__u32 busy;
	__u32 reserved;
	__u64 net_addr[2];   /* the last address judged, … */
	__u64 net_gen_dom;   /* … for whom, 0 = none, … */
	__u32 net_key;       /* … port << 16 | IPv6 << 8 | class, … */
	__u32 net_plain;     /* … and what is granted and not audited */
	struct kss_memo memo[KSS_MEMOS];
};

KSS_STATIC_ASSERT(__builtin_offsetof(struct kss_cpu, gen) % 8 == 0 &&
			  __builtin_offsetof(struct kss_cpu, epoch) == __builtin_offsetof(struct kss_cpu, gen) + 4,
		  "compared as one word");

/* A task's label. In task storage, or in a hash by the task's address where the kernel's task storage cannot be used.
 * Written by the task itself, and before its first step by its parent. */
struct kss_task {
	__u64 name;          /* kss_name64 of the domain: holds across generations; 0 = unconfined */
	__u64 gen_dom;       /* KSS_GEN_ID(generation, domain id): what `name` is there */
	__u64 exec_name;     /* domain that the exec under way leads to; 0 = none */
	__u64 created;       /* dentry that this task has just been granted to create, 0 = none … */
	__u32 created_obj;   /* … its type, and what is granted plainly: spares the open that follows a second walk */
	__u32 created_plain;
	__u32 created_gen;
	__u32 flags;         /* KSS_TASK_* */
	__u32 exec_gen;      /* the generation by which the descriptors that go to exec_name were judged; 0 = judge them again */
	__u32 reserved;
};
#define KSS_TASK_AGENT 1u /* with kss_ctl.agent: holds the policy key's authority over a sealed policy. Not inherited */

/* A file's cached label. Valid only while every field still describes how the file was reached. */
struct kss_inode {
	__u64 dentry, mnt, root_dentry, root_mnt;
	__u64 gen_dom;     /* KSS_GEN_ID(image generation, domain id of the task that labelled it) */
	__u32 seq;         /* d_seq when labelled: moves with every rename of this name */
	__u32 hash;        /* d_name's: a dentry may be freed, and its address be another name's */
	__u32 epoch;       /* path epoch: moves when a directory is renamed or a mount changes */
	__u32 state;       /* path automaton state */
	__u32 obj;         /* object id */
	__u32 cls;         /* class of the file */
	__u32 plain;       /* granted to that domain and not audited */
	__u32 child_obj;   /* of a directory in which all names are alike: their object id … */
	__u32 child_plain; /* … and what is so granted on regular files of it; 0 = look it up */
	__u32 next;        /* KSS_NEXT_*, or the domain that an exec of it leads that domain to, by its path; written last */
};

#define KSS_NEXT_UNKNOWN 0u /* (the number of no domain that is entered) */
#define KSS_NEXT_NONE 1u    /* it leads nowhere else */

/* A socket's label: made when it is bound or paired, never changed but for the cache word. */
struct kss_sock {
	__u64 owner;     /* name64 of the domain that bound or paired it; 0 = unconfined */
	__u64 gen_owner; /* KSS_GEN_ID(generation, object id of owner) */
};

/* A System V IPC object or key, by its address in the kernel. */
struct kss_ipc {
	__u64 owner;     /* name64 of the creator's domain; 0 = unconfined */
	__u64 gen_owner; /* as above */
	__u32 cls;       /* sysv_msg, sysv_sem, sysv_shm or key */
	__u32 reserved;
};

/* Histories of a task's own, by the number that the loader gave each of the policy's task-scoped automata. Copied at fork,
 * kept over exec. Changed by the task alone. */
#define KSS_TASK_CELLS 8u

/* The digest of a file being executed, by bpf_get_current_pid_tgid(): from the program that may sleep to the one that
 * judges, on the same hook of the same execve. It holds for no other: `bprm` and `file` are those it was made for. */
struct kss_digest {
	__u64 bprm;
	__u64 file;
	__s32 algo;  /* of the kernel's enum hash_algo, or an error: only KSS_ALGO_SHA256 is a digest */
	__u32 seen;  /* the program that judges has found it, before `armed` */
	__u8 sha256[32];
};
#define KSS_ALGO_SHA256 4
#define KSS_ALGO_WRITERS (-26) /* writers are not shut out, so what was hashed need not be what runs */
#define KSS_ALGO_CHANGING (-29) /* a file system whose content changes behind the kernel's back (FUSE) */

/* Control words, in the .bss map (shared, pinned, mmapable). */
struct kss_ctl {
	__u32 path_epoch;    /* see struct kss_inode */
	__u32 rejudge;       /* 1 while files opened under an older generation may still be in use */
	__u64 nocache_until; /* boot-clock ns: no path label is cached before this, a rename or mount being under way */
	__u32 sealed;        /* 1 = sealed; never goes back to 0 but by the agent */
	__u32 agent;         /* thread group id of the last that became the agent (KSS_PRCTL_AGENT) */
	__u32 armed;         /* 0 = loaded but not yet in force (self-test under way): only self-test tasks are judged */
	__u32 abi;           /* KSS_ABI_VERSION */
	__u64 pins_dev;      /* s_dev and inode number of the directory with our pins, guarded while sealed */
	__u64 pins_ino;
	__u32 digests;       /* KSS_DIGESTS_*: whose executables are hashed; 0 = entry by digest is not to be had */
	__u32 reserved;
	/*
	 * Generation whose labels alone may grant, without a look at the image; 0 = none. A swap stores its own before it
	 * publishes the image: from then on the labels of the old one, and until it is published any labels, are not enough.
	 */
	__u32 label_gen;
	__u32 task_epoch;    /* moves when a task's domain changes: what CPUs remember of tasks ends. Read with the word before */
	__u64 agent_ns;      /* mount namespace in which the policy was sealed */
};
KSS_STATIC_ASSERT(__builtin_offsetof(struct kss_ctl, label_gen) % 8 == 0 &&
			  __builtin_offsetof(struct kss_ctl, task_epoch) == __builtin_offsetof(struct kss_ctl, label_gen) + 4,
		  "read as one word");
#define KSS_DIGESTS_UNCONFINED 1u
#define KSS_DIGESTS_CONFINED 2u

/*
 * prctl(KSS_PRCTL, op, arg): the kernel side of kss-load run and of the self-test.
 *   KSS_PRCTL_ENTER     arg = name64 of a domain: enter it, if the policy says `enter: {run: true}` for the caller's domain.
 *                       Unconfined callers need CAP_MAC_ADMIN. Every open descriptor must be granted to the domain, and
 *                       nobody may share the caller's table of descriptors.
 *   KSS_PRCTL_SELFTEST  enter `none`: every event is denied from then on. Anyone may: it only takes away.
 * The 64-bit argument is passed in two words, low half first, so that 32-bit programs can.
 * Success is errno EINPROGRESS: a hook cannot return success itself, 0 means to go on to the kernel's own prctl. Refusal
 * is EPERM. Without KSS in the kernel prctl fails with EINVAL.
 */
#define KSS_PRCTL 0x4b535300
#define KSS_PRCTL_ENTER 1
#define KSS_PRCTL_SELFTEST 2
#define KSS_PRCTL_AGENT 4 /* become the agent; only before sealing, with CAP_MAC_ADMIN, unconfined */
#define KSS_PRCTL_PING 3 /* succeeds while enforcement runs */
#define KSS_PRCTL_DONE 115 /* EINPROGRESS */

#define KSS_SCRATCH_SLOTS 64
#define KSS_MAX_DEPTH 64 /* components that one walk follows before it denies */

/* What attach type the programs run as, for .rodata. */
enum kss_attach { KSS_ATTACH_LSM, KSS_ATTACH_FMOD_RET };

#endif
