// SPDX-License-Identifier: BSD-2-Clause
/* The kernel: modules, devices, settings, BPF and with it KSS. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "attack.h"

int a_module(void)
{
	int e = put(at(own, "module.ko"), "no module", 9, 0600), fd;

	if (e)
		return e;
	fd = open(at(own, "module.ko"), O_RDONLY);
	return fd < 0 ? errno : reached(syscall(SYS_finit_module, fd, "", 0));
}
int a_module_memory(void) { return reached(syscall(SYS_init_module, buffer, sizeof buffer, "")); }
int a_kexec(void) { return reached(syscall(SYS_kexec_load, 0, 0, NULL, 0)); }
int a_dev_mem(void) { return result(open("/dev/mem", O_RDONLY)); }
int a_mknod_mem(void)
{
	if (mknod(at(own, "mem"), S_IFCHR | 0600, makedev(1, 1)))
		return errno;
	return result(open(at(own, "mem"), O_RDONLY));
}
int a_core_pattern(void) { return result(open("/proc/sys/kernel/core_pattern", O_WRONLY)); }
int a_sysrq(void) { return result(open("/proc/sysrq-trigger", O_WRONLY)); }
int a_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return result(clock_settime(CLOCK_REALTIME, &t));
}
int a_klog(void) { return result(klogctl(3, buffer, sizeof buffer)); }
int a_perf(void)
{
	struct perf_event_attr a = { .type = PERF_TYPE_SOFTWARE, .size = sizeof a, .config = PERF_COUNT_SW_CPU_CLOCK };

	return result(syscall(SYS_perf_event_open, &a, 0, -1, -1, 0));
}
int a_userfaultfd(void) { return result(syscall(SYS_userfaultfd, O_CLOEXEC)); }
int a_reboot(void) { return result(reboot(RB_DISABLE_CAD)); }
int a_hostname(void) { return result(sethostname("taken", 5)); }
int a_net_admin(void)
{
	struct { char name[16]; short flags; char rest[22]; } r = { "lo", 1, "" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	return fd < 0 ? errno : result(ioctl(fd, 0x8914 /* SIOCSIFFLAGS */, &r));
}

static long bpf(int cmd, union bpf_attr *a) { return syscall(SYS_bpf, cmd, a, sizeof *a); }
int a_bpf_map_id(void)
{
	union bpf_attr a = {};
	uint32_t id;

	if (bpf(BPF_MAP_GET_NEXT_ID, &a))
		return errno;
	id = a.next_id;
	memset(&a, 0, sizeof a);
	a.map_id = id;
	return result(bpf(BPF_MAP_GET_FD_BY_ID, &a));
}
int a_bpf_pin_get(void)
{
	union bpf_attr a = {};

	a.pathname = (uint64_t)(uintptr_t)PIN;
	return result(bpf(BPF_OBJ_GET, &a));
}
int a_bpf_unpin(void) { return result(unlink(PIN)); }
int a_bpf_umount(void) { return result(umount2("/sys/fs/bpf", MNT_DETACH)); }
int a_bpf_map(void)
{
	union bpf_attr a = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1 };

	return result(bpf(BPF_MAP_CREATE, &a));
}
int a_bpf_prog(void)
{
	struct bpf_insn code[] = { { .code = 0xb7 }, { .code = 0x95 } };
	union bpf_attr a = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insn_cnt = 2 };

	a.insns = (uint64_t)(uintptr_t)code;
	a.license = (uint64_t)(uintptr_t)"GPL";
	return result(bpf(BPF_PROG_LOAD, &a));
}

void pin_something(void)
{
	union bpf_attr a = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1 };
	int fd = bpf(BPF_MAP_CREATE, &a);

	if (fd < 0)
		die("bpf");
	memset(&a, 0, sizeof a);
	a.pathname = (uint64_t)(uintptr_t)PIN;
	a.bpf_fd = fd;
	unlink(PIN);
	if (bpf(BPF_OBJ_PIN, &a))
		die("pinning");
	close(fd);
}
