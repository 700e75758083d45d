/* SPDX-License-Identifier: GPL-2.0 */
/* The maps, as include/kss/abi.h describes them, the control words and what the loader sets before it loads. */
#ifndef KSS_BPF_MAPS_H
#define KSS_BPF_MAPS_H

#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "kss/image.h"
#include "kss/abi.h"
#include "kss/audit.h"
#include "kss/port_bpf.h"

/* As for kss_cfg_image_chunks = 0 (port_bpf.h); the loader lays it out anew for the other way. */
struct kss_image_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_INNER_MAP | BPF_F_RDONLY_PROG | BPF_F_MMAPABLE);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct kss_chunk)); /* by size: a type that only an inner map names has no BTF */
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct kss_image_map);
} kss_images SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct kss_task);
} kss_tasks SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__type(key, __u64); /* address of the task_struct: task_alloc runs before a task has its thread id */
	__type(value, struct kss_task);
} kss_tasks_hash SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* one a CPU, set by the loader */
	__type(key, __u32);
	__type(value, struct kss_cpu);
} kss_cpus SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_INODE_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct kss_inode);
} kss_inodes SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct kss_sock);
} kss_socks SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct kss_ipc);
} kss_ipc SEC(".maps");

/*
 * State of flows and formulas. All histories but tasks' are one element of kss_cfg_cells cells, so that while the lock is
 * held, when nothing may be called, every cell is an addition away.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct kss_cell)); /* the loader makes it larger */
} kss_cells SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct kss_task_cells);
} kss_task_cells SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64); /* as kss_tasks_hash */
	__type(value, struct kss_task_cells);
} kss_task_cells_hash SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY); /* what a new element of that is copied from */
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kss_task_cells);
} kss_no_cells SEC(".maps");
struct kss_lock {
	struct bpf_spin_lock lock;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kss_lock);
} kss_state_lock SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} kss_events SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, KSS_NCOUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} kss_counters SEC(".maps");

/* Audit rate limit: a bucket of records for each (domain, class). Approximate under contention, by design. */
struct kss_bucket {
	__u64 window; /* start, ns */
	__u32 used;
	__u32 suppressed;
};
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct kss_bucket);
} kss_rate SEC(".maps");

/*
 * Working memory. A program may be preempted by another task's on the same CPU, so a slot is claimed: first the CPU's
 * own, number KSS_SCRATCH_SLOTS + CPU, by one exchange; if that is taken, one whose number is popped from a queue and
 * pushed back. No slot at all denies.
 */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, KSS_SCRATCH_SLOTS);
	__uint(value_size, sizeof(__u32));
} kss_slots SEC(".maps");
/* A walk through a table of descriptors, see inherit.h. */
struct kss_fds {
	__u64 open, cloexec, files; /* addresses in the kernel: two bitmaps, and what they speak of */
	__u64 left;                 /* of the word under way: still to be judged */
	__u64 name;                 /* of the domain */
	__u32 word, words, fd;
	__u32 all;                  /* judge what an exec closes, too */
	int r;                      /* KSS_FDS_* */
	__u32 pad;
};
/* One automaton's part in an event under judgement. */
struct kss_step {
	struct kss_cell cell; /* as it was read */
	__u64 oldest;         /* of a limit: the time that a grant overwrites */
	__u32 machine;
	__u32 events;
	__u32 edge;           /* or, of a limit, the next state */
	__u32 at;             /* number of the cell; of a task's own, of the cell among those */
	__u32 ring, serial;
	__u32 own;            /* the cell is the task's */
	__u32 pad;
};
struct kss_scratch {
	struct kss_audit rec;
	__u8 tail[256]; /* room for a copy that starts near the end of rec.path */
	__u64 comp[KSS_MAX_DEPTH];
	__u64 parent[KSS_MAX_DEPTH];
	/* Counters of the walk under way. Kept here and not in registers: the verifier then takes them for any value, and
	 * one pass over a loop's body proves all. */
	__u32 n;
	__u32 pos;
	__u32 path_flags; /* KSS_AUDIT_TRUNCATED, from rendering rec.path */
	__u32 glob, dflt; /* between the two halves of a step */
	__u32 epoch; /* when the label in the making was begun */
	__u32 claimed; /* a CPU's own slot is in use */
	__u32 owns;    /* a step's history is the task's own */
	struct kss_inode il; /* a label in the making */
	struct kss_fds fds;
	struct kss_step step[KSS_MAX_CARE];
	__u32 len;
	__u32 len_pad;
	union {
		__u64 w[32];
		__u8 b[256];
	} name; /* with len above: a struct kss_name */
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, KSS_SCRATCH_SLOTS); /* and one a CPU, set by the loader */
	__type(key, __u32);
	__type(value, struct kss_scratch);
} kss_scratch SEC(".maps");

/* An entry is there from the hashing of a file to its judgement; what an exec that fails in between leaves is pushed out
 * some day. Preallocated: programs that sleep take no other. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2048);
	__type(key, __u64);
	__type(value, struct kss_digest);
} kss_digests SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u8);
} kss_protected SEC(".maps");

struct kss_ctl kss_ctl SEC(".bss");

/* Set by the loader from what it found by trying. */
const volatile __u32 kss_cfg_attach = KSS_ATTACH_LSM;
const volatile __u32 kss_cfg_task_storage = 1;  /* else kss_tasks_hash */
const volatile __u32 kss_cfg_inode_storage = 1; /* else paths are worked out each time */
const volatile __u32 kss_cfg_sk_storage = 1;    /* else kss_ipc by the socket's address */
const volatile __u32 kss_cfg_task_btf = 1;      /* bpf_get_current_task_btf() exists (5.11) */
const volatile __u32 kss_cfg_labels = 1;        /* all three: memory and labels alone may grant (KSS_BEGIN_UNLESS) */
const volatile __u32 kss_cfg_path_chown = 1;    /* path_chown is attached, so inode_setattr need not judge owners */
const volatile __u32 kss_cfg_setgroups = 1;     /* task_fix_setgroups is attached, so capable need not judge setgroups(2) */
const volatile __u32 kss_cfg_leave = 0;         /* task storage, and no seal to guard: no label, no business here (KSS_PROG) */
const volatile __u32 kss_cfg_seal = 1;          /* the policy is, or will be, sealed */
const volatile __u32 kss_cfg_cells = 0;         /* room for the state of flows and formulas; 0 = there are none */
const volatile __u32 kss_cfg_rate = 50;         /* audit records a second for each (domain, class) */
/* Number of parameters of hooks that have changed, from BTF (bpf_lsm_<hook> or security_<hook>). */
const volatile __u32 kss_nargs_path_rename = 5;
const volatile __u32 kss_nargs_inode_setattr = 3;
const volatile __u32 kss_nargs_inode_setxattr = 6;
const volatile __u32 kss_nargs_inode_removexattr = 3;

#define KSS_NO_SLOT 0xffffffffu

/* Claims a slot; KSS_NO_SLOT if all are in use. */
__attribute__((noinline)) __u32 kss_slot_claim(void)
{
	__u32 slot = KSS_NO_SLOT;
#ifndef KSS_NO_LOOP /* kernels of its age lack the exchange (5.12) */
	struct kss_scratch *sc;

	slot = KSS_SCRATCH_SLOTS + bpf_get_smp_processor_id();
	sc = bpf_map_lookup_elem(&kss_scratch, &slot);
	if (sc && !__sync_lock_test_and_set(&sc->claimed, 1))
		return slot;
#endif
	if (bpf_map_pop_elem(&kss_slots, &slot))
		return KSS_NO_SLOT;
	return slot;
}
KSS_INLINE int kss_slot_take(__u32 *slot)
{
	*slot = kss_slot_claim();
	return *slot == KSS_NO_SLOT;
}
__attribute__((noinline)) int kss_slot_give(__u32 slot)
{
#ifndef KSS_NO_LOOP
	if (slot >= KSS_SCRATCH_SLOTS) {
		struct kss_scratch *sc = bpf_map_lookup_elem(&kss_scratch, &slot);
		/* An exchange, not a store: what was written to the slot, perhaps from another CPU by now, comes before it. */
		if (sc)
			__sync_lock_test_and_set(&sc->claimed, 0);
		return 0;
	}
#endif
	return bpf_map_push_elem(&kss_slots, &slot, 0);
}

KSS_INLINE void kss_count(__u32 counter)
{
	__u64 *n = bpf_map_lookup_elem(&kss_counters, &counter);

	if (n)
		*n += 1;
}

#endif
