/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver, in a guest as root: drive SECONDS A.kss B.kss. Puts A in force, starts what runs in domains (box.c) and what
 * goes on executing programs that enter one (entered.c), and swaps B, A, B, A …; then says what was seen.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "board.h"
#include "kss/kss.h"

#define DEEP "/srv/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/enter"
#define STATUS_EPERM 200
#define STATUS_OTHER 201

static struct board *board;
static const char *const names[KINDS] = {
	[ALWAYS] = "open, granted by both", [NEVER] = "open, granted by none", [FILE_A] = "open, granted by A",
	[FILE_B] = "open, granted by B", [HELD] = "read of what is open, A", [TCP] = "socket, A", [UDP] = "socket, B",
	[RENAME] = "rename, A", [MKDIR] = "mkdir, B", [CREATE] = "create, B", [MIXED] = "rename, half A half B",
	[CHILD] = "fork", [EXEC] = "exec into a domain", [FLIP] = "exec: A left, B right",
	[CARRY] = "exec with descriptor, A", [HOP] = "exec from domain to domain",
};

static void die(const char *what)
{
	fprintf(stderr, "drive: %s: %s, %s\n", what, strerror(errno), kss_last_error());
	exit(1);
}

static count_t nanoseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ul + t.tv_nsec;
}

/* publish.cpp */
int publish_open(void);
int publish_prepare(const void *image, size_t size, uint32_t generation);
int publish(int map, uint32_t generation);

static void no_descriptors(void)
{
	for (int fd = 0; fd < 64; fd++)
		close(fd);
}

/* 0 in the child, which has no descriptors. */
static pid_t child(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid)
		no_descriptors();
	return pid;
}

/* Starts `box MODE` or a program of that kind. */
static pid_t start(char *path, char *mode)
{
	char *argv[] = { path, mode, NULL }, *none[] = { NULL };
	pid_t pid = child();

	if (pid)
		return pid;
	execve(path, argv, none);
	_exit(99);
}

static int run(char *path)
{
	char *argv[] = { path, NULL }, *none[] = { NULL };
	int status = -1;
	pid_t pid = vfork();

	if (pid == 0) {
		execve(path, argv, none);
		_exit(errno == EPERM ? STATUS_EPERM : STATUS_OTHER);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		_exit(98);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* An exec that a swap came into may be refused, or killed where it can no longer fail; any other may not. */
static int ran(int kind, int status, struct begun w)
{
	count_t after = now_is(&board->seq);
	int refused = status == STATUS_EPERM, killed = status == -SIGKILL;

	if (!refused && !killed)
		return 1;
	add(refused ? &board->tally[kind].refused : &board->tally[kind].killed, 1);
	if (after == w.seq && after % 2 == 0)
		wrong(board, kind, status, w, after);
	return 0;
}

static void execs(int kind)
{
	struct begun w = begin(board);
	int status, left;

	switch (kind) {
	case EXEC:
		status = run(DEEP);
		if (ran(EXEC, status, w))
			fixed(board, EXEC, status == 2, 1, w);
		if (status >= 0 && status != STATUS_EPERM && status != 2)
			wrong(board, EXEC, status, w, now_is(&board->seq));
		break;
	case FLIP:
		status = run("/srv/flip");
		if (!ran(FLIP, status, w))
			break;
		left = status == 4;
		judged(board, FLIP, left, 1, w);
		if (!left && status != 8)
			wrong(board, FLIP, status, w, now_is(&board->seq));
		break;
	case CARRY: /* the launcher has /data/a open, whose refusal is a verdict */
		status = run("/srv/enter");
		if (status == -SIGKILL) {
			ran(CARRY, status, w);
			break;
		}
		judged(board, CARRY, status == 2, 1, w);
		if (status != 2 && status != STATUS_EPERM)
			wrong(board, CARRY, status, w, now_is(&board->seq));
		break;
	}
}

static pid_t launcher(const int *kinds, int n)
{
	pid_t pid = child();

	if (pid)
		return pid;
	if (kinds[0] == CARRY && open("/data/a", O_RDONLY) != 0)
		_exit(97);
	while (!now_is(&board->stop))
		for (int i = 0; i < n; i++)
			execs(kinds[i]);
	_exit(0);
}

static void *map_board(void)
{
	int fd = open(BOARD, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	void *p;

	if (fd < 0 || ftruncate(fd, sizeof *board))
		die(BOARD);
	p = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		die(BOARD);
	close(fd);
	return p;
}

/* Goes to the next generation, by kss_swap or (an image made before) by what is its core. Returns how long that took. */
static count_t next(struct kss_policy *const *policy, int core)
{
	static uint32_t generation = 1;
	struct kss_options options = { .size = sizeof options };
	uint32_t got = ++generation;
	const void *image;
	count_t at, took;
	size_t size;
	int map = -1;

	image = kss_policy_image(policy[generation % 2], &size);
	if (core && (map = publish_prepare(image, size, generation)) < 0)
		die("image");
	__atomic_store_n(&board->seq, 2ul * generation - 1, __ATOMIC_SEQ_CST);
	at = nanoseconds();
	if (core ? publish(map, generation) : kss_swap(policy[generation % 2], &options, &got) || got != generation)
		die("swap");
	board->returned = nanoseconds();
	__atomic_store_n(&board->seq, 2ul * generation, __ATOMIC_SEQ_CST);
	took = board->returned - at;
	usleep(rand() % 32 * 1000);
	return took;
}

static void show(const struct tally *t, const char *name)
{
	printf("%-28s %9lu %9lu %9lu %9lu %7lu %6lu %6lu\n", name, t->calm, t->swapping, t->granted, t->denied, t->refused,
	       t->killed, t->wrong);
}

static int say(void)
{
	struct tally sum = {};
	int bad = 0;

	printf("%-28s %9s %9s %9s %9s %7s %6s %6s\n", "", "calm", "swapping", "granted", "denied", "refused", "killed", "wrong");
	for (int i = 0; i < KINDS; i++) {
		const struct tally *t = &board->tally[i];

		show(t, names[i]);
		for (size_t n = 0; n < sizeof sum / sizeof(count_t); n++)
			((count_t *)&sum)[n] += ((const count_t *)t)[n];
		/* Nothing is proven by what hardly happened. */
		if (t->calm < 20 || t->swapping < 100 || (i != ALWAYS && i != NEVER && i < MIXED && (t->granted < 50 || t->denied < 50))) {
			printf("%s: too few\n", names[i]);
			bad = 1;
		}
	}
	show(&sum, "all");
	/* Of one that carries a descriptor a refusal is the policy's verdict, which is not audited. */
	printf("execs refused: %lu\n", sum.refused - board->tally[CARRY].refused);
	printf("old verdicts after a swap had returned: %lu, longest %lu us\n", board->late, board->latest / 1000);
	for (count_t i = 0; i < board->wrongs && i < sizeof board->wrong / sizeof *board->wrong; i++)
		printf("wrong: %s: %ld, seq %lu to %lu, seen %lu\n", names[board->wrong[i].kind], (long)board->wrong[i].verdict,
		       board->wrong[i].before, board->wrong[i].after, board->wrong[i].seen);
	return bad || board->wrongs || board->late;
}

int main(int argc, char **argv)
{
	struct kss_options options = { .size = sizeof options, .audit_rate = 1000000 };
	static const char *const ways[] = { "kss_swap", "its core alone" };
	int n = 0, status, failed = 0, seconds;
	struct kss_policy *policy[2];
	char *box = "/srv/box/box";
	pid_t pids[16];

	if (argc != 4 || kss_policy_open(argv[2], &policy[1]) || kss_policy_open(argv[3], &policy[0]))
		die("usage: drive SECONDS A.kss B.kss");
	seconds = atoi(argv[1]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	board = map_board();
	if (kss_load(policy[1], &options, NULL) || publish_open())
		die("load");
	printf("loaded after %lu s\n", nanoseconds() / 1000000000ul);
	board->seq = 2;
	board->seen = 1;
	setpriority(PRIO_PROCESS, 0, 5);
	pids[n++] = start(box, "01ab");
	pids[n++] = start(box, "0am1bmhmtmumrmdmcmf");
	setpriority(PRIO_PROCESS, 0, 0);
	pids[n++] = start("/srv/one", "hop");
	pids[n++] = launcher((int[]){ EXEC, FLIP, EXEC }, 3);
	pids[n++] = launcher((int[]){ CARRY }, 1);
	setpriority(PRIO_PROCESS, 0, -20);
	usleep(500000);

	for (int core = 0; core < 2; core++) {
		count_t until = nanoseconds() + seconds * 500000000ul, took = 0, swaps = 0;

		/* As many as prove something, however slow the machine is. */
		for (; (nanoseconds() < until || swaps < 50) && !board->wrongs; swaps++)
			took += next(policy, core);
		printf("%lu swaps by %s, of %lu us each\n", swaps, ways[core], took / (swaps + !swaps) / 1000);
	}
	next(policy, 0);
	board->stop = 1;
	for (int i = 0; i < n; i++)
		if (waitpid(pids[i], &status, 0) != pids[i] || status) {
			printf("process %d ended with %#x\n", i, status);
			failed = 1;
		}
	return say() || failed;
}
