// SPDX-License-Identifier: BSD-2-Clause
/* What busybox has no applet for, for tests/vm/entry-guest.sh. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

extern char **environ;

/* A security.ima that has IMA hash the file by SHA-1, which every kernel with IMA has: type IMA_XATTR_DIGEST_NG,
 * algorithm, a digest. */
static int sha1(const char *path)
{
	unsigned char value[22] = { 4, 2 };

	return setxattr(path, "security.ima", value, sizeof value, 0);
}

/* Runs a copy of a file that has no name. */
static int memfd(const char *path, char **argv)
{
	int from = open(path, O_RDONLY), to = memfd_create("copy", 0), fd;
	char name[64];
	struct stat st;

	if (from < 0 || to < 0 || fstat(from, &st) || sendfile(to, from, NULL, st.st_size) != st.st_size)
		return -1;
	snprintf(name, sizeof name, "/proc/self/fd/%d", to);
	fd = open(name, O_RDONLY);
	close(to); /* while it is open for writing it cannot be executed */
	return fexecve(fd, argv, environ);
}

/* Goes into a cgroup, makes it the root of a cgroup namespace, and only then executes. */
static int cgroupns(const char *group, char **argv)
{
	char name[256];
	int fd;

	snprintf(name, sizeof name, "%s/cgroup.procs", group);
	fd = open(name, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1 || unshare(CLONE_NEWCGROUP))
		return -1;
	return execv(argv[0], argv);
}

int main(int argc, char **argv)
{
	int r = -1;

	if (argc == 3 && !strcmp(argv[1], "sha1"))
		r = sha1(argv[2]);
	else if (argc > 3 && !strcmp(argv[1], "memfd"))
		r = memfd(argv[2], argv + 3);
	else if (argc > 3 && !strcmp(argv[1], "cgroupns"))
		r = cgroupns(argv[2], argv + 3);
	if (r)
		perror(argv[0]);
	return r ? 1 : 0;
}
