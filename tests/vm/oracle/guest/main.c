// SPDX-License-Identifier: BSD-2-Clause
/*
 * oracle-guest DIR: for each policy of DIR (made by oracle-generate) puts it in force and does its operations, each in a
 * process of its own that enters the domain first, and compares what the kernel said with what the reference evaluator
 * expected. Runs as root, in no domain.
 *
 *   expected denied    the call fails with the error of a question that is denied, the tree of files is as before, and the
 *                      audit record names class, object and permissions of the first such question
 *   expected granted   it succeeds, or fails with the very error that it gives unconfined
 *
 *   oracle-guest --inverted DIR   then also inverted.ops, of which two expectations are wrong: both must be noticed
 *
 * KSS_LOAD_OPTIONS in the environment is given to kss-load load.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

enum { MAX_OPS = 4096 };
static struct op ops[MAX_OPS];

static int read_ops(const char *path)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	int n = 0, i;

	if (!f)
		die(path);
	for (; n < MAX_OPS && getline(&line, &room, f) > 0; n++) {
		char *rest = ops[n].text = strdup(line);

		rest[strcspn(rest, "\n")] = 0;
		for (i = 0; i < FIELDS; i++)
			if (!(ops[n].f[i] = strsep(&rest, "\t")))
				die(path);
	}
	free(line);
	fclose(f);
	return n;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int run_ops(const char *path)
{
	int n = read_ops(path), i;

	for (i = 0; i < n; i++)
		judge(&ops[i]);
	check_records(ops, n);
	for (i = 0; i < n; i++)
		free(ops[i].text);
	return n;
}

int main(int argc, char **argv)
{
	int policy, inverted = argc == 3 && !strcmp(argv[1], "--inverted");
	char path[300], command[500];
	double begun = now();
	const char *dir = argv[argc - 1];

	if (argc != 2 && !inverted)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("mmap");
	memset(shared->ids, 0xff, sizeof shared->ids);
	snprintf(path, sizeof path, "%s/seed", dir);
	FILE *f = fopen(path, "re");
	if (!f || !fgets(seed, sizeof seed, f))
		die(path);
	fclose(f);
	seed[strcspn(seed, "\n")] = 0;
	read_world(dir);
	for (policy = 1;; policy++) {
		int before = mismatches, n;
		double t = now(), t2;

		snprintf(path, sizeof path, "%s/%02d.kss", dir, policy);
		if (access(path, F_OK))
			break;
		snprintf(command, sizeof command,
			 "kss-load %s --rate 1000000 --ring-size 8388608 %s >/tmp/load.out 2>&1 || { cat /tmp/load.out; exit 1; }",
			 policy == 1 ? "load $KSS_LOAD_OPTIONS" : "swap", path);
		if (system(command)) {
			printf("oracle: %s: cannot be put in force\n", path);
			return 2;
		}
		helpers_begin();
		t2 = now();
		policy_name = path;
		snprintf(path, sizeof path, "%s/%02d.ops", dir, policy);
		n = run_ops(path);
		printf("%02d: %d operations, %d mismatches, %.1f s (%.1f s to put in force)\n", policy, n, mismatches - before, now() - t, t2 - t);
		snprintf(path, sizeof path, "%s/%02d.kss", dir, policy + 1);
		if (access(path, F_OK))
			break; /* what is inverted is done under the last one */
		helpers_end();
	}
	printf("oracle: %d operations under %d policies, %d mismatches; %d failed before anything was asked; %.0f s\n", done, policy, mismatches, weak,
	       now() - begun);
	if (mismatches || !inverted)
		return mismatches != 0;
	snprintf(path, sizeof path, "%s/inverted.ops", dir);
	run_ops(path);
	printf("oracle: of two expectations that are wrong, %d were noticed\n", mismatches);
	return mismatches == 2 ? 0 : 1;
}
