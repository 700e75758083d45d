/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the programs of tests/vm/swap.sh share: the board, a file that all of them map, and the reckoning of which generation
 * a verdict can be of.
 *
 * Odd generations are policy A, even ones B. The driver sets `seq` to twice the generation while that is in force, and to one
 * more while the next one is being swapped in. `seen` is the newest generation that some verdict has been of: what begins
 * later may be of no older one.
 */
#ifndef KSS_TESTS_SWAP_BOARD_H
#define KSS_TESTS_SWAP_BOARD_H

#define BOARD "/data/board"

typedef unsigned long count_t;

enum { ALWAYS, NEVER, FILE_A, FILE_B, HELD, TCP, UDP, RENAME, MKDIR, CREATE, MIXED, CHILD, EXEC, FLIP, CARRY, HOP, KINDS };

struct tally {
	count_t calm;     /* judged while no swap was under way: the one generation is known */
	count_t swapping; /* while one was */
	count_t granted, denied;
	count_t refused;  /* execs that failed with EPERM, and those killed instead (begun past the point of failing) */
	count_t killed;
	count_t wrong;    /* what must not be */
};

struct board {
	volatile count_t seq, seen, stop;
	volatile count_t returned; /* ns, monotonic: when the last swap had returned */
	count_t late;              /* an old verdict by an operation begun after that … */
	count_t latest;            /* … and the longest time, ns */
	struct tally tally[KINDS];
	struct {
		count_t kind, verdict, before, after, seen; /* the first things that must not be */
	} wrong[16];
	count_t wrongs;
};

static inline void add(count_t *n, count_t by)
{
	__atomic_fetch_add(n, by, __ATOMIC_RELAXED);
}

static inline count_t now_is(const volatile count_t *n)
{
	return __atomic_load_n(n, __ATOMIC_SEQ_CST);
}

/* When an operation began. */
struct begun {
	count_t seq, seen;
};

static inline struct begun begin(struct board *b)
{
	struct begun w;

	w.seen = now_is(&b->seen);
	w.seq = now_is(&b->seq);
	return w;
}

static inline void wrong(struct board *b, int kind, count_t verdict, struct begun w, count_t after)
{
	count_t n = __atomic_fetch_add(&b->wrongs, 1, __ATOMIC_RELAXED);

	add(&b->tally[kind].wrong, 1);
	if (n >= sizeof b->wrong / sizeof *b->wrong)
		return;
	b->wrong[n].kind = kind;
	b->wrong[n].verdict = verdict;
	b->wrong[n].before = w.seq;
	b->wrong[n].after = after;
	b->wrong[n].seen = w.seen;
}

/* Counts an operation that was begun then; returns 1 if no swap has been under way meanwhile. */
static inline int ended(struct board *b, int kind, int granted, struct begun w, count_t *after)
{
	struct tally *t = &b->tally[kind];
	int calm;

	*after = now_is(&b->seq);
	calm = w.seq == *after && w.seq % 2 == 0;
	add(calm ? &t->calm : &t->swapping, 1);
	add(granted ? &t->granted : &t->denied, 1);
	return calm;
}

/* An operation whose verdict is the same in both policies. */
static inline void fixed(struct board *b, int kind, int granted, int want, struct begun w)
{
	count_t after;

	ended(b, kind, granted, w, &after);
	if (granted != want)
		wrong(b, kind, granted, w, after);
}

/* An operation that A grants (in_a) or B, not both. Returns 1 if it was begun when its verdict was already an old one. */
static inline int judged(struct board *b, int kind, int granted, int in_a, struct begun w)
{
	count_t after, first = w.seq / 2, last, seen;

	ended(b, kind, granted, w, &after);
	last = (after + 1) / 2;
	if (first < w.seen)
		first = w.seen;
	if (first % 2 != (count_t)(granted == in_a))
		first++;
	if (first > last) {
		wrong(b, kind, granted, w, after);
		return w.seq % 2 == 0;
	}
	/* `first` is the oldest generation that it can have been of. */
	for (seen = now_is(&b->seen); seen < first;)
		if (__atomic_compare_exchange_n(&b->seen, &seen, first, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			break;
	return 0;
}

#endif
