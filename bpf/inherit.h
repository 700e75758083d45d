/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Descriptors that a task brings into a domain: over the exec that leads there, or as it stands when it enters by prctl.
 * Each is judged as file_receive judges one that comes over a socket, for the domain that is entered; one refusal refuses
 * the entry.
 *
 * When. An exec can be refused with an error up to bprm_creds_from_file. But from 5.11 on the table of descriptors may be
 * shared until begin_new_exec has come past that hook (5.10 unshares it first): another thread, or a task of CLONE_FILES,
 * could put a descriptor in behind us. So what was judged there holds only if nobody shared the table and the generation is
 * still the same; else all is judged again at bprm_committed_creds, when the other threads are gone, the table is the task's
 * own and what is to be closed is closed. An exec can no longer fail there: a refusal kills the task before its first
 * instruction. prctl refuses a task whose table is shared.
 *
 * Nothing here is trusted by a verifier: all is read by probes, in global functions of numbers, to bound the stack.
 */
#ifndef KSS_BPF_INHERIT_H
#define KSS_BPF_INHERIT_H

#include "path.h"
#include "sockclass.h"

#define KSS_FDS_GRANTED 0
#define KSS_FDS_DENIED 1
#define KSS_FDS_MORE 2 /* not all could be looked at: deny */

/* Words of the bitmap and descriptors that are looked at, together. */
#ifdef KSS_NO_LOOP
#define KSS_FDS_STEPS 2048
#else
#define KSS_FDS_STEPS 32768
#endif

/* Does anybody else have a hand in the current task's table of descriptors? */
KSS_INLINE int kss_fds_shared(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, files, count.counter) != 1;
}

/* The generation in force, 0 if there is none. */
KSS_INLINE __u32 kss_generation(void)
{
	struct kss_subj s = {};

	return kss_take_image(&s) ? s.gen : 0;
}

/* Is this the descriptor of an io_uring? What has been registered with one is reached through it unjudged. */
KSS_INLINE int kss_is_ring(struct file *file)
{
	__u64 name[2] = {};
	struct qstr q = {};
	__u64 dentry = 0;

	bpf_core_read(&dentry, sizeof dentry, &file->f_path.dentry);
	bpf_core_read(&q, sizeof q, &((struct dentry *)dentry)->d_name);
	if (q.len != 10 || bpf_probe_read_kernel(name, 10, q.name))
		return 0;
	return name[0] == 0x6e6972755f6f695bull /* [io_urin */ && name[1] == 0x5d67 /* g] */;
}

#define KSS_EVENT(cls, perms) ((__u64)(perms) << 32 | (cls))

/* What an open file is to be judged for: class, and permissions in the upper half. */
__attribute__((noinline)) __u64 kss_inherited_event(__u64 f)
{
	struct file *file = (struct file *)f;
	__u32 mode = BPF_CORE_READ(file, f_inode, i_mode), perms = KSS_file_receive, cls;
	unsigned long magic;

	if ((mode & S_IFMT) == S_IFSOCK) {
		struct socket *sock = (struct socket *)BPF_CORE_READ(file, private_data);
		struct sock *sk = BPF_CORE_READ(sock, sk);

		return KSS_EVENT(kss_sock_class(BPF_CORE_READ(sk, __sk_common.skc_family), BPF_CORE_READ(sk, sk_type),
						BPF_CORE_READ(sk, sk_protocol)),
				 KSS_tcp_receive);
	}
	magic = BPF_CORE_READ(file, f_inode, i_sb, s_magic);
	if (magic == ANON_INODE_FS_MAGIC && kss_is_ring(file))
		return KSS_EVENT(KSS_CLASS_io_uring, KSS_io_uring_create);
	cls = kss_mode_class(mode);
	if (cls == KSS_CLASS_file && magic == MQUEUE_MAGIC)
		cls = KSS_CLASS_mqueue;
	mode = BPF_CORE_READ(file, f_mode);
	if (mode & FMODE_READ)
		perms |= KSS_file_read;
	if (mode & FMODE_WRITE)
		perms |= BPF_CORE_READ(file, f_flags) & KSS_O_APPEND ? KSS_file_append : KSS_file_write;
	return KSS_EVENT(cls, perms);
}

/* Object of an open file that is no socket, in one generation; KSS_OBJ_RETRY when another came into force. */
__attribute__((noinline)) int kss_inherited_obj(__u64 f, __u32 gen)
{
	struct file *file = (struct file *)f;
	struct kss_subj s = {};
	struct kss_root root;
	__u64 dentry = 0, mnt = 0;
	__u32 mode, obj;
	int r;

	bpf_core_read(&dentry, sizeof dentry, &file->f_path.dentry);
	bpf_core_read(&mnt, sizeof mnt, &file->f_path.mnt);
	kss_task_root(&root);
	r = kss_walk(dentry, mnt, &root, gen);
	if (r == KSS_WALK_STALE || !kss_take_image(&s) || s.gen != gen)
		return KSS_OBJ_RETRY;
	obj = kss_walk_obj(&s, r);
	mode = BPF_CORE_READ(file, f_inode, i_mode);
	if ((mode & S_IFMT) == S_IFCHR || (mode & S_IFMT) == S_IFBLK)
		obj = kss_device_override(&s, mode, BPF_CORE_READ(file, f_inode, i_rdev), obj);
	return obj;
}

/* Judges one open file, descriptor fd, for the domain of this name, by what has been found out in this generation. */
__attribute__((noinline)) int kss_inherit_file(__u64 f, __u64 name, __u32 fd, __u32 obj, __u32 gen)
{
	struct kss_what w = { .detail = KSS_DETAIL_PATH, .flags = KSS_WHAT_INHERITED, .arg0 = fd };
	struct kss_subj s = { .dom = KSS_DOMAIN_NONE };
	__u64 event = kss_inherited_event(f);

	w.cls = event;
	w.perms = event >> 32;
	w.obj = obj == KSS_OBJ_RETRY ? (__u32)KSS_OBJ_unresolved : obj;
	if (!kss_take_image(&s)) {
		kss_no_image();
		return 1;
	}
	s.dom = kss_domain_of(name, s.gen);
	if (w.cls >= KSS_CLASS_tcp && w.cls <= KSS_CLASS_socket) {
		w.obj = kss_self_obj(&s); /* a socket has no path to be shown */
		return kss_judge_in_place(&s, &w);
	}
	bpf_core_read(&w.dentry, sizeof w.dentry, &((struct file *)f)->f_path.dentry);
	bpf_core_read(&w.mnt, sizeof w.mnt, &((struct file *)f)->f_path.mnt);
	if (w.cls == KSS_CLASS_io_uring)
		w.obj = KSS_OBJ_system;
	else if (s.gen != gen)
		w.obj = KSS_OBJ_unresolved; /* a second swap while this exec looks: its next try will do */
	return kss_judge_in_place(&s, &w);
}

/* 1 if any of the bits is set, without a branch for the verifier to follow both ways. */
KSS_INLINE __u32 kss_any(__u64 bits)
{
	__u64 r = bits | -bits;

	kss_opaque(r);
	return r >> 63;
}

/* Number of the lowest bit that is set (compilers for BPF have no __builtin_ctzll). */
KSS_INLINE __u32 kss_lowest(__u64 bits)
{
	__u64 low = bits & -bits;

	return kss_any(low & 0xaaaaaaaaaaaaaaaaull) | kss_any(low & 0xccccccccccccccccull) << 1 |
	       kss_any(low & 0xf0f0f0f0f0f0f0f0ull) << 2 | kss_any(low & 0xff00ff00ff00ff00ull) << 3 |
	       kss_any(low & 0xffff0000ffff0000ull) << 4 | kss_any(low & 0xffffffff00000000ull) << 5;
}

/*
 * The next descriptor to be judged: its file, its number in fds.fd. KSS_FDS_NONE: none here, go on; KSS_FDS_END: all seen,
 * or (fds.r says) not to be seen.
 */
#define KSS_FDS_NONE 0
#define KSS_FDS_END 1
__attribute__((noinline)) __u64 kss_fds_next(__u32 slot)
{
	struct kss_scratch *sc = bpf_map_lookup_elem(&kss_scratch, &slot);
	__u64 open = 0, cloexec = 0, left, file = 0;

	if (!sc)
		return KSS_FDS_END;
	left = sc->fds.left;
	if (!left) {
		if (sc->fds.word >= sc->fds.words) {
			sc->fds.r = KSS_FDS_GRANTED;
			return KSS_FDS_END;
		}
		if (bpf_probe_read_kernel(&open, 8, (void *)(sc->fds.open + sc->fds.word * 8ull)) ||
		    bpf_probe_read_kernel(&cloexec, 8, (void *)(sc->fds.cloexec + sc->fds.word * 8ull)))
			return KSS_FDS_END;
		sc->fds.left = sc->fds.all ? open : open & ~cloexec;
		sc->fds.word++;
		return KSS_FDS_NONE;
	}
	sc->fds.left = left & (left - 1);
	sc->fds.fd = kss_lowest(left) + (sc->fds.word - 1) * 64;
	if (bpf_probe_read_kernel(&file, 8, (void *)(sc->fds.files + sc->fds.fd * 8ull)))
		return KSS_FDS_END;
	return file; /* 0: a number taken, not yet a descriptor: it becomes one only in a table that is shared */
}

KSS_INLINE int kss_fds_one(__u32 slot)
{
	__u64 file = kss_fds_next(slot);
	struct kss_scratch *sc;
	__u32 gen, obj;

	if (file == KSS_FDS_NONE)
		return 0;
	if (file == KSS_FDS_END)
		return 1;
	gen = kss_generation();
	obj = kss_inherited_obj(file, gen);
	if (obj == KSS_OBJ_RETRY) {
		gen = kss_generation();
		obj = kss_inherited_obj(file, gen);
	}
	sc = bpf_map_lookup_elem(&kss_scratch, &slot);
	if (!sc)
		return 1;
	if (!kss_inherit_file(file, sc->fds.name, sc->fds.fd, obj, gen))
		return 0;
	sc->fds.r = KSS_FDS_DENIED;
	return 1;
}

/* The loop over it. Calls may be eight deep, and all that a path needs is below: so there is no frame to spare. */
#ifdef KSS_NO_LOOP
__attribute__((noinline)) int kss_fds_step(__u32 slot)
{
	return kss_fds_one(slot);
}
KSS_INLINE void kss_fds_all(__u32 slot)
{
	__u32 i;

	for (i = 0; i < KSS_FDS_STEPS; i++)
		if (kss_fds_step(slot))
			break;
}
#else
static KSS_BODY kss_fds_step(__u32 i, void *ctx)
{
	return kss_fds_one(*(__u32 *)ctx);
}
KSS_INLINE void kss_fds_all(__u32 slot)
{
	bpf_loop(KSS_FDS_STEPS, kss_fds_step, &slot, 0);
}
#endif

/* The record of a table that could not be seen whole. */
__attribute__((noinline)) int kss_inherit_unseen(__u64 name)
{
	struct kss_what w = { .obj = KSS_OBJ_unresolved, .cls = KSS_CLASS_file, .perms = KSS_file_receive,
			      .reason = KSS_REASON_unresolved };
	struct kss_subj s = { .dom = KSS_DOMAIN_NONE };

	if (!kss_take_image(&s)) {
		kss_no_image();
		return 1;
	}
	s.dom = kss_domain_of(name, s.gen);
	kss_count(KSS_COUNT_unresolved);
	return kss_slow(&w, s.img, s.dom, s.gen);
}

#define KSS_INHERIT_ENTER 0 /* all descriptors, for the domain of this name */
#define KSS_INHERIT_EXEC 1  /* those that the exec under way keeps, for the domain that it leads to if to any */
#define KSS_INHERIT_AGAIN 2 /* the same, after the exec, for the domain of this name */

/* Judges the current task's descriptors. 0 = granted. */
__attribute__((noinline)) int kss_inherit(__u64 name, __u32 when)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct kss_scratch *sc;
	int r = KSS_FDS_MORE;
	__u64 fdt, p = 0;
	__u32 slot, n = 0;

	if (when == KSS_INHERIT_EXEC) {
		struct kss_task *t = kss_label();

		if (!t || !t->exec_name)
			return 0;
		name = t->exec_name;
		t->exec_gen = kss_fds_shared() ? 0 : kss_generation();
	}
	if (!kss_slot_take(&slot)) {
		sc = bpf_map_lookup_elem(&kss_scratch, &slot);
		if (sc) {
			fdt = (__u64)BPF_CORE_READ(task, files, fdt);
			bpf_core_read(&p, sizeof p, &((struct fdtable *)fdt)->open_fds);
			sc->fds.open = p;
			bpf_core_read(&p, sizeof p, &((struct fdtable *)fdt)->close_on_exec);
			sc->fds.cloexec = p;
			bpf_core_read(&p, sizeof p, &((struct fdtable *)fdt)->fd);
			sc->fds.files = p;
			bpf_core_read(&n, sizeof n, &((struct fdtable *)fdt)->max_fds);
			sc->fds.words = n / 64;
			sc->fds.word = 0;
			sc->fds.left = 0;
			sc->fds.name = name;
			sc->fds.all = when == KSS_INHERIT_ENTER;
			sc->fds.r = KSS_FDS_MORE;
			if (n)
				kss_fds_all(slot);
			r = sc->fds.r;
		}
		kss_slot_give(slot);
	}
	return r == KSS_FDS_MORE ? kss_inherit_unseen(name) : r;
}

#endif
