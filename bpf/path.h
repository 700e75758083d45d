/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From (dentry, vfsmount) to an object id: the path as the task's root sees it, through the image's path automaton.
 *
 * A directory's automaton state is cached in its inode's storage, a file's label in its own. A cached value is used
 * only while dentry, mount, root, parent, name hash, generation and path epoch are those it was made for; values are
 * never changed in place, so a reader sees one whole. Without inode storage every label is worked out from the root.
 *
 * Whatever cannot be worked out is KSS_OBJ_unresolved, which no rule can grant: more than KSS_MAX_DEPTH components, a
 * name longer than 255 bytes, a path that does not lead to the task's root, names that keep changing.
 */
#ifndef KSS_BPF_PATH_H
#define KSS_BPF_PATH_H

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

/* One component further, by the name that stands in a slot. */
__attribute__((noinline)) int kss_step_slot(__u32 slot, __u32 state, __u32 gen)
{
	struct kss_scratch *sc = bpf_map_lookup_elem(&kss_scratch, &slot);
	const struct kss_header *h;
	__u32 next;
	void *img = kss_open(&kss_images);

	if (!sc || !img)
		return KSS_WALK_UNRESOLVED;
	h = kss_hdr(img);
	if (!h)
		return KSS_WALK_UNRESOLVED;
	if (h->generation != gen)
		return KSS_WALK_STALE;
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
	void *img = kss_open(&kss_images);

	if (!sc || !img)
		return KSS_WALK_UNRESOLVED;
	h = kss_hdr(img);
	if (!h)
		return KSS_WALK_UNRESOLVED;
	if (h->generation != gen)
		return KSS_WALK_STALE;
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
	__u32 quiet, denied = kss_why(w, img, dom, &quiet), slot;
	struct kss_scratch *sc;

	slot = kss_fill(w, &sc);
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

/* Is the cached label still that of this dentry, reached this way? */
KSS_INLINE int kss_inode_valid(const struct kss_inode *il, struct dentry *dentry, __u64 mnt, const struct kss_root *root,
			       __u32 gen)
{
	return il->gen == gen && il->dentry == (__u64)dentry && il->mnt == mnt && il->epoch == kss_ctl.path_epoch &&
	       il->root_dentry == root->dentry && il->root_mnt == root->mnt && il->parent == (__u64)dentry->d_parent &&
	       il->hash == dentry->d_name.hash && il->len == dentry->d_name.len;
}

/* Keeps a label, unless a rename or mount is under way that may make it wrong. */
static __attribute__((noinline)) int kss_inode_keep(struct inode *inode, struct kss_inode *il)
{
	if (!inode || il->epoch != kss_ctl.path_epoch)
		return 0;
	if (kss_ctl.nocache_until && bpf_ktime_get_boot_ns() < kss_ctl.nocache_until)
		return 0;
	bpf_inode_storage_delete(&kss_inodes, inode);
	bpf_inode_storage_get(&kss_inodes, inode, il, BPF_LOCAL_STORAGE_GET_F_CREATE);
	return 0;
}

/* What is true of a dentry before it is walked to; state and obj come after. */
KSS_INLINE void kss_inode_note(struct kss_inode *il, struct dentry *dentry, __u64 mnt, const struct kss_root *root,
			       __u32 gen)
{
	il->epoch = kss_ctl.path_epoch;
	il->gen = gen;
	il->dentry = (__u64)dentry;
	il->mnt = mnt;
	il->root_dentry = root->dentry;
	il->root_mnt = root->mnt;
	il->parent = (__u64)dentry->d_parent;
	il->hash = dentry->d_name.hash;
	il->len = dentry->d_name.len;
}

KSS_INLINE __u32 kss_walk_obj(const struct kss_subj *s, int r)
{
	if (r >= 0)
		return kss_state_type(s->img, s->h, r);
	if (r == KSS_WALK_ANON)
		return KSS_OBJ_anon;
	if (r == KSS_WALK_MEMFD)
		return KSS_OBJ_memfd;
	kss_count(KSS_COUNT_unresolved);
	return KSS_OBJ_unresolved;
}

/* State of a directory, from its inode's storage or from the root. `il` is room to work in. */
KSS_INLINE int kss_dir_state(const struct kss_subj *s, struct dentry *dir, __u64 mnt, const struct kss_root *root,
			     struct kss_inode *il)
{
	const struct kss_inode *cached;
	struct inode *inode;
	int r;

	if (!kss_cfg_inode_storage)
		return kss_walk((__u64)dir, mnt, root, s->gen);
	inode = dir->d_inode;
	if (inode) {
		cached = bpf_inode_storage_get(&kss_inodes, inode, 0, 0);
		if (cached && kss_inode_valid(cached, dir, mnt, root, s->gen))
			return cached->state;
	}
	kss_inode_note(il, dir, mnt, root, s->gen);
	r = kss_walk((__u64)dir, mnt, root, s->gen);
	if (r >= 0 && inode) {
		il->state = r;
		il->obj = kss_walk_obj(s, r);
		il->cls = KSS_CLASS_dir;
		il->dom = s->dom;
		il->plain = kss_plain(s, il->obj, KSS_CLASS_dir);
		kss_inode_keep(inode, il);
	}
	return r;
}

/* State of a name in a directory, existing or about to be created. */
KSS_INLINE int kss_child_state(const struct kss_subj *s, struct dentry *dir, __u64 mnt, struct dentry *dentry,
			       const struct kss_root *root, struct kss_inode *il, __u32 slot)
{
	int r = kss_dir_state(s, dir, mnt, root, il);

	return r < 0 ? r : kss_step_dentry(slot, dentry, dir, r, s->gen);
}

/* The class of an inode, by its kind and file system. */
KSS_INLINE __u32 kss_mode_class(__u32 mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG: return KSS_CLASS_file;
	case S_IFDIR: return KSS_CLASS_dir;
	case S_IFLNK: return KSS_CLASS_symlink;
	case S_IFCHR: return KSS_CLASS_chardev;
	case S_IFBLK: return KSS_CLASS_blockdev;
	case S_IFIFO: return KSS_CLASS_fifo;
	case S_IFSOCK: return KSS_CLASS_sockfile;
	default: return KSS_CLASS_file;
	}
}
KSS_INLINE __u32 kss_inode_class(struct inode *inode)
{
	__u32 mode = inode->i_mode;

	if ((mode & S_IFMT) == S_IFREG && inode->i_sb->s_magic == MQUEUE_MAGIC)
		return KSS_CLASS_mqueue;
	return kss_mode_class(mode);
}

#define KSS_OBJ_RETRY 0xfffffffeu /* no object id */

/* The uncached way. */
static __attribute__((noinline)) __u32 kss_label_slow(struct kss_subj *s, struct dentry *dentry, struct inode *inode,
						      const struct kss_root *root, struct vfsmount *mnt)
{
	struct dentry *parent = dentry->d_parent;
	int r = KSS_WALK_UNRESOLVED;
	struct kss_scratch *sc;
	__u32 slot;

	if (kss_slot_take(&slot))
		return kss_walk_obj(s, r);
	sc = bpf_map_lookup_elem(&kss_scratch, &slot);
	if (!sc)
		return kss_walk_obj(s, r);
	sc->epoch = kss_ctl.path_epoch;
	/* The root of a mount is named by where it is mounted. */
	if ((__u64)dentry == (__u64)mnt->mnt_root || parent == dentry || !kss_cfg_inode_storage ||
	    ((s->how & KSS_HOW_FILE) && bpf_core_field_exists(((struct file___union *)0)->__f_path)))
		r = kss_walk((__u64)dentry, (__u64)mnt, root, s->gen);
	else
		r = kss_child_state(s, parent, (__u64)mnt, dentry, root, &sc->il, slot);
	if (r >= 0 && kss_cfg_inode_storage && !(s->how & KSS_HOW_GONE)) {
		/* The name was read under d_seq with this parent; noting it after the walk catches a rename since. */
		kss_inode_note(&sc->il, dentry, (__u64)mnt, root, s->gen);
		if (sc->il.parent == (__u64)parent && sc->il.epoch == sc->epoch) {
			sc->il.state = r;
			sc->il.obj = kss_walk_obj(s, r);
			sc->il.cls = kss_inode_class(inode);
			sc->il.dom = s->dom;
			/* A device's number may give it another object: that is looked up each time. */
			sc->il.plain = sc->il.cls == KSS_CLASS_chardev || sc->il.cls == KSS_CLASS_blockdev ?
					       0 :
					       kss_plain(s, sc->il.obj, sc->il.cls);
			kss_inode_keep(inode, &sc->il);
		}
	}
	kss_slot_give(slot);
	return r == KSS_WALK_STALE ? KSS_OBJ_RETRY : kss_walk_obj(s, r);
}

/* Another generation came into force while a path was worked out: judge by it, from the start. */
KSS_SUB int kss_retake(struct kss_subj *s)
{
	struct kss_subj now = *s;

	if (!kss_take_image(&now))
		return 0;
	*s = now;
	s->dom = s->t && s->t->name ? (__u32)kss_domain_of(s->t->name, s->gen) : KSS_DOMAIN_UNCONFINED;
	return 1;
}

/* The label of a file that is reached by a path, NULL if it has none that holds. */
KSS_INLINE const struct kss_inode *kss_path_label(const struct kss_subj *s, struct dentry *dentry, struct vfsmount *mnt,
						  const struct kss_root *root, struct inode *inode)
{
	const struct kss_inode *il;

	if (!kss_cfg_inode_storage || !inode)
		return 0;
	il = bpf_inode_storage_get(&kss_inodes, inode, 0, 0);
	return il && kss_inode_valid(il, dentry, (__u64)mnt, root, s->gen) ? il : 0;
}

/* Object id of a file that has no label. */
KSS_INLINE __u32 kss_path_unlabelled(struct kss_subj *s, struct dentry *dentry, struct vfsmount *mnt, const struct kss_root *root,
				     struct inode *inode)
{
	__u32 obj = kss_label_slow(s, dentry, inode, root, mnt);

	if (kss_unlikely(obj == KSS_OBJ_RETRY)) {
		obj = kss_retake(s) ? kss_label_slow(s, dentry, inode, root, mnt) : (__u32)KSS_OBJ_unresolved;
		if (obj == KSS_OBJ_RETRY)
			obj = KSS_OBJ_unresolved;
	}
	return obj;
}

/*
 * Object id and class of an existing file, by the path through which it is reached; and what the subject is known to be
 * granted plainly, 0 if that has to be looked up.
 */
KSS_INLINE __u32 kss_path_obj(struct kss_subj *s, struct dentry *dentry, struct vfsmount *mnt, struct inode *inode, __u32 *cls,
			      __u32 *plain)
{
	const struct kss_inode *il;
	struct kss_root root;
	struct kss_subj c;
	__u32 obj;

	kss_task_root(&root);
	il = kss_path_label(s, dentry, mnt, &root, inode);
	if (kss_likely(il != 0)) {
		*cls = il->cls;
		*plain = il->dom == s->dom ? il->plain : 0;
		return il->obj;
	}
	*plain = 0;
	c = *s; /* a copy, so that the subject need not be in memory where the label is found */
	obj = kss_path_unlabelled(&c, dentry, mnt, &root, inode);
	*s = c;
	*cls = kss_inode_class(inode);
	return obj;
}

/* Object id of a device number, 0 if the policy declares none for it. */
__attribute__((noinline)) int kss_device_obj(__u32 block, __u32 major, __u32 minor, __u32 gen)
{
	struct {
		__u32 len, pad;
		__u64 w[2];
	} k = { .len = 12, .w = { (__u64)major << 32 | block, minor } };
	const struct kss_header *h;
	__u32 obj;
	void *img = kss_open(&kss_images);

	if (!img)
		return KSS_OBJ_unresolved;
	h = kss_hdr(img);
	if (!h || h->generation != gen)
		return KSS_OBJ_unresolved;
	if (kss_find_key(img, h, KSS_KEY_DEVICE, (const struct kss_name *)&k, 12, &obj))
		return obj;
	k.w[1] = 0xffffffff;
	if (kss_find_key(img, h, KSS_KEY_DEVICE, (const struct kss_name *)&k, 12, &obj))
		return obj;
	return -1;
}

KSS_INLINE __u32 kss_device_override(const struct kss_subj *s, __u32 mode, __u32 rdev, __u32 obj)
{
	int o;

	if (((mode & S_IFMT) != S_IFCHR && (mode & S_IFMT) != S_IFBLK) ||
	    !(s->h->flags & KSS_IMAGE_HAS_DEVICES))
		return obj;
	o = kss_device_obj((mode & S_IFMT) == S_IFBLK, rdev >> 20, rdev & 0xfffff, s->gen);
	return o < 0 ? obj : (__u32)o;
}

/* Judges an existing file reached by a path, as an object of class `as`. */
#define KSS_CLASS_OWN 0xffu /* its own */
KSS_INLINE int kss_judge_path_as(struct kss_subj *s, struct dentry *dentry, struct vfsmount *mnt, struct inode *inode, __u32 as,
				 __u32 perms)
{
	struct kss_what w = { .cls = as, .perms = perms, .detail = KSS_DETAIL_PATH, .dentry = (__u64)dentry,
			      .mnt = (__u64)mnt };
	__u32 cls, plain;

	w.obj = kss_path_obj(s, dentry, mnt, inode, &cls, &plain);
	if (as == KSS_CLASS_OWN) {
		if (kss_likely(plain && !(perms & ~plain)))
			return 0;
		w.cls = cls;
		if (kss_unlikely(cls == KSS_CLASS_chardev || cls == KSS_CLASS_blockdev))
			w.obj = kss_device_override(s, inode->i_mode, inode->i_rdev, w.obj);
	}
	return kss_judge_shown(s, &w);
}
KSS_INLINE int kss_judge_path(struct kss_subj *s, struct dentry *dentry, struct vfsmount *mnt, struct inode *inode,
			      __u32 perms)
{
	return kss_judge_path_as(s, dentry, mnt, inode, KSS_CLASS_OWN, perms);
}

/* State of the message queue of a name. */
static __attribute__((noinline)) int kss_mqueue_state(struct dentry *dentry, __u32 gen)
{
	__u32 slot;
	int r;

	if (kss_slot_take(&slot))
		return KSS_WALK_UNRESOLVED;
	r = kss_mqueue_slot(slot, gen);
	if (r >= 0)
		r = kss_step_dentry(slot, dentry, dentry->d_parent, r, gen);
	kss_slot_give(slot);
	return r;
}

#define KSS_MAX_SB_MOUNTS 64 /* mounts of one file system that are looked through for one in the task's namespace */

KSS_INLINE __u64 kss_next_mount(__u64 sb, __u64 m)
{
	__u64 next = 0;

	if (bpf_core_field_exists(((struct mount___chain *)0)->mnt_next_for_sb)) {
		if (!m)
			bpf_core_read(&next, sizeof next, &((struct super_block___chain *)sb)->s_mounts);
		else
			bpf_core_read(&next, sizeof next, &((struct mount___chain *)m)->mnt_next_for_sb);
		return next;
	}
	if (!m)
		bpf_core_read(&next, sizeof next, &((struct super_block *)sb)->s_mounts.next);
	else
		bpf_core_read(&next, sizeof next, &((struct mount *)m)->mnt_instance.next);
	if (!next || next == sb + bpf_core_field_offset(((struct super_block *)0)->s_mounts))
		return 0;
	return next - bpf_core_field_offset(((struct mount *)0)->mnt_instance);
}

/*
 * Judges a file where the kernel passes no mount (attributes, ACLs). Each mount of the file system in the task's
 * namespace through which the file can be reached gives it a label; all of them must grant. None: deny.
 */
struct kss_mounts {
	__u64 sb, m;         /* file system, mount looked at; the slot's `il` has root and namespace of the task */
	__u64 dentry;
	__u32 gen, slot;
	int state;           /* of the path through m; negative: none */
	int more;            /* the list goes on */
};

/* Goes to the next mount of the task's namespace through which the file has a path. */
static KSS_BODY kss_next_path(__u32 i, void *ctx)
{
	struct kss_mounts *c = ctx;
	struct kss_scratch *sc = bpf_map_lookup_elem(&kss_scratch, &c->slot);
	__u64 m = kss_next_mount(c->sb, c->m), ns = 0;
	int r;

	c->m = m;
	c->state = KSS_WALK_UNRESOLVED;
	if (!m) {
		c->more = 0;
		return 1;
	}
	if (!sc)
		return 1;
	bpf_core_read(&ns, sizeof ns, &((struct mount *)m)->mnt_ns);
	if (ns != sc->il.mnt)
		return 0;
	r = kss_walk_up(c->slot, c->dentry, m + bpf_core_field_offset(((struct mount *)0)->mnt), sc->il.root_dentry,
			sc->il.root_mnt);
	if (r >= 0)
		r = kss_walk_down(c->slot, c->gen, r);
	c->state = r;
	return r >= 0;
}

#define KSS_MAX_PATHS 4 /* ways to one file that are judged; more: deny */

static __attribute__((noinline)) int kss_nomount_slow(struct kss_subj *s, struct kss_what *w, struct dentry *dentry,
						      const struct kss_root *root)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct kss_mounts c = { .gen = s->gen, .more = 1 };
	struct kss_scratch *sc;
	__u32 i, found = 0;
	int r;

	c.dentry = kss_scalar((__u64)dentry);
	c.sb = kss_scalar((__u64)dentry->d_sb);
	if (!kss_slot_take(&c.slot)) {
		sc = bpf_map_lookup_elem(&kss_scratch, &c.slot);
		if (sc) {
			sc->il.root_dentry = root->dentry;
			sc->il.root_mnt = root->mnt;
			sc->il.mnt = (__u64)BPF_CORE_READ(task, nsproxy, mnt_ns);
		}
		for (i = 0; i < KSS_MAX_PATHS && c.more; i++) {
			c.state = KSS_WALK_UNRESOLVED;
			KSS_REPEAT(KSS_MAX_SB_MOUNTS, kss_next_path, &c);
			if (c.state < 0)
				break;
			found = 1;
			w->obj = kss_walk_obj(s, c.state);
			w->mnt = c.m + bpf_core_field_offset(((struct mount *)0)->mnt);
			r = kss_judge_in_place(s, w);
			if (r) {
				kss_slot_give(c.slot);
				return r;
			}
		}
		kss_slot_give(c.slot);
	}
	if (found && !c.more)
		return 0;
	kss_count(KSS_COUNT_unresolved);
	w->obj = KSS_OBJ_unresolved;
	return kss_judge_in_place(s, w);
}

/* Is a file system mounted once, in all namespaces together? Then a file has no path but the one it is labelled by. */
__attribute__((noinline)) int kss_mounted_once(__u64 sb)
{
	__u64 m = kss_next_mount(sb, 0);

	return m && !kss_next_mount(sb, m);
}

static __attribute__((noinline)) int kss_judge_nomount(struct kss_subj *s, struct dentry *dentry, __u32 perms)
{
	struct kss_what w = { .perms = perms, .detail = KSS_DETAIL_PATH, .dentry = (__u64)dentry };
	struct inode *inode = dentry->d_inode;
	const struct kss_inode *il;
	struct kss_root root;

	if (!inode)
		return 0;
	w.cls = kss_inode_class(inode);
	w.obj = kss_device_override(s, inode->i_mode, inode->i_rdev, KSS_OBJ_unresolved);
	if (kss_unlikely(w.obj != KSS_OBJ_unresolved))
		return kss_judge_in_place(s, &w);
	kss_task_root(&root);
	if (kss_cfg_inode_storage) {
		il = bpf_inode_storage_get(&kss_inodes, inode, 0, 0);
		if (il && kss_inode_valid(il, dentry, il->mnt, &root, s->gen) &&
		    kss_mounted_once(kss_scalar((__u64)dentry->d_sb))) {
			w.obj = il->obj;
			w.mnt = il->mnt;
			return kss_judge_in_place(s, &w);
		}
	}
	return kss_nomount_slow(s, &w, dentry, &root);
}

/* The same where a hook judges several: one frame for all, and the subject in memory. */
static __attribute__((noinline)) int kss_judge_path_n(struct kss_subj *s, struct dentry *dentry, struct vfsmount *mnt,
						      struct inode *inode, __u32 perms)
{
	struct kss_what w = { .perms = perms, .detail = KSS_DETAIL_PATH, .dentry = (__u64)dentry, .mnt = (__u64)mnt };
	const struct kss_inode *il;
	struct kss_root root;

	kss_task_root(&root);
	il = kss_path_label(s, dentry, mnt, &root, inode);
	w.obj = il ? il->obj : kss_path_unlabelled(s, dentry, mnt, &root, inode);
	w.cls = kss_inode_class(inode);
	w.obj = kss_device_override(s, inode->i_mode, inode->i_rdev, w.obj);
	return kss_judge_in_place(s, &w);
}

/* Type of a name that is about to be created in a directory. */
static __attribute__((noinline)) __u32 kss_new_obj(struct kss_subj *s, struct dentry *dir, struct dentry *dentry, __u64 mnt)
{
	int r = KSS_WALK_UNRESOLVED;
	struct kss_scratch *sc;
	struct kss_root root;
	__u32 slot;

	if (kss_slot_take(&slot))
		return kss_walk_obj(s, r);
	sc = bpf_map_lookup_elem(&kss_scratch, &slot);
	if (!sc)
		return kss_walk_obj(s, r);
	kss_task_root(&root);
	r = kss_child_state(s, dir, mnt, dentry, &root, &sc->il, slot);
	kss_slot_give(slot);
	return r == KSS_WALK_STALE ? KSS_OBJ_RETRY : kss_walk_obj(s, r);
}

/* The question about a name that is about to be created in a directory. */
KSS_INLINE void kss_ask_new(struct kss_subj *s, struct kss_what *w, const struct path *dir, struct dentry *dentry, __u32 mode,
			    __u32 dev, __u32 cls, __u32 perms)
{
	w->obj = kss_new_obj(s, dir->dentry, dentry, (__u64)dir->mnt);
	if (kss_unlikely(w->obj == KSS_OBJ_RETRY)) {
		w->obj = kss_retake(s) ? kss_new_obj(s, dir->dentry, dentry, (__u64)dir->mnt) : (__u32)KSS_OBJ_unresolved;
		if (w->obj == KSS_OBJ_RETRY)
			w->obj = KSS_OBJ_unresolved;
	}
	w->obj = kss_device_override(s, mode, dev, w->obj);
	w->cls = cls;
	w->perms = perms;
	w->detail = KSS_DETAIL_PATH;
	w->dentry = (__u64)dentry;
	w->mnt = (__u64)dir->mnt;
}

/* Judges it; *obj is its type. */
KSS_INLINE int kss_judge_new(struct kss_subj *s, const struct path *dir, struct dentry *dentry, __u32 mode, __u32 dev,
			     __u32 cls, __u32 perms, __u32 *obj)
{
	struct kss_what w = {};

	kss_ask_new(s, &w, dir, dentry, mode, dev, cls, perms);
	*obj = w.obj;
	return kss_judge_in_place(s, &w);
}

/* The same for a name that is to become what `inode` is: link and rename. */
static __attribute__((noinline)) int kss_judge_new_n(struct kss_subj *s, const struct path *dir, struct dentry *dentry,
						     struct inode *inode)
{
	__u32 obj;

	return kss_judge_new(s, dir, dentry, inode->i_mode, inode->i_rdev, kss_inode_class(inode), KSS_file_create, &obj);
}

#endif
