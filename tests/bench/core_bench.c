/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core_bench time OBJECT ROUNDS REPEAT SMALL.kssi LARGE.kssi   ns a run of each program of core.bpf.c, as CSV
 * core_bench vectors OBJECT FILE.kssi...                       the events of FILE.vec put to the core as BPF, in both layouts
 * core_bench upload OBJECT FILE.kssi                           ms to put an image into a map
 *
 * 77 = bpf(2) is not permitted here.
 *
 * Time is this thread's processor time over `repeat` runs inside one system call. Programs and images take turns, so
 * that other work on the machine hits all alike. What is measured is the throughput of a loop.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "core.h"
#include "tests/differential/vectors.h"

#define MAX_ROUNDS 1000

static struct bpf_object *object;
static struct core_shared *shared;
static int images;
static __u32 room; /* chunks of an image that is one element, 0: an element a chunk (include/kss/port_bpf.h) */

static __attribute__((noreturn)) void quit(int status, const char *format, ...)
{
	va_list args;

	fflush(stdout);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(status);
}

static void *slurp(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	char *data = NULL;
	long n;

	if (!f || fseek(f, 0, SEEK_END) || (n = ftell(f)) < 0 || fseek(f, 0, SEEK_SET))
		quit(2, "%s: %s", path, strerror(errno));
	data = malloc((size_t)n + 1);
	if (!data || fread(data, 1, (size_t)n, f) != (size_t)n)
		quit(2, "%s: cannot be read", path);
	fclose(f);
	*size = (size_t)n;
	return data;
}

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_DEBUG || getenv("KSS_BENCH_QUIET") ? 0 : vfprintf(stderr, format, args);
}

/* The layout of images, as the loader sets it: the constant and the template of the inner map. */
static void set_layout(void)
{
	struct bpf_map *map, *inner;
	size_t size = 0;
	void *constant;

	bpf_object__for_each_map(map, object) {
		if (strstr(bpf_map__name(map), ".rodata")) {
			constant = (void *)bpf_map__initial_value(map, &size);
			if (!constant || size != sizeof(room))
				quit(1, "constants of %zu bytes", size);
			memcpy(constant, &room, sizeof(room));
		} else if (room && !strcmp(bpf_map__name(map), "kss_images")) {
			inner = bpf_map__inner_map(map);
			if (bpf_map__set_value_size(inner, room * (__u32)sizeof(struct kss_chunk)) ||
			    bpf_map__set_map_flags(inner, BPF_F_RDONLY_PROG))
				quit(1, "the template of an image map");
		}
	}
	if (!size)
		quit(1, "no constants");
}

static void open_object(const char *path)
{
	struct bpf_map *map, *bss = NULL;
	size_t size;
	int probe;

	libbpf_set_print(quiet);
	probe = bpf_map_create(BPF_MAP_TYPE_ARRAY, "kss_bench", 4, 4, 1, NULL);
	if (probe < 0)
		quit(77, "skipped: bpf(2) is not permitted here (%s)", strerror(errno));
	close(probe);
	object = bpf_object__open_file(path, NULL);
	if (object)
		set_layout();
	if (!object || bpf_object__load(object))
		quit(errno == EPERM ? 77 : 1, "%s cannot be loaded: %s", path, strerror(errno));
	bpf_object__for_each_map(map, object)
		if (strstr(bpf_map__name(map), ".bss"))
			bss = map;
	if (!bss)
		quit(1, "%s has no .bss", path);
	size = bpf_map__value_size(bss);
	if (size < sizeof(*shared))
		quit(1, "%s is not of this program's build", path);
	shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(bss), 0);
	if (shared == MAP_FAILED)
		quit(1, "mmap: %s", strerror(errno));
	images = bpf_object__find_map_fd_by_name(object, "kss_images");
}

static int program(const char *name)
{
	struct bpf_program *p = bpf_object__find_program_by_name(object, name);

	if (!p)
		quit(1, "no program %s", name);
	return bpf_program__fd(p);
}

static __u32 chunks_of(const struct kss_chunk *image)
{
	return kss_get32(((const struct kss_header2 *)&image[1])->runtime_chunks);
}

/* Makes room for the largest of these images. */
static void make_room(char **paths, int n)
{
	for (int i = 0; i < n; i++) {
		size_t size;
		struct kss_chunk *image = slurp(paths[i], &size);

		if (chunks_of(image) > room)
			room = chunks_of(image);
		free(image);
	}
}

/* A map with the runtime part of an image, as the loader makes it. */
static int image_map(const struct kss_chunk *image)
{
	__u32 n = chunks_of(image), count = n, zero = 0, i;
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_RDONLY_PROG);
	LIBBPF_OPTS(bpf_map_batch_opts, batch);
	struct kss_chunk *whole;
	__u32 *keys;
	int fd;

	if (!room)
		opts.map_flags |= BPF_F_INNER_MAP | BPF_F_MMAPABLE;
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "kss_image", 4, (room ? room : 1) * (__u32)sizeof(*image), room ? 1 : n, &opts);
	keys = malloc(n * sizeof(*keys));
	whole = calloc(room ? room : 1, sizeof(*whole));
	if (fd < 0 || !keys || !whole)
		quit(1, "an image map of %u chunks: %s", n, strerror(errno));
	for (i = 0; i < n; i++)
		keys[i] = i;
	if (room)
		memcpy(whole, image, n * sizeof(*whole));
	if ((room ? bpf_map_update_elem(fd, &zero, whole, BPF_ANY) : bpf_map_update_batch(fd, keys, image, &count, &batch)) ||
	    bpf_map_freeze(fd))
		quit(1, "filling an image map: %s", strerror(errno));
	free(keys);
	free(whole);
	return fd;
}

static void put_in_force(int fd)
{
	__u32 zero = 0;

	if (bpf_map_update_elem(images, &zero, &fd, BPF_ANY))
		quit(1, "putting an image in force: %s", strerror(errno));
}

static __u32 run(int prog, __u32 repeat)
{
	static char packet[64];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet), .repeat = repeat);

	if (bpf_prog_test_run_opts(prog, &opts))
		quit(errno == EPERM ? 77 : 1, "BPF_PROG_TEST_RUN: %s", strerror(errno));
	return opts.retval;
}

/* ---- time ---- */

static const char *const programs[] = { "empty", "one_empty", "one_verdict", "random_empty", "random_verdict",
					"chain_empty", "chain_verdict" };
#define NPROGRAMS (sizeof(programs) / sizeof(*programs))

/* A question that the image answers with a grant: on file, something is allowed. */
static void find_grant(const struct kss_chunk *image)
{
	const struct kss_header *h = (const struct kss_header *)image;
	__u32 n = kss_get32(h->ndomains) * 64;

	shared->cls = KSS_CLASS_file;
	shared->perms = 1u << KSS_BIT_file_open;
	for (__u32 i = 0; i < n * 4096; i++) {
		shared->dom = KSS_DOMAIN_FIRST + i % (kss_get32(h->ndomains) - KSS_DOMAIN_FIRST);
		shared->obj = KSS_OBJ_DOMAINS + kss_get32(h->ndomains) +
			      i / 7 % (kss_get32(h->nobjects) - KSS_OBJ_DOMAINS - kss_get32(h->ndomains));
		if (run(program("one_verdict"), 1))
			return;
	}
	quit(1, "the image grants nothing");
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void time_core(char **argv)
{
	static double ns[2][NPROGRAMS][MAX_ROUNDS];
	const char *const size_names[] = { "small", "large" };
	__u32 rounds = (__u32)atoi(argv[0]), repeat = (__u32)atoi(argv[1]), r, s, p;
	int map[2], prog[NPROGRAMS];
	struct core_shared question[2];
	size_t size;

	if (!rounds || rounds > MAX_ROUNDS || !repeat)
		quit(2, "rounds: 1 to %u", MAX_ROUNDS);
	for (p = 0; p < NPROGRAMS; p++)
		prog[p] = program(programs[p]);
	for (s = 0; s < 2; s++) {
		struct kss_chunk *image = slurp(argv[2 + s], &size);
		const struct kss_header *h = (const struct kss_header *)image;

		map[s] = image_map(image);
		put_in_force(map[s]);
		find_grant(image);
		shared->ndomains = kss_get32(h->ndomains);
		shared->nobjects = kss_get32(h->nobjects);
		question[s] = *shared;
		free(image);
	}
	for (r = 0; r < rounds; r++) {
		for (p = 0; p < NPROGRAMS; p++) {
			for (s = 0; s < 2; s++) {
				double t;

				put_in_force(map[s]);
				shared->dom = question[s].dom;
				shared->obj = question[s].obj;
				shared->ndomains = question[s].ndomains;
				shared->nobjects = question[s].nobjects;
				run(prog[p], 10000);
				t = now(CLOCK_THREAD_CPUTIME_ID);
				run(prog[p], repeat);
				ns[s][p][r] = (now(CLOCK_THREAD_CPUTIME_ID) - t) / repeat;
			}
		}
	}
	printf("image,program,median_ns,least_ns,p90_ns,rounds,repeat\n");
	for (s = 0; s < 2; s++) {
		for (p = 0; p < NPROGRAMS; p++) {
			qsort(ns[s][p], rounds, sizeof(double), by_value);
			printf("%s,%s,%.2f,%.2f,%.2f,%u,%u\n", size_names[s], programs[p], ns[s][p][rounds / 2],
			       ns[s][p][0], ns[s][p][rounds * 9 / 10], rounds, repeat);
		}
	}
}

static void time_upload(const char *path)
{
	size_t size;
	struct kss_chunk *image = slurp(path, &size);
	double best = 0, ms[15];

	for (int i = 0; i < 15; i++) {
		double t = now(CLOCK_MONOTONIC);
		int fd = image_map(image);

		ms[i] = (now(CLOCK_MONOTONIC) - t) / 1e6;
		put_in_force(fd);
		close(fd);
	}
	qsort(ms, 15, sizeof(double), by_value);
	best = ms[0];
	printf("upload_ms,%.2f,least,%.2f\n", ms[7], best);
	free(image);
}

/* ---- vectors ---- */

static void set_component(struct core_component *c, const __u8 *bytes, __u32 len)
{
	memset(c, 0, sizeof(*c));
	c->len = len;
	memcpy(c->w, bytes, len);
}

/* Cuts an absolute path into components. */
static void set_path(const __u8 *path, __u32 len)
{
	__u32 at, end;

	shared->ncomponents = 0;
	shared->has_path = 1;
	for (at = 1; len > 1 && at <= len; at = end + 1) {
		for (end = at; end < len && path[end] != '/'; end++)
			;
		if (end == at || end - at > KSS_NAME_MAX) {
			shared->has_path = 0;
			return;
		}
		if (shared->ncomponents == CORE_COMPONENTS)
			quit(1, "a path of more than %u components", CORE_COMPONENTS);
		set_component(&shared->component[shared->ncomponents++], path + at, end - at);
	}
}

static void set_event(__u32 kind, const __u8 *data, __u32 len)
{
	shared->kind = kind;
	shared->ncomponents = 0;
	shared->has_path = 1;
	switch (kind) {
	case KSS_VEC_PATH:
	case KSS_VEC_EXEC:
	case KSS_VEC_CGROUP:
		set_path(data, len);
		break;
	case KSS_VEC_ABSTRACT:
		if (len)
			set_component(&shared->component[shared->ncomponents++], data, len);
		break;
	case KSS_VEC_INET:
		shared->v6 = len == 16;
		memcpy(shared->addr, data, len == 16 ? 16 : 4);
		break;
	case KSS_VEC_DIGEST:
		set_component(&shared->digest, data, 32);
		set_path(data + 32, len - 32);
		break;
	default:
		break;
	}
}

static unsigned long vectors_of(const char *image_path)
{
	char vec_path[4096];
	size_t image_size, size, at = sizeof(struct kss_vec_file), dot = strlen(image_path);
	struct kss_chunk *image = slurp(image_path, &image_size);
	const struct kss_vec_file *file;
	int prog = program("vectors"), map;
	__u32 i, k, count;
	char *vec;

	while (dot && image_path[dot] != '.')
		dot--;
	snprintf(vec_path, sizeof(vec_path), "%.*s.vec", (int)dot, image_path);
	vec = slurp(vec_path, &size);
	file = (const struct kss_vec_file *)vec;
	if (size < at || image_size < 2 * sizeof(*image) || kss_get32(file->magic) != KSS_VEC_MAGIC ||
	    kss_get32(file->version) != KSS_VEC_VERSION || kss_get32(file->image_chunks) != image_size / sizeof(*image))
		quit(2, "%s: these are no vectors of that image", vec_path);
	map = image_map(image);
	put_in_force(map);
	count = kss_get32(file->count);
	for (i = 0; i < count; i++) {
		const struct kss_vec_event *e = (const struct kss_vec_event *)(vec + at);
		const __u8 *data = (const __u8 *)(e + 1);
		__u32 len;

		if (size - at < sizeof(*e) || size - at - sizeof(*e) < (len = kss_get32(e->len)))
			quit(2, "%s: cut short", vec_path);
		for (k = 0; k < 3; k++)
			shared->arg[k] = kss_get32(e->arg[k]);
		set_event(kss_get32(e->kind), data, len);
		if (run(prog, 1))
			quit(1, "%s event %u: the program could not read the image", vec_path, i);
		for (k = 0; k < 3; k++)
			if (shared->have[k] != kss_get32(e->want[k]))
				quit(1, "FAILED: %s event %u kind %u (%u %u %u) \"%.*s\": want[%u] is %u, BPF says %u", vec_path, i,
				     shared->kind, shared->arg[0], shared->arg[1], shared->arg[2], (int)len, (const char *)data, k,
				     kss_get32(e->want[k]), shared->have[k]);
		at += sizeof(*e) + (len + 3) / 4 * 4;
	}
	close(map);
	free(image);
	free(vec);
	return count;
}

int main(int argc, char **argv)
{
	unsigned long done = 0;
	int i;

	if (argc >= 4 && !strcmp(argv[1], "vectors")) {
		for (int layout = 0; layout < 2; layout++) {
			if (layout)
				make_room(argv + 3, argc - 3);
			open_object(argv[2]);
			for (i = 3; i < argc; i++)
				done += vectors_of(argv[i]);
			bpf_object__close(object);
		}
		printf("%lu decisions of the core as BPF agree with the vectors, images in one element and in many\n", done);
		return done ? 0 : 2;
	}
	if (argc == 7 && !strcmp(argv[1], "time")) {
		make_room(argv + 5, 2);
		open_object(argv[2]);
		time_core(argv + 3);
		return 0;
	}
	if (argc == 4 && !strcmp(argv[1], "upload")) {
		make_room(argv + 3, 1);
		open_object(argv[2]);
		time_upload(argv[3]);
		return 0;
	}
	fprintf(stderr, "usage: core_bench time OBJECT ROUNDS REPEAT SMALL.kssi LARGE.kssi\n"
			"       core_bench vectors OBJECT FILE.kssi...\n"
			"       core_bench upload OBJECT FILE.kssi\n");
	return 2;
}
