/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the guest executes: opens the file that its last argument names. Exit status 100: it could; 101: EPERM; 102: it
 * failed otherwise. Without a C library, so that nothing else is asked of the policy.
 */
#include <fcntl.h>
#include <asm/unistd.h>

static long call(long n, long a, long b, long c, long d)
{
#if defined(__x86_64__)
	register long r10 asm("r10") = d;
	long r;

	asm volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
	return r;
#elif defined(__aarch64__)
	register long x8 asm("x8") = n;
	register long x0 asm("x0") = a, x1 asm("x1") = b, x2 asm("x2") = c, x3 asm("x3") = d;

	asm volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
#else
#error "no system calls for this architecture here"
#endif
}

__attribute__((used, noreturn)) void begin(long *stack)
{
	long argc = stack[0], r = call(__NR_openat, AT_FDCWD, stack[argc], O_RDONLY, 0);

	for (;;)
		call(__NR_exit_group, r >= 0 ? 100 : r == -1 ? 101 : 102, 0, 0, 0);
}

#if defined(__x86_64__)
asm(".globl _start\n_start: mov %rsp, %rdi\nand $-16, %rsp\ncall begin\n");
#else
asm(".globl _start\n_start: mov x0, sp\nbl begin\n");
#endif
