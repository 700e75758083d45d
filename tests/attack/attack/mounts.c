// SPDX-License-Identifier: BSD-2-Clause
/* Mounts, roots, namespaces. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"

int a_chroot(void) { return result(chroot(own)); }
int a_mount(void) { return result(mount("none", own, "tmpfs", 0, NULL)); }
int a_bind_over(void) { return result(mount(own, at(base, "secret"), NULL, MS_BIND, NULL)); }
int a_bind_away(void)
{
	if (mount(at(base, "secret"), at(own, "box"), NULL, MS_BIND, NULL))
		return errno;
	return can_read(at(own, "box/key"));
}
int a_open_tree(void)
{
	int fd = syscall(SYS_open_tree, AT_FDCWD, at(base, "secret"), 1 /* OPEN_TREE_CLONE */);

	if (fd < 0)
		return errno;
	return result(syscall(SYS_move_mount, fd, "", AT_FDCWD, at(own, "box"), 4 /* MOVE_MOUNT_F_EMPTY_PATH */));
}
int a_detached(void)
{
	/* A detached copy of the tree, read without ever being mounted anywhere. */
	int fd = syscall(SYS_open_tree, AT_FDCWD, at(base, "secret"), 1);

	if (fd < 0)
		return errno;
	return result(openat(fd, "key", O_RDONLY));
}
int a_overlay(void)
{
	snprintf(buffer, sizeof buffer, "lowerdir=%s/secret,upperdir=%s/up,workdir=%s/work", base, own, own);
	if (mount("overlay", at(own, "box"), "overlay", 0, buffer))
		return errno;
	return can_read(at(own, "box/key"));
}
int a_remount(void) { return result(mount(NULL, "/tmp", NULL, MS_REMOUNT | MS_BIND | MS_NOATIME, NULL)); }
int a_umount(void) { return result(umount2(at(base, "mnt"), MNT_DETACH)); }
int a_pivot(void) { return reached(syscall(SYS_pivot_root, own, own)); }
int a_unshare_mount(void) { return result(unshare(CLONE_NEWNS)); }
int a_unshare_net(void) { return result(unshare(CLONE_NEWNET)); }
int a_userns(void) { return result(unshare(CLONE_NEWUSER)); }
int a_clone_mount(void)
{
	long pid = syscall(SYS_clone, CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0);

	if (!pid)
		_exit(0);
	return result(pid);
}

int a_setns(void)
{
	char p[64];
	int fd;

	snprintf(p, sizeof p, "/proc/%d/ns/net", (int)victim);
	fd = open(p, O_RDONLY);
	return fd < 0 ? errno : result(setns(fd, CLONE_NEWNET));
}
