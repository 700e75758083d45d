/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel types that the programs read, and of each only the fields that they read. Offsets are relocated at load
 * (CO-RE) against the running kernel's BTF or the file given by --btf, so that a build needs no kernel's BTF.
 */
#ifndef KSS_BPF_KERNEL_H
#define KSS_BPF_KERNEL_H

#include <linux/types.h>
#include <linux/bpf.h>

typedef __u8 bool_;
typedef unsigned short umode_t;

struct kss_in6 { /* struct in6_addr; only its address is taken through CO-RE */
	__u8 a[16];
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct list_head {
	struct list_head *next, *prev;
};

struct qstr {
	union {
		struct {
			__u32 hash;
			__u32 len;
		};
		__u64 hash_len;
	};
	const unsigned char *name;
};

struct seqcount {
	unsigned int sequence;
};
typedef struct seqcount seqcount_t;
struct seqcount_spinlock {
	seqcount_t seqcount;
};
typedef struct seqcount_spinlock seqcount_spinlock_t;

struct super_block {
	struct list_head s_mounts; /* to 6.16; then a struct mount *: see super_block___chain */
	unsigned long s_magic;
	unsigned long s_iflags;
	__u32 s_dev;
};
struct mount;
struct super_block___chain {
	struct mount *s_mounts;
};

typedef struct {
	int counter;
} atomic_t;
struct inode {
	umode_t i_mode;
	atomic_t i_writecount; /* negative: writers are shut out */
	struct super_block *i_sb;
	unsigned long i_ino;
	__u32 i_rdev;
};

struct dentry {
	seqcount_spinlock_t d_seq;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	struct super_block *d_sb;
};

struct vfsmount {
	struct dentry *mnt_root;
	struct super_block *mnt_sb;
	int mnt_flags;
};
struct mnt_namespace;
struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	struct list_head mnt_instance; /* to 6.16 */
	struct mnt_namespace *mnt_ns;
};
struct mount___chain {
	struct mount *mnt_next_for_sb; /* from 6.17 */
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
	unsigned int f_mode;
	unsigned int f_flags;
	void *private_data;
};

struct file___union {
	struct path __f_path; /* from 6.19: f_path is in a union, and the verifier trusts no pointer out of one */
};

struct renamedata {
	struct dentry *old_dentry;
	unsigned int flags;
};

typedef struct {
	__u32 val;
} kuid_t;
typedef struct {
	__u32 val;
} kgid_t;
struct user_namespace;
struct cred {
	kuid_t uid;
	kuid_t euid;
	kgid_t egid;
	struct user_namespace *user_ns;
};
/* kernel_cap_t is { u32 cap[2] } to 6.2, { u64 val } after: eight bytes of the same meaning on little-endian. */
struct kernel_cap {
	__u64 val;
};
struct cred___caps {
	struct kernel_cap cap_permitted;
};

struct fs_struct {
	struct path root;
};
struct nsproxy {
	struct mnt_namespace *mnt_ns;
};
struct file;
struct fdtable {
	unsigned int max_fds; /* a multiple of 64 */
	struct file **fd;
	unsigned long *close_on_exec;
	unsigned long *open_fds;
};
struct files_struct {
	atomic_t count; /* tasks that share it, and whoever looks at it */
	struct fdtable *fdt;
};
struct bpf_local_storage;
struct mm_struct;
struct task_struct {
	int pid;
	int tgid;
	unsigned int flags;
	const struct cred *cred;
	struct fs_struct *fs;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	unsigned long atomic_flags;
	struct mm_struct *mm;
	unsigned int personality;
	__u64 start_boottime;
	struct bpf_local_storage *bpf_storage; /* from 5.11 */
};

struct linux_binprm {
	struct file *file;
	struct cred *cred;
};

struct iattr {
	unsigned int ia_valid;
	struct file *ia_file;
};

struct vm_area_struct {
	unsigned long vm_flags;
	struct file *vm_file;
	void *anon_vma;
};

struct sock_common {
	unsigned short skc_family;
	__u16 skc_num;
	__be16 skc_dport;
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	struct kss_in6 skc_v6_daddr, skc_v6_rcv_saddr;
};
struct sock {
	struct sock_common __sk_common;
	__u16 sk_type;
	__u16 sk_protocol;
};
struct proto_ops {
	int family;
};
struct socket {
	short type;
	struct file *file;
	struct sock *sk;
	const struct proto_ops *ops;
};
struct msghdr {
	void *msg_name;
	int msg_namelen;
};
struct sockaddr_un {
	unsigned short sun_family;
};
struct unix_address {
	int len;
	struct sockaddr_un name[0];
};
struct unix_sock {
	struct sock sk;
	struct unix_address *addr;
	struct path path;
	struct sock *peer;
};

struct kern_ipc_perm {
	int id;
	umode_t mode;
};
struct key {
	int serial;
};
struct kernel_siginfo;
struct rlimit;
struct bpf_map {
	__u32 id;
};
struct bpf_prog_aux {
	__u32 id;
};
struct bpf_prog {
	struct bpf_prog_aux *aux;
};

#pragma clang attribute pop

#define S_IFMT 00170000
#define S_IFSOCK 0140000
#define S_IFLNK 0120000
#define S_IFREG 0100000
#define S_IFBLK 0060000
#define S_IFDIR 0040000
#define S_IFCHR 0020000
#define S_IFIFO 0010000

#define FMODE_READ 0x1u
#define FMODE_WRITE 0x2u
#define KSS_FMODE_EXEC 0x20u       /* __FMODE_EXEC, in f_flags */
#define KSS_FMODE_CREATED 0x100000u
#define KSS_O_CREAT 00000100u
#define KSS_O_TRUNC 00001000u
#define KSS_O_APPEND 00002000u
#define MNT_INTERNAL 0x4000

#define EPERM 1
#define EAGAIN 11
#define EINVAL 22
#define ENOSYS 38

#define SB_I_IMA_UNVERIFIABLE_SIGNATURE 0x20ul

#define TMPFS_MAGIC 0x01021994ul
#define HUGETLBFS_MAGIC 0x958458f6ul
#define MQUEUE_MAGIC 0x19800202ul
#define ANON_INODE_FS_MAGIC 0x09041934ul
#define SECRETMEM_MAGIC 0x5345434dul
#define PROC_SUPER_MAGIC 0x9fa0ul

#endif
