/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From (dentry, vfsmount) to a state of the image's path automaton: up to the task's root, then down by names. And to the
 * path as text, for records.
 *
 * Whatever cannot be worked out is KSS_WALK_UNRESOLVED: more than KSS_MAX_DEPTH components, a name longer than 255 bytes, a
 * path that does not lead to the task's root, names that keep changing.
 */
#ifndef KSS_BPF_WALK_H
#define KSS_BPF_WALK_H

#include "judge.h"

/* Results of the walks that are no states. */
#define KSS_WALK_UNRESOLVED (-1)
#define KSS_WALK_STALE (-2) /* another generation came into force: take it and begin again */
#define KSS_WALK_ANON (-3)
#define KSS_WALK_MEMFD (-4)
#define KSS_WALK_MQUEUE (-5) /* go on from /dev/mqueue */
#define KSS_WALK_GLOB (-7) /* kss_step_slot: ask kss_glob_slot */
#define KSS_WALK_OUTSIDE (-6) /* not below the task's root: unresolved */

struct kss_root {
	__u64 dentry, mnt;
};

/* Reads the name of a dentry, whole or not at all: d_seq moves when a rename changes name or parent. */
__attribute__((noinline)) int kss_read_name(__u32 slot, __u64 dentry, __u64 parent)
{
	struct kss_scratch *sc = bpf_map_lookup_elem(&kss_scratch, &slot);
	struct dentry *d = (struct dentry *)dentry;
	__u32 seq1 = 1, seq2 = 0, i, len;
	struct qstr q;
	__u64 p = 0;

	if (!sc)
		return 0;
	for (i = 0; i < 4; i++) {
		bpf_core_read(&seq1, sizeof seq1, &d->d_seq.seqcount.sequence);
		bpf_core_read(&p, sizeof p, &d->d_parent);
		q.name = 0;
		q.len = 0;
		bpf_core_read(&q, sizeof q, &d->d_name);
		len = q.len;
		if (p == parent && len > 0 && len <= KSS_NAME_MAX) {
			barrier_var(len);
			len &= 0xff;
			sc->len = len;
			sc->name.w[((len - 1) >> 3) & 31] = 0;
			if (bpf_probe_read_kernel(sc->name.b, len, q.name))
				return 0;
			bpf_core_read(&seq2, sizeof seq2, &d->d_seq.seqcount.sequence);
			if (seq1 == seq2 && !(seq1 & 1))
				return 1;
		} else if (p == parent && !(seq1 & 1)) {
			return 0; /* an empty or overlong name, not one in motion */
		}
		kss_count(KSS_COUNT_retries);
	}
	return 0;
}

/* The image that a walk goes through: 0, or why not. */
KSS_INLINE int kss_walk_image(__u32 gen, void **img, const struct kss_header **h)
{
	*img = kss_open(&kss_images);
	*h = *img ? kss_hdr(*img) : 0;
	if (!*h)
		return KSS_WALK_UNRESOLVED;
	return (*h)->generation == gen ? 0 : KSS_WALK_STALE;
}

/* One component further, by the name that stands in a slot. */
__attribute__((noinline)) int kss_step_slot(__u32 slot, __u32 state, __u32 gen)
{
	struct kss_scratch *sc = bpf_map_lookup_elem(&kss_scratch, &slot);
	const struct kss_header *h;
	__u32 next;
	void *img;
	int r = kss_walk_image(gen, &img, &h);

	if (!sc || r)
		return sc ? r : KSS_WALK_UNRESOLVED;
	next = kss_step_literal(img, h, state, (const struct kss_name *)&sc->len, &sc->glob, &sc->dflt);
	if (next == KSS_GLOB_NONE)
		return KSS_WALK_GLOB;
	return next == KSS_STEP_ERROR ? KSS_WALK_UNRESOLVED : (int)next;
}

/* The second half of a step, where the state has names with wildcards: apart, for the stack's sake. */
__attribute__((noinline)) int kss_glob_slot(__u32 slot, __u32 gen)
{
	struct kss_scratch *sc = bpf_map_lookup_elem(&kss_scratch, &slot);
	const struct kss_header *h;
	__u32 next;
	void *img;
	int r = kss_walk_image(gen, &img, &h);

	if (!sc || r)
		return sc ? r : KSS_WALK_UNRESOLVED;
	next = kss_glob_step(img, sc->glob, (const struct kss_name *)&sc->len);
	if (next == KSS_GLOB_NONE)
		next = sc->dflt;
	return next == KSS_STEP_ERROR ? KSS_WALK_UNRESOLVED : (int)next;
}

KSS_INLINE int kss_step_name(__u32 slot, __u32 state, __u32 gen)
{
	int r = kss_step_slot(slot, state, gen);

	return r == KSS_WALK_GLOB ? kss_glob_slot(slot, gen) : r;
}

/* One component further, by a dentry below a directory whose state is known. Uses the slot's name. */
static __attribute__((noinline)) int kss_step_dentry(__u32 slot, struct dentry *dentry, struct dentry *parent, __u32 state,
						     __u32 gen)
{
	struct kss_scratch *sc = bpf_map_lookup_elem(&kss_scratch, &slot);
	__u32 seq, len;
	int ok = 0;

	if (state == KSS_STATE_DEAD)
		return KSS_STATE_DEAD;
	kss_count(KSS_COUNT_steps);
	if (!sc)
		return KSS_WALK_UNRESOLVED;
	/* As kss_read_name, which comes second: with loads where that has to probe. */
	seq = dentry->d_seq.seqcount.sequence;
	len = dentry->d_name.len;
	if (kss_likely(!(seq & 1) && dentry->d_parent == parent && len && len <= KSS_NAME_MAX)) {
		barrier_var(len);
		len &= 0xff;
		sc->len = len;
		sc->name.w[((len - 1) >> 3) & 31] = 0;
		ok = !bpf_probe_read_kernel(sc->name.b, len, dentry->d_name.name) &&
		     seq == *(volatile __u32 *)&dentry->d_seq.seqcount.sequence;
	}
	if (kss_unlikely(!ok) && !kss_read_name(slot, kss_number((__u64)dentry), kss_number((__u64)parent)))
		return KSS_WALK_UNRESOLVED;
	return kss_step_name(slot, state, gen);
}

/*
 * The state of a path, worked out from the task's root, in two passes that share a slot: upwards, collecting the
 * components; downwards, running the automaton over their names.
 */
struct kss_up {
	__u64 d, m, mroot, root_dentry, root_mnt;
	__u32 slot;
	int end; /* 0 = on the way, 1 = at the root, 2 = at a top that is not the task's root */
};

static KSS_BODY kss_up_one(__u32 i, void *ctx)
{
	struct kss_up *u = ctx;
	struct kss_scratch *sc;
	__u64 d = u->d, m = u->m, p = 0, v = 0;
	__u32 n;

	if (d == u->root_dentry && m == u->root_mnt) {
		u->end = 1;
		return 1;
	}
	if (d == u->mroot) {
		__u64 mt = m - bpf_core_field_offset(((struct mount *)0)->mnt);

		bpf_core_read(&p, sizeof p, &((struct mount *)mt)->mnt_parent);
		if (p == mt || !p) {
			u->end = 2;
			return 1;
		}
		bpf_core_read(&v, sizeof v, &((struct mount *)mt)->mnt_mountpoint);
		u->d = v;
		m = p + bpf_core_field_offset(((struct mount *)0)->mnt);
		u->m = m;
		bpf_core_read(&v, sizeof v, &((struct vfsmount *)m)->mnt_root);
		u->mroot = v;
		return 0;
	}
	bpf_core_read(&p, sizeof p, &((struct dentry *)d)->d_parent);
	if (!p || p == d) {
		u->end = 2;
		return 1;
	}
	sc = bpf_map_lookup_elem(&kss_scratch, &u->slot);
	if (!sc)
		return 1;
	n = sc->n;
	if (n >= KSS_MAX_DEPTH)
		return 1;
	sc->comp[n & (KSS_MAX_DEPTH - 1)] = d;
	sc->parent[n & (KSS_MAX_DEPTH - 1)] = p;
	sc->n = n + 1;
	u->d = p;
	return 0;
}

__attribute__((noinline)) int kss_walk_up(__u32 slot, __u64 dentry, __u64 mnt, __u64 root_dentry, __u64 root_mnt)
{
	struct kss_up u = { .d = dentry, .m = mnt, .root_dentry = root_dentry, .root_mnt = root_mnt, .slot = slot };
	struct kss_scratch *sc = bpf_map_lookup_elem(&kss_scratch, &slot);
	__u64 sb = 0, magic = 0, m;
	__u32 flags = 0;

	if (!sc)
		return KSS_WALK_UNRESOLVED;
	sc->n = 0;
	bpf_core_read(&sb, sizeof sb, &((struct vfsmount *)mnt)->mnt_root);
	u.mroot = sb;
	KSS_REPEAT(KSS_MAX_DEPTH * 2, kss_up_one, &u);
	if (u.end == 1)
		return KSS_STATE_ROOT;
	if (u.end != 2)
		return KSS_WALK_UNRESOLVED; /* deeper than we follow */
	/* Not below the task's root. The kernel's own mounts have no path: pipes, memory files, message queues. */
	m = u.m;
	bpf_core_read(&flags, sizeof flags, &((struct vfsmount *)m)->mnt_flags);
	if (!(flags & MNT_INTERNAL))
		return KSS_WALK_OUTSIDE;
	bpf_core_read(&sb, sizeof sb, &((struct vfsmount *)m)->mnt_sb);
	bpf_core_read(&magic, sizeof magic, &((struct super_block *)sb)->s_magic);
	if (magic == TMPFS_MAGIC || magic == HUGETLBFS_MAGIC)
		return KSS_WALK_MEMFD;
	return magic == MQUEUE_MAGIC ? KSS_WALK_MQUEUE : KSS_WALK_ANON;
}

/* State of /dev/mqueue, below which message queues are named whether it is mounted or not. Uses the slot's name. */
__attribute__((noinline)) int kss_mqueue_slot(__u32 slot, __u32 gen)
{
	struct kss_scratch *sc = bpf_map_lookup_elem(&kss_scratch, &slot);
	int r;

	if (!sc)
		return KSS_WALK_UNRESOLVED;
	sc->len = 3;
	sc->name.w[0] = 0x766564; /* "dev" */
	r = kss_step_name(slot, KSS_STATE_ROOT, gen);
	if (r < 0)
		return r;
	sc->len = 6;
	sc->name.w[0] = 0x65756575716dull; /* "mqueue" */
	return kss_step_name(slot, r, gen);
}

struct kss_down {
	__u32 slot, gen;
	int r;
};

static KSS_BODY kss_down_one(__u32 i, void *ctx)
{
	struct kss_down *w = ctx;
	struct kss_scratch *sc = bpf_map_lookup_elem(&kss_scratch, &w->slot);
	__u32 n;

	if (!sc) {
		w->r = KSS_WALK_UNRESOLVED;
		return 1;
	}
	n = sc->n;
	if (i >= n || w->r == KSS_STATE_DEAD)
		return 1;
	n = (n - 1 - i) & (KSS_MAX_DEPTH - 1);
	if (!kss_read_name(w->slot, sc->comp[n], sc->parent[n])) {
		w->r = KSS_WALK_UNRESOLVED;
		return 1;
	}
	w->r = kss_step_name(w->slot, w->r, w->gen);
	return w->r < 0;
}

__attribute__((noinline)) int kss_walk_down(__u32 slot, __u32 gen, __u32 start)
{
	struct kss_down w = { .slot = slot, .gen = gen, .r = start };

	KSS_REPEAT(KSS_MAX_DEPTH, kss_down_one, &w);
	return w.r;
}

/* Renders one component; a path longer than the record keeps its end. */
static KSS_BODY kss_render_one(__u32 i, void *ctx)
{
	__u32 slot = *(__u32 *)ctx, n, len, pos;
	struct kss_scratch *sc = bpf_map_lookup_elem(&kss_scratch, &slot);
	struct qstr q = {};
	__u64 d;

	if (!sc)
		return 1;
	n = sc->n;
	if (i >= n)
		return 1;
	d = sc->comp[(n - 1 - i) & (KSS_MAX_DEPTH - 1)];
	bpf_core_read(&q, sizeof q, &((struct dentry *)d)->d_name);
	len = q.len;
	barrier_var(len);
	len &= 0xff;
	pos = sc->pos & 511;
	if (pos + len + 1 > KSS_AUDIT_PATH) {
		sc->path_flags |= KSS_AUDIT_TRUNCATED;
		pos = 0;
	}
	barrier_var(pos);
	pos &= 511;
	sc->rec.path[pos] = '/';
	pos++;
	bpf_probe_read_kernel(&sc->rec.path[pos], len, q.name);
	sc->pos = pos + len;
	return 0;
}

/* Writes the path of (dentry, mnt), as seen from the very top, into rec.path of a slot. */
__attribute__((noinline)) int kss_render(__u32 slot, __u64 dentry, __u64 mnt)
{
	struct kss_scratch *sc = bpf_map_lookup_elem(&kss_scratch, &slot);
	__u32 key = slot;
	int r;

	if (!sc)
		return 0;
	sc->path_flags = 0;
	sc->pos = 0;
	if (dentry && mnt) {
		r = kss_walk_up(slot, dentry, mnt, 0, 0);
		if (r == KSS_WALK_UNRESOLVED)
			sc->path_flags = KSS_AUDIT_TRUNCATED;
		if (!sc->n) {
			sc->rec.path[0] = '/';
			sc->pos = 1;
		}
		KSS_REPEAT(KSS_MAX_DEPTH, kss_render_one, &key);
	}
	sc->rec.path_len = sc->pos;
	return 0;
}

static __attribute__((noinline)) int kss_slow_path(struct kss_what *w, void *img, __u32 dom, __u32 gen)
{
	__u32 quiet, machine, denied = kss_why(w, img, dom, &quiet, &machine), slot;
	struct kss_scratch *sc;

	if (quiet == 2)
		return 0;
	slot = kss_fill(w, &sc);
	if (sc)
		sc->rec.machine = machine;
	if (sc && !quiet)
		kss_render(slot, kss_scalar(w->dentry), kss_scalar(w->mnt));
	if (kss_finish(slot, dom, gen, denied,
		       (__u32)(w->flags & KSS_WHAT_INHERITED) << 17 | 1u << 17 | quiet << 16 | w->reason))
		return KSS_EPERM;
	return 0;
}

/* The two passes, with pointers as the hooks have them. */
KSS_INLINE int kss_walk(__u64 dentry, __u64 mnt, const struct kss_root *root, __u32 gen)
{
	__u32 slot;
	int r;

	kss_count(KSS_COUNT_walks);
	if (kss_slot_take(&slot))
		return KSS_WALK_UNRESOLVED;
	r = kss_walk_up(slot, kss_scalar(dentry), kss_scalar(mnt), kss_scalar(root->dentry), kss_scalar(root->mnt));
	if (r == KSS_WALK_MQUEUE)
		r = kss_mqueue_slot(slot, gen);
	if (r >= 0)
		r = kss_walk_down(slot, gen, r);
	kss_slot_give(slot);
	return r;
}
KSS_INLINE void kss_task_root(struct kss_root *r)
{
	if (kss_cfg_task_btf) {
		struct fs_struct *fs = kss_current()->fs;

		r->dentry = (__u64)fs->root.dentry;
		r->mnt = (__u64)fs->root.mnt;
	} else {
		struct task_struct *task = (void *)bpf_get_current_task();

		r->dentry = (__u64)BPF_CORE_READ(task, fs, root.dentry);
		r->mnt = (__u64)BPF_CORE_READ(task, fs, root.mnt);
	}
}

#endif
