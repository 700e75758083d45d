// SPDX-License-Identifier: BSD-2-Clause
/* Operations on files and mounts. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

static int c_open(const struct op *o)
{
	const char *m = o->B, *then = o->C;
	int flags = strchr(m, 'p') ? O_PATH : !strchr(m, 'w') ? O_RDONLY : strchr(m, 'r') ? O_RDWR : O_WRONLY, fd;
	static const struct timespec when[2] = { { 5, 0 }, { 5, 0 } };
	struct flock lock = { .l_type = F_WRLCK };
	struct stat st;
	char data[1024];
	void *p;

	if (strchr(m, 'a'))
		flags |= O_APPEND;
	if (strchr(m, 't'))
		flags |= O_TRUNC;
	if (strchr(m, 'c'))
		flags |= O_CREAT | O_EXCL;
	fd = open(o->A, flags | O_NONBLOCK, 0644);
	if (fd < 0)
		return errno;
	if (!strcmp(then, "-"))
		return 0;
	if (!strcmp(then, "list"))
		return result(syscall(SYS_getdents64, fd, data, sizeof data));
	if (!strcmp(then, "fstat"))
		return result(fstat(fd, &st));
	if (!strcmp(then, "ftruncate"))
		return result(ftruncate(fd, 1));
	if (!strcmp(then, "fchmod"))
		return result(fchmod(fd, 0710));
	if (!strcmp(then, "fchown"))
		return result(fchown(fd, 1000, 1000));
	if (!strcmp(then, "futimens"))
		return result(futimens(fd, when));
	if (!strcmp(then, "ioctl"))
		return result(ioctl(fd, FIONREAD, data));
	if (!strcmp(then, "flock"))
		return result(flock(fd, LOCK_EX | LOCK_NB));
	if (!strcmp(then, "setlk"))
		return result(fcntl(fd, F_SETLK, &lock));
	if (!strcmp(then, "lease"))
		return result(fcntl(fd, F_SETLEASE, F_RDLCK));
	if (!strcmp(then, "unappend"))
		return result(fcntl(fd, F_SETFL, 0));
	if (!strcmp(then, "mapx"))
		return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED ? errno : 0;
	if (!strcmp(then, "mapwx"))
		return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED ? errno : 0;
	if (!strcmp(then, "mapshared"))
		return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED ? errno : 0;
	p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	return p == MAP_FAILED ? errno : result(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int c_stat(const struct op *o)
{
	struct stat st;

	return result(stat(o->A, &st));
}
static int c_lstat(const struct op *o)
{
	struct stat st;

	return result(lstat(o->A, &st));
}
static int c_readlink(const struct op *o)
{
	char b[200];

	return result(readlink(o->A, b, sizeof b));
}
static int c_truncate(const struct op *o) { return result(truncate(o->A, 1)); }
static int c_chmod(const struct op *o) { return result(chmod(o->A, 0710)); }
static int c_lchown(const struct op *o) { return result(lchown(o->A, 1000, 1000)); }
static int c_utimens(const struct op *o)
{
	static const struct timespec when[2] = { { 5, 0 }, { 5, 0 } };

	return result(utimensat(AT_FDCWD, o->A, when, AT_SYMLINK_NOFOLLOW));
}
static int c_lsetxattr(const struct op *o) { return result(lsetxattr(o->A, "trusted.t", "v", 1, 0)); }
static int c_lremovexattr(const struct op *o) { return result(lremovexattr(o->A, "trusted.k")); }
static int c_getxattr(const struct op *o)
{
	char b[16];

	return result(getxattr(o->A, "user.k", b, sizeof b));
}
static int c_llistxattr(const struct op *o)
{
	char b[200];

	return result(llistxattr(o->A, b, sizeof b));
}
static int c_watch(const struct op *o) { return result(inotify_add_watch(inotify_init1(0), o->A, IN_MODIFY)); }
static int c_unlink(const struct op *o) { return result(unlink(o->A)); }
static int c_rmdir(const struct op *o) { return result(rmdir(o->A)); }
static int c_mkdir(const struct op *o) { return result(mkdir(o->A, 0755)); }
static int c_symlink(const struct op *o) { return result(symlink(o->B, o->A)); }
static int c_mknod(const struct op *o)
{
	mode_t m = !strcmp(o->B, "file") ? S_IFREG : !strcmp(o->B, "fifo") ? S_IFIFO : !strcmp(o->B, "sock") ? S_IFSOCK : !strcmp(o->B, "char") ? S_IFCHR : S_IFBLK;

	return result(mknod(o->A, m | 0644, m == S_IFCHR ? makedev(1, atoi(o->C)) : m == S_IFBLK ? makedev(7, atoi(o->C)) : 0));
}
static int c_link(const struct op *o) { return result(link(o->A, o->B)); }
static int c_rename(const struct op *o) { return result(renameat2(AT_FDCWD, o->A, AT_FDCWD, o->B, (unsigned)atoi(o->C))); }
static int c_chroot(const struct op *o) { return result(chroot(o->A)); }
static int c_mount(const struct op *o) { return result(mount("none", o->A, "tmpfs", 0, NULL)); }
static int c_bind_mount(const struct op *o) { return result(mount(o->B, o->A, NULL, MS_BIND, NULL)); }

const struct call file_calls[] = {
	{ "open", c_open }, { "stat", c_stat }, { "lstat", c_lstat }, { "readlink", c_readlink },
	{ "truncate", c_truncate }, { "chmod", c_chmod }, { "lchown", c_lchown }, { "utimens", c_utimens },
	{ "lsetxattr", c_lsetxattr }, { "lremovexattr", c_lremovexattr }, { "getxattr", c_getxattr },
	{ "llistxattr", c_llistxattr }, { "watch", c_watch }, { "unlink", c_unlink }, { "rmdir", c_rmdir },
	{ "mkdir", c_mkdir }, { "symlink", c_symlink }, { "mknod", c_mknod }, { "link", c_link },
	{ "rename", c_rename }, { "chroot", c_chroot }, { "mount", c_mount }, { "bindmount", c_bind_mount },
	{ NULL, NULL },
};
