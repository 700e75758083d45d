// SPDX-License-Identifier: BSD-2-Clause
/* Files and what they are named by: data read, data and attributes changed. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "attack.h"

int a_read(void) { return can_read(secret); }
int a_shadow(void) { return can_read("/etc/shadow"); }
int a_write(void)
{
	int fd = open(secret, O_WRONLY | O_APPEND);

	return result(fd);
}
int a_symlink(void)
{
	const char *l = at(own, "link");

	if (symlink(secret, l))
		return errno;
	return can_read(l);
}
int a_hardlink(void)
{
	const char *l = at(own, "hard");

	if (link(secret, l))
		return errno;
	return can_read(l);
}
int a_rename_parent(void)
{
	if (rename(at(base, "secret"), at(own, "moved")))
		return errno;
	return can_read(at(own, "moved/key"));
}
int a_rename_grandparent(void)
{
	/* box/ is the attacker's own, box/secret is not */
	if (rename(at(own, "box/secret"), at(own, "box/open")))
		return errno;
	return can_read(at(own, "box/open/key"));
}
int a_exchange(void)
{
	int e = put(at(own, "mine"), "x", 1, 0600);

	if (e)
		return e;
	return result(renameat2(AT_FDCWD, at(own, "mine"), AT_FDCWD, secret, RENAME_EXCHANGE));
}
int a_replace(void)
{
	int e = put(at(own, "mine"), "x", 1, 0600);

	return e ? e : result(rename(at(own, "mine"), secret));
}
int a_plant(void)
{
	int fd = open(own, O_TMPFILE | O_WRONLY, 0600);
	char p[64];

	if (fd < 0)
		return errno;
	snprintf(p, sizeof p, "/proc/self/fd/%d", fd);
	return result(linkat(AT_FDCWD, p, AT_FDCWD, at(base, "secret/planted"), AT_SYMLINK_FOLLOW));
}
int a_unlink(void) { return result(unlink(secret)); }
int a_chmod(void) { return result(chmod(secret, 0666)); }
int a_chown(void) { return result(chown(secret, 33, 33)); }
int a_truncate(void) { return result(truncate(secret, 0)); }
int a_utime(void) { return result(utimensat(AT_FDCWD, secret, NULL, 0)); }
int a_stat(void)
{
	struct stat st;

	return result(stat(secret, &st));
}
int a_setxattr(void) { return result(setxattr(secret, "trusted.kss", "x", 1, 0)); }
int a_watch(void)
{
	int fd = inotify_init1(IN_CLOEXEC);

	return fd < 0 ? errno : result(inotify_add_watch(fd, secret, IN_ACCESS | IN_MODIFY));
}
int a_listdir(void)
{
	DIR *d = opendir(at(base, "secret"));

	return d && readdir(d) ? 0 : errno;
}
int a_proc_root(void)
{
	snprintf(buffer, sizeof buffer, "/proc/self/root%s", secret);
	return can_read(strdup(buffer));
}
int a_proc_cwd(void)
{
	if (chdir(at(base, "secret")))
		return errno;
	return can_read("/proc/self/cwd/key");
}
int a_opath(void)
{
	int fd = open(secret, O_PATH);
	char p[64];

	if (fd < 0)
		return errno;
	snprintf(p, sizeof p, "/proc/self/fd/%d", fd);
	return can_read(p);
}
int a_handle(void)
{
	union {
		struct file_handle h;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} u = { .h.handle_bytes = MAX_HANDLE_SZ };
	int mount_id, dir = open(own, O_RDONLY | O_DIRECTORY), fd;

	if (dir < 0 || name_to_handle_at(AT_FDCWD, secret, &u.h, &mount_id, 0))
		return errno;
	fd = open_by_handle_at(dir, &u.h, O_RDONLY);
	return fd < 0 ? errno : result(read(fd, buffer, sizeof buffer));
}

int a_replace_self(void)
{
	char self[300], next[320];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	int e;

	if (n < 0)
		return errno;
	self[n] = 0;
	snprintf(next, sizeof next, "%s.new", self);
	e = put(next, "payload", 7, 0755);
	return e ? e : result(rename(next, self));
}
int a_deface(void) { return result(open("/var/www/html/index.html", O_WRONLY | O_APPEND)); }

/* Opens the secret through a ring, where no system call is made for it. */
static int ring(int open_it)
{
	struct io_uring_params p = {};
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
	unsigned *tail, *array, *mask;
	char *sq;
	int fd = syscall(SYS_io_uring_setup, 4, &p);

	if (fd < 0)
		return errno;
	if (!open_it)
		return 0;
	sq = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof *cqe + 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		  IORING_OFF_SQ_RING);
	sqe = mmap(NULL, 4 * sizeof *sqe, PROT_READ | PROT_WRITE, MAP_SHARED, fd, IORING_OFF_SQES);
	if (sq == MAP_FAILED || sqe == MAP_FAILED || !(p.features & IORING_FEAT_SINGLE_MMAP))
		return errno ? errno : ENOSYS;
	tail = (unsigned *)(sq + p.sq_off.tail);
	mask = (unsigned *)(sq + p.sq_off.ring_mask);
	array = (unsigned *)(sq + p.sq_off.array);
	memset(sqe, 0, sizeof *sqe);
	sqe->opcode = IORING_OP_OPENAT;
	sqe->fd = AT_FDCWD;
	sqe->addr = (uint64_t)(uintptr_t)secret;
	sqe->open_flags = O_RDONLY;
	sqe->flags = open_it == 2 ? IOSQE_ASYNC : 0;
	array[*tail & *mask] = 0;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return errno;
	cqe = (struct io_uring_cqe *)(sq + p.cq_off.cqes);
	return cqe->res < 0 ? -cqe->res : 0;
}
int a_ring(void) { return ring(0); }
int a_ring_open(void) { return ring(1); }
int a_ring_worker(void) { return ring(2); }

/* Many denials: each must be one, whatever becomes of the records. */
int a_flood(void)
{
	int i, e = 0;

	for (i = 0; i < 3000; i++) {
		e = can_read(secret);
		if (!e)
			return 0;
	}
	return e;
}
/* Deeper than paths are followed: must fail closed. */
int a_deep(void)
{
	int i;

	if (chdir(own))
		return errno;
	for (i = 0; i < 300; i++)
		if (mkdir("d", 0700) || chdir("d"))
			return errno;
	return 0;
}
