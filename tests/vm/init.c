/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PID 1 of a test guest: sets the system up, runs one command, watches the kernel log, reports and powers off.
 * ci/vm builds it, puts it into the guest's initramfs and reads its report; the two share this protocol only.
 *
 * Input, in the initramfs (removed before the command starts):
 *
 *   /.vm/conf       lines of KEY VALUE:
 *                     out DEV       tty that carries the command's output, and nothing else
 *                     report DEV    tty that carries the report, and nothing else
 *                     token HEX     names this run; a line without it is no report
 *                     timeout SEC   for the command, counted from its start
 *                     interactive 1 the command gets DEV of `out` as its controlling terminal
 *                     net 1         configure eth0 for QEMU's user network (10.0.2.15/24 via 10.0.2.2)
 *   /.vm/argv       the command: arguments, each followed by a NUL
 *   /.vm/modules/N  kernel modules, loaded in the order of their names (which are equally long numbers)
 *   /etc/vm.owners  optional, from the root tree: lines of UID GID PATH, applied before the command starts (the
 *                   initramfs gives everything to root); a PATH that ends in / is a directory to be made
 *
 * Report, one line each:
 *
 *   kss-vm TOKEN hello UPTIME RELEASE   this program runs; a guest that dies before may be started again
 *   kss-vm TOKEN start UPTIME           modules are loaded, the command starts
 *   kss-vm TOKEN error TEXT             the command could not be started; ends the report
 *   kss-vm TOKEN lost                   the kernel log was overwritten before it was read
 *   kss-vm TOKEN splat TEXT             a line of a kernel warning, oops, stall or lockdep report
 *   kss-vm TOKEN timeout                the command was killed for taking too long; ends the report
 *   kss-vm TOKEN exit STATUS UPTIME     the command ended (128 + N: by signal N); ends the report
 *
 * A guest that goes away without one of the three ending lines has crashed.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum {
	MAX_ARGS = 4096,
	ARGV_BYTES = 1 << 20,
	SPLAT_LINES = 60,   /* reported after the line that gave a splat away */
	SPLAT_TOTAL = 400,  /* reported in a run */
	CONSOLE_LEVEL = 5,  /* warnings and worse reach the console once we run; `quiet` held them back */
};

static char out_dev[64], report_dev[64], token[64];
static int timeout_s = 300, interactive, net;
static int report_fd = -1, out_fd = -1, kmsg_fd = -1;
static int splat_left, splat_total;

static double uptime(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void write_all(int fd, const char *buf, size_t n)
{
	while (n > 0) {
		ssize_t w = write(fd, buf, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return;
		buf += w;
		n -= w;
	}
}

static void report(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void report(const char *fmt, ...)
{
	char line[1200];
	int n = snprintf(line, sizeof(line), "kss-vm %s ", token);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
	va_end(ap);
	strcat(line, "\n");
	write_all(report_fd, line, strlen(line));
}

static void power_off(void)
{
	sync();
	if (out_fd >= 0)
		tcdrain(out_fd);
	if (report_fd >= 0)
		tcdrain(report_fd);
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static void fail(const char *what)
{
	int err = errno;

	if (report_fd >= 0)
		report("error %s: %s", what, strerror(err));
	fprintf(stderr, "init: %s: %s\n", what, strerror(err));
	power_off();
}

/* --- setting up ------------------------------------------------------------------------------------------------- */

/*
 * The initramfs is the one file system that pivot_root(2) refuses to leave, and container launchers need that call.
 * So it is bound over itself, as if it were a mounted root.
 */
static void leave_initramfs(void)
{
	mkdir("/.vm/root", 0700);
	if (mount("/", "/.vm/root", NULL, MS_BIND, NULL) || chdir("/.vm/root") ||
	    mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/"))
		fail("moving the root");
	rmdir("/.vm/root");
}

static void mount_at(const char *type, const char *dir, unsigned long flags, const char *data)
{
	mkdir(dir, 0755);
	/* a kernel without tracefs or bpffs is still a kernel: what needs it will say so */
	if (mount(type, dir, type, flags, data) && errno != EBUSY)
		fprintf(stderr, "init: %s on %s: %s\n", type, dir, strerror(errno));
}

static void mount_all(void)
{
	const unsigned long safe = MS_NOSUID | MS_NODEV | MS_NOEXEC;

	mount_at("devtmpfs", "/dev", MS_NOSUID, "mode=0755");
	mount_at("proc", "/proc", safe, NULL);
	mount_at("sysfs", "/sys", safe, NULL);
	mount_at("devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "gid=5,mode=620,ptmxmode=666");
	mount_at("tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777");
	mount_at("mqueue", "/dev/mqueue", safe, NULL);
	mount_at("tmpfs", "/tmp", MS_NOSUID | MS_NODEV, "mode=1777");
	mount_at("tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=0755");
	mount_at("securityfs", "/sys/kernel/security", safe, NULL);
	mount_at("tracefs", "/sys/kernel/tracing", safe, NULL);
	mount_at("debugfs", "/sys/kernel/debug", safe, NULL);
	mount_at("cgroup2", "/sys/fs/cgroup", safe, NULL);
	mount_at("bpf", "/sys/fs/bpf", safe, "mode=0700");
	mkdir("/run/lock", 01777);
	(void)!symlink("/proc/self/fd", "/dev/fd");
	(void)!symlink("/proc/self/fd/0", "/dev/stdin");
	(void)!symlink("/proc/self/fd/1", "/dev/stdout");
	(void)!symlink("/proc/self/fd/2", "/dev/stderr");
}

static void read_conf(void)
{
	char key[32], value[128];
	FILE *f = fopen("/.vm/conf", "r");

	if (!f)
		fail("/.vm/conf");
	while (fscanf(f, "%31s %127s", key, value) == 2) {
		if (!strcmp(key, "out"))
			snprintf(out_dev, sizeof(out_dev), "%.63s", value);
		else if (!strcmp(key, "report"))
			snprintf(report_dev, sizeof(report_dev), "%.63s", value);
		else if (!strcmp(key, "token"))
			snprintf(token, sizeof(token), "%.63s", value);
		else if (!strcmp(key, "timeout"))
			timeout_s = atoi(value);
		else if (!strcmp(key, "interactive"))
			interactive = atoi(value);
		else if (!strcmp(key, "net"))
			net = atoi(value);
	}
	fclose(f);
}

static char **read_argv(void)
{
	static char buf[ARGV_BYTES], *argv[MAX_ARGS + 1];
	int fd = open("/.vm/argv", O_RDONLY | O_CLOEXEC), n = 0;
	ssize_t got = 0, r;

	if (fd < 0)
		fail("/.vm/argv");
	while ((r = read(fd, buf + got, sizeof(buf) - 1 - got)) > 0)
		got += r;
	close(fd);
	for (char *p = buf; p < buf + got && n < MAX_ARGS; p += strlen(p) + 1)
		argv[n++] = p;
	if (n == 0)
		fail("empty command");
	return argv;
}

static int open_tty(const char *dev)
{
	int fd = open(dev, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios t;

	if (fd < 0)
		fail(dev);
	if (!tcgetattr(fd, &t)) {
		cfmakeraw(&t);
		t.c_cflag |= CLOCAL;
		cfsetspeed(&t, B115200);
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void load_modules(void)
{
	char *names[512], path[300];
	struct dirent *e;
	DIR *d = opendir("/.vm/modules");
	int n = 0;

	if (!d)
		return;
	while (n < 512 && (e = readdir(d)))
		if (e->d_name[0] != '.')
			names[n++] = strdup(e->d_name);
	closedir(d);
	qsort(names, n, sizeof(*names), by_name);
	for (int i = 0; i < n; i++) {
		int fd;

		snprintf(path, sizeof(path), "/.vm/modules/%s", names[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST))
			fail(names[i]);
		close(fd);
		unlink(path);
	}
	rmdir("/.vm/modules");
}

static void set_addr(struct sockaddr *sa, const char *addr)
{
	struct sockaddr_in *in = (struct sockaddr_in *)sa;

	memset(in, 0, sizeof(*in));
	in->sin_family = AF_INET;
	in->sin_addr.s_addr = inet_addr(addr);
}

static void bring_up(const char *ifname)
{
	struct ifreq ifr = {0};
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", ifname);
	if (s < 0 || ioctl(s, SIOCGIFFLAGS, &ifr))
		fail(ifname);
	ifr.ifr_flags |= IFF_UP;
	if (ioctl(s, SIOCSIFFLAGS, &ifr))
		fail(ifname);
	close(s);
}

static void user_network(void)
{
	struct ifreq ifr = {.ifr_name = "eth0"};
	struct rtentry rt = {.rt_flags = RTF_UP | RTF_GATEWAY};
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	bring_up("eth0");
	set_addr(&ifr.ifr_addr, "10.0.2.15");
	if (ioctl(s, SIOCSIFADDR, &ifr))
		fail("eth0 address");
	set_addr(&ifr.ifr_netmask, "255.255.255.0");
	if (ioctl(s, SIOCSIFNETMASK, &ifr))
		fail("eth0 netmask");
	set_addr(&rt.rt_dst, "0.0.0.0");
	set_addr(&rt.rt_genmask, "0.0.0.0");
	set_addr(&rt.rt_gateway, "10.0.2.2");
	if (ioctl(s, SIOCADDRT, &rt))
		fail("default route");
	close(s);
}

static void apply_owners(void)
{
	char path[512];
	unsigned uid, gid;
	FILE *f = fopen("/etc/vm.owners", "r");

	if (!f)
		return;
	while (fscanf(f, "%u %u %511s", &uid, &gid, path) == 3) {
		if (path[strlen(path) - 1] == '/')
			mkdir(path, 0755);
		(void)!lchown(path, uid, gid);
	}
	fclose(f);
}

/* --- the kernel log --------------------------------------------------------------------------------------------- */

/* The texts by which a kernel says that it, not the test, has gone wrong. */
static int is_splat(const char *line)
{
	static const char *const anywhere[] = {
		"BUG: ",
		"Oops",
		"general protection fault",
		"Unable to handle kernel",
		"Internal error: ",
		"self-detected stall",
		"detected stalls on",
		"detected expedited stalls",
		"blocked for more than",
		"hung task",
		"possible circular locking",
		"possible recursive locking",
		"possible deadlock",
		"INFO: possible",
		"suspicious RCU usage",
		"UBSAN: ",
		"Kernel panic",
	};

	/* at the start only: boot code also says "X: WARNING: ..." about processors and settings */
	if (!strncmp(line, "WARNING:", 8))
		return 1;
	for (size_t i = 0; i < sizeof(anywhere) / sizeof(*anywhere); i++)
		if (strstr(line, anywhere[i]))
			return 1;
	return 0;
}

static void scan_kmsg(void)
{
	char rec[8192];
	ssize_t n;

	for (;;) {
		n = read(kmsg_fd, rec, sizeof(rec) - 1);
		if (n < 0 && errno == EPIPE) {
			report("lost");
			continue;
		}
		if (n <= 0)
			return;
		rec[n] = 0;
		char *text = strchr(rec, ';');

		if (!text)
			continue;
		text++;
		text[strcspn(text, "\n")] = 0;
		if (is_splat(text))
			splat_left = SPLAT_LINES;
		if (splat_left > 0 && splat_total < SPLAT_TOTAL) {
			splat_left--;
			splat_total++;
			report("splat %.1000s", text);
		}
	}
}

/* --- the command ------------------------------------------------------------------------------------------------ */

static void run_child(char **argv, int pipe_w)
{
	sigset_t none;
	int in = interactive ? out_fd : open("/dev/null", O_RDONLY);
	int out = interactive ? out_fd : pipe_w;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	if (interactive) {
		struct termios t;

		ioctl(out_fd, TIOCSCTTY, 1);
		tcgetattr(out_fd, &t);
		t.c_iflag |= ICRNL | IXON;
		t.c_oflag |= OPOST | ONLCR;
		t.c_lflag |= ISIG | ICANON | ECHO | ECHOE | ECHOK | IEXTEN;
		tcsetattr(out_fd, TCSANOW, &t);
	}
	dup2(in, 0);
	dup2(out, 1);
	dup2(out, 2);
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("HOME", "/root", 1);
	setenv("USER", "root", 1);
	setenv("LANG", "C.UTF-8", 1);
	if (!interactive)
		setenv("TERM", "dumb", 1);
	execvp(argv[0], argv);
	fprintf(stderr, "init: %s: %s\n", argv[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

/* Pass what there is from the pipe to the host; returns 0 at its end. */
static int pump(int fd)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		write_all(out_fd, buf, n);
	return n < 0;
}

static void trigger(const char *keys)
{
	int fd = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		(void)!write(fd, keys, 1);
		close(fd);
	}
}

static void kill_all(void)
{
	double until = uptime() + 3;

	kill(-1, SIGKILL);
	while (uptime() < until) {
		pid_t p = waitpid(-1, NULL, WNOHANG);

		if (p < 0)
			return;
		if (p == 0)
			usleep(5000);
	}
}

int main(void)
{
	struct utsname un;
	sigset_t chld;
	int p[2] = {-1, -1}, sig_fd, status = -1, running = 1;
	char **argv;
	pid_t child;

	umask(022);
	leave_initramfs();
	mount_all();
	int con = open("/dev/console", O_RDWR | O_NOCTTY);

	if (con >= 0) {
		dup2(con, 0);
		dup2(con, 1);
		dup2(con, 2);
		if (con > 2)
			close(con);
	}
	read_conf();
	report_fd = open_tty(report_dev);
	out_fd = open_tty(out_dev);
	kmsg_fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (kmsg_fd < 0)
		fail("/dev/kmsg");
	uname(&un);
	report("hello %.2f %s", uptime(), un.release);
	klogctl(8 /* SYSLOG_ACTION_CONSOLE_LEVEL */, NULL, CONSOLE_LEVEL);

	load_modules();
	bring_up("lo");
	if (net)
		user_network();
	apply_owners();
	argv = read_argv();
	unlink("/.vm/conf");
	unlink("/.vm/argv");
	rmdir("/.vm");

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	sig_fd = signalfd(-1, &chld, SFD_NONBLOCK | SFD_CLOEXEC);
	if (!interactive && pipe2(p, O_CLOEXEC))
		fail("pipe");
	report("start %.2f", uptime());
	child = fork();
	if (child < 0)
		fail("fork");
	if (child == 0)
		run_child(argv, p[1]);
	if (!interactive) {
		close(p[1]);
		fcntl(p[0], F_SETFL, O_NONBLOCK);
	}

	double deadline = uptime() + timeout_s;

	while (running) {
		struct pollfd fds[] = {
			{.fd = sig_fd, .events = POLLIN},
			{.fd = kmsg_fd, .events = POLLIN},
			{.fd = p[0], .events = POLLIN},
		};
		double left = deadline - uptime();
		struct signalfd_siginfo si;
		int st;

		if (timeout_s > 0 && left <= 0)
			break;
		poll(fds, 3, timeout_s > 0 ? (int)(left * 1000) + 1 : -1);
		if (fds[1].revents)
			scan_kmsg();
		if (fds[2].revents && !pump(p[0])) {
			close(p[0]); /* everyone closed it; the command may still run */
			p[0] = -1;
		}
		while (read(sig_fd, &si, sizeof(si)) > 0)
			;
		for (pid_t w; (w = waitpid(-1, &st, WNOHANG)) > 0;)
			if (w == child) {
				status = WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
				running = 0;
			}
	}
	if (running) {
		/* what everyone is waiting for goes to the console, which the host shows */
		klogctl(8, NULL, 8);
		trigger("w");
	}
	kill_all();
	if (p[0] >= 0)
		pump(p[0]);
	scan_kmsg(); /* also what the end of the processes has set off */
	tcdrain(out_fd);
	if (running)
		report("timeout");
	else
		report("exit %d %.2f", status, uptime());
	power_off();
}
