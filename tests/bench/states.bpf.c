/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Models with state as the kernel judges them (bpf/states.h), without hooks: the task and the time are what the trace says.
 * An event is a run of the program, so that BPF_PROG_TEST_RUN can run it on any machine. states_replay.cpp loads it.
 */
#include "bpf/maps.h"
#include "tests/differential/vectors.h"
#include "states_replay.h"

struct states_shared shared SEC(".bss");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, KSS_TRACE_TASKS);
	__type(key, __u32);
	__type(value, struct kss_task_cells);
} own_cells SEC(".maps");

/* In place of bpf/history.h. */
KSS_INLINE struct kss_task_cells *kss_own_cells(void)
{
	__u32 task = shared.task;

	return bpf_map_lookup_elem(&own_cells, &task);
}

KSS_INLINE __u64 kss_now(void)
{
	return shared.now;
}

#include "bpf/states.h"

KSS_INLINE void fork_cells(__u32 parent, __u32 child)
{
	struct kss_task_cells *from = bpf_map_lookup_elem(&own_cells, &parent);
	struct kss_task_cells *to = bpf_map_lookup_elem(&own_cells, &child);

	if (from && to)
		*to = *from;
}

/* As kss_why() does it. */
KSS_INLINE void act(struct states_event *e)
{
	__u32 dom = e->dom, obj = e->obj, cls = e->cls, perms = e->perms;
	const struct kss_header *h;
	const struct kss_av *av;
	void *img = kss_open(&kss_images);

	h = img ? kss_hdr(img) : 0;
	av = h ? kss_vector(img, h, dom, obj, cls) : 0;
	if (!av)
		return;
	if (perms & ~av->allow) {
		e->have = KSS_TRACE_BY_RULES;
		return;
	}
	if (!kss_cfg_cells || !(perms & av->care)) {
		e->have = 0;
		return;
	}
	shared.task = e->task;
	shared.now = e->time;
	e->asked = kss_machines(KSS_GEN_ID(h->generation, dom), (__u64)obj << 32 | cls, perms, 1);
	e->have = kss_machines(KSS_GEN_ID(h->generation, dom), (__u64)obj << 32 | cls, perms, 0);
}

SEC("tc")
int states_next(void *ctx)
{
	__u32 at = shared.at;
	struct states_event *e;

	if (at >= STATES_BATCH)
		return 1;
	shared.at = at + 1;
	kss_opaque(at);
	e = &shared.event[at & (STATES_BATCH - 1)];
	if (e->kind == KSS_TRACE_FORK)
		fork_cells(e->task, e->dom);
	else if (e->kind == KSS_TRACE_ACT)
		act(e);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
