// SPDX-License-Identifier: BSD-2-Clause
/* What attacks and stage are made with. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "attack.h"

char buffer[8192];

const char *at(const char *dir, const char *name)
{
	static char ring[4][400];
	static unsigned n;
	char *s = ring[n++ & 3];

	snprintf(s, sizeof ring[0], "%s/%s", dir, name);
	return s;
}

int can_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), e;

	if (fd < 0)
		return errno;
	e = result(read(fd, buffer, sizeof buffer));
	close(fd);
	return e;
}
int put(const char *path, const void *data, size_t n, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode), e;

	if (fd < 0)
		return errno;
	e = result(write(fd, data, n));
	close(fd);
	return e;
}
int copy(const char *from, const char *to, mode_t mode)
{
	char b[65536];
	ssize_t n = 0;
	int in = open(from, O_RDONLY | O_CLOEXEC), out = -1, e = 0;

	if (in < 0 || (out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)) < 0)
		e = errno;
	while (!e && (n = read(in, b, sizeof b)) > 0)
		if (write(out, b, n) != n)
			e = errno;
	if (n < 0)
		e = errno;
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return e;
}
