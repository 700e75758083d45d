/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Models with state. Of an event that the table grants, every automaton that cares is asked, and if all grant, all take
 * their step: one moment for all of them. What is read of the histories is read under one lock, and written under it only
 * if nothing of it has changed; in between, when the image is looked at, nothing is held. Who comes too late begins again.
 *
 * kss_own_cells() and kss_now() are there already: history.h's, or a test's.
 */
#ifndef KSS_BPF_STATES_H
#define KSS_BPF_STATES_H

#include "maps.h"

#define KSS_STATE_TRIES 32 /* before a denial: so often another task was faster */

/* A cell; NULL = out of bounds. */
KSS_INLINE struct kss_cell *kss_cell_at(void *cells, __u64 n)
{
	if (n >= kss_cfg_cells)
		return 0;
	kss_opaque(n);
	return (struct kss_cell *)((char *)cells + n * sizeof(struct kss_cell));
}
KSS_INLINE struct kss_cell *kss_cell_of(void *cells, struct kss_task_cells *own, const struct kss_step *st)
{
	__u64 n = st->at;

	if (!st->own)
		return kss_cell_at(cells, n);
	if (!own || n >= KSS_TASK_CELLS)
		return 0;
	kss_opaque(n);
	return (struct kss_cell *)((char *)own + n * sizeof(struct kss_cell));
}

/* Where the time of the next grant of a limit stands, behind its cell. */
KSS_INLINE __u64 *kss_ring_slot(void *cells, const struct kss_step *st, __u32 state)
{
	__u32 at = state >= st->ring ? state - st->ring : state;
	struct kss_ring *ring = (struct kss_ring *)kss_cell_at(cells, (__u64)st->at + 1 + at / KSS_RING_TIMES);

	at %= KSS_RING_TIMES;
	kss_opaque(at);
	return ring && at < KSS_RING_TIMES ? &ring->time[at] : 0;
}

/*
 * The four steps are global functions of numbers: each is verified once a program, whatever the ways to it, and none of them
 * takes room on the others' stack. What they share is in a slot of working memory. Verified they are whether called or not, and
 * before 5.11 no LSM program takes a lock: hence the first question of each.
 */

/* Who may care about an event, and where its history is: fills sc->step. Returns their number, 0: it cannot be told. */
__attribute__((noinline)) int kss_gather(__u32 slot, __u32 care, __u32 dom, __u32 perms, __u32 gen)
{
	struct kss_scratch *sc = bpf_map_lookup_elem(&kss_scratch, &slot);
	const struct kss_header *h;
	void *img = kss_open(&kss_images);
	const struct kss_header3 *h3;
	__u32 i;

	if (!kss_cfg_cells || !sc || !img)
		return 0;
	h = kss_hdr(img);
	h3 = kss_hdr3(img);
	if (!h || !h3 || h->generation != gen)
		return 0;
	sc->owns = 0;
	for (i = 0; i < KSS_MAX_CARE; i++) {
		const struct kss_care *c = kss_chunk(img, care + i);
		struct kss_step *st = &sc->step[i];
		const struct kss_machine *m;

		if (!c)
			return 0;
		m = kss_machine_at(img, h3, c->machine);
		if (!m)
			return 0;
		st->machine = c->machine;
		st->events = kss_events_of(c, perms);
		st->ring = m->ring;
		st->serial = m->serial;
		st->own = m->scope == KSS_SCOPE_task;
		st->at = m->cell + (m->scope == KSS_SCOPE_domain ? dom * m->cells : 0);
		if (st->events && m->scope == KSS_SCOPE_task)
			sc->owns = 1;
		if (!c->more)
			return i + 1;
	}
	return 0;
}

/* Where histories are, and the lock on them. */
struct kss_kept {
	struct kss_lock *lock;
	struct kss_task_cells *own; /* the current task's, if a step needs them */
	void *cells;
};

/* 0: they are not to be had. */
KSS_INLINE int kss_kept_at(struct kss_scratch *sc, struct kss_kept *kept)
{
	__u32 zero = 0;

	kept->cells = bpf_map_lookup_elem(&kss_cells, &zero);
	kept->lock = bpf_map_lookup_elem(&kss_state_lock, &zero);
	kept->own = 0;
	if (!sc || !kept->cells || !kept->lock)
		return 0;
	if (sc->owns) {
		kept->own = kss_own_cells();
		if (!kept->own) {
			kss_count(KSS_COUNT_table_full);
			return 0;
		}
	}
	return 1;
}

/* Reads the histories: one moment for all. 0 = one of them is not to be had. */
__attribute__((noinline)) int kss_read_cells(__u32 slot, __u32 n)
{
	struct kss_scratch *sc = bpf_map_lookup_elem(&kss_scratch, &slot);
	struct kss_kept kept;
	int good = 1;
	__u32 i;

	if (!kss_cfg_cells || !kss_kept_at(sc, &kept))
		return 0;
	bpf_spin_lock(&kept.lock->lock);
	for (i = 0; i < KSS_MAX_CARE; i++) {
		struct kss_step *st = &sc->step[i];
		struct kss_cell *cell;

		if (i >= n)
			break;
		if (!st->events)
			continue;
		cell = kss_cell_of(kept.cells, kept.own, st);
		if (!cell) {
			good = 0;
			break;
		}
		st->cell = *cell;
		st->oldest = 0;
		if (st->cell.serial != st->serial) {
			st->cell.state = 0; /* nothing has happened yet */
		} else if (st->ring) {
			__u64 *time = kss_ring_slot(kept.cells, st, st->cell.state);

			if (!time) {
				good = 0;
				break;
			}
			st->oldest = *time;
		}
	}
	bpf_spin_unlock(&kept.lock->lock);
	return good;
}

/* What each automaton says. Number of the one that denies + 1, 0 = all grant, -1 = that cannot be told. */
__attribute__((noinline)) int kss_ask_machines(__u32 slot, __u32 n, __u32 gen, __u64 now)
{
	struct kss_scratch *sc = bpf_map_lookup_elem(&kss_scratch, &slot);
	const struct kss_header *h;
	void *img = kss_open(&kss_images);
	const struct kss_header3 *h3;
	__u32 i;

	if (!kss_cfg_cells || !sc || !img)
		return -1;
	h = kss_hdr(img);
	h3 = kss_hdr3(img);
	if (!h || !h3 || h->generation != gen)
		return -1;
	for (i = 0; i < KSS_MAX_CARE; i++) {
		struct kss_step *st = &sc->step[i];
		const struct kss_machine *m;

		if (i >= n)
			break;
		if (!st->events)
			continue;
		m = kss_machine_at(img, h3, st->machine);
		if (!m)
			return -1;
		if (st->ring) {
			if (kss_ring_denies(img, m, now, &st->cell, st->oldest))
				return (__u16)st->machine + 1;
			st->edge = kss_ring_next(m, st->cell.state);
			continue;
		}
		st->edge = kss_edge(img, m, st->events, now, &st->cell);
		if (st->edge == KSS_EDGE_LOST)
			return -1;
		if (st->edge & KSS_EDGE_DENY)
			return (__u16)st->machine + 1;
	}
	return 0;
}

/* Writes the steps, if the histories are still as they were read. 1 = written, 0 = not, -1 = one is not to be had. */
__attribute__((noinline)) int kss_write_cells(__u32 slot, __u32 n, __u64 now)
{
	struct kss_scratch *sc = bpf_map_lookup_elem(&kss_scratch, &slot);
	struct kss_kept kept;
	__u32 i, k;
	int r = 1;

	if (!kss_cfg_cells || !kss_kept_at(sc, &kept))
		return -1;
	bpf_spin_lock(&kept.lock->lock);
	for (i = 0; i < KSS_MAX_CARE; i++) {
		struct kss_step *st = &sc->step[i];
		struct kss_cell *cell;

		if (i >= n)
			break;
		if (!st->events)
			continue;
		cell = kss_cell_of(kept.cells, kept.own, st);
		if (!cell || (st->ring && !kss_ring_slot(kept.cells, st, st->cell.state)))
			r = -1;
		else if (cell->seq != st->cell.seq || cell->serial != st->cell.serial)
			r = 0;
		if (r <= 0)
			break;
	}
	for (i = 0; i < KSS_MAX_CARE; i++) {
		struct kss_step *st = &sc->step[i];
		struct kss_cell *cell;

		if (i >= n || r <= 0)
			break;
		if (!st->events)
			continue;
		cell = kss_cell_of(kept.cells, kept.own, st);
		if (!cell)
			break;
		if (st->ring) {
			__u64 *time = kss_ring_slot(kept.cells, st, st->cell.state);

			if (time)
				*time = now;
			cell->state = st->edge;
		} else {
			for (k = 0; k < KSS_MACHINE_CLOCKS; k++) {
				if (st->edge >> (KSS_EDGE_SET + k) & 1)
					cell->clock[k] = now;
			}
			cell->state = st->edge & KSS_EDGE_NEXT;
		}
		cell->serial = st->serial;
		cell->seq++;
	}
	bpf_spin_unlock(&kept.lock->lock);
	return r;
}

/* First chunk of what cares about an access; 0: it cannot be told. */
__attribute__((noinline)) int kss_care(__u64 gen_dom, __u64 obj_cls)
{
	void *img = kss_open(&kss_images);
	const struct kss_header *h = img ? kss_hdr(img) : 0;
	const struct kss_header3 *h3;
	__u32 vector;

	if (!kss_cfg_cells || !h || h->generation != gen_dom >> 32)
		return 0; /* a swap came between */
	h3 = kss_hdr3(img);
	vector = kss_vector_number(img, h, (__u32)gen_dom, obj_cls >> 32, (__u32)obj_cls);
	return h3 && vector != KSS_NO_VECTOR ? kss_care_of(img, h3, vector) : 0;
}

/*
 * Do the flows and formulas grant permissions `perms`, which the table grants? 0 = they do, and that is noted unless `only`
 * asks; n + 1: the n-th denies; negative: that cannot be told.
 */
__attribute__((noinline)) int kss_machines(__u64 gen_dom, __u64 obj_cls, __u32 perms, __u32 only)
{
	__u32 care, slot, n, gen = gen_dom >> 32, try;
	int r = -1, done;
	__u64 now;

	if (!kss_cfg_cells)
		return -1;
	care = kss_care(gen_dom, obj_cls);
	if (!care || kss_slot_take(&slot))
		return -1;
	n = kss_gather(slot, care, (__u32)gen_dom, perms, gen);
	for (try = 0; n && try < KSS_STATE_TRIES; try++) {
		r = -1;
		if (!kss_read_cells(slot, n))
			break;
		now = kss_now();
		r = kss_ask_machines(slot, n, gen, now);
		if (r || only)
			break;
		done = kss_write_cells(slot, n, now);
		if (done > 0)
			break;
		r = -1;
		if (done < 0)
			break;
	}
	kss_slot_give(slot);
	return r;
}

#endif
