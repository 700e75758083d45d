// SPDX-License-Identifier: GPL-2.0
/* Tasks: how a domain is inherited, entered and left; signals, tracing, scheduling, identity, capabilities. */
#include "inherit.h"
#include "program.h"

#define KSS_NS_FLAGS 0x7e020080ull /* CLONE_NEW* */
#define KSS_NAME_NOBODY 1 /* no FNV-1a value of a legal name: it resolves to none */

/* Gives a task another domain; CPUs forget what they know of tasks. In this order: a hook in an interrupt in between must
 * not work out gen_dom from the old name and have it stay. */
KSS_INLINE void kss_relabel(struct kss_task *t, __u64 name)
{
	*(volatile __u64 *)&t->name = name;
	*(volatile __u64 *)&t->gen_dom = 0;
	__sync_fetch_and_add(&kss_ctl.task_epoch, 1);
}

static const struct kss_task kss_no_label; /* for the hash; storage begins as zeros by itself */

/* Gives a task a label, an empty one. Returns NULL when there is no room: the caller denies. */
KSS_INLINE struct kss_task *kss_make_label(struct task_struct *task)
{
	if (kss_cfg_task_storage) {
		return bpf_task_storage_get(&kss_tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	} else {
		__u64 key = (__u64)task;

		bpf_map_update_elem(&kss_tasks_hash, &key, &kss_no_label, BPF_ANY);
		return bpf_map_lookup_elem(&kss_tasks_hash, &key);
	}
}
KSS_INLINE struct kss_task *kss_make_own_label(void)
{
	if (kss_cfg_task_storage) {
		return bpf_task_storage_get(&kss_tasks, kss_current(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	} else {
		__u64 key = bpf_get_current_task();

		bpf_map_update_elem(&kss_tasks_hash, &key, &kss_no_label, BPF_ANY);
		return bpf_map_lookup_elem(&kss_tasks_hash, &key);
	}
}

/* What fork does besides forking. */
static __attribute__((noinline)) int kss_judge_clone(struct kss_subj *s, unsigned long clone_flags)
{
	__u32 ns = 0;
	int r = kss_judge_memo(s, kss_self_obj(s), KSS_CLASS_process, KSS_process_fork, clone_flags, 0);

	if (r || !(clone_flags & KSS_NS_FLAGS))
		return r;
	if (clone_flags & 0x00020000) ns |= KSS_namespace_mount;
	if (clone_flags & 0x20000000) ns |= KSS_namespace_pid;
	if (clone_flags & 0x40000000) ns |= KSS_namespace_net;
	if (clone_flags & 0x04000000) ns |= KSS_namespace_uts;
	if (clone_flags & 0x08000000) ns |= KSS_namespace_ipc;
	if (clone_flags & 0x02000000) ns |= KSS_namespace_cgroup;
	if (clone_flags & 0x10000000) ns |= KSS_namespace_user;
	if (clone_flags & 0x00000080) ns |= KSS_namespace_time;
	return ns ? kss_judge_plain(s, kss_self_obj(s), KSS_CLASS_namespace, ns, clone_flags, 0) : 0;
}

/* The label of a child that its parent may have; the agent's authority is not in it. */
KSS_INLINE int kss_label_child(struct task_struct *task, __u64 name, __u64 gen_dom)
{
	struct kss_task *child = kss_make_label(task);

	if (!child || (kss_cfg_cells && !kss_cells_child(task)))
		return 0;
	child->gen_dom = gen_dom;
	child->name = name;
	return 1;
}

/* A child, a thread and an io_uring worker are what their parent is. */
KSS_PROG(task_alloc, struct task_struct *task, unsigned long clone_flags)
{
	__u64 name = 0, gen_dom = 0;
	int r;

	KSS_BEGIN_UNLESS(s, cpu,
			 !(clone_flags & KSS_NS_FLAGS) &&
				 kss_memo_grants(&s, cpu, kss_self_obj(&s), KSS_CLASS_process, KSS_process_fork) &&
				 (name = cpu->name, gen_dom = cpu->gen_dom, kss_cpu_same(cpu, version)) &&
				 kss_label_child(task, name, gen_dom));
	r = kss_judge_clone(&s, clone_flags);
	if (r)
		return r;
	if (!kss_label_child(task, s.t->name, s.t->gen_dom)) {
		struct kss_what w = { .obj = kss_self_obj(&s), .cls = KSS_CLASS_process, .perms = KSS_process_fork,
				      .reason = KSS_REASON_table_full };
		kss_count(KSS_COUNT_table_full);
		return kss_judge(&s, &w);
	}
	return 0;
}

/* Only where labels stand in the hash. */
SEC("lsm/task_free")
int BPF_PROG(kss_task_free, struct task_struct *task)
{
	__u64 key = (__u64)task;

	bpf_map_delete_elem(&kss_tasks_hash, &key);
	if (kss_cfg_cells)
		bpf_map_delete_elem(&kss_task_cells_hash, &key);
	return 0;
}

KSS_INLINE __u64 kss_mnt_ns(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return (__u64)BPF_CORE_READ(task, nsproxy, mnt_ns);
}

/* May the current task enter the domain of this name by prctl? 0 = yes. Apart, as the next: for the stack's sake. */
__attribute__((noinline)) int kss_may_enter(__u64 name)
{
	struct kss_what w = { .cls = KSS_CLASS_process, .perms = KSS_process_enter, .reason = KSS_REASON_no_entry };
	__u32 from = KSS_DOMAIN_UNCONFINED;
	struct kss_subj s = {};
	int dom;

	s.t = kss_label();
	s.dom = KSS_DOMAIN_NONE;
	if (!s.t || !kss_take_image(&s))
		return 1;
	if (s.t->name)
		s.dom = from = kss_domain_of(s.t->name, s.gen);
	else
		s.dom = KSS_DOMAIN_UNCONFINED;
	dom = kss_domain_of(name, s.gen);
	if (dom >= (int)KSS_DOMAIN_FIRST && kss_key2(KSS_KEY_ENTER, from, dom, s.gen) == 1) {
		if (!kss_fds_shared())
			return 0;
		w.reason = KSS_REASON_shared_files;
	}
	w.obj = KSS_OBJ_DOMAINS + dom;
	kss_slow(&w, s.img, s.dom, s.gen);
	return 1;
}

/* prctl(KSS_PRCTL, op, arg): see abi.h. Every other prctl goes on as if we were not there. */
#define KSS_PRCTL_OK (-KSS_PRCTL_DONE)

SEC("lsm/task_prctl")
int BPF_PROG(kss_task_prctl, int option, unsigned long op, unsigned long arg3, unsigned long arg4, unsigned long arg5,
	     int ret)
{
	__u64 caps, name = (__u32)arg3 | arg4 << 32;
	struct kss_task *t;

	if (option != KSS_PRCTL)
		return ret;
	if (op == KSS_PRCTL_PING)
		return KSS_PRCTL_OK;
	t = kss_label();
	if (!t) {
		t = kss_make_own_label();
		if (!t)
			return -EPERM;
	}
	if (op == KSS_PRCTL_SELFTEST) {
		kss_relabel(t, KSS_NAME_NOBODY);
		return KSS_PRCTL_OK;
	}
	if (!t->name) {
		struct task_struct *task = (void *)bpf_get_current_task();
		const struct cred *cred = BPF_CORE_READ(task, cred);

		bpf_core_read(&caps, sizeof caps, &((struct cred___caps *)cred)->cap_permitted);
		if (!(caps & 1ull << 33 /* CAP_MAC_ADMIN */))
			return -EPERM;
	}
	if (op == KSS_PRCTL_AGENT) {
		if (t->name || !kss_cfg_seal || kss_ctl.sealed)
			return -EPERM;
		t->flags |= KSS_TASK_AGENT;
		kss_ctl.agent = bpf_get_current_pid_tgid() >> 32;
		kss_ctl.agent_ns = kss_mnt_ns();
		return KSS_PRCTL_OK;
	}
	if (op != KSS_PRCTL_ENTER || !kss_ctl.armed)
		return -EPERM;
	/* What the task has open it goes on using, what an exec would close included. */
	if (kss_may_enter(name) || kss_inherit(name, KSS_INHERIT_ENTER))
		return -EPERM;
	t->flags &= ~KSS_TASK_AGENT;
	kss_relabel(t, name);
	kss_count(KSS_COUNT_transitions);
	return KSS_PRCTL_OK;
}

/* By what digest or in what cgroup an execve is cannot be told, and that may decide where it leads: no exec. */
static __attribute__((noinline)) int kss_unknown_entry(const struct kss_subj *s, struct linux_binprm *bprm, __u32 obj, __u8 reason)
{
	struct file *file = bprm->file;
	struct kss_what w = { .obj = obj, .cls = KSS_CLASS_file, .perms = KSS_file_execute, .reason = reason,
			      .detail = KSS_DETAIL_PATH };

	w.dentry = (__u64)file->f_path.dentry;
	w.mnt = (__u64)file->f_path.mnt;
	return kss_slow_path(&w, s->img, s->dom, s->gen);
}

/* Is it known that an exec of this file leads a task without a label nowhere? */
KSS_INLINE int kss_leads_nowhere(struct task_struct *me, struct file *file)
{
	struct kss_subj s = { .dom = KSS_DOMAIN_UNCONFINED, .gen = *(volatile __u32 *)&kss_ctl.label_gen };
	const struct kss_inode *il = kss_own_label(&s, me, file->f_path.dentry, file->f_path.mnt, file->f_inode);

	return il && il->next == KSS_NEXT_NONE;
}

/*
 * Which domain an execve leads to. Runs once an exec, on the file that was named; an interpreter's own entry does not
 * count. Order: digest, entry point of the path, the type of the executable, cgroup.
 */
SEC("lsm/bprm_creds_for_exec")
int BPF_PROG(kss_bprm_creds_for_exec, struct linux_binprm *bprm)
{
	struct task_struct *me = kss_me();
	struct file *file = bprm->file;
	struct kss_subj s = {};
	struct dentry *dentry;
	struct vfsmount *mnt;
	struct inode *inode;
	struct kss_root root;
	struct kss_inode *il = 0;
	const struct kss_path_state *st;
	__u32 from = KSS_DOMAIN_UNCONFINED, obj = KSS_OBJ_unresolved, entry = 0, by_path = 0;
	int state = KSS_WALK_UNRESOLVED, confined;
	long dom = -1;

	if (kss_cfg_labels && !me->bpf_storage && kss_likely(kss_leads_nowhere(me, file)))
		return 0;
	confined = kss_begin(&s);
	if (s.t)
		s.t->exec_name = 0;
	if (!confined) {
		if (!kss_ctl.armed && kss_ctl.digests)
			kss_digest_entry(0, 0, 0, 0);
		if (!kss_ctl.armed || !kss_take_image(&s))
			return 0;
		s.dom = KSS_DOMAIN_UNCONFINED;
	} else {
		if (confined < 0)
			return -EPERM;
		from = s.dom;
		/* Of a domain that the policy no longer has: denied here too, where file_open may not be attached. */
		if (from == KSS_DOMAIN_NONE)
			return kss_judge_plain(&s, kss_self_obj(&s), KSS_CLASS_process, KSS_process_transition, 0, 0);
	}
	dentry = file->f_path.dentry;
	mnt = file->f_path.mnt;
	inode = file->f_inode;
	s.how = KSS_HOW_FILE;
	if (kss_cfg_inode_storage) {
		kss_task_root(&root);
		il = (struct kss_inode *)kss_path_label(&s, dentry, mnt, &root, inode);
		if (kss_unlikely(!il)) {
			/* Labels the file, so that the next exec of it finds its state. */
			kss_path_unlabelled(&s, dentry, mnt, &root, inode);
			il = (struct kss_inode *)kss_path_label(&s, dentry, mnt, &root, inode);
		}
		if (il) {
			state = il->state;
			obj = il->obj;
			if (il->gen_dom == KSS_GEN_ID(s.gen, s.dom))
				by_path = il->next;
			else
				il = 0;
		}
	}
	if (state < 0) {
		kss_task_root(&root);
		state = kss_walk((__u64)dentry, (__u64)mnt, &root, s.gen);
		obj = kss_walk_obj(&s, state);
	}
	if (state >= 0 && by_path != KSS_NEXT_NONE) {
		st = kss_state(s.img, s.h, state);
		if (st)
			entry = st->entry;
	}
	from = s.dom;
	if (kss_ctl.digests) {
		dom = kss_digest_entry(kss_scalar((__u64)bprm), kss_scalar((__u64)file), from, s.gen);
		if (dom == KSS_DOMAIN_NONE) {
			if (kss_unknown_entry(&s, bprm, obj, KSS_REASON_no_digest))
				return KSS_EPERM;
			dom = -1;
		}
	}
	if (dom < 0 && by_path >= KSS_DOMAIN_FIRST) {
		dom = by_path;
	} else if (dom < 0 && by_path == KSS_NEXT_UNKNOWN) {
		if (entry)
			dom = kss_key2(KSS_KEY_EXEC, from, entry, s.gen);
		if (dom < 0)
			dom = kss_key2(KSS_KEY_EXECTYPE, from, obj, s.gen);
		/* If a swap has come between, this was of no image; but then no label of its generation is looked at again. */
		if (il && !kss_ctl.digests && !(s.h->flags & KSS_IMAGE_HAS_CGROUP))
			il->next = dom < (long)KSS_DOMAIN_FIRST ? KSS_NEXT_NONE : (__u32)dom;
	}
	if (dom < 0 && (s.h->flags & KSS_IMAGE_HAS_CGROUP)) {
		dom = kss_cgroup_entry(from, s.gen);
		if (dom == KSS_DOMAIN_NONE && kss_unknown_entry(&s, bprm, obj, KSS_REASON_no_cgroup))
			return KSS_EPERM;
	}
	if (dom < (long)KSS_DOMAIN_FIRST || dom == from) {
		/* Or has a swap come between, so that the keys of this generation were not to be had? */
		if (kss_unlikely(kss_generation() != s.gen) && kss_unknown_entry(&s, bprm, obj, KSS_REASON_unresolved))
			return KSS_EPERM;
		return 0;
	}
	if (confined) {
		__u32 perms = KSS_process_transition;
		struct task_struct *task = (void *)bpf_get_current_task();
		int r;

		if (BPF_CORE_READ(task, atomic_flags) & 1 /* PFA_NO_NEW_PRIVS */)
			perms |= KSS_process_nnp_transition;
		r = kss_judge_plain(&s, KSS_OBJ_DOMAINS + dom, KSS_CLASS_process, perms, entry, 0);
		if (r)
			return r;
	} else if (!s.t) {
		s.t = kss_make_own_label();
		if (!s.t)
			return -EPERM; /* it should be confined and cannot be */
	}
	s.t->exec_name = kss_domain_name(&s, dom);
	return s.t->exec_name ? 0 : -EPERM;
}

/* Past the point of no return: the new image runs in its domain, before its first page is mapped. */
SEC("lsm/bprm_committed_creds")
int BPF_PROG(kss_bprm_committed_creds, struct linux_binprm *bprm)
{
	struct kss_task *t = kss_label();
	__u64 name;

	if (!t)
		return 0;
	t->flags &= ~KSS_TASK_AGENT; /* what runs now is another program */
	if (!t->exec_name)
		return 0;
	name = t->exec_name;
	kss_relabel(t, name);
	t->exec_name = 0;
	kss_count(KSS_COUNT_transitions);
	if (kss_unlikely(t->exec_gen != kss_generation()) && kss_inherit(name, KSS_INHERIT_AGAIN)) {
		kss_relabel(t, KSS_NAME_NOBODY);
		bpf_send_signal(9 /* SIGKILL */);
	}
	return 0;
}

/* Do set-id bits or file capabilities take effect? */
static __attribute__((noinline)) int kss_gains(struct linux_binprm *bprm)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	const struct cred *old = BPF_CORE_READ(task, cred);
	struct cred *new = bprm->cred;
	__u64 ncap = 0, ocap = 0;

	bpf_core_read(&ncap, sizeof ncap, &((struct cred___caps *)new)->cap_permitted);
	bpf_core_read(&ocap, sizeof ocap, &((struct cred___caps *)old)->cap_permitted);
	return BPF_CORE_READ(new, euid.val) != BPF_CORE_READ(old, euid.val) ||
	       BPF_CORE_READ(new, egid.val) != BPF_CORE_READ(old, egid.val) || (ncap & ~ocap);
}

/* Descriptors that an exec brings into its domain; privileges, after the capability module has worked them out. */
KSS_PROG(bprm_creds_from_file, struct linux_binprm *bprm, struct file *file)
{
	struct kss_subj s = {};
	struct inode *inode;

	s.t = kss_label();
	if (kss_likely(!s.t))
		return 0;
	if (s.t->exec_name && kss_inherit(0, KSS_INHERIT_EXEC))
		return KSS_EPERM;
	if (!s.t->name || !kss_gains(bprm))
		return 0;
	if (!kss_by_image(&s))
		return KSS_EPERM;
	inode = file->f_inode;
	s.how = KSS_HOW_FILE;
	return kss_judge_path_n(&s, file->f_path.dentry, file->f_path.mnt, inode, KSS_file_execute_setid);
}

/* One confined task acting on another task. */
KSS_INLINE int kss_judge_task(struct kss_subj *s, struct task_struct *target, __u32 perms, __u64 arg)
{
	struct kss_what w = { .cls = KSS_CLASS_process, .perms = perms, .detail = KSS_DETAIL_NUMBER, .arg0 = arg };
	struct kss_task *t = kss_label_of(target);

	w.peer = target->tgid;
	w.obj = t ? kss_object_of(t->name, t->gen_dom + KSS_OBJ_DOMAINS, s->gen) :
		    KSS_OBJ_DOMAINS + KSS_DOMAIN_UNCONFINED;
	return kss_judge(s, &w);
}

/* While sealed nobody touches the agent, root and unconfined tasks included. */
KSS_INLINE int kss_agent_guarded(struct task_struct *target, __u32 perms, __u64 arg)
{
	struct kss_task *t;

	if (kss_likely(!kss_sealed() || (__u32)target->tgid != kss_ctl.agent))
		return 0;
	t = kss_label_of(target);
	return t && (t->flags & KSS_TASK_AGENT) && kss_guard(KSS_CLASS_process, perms, arg);
}

KSS_INLINE __u32 kss_signal_perms(int sig)
{
	switch (sig) {
	case 0: return KSS_process_signull;
	case 9: case 19: return KSS_process_sigkill;
	case 17: return KSS_process_sigchld;
	default: return KSS_process_signal;
	}
}

/* Is a signal to the current task, and not from an interrupt, for which there is a `cred`? */
KSS_INLINE int kss_to_self(struct task_struct *p, const struct cred *cred)
{
	__u64 me = bpf_get_current_task(), from = (__u64)cred;

	asm volatile("%0 -= %1" : "+r"(from) : "r"(p)); /* `cred` as a number by kss_number's way, p being both */
	return (__u64)p == me && from + me == 0;
}

/* A signal with other credentials is one that the kernel sends for a task that asked earlier (SIGIO, USB). */
KSS_PROG_APART(task_kill, struct task_struct *p, struct kernel_siginfo *info, int sig, const struct cred *cred)
{
	__u32 perms;

	if (sig && kss_agent_guarded(p, KSS_process_signal, sig))
		return -EPERM;
	KSS_BEGIN_UNLESS(s, cpu, kss_to_self(p, cred) && kss_memo_grants(&s, cpu, kss_self_obj(&s), KSS_CLASS_process,
									    kss_signal_perms(sig)));
	perms = kss_signal_perms(sig);
	if (kss_to_self(p, cred) && kss_likely(kss_granted_memo(&s, kss_self_obj(&s), KSS_CLASS_process, perms)))
		return 0;
	return kss_judge_task(&s, p, perms, sig);
}

KSS_PROG(ptrace_access_check, struct task_struct *child, unsigned int mode)
{
	if (kss_agent_guarded(child, KSS_process_ptrace, mode)) /* reading too: it gives its namespaces away */
		return -EPERM;
	KSS_BEGIN(s);
	return kss_judge_task(&s, child, mode & 2 /* PTRACE_MODE_ATTACH */ ? KSS_process_ptrace : KSS_process_ptrace_read,
			      mode);
}

/* The tracer is the subject: it gains what PTRACE_ATTACH would have given. An unconfined tracer needs no leave. */
SEC("lsm/ptrace_traceme")
int BPF_PROG(kss_ptrace_traceme, struct task_struct *parent)
{
	struct kss_subj s = {};
	struct kss_task *me;
	__u64 gd;

	s.t = kss_label_of(parent);
	if (!s.t || !s.t->name)
		return 0;
	if (!kss_take_image(&s)) {
		kss_no_image();
		return KSS_EPERM;
	}
	s.dom = kss_domain_of(s.t->name, s.gen);
	me = kss_label();
	gd = me ? me->gen_dom : 0;
	return kss_judge_plain(&s, kss_object_of(me ? me->name : 0, gd + KSS_OBJ_DOMAINS, s.gen), KSS_CLASS_process,
			       KSS_process_ptrace, 0, 0);
}

#define KSS_TASK_HOOK(hook, perms, arg, ...)                 \
	KSS_PROG(hook, struct task_struct *p, ##__VA_ARGS__) \
	{                                                    \
		KSS_BEGIN(s);                                \
		return kss_judge_task(&s, p, perms, arg);    \
	}

KSS_TASK_HOOK(task_setnice, KSS_process_setsched, nice, int nice)
KSS_TASK_HOOK(task_setioprio, KSS_process_setsched, ioprio, int ioprio)
KSS_TASK_HOOK(task_setpgid, KSS_process_setpgid, pgid, int pgid)

KSS_PROG(task_setrlimit, struct task_struct *p, unsigned int resource, struct rlimit *new_rlim)
{
	if (kss_agent_guarded(p, KSS_process_setrlimit, resource)) /* RLIMIT_CPU kills */
		return -EPERM;
	KSS_BEGIN(s);
	return kss_judge_task(&s, p, KSS_process_setrlimit, resource);
}

KSS_PROG(task_setscheduler, struct task_struct *p)
{
	KSS_BEGIN(s);
	return kss_judge_task(&s, p, KSS_process_setsched, 0);
}

KSS_PROG(task_getscheduler, struct task_struct *p)
{
	KSS_BEGIN(s);
	return kss_judge_task(&s, p, KSS_process_getsched, 0);
}

KSS_PROG(task_movememory, struct task_struct *p)
{
	KSS_BEGIN(s);
	return kss_judge_task(&s, p, KSS_process_movememory, 0);
}

/* The target is known here by its credentials alone, and asking for one's own needs no leave; see task_setrlimit. */
KSS_PROG(task_prlimit, const struct cred *cred, const struct cred *tcred, unsigned int flags)
{
	__u32 perms = 0;

	KSS_BEGIN(s);
	if (flags & 1)
		perms |= KSS_process_getrlimit;
	if (flags & 2)
		perms |= KSS_process_setrlimit;
	return kss_judge_plain(&s, kss_self_obj(&s), KSS_CLASS_process, perms, flags, 0);
}

#define KSS_SELF_HOOK(hook, cls, perms, a0, a1, ...)         \
	KSS_PROG(hook, __VA_ARGS__)                          \
	{                                                    \
		KSS_BEGIN(s);                                \
		return kss_judge_plain(&s, kss_self_obj(&s), cls, perms, a0, a1); \
	}

KSS_SELF_HOOK(task_fix_setuid, KSS_CLASS_process, KSS_process_setuid, new->euid.val, flags, struct cred *new,
	      const struct cred *old, int flags)
KSS_SELF_HOOK(task_fix_setgid, KSS_CLASS_process, KSS_process_setgid, new->egid.val, flags, struct cred *new,
	      const struct cred *old, int flags)
KSS_SELF_HOOK(task_fix_setgroups, KSS_CLASS_process, KSS_process_setgid, 0, 0, struct cred *new, const struct cred *old)
KSS_SELF_HOOK(userns_create, KSS_CLASS_namespace, KSS_namespace_user, 0, 0, const struct cred *cred)

#define CAP_SETGID 6
#define CAP_OPT_NOAUDIT 2
#define CAP_OPT_INSETID 4 /* asked by setgid(2) and its kin, setgroups(2) among them */

/* Capabilities in whatever user namespace: one that a namespace of its own gave a task is no less asked for. */
KSS_PROG(capable, const struct cred *cred, struct user_namespace *ns, int cap, unsigned int opts)
{
	struct kss_what w = { .detail = KSS_DETAIL_NUMBER };

	KSS_BEGIN(s);
	w.obj = kss_self_obj(&s);
	w.arg0 = cap;
	w.cls = cap < 32 ? KSS_CLASS_capability : KSS_CLASS_capability2;
	w.perms = 1u << (cap & 31);
	w.flags = opts & CAP_OPT_NOAUDIT ? KSS_WHAT_QUIET : 0;
	/* Before 6.0 setgroups(2) asks nothing else. */
	if (!kss_cfg_setgroups && cap == CAP_SETGID && (opts & CAP_OPT_INSETID) &&
	    kss_judge_memo(&s, kss_self_obj(&s), KSS_CLASS_process, KSS_process_setgid, 0, 0))
		return KSS_EPERM;
	return kss_judge(&s, &w);
}
