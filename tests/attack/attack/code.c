// SPDX-License-Identifier: BSD-2-Clause
/* Code that the attacker has brought or written. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"

/* Becomes a program. If that works, nobody is left to report: the exit status tells. */
static int try_exec(int fd, const char *path, char *const argv[])
{
	char *env[] = { NULL };

	dup2(open("/dev/null", O_RDWR | O_CLOEXEC), 2);
	fcntl(FD_RESULT, F_SETFD, FD_CLOEXEC);
	if (fd >= 0)
		syscall(SYS_execveat, fd, "", argv, env, AT_EMPTY_PATH);
	else if (path)
		execve(path, argv, env);
	return errno;
}

int a_exec_own(void)
{
	char *argv[] = { "prog", "--nothing", NULL };
	int e = copy("/proc/self/exe", at(own, "prog"), 0755);

	return e ? e : try_exec(-1, at(own, "prog"), argv);
}
int a_script(void)
{
	static const char text[] = "#!/bin/true\n";
	char *argv[] = { "script", NULL };
	int e = put(at(own, "script"), text, sizeof text - 1, 0755);

	return e ? e : try_exec(-1, at(own, "script"), argv);
}
int a_shell(void)
{
	char *argv[] = { "sh", "-c", ":", NULL };

	return try_exec(-1, "/bin/sh", argv);
}
int a_memfd(void)
{
	static const char text[] = "#!/bin/true\n";
	char *argv[] = { "prog", NULL }, p[64];
	int w = memfd_create("prog", 0), fd;

	if (w < 0 || write(w, text, sizeof text - 1) < 0)
		return errno;
	snprintf(p, sizeof p, "/proc/self/fd/%d", w);
	fd = open(p, O_PATH); /* one that is open for writing is busy */
	if (fd < 0)
		return errno;
	close(w);
	return try_exec(fd, NULL, argv);
}
int a_ld_so(void)
{
	static const char *const loaders[] = { "/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1" };
	char *argv[] = { "ld.so", (char *)at(own, "dynamic"), NULL };
	unsigned i;

	/* Loaded this way it needs no execute bit. Who may not copy a program tries with the program itself. */
	if (copy("/bin/true", argv[1], 0644))
		argv[1] = "/bin/true";
	for (i = 0; i < 2; i++)
		if (!access(loaders[i], F_OK))
			return try_exec(-1, loaders[i], argv);
	return ENOENT;
}
int a_map_exec(void)
{
	int e = put(at(own, "code"), "\xc3", 1, 0600), fd;

	if (e)
		return e;
	fd = open(at(own, "code"), O_RDONLY);
	return fd < 0 ? errno : mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED ? errno : 0;
}
int a_mprotect(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memset(p, 0xc3, 16);
	return result(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}
int a_mmap_wx(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ?
		       errno : 0;
}
