/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From an event to a verdict: who asks (kss_begin), what the image says (kss_judge), and what is reported. The hooks
 * are thin adapters around these.
 */
#ifndef KSS_BPF_JUDGE_H
#define KSS_BPF_JUDGE_H

#include "history.h"
#include "states.h"

/* -EPERM as a constant that the verifier still sees: compilers turn `x ? -1 : 0` into arithmetic, whose range it loses. */
#define KSS_EPERM                                     \
	({                                            \
		int r_;                               \
		asm volatile("%0 = -1" : "=r"(r_));   \
		r_;                                   \
	})

/* A kernel pointer as a number. The verifier knows what a pointer that came from an argument points to and refuses it
 * where a global function takes a number; going through a map value it forgets. */
KSS_INLINE __u64 kss_scalar(__u64 p)
{
	__u64 r = 0;

	bpf_probe_read_kernel(&r, sizeof r, &p);
	return r;
}

/* The same for a pointer that the verifier knows as one, NULL included, at a tenth of the cost: the difference of two
 * pointers is a number, and the current task is to be had as both. */
KSS_INLINE __u64 kss_number(__u64 p)
{
	__u64 task;

	if (!kss_cfg_task_btf)
		return kss_scalar(p);
	task = (__u64)bpf_get_current_task_btf();
	asm volatile("%0 -= %1" : "+r"(p) : "r"(task));
	return p + bpf_get_current_task();
}

/* The subject of one decision and the one generation that it is judged by. */
struct kss_subj {
	struct kss_task *t;
	void *img;
	const struct kss_header *h;
	__u32 gen;
	__u32 dom;
	__u32 how;   /* KSS_HOW_* */
	__u32 asked; /* generation by which the first of several questions was asked */
};

#define KSS_HOW_FILE 1u /* the object's path is an open file's */
#define KSS_HOW_AGAIN 4u /* nothing that happens now: what was opened under another policy is judged again */
#define KSS_HOW_GONE 2u /* its name is about to go: a label is not worth keeping */

#define KSS_WHAT_QUIET 1u     /* no record, whatever the verdict: the kernel only wants to know */
#define KSS_WHAT_AGAIN KSS_HOW_AGAIN
#define KSS_WHAT_INHERITED 2u /* descriptor number arg0, brought into the domain */

/* The object, and what the record shall say of it. */
struct kss_what {
	__u32 obj;
	__u32 perms;
	__u8 cls;
	__u8 reason; /* KSS_REASON_policy: ask the image; else deny for that reason */
	__u8 detail;
	__u8 flags; /* KSS_WHAT_* */
	__u32 peer;
	__u64 dentry, mnt; /* KSS_DETAIL_PATH: what to render */
	__u64 arg0, arg1;
};

KSS_INLINE struct task_struct *kss_current(void)
{
	/* Typed where the kernel has the helper: its fields then cost a load, not a call. */
	return (struct task_struct *)bpf_get_current_task_btf();
}

/* The same for KSS_PROG and KSS_BEGIN_UNLESS; NULL where its fields are not to be had, or not needed. */
KSS_INLINE struct task_struct *kss_me(void)
{
	return kss_cfg_leave || kss_cfg_labels ? kss_current() : 0;
}

/* Label of any task, NULL if it has none: it is unconfined. */
KSS_INLINE struct kss_task *kss_label_of(struct task_struct *task)
{
	if (kss_cfg_task_storage) {
		return bpf_task_storage_get(&kss_tasks, task, 0, 0);
	} else {
		__u64 key = (__u64)task;

		return bpf_map_lookup_elem(&kss_tasks_hash, &key);
	}
}

/* Label of the current task. Unconfined tasks leave here: their cost is this function and the trampoline. */
KSS_INLINE struct kss_task *kss_label(void)
{
	if (kss_cfg_task_storage) {
		struct task_struct *task = kss_current();

		if (!task->bpf_storage)
			return 0;
		return bpf_task_storage_get(&kss_tasks, task, 0, 0);
	} else {
		__u64 key = bpf_get_current_task();

		return bpf_map_lookup_elem(&kss_tasks_hash, &key);
	}
}

/* The image in force and its header, NULL if it is of another generation than this decision's. */
KSS_INLINE kss_img_t kss_image_of(__u32 gen, const struct kss_header **h)
{
	kss_img_t img = kss_open(&kss_images);

	*h = img ? kss_hdr(img) : 0;
	return *h && (*h)->generation == gen ? img : 0;
}

/* A key of at most 16 bytes, laid out as struct kss_name; the core reads no further than len. */
struct kss_key16 {
	__u32 len;
	__u32 pad;
	__u64 w[2];
};

/*
 * Domain id of a name in the image in force, KSS_DOMAIN_NONE if it has none of that name or is another generation.
 * A global function: verified once a program, whatever the number of calls.
 */
__attribute__((noinline)) int kss_domain_of(__u64 name, __u32 gen)
{
	struct kss_key16 k = { .len = 8, .w = { name, 0 } };
	const struct kss_header *h;
	__u32 dom;
	void *img = kss_image_of(gen, &h);

	if (!img || !kss_find_key(img, h, KSS_KEY_DOMAIN, (const struct kss_name *)&k, 8, &dom))
		return KSS_DOMAIN_NONE;
	return dom;
}

/* Value of a key of two 32-bit words, -1 if there is none. */
__attribute__((noinline)) long kss_key2(__u32 space, __u32 a, __u32 b, __u32 gen)
{
	struct kss_key16 k = { .len = 8, .w = { (__u64)b << 32 | a, 0 } };
	const struct kss_header *h;
	__u32 value;
	void *img = kss_image_of(gen, &h);

	if (!img || !kss_find_key(img, h, space, (const struct kss_name *)&k, 8, &value))
		return -1;
	return value;
}

/* Object id of a domain known by name: its processes, IPC objects and sockets. */
KSS_INLINE __u32 kss_object_of(__u64 name, __u64 gen_cached, __u32 gen)
{
	if (!name)
		return KSS_OBJ_DOMAINS + KSS_DOMAIN_UNCONFINED;
	if ((__u32)(gen_cached >> 32) == gen)
		return (__u32)gen_cached;
	return KSS_OBJ_DOMAINS + kss_domain_of(name, gen);
}

/* Takes the image in force for this decision. */
KSS_INLINE int kss_take_image(struct kss_subj *s)
{
	s->img = kss_open(&kss_images);
	if (!s->img)
		return 0;
	s->h = kss_hdr(s->img);
	if (!s->h)
		return 0;
	s->gen = s->h->generation;
	return 1;
}

/* Sends the record that stands in a slot, and gives the slot back. */
KSS_INLINE void kss_emit(struct kss_scratch *sc, __u32 slot)
{
	__u64 p = bpf_get_current_pid_tgid();

	sc->rec.time = bpf_ktime_get_boot_ns();
	sc->rec.pid = p >> 32;
	sc->rec.tid = (__u32)p;
	sc->rec.uid = (__u32)bpf_get_current_uid_gid();
	bpf_get_current_comm(sc->rec.comm, sizeof sc->rec.comm);
	if (bpf_ringbuf_output(&kss_events, &sc->rec, sizeof sc->rec, 0))
		kss_count(KSS_COUNT_lost);
	else
		kss_count(KSS_COUNT_audited);
	kss_slot_give(slot);
}

/* May this record be written, by the rate of its (domain, class)? Returns the number suppressed before it, or -1. */
KSS_INLINE long kss_rate_ok(__u32 dom, __u32 cls)
{
	__u64 key = (__u64)dom << 32 | cls, now = bpf_ktime_get_boot_ns();
	struct kss_bucket *b = bpf_map_lookup_elem(&kss_rate, &key), fresh = { .window = now, .used = 1 };
	long n;

	if (!b) {
		bpf_map_update_elem(&kss_rate, &key, &fresh, BPF_ANY);
		return 0;
	}
	if (now - b->window > 1000000000ull) {
		b->window = now;
		b->used = 0;
	}
	if (b->used >= kss_cfg_rate) {
		b->suppressed++;
		return -1;
	}
	b->used++;
	n = b->suppressed;
	b->suppressed = 0;
	return n;
}

/* Is a denial of this domain to be let through? */
KSS_INLINE __u32 kss_permissive(__u32 dom, __u32 gen)
{
	const struct kss_header *h;
	void *img = kss_image_of(gen, &h);

	if (!img || dom == KSS_DOMAIN_NONE)
		return 0;
	return (h->flags & KSS_IMAGE_PERMISSIVE) || (kss_domain_flags(img, h, dom) & KSS_DOMAIN_PERMISSIVE);
}

/*
 * Ends a judgement that is not a plain grant: decides whether a denial is enforced and writes the record that stands in
 * a slot (KSS_NO_SLOT: there was none free, so no record). Returns 1 to deny. The last argument is
 * reason | quiet << 16 | path rendered << 17 | inherited << 18.
 */
__attribute__((noinline)) int kss_finish(__u32 slot, __u32 dom, __u32 gen, __u32 denied, __u32 quiet_reason)
{
	__u32 quiet = quiet_reason >> 16 & 1, path = quiet_reason >> 17 & 1, reason = quiet_reason & 0xffff, permissive = 0;
	struct kss_scratch *sc;
	long suppressed;

	if (!kss_ctl.armed)
		quiet = 1; /* the loader's self-test */
	else if (denied) {
		if (reason == KSS_REASON_policy || reason == KSS_REASON_unresolved || reason == KSS_REASON_no_digest ||
		    reason == KSS_REASON_no_cgroup || reason == KSS_REASON_state)
			permissive = kss_permissive(dom, gen);
		kss_count(permissive ? KSS_COUNT_permissive : KSS_COUNT_denials);
	}
	sc = bpf_map_lookup_elem(&kss_scratch, &slot);
	if (!sc) {
		kss_count(KSS_COUNT_lost);
		return denied && !permissive;
	}
	suppressed = quiet ? -1 : kss_rate_ok(dom, sc->rec.cls);
	if (suppressed < 0) {
		if (!quiet)
			kss_count(KSS_COUNT_limited);
		kss_slot_give(slot);
		return denied && !permissive;
	}
	sc->rec.generation = gen;
	sc->rec.domain = dom;
	sc->rec.denied = denied;
	sc->rec.verdict = denied ? KSS_DENY : KSS_GRANT;
	sc->rec.reason = reason;
	sc->rec.flags = (permissive ? KSS_AUDIT_PERMISSIVE : 0) | (quiet_reason >> 18 ? KSS_AUDIT_INHERITED : 0);
	sc->rec.suppressed = suppressed;
	if (path)
		sc->rec.flags |= sc->path_flags;
	else
		sc->rec.path_len = 0;
	if (sc->rec.detail == KSS_DETAIL_INET) {
		/* arg[] are the address; peer carries family << 16 | port. */
		__builtin_memcpy(sc->rec.inet, sc->rec.arg, 16);
		sc->rec.inet_family = sc->rec.peer >> 16;
		sc->rec.inet_port = (__u16)sc->rec.peer;
		sc->rec.inet_proto = sc->rec.cls - KSS_CLASS_tcp;
		sc->rec.peer = 0;
		sc->rec.arg[0] = sc->rec.arg[1] = 0;
	} else {
		__builtin_memset(sc->rec.inet, 0, 16);
		sc->rec.inet_family = sc->rec.inet_port = sc->rec.inet_proto = 0;
	}
	kss_emit(sc, slot);
	return denied && !permissive;
}

KSS_INLINE __u32 kss_fill(const struct kss_what *w, struct kss_scratch **out)
{
	struct kss_scratch *sc;
	__u32 slot;

	kss_slot_take(&slot);
	sc = bpf_map_lookup_elem(&kss_scratch, &slot);
	if (sc) {
		sc->rec.object = w->obj;
		sc->rec.perms = w->perms;
		sc->rec.cls = w->cls;
		sc->rec.detail = w->detail;
		sc->rec.peer = w->peer;
		sc->rec.arg[0] = w->arg0;
		sc->rec.arg[1] = w->arg1;
	}
	*out = sc;
	return slot;
}

/* What keeps an event from being a plain grant; sets w->reason. Returns the permissions denied. `quiet`: 1 = no record,
 * 2 = and nothing else is left to do. `machine`: the flow or formula that denies. */
KSS_INLINE __u32 kss_why(struct kss_what *w, void *img, __u32 dom, __u32 *quiet, __u32 *machine)
{
	const struct kss_header *h = kss_hdr(img);
	const struct kss_av *av;
	__u32 denied;

	*machine = 0;
	*quiet = w->flags & KSS_WHAT_QUIET;
	if (w->reason != KSS_REASON_policy)
		return w->perms;
	av = h ? kss_vector(img, h, dom, w->obj, w->cls) : 0;
	if (!av) {
		w->reason = KSS_REASON_image;
		return w->perms;
	}
	denied = w->perms & ~av->allow;
	if (denied && !(denied & ~av->quiet))
		*quiet = 1;
	if (!denied && (w->perms & av->care)) {
		int r = kss_machines(KSS_GEN_ID(h->generation, dom), (__u64)w->obj << 32 | w->cls, w->perms,
				     w->flags & (KSS_WHAT_QUIET | KSS_WHAT_AGAIN));

		if (!r) {
			if (!(w->perms & av->audit & ~av->quiet))
				*quiet = 2;
			return 0;
		}
		w->reason = r < 0 ? KSS_REASON_state_lost : KSS_REASON_state;
		*machine = r - 1;
		return w->perms;
	}
	if (w->obj == KSS_OBJ_unresolved)
		w->reason = KSS_REASON_unresolved;
	else if (dom == KSS_DOMAIN_NONE)
		w->reason = KSS_REASON_unknown_domain;
	return denied;
}

/* Everything but a plain grant: the question is put again, with an eye to what the record shall say. */
static __attribute__((noinline)) int kss_slow(struct kss_what *w, void *img, __u32 dom, __u32 gen)
{
	__u32 quiet, machine, denied = kss_why(w, img, dom, &quiet, &machine), slot;
	struct kss_scratch *sc;

	if (quiet == 2)
		return 0;
	slot = kss_fill(w, &sc);
	if (sc)
		sc->rec.machine = machine;
	if (kss_finish(slot, dom, gen, denied, (__u32)(w->flags & KSS_WHAT_INHERITED) << 17 | quiet << 16 | w->reason))
		return KSS_EPERM;
	return 0;
}

static int kss_slow_path(struct kss_what *w, void *img, __u32 dom, __u32 gen);

/* Granted, and nothing to be audited? */
KSS_INLINE int kss_granted(const struct kss_subj *s, __u32 obj, __u32 cls, __u32 perms)
{
	const struct kss_av *av = kss_vector(s->img, s->h, s->dom, obj, cls);

	return kss_likely(av != 0) && !(perms & ~av->allow) && !(perms & av->audit);
}

/* Permissions granted and not audited. */
KSS_INLINE __u32 kss_plain(const struct kss_subj *s, __u32 obj, __u32 cls)
{
	const struct kss_av *av = kss_vector(s->img, s->h, s->dom, obj, cls);

	return av ? av->allow & ~av->audit : 0;
}

/* The current CPU's memory, NULL where there is none. */
KSS_INLINE struct kss_cpu *kss_cpu(void)
{
#ifdef KSS_NO_LOOP /* kernels of its age lack the exchange by which a writer claims it (5.12) */
	return 0;
#else
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&kss_cpus, &cpu);
#endif
}

/* A writer's two ends; see struct kss_cpu. All on one CPU, so order is the compiler's alone. */
KSS_INLINE struct kss_cpu *kss_cpu_claim(void)
{
	struct kss_cpu *c = kss_cpu();

#ifndef KSS_NO_LOOP
	if (!c || __sync_lock_test_and_set(&c->busy, 1))
		return 0;
	*(volatile __u64 *)&c->version += 1;
	barrier();
#endif
	return c;
}
KSS_INLINE void kss_cpu_release(struct kss_cpu *c)
{
#ifndef KSS_NO_LOOP
	barrier();
	__sync_lock_test_and_set(&c->busy, 0);
#endif
}

/* A reader's: what is read in between may be used if both say 1. */
KSS_INLINE int kss_cpu_read(struct kss_cpu *c, __u64 *version)
{
	*version = *(volatile __u64 *)&c->version;
	return !*(volatile __u32 *)&c->busy;
}
KSS_INLINE int kss_cpu_same(struct kss_cpu *c, __u64 version)
{
	barrier();
	return *(volatile __u64 *)&c->version == version;
}

/* Functions that write it: global ones, whose arguments are thrown away where they do nothing, which a verifier resents. */
#ifdef KSS_NO_LOOP
#define KSS_NOTE KSS_INLINE
#else
#define KSS_NOTE __attribute__((noinline))
#endif

/* Notes who runs here, and what its label says. Always 0. */
KSS_NOTE int kss_remember(__u64 gen_dom, __u64 name)
{
	struct kss_cpu *c;

	if (!kss_cfg_labels)
		return 0;
	c = kss_cpu_claim();
	if (!c)
		return 0;
	c->task = bpf_get_current_task();
	c->start = kss_current()->start_boottime;
	c->gen_dom = gen_dom;
	c->name = name;
	c->gen = gen_dom >> 32;
	c->epoch = kss_ctl.task_epoch;
	kss_cpu_release(c);
	return 0;
}

/*
 * Does this CPU remember the current task, in the generation whose memory may grant? Then it is the subject, and the image
 * has not been looked at: s->img and s->h are not there yet. Memory and labels never deny; none is of generation 0. Begins
 * a reading.
 */
KSS_INLINE int kss_remembered(struct kss_subj *s, struct kss_cpu *c, struct task_struct *task, __u64 *version)
{
	__u64 gd;

	if (!c || !kss_cpu_read(c, version) || c->task != (__u64)task || c->start != task->start_boottime ||
	    *(volatile __u64 *)&c->gen != *(volatile __u64 *)&kss_ctl.label_gen)
		return 0;
	gd = c->gen_dom;
	s->dom = (__u32)gd;
	s->gen = gd >> 32;
	return 1;
}

/* Notes a verdict. Always 0. */
KSS_NOTE int kss_memo_put(__u64 gen_obj, __u32 dom_cls, __u32 plain)
{
	struct kss_cpu *c = kss_cpu_claim();
	struct kss_memo *m;

	if (!c)
		return 0;
	m = &c->memo[((__u32)gen_obj + (__u8)dom_cls) & (KSS_MEMOS - 1)];
	m->gen_obj = gen_obj;
	m->dom_cls = dom_cls;
	m->plain = plain;
	kss_cpu_release(c);
	return 0;
}

/* Granted plainly, by what this CPU remembers? To be asked in a reading of its memory. */
KSS_INLINE int kss_memo_grants(const struct kss_subj *s, const struct kss_cpu *c, __u32 obj, __u32 cls, __u32 perms)
{
	const struct kss_memo *m = &c->memo[(obj + cls) & (KSS_MEMOS - 1)];

	return m->gen_obj == KSS_GEN_ID(s->gen, obj) && m->dom_cls == (s->dom << 8 | cls) && !(perms & ~m->plain);
}

/* The same, with its reading. */
KSS_INLINE int kss_memo_known(const struct kss_subj *s, __u32 obj, __u32 cls, __u32 perms)
{
	struct kss_cpu *c = kss_cpu();
	__u64 version;

	return c && kss_cpu_read(c, &version) && kss_memo_grants(s, c, obj, cls, perms) && kss_cpu_same(c, version);
}

/* Granted, and nothing to be audited? If this CPU does not remember it, the image is asked, and that remembered. */
KSS_INLINE int kss_granted_memo(const struct kss_subj *s, __u32 obj, __u32 cls, __u32 perms)
{
	__u32 plain;

	if (kss_likely(kss_memo_known(s, obj, cls, perms)))
		return 1;
	plain = kss_plain(s, obj, cls);
	kss_memo_put(KSS_GEN_ID(s->gen, obj), s->dom << 8 | cls, plain);
	return !(perms & ~plain);
}

/*
 * The verdict on an event: 0 or -EPERM; the second form renders w->dentry, w->mnt into the record. What the slow way
 * takes by address is copied there, so that a plain grant needs no structure in memory.
 */
KSS_INLINE int kss_judge(const struct kss_subj *s, const struct kss_what *w)
{
	struct kss_what w2;

	if (kss_likely(w->reason == KSS_REASON_policy && kss_granted(s, w->obj, w->cls, w->perms)))
		return 0;
	w2 = *w;
	return kss_slow(&w2, s->img, s->dom, s->gen);
}
KSS_INLINE int kss_judge_shown(const struct kss_subj *s, const struct kss_what *w)
{
	struct kss_what w2;

	if (kss_likely(kss_granted(s, w->obj, w->cls, w->perms)))
		return 0;
	w2 = *w;
	return kss_slow_path(&w2, s->img, s->dom, s->gen);
}
/* The second form where `w` is in memory anyway: no copy on a stack that has no room for it. */
KSS_INLINE int kss_judge_in_place(const struct kss_subj *s, struct kss_what *w)
{
	w->reason = KSS_REASON_policy;
	return kss_likely(kss_granted(s, w->obj, w->cls, w->perms)) ? 0 : kss_slow_path(w, s->img, s->dom, s->gen);
}

/* A judgement about a facility or a peer, with up to two numbers for the record. */
KSS_INLINE int kss_judge_plain(const struct kss_subj *s, __u32 obj, __u32 cls, __u32 perms, __u64 arg0, __u64 arg1)
{
	struct kss_what w = { .obj = obj, .cls = cls, .perms = perms, .detail = KSS_DETAIL_NUMBER, .arg0 = arg0,
			      .arg1 = arg1 };

	return kss_judge(s, &w);
}

/* The same, by what the CPU remembers; see kss_granted_memo. */
KSS_INLINE int kss_judge_memo(const struct kss_subj *s, __u32 obj, __u32 cls, __u32 perms, __u64 arg0, __u64 arg1)
{
	struct kss_what w;

	if (kss_likely(kss_granted_memo(s, obj, cls, perms)))
		return 0;
	w = (struct kss_what){ .obj = obj, .cls = cls, .perms = perms, .detail = KSS_DETAIL_NUMBER, .arg0 = arg0,
			       .arg1 = arg1 };
	return kss_slow(&w, s->img, s->dom, s->gen);
}

/* name64 of a domain of the image in force, 0 if there is none such. */
KSS_INLINE __u64 kss_domain_name(const struct kss_subj *s, __u32 dom)
{
	const struct kss_domain_info *i = kss_chunk(s->img, s->h->info_base + (dom >> 1));

	return i ? i[dom & 1].name : 0;
}

/*
 * Is the current task the agent of a sealed policy? It is a task whose own label says so, and whose process was the last
 * to ask for it before sealing. The label ends with the task and no child inherits it: a later process of the same
 * number has no rights.
 */
__attribute__((noinline)) int kss_is_agent(void)
{
	struct kss_task *t = kss_label();

	return t && (t->flags & KSS_TASK_AGENT) && (__u32)(bpf_get_current_pid_tgid() >> 32) == kss_ctl.agent;
}

/* Is the policy sealed? A policy that is not to be pays nothing for the question. */
KSS_INLINE int kss_sealed(void)
{
	return kss_cfg_seal && kss_ctl.sealed;
}

KSS_INLINE __u32 kss_self_obj(const struct kss_subj *s)
{
	return KSS_OBJ_DOMAINS + s->dom;
}


/* There is no image to judge by: what a confined task does then is denied. */
__attribute__((noinline)) int kss_no_image(void)
{
	struct kss_what w = { .cls = KSS_CLASS_process };
	struct kss_scratch *sc;
	__u32 slot = kss_fill(&w, &sc);

	kss_finish(slot, KSS_DOMAIN_NONE, 0, 1, KSS_REASON_image);
	return 0;
}

/* Who asks? 0: the current task is unconfined. */
KSS_INLINE int kss_confined(struct kss_subj *s)
{
	s->t = kss_label();
	return s->t && s->t->name;
}

/* Generation in force and a domain's id in it, KSS_DOMAIN_NONE if it has none of that name. A global function, which takes
 * no room on its callers' stack. */
__attribute__((noinline)) __u64 kss_find_self(__u64 name)
{
	struct kss_subj s = { .dom = KSS_DOMAIN_NONE };
	int n;

	/* Twice, if a swap comes between taking the image and looking into it. */
	for (n = 0; n < 2 && s.dom == KSS_DOMAIN_NONE; n++) {
		if (!kss_take_image(&s))
			return KSS_GEN_ID(0, KSS_DOMAIN_NONE);
		s.dom = kss_domain_of(name, s.gen);
	}
	return KSS_GEN_ID(s.gen, s.dom);
}

/* Who a confined task is by the image in force. 0: there is none, deny. */
KSS_INLINE int kss_by_image(struct kss_subj *s)
{
	__u64 gd = s->t->gen_dom;
	int taken = kss_take_image(s);

	if (kss_unlikely(taken && (__u32)(gd >> 32) != s->gen)) {
		gd = kss_find_self(s->t->name);
		taken = kss_take_image(s);
		if (taken && (__u32)(gd >> 32) != s->gen)
			gd = kss_find_self(s->t->name); /* a swap came between */
		s->t->gen_dom = gd;
	}
	if (kss_unlikely(!taken)) {
		kss_no_image();
		return 0;
	}
	/* Another generation yet: three swaps came between. Denied, and worked out anew at the next hook. */
	s->dom = kss_likely((__u32)(gd >> 32) == s->gen) ? (__u32)gd : KSS_DOMAIN_NONE;
	return 1;
}

/* 0: the current task is unconfined, let it pass. 1: judge. -1: deny. */
KSS_INLINE int kss_begin(struct kss_subj *s)
{
	if (kss_likely(!kss_confined(s)))
		return 0;
	return kss_by_image(s) ? 1 : -1;
}

/* Somebody does what only the agent may while the policy is sealed. 1: it is not the agent; that is on record. */
__attribute__((noinline)) int kss_guard(__u32 cls, __u32 perms, __u64 arg)
{
	struct kss_what w = { .obj = KSS_OBJ_system, .cls = cls, .perms = perms, .reason = KSS_REASON_sealed,
			      .detail = KSS_DETAIL_NUMBER, .arg0 = arg };
	struct kss_subj s = {};
	int begun;

	if (!kss_sealed() || kss_is_agent())
		return 0;
	begun = kss_begin(&s);
	if (begun < 0)
		return 1;
	if (!begun) {
		if (!kss_take_image(&s))
			return 1;
		s.dom = KSS_DOMAIN_UNCONFINED;
	}
	kss_slow(&w, s.img, s.dom, s.gen);
	return 1;
}

#endif
