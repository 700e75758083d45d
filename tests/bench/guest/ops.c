/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ops tree            makes the files under /b
 * ops run [ROW...]    counts the instructions of each operation, user and kernel together
 *
 * For guests in which the time stamp counter advances by one an instruction (ci/vm --icount). Writes "row NAME MEDIAN
 * P10 P90 MEAN N" for each row, with the cost of measuring taken off, and "may WHAT yes|no" for three things that a
 * confined run must be refused.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#define FILES 1000
#define UDP_PORT 17001
#define TCP_PORT 17002

static char many[FILES][32];
static int a, b, to_child, from_child, queue;
static struct sockaddr_in to_inet = { .sin_family = AF_INET };
static struct sockaddr_un to_unix = { .sun_family = AF_UNIX };
static socklen_t unix_len = sizeof to_unix;
static char byte = 'x';

static void must(int ok, const char *what)
{
	if (!ok) {
		printf("failed %s: %s\n", what, strerror(errno));
		fflush(stdout);
		_exit(9);
	}
}

/* ---- what is measured: body(i), between before() and after(), which are not ---- */

static void nothing(int i) { (void)i; }

static void open_close(const char *path)
{
	int fd = open(path, O_RDONLY);

	must(fd >= 0, path);
	close(fd);
}
static void do_getppid(int i) { (void)i; syscall(SYS_getppid); }
static void do_open3(int i) { (void)i; open_close("/b/w/f"); }
static void do_open8(int i) { (void)i; open_close("/b/w/1/2/3/4/5/f"); }
static void do_open_many(int i) { open_close(many[i % FILES]); }
static void do_stat(int i)
{
	struct stat st;

	(void)i;
	must(!stat("/b/w/f", &st), "stat");
}

static void start_rw(void) { must((a = open("/b/w/f", O_RDWR)) >= 0, "open to read and write"); }
static void end_a(void) { close(a); }
static void end_ab(void) { close(a); close(b); }
static void do_read(int i) { (void)i; must(pread(a, &byte, 1, 0) == 1, "read"); }
static void do_write(int i) { (void)i; must(pwrite(a, &byte, 1, 0) == 1, "write"); }
static void do_mmap(int i)
{
	void *m = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, a, 0);

	(void)i;
	must(m != MAP_FAILED, "mmap");
	munmap(m, 4096);
}
static void do_create(int i)
{
	int fd = open("/b/w/tmp/c0", O_CREAT | O_EXCL | O_WRONLY, 0644);

	(void)i;
	must(fd >= 0, "create");
	close(fd);
	must(!unlink("/b/w/tmp/c0"), "unlink");
}
static void do_rename(int i)
{
	if (i & 1)
		must(!rename("/b/w/tmp/r1", "/b/w/tmp/r0"), "rename");
	else
		must(!rename("/b/w/tmp/r0", "/b/w/tmp/r1"), "rename");
}

static void do_socket(int i)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	(void)i;
	must(s >= 0, "socket");
	close(s);
}
static void start_udp(void)
{
	to_inet.sin_port = htons(UDP_PORT);
	a = socket(AF_INET, SOCK_DGRAM, 0);
	b = socket(AF_INET, SOCK_DGRAM, 0);
	must(!bind(a, (void *)&to_inet, sizeof to_inet), "bind udp");
}
static void do_udp(int i)
{
	(void)i;
	must(sendto(b, &byte, 1, 0, (void *)&to_inet, sizeof to_inet) == 1, "sendto");
}
static void after_udp(int i) { (void)i; must(recv(a, &byte, 1, 0) == 1, "recv"); }
static void start_tcp(void)
{
	struct linger reset = { 1, 0 }; /* accepted sockets inherit it: their end leaves no TIME_WAIT behind */
	int on = 1;

	to_inet.sin_port = htons(TCP_PORT);
	a = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(a, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	must(!setsockopt(a, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), "linger");
	must(!bind(a, (void *)&to_inet, sizeof to_inet) && !listen(a, 16), "listen on tcp");
}
static void stream(int family, const void *to, socklen_t len)
{
	int client = socket(family, SOCK_STREAM, 0), server;

	must(client >= 0, "socket");
	must(!connect(client, to, len), "connect");
	server = accept(a, NULL, NULL);
	must(server >= 0, "accept");
	close(server);
	close(client);
}
static void do_tcp(int i) { (void)i; stream(AF_INET, &to_inet, sizeof to_inet); }
static void start_unix(void)
{
	strcpy(to_unix.sun_path, "/b/w/tmp/st");
	unlink(to_unix.sun_path);
	a = socket(AF_UNIX, SOCK_STREAM, 0);
	must(!bind(a, (void *)&to_unix, unix_len) && !listen(a, 16), "listen on unix");
}
static void do_unix(int i) { (void)i; stream(AF_UNIX, &to_unix, unix_len); }
static void end_unix(void) { close(a); unlink(to_unix.sun_path); }
static void start_dgram(void)
{
	strcpy(to_unix.sun_path, "/b/w/tmp/dg");
	unlink(to_unix.sun_path);
	a = socket(AF_UNIX, SOCK_DGRAM, 0);
	b = socket(AF_UNIX, SOCK_DGRAM, 0);
	must(!bind(a, (void *)&to_unix, unix_len) && !connect(b, (void *)&to_unix, unix_len), "unix datagrams");
}
static void do_dgram(int i)
{
	(void)i;
	must(send(b, &byte, 1, 0) == 1 && recv(a, &byte, 1, 0) == 1, "unix datagram");
}
static void end_dgram(void) { end_ab(); unlink(to_unix.sun_path); }

static void start_pipe(void)
{
	int down[2], up[2];
	pid_t child;

	must(!pipe(down) && !pipe(up), "pipe");
	child = fork();
	must(child >= 0, "fork");
	if (!child) {
		close(down[1]);
		close(up[0]);
		while (read(down[0], &byte, 1) == 1 && write(up[1], &byte, 1) == 1)
			;
		_exit(0);
	}
	close(down[0]);
	close(up[1]);
	to_child = down[1];
	from_child = up[0];
}
static void do_pipe(int i)
{
	(void)i;
	must(write(to_child, &byte, 1) == 1 && read(from_child, &byte, 1) == 1, "pipe");
}
static void end_pipe(void) { close(to_child); close(from_child); wait(NULL); }

static void do_kill(int i)
{
	static pid_t me;

	(void)i;
	if (!me)
		me = getpid();
	must(!kill(me, 0), "kill");
}
static void start_msg(void) { must((queue = msgget(IPC_PRIVATE, IPC_CREAT | 0600)) >= 0, "msgget"); }
static void do_msg(int i)
{
	struct { long type; char text[8]; } m = { 1, "x" };

	(void)i;
	must(!msgsnd(queue, &m, 1, 0) && msgrcv(queue, &m, 1, 0, 0) == 1, "message");
}
static void end_msg(void) { msgctl(queue, IPC_RMID, NULL); }

static void await(pid_t child)
{
	int status;

	must(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && !WEXITSTATUS(status), "child");
}
static void do_fork(int i)
{
	pid_t child = fork();

	(void)i;
	if (!child)
		_exit(0);
	await(child);
}
static void do_exec(int i)
{
	static char *const argv[] = { "/b/bin/tiny", NULL };
	pid_t child = fork();

	(void)i;
	if (!child) {
		execve(argv[0], argv, argv + 1);
		_exit(99);
	}
	await(child);
}

static const struct row {
	const char *name;
	int n, warm;
	void (*start)(void), (*body)(int), (*after)(int), (*end)(void);
} rows[] = {
	{ "_empty", 1000, 10, NULL, nothing, nothing, NULL },
	/* first: nothing here has opened these files yet */
	{ "open1000_first", 1000, 0, NULL, do_open_many, nothing, NULL },
	{ "open1000", 3000, 0, NULL, do_open_many, nothing, NULL },
	{ "getppid", 2000, 200, NULL, do_getppid, nothing, NULL },
	{ "open_d3", 2000, 200, NULL, do_open3, nothing, NULL },
	{ "open_d8", 2000, 200, NULL, do_open8, nothing, NULL },
	{ "stat", 2000, 200, NULL, do_stat, nothing, NULL },
	{ "read1", 2000, 200, start_rw, do_read, nothing, end_a },
	{ "write1", 2000, 200, start_rw, do_write, nothing, end_a },
	{ "mmap_munmap", 2000, 200, start_rw, do_mmap, nothing, end_a },
	{ "create_unlink", 1000, 100, NULL, do_create, nothing, NULL },
	{ "rename", 1000, 100, NULL, do_rename, nothing, NULL },
	{ "socket_inet", 1000, 100, NULL, do_socket, nothing, NULL },
	{ "udp_sendto", 1000, 100, start_udp, do_udp, after_udp, end_ab },
	{ "tcp_connect", 500, 50, start_tcp, do_tcp, nothing, end_a },
	{ "unix_connect", 1000, 100, start_unix, do_unix, nothing, end_unix },
	{ "unix_dgram", 1000, 100, start_dgram, do_dgram, nothing, end_dgram },
	{ "pipe_pingpong", 1000, 100, start_pipe, do_pipe, nothing, end_pipe },
	{ "kill_self", 2000, 200, NULL, do_kill, nothing, NULL },
	{ "sysv_msg", 1000, 100, start_msg, do_msg, nothing, end_msg },
	{ "fork_exit", 300, 30, NULL, do_fork, nothing, NULL },
	{ "fork_exec", 300, 30, NULL, do_exec, nothing, NULL },
};

static uint64_t sample[4096];
static uint64_t cost_of_measuring;

static int by_value(const void *x, const void *y)
{
	uint64_t p = *(const uint64_t *)x, q = *(const uint64_t *)y;

	return p < q ? -1 : p > q;
}

/* Results are kept until the end: no output goes on between measurements. */
static char result[16384];
static size_t result_len;

static void measure(const struct row *r)
{
	double sum = 0;
	int i;

	if (r->start)
		r->start();
	for (i = -r->warm; i < r->n; i++) {
		uint64_t t = __rdtsc();

		r->body(i);
		t = __rdtsc() - t;
		r->after(i);
		if (i >= 0)
			sample[i] = t > cost_of_measuring ? t - cost_of_measuring : 0;
	}
	if (r->end)
		r->end();
	for (i = 0; i < r->n; i++)
		sum += (double)sample[i];
	qsort(sample, (size_t)r->n, sizeof *sample, by_value);
	if (r == rows)
		cost_of_measuring = sample[r->n / 2];
	result_len += (size_t)snprintf(result + result_len, sizeof result - result_len, "row %s %llu %llu %llu %.1f %d\n", r->name,
				       (unsigned long long)sample[r->n / 2], (unsigned long long)sample[r->n / 10],
				       (unsigned long long)sample[r->n * 9 / 10], sum / r->n, r->n);
}

static void file(const char *path, size_t size)
{
	static char text[8192];
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0644);

	memset(text, 'x', sizeof text);
	must(fd >= 0 && write(fd, text, size) == (ssize_t)size, path);
	close(fd);
}

static int tree(void)
{
	static const char *const dirs[] = { "/b/w", "/b/w/1", "/b/w/1/2", "/b/w/1/2/3", "/b/w/1/2/3/4", "/b/w/1/2/3/4/5",
					    "/b/w/many", "/b/w/tmp", "/b/denied" };

	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
		must(!mkdir(dirs[i], 0755), dirs[i]);
	file("/b/w/f", 8192);
	file("/b/w/1/2/3/4/5/f", 100);
	file("/b/w/tmp/r0", 10);
	file("/b/denied/secret", 7);
	for (int i = 0; i < FILES; i++)
		file(many[i], 1);
	return 0;
}

static void may(const char *what, int fd)
{
	printf("may %s %s\n", what, fd >= 0 ? "yes" : strerror(errno));
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	for (int i = 0; i < FILES; i++)
		snprintf(many[i], sizeof many[i], "/b/w/many/f%04d", i);
	to_inet.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (argc == 2 && !strcmp(argv[1], "tree"))
		return tree();
	if (argc < 2 || strcmp(argv[1], "run"))
		return 2;
	may("open /b/denied/secret", open("/b/denied/secret", O_RDONLY));
	may("make a raw socket", socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
	may("make a netlink socket", socket(AF_NETLINK, SOCK_RAW, 0));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int wanted = argc == 2 || i == 0;

		for (int k = 2; k < argc; k++)
			wanted |= !strcmp(argv[k], rows[i].name);
		if (wanted)
			measure(&rows[i]);
	}
	fwrite(result, 1, result_len, stdout);
	puts("done");
	return 0;
}
