/* SPDX-License-Identifier: GPL-2.0 */
/* Domains entered by cgroup: the path of the task's cgroup (v2 hierarchy) through the image's automaton. */
#ifndef KSS_BPF_CGROUP_H
#define KSS_BPF_CGROUP_H

#include "walk.h"

#define KSS_CGROUP_DEPTH 32

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct kernfs_node {
	struct kernfs_node *parent; /* to 6.14 */
	const char *name;
};
struct kernfs_node___new {
	struct kernfs_node *__parent; /* from 6.15 */
};
struct cgroup {
	struct kernfs_node *kn;
};
struct css_set {
	struct cgroup *dfl_cgrp;
};
struct task_struct___cg {
	struct css_set *cgroups;
};
#pragma clang attribute pop

KSS_INLINE __u64 kss_kernfs_parent(__u64 kn)
{
	__u64 p = 0;

	if (bpf_core_field_exists(((struct kernfs_node___new *)0)->__parent))
		bpf_core_read(&p, sizeof p, &((struct kernfs_node___new *)kn)->__parent);
	else
		bpf_core_read(&p, sizeof p, &((struct kernfs_node *)kn)->parent);
	return p;
}

/* Is some domain entered from this one in the way `by`, KSS_DOMAIN_BY_*? */
__attribute__((noinline)) int kss_entered_by(__u32 from, __u32 by, __u32 gen)
{
	const struct kss_header *h;
	void *img = kss_image_of(gen, &h);

	return !img || (kss_domain_flags(img, h, from) & by);
}

/* The domain that an exec from domain `from` in this task's cgroup leads to; -1 = none, KSS_DOMAIN_NONE = cannot tell. */
__attribute__((noinline)) long kss_cgroup_entry(__u32 from, __u32 gen)
{
	struct task_struct___cg *task = (void *)bpf_get_current_task();
	__u64 kn = (__u64)BPF_CORE_READ(task, cgroups, dfl_cgrp, kn), p;
	const struct kss_path_state *st;
	const struct kss_header *h;
	struct kss_scratch *sc;
	__u32 slot, i, n, entry = 0, top = 0;
	volatile __u32 *vn;
	int state = KSS_STATE_CGROUP;
	const char *name;
	void *img;
	long len;

	if (!kss_entered_by(from, KSS_DOMAIN_BY_CGROUP, gen))
		return -1;
	if (kss_slot_take(&slot))
		return KSS_DOMAIN_NONE;
	sc = bpf_map_lookup_elem(&kss_scratch, &slot);
	if (!sc)
		return KSS_DOMAIN_NONE;
	vn = &sc->n;
	*vn = 0;
	for (i = 0; i < KSS_CGROUP_DEPTH; i++) {
		p = kss_kernfs_parent(kn);
		if (!p) {
			top = 1;
			break;
		}
		n = *vn;
		sc->comp[n & (KSS_MAX_DEPTH - 1)] = kn;
		*vn = n + 1;
		kn = p;
	}
	if (!top)
		state = KSS_WALK_UNRESOLVED;
	for (i = 0; i < KSS_CGROUP_DEPTH; i++) {
		n = *vn;
		if (i >= n || state < 0)
			break;
		kn = sc->comp[(n - 1 - i) & (KSS_MAX_DEPTH - 1)];
		name = 0;
		bpf_core_read(&name, sizeof name, &((struct kernfs_node *)kn)->name);
		__builtin_memset(sc->name.b, 0, sizeof sc->name.b);
		len = bpf_probe_read_kernel_str(sc->name.b, sizeof sc->name.b, name);
		if (len <= 1) {
			state = KSS_WALK_UNRESOLVED;
			break;
		}
		sc->len = len - 1;
		state = kss_step_name(slot, state, gen);
	}
	kss_slot_give(slot);
	if (state < 0)
		return KSS_DOMAIN_NONE;
	img = kss_image_of(gen, &h);
	if (!img)
		return KSS_DOMAIN_NONE;
	st = kss_state(img, h, state);
	if (st)
		entry = st->entry;
	return entry ? kss_key2(KSS_KEY_EXEC, from, entry, gen) : -1;
}

#endif
