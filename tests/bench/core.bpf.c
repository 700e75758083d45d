/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The decision core as BPF, without hooks: programs of a type that BPF_PROG_TEST_RUN can run on any machine. Pairs
 * (empty, verdict) differ in the verdict alone. core_bench.c loads them.
 */
#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "kss/image.h"
#include "kss/port_bpf.h"
#include "tests/differential/vectors.h"
#include "core.h"

/* As in bpf/maps.h. */
struct kss_image_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_INNER_MAP | BPF_F_RDONLY_PROG | BPF_F_MMAPABLE);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct kss_chunk));
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct kss_image_map);
} kss_images SEC(".maps");

struct core_shared shared SEC(".bss");

/* 1 = grant. What bpf/judge.h does once it knows subject and object. */
KSS_INLINE int verdict(__u32 dom, __u32 obj, __u32 cls, __u32 perms)
{
	const struct kss_header *h;
	const struct kss_av *av;
	void *img = kss_open(&kss_images);

	if (!img)
		return 0;
	h = kss_hdr(img);
	if (!h)
		return 0;
	av = kss_vector(img, h, dom, obj, cls);
	if (!av)
		return 0;
	return !(perms & ~av->allow) && !(perms & av->audit);
}

SEC("tc")
int empty(void *ctx)
{
	return 0;
}

/* Always the same question; all that it reads stays in the first-level cache. */
SEC("tc")
int one_empty(void *ctx)
{
	return shared.dom + shared.obj + shared.cls + shared.perms;
}

SEC("tc")
int one_verdict(void *ctx)
{
	return verdict(shared.dom, shared.obj, shared.cls, shared.perms);
}

/* Another question each time. `chain` != 0 makes a question wait for the last one's answer. */
KSS_INLINE __u32 next_random(void)
{
	__u32 r = shared.random * 1664525 + 1013904223;

	shared.random = r;
	return r;
}

KSS_INLINE __u32 pick_domain(__u32 r)
{
	return (__u64)r * shared.ndomains >> 32;
}

KSS_INLINE __u32 pick_object(__u32 r)
{
	return (__u64)(r * 2654435769u) * shared.nobjects >> 32;
}

SEC("tc")
int random_empty(void *ctx)
{
	__u32 r = next_random();

	return pick_domain(r) + pick_object(r) + shared.cls + shared.perms;
}

SEC("tc")
int random_verdict(void *ctx)
{
	__u32 r = next_random();

	return verdict(pick_domain(r), pick_object(r), shared.cls, shared.perms);
}

SEC("tc")
int chain_empty(void *ctx)
{
	__u32 r = next_random();

	shared.random += (pick_domain(r) ^ pick_object(r)) & 1;
	return 0;
}

SEC("tc")
int chain_verdict(void *ctx)
{
	__u32 r = next_random();

	shared.random += verdict(pick_domain(r), pick_object(r), shared.cls, shared.perms);
	return 0;
}

/* ---- the vectors of tests/differential, one event a run ---- */

struct walk {
	void *img;
	__u32 state;
};

static __attribute__((noinline)) long walk_step(__u32 i, void *ctx)
{
	struct walk *w = ctx;
	const struct kss_header *h;
	const struct core_component *c;

	if (i >= shared.ncomponents || i >= CORE_COMPONENTS)
		return 1;
	h = kss_hdr(w->img);
	if (!h) {
		w->state = KSS_STEP_ERROR;
		return 1;
	}
	kss_opaque(i);
	c = &shared.component[i & (CORE_COMPONENTS - 1)];
	w->state = kss_step(w->img, h, w->state, (const struct kss_name *)c);
	return w->state == KSS_STEP_ERROR;
}

static __attribute__((noinline)) __u32 walk(void *img, __u32 state)
{
	struct walk w = { .img = img, .state = state };

	if (!shared.has_path)
		return KSS_STEP_ERROR;
	bpf_loop(CORE_COMPONENTS, walk_step, &w, 0);
	return w.state;
}

struct key16 {
	__u32 len, pad;
	__u64 w[2];
};

static __attribute__((noinline)) __u32 find2(void *img, __u32 space, __u32 a, __u32 b, __u32 otherwise)
{
	struct key16 k = { .len = 8, .w = { (__u64)b << 32 | a, 0 } };
	const struct kss_header *h = kss_hdr(img);
	__u32 value;

	if (!h)
		return otherwise;
	return kss_find_key(img, h, space, (const struct kss_name *)&k, 8, &value) ? value : otherwise;
}

static __attribute__((noinline)) __u32 find_device(void *img, __u32 kind, __u32 major, __u32 minor, __u32 otherwise)
{
	struct key16 k = { .len = 12, .w = { (__u64)major << 32 | kind, minor } };
	const struct kss_header *h = kss_hdr(img);
	__u32 value;

	if (!h)
		return otherwise;
	return kss_find_key(img, h, KSS_KEY_DEVICE, (const struct kss_name *)&k, 12, &value) ? value : otherwise;
}

static __attribute__((noinline)) __u32 exec_domain(void *img, __u32 dom)
{
	const struct kss_header *h = kss_hdr(img);
	__u32 state = walk(img, KSS_STATE_ROOT), entry = 0, obj = KSS_OBJ_unresolved, to;

	if (!h)
		return dom;
	if (state != KSS_STEP_ERROR) {
		entry = kss_state_entry(img, h, state);
		obj = kss_state_type(img, h, state);
	}
	to = entry ? find2(img, KSS_KEY_EXEC, dom, entry, ~0u) : ~0u;
	return to != ~0u ? to : find2(img, KSS_KEY_EXECTYPE, dom, obj, dom);
}

SEC("tc")
int vectors(void *ctx)
{
	const struct kss_av *av;
	const struct kss_header *h;
	__u32 state, value;
	void *img = kss_open(&kss_images);

	shared.have[0] = shared.have[1] = shared.have[2] = 0;
	if (!img)
		return 1;
	h = kss_hdr(img);
	if (!h)
		return 1;
	switch (shared.kind) {
	case KSS_VEC_ACCESS:
		av = kss_vector(img, h, shared.arg[0], shared.arg[1], shared.arg[2]);
		if (!av)
			break;
		shared.have[0] = av->allow;
		shared.have[1] = av->audit & ~av->quiet;
		shared.have[2] = av->quiet & ~av->allow;
		break;
	case KSS_VEC_PATH:
		state = walk(img, KSS_STATE_ROOT);
		if (state == KSS_STEP_ERROR) {
			shared.have[2] = 1;
			break;
		}
		shared.have[0] = kss_state_type(img, h, state);
		shared.have[1] = kss_state_entry(img, h, state);
		break;
	case KSS_VEC_ABSTRACT:
		state = walk(img, KSS_STATE_ABSTRACT);
		shared.have[0] = state == KSS_STEP_ERROR ? (__u32)KSS_OBJ_unresolved : kss_state_type(img, h, state);
		break;
	case KSS_VEC_INET:
		shared.have[0] = shared.v6 ? kss_net_type(img, h, shared.arg[0], 1, shared.addr, shared.arg[1]) :
					     kss_net_type(img, h, shared.arg[0], 0, shared.addr, shared.arg[1]);
		break;
	case KSS_VEC_DEVICE:
		value = find_device(img, shared.arg[0], shared.arg[1], ~0u, 0);
		shared.have[0] = find_device(img, shared.arg[0], shared.arg[1], shared.arg[2], value);
		break;
	case KSS_VEC_FAMILY:
		value = find2(img, KSS_KEY_FAMILY, shared.arg[0], ~0u, KSS_OBJ_family_other);
		shared.have[0] = find2(img, KSS_KEY_FAMILY, shared.arg[0], shared.arg[1], value);
		break;
	case KSS_VEC_EXEC:
		shared.have[0] = exec_domain(img, shared.arg[0]);
		break;
	case KSS_VEC_DIGEST:
		value = ~0u;
		if (kss_find_key(img, h, KSS_KEY_DIGEST, (const struct kss_name *)&shared.digest, 32, &value))
			value = find2(img, KSS_KEY_EXEC, shared.arg[0], value, ~0u);
		else
			value = ~0u;
		shared.have[0] = value != ~0u ? value : exec_domain(img, shared.arg[0]);
		break;
	case KSS_VEC_CGROUP:
		state = walk(img, KSS_STATE_CGROUP);
		value = state == KSS_STEP_ERROR ? 0 : kss_state_entry(img, h, state);
		shared.have[0] = value ? find2(img, KSS_KEY_EXEC, shared.arg[0], value, shared.arg[0]) : shared.arg[0];
		break;
	case KSS_VEC_ENTER:
		shared.have[0] = find2(img, KSS_KEY_ENTER, shared.arg[0], shared.arg[1], 0);
		break;
	default:
		return 1;
	}
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
