/* SPDX-License-Identifier: GPL-2.0 */
/* How a program of a hook begins: who has no business here leaves, and what is remembered may be enough. */
#ifndef KSS_BPF_PROGRAM_H
#define KSS_BPF_PROGRAM_H

#include "judge.h"

/*
 * A program of an LSM hook that is nothing to a task without a label: such a task leaves before arguments are looked at.
 * KSS_PROG_AFTER has something to do first, for every task. KSS_PROG_APART is for where leaving has to be cheapest: what the
 * others need is a function of its own, so that no registers are saved for it; but not where stacks have no room for that
 * (kernels of KSS_NO_LOOP's age). `me` is the current task, NULL where its fields are not to be had. What an earlier program
 * said need not be asked: a trampoline stops at the first that denies. It is read all the same (KSS_TAKES): it stands behind
 * the parameters, so a verifier refuses the program where the kernel's hook has fewer of them.
 */
#define KSS_TAKES(ctx, args...)                                                                        \
	({                                                                                             \
		__u64 behind_;                                                                         \
		asm volatile("%0 = *(u64 *)(%1 + %2)" : "=r"(behind_) : "r"(ctx), "i"(8 * ___bpf_narg(args))); \
	})
#define KSS_PROG_AS(apart, before, hook, args...)                                                   \
	KSS_INLINE int kss_##hook##_args(struct task_struct *me, unsigned long long *ctx, ##args);  \
	apart int kss_##hook##_apart(struct task_struct *me, unsigned long long *ctx)               \
	{                                                                                           \
		KSS_TAKES(ctx, ##args);                                                             \
		_Pragma("GCC diagnostic push")                                                      \
		_Pragma("GCC diagnostic ignored \"-Wint-conversion\"")                              \
		return kss_##hook##_args(me, ___bpf_ctx_cast(args));                                \
		_Pragma("GCC diagnostic pop")                                                       \
	}                                                                                           \
	SEC("lsm/" #hook)                                                                           \
	int kss_##hook(unsigned long long *ctx)                                                     \
	{                                                                                           \
		struct task_struct *me = 0;                                                         \
		before;                                                                             \
		if (kss_cfg_leave) {                                                                \
			me = kss_current();                                                         \
			if (kss_likely(!me->bpf_storage))                                           \
				KSS_LEAVE;                                                          \
		} else if (kss_cfg_labels) {                                                        \
			me = kss_current();                                                         \
		}                                                                                   \
		return kss_##hook##_apart(me, ctx);                                                 \
	}                                                                                           \
	KSS_INLINE int kss_##hook##_args(struct task_struct *me, unsigned long long *ctx, ##args)
#ifdef KSS_NO_LOOP
#define KSS_APART KSS_INLINE
#else
#define KSS_APART static __attribute__((noinline))
#endif
#define KSS_PROG(hook, args...) KSS_PROG_AS(KSS_INLINE, (void)0, hook, ##args)
#define KSS_PROG_APART(hook, args...) KSS_PROG_AS(KSS_APART, (void)0, hook, ##args)
#define KSS_PROG_AFTER(before, hook, args...) KSS_PROG_AS(KSS_INLINE, before, hook, ##args)

/* The end of a program, 0. Compilers would go to one end from everywhere, and carry the result there. */
#define KSS_LEAVE                                          \
	({                                                 \
		asm volatile("r0 = 0; exit" : : : "r0");   \
		__builtin_unreachable();                   \
	})

/*
 * The start of a hook: `s` is the subject, or the hook has returned. The second form returns, too, where `known` says that
 * what this CPU and the labels remember is enough for a grant: what most calls of a hot hook come to. There, `me` is the
 * current task, as in KSS_PROG, `cpu` the CPU's memory, and s.dom and s.gen are all that there is of the subject.
 */
#define KSS_BEGIN(s)                          \
	struct kss_subj s = {};               \
	int begun_##s = kss_begin(&s);        \
	if (kss_likely(begun_##s == 0))       \
		return 0;                     \
	if (kss_unlikely(begun_##s < 0))      \
		return KSS_EPERM;
#define KSS_BEGIN_UNLESS(s, cpu, known)                                                  \
	if (kss_cfg_labels) { /* in place of the tests by which each of the three is used elsewhere */ \
		struct kss_subj s = {}; /* its own, which is in registers */                   \
		struct kss_cpu *cpu;                                                           \
		__u64 version;                                                                 \
		if (!me->bpf_storage)                                                          \
			return 0;                                                              \
		cpu = kss_cpu();                                                               \
		if (kss_likely(kss_remembered(&s, cpu, me, &version)) && kss_likely(known) && \
		    kss_likely(kss_cpu_same(cpu, version)))                                    \
			return 0;                                                              \
	}                                                                                      \
	struct kss_subj s = {};                                                                \
	if (!kss_confined(&s))                                                                 \
		return 0;                                                                      \
	if (kss_unlikely(!kss_by_image(&s)))                                                   \
		return KSS_EPERM;                                                              \
	kss_remember(s.t->gen_dom, s.t->name);

#endif
