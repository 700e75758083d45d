/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Judging what is reached by a path: a file that exists, a name about to be made, and a file at a hook that is given no
 * mount.
 */
#ifndef KSS_BPF_PATH_H
#define KSS_BPF_PATH_H

#include "label.h"

/* Object id of a device number, 0 if the policy declares none for it. */
__attribute__((noinline)) int kss_device_obj(__u32 block, __u32 major, __u32 minor, __u32 gen)
{
	struct {
		__u32 len, pad;
		__u64 w[2];
	} k = { .len = 12, .w = { (__u64)major << 32 | block, minor } };
	const struct kss_header *h;
	__u32 obj;
	void *img = kss_image_of(gen, &h);

	if (!img)
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
	struct kss_what w = { .cls = as, .perms = perms, .detail = KSS_DETAIL_PATH, .flags = s->how & KSS_HOW_AGAIN,
			      .dentry = (__u64)dentry, .mnt = (__u64)mnt };
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
