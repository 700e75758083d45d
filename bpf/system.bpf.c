// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel itself: mounts, modules, kexec, bpf(2), perf, clock, log, lockdown, io_uring; and how a sealed policy
 * guards itself against everyone, unconfined root included.
 */
#include "path.h"
#include "program.h"

#define MS_REMOUNT 32ul
#define MS_BIND 4096ul
#define MS_MOVE 8192ul
#define MS_PROPAGATION (1ul << 17 | 1ul << 18 | 1ul << 19 | 1ul << 20)

KSS_INLINE int kss_judge_mountpoint(struct kss_subj *s, struct dentry *dentry, struct vfsmount *mnt, __u32 perms)
{
	return kss_judge_path_as(s, dentry, mnt, dentry->d_inode, KSS_CLASS_mount, perms);
}

/*
 * While sealed nothing is mounted on, moved from or remounted in the file system of the pins. mount(MS_MOVE) names its
 * source by a string, so it is refused in the namespace of the sealing whatever it moves.
 */
KSS_INLINE int kss_mount_guarded(const struct path *path, __u32 perms, unsigned long flags)
{
	if (kss_likely(!kss_sealed()))
		return 0;
	if (BPF_CORE_READ(path, mnt, mnt_sb, s_dev) != (__u32)kss_ctl.pins_dev &&
	    !((flags & MS_MOVE) && kss_mnt_ns() == kss_ctl.agent_ns))
		return 0;
	return kss_guard(KSS_CLASS_mount, perms, flags);
}

SEC("lsm/sb_mount")
int BPF_PROG(kss_sb_mount, const char *dev_name, const struct path *path, const char *type, unsigned long flags, void *data)
{
	__u32 perms = KSS_mount_mount;

	if (flags & MS_MOVE)
		kss_paths_change();
	if (kss_mount_guarded(path, KSS_mount_mount, flags))
		return -EPERM;
	KSS_BEGIN(s);
	if (flags & MS_REMOUNT)
		perms = KSS_mount_remount;
	else if (flags & MS_BIND)
		perms = KSS_mount_bind;
	else if (flags & MS_PROPAGATION)
		perms = KSS_mount_remount;
	else if (flags & MS_MOVE)
		perms = KSS_mount_move;
	return kss_judge_mountpoint(&s, path->dentry, path->mnt, perms);
}

KSS_PROG(sb_umount, struct vfsmount *mnt, int flags)
{
	if (kss_unlikely(kss_sealed()) && mnt->mnt_sb->s_dev == (__u32)kss_ctl.pins_dev &&
	    kss_guard(KSS_CLASS_mount, KSS_mount_umount, 0))
		return -EPERM;
	KSS_BEGIN(s);
	return kss_judge_mountpoint(&s, mnt->mnt_root, mnt, KSS_mount_umount);
}

/* From: a mount in the tree (then its own point is judged too) or one just made, which has no path yet. */
SEC("lsm/move_mount")
int BPF_PROG(kss_move_mount, const struct path *from, const struct path *to)
{
	struct dentry *dentry;
	__u32 obj, cls, plain;
	int r;

	kss_paths_change();
	if (kss_mount_guarded(from, KSS_mount_move, 0) || kss_mount_guarded(to, KSS_mount_mount, 0))
		return -EPERM;
	KSS_BEGIN(s);
	r = kss_judge_mountpoint(&s, to->dentry, to->mnt, KSS_mount_mount);
	if (r)
		return r;
	dentry = from->dentry;
	obj = kss_path_obj(&s, dentry, from->mnt, dentry->d_inode, &cls, &plain);
	if (obj == KSS_OBJ_unresolved || obj == KSS_OBJ_anon || obj == KSS_OBJ_memfd)
		return 0;
	return kss_judge_mountpoint(&s, dentry, from->mnt, KSS_mount_move);
}

SEC("lsm/sb_pivotroot")
int BPF_PROG(kss_sb_pivotroot, const struct path *old_path, const struct path *new_path)
{
	int r;

	kss_paths_change();
	KSS_BEGIN(s);
	r = kss_judge_mountpoint(&s, old_path->dentry, old_path->mnt, KSS_mount_pivot);
	if (r)
		return r;
	return kss_judge_mountpoint(&s, new_path->dentry, new_path->mnt, KSS_mount_pivot);
}

#define KSS_SYSTEM_HOOK(hook, cls, perms, a0, a1, ...)       \
	KSS_PROG(hook, __VA_ARGS__)                          \
	{                                                    \
		KSS_BEGIN(s);                                \
		return kss_judge_plain(&s, KSS_OBJ_system, cls, perms, a0, a1); \
	}

KSS_SYSTEM_HOOK(kernel_module_request, KSS_CLASS_module, KSS_module_request, 0, 0, char *kmod_name)
KSS_SYSTEM_HOOK(settime, KSS_CLASS_system, KSS_system_settime, 0, 0, const void *ts, const void *tz)
KSS_SYSTEM_HOOK(syslog, KSS_CLASS_system, KSS_system_syslog, type, 0, int type)
KSS_SYSTEM_HOOK(quotactl, KSS_CLASS_system, KSS_system_quota, cmds, id, int cmds, int type, int id, const void *sb)
KSS_SYSTEM_HOOK(uring_override_creds, KSS_CLASS_io_uring, KSS_io_uring_override_creds, 0, 0, const struct cred *new)
KSS_SYSTEM_HOOK(uring_cmd, KSS_CLASS_io_uring, KSS_io_uring_cmd, 0, 0, void *ioucmd)

KSS_PROG(uring_sqpoll)
{
	KSS_BEGIN(s);
	return kss_judge_plain(&s, KSS_OBJ_system, KSS_CLASS_io_uring, KSS_io_uring_sqpoll, 0, 0);
}

/* Parameters differ between kernels and are not looked at. */
#define KSS_PERF_HOOK(hook, perms)                                                             \
	KSS_PROG(hook)                                                                         \
	{                                                                                      \
		KSS_BEGIN(s);                                                                  \
		return kss_judge_plain(&s, KSS_OBJ_system, KSS_CLASS_perf, perms, 0, 0);       \
	}
KSS_PERF_HOOK(perf_event_open, KSS_perf_open)
KSS_PERF_HOOK(perf_event_read, KSS_perf_read)
KSS_PERF_HOOK(perf_event_write, KSS_perf_write)

/* The kernel's numbers, relocated by name: they have shifted. */
enum kernel_read_file_id { READING_MODULE = 2, READING_MODULE_COMPRESSED = 100, READING_KEXEC_IMAGE = 3, READING_KEXEC_INITRAMFS = 4 };
enum kernel_load_data_id { LOADING_MODULE = 2, LOADING_KEXEC_IMAGE = 3, LOADING_KEXEC_INITRAMFS = 4 };

KSS_INLINE int kss_kernel_data(int module, int kexec, int id)
{
	if (kss_unlikely(kss_sealed()) && (module || kexec) &&
	    kss_guard(module ? KSS_CLASS_module : KSS_CLASS_system, module ? KSS_module_load : KSS_system_kexec, id))
		return -EPERM; /* code of the kernel's own could undo everything */
	KSS_BEGIN(s);
	if (module)
		return kss_judge_plain(&s, KSS_OBJ_system, KSS_CLASS_module, KSS_module_load, id, 0);
	return kss_judge_plain(&s, KSS_OBJ_system, KSS_CLASS_system, kexec ? KSS_system_kexec : KSS_system_firmware, id, 0);
}

KSS_PROG(kernel_read_file, struct file *file, int id, int contents)
{
	int module, kexec;

	module = id == (int)bpf_core_enum_value(enum kernel_read_file_id, READING_MODULE);
	if (bpf_core_enum_value_exists(enum kernel_read_file_id, READING_MODULE_COMPRESSED))
		module |= id == (int)bpf_core_enum_value(enum kernel_read_file_id, READING_MODULE_COMPRESSED);
	kexec = id == (int)bpf_core_enum_value(enum kernel_read_file_id, READING_KEXEC_IMAGE) ||
		id == (int)bpf_core_enum_value(enum kernel_read_file_id, READING_KEXEC_INITRAMFS);
	return kss_kernel_data(module, kexec, id);
}

KSS_PROG(kernel_load_data, int id, int contents)
{
	return kss_kernel_data(id == (int)bpf_core_enum_value(enum kernel_load_data_id, LOADING_MODULE),
			       id == (int)bpf_core_enum_value(enum kernel_load_data_id, LOADING_KEXEC_IMAGE) ||
				       id == (int)bpf_core_enum_value(enum kernel_load_data_id, LOADING_KEXEC_INITRAMFS),
			       id);
}

enum lockdown_reason { LOCKDOWN_INTEGRITY_MAX = 20, LOCKDOWN_BPF_READ_KERNEL = 24 };

KSS_PROG(locked_down, int what)
{
	/* What BPF programs of tracing tools ask: reading is no change, and bpf(2) is judged by itself. */
	if (bpf_core_enum_value_exists(enum lockdown_reason, LOCKDOWN_BPF_READ_KERNEL) &&
	    what == (int)bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_BPF_READ_KERNEL))
		return 0;
	if (kss_unlikely(kss_sealed()) && what < (int)bpf_core_enum_value(enum lockdown_reason, LOCKDOWN_INTEGRITY_MAX) &&
	    kss_guard(KSS_CLASS_system, KSS_system_lockdown, what))
		return -EPERM;
	KSS_BEGIN(s);
	return kss_judge_plain(&s, KSS_OBJ_system, KSS_CLASS_system, KSS_system_lockdown, what, 0);
}

/* Kinds: 1 map, 2 program, 3 link, 4 BTF. */
KSS_INLINE int kss_protected_id(__u64 kind, __u32 id)
{
	__u64 key = kind << 32 | id;

	return bpf_map_lookup_elem(&kss_protected, &key) != 0;
}

/*
 * While sealed: descriptors of what is protected (maps and programs have hooks of their own), and new programs where a
 * positive result would keep ours from being asked: LSM and fmod_ret run newest first, and callers take only less than 0
 * for a denial. A tracing program attached by BPF_RAW_TRACEPOINT_OPEN without a name does not say which it is.
 */
static __attribute__((noinline)) int kss_bpf_guarded(int cmd, union bpf_attr *attr)
{
	__u32 w[4] = {}; /* the kernel's copy: longer, and zero beyond what the caller gave */

	if (bpf_probe_read_kernel(w, sizeof w, attr))
		return 1;
	switch (cmd) {
	case BPF_PROG_GET_FD_BY_ID: return kss_protected_id(2, w[0]);
	case BPF_LINK_GET_FD_BY_ID: return kss_protected_id(3, w[0]);
	case BPF_BTF_GET_FD_BY_ID: return kss_protected_id(4, w[0]);
	case BPF_RAW_TRACEPOINT_OPEN: return !w[0] && !w[1];
	case BPF_PROG_ATTACH: case BPF_LINK_CREATE:
		return w[2] == BPF_MODIFY_RETURN || w[2] == BPF_LSM_MAC || w[2] == BPF_LSM_CGROUP;
	}
	return 0;
}

SEC("lsm/bpf")
int BPF_PROG(kss_bpf, int cmd, union bpf_attr *attr, unsigned int size)
{
	__u32 perms = KSS_bpf_query;

	if (kss_unlikely(kss_sealed()) && kss_bpf_guarded(cmd, attr) && kss_guard(KSS_CLASS_bpf, perms, cmd))
		return -EPERM;
	KSS_BEGIN(s);
	switch (cmd) {
	case BPF_MAP_CREATE: perms = KSS_bpf_map_create; break;
	case BPF_PROG_LOAD: perms = KSS_bpf_prog_load; break;
	case BPF_PROG_ATTACH: case BPF_PROG_DETACH: case BPF_PROG_TEST_RUN: case BPF_RAW_TRACEPOINT_OPEN:
	case BPF_LINK_CREATE: case BPF_LINK_UPDATE: case BPF_LINK_DETACH: perms = KSS_bpf_prog_run; break;
	}
	return kss_judge_plain(&s, KSS_OBJ_system, KSS_CLASS_bpf, perms, cmd, 0);
}

KSS_PROG(bpf_map, struct bpf_map *map, unsigned int fmode)
{
	__u32 perms = 0;

	/* Reading too: a program may write to a map that its loader had only a read-only descriptor of. */
	if (kss_unlikely(kss_sealed()) && kss_protected_id(1, map->id) &&
	    kss_guard(KSS_CLASS_bpf, KSS_bpf_map_write, map->id))
		return -EPERM;
	KSS_BEGIN(s);
	if (fmode & FMODE_READ)
		perms |= KSS_bpf_map_read;
	if (fmode & FMODE_WRITE)
		perms |= KSS_bpf_map_write;
	return kss_judge_plain(&s, KSS_OBJ_system, KSS_CLASS_bpf, perms, map->id, 0);
}

KSS_PROG(bpf_prog, struct bpf_prog *prog)
{
	__u32 id;

	id = prog->aux->id;
	if (kss_unlikely(kss_sealed()) && kss_protected_id(2, id) && kss_guard(KSS_CLASS_bpf, KSS_bpf_prog_run, id))
		return -EPERM;
	KSS_BEGIN(s);
	return kss_judge_plain(&s, KSS_OBJ_system, KSS_CLASS_bpf, KSS_bpf_prog_run, id, 0);
}

/* Anonymous inodes that open a way of their own. */
KSS_PROG(inode_init_security_anon, struct inode *inode, const struct qstr *name, const struct inode *context)
{
	const unsigned char *p;
	char b[16] = {};

	KSS_BEGIN(s);
	p = name->name;
	if (bpf_probe_read_kernel_str(b, sizeof b, p) < 0)
		return -EPERM;
	if (b[0] == '[' && b[1] == 'i' && b[2] == 'o' && b[3] == '_' && b[4] == 'u' && b[5] == 'r')
		return kss_judge_plain(&s, KSS_OBJ_system, KSS_CLASS_io_uring, KSS_io_uring_create, 0, 0);
	if (b[0] == '[' && b[1] == 'u' && b[2] == 's' && b[3] == 'e' && b[4] == 'r' && b[5] == 'f')
		return kss_judge_plain(&s, KSS_OBJ_system, KSS_CLASS_system, KSS_system_userfaultfd, 0, 0);
	if (b[0] == '[' && b[1] == 's' && b[2] == 'e' && b[3] == 'c' && b[4] == 'r')
		return kss_judge_plain(&s, KSS_OBJ_system, KSS_CLASS_system, KSS_system_secretmem, 0, 0);
	return 0;
}
