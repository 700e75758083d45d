// SPDX-License-Identifier: GPL-2.0
/* Files: opening, attributes, executable mappings. Their names are in name.bpf.c. */
#include "path.h"
#include "pins.h"
#include "program.h"

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

KSS_PROG(file_open, struct file *file)
{
	struct kss_what w = { .cls = KSS_CLASS_file, .detail = KSS_DETAIL_PATH };
	struct vfsmount *mnt;
	struct dentry *dentry;
	__u32 mode, perms;

	if (kss_unlikely(kss_sealed()) && (file->f_mode & FMODE_WRITE) && kss_is_switch(kss_scalar((__u64)file->f_path.dentry)) &&
	    kss_guard(KSS_CLASS_file, KSS_file_write, 0))
		return -EPERM;
	KSS_BEGIN_UNLESS(s, cpu, !(file->f_mode & KSS_FMODE_CREATED) &&
				  kss_path_known(&s, me, file->f_path.dentry, file->f_path.mnt, file->f_inode,
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
KSS_PROG(file_permission, struct file *file, int mask)
{
	struct inode *inode;
	__u32 perms = 0;

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
	s.how = KSS_HOW_FILE | KSS_HOW_AGAIN;
	return kss_judge_path(&s, file->f_path.dentry, file->f_path.mnt, inode, perms);
}

KSS_INLINE int kss_judge_file(struct kss_subj *s, struct file *file, __u32 perms)
{
	struct inode *inode = file->f_inode;

	s->how = KSS_HOW_FILE;
	return kss_judge_path(s, file->f_path.dentry, file->f_path.mnt, inode, perms);
}

#define READ_IMPLIES_EXEC 0x0400000 /* personality: what is read may be executed */

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
KSS_PROG(mmap_file, struct file *file, unsigned long reqprot, unsigned long prot)
{
	__u32 perms, shared, anonymous;
	unsigned long flags = ctx[3];

	/* Where security_mmap_file() itself is what we are at, it has only what was asked for, and flags. */
	if (kss_cfg_attach == KSS_ATTACH_FMOD_RET) {
		flags = prot;
		prot = reqprot;
		if ((prot & 1) && (BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), personality) & READ_IMPLIES_EXEC))
			prot |= 4;
	}
	shared = (flags & 3) != 2 /* MAP_PRIVATE */;
	if (!(prot & 4) && !((prot & 2) && shared))
		return 0;
	KSS_BEGIN_UNLESS(s, cpu, (prot & 6) != 6 && kss_number((__u64)file) && file &&
				       kss_path_known(&s, me, file->f_path.dentry, file->f_path.mnt, file->f_inode,
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

KSS_PROG(file_mprotect, struct vm_area_struct *vma, unsigned long reqprot, unsigned long prot)
{
	struct file *file;
	__u32 perms = 0;

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

KSS_PROG(file_ioctl, struct file *file, unsigned int cmd, unsigned long arg)
{
	KSS_BEGIN(s);
	if ((file->f_inode->i_mode & S_IFMT) == S_IFSOCK)
		return kss_socket_ioctl(&s, cmd, arg);
	return kss_judge_file(&s, file, KSS_file_ioctl);
}

KSS_PROG(file_ioctl_compat, struct file *file, unsigned int cmd, unsigned long arg)
{
	KSS_BEGIN(s);
	if ((file->f_inode->i_mode & S_IFMT) == S_IFSOCK)
		return kss_socket_ioctl(&s, cmd, arg);
	return kss_judge_file(&s, file, KSS_file_ioctl);
}

KSS_PROG(file_lock, struct file *file, unsigned int cmd)
{
	KSS_BEGIN(s);
	return kss_judge_file(&s, file, KSS_file_lock);
}

/* Taking O_APPEND away turns append into write; naming an owner makes the kernel send signals. */
KSS_PROG(file_fcntl, struct file *file, unsigned int cmd, unsigned long arg)
{
	struct {
		int type, pid;
	} owner = { 0, -1 };

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

KSS_PROG(file_truncate, struct file *file)
{
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
	KSS_PROG(hook, __VA_ARGS__)             \
	{                                             \
		KSS_BEGIN_UNLESS(s, cpu, kss_path_known(&s, me, path->dentry, path->mnt, path->dentry->d_inode, perms)); \
		return kss_judge_kpath(&s, path, perms); \
	}

KSS_PATH_HOOK(path_truncate, KSS_file_truncate, const struct path *path)
KSS_PATH_HOOK(path_chmod, KSS_file_chmod, const struct path *path, umode_t mode)
KSS_PATH_HOOK(path_chroot, KSS_file_chroot, const struct path *path)
KSS_PATH_HOOK(path_notify, KSS_file_watch, const struct path *path, __u64 mask, unsigned int obj_type)
KSS_PATH_HOOK(inode_getattr, KSS_file_getattr, const struct path *path)
/* uid and gid are passed as structures of one word. */
KSS_PATH_HOOK(path_chown, KSS_file_chown, const struct path *path, __u64 uid, __u64 gid)

KSS_PROG(inode_readlink, struct dentry *dentry)
{
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

KSS_PROG(inode_getxattr, struct dentry *dentry, const char *name)
{
	KSS_BEGIN(s);
	return kss_judge_nomount(&s, dentry, KSS_file_getxattr);
}

KSS_PROG(inode_listxattr, struct dentry *dentry)
{
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
