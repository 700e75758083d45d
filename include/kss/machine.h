/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Models with state: what an automaton says of an event. Where its state is kept, and how reading, judging and writing it
 * are made one step, is the port's business.
 */
#ifndef KSS_MACHINE_H
#define KSS_MACHINE_H

#include "core.h"

/*
 * One history. With a ring, `state` counts the grants, and cells behind this one hold the times of the last ones. A cell of
 * another serial than the machine's is one in which nothing has happened yet, whatever else stands in it: clocks that the
 * state has not set are looked at by no edge.
 */
struct kss_cell {
	__u32 serial;
	__u32 seq; /* moves with each change */
	__u32 state;
	__u32 reserved;
	__u64 clock[KSS_MACHINE_CLOCKS]; /* ns, boot clock; 0 = never set */
};
struct kss_ring {
	__u32 serial; /* never written: a cell that comes to lie here later must not take a time for its serial */
	__u32 reserved;
	__u64 time[KSS_RING_TIMES];
};
struct kss_task_cells { /* see abi.h */
	struct kss_cell cell[8];
};
KSS_STATIC_ASSERT(sizeof(struct kss_cell) == 64 && sizeof(struct kss_ring) == 64, "a cell");

#define KSS_EDGE_LOST (KSS_EDGE_DENY | 1u) /* the image could not be read */

KSS_INLINE const struct kss_header3 *kss_hdr3(kss_img_t img)
{
	return (const struct kss_header3 *)kss_chunk(img, 2);
}

KSS_INLINE const struct kss_machine *kss_machine_at(kss_img_t img, const struct kss_header3 *h3, __u32 number)
{
	if (number >= kss_get32(h3->nmachines))
		return 0;
	return (const struct kss_machine *)kss_chunk(img, kss_get32(h3->machine_base) + number);
}

/* First chunk of what cares about an access vector; 0 = nothing does, or the image could not be read. */
KSS_INLINE __u32 kss_care_of(kss_img_t img, const struct kss_header3 *h3, __u32 vector)
{
	const kss_le32 *t = (const kss_le32 *)kss_chunk(img, kss_get32(h3->care_base) + (vector >> 4));

	return t ? kss_get32(t[vector & 15]) : 0;
}

/* Which of the machine's events it is that permissions `perms` are asked for. */
KSS_INLINE __u32 kss_events_of(const struct kss_care *care, __u32 perms)
{
	__u32 n = kss_get16(care->nevents), events = 0, k;

	for (k = 0; k < KSS_MACHINE_BITS; k++) {
		if (k >= n)
			break;
		if (kss_get32(care->perms[k]) & perms)
			events |= 1u << k;
		kss_forget(events, n);
	}
	return events;
}

/* The edge that a machine without a ring takes at `now` from the state in `cell`. */
KSS_INLINE __u32 kss_edge(kss_img_t img, const struct kss_machine *m, __u32 events, __u64 now, const struct kss_cell *cell)
{
	__u32 letter = events, n = kss_get16(m->nclocks), bit = kss_get16(m->nevents), state = cell->state, k;
	const struct kss_guard *g;
	const kss_le32 *edges;
	const __u8 *letters;
	kss_index at;

	for (k = 0; k < KSS_MACHINE_CLOCKS; k++) {
		__u64 age = now > cell->clock[k] ? now - cell->clock[k] : 0;

		if (k >= n)
			break;
		g = (const struct kss_guard *)kss_chunk(img, kss_get32(m->guard_base) + (k >> 2));
		if (!g)
			return KSS_EDGE_LOST;
		if (age >= kss_get64(g[k & 3].low) && age <= kss_get64(g[k & 3].high))
			letter |= 1u << ((bit + k) & 31);
		kss_forget(letter, bit);
	}
	letter &= (1u << KSS_MACHINE_BITS) - 1;
	letters = (const __u8 *)kss_chunk(img, kss_get32(m->letter_base) + (letter >> 6));
	if (!letters || state >= kss_get32(m->nstates))
		return KSS_EDGE_LOST;
	at = (kss_index)state * kss_get32(m->nletters) + letters[letter & 63];
	edges = (const kss_le32 *)kss_chunk(img, kss_get32(m->edge_base) + (at >> 4));
	return edges ? kss_get32(edges[at & 15]) : KSS_EDGE_LOST;
}

/* Does a limit deny? `oldest` is the time that the next grant would overwrite. */
KSS_INLINE int kss_ring_denies(kss_img_t img, const struct kss_machine *m, __u64 now, const struct kss_cell *cell, __u64 oldest)
{
	const struct kss_guard *g = (const struct kss_guard *)kss_chunk(img, kss_get32(m->guard_base));

	if (!g)
		return 1;
	return cell->state >= kss_get32(m->ring) && (now <= oldest || now - oldest <= kss_get64(g->high));
}

/* Where the time of the next grant goes: number within the ring. `state` counts to the ring's size and on through it
 * a second time, so that full and empty are told apart. */
KSS_INLINE __u32 kss_ring_at(const struct kss_machine *m, __u32 state)
{
	__u32 ring = kss_get32(m->ring);

	return state >= ring ? state - ring : state;
}
KSS_INLINE __u32 kss_ring_next(const struct kss_machine *m, __u32 state)
{
	__u32 ring = kss_get32(m->ring);

	return state + 1 >= 2 * ring ? ring : state + 1;
}

#endif
