// SPDX-License-Identifier: BSD-2-Clause
/*
 * Root against a sealed policy. `seal open PINS` does each attack where nothing is sealed and must see the kernel let it
 * through (so that a refusal later means something); `seal sealed PINS AGENT` must see EPERM; `seal reuse PINS PID` makes
 * a process with the number of the agent that died. One line for each check; tests/vm/seal-guest.sh runs it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kss/abi.h"

static char pins[200], parent[200], other[220];
static int agent; /* 0: nothing is sealed */
static int failed;

static void say(int good, const char *what, const char *saw)
{
	printf("%s %s%s%s\n", good ? "ok  " : "FAIL", what, *saw ? ": " : "", saw);
	failed += !good;
}

static long bpf(int cmd, union bpf_attr *a)
{
	return syscall(SYS_bpf, cmd, a, sizeof *a);
}

static char *in(const char *dir, const char *name)
{
	static char text[4][300];
	static int n;

	snprintf(text[++n % 4], sizeof text[0], "%s/%s", dir, name);
	return text[n % 4];
}

static int get(const char *name, uint32_t flags)
{
	union bpf_attr a = {};

	a.pathname = (uint64_t)in(pins, name);
	a.file_flags = flags;
	return bpf(BPF_OBJ_GET, &a);
}
static int by_id(int cmd, uint32_t id, uint32_t flags)
{
	union bpf_attr a = {};

	a.map_id = id;
	a.open_flags = flags;
	return bpf(cmd, &a);
}
static int make_map(void)
{
	union bpf_attr a = {};

	a.map_type = BPF_MAP_TYPE_ARRAY;
	a.key_size = a.value_size = 4;
	a.max_entries = 1;
	return bpf(BPF_MAP_CREATE, &a);
}

/* Each attack returns -1 with errno, or undoes what it did. */
static int closed(int fd)
{
	return fd < 0 ? -1 : close(fd);
}
static int bss(void) { return closed(get("map_kss_bss", 0)); }
static int bss_ro(void) { return closed(get("map_kss_bss", BPF_F_RDONLY)); }
static int images(void) { return closed(get("map_kss_images", 0)); }
static int images_ro(void) { return closed(get("map_kss_images", BPF_F_RDONLY)); }
static int events(void) { return closed(get("map_kss_events", 0)); }
static int tasks_ro(void) { return closed(get("map_kss_tasks", BPF_F_RDONLY)); }
static int program(void) { return closed(get("prog_file_permission", 0)); }

static int raw_tracepoint(void)
{
	union bpf_attr a = {};

	a.raw_tracepoint.prog_fd = -1;
	return bpf(BPF_RAW_TRACEPOINT_OPEN, &a);
}
static int link_create(int type)
{
	union bpf_attr a = {};

	a.link_create.prog_fd = a.link_create.target_fd = -1;
	a.link_create.attach_type = type;
	return bpf(BPF_LINK_CREATE, &a);
}
static int link_lsm(void) { return link_create(BPF_LSM_MAC); }
static int link_fmod_ret(void) { return link_create(BPF_MODIFY_RETURN); }

static int rename_pins(void)
{
	return rename(pins, other) ? -1 : rename(other, pins);
}
static int exchange_pins(void)
{
	int r;

	if (mkdir(other, 0700))
		return -1;
	r = renameat2(AT_FDCWD, pins, AT_FDCWD, other, RENAME_EXCHANGE);
	if (!r)
		r = renameat2(AT_FDCWD, pins, AT_FDCWD, other, RENAME_EXCHANGE);
	int e = errno;
	rmdir(other);
	errno = e;
	return r;
}
static int rename_pin(void)
{
	return rename(in(pins, "map_kss_bss"), in(pins, "x")) ? -1 : rename(in(pins, "x"), in(pins, "map_kss_bss"));
}
static int steal_pin(void)
{
	return rename(in(pins, "map_kss_bss"), in(parent, "x")) ? -1 : rename(in(parent, "x"), in(pins, "map_kss_bss"));
}
static int pin_in(void)
{
	union bpf_attr a = {};
	int map = make_map(), r, e;

	a.pathname = (uint64_t)in(pins, "link_x");
	a.bpf_fd = map;
	r = bpf(BPF_OBJ_PIN, &a);
	e = errno;
	close(map);
	errno = e;
	return r ? -1 : unlink(in(pins, "link_x"));
}
static int mkdir_in(void) { return mkdir(in(pins, "x"), 0700) ? -1 : rmdir(in(pins, "x")); }
static int symlink_in(void) { return symlink("/", in(pins, "link_x")) ? -1 : unlink(in(pins, "link_x")); }
static int chmod_pins(void) { return chmod(pins, 0700); }
static int chown_pins(void) { return chown(pins, 0, 0); }
static int chmod_pin(void) { return chmod(in(pins, "map_kss_bss"), 0600); }
static int fchmod_pins(void)
{
	int fd = open(pins, O_RDONLY | O_DIRECTORY), r = fd < 0 ? -1 : fchmod(fd, 0700), e = errno;

	close(fd);
	errno = e;
	return r;
}
static int mount_over(void) { return mount("none", pins, "tmpfs", 0, "") ? -1 : umount(pins); }
static int mount_over_parent(void) { return mount("none", parent, "tmpfs", 0, "") ? -1 : umount(parent); }
static int bind_over(void) { return mount("/tmp", pins, "", MS_BIND, "") ? -1 : umount(pins); }
static int remount(void) { return mount("", parent, "", MS_REMOUNT | MS_BIND, ""); }
static int move_away(void)
{
	mkdir("/tmp/away", 0700);
	return mount(parent, "/tmp/away", "", MS_MOVE, "") ? -1 : mount("/tmp/away", parent, "", MS_MOVE, "");
}
static int move_mount_from(const char *from, const char *to)
{
	return syscall(SYS_move_mount, AT_FDCWD, from, AT_FDCWD, to, 0);
}
static int move_mount_away(void)
{
	mkdir("/tmp/away", 0700);
	return move_mount_from(parent, "/tmp/away") ? -1 : move_mount_from("/tmp/away", parent);
}
static int move_mount_over(void)
{
	int r, e;

	mkdir("/tmp/src", 0700);
	mount("none", "/tmp/src", "tmpfs", 0, "");
	r = move_mount_from("/tmp/src", pins);
	e = errno;
	umount(r ? "/tmp/src" : pins);
	errno = e;
	return r;
}
static int ftrace_off(void)
{
	int fd = open("/proc/sys/kernel/ftrace_enabled", O_WRONLY);

	return fd < 0 ? -1 : close(fd);
}
static int ftrace_off_elsewhere(void)
{
	int fd, e;

	mkdir("/tmp/proc", 0700);
	if (mount("none", "/tmp/proc", "proc", 0, ""))
		return -1;
	fd = open("/tmp/proc/sys/kernel/ftrace_enabled", O_RDWR);
	e = errno;
	if (fd >= 0)
		close(fd);
	umount("/tmp/proc");
	errno = e;
	return fd < 0 ? -1 : 0;
}
static int load_module(void)
{
	static char not_one[4096];

	return syscall(SYS_init_module, not_one, sizeof not_one, "");
}
static int load_kernel(void) { return syscall(SYS_kexec_load, 0, 0, 0, 0x1u << 31); }

/* With the errno that the kernel gives where nothing is sealed, 0 = success. */
static const struct attack {
	const char *name;
	int (*run)(void);
	int open_errno;
} attacks[] = {
	{ "a descriptor of the control words", bss, 0 },
	{ "a read-only one", bss_ro, 0 },
	{ "a descriptor of the image in force", images, 0 },
	{ "a read-only one of it", images_ro, 0 },
	{ "the ring buffer of audit records", events, 0 },
	{ "the labels of tasks, read-only", tasks_ro, 0 },
	{ "a pinned program", program, 0 },
	{ "attaching a program of no stated kind", raw_tracepoint, EBADF },
	{ "attaching an LSM program", link_lsm, EBADF },
	{ "attaching a fmod_ret program", link_fmod_ret, EBADF },
	{ "renaming the pin directory", rename_pins, 0 },
	{ "exchanging it with another", exchange_pins, 0 },
	{ "renaming a pin", rename_pin, 0 },
	{ "moving a pin out", steal_pin, 0 },
	{ "adding a pin", pin_in, 0 },
	{ "adding a directory", mkdir_in, 0 },
	{ "adding a symbolic link", symlink_in, 0 },
	{ "chmod of the pin directory", chmod_pins, 0 },
	{ "fchmod of it", fchmod_pins, 0 },
	{ "chown of it", chown_pins, 0 },
	{ "chmod of a pin", chmod_pin, 0 },
	{ "mounting over the pin directory", mount_over, 0 },
	{ "mounting over its file system", mount_over_parent, 0 },
	{ "binding another directory over it", bind_over, 0 },
	{ "remounting its file system", remount, 0 },
	{ "moving its file system away", move_away, 0 },
	{ "move_mount of it away", move_mount_away, 0 },
	{ "move_mount over it", move_mount_over, 0 },
	{ "the switch of ftrace", ftrace_off, 0 },
	{ "the same in another proc", ftrace_off_elsewhere, 0 },
	{ "loading a module", load_module, ENOEXEC },
	{ "loading another kernel", load_kernel, EINVAL },
};

/* Every object of a kind by its number. Ours (so many at least) must be refused while sealed, and nobody else's. */
static void scan(const char *kind, int next, int get_fd, uint32_t flags, int ours, int others)
{
	union bpf_attr a = {};
	int seen = 0, refused = 0, wrong = 0;
	char text[80];

	while (!bpf(next, &a)) {
		int fd = by_id(get_fd, a.next_id, flags);

		seen++;
		if (fd >= 0)
			close(fd);
		else if (errno == EPERM)
			refused++;
		else if (errno != ENOENT)
			wrong++;
		a.start_id = a.next_id;
	}
	snprintf(text, sizeof text, "%d of %d refused", refused, seen);
	say(!wrong && (agent ? refused >= ours && seen - refused >= others : seen >= ours + others && !refused), kind, text);
}

static void links(void)
{
	union bpf_attr a = {};
	int fd = get("link_task_prctl", 0), r;

	say(fd >= 0 || errno == EPERM, "a pinned link", fd < 0 ? "refused" : "");
	if (fd < 0)
		return;
	a.link_detach.link_fd = fd;
	r = bpf(BPF_LINK_DETACH, &a);
	say(r < 0, "detaching through it", r < 0 ? strerror(errno) : "done");
	memset(&a, 0, sizeof a);
	a.link_update.link_fd = fd;
	a.link_update.new_prog_fd = -1;
	r = bpf(BPF_LINK_UPDATE, &a);
	say(r < 0, "replacing its program", r < 0 ? strerror(errno) : "done");
	close(fd);
}

static void expect_eperm(const char *what, long r)
{
	int e = errno;

	say(r < 0 && (e == EPERM || e == EACCES), what, r < 0 ? strerror(e) : "done");
}

static void against_agent(void)
{
	char mem[64], byte = 0;
	struct iovec local = { &byte, 1 }, remote = { (void *)0x400000, 1 };
	struct rlimit one = { 1, 1 };
	int pidfd = syscall(SYS_pidfd_open, agent, 0);

	expect_eperm("SIGKILL to the agent", kill(agent, SIGKILL));
	expect_eperm("SIGSTOP", kill(agent, SIGSTOP));
	expect_eperm("a signal by pidfd", syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, 0, 0));
	expect_eperm("its descriptors", syscall(SYS_pidfd_getfd, pidfd, 3, 0));
	expect_eperm("PTRACE_ATTACH", ptrace(PTRACE_ATTACH, agent, 0, 0));
	expect_eperm("PTRACE_SEIZE", ptrace(PTRACE_SEIZE, agent, 0, 0));
	expect_eperm("reading its memory", process_vm_readv(agent, &local, 1, &remote, 1, 0));
	expect_eperm("writing it", process_vm_writev(agent, &local, 1, &remote, 1, 0));
	snprintf(mem, sizeof mem, "/proc/%d/mem", agent);
	expect_eperm("its memory in proc", open(mem, O_RDWR));
	snprintf(mem, sizeof mem, "/proc/%d/ns/mnt", agent);
	expect_eperm("its mount namespace", open(mem, O_RDONLY));
	expect_eperm("its limits", prlimit(agent, RLIMIT_CPU, &one, 0));
	expect_eperm("becoming the agent", prctl(KSS_PRCTL, KSS_PRCTL_AGENT, 0, 0, 0));
	expect_eperm("unmounting the pins", umount(parent));
	expect_eperm("lazily", umount2(parent, MNT_DETACH));
	expect_eperm("removing a pin", unlink(in(pins, "map_kss_bss")));
	expect_eperm("removing a link's pin", unlink(in(pins, "link_task_prctl")));
	expect_eperm("removing the directory", rmdir(pins));
}

static int reuse(int pid)
{
	pid_t want = pid;
	struct clone_args args = { .exit_signal = SIGCHLD, .set_tid = (uint64_t)&want, .set_tid_size = 1 };
	long child = syscall(SYS_clone3, &args, sizeof args);
	int status = 0;

	if (child == 0) {
		int fd = get("map_kss_bss", 0);

		say(fd < 0 && errno == EPERM, "the control words for a process with the dead agent's number", "");
		expect_eperm("becoming the agent with it", prctl(KSS_PRCTL, KSS_PRCTL_AGENT, 0, 0, 0));
		fflush(stdout);
		if (failed)
			_exit(1);
		for (;;)
			pause();
	}
	say(child == pid, "a process with that number", child < 0 ? strerror(errno) : "");
	if (child < 0)
		return 1;
	usleep(300000);
	say(!kill(child, SIGKILL), "it can be killed as any other", "");
	waitpid(child, &status, 0);
	return failed || !WIFSIGNALED(status);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, 0, _IOLBF, 0);
	if (argc < 3)
		return 2;
	snprintf(pins, sizeof pins, "%s", argv[2]);
	snprintf(parent, sizeof parent, "%.*s", (int)(strrchr(pins, '/') - pins), pins);
	snprintf(other, sizeof other, "%s/other", parent);
	if (!strcmp(argv[1], "reuse") && argc == 4)
		return reuse(atoi(argv[3]));
	if (!strcmp(argv[1], "sealed") && argc == 4)
		agent = atoi(argv[3]);
	else if (strcmp(argv[1], "open"))
		return 2;

	int map = make_map();
	scan("maps by number", BPF_MAP_GET_NEXT_ID, BPF_MAP_GET_FD_BY_ID, 0, 10, 1);
	scan("maps by number, read-only", BPF_MAP_GET_NEXT_ID, BPF_MAP_GET_FD_BY_ID, BPF_F_RDONLY, 10, 1);
	scan("programs by number", BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID, 0, 20, 0);
	scan("links by number", BPF_LINK_GET_NEXT_ID, BPF_LINK_GET_FD_BY_ID, 0, 20, 0);
	scan("types by number", BPF_BTF_GET_NEXT_ID, BPF_BTF_GET_FD_BY_ID, 0, 1, 1);
	close(map);
	links();
	for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
		const struct attack *a = &attacks[i];
		int r = a->run(), e = r < 0 ? errno : 0;

		say(agent ? e == EPERM : e == a->open_errno, a->name, e ? strerror(e) : "done");
	}
	if (agent)
		against_agent();
	printf("%d failed\n", failed);
	return failed != 0;
}
