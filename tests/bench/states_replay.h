/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What states.bpf.c and states_replay.cpp share, in the .bss map. */
#ifndef KSS_BENCH_STATES_REPLAY_H
#define KSS_BENCH_STATES_REPLAY_H

#include "kss/types.h"

#define STATES_BATCH 128u /* a power of two */

/* An event of a trace (tests/differential/vectors.h), and what came of it. */
struct states_event {
	__u32 kind, task, dom, obj, cls, perms;
	__u64 time;
	__u32 asked; /* what automata said to a question only, before … */
	__u32 have;  /* … they said it of the event */
};
#define STATES_NO_ANSWER 0xffff0001u /* no automaton was asked; 0xffffffff: it cannot be told */

struct states_shared {
	__u32 at; /* next event */
	__u32 task;
	__u64 now;
	struct states_event event[STATES_BATCH];
};

#endif
