/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What tests/vm/swap executes, without a C library: small, so that there are many execs a second. It says by its exit status
 * in which domain it runs: a bit for each file of `probes` that it can open, by their order, or 64 if something else is amiss.
 * With an argument it goes on to execute /srv/one and /srv/two by turns, each of which leads from the other's domain to its
 * own, and does the counting itself.
 */
#include <asm/unistd.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "board.h"

static long call(long n, long a, long b, long c, long d, long e, long f)
{
	register long r10 asm("r10") = d, r8 asm("r8") = e, r9 asm("r9") = f;
	long r;

	asm volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
	return r;
}

static long open_file(const char *path, int flags)
{
	return call(__NR_openat, AT_FDCWD, (long)path, flags | O_CLOEXEC, 0, 0, 0);
}

/* Bit 0 is what no domain may open, the others are one domain's each. */
static const char *const probes[] = { "/data/never", "/data/entered", "/data/left", "/data/right", "/data/one", "/data/two" };

static int domain(void)
{
	int status = 0;

	for (unsigned int i = 0; i < sizeof probes / sizeof *probes; i++) {
		long fd = open_file(probes[i], O_RDONLY);

		if (fd >= 0) {
			status |= 1 << i;
			call(__NR_close, fd, 0, 0, 0, 0, 0);
		} else if (fd != -1 /* EPERM */) {
			status |= 64;
		}
	}
	return open_file("/data/always", O_RDONLY) < 0 ? status | 64 : status; /* the exit closes it */
}

static void hop(char **argv)
{
	long fd = open_file(BOARD, O_RDWR);
	struct board *b = (void *)call(__NR_mmap, 0, sizeof *b, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	char *argv2[] = { argv[0][5] == 'o' ? "/srv/two" : "/srv/one", argv[1], 0 }, *none[] = { 0 };
	int in = domain();
	struct begun w;

	if (fd < 0 || (long)b < 0)
		return;
	w = begin(b);
	fixed(b, HOP, 1, 1, w);
	if (in != (argv[0][5] == 'o' ? 16 : 32))
		wrong(b, HOP, in, w, now_is(&b->seq));
	while (!now_is(&b->stop)) {
		w = begin(b);
		fd = call(__NR_execve, (long)argv2[0], (long)argv2, (long)none, 0, 0, 0);
		if (fd != -1 || (w.seq == now_is(&b->seq) && w.seq % 2 == 0))
			wrong(b, HOP, fd, w, now_is(&b->seq));
		add(&b->tally[HOP].refused, 1);
	}
}

__attribute__((used, noreturn)) void start(long *stack)
{
	char **argv = (char **)(stack + 1);
	int status = 0;

	if (stack[0] > 1)
		hop(argv);
	else
		status = domain();
	for (;;)
		call(__NR_exit_group, status, 0, 0, 0, 0, 0);
}

asm(".globl _start\n_start: mov %rsp, %rdi\nand $-16, %rsp\ncall start\n");
