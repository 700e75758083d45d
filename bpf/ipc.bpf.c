// SPDX-License-Identifier: GPL-2.0
/* System V IPC and keys: objects belong to the domain that made them. */
#include "judge.h"
#include "program.h"

/* Remembers who made an object, by its address; forgotten when it is freed. */
KSS_INLINE int kss_ipc_make(__u64 key, __u32 cls, __u32 perms, __u64 arg)
{
	struct kss_ipc init = {};
	struct kss_subj s = {};
	int r = kss_begin(&s);

	if (kss_unlikely(r < 0))
		return KSS_EPERM;
	if (kss_likely(!r)) {
		/* From 6.12 on nothing tells of a key's end: an address used again must not keep the old owner. */
		if (cls == KSS_CLASS_key)
			bpf_map_delete_elem(&kss_ipc, &key);
		return 0;
	}
	r = kss_judge_memo(&s, kss_self_obj(&s), cls, perms, arg, 0);
	if (r)
		return r;
	init.owner = s.t->name;
	init.cls = cls;
	init.gen_owner = KSS_GEN_ID(s.gen, KSS_OBJ_DOMAINS + s.dom);
	if (bpf_map_update_elem(&kss_ipc, &key, &init, BPF_ANY)) {
		struct kss_what w = { .obj = kss_self_obj(&s), .cls = cls, .perms = perms,
				      .reason = KSS_REASON_table_full };

		kss_count(KSS_COUNT_table_full);
		return kss_judge(&s, &w);
	}
	return 0;
}

KSS_INLINE __u32 kss_ipc_obj(const struct kss_subj *s, __u64 key)
{
	struct kss_ipc *l = bpf_map_lookup_elem(&kss_ipc, &key);
	__u32 obj;

	if (!l)
		return KSS_OBJ_DOMAINS + KSS_DOMAIN_UNCONFINED;
	obj = kss_object_of(l->owner, l->gen_owner, s->gen);
	if ((__u32)(l->gen_owner >> 32) != s->gen)
		l->gen_owner = KSS_GEN_ID(s->gen, obj);
	return obj;
}

#define KSS_IPC_LIFE(kind)                                                                               \
	SEC("lsm/" #kind "_alloc_security")                                                              \
	int BPF_PROG(kss_##kind##_alloc_security, struct kern_ipc_perm *perm)                            \
	{                                                                                                \
		return kss_ipc_make((__u64)perm, KSS_IPC_CLASS_##kind, KSS_sysv_msg_create, 0);       \
	}                                                                                                \
	SEC("lsm/" #kind "_free_security")                                                               \
	int BPF_PROG(kss_##kind##_free_security, struct kern_ipc_perm *perm)                             \
	{                                                                                                \
		__u64 key = (__u64)perm;                                                                 \
		bpf_map_delete_elem(&kss_ipc, &key);                                                     \
		return 0;                                                                                \
	}
#define KSS_IPC_CLASS_msg_queue KSS_CLASS_sysv_msg
#define KSS_IPC_CLASS_sem KSS_CLASS_sysv_sem
#define KSS_IPC_CLASS_shm KSS_CLASS_sysv_shm
KSS_IPC_LIFE(msg_queue)
KSS_IPC_LIFE(sem)
KSS_IPC_LIFE(shm)

/*
 * Every use passes here: send, receive, semop, attach, and *get of an existing object. The hook does not say which kind
 * of object it is; the label does. An object with no label (made unconfined) must be granted as each of the three.
 */
KSS_PROG(ipc_permission, struct kern_ipc_perm *ipcp, short flag)
{
	struct kss_ipc *l;
	__u64 key = (__u64)ipcp;
	__u32 perms = 0, obj = KSS_OBJ_DOMAINS + KSS_DOMAIN_UNCONFINED, cls = KSS_CLASS_sysv_msg, i;
	int r;

	if (flag & 0444)
		perms |= KSS_sysv_msg_read;
	if (flag & 0222)
		perms |= KSS_sysv_msg_write;
	if (!perms)
		return 0;
	KSS_BEGIN_UNLESS(s, cpu, (l = bpf_map_lookup_elem(&kss_ipc, &key)) && (__u32)(l->gen_owner >> 32) == s.gen &&
				    kss_memo_grants(&s, cpu, (__u32)l->gen_owner, l->cls, perms));
	l = bpf_map_lookup_elem(&kss_ipc, &key);
	if (l) {
		obj = kss_object_of(l->owner, l->gen_owner, s.gen);
		if ((__u32)(l->gen_owner >> 32) != s.gen)
			l->gen_owner = KSS_GEN_ID(s.gen, obj);
		return kss_judge_memo(&s, obj, l->cls, perms, ipcp->id, flag);
	}
	for (i = 0; i < 3; i++) {
		r = kss_judge_memo(&s, obj, cls + i, perms, ipcp->id, flag);
		if (r)
			return r;
	}
	return 0;
}
KSS_STATIC_ASSERT((int)KSS_CLASS_sysv_sem == (int)KSS_CLASS_sysv_msg + 1 && (int)KSS_CLASS_sysv_shm == (int)KSS_CLASS_sysv_msg + 2,
		  "the three classes follow each other");

/* perm is NULL for commands about the whole table; as a number, since a verifier may take it for never NULL. */
KSS_INLINE int kss_ipc_ctl(struct kern_ipc_perm *perm, __u32 cls, __u32 perms, int cmd)
{
	__u64 key;

	KSS_BEGIN(s);
	key = kss_scalar((__u64)perm);
	return kss_judge_memo(&s, key ? kss_ipc_obj(&s, key) : kss_self_obj(&s), cls, perms, cmd, 0);
}

#define IPC_RMID 0
#define IPC_SET 1

KSS_PROG(msg_queue_msgctl, struct kern_ipc_perm *perm, int cmd)
{
	return kss_ipc_ctl(perm, KSS_CLASS_sysv_msg,
			   cmd == IPC_RMID ? KSS_sysv_msg_destroy : cmd == IPC_SET ? KSS_sysv_msg_setattr : KSS_sysv_msg_getattr,
			   cmd);
}

KSS_PROG(shm_shmctl, struct kern_ipc_perm *perm, int cmd)
{
	__u32 perms = KSS_sysv_shm_getattr;

	if (cmd == IPC_RMID)
		perms = KSS_sysv_shm_destroy;
	else if (cmd == IPC_SET || cmd == 11 /* SHM_LOCK */ || cmd == 12 /* SHM_UNLOCK */)
		perms = KSS_sysv_shm_setattr;
	return kss_ipc_ctl(perm, KSS_CLASS_sysv_shm, perms, cmd);
}

KSS_PROG(sem_semctl, struct kern_ipc_perm *perm, int cmd)
{
	__u32 perms = KSS_sysv_sem_getattr;

	if (cmd == IPC_RMID)
		perms = KSS_sysv_sem_destroy;
	else if (cmd == IPC_SET)
		perms = KSS_sysv_sem_setattr;
	else if (cmd == 16 /* SETVAL */ || cmd == 17 /* SETALL */)
		perms = KSS_sysv_sem_write;
	else if (cmd >= 11 && cmd <= 15 /* GETPID … GETZCNT */)
		perms = KSS_sysv_sem_read;
	return kss_ipc_ctl(perm, KSS_CLASS_sysv_sem, perms, cmd);
}

SEC("lsm/key_alloc")
int BPF_PROG(kss_key_alloc, struct key *key, const struct cred *cred, unsigned long flags)
{
	return kss_ipc_make((__u64)key, KSS_CLASS_key, KSS_key_create, flags);
}

SEC("lsm/key_free")
int BPF_PROG(kss_key_free, struct key *key)
{
	__u64 k = (__u64)key;

	bpf_map_delete_elem(&kss_ipc, &k);
	return 0;
}

/* need: enum key_need_perm (5.8). The reference's lowest bit says whether its holder possesses the key. */
KSS_PROG(key_permission, void *key_ref, const struct cred *cred, unsigned int need)
{
	__u64 ref = 0;
	__u32 perms;

	KSS_BEGIN(s);
	/* Its type is one that BTF only declares, so it cannot be loaded as an argument. */
	bpf_probe_read_kernel(&ref, sizeof ref, ctx);
	switch (need) {
	case 1: perms = KSS_key_view; break;
	case 2: perms = KSS_key_read; break;
	case 3: case 7 /* unlink */: perms = KSS_key_write; break;
	case 4: perms = KSS_key_search; break;
	case 5: perms = KSS_key_link; break;
	case 6: perms = KSS_key_setattr; break;
	case 8: case 9: case 10: return 0; /* judged by capability, token or later */
	default: perms = KSS_key_view | KSS_key_read | KSS_key_write | KSS_key_search | KSS_key_link | KSS_key_setattr; break;
	}
	return kss_judge_memo(&s, kss_ipc_obj(&s, ref & ~1ull), KSS_CLASS_key, perms, need, 0);
}
