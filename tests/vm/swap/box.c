/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs in the domain `box`, in a guest: box MODE, where the mode is a set of letters. Does the operations of these letters,
 * in turn, until the board says stop.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "board.h"

static struct board *board;
static int held;

/* An outcome that is neither a grant nor a denial ends the test. */
static int verdict(long r)
{
	if (r >= 0)
		return 1;
	if (errno == EPERM || errno == EACCES)
		return 0;
	add(&board->wrongs, 1);
	_exit(errno);
}

static int try_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), granted = verdict(fd);

	if (granted)
		close(fd);
	return granted;
}

static int try_socket(int type)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), granted = verdict(fd);

	if (granted)
		close(fd);
	return granted;
}

/* Old verdicts are timed from the return of the swap. */
static void either(int kind, int granted, int in_a, struct begun w, count_t since)
{
	struct timespec t;
	count_t late;

	if (!judged(board, kind, granted, in_a, w))
		return;
	clock_gettime(CLOCK_MONOTONIC, &t);
	late = t.tv_sec * 1000000000ul + t.tv_nsec - since;
	add(&board->late, 1);
	if (late > board->latest)
		board->latest = late;
}

static void child(void)
{
	struct begun w = begin(board);
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit((try_open("/data/always") ? 0 : 1) | (try_open("/data/never") ? 2 : 0));
	if (!verdict(pid) || waitpid(pid, &status, 0) != pid)
		status = -1;
	fixed(board, CHILD, status == 0, 1, w);
}

static void operate(char what, const char *x, const char *y)
{
	struct begun w = begin(board);
	count_t since = board->returned;
	int granted, fd;
	char c;

	switch (what) {
	case '1':
		fixed(board, ALWAYS, try_open("/data/always"), 1, w);
		break;
	case '0':
		fixed(board, NEVER, try_open("/data/never"), 0, w);
		break;
	case 'a':
		either(FILE_A, try_open("/data/a"), 1, w, since);
		break;
	case 'b':
		either(FILE_B, try_open("/data/b"), 0, w, since);
		break;
	case 'h':
		either(HELD, verdict(pread(held, &c, 1, 0)), 1, w, since);
		break;
	case 't':
		either(TCP, try_socket(SOCK_STREAM), 1, w, since);
		break;
	case 'u':
		either(UDP, try_socket(SOCK_DGRAM), 0, w, since);
		break;
	case 'r':
		granted = verdict(rename(x, y));
		either(RENAME, granted, 1, w, since);
		while (granted && !verdict(rename(y, x)) && !board->stop)
			;
		break;
	case 'd':
		granted = verdict(mkdir("/data/made/dir", 0700));
		either(MKDIR, granted, 0, w, since);
		if (granted && rmdir("/data/made/dir"))
			wrong(board, MKDIR, errno, w, now_is(&board->seq));
		break;
	case 'c':
		fd = open("/data/made/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		either(CREATE, verdict(fd), 0, w, since);
		close(fd);
		if (unlink("/data/made/file") && (fd >= 0 || errno != ENOENT))
			wrong(board, CREATE, errno, w, now_is(&board->seq));
		break;
	case 'm': /* A grants the one half of it, B the other */
		granted = verdict(rename("/data/from/file", "/data/to/file"));
		fixed(board, MIXED, granted, 0, w);
		if (granted)
			_exit(0); /* there is no way back */
		break;
	case 'f':
		child();
		break;
	}
}

int main(int argc, char **argv)
{
	int fd = open(BOARD, O_RDWR | O_CLOEXEC);
	char x[64], y[64];

	if (argc != 2 || fd < 0)
		return 2;
	board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (board == MAP_FAILED)
		return 2;
	snprintf(x, sizeof x, "/data/moved/%d", (int)getpid());
	snprintf(y, sizeof y, "/data/moved/%d.new", (int)getpid());
	if (strchr(argv[1], 'r')) {
		fd = open(x, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0)
			return 3;
		close(fd);
	}
	held = open("/data/a", O_RDONLY | O_CLOEXEC); /* the driver starts us under A */
	if (held < 0)
		return 4;
	while (!now_is(&board->stop))
		for (const char *what = argv[1]; *what; what++)
			operate(*what, x, y);
	return 0;
}
