// SPDX-License-Identifier: GPL-2.0
/* Files: opening, names, attributes, executable mappings, received descriptors. */
#include "path.h"

/* Is this the directory that holds our pins? Read as numbers: not every dentry has an inode. */
static __attribute__((noinline)) int kss_is_pins(struct dentry *dentry)
{
	__u64 ino = 0;
	__u32 dev = 0;

	ino = BPF_CORE_READ(dentry, d_inode, i_ino);
	dev = BPF_CORE_READ(dentry, d_sb, s_dev);
	return ino && ino == kss_ctl.pins_ino && dev == (__u32)kss_ctl.pins_dev;
}

/* While sealed, nobody but the agent changes what is in that directory … */
KSS_INLINE int kss_pins_guarded(const struct path *dir, __u32 perms)
{
	return kss_unlikely(kss_sealed()) && kss_is_pins(dir->dentry) && kss_guard(KSS_CLASS_dir, perms, 0);
}

/* … nor the attributes of it and of the pins. */
KSS_INLINE int kss_attributes_guarded(struct dentry *dentry)
{
	struct dentry *parent = BPF_CORE_READ(dentry, d_parent);

	return (kss_is_pins(dentry) || kss_is_pins(parent)) && kss_guard(KSS_CLASS_dir, KSS_file_setattr, 0);
}

/*
 * sysctl kernel.ftrace_enabled = 0 takes every BPF-LSM program off its hook, silently. By name and file system: any path
 * and any mount of proc leads here. Called while sealed only; a global function, for 5.10's verifier.
 */
__attribute__((noinline)) int kss_is_switch(__u64 dentry)
{
	struct dentry *d = (struct dentry *)dentry;
	union {
		char b[16];
		__u64 w[2];
	} have = {}, name = { "ftrace_enabled" };

	if (BPF_CORE_READ(d, d_sb, s_magic) != PROC_SUPER_MAGIC)
		return 0;
	bpf_probe_read_kernel_str(have.b, sizeof have.b, BPF_CORE_READ(d, d_name.name));
	return have.w[0] == name.w[0] && have.w[1] == name.w[1];
}

/* What opening asks for. An open by execve asks for execute alone: the caller gets no descriptor. */
KSS_INLINE __u32 kss_open_perms(__u32 mode, __u32 flags)
{
	__u32 perms = KSS_file_open | (mode & (FMODE_READ | FMODE_WRITE)) * KSS_file_read;

	if (kss_likely(!(flags & (KSS_FMODE_EXEC | KSS_O_APPEND))))
		return perms;
	if (flags & KSS_FMODE_EXEC)
		return KSS_file_execute;
	return mode & FMODE_WRITE ? (perms & ~KSS_file_write) | KSS_file_append : perms;
}
KSS_STATIC_ASSERT(FMODE_READ * KSS_file_read == KSS_file_read && FMODE_WRITE * KSS_file_read == KSS_file_write,
		  "a file's mode is permissions, shifted");

/*
 * Is this a mount of a layer, as an overlay has it? What the overlay does there for a task is judged at the overlay.
 * Such a mount is in no namespace, and no task can name a file on it. Those that the kernel makes for itself (memfds) are
 * marked, and are judged. (A file's mode tells it only from 6.5 on, not of directories and copies, and by changing bits.)
 */
KSS_INLINE int kss_is_layer(const struct vfsmount *mnt)
{
	__u64 ns = 0;

	bpf_core_read(&ns, sizeof ns,
		      &((struct mount *)(kss_scalar((__u64)mnt) - bpf_core_field_offset(((struct mount *)0)->mnt)))->mnt_ns);
	return ns == (__u64)-EINVAL /* MNT_NS_INTERNAL */ && !(mnt->mnt_flags & MNT_INTERNAL);
}

SEC("lsm/file_open")
int BPF_PROG(kss_file_open, struct file *file, int ret)
{
	struct kss_what w = { .cls = KSS_CLASS_file, .detail = KSS_DETAIL_PATH };
	struct vfsmount *mnt;
	struct dentry *dentry;
	__u32 mode, perms;

	if (ret)
		return ret;
	if (kss_unlikely(kss_sealed()) && (file->f_mode & FMODE_WRITE) && kss_is_switch(kss_scalar((__u64)file->f_path.dentry)) &&
	    kss_guard(KSS_CLASS_file, KSS_file_write, 0))
		return -EPERM;
	KSS_BEGIN_UNLESS(s, task, cpu, !(file->f_mode & KSS_FMODE_CREATED) &&
				  kss_path_known(&s, task, file->f_path.dentry, file->f_path.mnt, file->f_inode,
						 kss_open_perms(file->f_mode, file->f_flags)));
	s.how = KSS_HOW_FILE;
	mode = file->f_mode;
	dentry = file->f_path.dentry;
	mnt = file->f_path.mnt;
	if (kss_is_layer(mnt))
		return 0;
	perms = kss_open_perms(mode, file->f_flags);
	if (kss_likely(s.t->created != (__u64)dentry || s.t->created_gen != s.gen || !(mode & KSS_FMODE_CREATED)))
		return kss_judge_path(&s, dentry, mnt, file->f_inode, perms);
	s.t->created = 0;
	if (kss_likely(!(perms & ~s.t->created_plain)))
		return 0;
	w.obj = s.t->created_obj;
	w.perms = perms;
	w.dentry = (__u64)dentry;
	w.mnt = (__u64)mnt;
	return kss_judge_shown(&s, &w);
}

/* Only attached while descriptors from before a change of policy are about. */
SEC("lsm/file_permission")
int BPF_PROG(kss_file_permission, struct file *file, int mask, int ret)
{
	struct inode *inode;
	__u32 perms = 0;

	if (ret)
		return ret;
	KSS_BEGIN(s);
	inode = file->f_inode;
	if (mask & 4) /* MAY_READ */
		perms |= KSS_file_read;
	if (mask & 2) /* MAY_WRITE */
		perms |= file->f_flags & KSS_O_APPEND ? KSS_file_append : KSS_file_write;
	if (mask & 1)
		perms |= KSS_file_execute;
	if ((inode->i_mode & S_IFMT) == S_IFSOCK)
		return 0; /* judged at sendmsg and recvmsg */
	if (kss_is_layer(file->f_path.mnt))
		return 0;
	kss_count(KSS_COUNT_rejudged);
	s.how = KSS_HOW_FILE;
	return kss_judge_path(&s, file->f_path.dentry, file->f_path.mnt, inode, perms);
}

KSS_INLINE int kss_judge_file(struct kss_subj *s, struct file *file, __u32 perms)
{
	struct inode *inode = file->f_inode;

	s->how = KSS_HOW_FILE;
	return kss_judge_path(s, file->f_path.dentry, file->f_path.mnt, inode, perms);
}

/* What a mapping asks of its file. Writing to what is shared was granted at the open, unless that was for appending. */
KSS_INLINE __u32 kss_map_perms(struct file *file, unsigned long prot, int shared)
{
	__u32 perms = prot & 4 /* PROT_EXEC */ ? KSS_file_map_exec : 0;

	if ((prot & 2 /* PROT_WRITE */) && shared && (file->f_flags & KSS_O_APPEND))
		perms |= KSS_file_write;
	return perms;
}

/*
 * `file` is NULL for anonymous memory, but verifiers take a hook's argument for a pointer that cannot be, drop a test of
 * it and let its fields be loaded unguarded. So the test is made on a copy of the argument that is only a number.
 */
SEC("lsm/mmap_file")
int BPF_PROG(kss_mmap_file, struct file *file, unsigned long reqprot, unsigned long prot, unsigned long flags, int ret)
{
	__u32 perms, shared = (flags & 3) != 2 /* MAP_PRIVATE */, anonymous;

	if (ret)
		return ret;
	if (!(prot & 4) && !((prot & 2) && shared))
		return 0;
	KSS_BEGIN_UNLESS(s, task, cpu, (prot & 6) != 6 && kss_number((__u64)file) && file &&
				       kss_path_known(&s, task, file->f_path.dentry, file->f_path.mnt, file->f_inode,
						      kss_map_perms(file, prot, shared)));
	anonymous = !kss_scalar((__u64)file); /* no difference of pointers: a verifier may know by now that it is NULL */
	if ((prot & 4) && (anonymous || ((prot & 2) && !shared)) &&
	    kss_judge_memo(&s, kss_self_obj(&s), KSS_CLASS_process, KSS_process_execmem, prot, flags))
		return -EPERM;
	if (anonymous)
		return 0;
	if (!file)
		return -EPERM; /* never: for the verifiers that do know that it can be NULL */
	perms = kss_map_perms(file, prot, shared);
	if (!perms)
		return 0;
	return kss_judge_file(&s, file, perms);
}

SEC("lsm/file_mprotect")
int BPF_PROG(kss_file_mprotect, struct vm_area_struct *vma, unsigned long reqprot, unsigned long prot, int ret)
{
	struct file *file;
	__u32 perms = 0;

	if (ret)
		return ret;
	file = vma->vm_file;
	if ((prot & 4) && !(vma->vm_flags & 4 /* VM_EXEC */))
		perms = KSS_file_map_exec;
	if (file && (prot & 2) && (vma->vm_flags & 8 /* VM_SHARED */) && (file->f_flags & KSS_O_APPEND))
		perms |= KSS_file_write;
	/* Writing to what is executable, too: code can be changed in place. */
	if (!perms && !((prot & 6) == 6))
		return 0;
	KSS_BEGIN(s);
	/* Anonymous memory, or a private copy that has been written to, holds whatever the program put there. */
	if ((prot & 4) && (!file || (prot & 2) || vma->anon_vma)) {
		if (kss_judge_plain(&s, kss_self_obj(&s), KSS_CLASS_process, KSS_process_execmem, prot, 0))
			return -EPERM;
	}
	if (!file || !perms)
		return 0;
	return kss_judge_file(&s, file, perms);
}

/*
 * Who gets SIGIO, or whatever signal F_SETSIG names. The kernel sends it later, for nobody; so it is judged when it is
 * asked for: to oneself freely, to anyone else as signals to any task.
 */
KSS_INLINE int kss_judge_owner(struct kss_subj *s, int pid)
{
	__u64 me = bpf_get_current_pid_tgid();

	if (!pid || pid == (int)(me >> 32) || pid == (int)me)
		return 0;
	return kss_judge_plain(s, KSS_OBJ_DOMAINS + KSS_DOMAIN_UNCONFINED, KSS_CLASS_process,
			       KSS_process_signal | KSS_process_sigkill, (__u32)pid, 0);
}

KSS_INLINE int kss_socket_ioctl(struct kss_subj *s, unsigned int cmd, unsigned long arg)
{
	int pid = -1;

	if (cmd != 0x8901 /* FIOSETOWN */ && cmd != 0x8902 /* SIOCSPGRP */)
		return 0; /* sockets are judged at their own hooks */
	bpf_probe_read_user(&pid, sizeof pid, (void *)arg);
	return kss_judge_owner(s, pid);
}

SEC("lsm/file_ioctl")
int BPF_PROG(kss_file_ioctl, struct file *file, unsigned int cmd, unsigned long arg, int ret)
{
	if (ret)
		return ret;
	KSS_BEGIN(s);
	if ((file->f_inode->i_mode & S_IFMT) == S_IFSOCK)
		return kss_socket_ioctl(&s, cmd, arg);
	return kss_judge_file(&s, file, KSS_file_ioctl);
}

SEC("lsm/file_ioctl_compat")
int BPF_PROG(kss_file_ioctl_compat, struct file *file, unsigned int cmd, unsigned long arg, int ret)
{
	if (ret)
		return ret;
	KSS_BEGIN(s);
	if ((file->f_inode->i_mode & S_IFMT) == S_IFSOCK)
		return kss_socket_ioctl(&s, cmd, arg);
	return kss_judge_file(&s, file, KSS_file_ioctl);
}

SEC("lsm/file_lock")
int BPF_PROG(kss_file_lock, struct file *file, unsigned int cmd, int ret)
{
	if (ret)
		return ret;
	KSS_BEGIN(s);
	return kss_judge_file(&s, file, KSS_file_lock);
}

/* Taking O_APPEND away turns append into write; naming an owner makes the kernel send signals. */
SEC("lsm/file_fcntl")
int BPF_PROG(kss_file_fcntl, struct file *file, unsigned int cmd, unsigned long arg, int ret)
{
	struct {
		int type, pid;
	} owner = { 0, -1 };

	if (ret)
		return ret;
	if (cmd == 8 /* F_SETOWN */ || cmd == 15 /* F_SETOWN_EX */) {
		KSS_BEGIN(s);
		if (cmd == 8)
			owner.pid = (int)arg;
		else
			bpf_probe_read_user(&owner, sizeof owner, (void *)arg);
		if (owner.type == 2 /* F_OWNER_PGRP */)
			owner.pid = -1;
		return kss_judge_owner(&s, owner.pid);
	}
	if (cmd != 4 /* F_SETFL */ || !(file->f_flags & KSS_O_APPEND) || (arg & KSS_O_APPEND) ||
	    !(file->f_mode & FMODE_WRITE))
		return 0;
	KSS_BEGIN(s);
	return kss_judge_file(&s, file, KSS_file_write);
}

SEC("lsm/file_truncate")
int BPF_PROG(kss_file_truncate, struct file *file, int ret)
{
	if (ret)
		return ret;
	KSS_BEGIN(s);
	return kss_judge_file(&s, file, KSS_file_truncate);
}

KSS_INLINE int kss_judge_kpath(struct kss_subj *s, const struct path *path, __u32 perms)
{
	struct dentry *dentry = path->dentry;
	struct inode *inode = dentry->d_inode;

	if (kss_is_layer(path->mnt))
		return 0;
	return kss_judge_path(s, dentry, path->mnt, inode, perms);
}

#define KSS_PATH_HOOK(hook, perms, ...)               \
	SEC("lsm/" #hook)                             \
	int BPF_PROG(kss_##hook, __VA_ARGS__, int ret) \
	{                                             \
		if (ret)                              \
			return ret;                   \
		KSS_BEGIN_UNLESS(s, task, cpu, kss_path_known(&s, task, path->dentry, path->mnt, path->dentry->d_inode, perms)); \
		return kss_judge_kpath(&s, path, perms); \
	}

KSS_PATH_HOOK(path_truncate, KSS_file_truncate, const struct path *path)
KSS_PATH_HOOK(path_chmod, KSS_file_chmod, const struct path *path, umode_t mode)
KSS_PATH_HOOK(path_chroot, KSS_file_chroot, const struct path *path)
KSS_PATH_HOOK(path_notify, KSS_file_watch, const struct path *path, __u64 mask, unsigned int obj_type)
KSS_PATH_HOOK(inode_getattr, KSS_file_getattr, const struct path *path)
/* uid and gid are passed as structures of one word. */
KSS_PATH_HOOK(path_chown, KSS_file_chown, const struct path *path, __u64 uid, __u64 gid)

SEC("lsm/path_mknod")
int BPF_PROG(kss_path_mknod, const struct path *dir, struct dentry *dentry, umode_t mode, unsigned int dev, int ret)
{
	const struct kss_inode *il = 0;
	__u32 obj, cls;
	int r;

	if (ret)
		return ret;
	if (kss_pins_guarded(dir, KSS_file_create))
		return -EPERM;
	KSS_BEGIN(s);
	/* As mknod(2) has it, not yet as an inode's i_rdev has it. */
	dev = (dev & 0xfff00) << 12 | (dev >> 12 & 0xfff00) | (dev & 0xff);
	/* A regular file comes here from open() with mode's kind already set, from mknod() perhaps with kind 0. */
	cls = kss_mode_class(mode);
	if (kss_cfg_labels && cls == KSS_CLASS_file && kss_child_known(&s, kss_current(), dir, KSS_file_create, &il)) {
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

SEC("lsm/path_mkdir")
int BPF_PROG(kss_path_mkdir, const struct path *dir, struct dentry *dentry, umode_t mode, int ret)
{
	__u32 obj;

	if (ret)
		return ret;
	if (kss_pins_guarded(dir, KSS_file_create))
		return -EPERM;
	KSS_BEGIN(s);
	return kss_judge_new(&s, dir, dentry, S_IFDIR, 0, KSS_CLASS_dir, KSS_file_create, &obj);
}

SEC("lsm/path_symlink")
int BPF_PROG(kss_path_symlink, const struct path *dir, struct dentry *dentry, const char *old_name, int ret)
{
	__u32 obj;

	if (ret)
		return ret;
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

SEC("lsm/path_unlink")
int BPF_PROG(kss_path_unlink, const struct path *dir, struct dentry *dentry, int ret)
{
	if (ret)
		return ret;
	const struct kss_inode *il;

	if (kss_pins_guarded(dir, KSS_file_unlink))
		return -EPERM;
	KSS_BEGIN_UNLESS(s, task, cpu, kss_is_regular(dentry) && kss_child_known(&s, task, dir, KSS_file_unlink, &il));
	return kss_judge_victim(&s, dir, dentry, KSS_file_unlink);
}

SEC("lsm/path_rmdir")
int BPF_PROG(kss_path_rmdir, const struct path *dir, struct dentry *dentry, int ret)
{
	if (ret)
		return ret;
	if (kss_pins_guarded(dir, KSS_file_unlink) ||
	    (kss_unlikely(kss_sealed()) && kss_is_pins(dentry) && kss_guard(KSS_CLASS_dir, KSS_file_unlink, 0)))
		return -EPERM;
	KSS_BEGIN(s);
	return kss_judge_victim(&s, dir, dentry, KSS_file_unlink);
}

SEC("lsm/path_link")
int BPF_PROG(kss_path_link, struct dentry *old_dentry, const struct path *dir, struct dentry *new_dentry, int ret)
{
	struct inode *inode;
	int r, n;

	if (ret)
		return ret;
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
	const struct kss_inode *il;

	if (!kss_is_regular(old_dentry))
		return 0;
	if (kss_exists(new_dentry)) {
		if (!kss_is_regular(new_dentry))
			return 0;
		perms |= KSS_file_unlink; /* one too many for an exchange: then it is looked up */
	}
	return kss_child_known(s, task, old_dir, perms, &il) &&
	       ((new_dir->dentry == old_dir->dentry && new_dir->mnt == old_dir->mnt) ||
		kss_child_known(s, task, new_dir, perms, &il));
}

SEC("lsm/path_rename")
int BPF_PROG(kss_path_rename, const struct path *old_dir, struct dentry *old_dentry, const struct path *new_dir,
	     struct dentry *new_dentry)
{
	volatile unsigned long long *args = ctx; /* loaded anew each time: the stack of old kernels has no room for them */
	struct inode *inode, *victim;
	int r, n;

	/* Labels below a renamed directory become wrong: forget them all, now and again when it is done (vfs_rename). */
	if (kss_unlikely(kss_is_dir(old_dentry) || KSS_IS_EXCHANGE(ctx[4])))
		__sync_fetch_and_add(&kss_ctl.path_epoch, 1);
	if (kss_unlikely(kss_sealed()) &&
	    (kss_is_pins(old_dir->dentry) || kss_is_pins(new_dir->dentry) || kss_is_pins(old_dentry) ||
	     kss_is_pins(new_dentry)) &&
	    kss_guard(KSS_CLASS_dir, KSS_file_rename, 0))
		return -EPERM;
	KSS_BEGIN_UNLESS(s, task, cpu, kss_rename_known(&s, task, ctx));
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

/* After a rename: what was labelled between path_rename and now may carry the old path. */
SEC("fexit/vfs_rename")
int BPF_PROG(kss_vfs_rename, struct renamedata *rd)
{
	struct dentry *dentry;
	__u32 mode = 0, flags;

	if (bpf_core_type_exists(struct renamedata)) {
		dentry = rd->old_dentry;
		flags = rd->flags;
		if (kss_exists(dentry))
			mode = dentry->d_inode->i_mode;
	} else {
		dentry = (struct dentry *)ctx[1];
		flags = ctx[5];
		mode = BPF_CORE_READ(dentry, d_inode, i_mode);
	}
	if (kss_unlikely((mode & S_IFMT) == S_IFDIR || (flags & 2 /* RENAME_EXCHANGE */)))
		__sync_fetch_and_add(&kss_ctl.path_epoch, 1);
	return 0;
}

/* POSIX message queues are made and removed without the path hooks; every other file system leaves at once. */
SEC("lsm/inode_create")
int BPF_PROG(kss_inode_create, struct inode *dir, struct dentry *dentry, umode_t mode, int ret)
{
	struct kss_what w = { .cls = KSS_CLASS_mqueue, .perms = KSS_file_create };
	int r;

	if (ret)
		return ret;
	if (dir->i_sb->s_magic != MQUEUE_MAGIC)
		return 0;
	KSS_BEGIN(s);
	r = kss_mqueue_state(dentry, s.gen);
	w.obj = kss_walk_obj(&s, r);
	return kss_judge(&s, &w);
}

SEC("lsm/inode_unlink")
int BPF_PROG(kss_inode_unlink, struct inode *dir, struct dentry *dentry, int ret)
{
	struct kss_what w = { .cls = KSS_CLASS_mqueue, .perms = KSS_file_unlink };
	int r;

	if (ret)
		return ret;
	if (dir->i_sb->s_magic != MQUEUE_MAGIC)
		return 0;
	KSS_BEGIN(s);
	r = kss_mqueue_state(dentry, s.gen);
	w.obj = kss_walk_obj(&s, r);
	return kss_judge(&s, &w);
}

SEC("lsm/inode_readlink")
int BPF_PROG(kss_inode_readlink, struct dentry *dentry, int ret)
{
	if (ret)
		return ret;
	KSS_BEGIN(s);
	return kss_judge_nomount(&s, dentry, KSS_file_getattr);
}

/* ia_valid: what path_chmod, path_truncate and path_chown have judged is not judged again. */
#define ATTR_MODE 1u
#define ATTR_UID 2u
#define ATTR_GID 4u
#define ATTR_SIZE 8u

KSS_INLINE int kss_setattr(struct dentry *dentry, struct iattr *attr)
{
	__u32 valid = attr->ia_valid, perms = 0;

	if (kss_unlikely(kss_sealed()) && kss_attributes_guarded(dentry))
		return -EPERM;
	if (valid & (ATTR_UID | ATTR_GID))
		perms = kss_cfg_path_chown ? 0 : KSS_file_chown;
	else if (!(valid & (ATTR_MODE | ATTR_SIZE)))
		perms = KSS_file_setattr;
	if (!perms)
		return 0;
	KSS_BEGIN(s);
	return kss_judge_nomount(&s, dentry, perms);
}

SEC("lsm/inode_setattr")
int BPF_PROG(kss_inode_setattr, void *a, void *b, void *c)
{
	struct dentry *dentry;
	struct iattr *attr;

	if (kss_nargs_inode_setattr == 2) {
		dentry = (struct dentry *)ctx[0];
		attr = (struct iattr *)ctx[1];
		asm volatile("" : "+r"(dentry), "+r"(attr) : "i"(2)); /* keeps the compiler from loading through ctx + variable */
	} else {
		dentry = (struct dentry *)ctx[1];
		attr = (struct iattr *)ctx[2];
		asm volatile("" : "+r"(dentry), "+r"(attr) : "i"(3));
	}
	return kss_setattr(dentry, attr);
}

SEC("lsm/inode_setxattr")
int BPF_PROG(kss_inode_setxattr)
{
	struct dentry *dentry;

	KSS_BEGIN(s);
	if (kss_nargs_inode_setxattr == 5) {
		dentry = (struct dentry *)ctx[0];
		asm volatile("" : "+r"(dentry) : "i"(0)); /* keeps the compiler from loading through ctx + variable */
	} else {
		dentry = (struct dentry *)ctx[1];
		asm volatile("" : "+r"(dentry) : "i"(1));
	}
	return kss_judge_nomount(&s, dentry, KSS_file_setxattr);
}

SEC("lsm/inode_removexattr")
int BPF_PROG(kss_inode_removexattr)
{
	struct dentry *dentry;

	KSS_BEGIN(s);
	if (kss_nargs_inode_removexattr == 2) {
		dentry = (struct dentry *)ctx[0];
		asm volatile("" : "+r"(dentry) : "i"(0)); /* keeps the compiler from loading through ctx + variable */
	} else {
		dentry = (struct dentry *)ctx[1];
		asm volatile("" : "+r"(dentry) : "i"(1));
	}
	return kss_judge_nomount(&s, dentry, KSS_file_setxattr);
}

SEC("lsm/inode_getxattr")
int BPF_PROG(kss_inode_getxattr, struct dentry *dentry, const char *name, int ret)
{
	if (ret)
		return ret;
	KSS_BEGIN(s);
	return kss_judge_nomount(&s, dentry, KSS_file_getxattr);
}

SEC("lsm/inode_listxattr")
int BPF_PROG(kss_inode_listxattr, struct dentry *dentry, int ret)
{
	if (ret)
		return ret;
	KSS_BEGIN(s);
	return kss_judge_nomount(&s, dentry, KSS_file_getxattr);
}

SEC("lsm/inode_set_acl")
int BPF_PROG(kss_inode_set_acl, void *idmap, struct dentry *dentry)
{
	KSS_BEGIN(s);
	return kss_judge_nomount(&s, dentry, KSS_file_chmod);
}

SEC("lsm/inode_remove_acl")
int BPF_PROG(kss_inode_remove_acl, void *idmap, struct dentry *dentry)
{
	KSS_BEGIN(s);
	return kss_judge_nomount(&s, dentry, KSS_file_chmod);
}
