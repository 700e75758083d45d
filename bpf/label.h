/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Labels of files: what a walk (walk.h) found, kept with the file.
 *
 * A directory's automaton state is cached in its inode's storage, a file's label in its own. A cached value is used
 * only while dentry, its sequence count (moved by every rename of it), name hash, mount, root, generation and path epoch are
 * those it was made for; values are never changed in place, so a reader sees one whole. Where a directory's automaton makes
 * no difference between names, its label says what they all are: their files are made, renamed and removed by it alone.
 * Without inode storage every label is worked out from the root.
 *
 * What cannot be worked out is KSS_OBJ_unresolved, which no rule can grant.
 */
#ifndef KSS_BPF_LABEL_H
#define KSS_BPF_LABEL_H

#include "walk.h"

/* Paths below a directory or mount that is about to move change: labels are forgotten, and none is kept until that is done.
 * Hooks run before it; 2 s is ample. */
KSS_INLINE void kss_paths_change(void)
{
	kss_ctl.nocache_until = bpf_ktime_get_boot_ns() + 2000000000ull;
	__sync_fetch_and_add(&kss_ctl.path_epoch, 1);
}

/* Does the cached label still describe this dentry, reached this way? */
KSS_INLINE int kss_inode_same(const struct kss_inode *il, struct dentry *dentry, __u64 mnt, const struct kss_root *root)
{
	return il->dentry == (__u64)dentry && il->mnt == mnt && il->epoch == kss_ctl.path_epoch &&
	       il->root_dentry == root->dentry && il->root_mnt == root->mnt &&
	       il->seq == dentry->d_seq.seqcount.sequence && il->hash == dentry->d_name.hash;
}

/* Is it also of this generation? */
KSS_INLINE int kss_inode_valid(const struct kss_inode *il, struct dentry *dentry, __u64 mnt, const struct kss_root *root,
			       __u32 gen)
{
	return (__u32)(il->gen_dom >> 32) == gen && kss_inode_same(il, dentry, mnt, root);
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

/* What is true of a dentry before it is walked to; what the walk finds comes after. */
KSS_INLINE void kss_inode_note(struct kss_inode *il, struct dentry *dentry, __u64 mnt, const struct kss_root *root,
			       const struct kss_subj *s)
{
	il->epoch = kss_ctl.path_epoch;
	il->gen_dom = KSS_GEN_ID(s->gen, s->dom);
	il->dentry = (__u64)dentry;
	il->mnt = mnt;
	il->root_dentry = root->dentry;
	il->root_mnt = root->mnt;
	il->seq = *(volatile __u32 *)&dentry->d_seq.seqcount.sequence;
	il->hash = dentry->d_name.hash;
	il->child_plain = 0;
	il->next = KSS_NEXT_UNKNOWN;
}

/* Has it kept its name since? */
KSS_INLINE int kss_inode_settled(const struct kss_inode *il, struct dentry *dentry)
{
	return !(il->seq & 1) && il->seq == *(volatile __u32 *)&dentry->d_seq.seqcount.sequence;
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

/* Where names make no difference: what every file of a directory is, and is granted. */
KSS_INLINE void kss_note_children(const struct kss_subj *s, struct kss_inode *il, struct inode *dir)
{
	const struct kss_path_state *st;
	__u32 next = KSS_STATE_DEAD;

	if (dir->i_sb->s_magic == MQUEUE_MAGIC)
		return; /* of another class */
	if (il->state != KSS_STATE_DEAD) {
		st = kss_state(s->img, s->h, il->state);
		if (!st || st->glob || (st->flags & KSS_STATE_LITERALS))
			return;
		next = st->next_default;
	}
	il->child_obj = kss_state_type(s->img, s->h, next);
	il->child_plain = kss_plain(s, il->child_obj, KSS_CLASS_file);
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
	kss_inode_note(il, dir, mnt, root, s);
	r = kss_walk((__u64)dir, mnt, root, s->gen);
	if (r >= 0 && inode && kss_inode_settled(il, dir)) {
		il->state = r;
		il->obj = kss_walk_obj(s, r);
		il->cls = KSS_CLASS_dir;
		il->plain = kss_plain(s, il->obj, KSS_CLASS_dir);
		kss_note_children(s, il, inode);
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
	__u32 slot, seq = *(volatile __u32 *)&dentry->d_seq.seqcount.sequence;
	struct dentry *parent = dentry->d_parent;
	int r = KSS_WALK_UNRESOLVED;
	struct kss_scratch *sc;

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
		kss_inode_note(&sc->il, dentry, (__u64)mnt, root, s);
		if (sc->il.seq == seq && kss_inode_settled(&sc->il, dentry) && sc->il.epoch == sc->epoch) {
			sc->il.state = r;
			sc->il.obj = kss_walk_obj(s, r);
			sc->il.cls = kss_inode_class(inode);
			/* A device's number may give it another object: that is looked up each time. */
			sc->il.plain = sc->il.cls == KSS_CLASS_chardev || sc->il.cls == KSS_CLASS_blockdev ?
					       0 :
					       kss_plain(s, sc->il.obj, sc->il.cls);
			if (sc->il.cls == KSS_CLASS_dir)
				kss_note_children(s, &sc->il, inode);
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

/* The label that holds for this subject, who is as kss_remembered() has it, and its root; NULL if there is none. */
KSS_INLINE const struct kss_inode *kss_own_label(const struct kss_subj *s, struct task_struct *task, struct dentry *dentry,
						 struct vfsmount *mnt, struct inode *inode)
{
	struct fs_struct *fs = task->fs;
	struct kss_root root = { (__u64)fs->root.dentry, (__u64)fs->root.mnt };
	const struct kss_inode *il;

	if (!inode)
		return 0;
	il = bpf_inode_storage_get(&kss_inodes, inode, 0, 0);
	return il && il->gen_dom == KSS_GEN_ID(s->gen, s->dom) && kss_inode_same(il, dentry, (__u64)mnt, &root) ? il : 0;
}

/* Is all this granted plainly, by labels alone? */
KSS_INLINE int kss_path_known(const struct kss_subj *s, struct task_struct *task, struct dentry *dentry,
			      struct vfsmount *mnt, struct inode *inode, __u32 perms)
{
	const struct kss_inode *il = kss_own_label(s, task, dentry, mnt, inode);

	return il && !(perms & ~il->plain);
}

/* The label of a directory in which all names are alike and this is granted plainly on regular files; NULL if it is not. */
KSS_INLINE const struct kss_inode *kss_child_known(const struct kss_subj *s, struct task_struct *task, const struct path *dir,
						   __u32 perms)
{
	struct dentry *dentry = dir->dentry;
	const struct kss_inode *il = kss_own_label(s, task, dentry, dir->mnt, dentry->d_inode);

	return il && !(perms & ~il->child_plain) ? il : 0;
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
		*plain = (__u32)il->gen_dom == s->dom ? il->plain : 0;
		return il->obj;
	}
	*plain = 0;
	c = *s; /* a copy, so that the subject need not be in memory where the label is found */
	obj = kss_path_unlabelled(&c, dentry, mnt, &root, inode);
	*s = c;
	*cls = kss_inode_class(inode);
	return obj;
}

#endif
