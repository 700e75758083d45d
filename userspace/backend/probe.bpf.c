// SPDX-License-Identifier: GPL-2.0
/*
 * Small programs that find out what a kernel can do by doing it. Each acts only for the one thread whose id the prober
 * wrote into `target`; a magic option of prctl(2) triggers those on task_prctl.
 *
 * Where a program is attached by fmod_ret, 0 lets the hook go on; for LSM programs 0 means the hook's default.
 */
#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "probe_abi.h"

#define EPERM 1
#define HASH_ALGO_SHA256 4

/* What is read of the kernel's types; offsets are relocated at load. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct inode;
struct sock;
struct file {
	struct inode *f_inode;
};
struct socket {
	struct sock *sk;
};
#pragma clang attribute pop
struct task_struct;

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} probe_tasks SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_INODE_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} probe_inodes SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} probe_socks SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} probe_ring SEC(".maps");

__u32 target SEC(".bss");
__u32 found[KSS_PROBE_NRESULTS] SEC(".bss");

static __attribute__((always_inline)) int ours(void)
{
	return (__u32)bpf_get_current_pid_tgid() == target;
}

SEC("lsm/task_prctl")
int probe_deny(__u64 *ctx)
{
	if (!ours() || (__u32)ctx[0] != KSS_PROBE_PRCTL)
		return 0;
	found[KSS_PROBE_RAN] = 1;
	return -EPERM;
}

SEC("lsm/task_prctl")
int probe_task_btf(__u64 *ctx)
{
	if (ours() && (__u32)ctx[0] == KSS_PROBE_PRCTL && bpf_get_current_task_btf())
		found[KSS_PROBE_TASK_BTF] = 1;
	return 0;
}

SEC("lsm/task_prctl")
int probe_task_storage(__u64 *ctx)
{
	if (ours() && (__u32)ctx[0] == KSS_PROBE_PRCTL &&
	    bpf_task_storage_get(&probe_tasks, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE))
		found[KSS_PROBE_TASK_STORAGE] = 1;
	return 0;
}

SEC("lsm/task_prctl")
int probe_ringbuf(__u64 *ctx)
{
	__u64 word = 1;

	if (ours() && (__u32)ctx[0] == KSS_PROBE_PRCTL && !bpf_ringbuf_output(&probe_ring, &word, sizeof word, 0))
		found[KSS_PROBE_RINGBUF] = 1;
	return 0;
}

SEC("lsm/file_open")
int probe_inode_storage(__u64 *ctx)
{
	struct file *file = (void *)ctx[0];

	if (ours() && bpf_inode_storage_get(&probe_inodes, file->f_inode, 0, BPF_LOCAL_STORAGE_GET_F_CREATE))
		found[KSS_PROBE_INODE_STORAGE] = 1;
	return 0;
}

SEC("lsm/socket_listen")
int probe_sk_storage(__u64 *ctx)
{
	struct socket *sock = (void *)ctx[0];
	struct sock *sk = sock->sk;

	if (ours() && sk && bpf_sk_storage_get(&probe_socks, sk, 0, BPF_LOCAL_STORAGE_GET_F_CREATE))
		found[KSS_PROBE_SK_STORAGE] = 1;
	return 0;
}

SEC("lsm.s/file_ioctl")
int probe_digest(__u64 *ctx)
{
	struct file *file = (void *)ctx[0];
	__u8 digest[32];
	int algo;

	if (!ours() || (__u32)ctx[1] != KSS_PROBE_IOCTL)
		return 0;
	algo = bpf_ima_file_hash(file, digest, sizeof digest);
	found[KSS_PROBE_DIGEST_RESULT] = algo;
	found[KSS_PROBE_DIGEST] = algo == HASH_ALGO_SHA256;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
