// SPDX-License-Identifier: GPL-2.0
/* Names of files: made, linked, renamed, removed. */
#include "path.h"
#include "pins.h"
#include "program.h"

KSS_PROG(path_mknod, const struct path *dir, struct dentry *dentry, umode_t mode, unsigned int dev)
{
	const struct kss_inode *il = 0;
	__u32 obj, cls;
	int r;

	if (kss_pins_guarded(dir, KSS_file_create))
		return -EPERM;
	KSS_BEGIN(s);
	/* As mknod(2) has it, not yet as an inode's i_rdev has it. */
	dev = (dev & 0xfff00) << 12 | (dev >> 12 & 0xfff00) | (dev & 0xff);
	/* A regular file comes here from open() with mode's kind already set, from mknod() perhaps with kind 0. */
	cls = kss_mode_class(mode);
	if (kss_cfg_labels && cls == KSS_CLASS_file)
		il = kss_child_known(&s, me, dir, KSS_file_create);
	if (il) {
		s.t->created_obj = il->child_obj;
		s.t->created_plain = il->child_plain;
	} else {
		r = kss_judge_new(&s, dir, dentry, mode, dev, cls, KSS_file_create, &obj);
		if (r || cls != KSS_CLASS_file)
			return r;
		s.t->created_obj = obj;
		s.t->created_plain = kss_plain(&s, obj, cls);
	}
	s.t->created_gen = s.gen;
	s.t->created = (__u64)dentry;
	return 0;
}

KSS_PROG(path_mkdir, const struct path *dir, struct dentry *dentry, umode_t mode)
{
	__u32 obj;

	if (kss_pins_guarded(dir, KSS_file_create))
		return -EPERM;
	KSS_BEGIN(s);
	return kss_judge_new(&s, dir, dentry, S_IFDIR, 0, KSS_CLASS_dir, KSS_file_create, &obj);
}

KSS_PROG(path_symlink, const struct path *dir, struct dentry *dentry, const char *old_name)
{
	__u32 obj;

	if (kss_pins_guarded(dir, KSS_file_create))
		return -EPERM;
	KSS_BEGIN(s);
	return kss_judge_new(&s, dir, dentry, S_IFLNK, 0, KSS_CLASS_symlink, KSS_file_create, &obj);
}

/* Is it the name of a regular file? */
KSS_INLINE int kss_is_regular(struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;

	return inode && (inode->i_mode & S_IFMT) == S_IFREG;
}
KSS_INLINE int kss_is_dir(struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;

	return inode && (inode->i_mode & S_IFMT) == S_IFDIR;
}

/* Judges removing or moving away what stands at a name. */
KSS_INLINE int kss_judge_victim(struct kss_subj *s, const struct path *dir, struct dentry *dentry, __u32 perms)
{
	struct inode *inode = dentry->d_inode;

	if (!inode)
		return 0; /* nothing there: the kernel will say so */
	s->how = KSS_HOW_GONE;
	return kss_judge_path(s, dentry, dir->mnt, inode, perms);
}

KSS_PROG(path_unlink, const struct path *dir, struct dentry *dentry)
{
	if (kss_pins_guarded(dir, KSS_file_unlink))
		return -EPERM;
	KSS_BEGIN_UNLESS(s, cpu, kss_is_regular(dentry) && kss_child_known(&s, me, dir, KSS_file_unlink));
	return kss_judge_victim(&s, dir, dentry, KSS_file_unlink);
}

KSS_PROG(path_rmdir, const struct path *dir, struct dentry *dentry)
{
	if (kss_pins_guarded(dir, KSS_file_unlink) ||
	    (kss_unlikely(kss_sealed()) && kss_is_pins(dentry) && kss_guard(KSS_CLASS_dir, KSS_file_unlink, 0)))
		return -EPERM;
	KSS_BEGIN(s);
	return kss_judge_victim(&s, dir, dentry, KSS_file_unlink);
}

KSS_PROG(path_link, struct dentry *old_dentry, const struct path *dir, struct dentry *new_dentry)
{
	struct inode *inode;
	int r, n;

	if (kss_pins_guarded(dir, KSS_file_create))
		return -EPERM;
	KSS_BEGIN(s);
	inode = old_dentry->d_inode;
	if (!inode)
		return 0; /* nothing there: the kernel will say so */
	for (n = 0; n < 2; n++) {
		s.asked = s.gen;
		/* A link never crosses mounts, so the new directory's mount is the old name's too. */
		r = kss_judge_path_n(&s, old_dentry, dir->mnt, inode, KSS_file_link);
		if (r)
			return r;
		r = kss_judge_new_n(&s, dir, new_dentry, inode);
		if (r || kss_likely(s.gen == s.asked))
			return r;
	}
	return KSS_EPERM; /* each time a swap came between, and half of a grant is none */
}

/* Has a name a file? Mostly not, but some verifiers take d_inode for never NULL, see mmap_file: read as a number. */
KSS_INLINE int kss_exists(struct dentry *dentry)
{
	return kss_number((__u64)dentry->d_inode) != 0;
}

/* RENAME_EXCHANGE is asked about once from 5.19 on (five parameters), before that as two renames. */
#define KSS_IS_EXCHANGE(flags) (kss_nargs_path_rename == 5 && ((flags) & 2))

/* A regular file renamed, perhaps over another one, where all names of both directories are alike and that is granted.
 * `ctx` is the hook's. Apart, for the stack's sake. */
static __attribute__((noinline)) int kss_rename_known(const struct kss_subj *s, struct task_struct *task, unsigned long long *ctx)
{
	const struct path *old_dir = (void *)ctx[0], *new_dir = (void *)ctx[2];
	struct dentry *old_dentry = (void *)ctx[1], *new_dentry = (void *)ctx[3];
	__u32 perms = KSS_file_rename | KSS_file_create;

	if (!kss_is_regular(old_dentry))
		return 0;
	if (kss_exists(new_dentry)) {
		if (!kss_is_regular(new_dentry))
			return 0;
		perms |= KSS_file_unlink; /* one too many for an exchange: then it is looked up */
	}
	return kss_child_known(s, task, old_dir, perms) &&
	       ((new_dir->dentry == old_dir->dentry && new_dir->mnt == old_dir->mnt) ||
		kss_child_known(s, task, new_dir, perms));
}

/* Labels below a directory that moves become wrong; see vfs_rename, too. A file's own notices (d_seq). `ctx` is the hook's. */
KSS_INLINE void kss_rename_begins(unsigned long long *ctx)
{
	if (kss_unlikely(kss_is_dir((struct dentry *)ctx[1]) || (KSS_IS_EXCHANGE(ctx[4]) && kss_is_dir((struct dentry *)ctx[3]))))
		kss_paths_change();
}

KSS_PROG_AFTER(kss_rename_begins(ctx), path_rename, const struct path *old_dir, struct dentry *old_dentry,
	       const struct path *new_dir, struct dentry *new_dentry)
{
	volatile unsigned long long *args = ctx; /* loaded anew each time: the stack of old kernels has no room for them */
	struct inode *inode, *victim;
	int r, n;

	if (kss_unlikely(kss_sealed()) &&
	    (kss_is_pins(old_dir->dentry) || kss_is_pins(new_dir->dentry) || kss_is_pins(old_dentry) ||
	     kss_is_pins(new_dentry)) &&
	    kss_guard(KSS_CLASS_dir, KSS_file_rename, 0))
		return -EPERM;
	KSS_BEGIN_UNLESS(s, cpu, kss_rename_known(&s, me, ctx));
	inode = old_dentry->d_inode;
	if (!inode)
		return 0;
	s.how = KSS_HOW_GONE;
	victim = kss_exists(new_dentry) ? new_dentry->d_inode : 0;
	for (n = 0; n < 2; n++) {
		s.asked = s.gen;
		r = kss_judge_path_n(&s, (void *)args[1], ((const struct path *)args[0])->mnt, inode, KSS_file_rename);
		if (r)
			return r;
		if (victim && KSS_IS_EXCHANGE(ctx[4])) {
			r = kss_judge_path_n(&s, (void *)args[3], ((const struct path *)args[2])->mnt, victim, KSS_file_rename);
			if (r)
				return r;
			r = kss_judge_new_n(&s, (void *)args[0], (void *)args[1], victim);
			if (r)
				return r;
		} else if (victim) {
			r = kss_judge_path_n(&s, (void *)args[3], ((const struct path *)args[2])->mnt, victim, KSS_file_unlink);
			if (r)
				return r;
		}
		r = kss_judge_new_n(&s, (void *)args[2], (void *)args[3], inode);
		if (r || kss_likely(s.gen == s.asked))
			return r;
	}
	return KSS_EPERM; /* as for a link */
}

/*
 * A rename is done: labels below a directory that has moved go once more, for one that took longer than labels are held back,
 * and for those that come past path_rename (an NFS server's). No test for NULL: what is read here, a verifier lets fault to 0.
 */
SEC("fexit/vfs_rename")
int BPF_PROG(kss_vfs_rename, struct renamedata *rd)
{
	__u32 mode, flags;

	if (bpf_core_type_exists(struct renamedata)) {
		mode = rd->old_dentry->d_inode->i_mode;
		flags = rd->flags;
	} else {
		mode = BPF_CORE_READ((struct dentry *)ctx[1], d_inode, i_mode);
		flags = ctx[5];
	}
	if (kss_unlikely((mode & S_IFMT) == S_IFDIR || (flags & 2 /* RENAME_EXCHANGE */)))
		__sync_fetch_and_add(&kss_ctl.path_epoch, 1);
	return 0;
}

/* POSIX message queues are made and removed without the path hooks; every other file system leaves at once. */
KSS_PROG(inode_create, struct inode *dir, struct dentry *dentry, umode_t mode)
{
	struct kss_what w = { .cls = KSS_CLASS_mqueue, .perms = KSS_file_create };
	int r;

	if (dir->i_sb->s_magic != MQUEUE_MAGIC)
		return 0;
	KSS_BEGIN(s);
	r = kss_mqueue_state(dentry, s.gen);
	w.obj = kss_walk_obj(&s, r);
	return kss_judge(&s, &w);
}

KSS_PROG(inode_unlink, struct inode *dir, struct dentry *dentry)
{
	struct kss_what w = { .cls = KSS_CLASS_mqueue, .perms = KSS_file_unlink };
	int r;

	if (dir->i_sb->s_magic != MQUEUE_MAGIC)
		return 0;
	KSS_BEGIN(s);
	r = kss_mqueue_state(dentry, s.gen);
	w.obj = kss_walk_obj(&s, r);
	return kss_judge(&s, &w);
}
