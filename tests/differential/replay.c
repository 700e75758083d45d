/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * replay FILE.kssi...: puts the events of FILE.vec (vectors.h) to the core, compiled as plain C, and compares. Needs
 * nothing but libc, so that it runs wherever the core does: in a bare guest, as 32 bits, as big-endian.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kss/port_user.h"
#include "vectors.h"

static void *slurp(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	char *data = NULL;
	long n;

	if (!f || fseek(f, 0, SEEK_END) || (n = ftell(f)) < 0 || fseek(f, 0, SEEK_SET)) {
		perror(path);
		exit(2);
	}
	data = aligned_alloc(64, ((size_t)n + 64) / 64 * 64);
	if (!data || fread(data, 1, (size_t)n, f) != (size_t)n) {
		perror(path);
		exit(2);
	}
	fclose(f);
	*size = (size_t)n;
	return data;
}

static void set_name(struct kss_name *n, const __u8 *bytes, __u32 len)
{
	memset(n, 0, sizeof(*n));
	n->len = len;
	memcpy(n->u.b, bytes, len);
}

/* An absolute path from a root's state on. */
static __u32 walk(kss_img_t img, __u32 state, const __u8 *path, __u32 len)
{
	struct kss_name name;
	__u32 at = 1, end;

	if (len == 1)
		return state;
	for (; at <= len; at = end + 1) {
		for (end = at; end < len && path[end] != '/'; end++)
			;
		if (end == at || end - at > KSS_NAME_MAX)
			return KSS_STEP_ERROR;
		set_name(&name, path + at, end - at);
		state = kss_step(img, kss_hdr(img), state, &name);
		if (state == KSS_STEP_ERROR)
			return state;
	}
	return state;
}

static __u32 find3(kss_img_t img, __u32 space, __u32 a, __u32 b, __u32 c, __u32 otherwise)
{
	struct kss_name k;
	__u32 value;

	memset(&k, 0, sizeof(k));
	k.len = 12;
	k.u.w[0] = kss_get64((__u64)b << 32 | a);
	k.u.w[1] = kss_get64(c);
	return kss_find(img, kss_hdr(img), space, &k, &value) ? value : otherwise;
}

static __u32 find2(kss_img_t img, __u32 space, __u32 a, __u32 b, __u32 otherwise)
{
	struct kss_name k;
	__u32 value;

	return kss_find2(img, kss_hdr(img), space, a, b, &k, &value) ? value : otherwise;
}

static __u32 exec_domain(kss_img_t img, __u32 dom, const __u8 *path, __u32 len)
{
	const struct kss_header *h = kss_hdr(img);
	__u32 state = walk(img, KSS_STATE_ROOT, path, len);
	struct kss_name room;

	if (state == KSS_STEP_ERROR)
		return kss_exec_domain(img, h, dom, 0, KSS_OBJ_unresolved, &room);
	return kss_exec_domain(img, h, dom, kss_state_entry(img, h, state), kss_state_type(img, h, state), &room);
}

static void judge(kss_img_t img, __u32 kind, const __u32 *arg, const __u8 *data, __u32 len, __u32 *have)
{
	const struct kss_header *h = kss_hdr(img);
	const struct kss_av *av;
	struct kss_name name;
	__u32 state, value;

	have[0] = have[1] = have[2] = 0;
	switch (kind) {
	case KSS_VEC_ACCESS:
		av = kss_vector(img, h, arg[0], arg[1], arg[2]);
		if (!av)
			return;
		have[0] = kss_get32(av->allow);
		have[1] = kss_get32(av->audit) & ~kss_get32(av->quiet);
		have[2] = kss_get32(av->quiet) & ~kss_get32(av->allow);
		return;
	case KSS_VEC_PATH:
		state = walk(img, KSS_STATE_ROOT, data, len);
		if (state == KSS_STEP_ERROR) {
			have[2] = 1;
			return;
		}
		have[0] = kss_state_type(img, h, state);
		have[1] = kss_state_entry(img, h, state);
		return;
	case KSS_VEC_ABSTRACT:
		state = KSS_STATE_ABSTRACT;
		if (len) {
			set_name(&name, data, len);
			state = kss_step(img, h, state, &name);
		}
		have[0] = state == KSS_STEP_ERROR ? (__u32)KSS_OBJ_unresolved : kss_state_type(img, h, state);
		return;
	case KSS_VEC_INET:
		have[0] = kss_net_type(img, h, arg[0], len == 16, data, (__u16)arg[1]);
		return;
	case KSS_VEC_DEVICE:
		have[0] = find3(img, KSS_KEY_DEVICE, arg[0], arg[1], arg[2], find3(img, KSS_KEY_DEVICE, arg[0], arg[1], ~0u, 0));
		return;
	case KSS_VEC_FAMILY:
		have[0] = find2(img, KSS_KEY_FAMILY, arg[0], arg[1],
				find2(img, KSS_KEY_FAMILY, arg[0], ~0u, KSS_OBJ_family_other));
		return;
	case KSS_VEC_EXEC:
		have[0] = exec_domain(img, arg[0], data, len);
		return;
	case KSS_VEC_DIGEST:
		set_name(&name, data, 32);
		if (kss_find(img, h, KSS_KEY_DIGEST, &name, &value)) {
			have[0] = find2(img, KSS_KEY_EXEC, arg[0], value, ~0u);
			if (have[0] != ~0u)
				return;
		}
		have[0] = exec_domain(img, arg[0], data + 32, len - 32);
		return;
	case KSS_VEC_CGROUP:
		state = walk(img, KSS_STATE_CGROUP, data, len);
		value = state == KSS_STEP_ERROR ? 0 : kss_state_entry(img, h, state);
		have[0] = value ? find2(img, KSS_KEY_EXEC, arg[0], value, arg[0]) : arg[0];
		return;
	case KSS_VEC_ENTER:
		have[0] = find2(img, KSS_KEY_ENTER, arg[0], arg[1], 0);
		return;
	}
}

static unsigned long replay(const char *image_path)
{
	char vec_path[4096];
	size_t image_size, size, at = sizeof(struct kss_vec_file), dot = strlen(image_path);
	const struct kss_chunk *image = slurp(image_path, &image_size);
	const struct kss_vec_file *file;
	struct kss_span img;
	const char *vec;
	__u32 i, k, count;

	while (dot && image_path[dot] != '.')
		dot--;
	snprintf(vec_path, sizeof(vec_path), "%.*s.vec", (int)dot, image_path);
	vec = slurp(vec_path, &size);
	file = (const struct kss_vec_file *)vec;
	if (size < at || image_size < 2 * sizeof(*image) || kss_get32(file->magic) != KSS_VEC_MAGIC ||
	    kss_get32(file->version) != KSS_VEC_VERSION || kss_get32(file->image_chunks) != image_size / sizeof(*image)) {
		fprintf(stderr, "%s: these are no vectors of that image\n", vec_path);
		exit(2);
	}
	img.chunks = image;
	img.n = kss_get32(((const struct kss_header2 *)&image[1])->runtime_chunks);
	count = kss_get32(file->count);
	for (i = 0; i < count; i++) {
		const struct kss_vec_event *e = (const struct kss_vec_event *)(vec + at);
		__u32 arg[3], have[3], len;

		if (size - at < sizeof(*e) || size - at - sizeof(*e) < (len = kss_get32(e->len))) {
			fprintf(stderr, "%s: cut short\n", vec_path);
			exit(2);
		}
		for (k = 0; k < 3; k++)
			arg[k] = kss_get32(e->arg[k]);
		judge(&img, kss_get32(e->kind), arg, (const __u8 *)(e + 1), len, have);
		for (k = 0; k < 3; k++) {
			if (have[k] == kss_get32(e->want[k]))
				continue;
			printf("FAILED: %s event %u kind %u (%u %u %u) \"%.*s\": want[%u] is %u, core says %u\n", vec_path, i,
			       kss_get32(e->kind), arg[0], arg[1], arg[2], (int)len, (const char *)(e + 1), k,
			       kss_get32(e->want[k]), have[k]);
			exit(1);
		}
		at += sizeof(*e) + (len + 3) / 4 * 4;
	}
	free((void *)image);
	free((void *)vec);
	return count;
}

int main(int argc, char **argv)
{
	unsigned long done = 0;
	int i;

	for (i = 1; i < argc; i++)
		done += replay(argv[i]);
	printf("%lu decisions agree with the vectors (%s-endian, %u bits)\n", done,
	       kss_get16(1) == 1 ? "little" : "big", (unsigned int)sizeof(void *) * 8);
	return done ? 0 : 2;
}
