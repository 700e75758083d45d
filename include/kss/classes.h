/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The one table of classes and permissions.
 *
 * A row KSS_CLASS gives: the YAML keyword and audit name of a class, its list of permissions, what kind of object it
 * is judged against, and a sentence for the documentation; a permission's also says which way information goes when it is
 * used: R to the subject, W to the object, B both, N neither. Everything else (enum values, bit numbers, names, counts,
 * the language's JSON schema, the reference page) is generated from these rows; nothing mirrors them by hand.
 *
 * Rules: at most 32 permissions a class (a permission is one bit of an access vector) and at most KSS_MAX_CLASSES
 * classes. New permissions and classes are appended: their numbers are part of the image format.
 */
#ifndef KSS_CLASSES_H
#define KSS_CLASSES_H

#define KSS_MAX_CLASSES 64

/* File-system objects: the kind of inode picks the class, the path picks the type. */
#define KSS_PERMS_FS(P, c)                                                                                      \
	P(c, open, N, "open at all; every other access through a descriptor needs it first")                       \
	P(c, read, R, "open for reading; list a directory; received descriptors open for reading")                 \
	P(c, write, W, "open for writing")                                                                         \
	P(c, append, W, "open for writing with O_APPEND; implied by write")                                        \
	P(c, create, W, "bring a name into being: O_CREAT, mkdir, mknod, symlink, bind; the target of link and rename") \
	P(c, unlink, W, "remove a name: unlink, rmdir, and what a rename overwrites")                              \
	P(c, rename, W, "rename away from this name")                                                              \
	P(c, link, W, "give this file a further name")                                                             \
	P(c, getattr, R, "stat, statx, readlink")                                                                  \
	P(c, setattr, W, "set times and other attributes with no permission of their own")                         \
	P(c, chmod, W, "change mode bits and POSIX ACLs")                                                          \
	P(c, chown, W, "change owner or group")                                                                    \
	P(c, truncate, W, "truncate, ftruncate, O_TRUNC")                                                          \
	P(c, getxattr, R, "read or list extended attributes")                                                      \
	P(c, setxattr, W, "set or remove extended attributes")                                                     \
	P(c, ioctl, B, "ioctl on an open descriptor")                                                              \
	P(c, lock, B, "flock, fcntl locks and leases")                                                             \
	P(c, map_exec, R, "mmap or mprotect with PROT_EXEC; what the dynamic loader needs for a library")         \
	P(c, execute, R, "execve of this file")                                                                    \
	P(c, execute_setid, R, "execve of this file where set-id bits or file capabilities take effect")           \
	P(c, receive, N, "accept this file as a descriptor sent over a socket or brought into the domain")         \
	P(c, chroot, N, "chroot into this directory")                                                              \
	P(c, watch, R, "inotify, fanotify and dnotify watches")

/* Sockets: the address, name or family picks the type; a unix socket without a declared name is its owner's domain. */
#define KSS_PERMS_SOCK(P, c)                                                       \
	P(c, create, N, "socket(); judged against the domain itself, or the family's type where that is what is named") \
	P(c, bind, N, "bind to an address or name")                                   \
	P(c, listen, N, "listen on a bound address")                                  \
	P(c, connect, B, "connect to an address, name or peer")                       \
	P(c, accept, B, "accept connections on a bound address")                      \
	P(c, send, W, "send a datagram to an address or peer")                        \
	P(c, recv, R, "receive; judged again only after the policy has changed")      \
	P(c, receive, N, "accept this socket as a descriptor sent over a unix socket or brought into the domain") \
	P(c, setopt, N, "setsockopt")

#define KSS_PERMS_process(P, c)                                                                      \
	P(c, fork, N, "fork, vfork, clone")                                                             \
	P(c, transition, W, "change to that domain at execve")                                         \
	P(c, enter, W, "change to that domain without execve (kss-load run, the container launcher)")   \
	P(c, signal, W, "send any signal but those below")                                             \
	P(c, sigkill, W, "send SIGKILL or SIGSTOP")                                                     \
	P(c, sigchld, W, "send SIGCHLD")                                                                \
	P(c, signull, R, "test for existence with signal 0")                                           \
	P(c, ptrace, B, "attach, process_vm_writev, write /proc/PID/mem, pidfd_getfd")                  \
	P(c, ptrace_read, R, "read another's /proc/PID entries that need ptrace read access")          \
	P(c, getsched, R, "read scheduling")                                                           \
	P(c, setsched, W, "set scheduling, nice, I/O priority, affinity")                              \
	P(c, getrlimit, R, "prlimit, reading another process")                                          \
	P(c, setrlimit, W, "setrlimit and prlimit")                                                     \
	P(c, setpgid, W, "setpgid of another process")                                                  \
	P(c, setuid, N, "change user ids")                                                              \
	P(c, setgid, N, "change group ids and supplementary groups")                                   \
	P(c, execmem, N, "make anonymous or privately modified memory executable")                     \
	P(c, nnp_transition, N, "transition at execve although no_new_privs is set")                   \
	P(c, movememory, W, "migrate_pages, move_pages of another process")

/* Capabilities, in the order of linux/capability.h: bit = number, for the second class number - 32. */
#define KSS_PERMS_capability(P, c)                                                                            \
	P(c, chown, N, "CAP_CHOWN") P(c, dac_override, N, "CAP_DAC_OVERRIDE")                                       \
	P(c, dac_read_search, N, "CAP_DAC_READ_SEARCH") P(c, fowner, N, "CAP_FOWNER") P(c, fsetid, N, "CAP_FSETID")    \
	P(c, kill, N, "CAP_KILL") P(c, setgid, N, "CAP_SETGID") P(c, setuid, N, "CAP_SETUID")                          \
	P(c, setpcap, N, "CAP_SETPCAP") P(c, linux_immutable, N, "CAP_LINUX_IMMUTABLE")                             \
	P(c, net_bind_service, N, "CAP_NET_BIND_SERVICE") P(c, net_broadcast, N, "CAP_NET_BROADCAST")               \
	P(c, net_admin, N, "CAP_NET_ADMIN") P(c, net_raw, N, "CAP_NET_RAW") P(c, ipc_lock, N, "CAP_IPC_LOCK")          \
	P(c, ipc_owner, N, "CAP_IPC_OWNER") P(c, sys_module, N, "CAP_SYS_MODULE") P(c, sys_rawio, N, "CAP_SYS_RAWIO")  \
	P(c, sys_chroot, N, "CAP_SYS_CHROOT") P(c, sys_ptrace, N, "CAP_SYS_PTRACE")                                 \
	P(c, sys_pacct, N, "CAP_SYS_PACCT") P(c, sys_admin, N, "CAP_SYS_ADMIN") P(c, sys_boot, N, "CAP_SYS_BOOT")      \
	P(c, sys_nice, N, "CAP_SYS_NICE") P(c, sys_resource, N, "CAP_SYS_RESOURCE") P(c, sys_time, N, "CAP_SYS_TIME")  \
	P(c, sys_tty_config, N, "CAP_SYS_TTY_CONFIG") P(c, mknod, N, "CAP_MKNOD") P(c, lease, N, "CAP_LEASE")          \
	P(c, audit_write, N, "CAP_AUDIT_WRITE") P(c, audit_control, N, "CAP_AUDIT_CONTROL") P(c, setfcap, N, "CAP_SETFCAP")
#define KSS_PERMS_capability2(P, c)                                                                           \
	P(c, mac_override, N, "CAP_MAC_OVERRIDE") P(c, mac_admin, N, "CAP_MAC_ADMIN") P(c, syslog, N, "CAP_SYSLOG")    \
	P(c, wake_alarm, N, "CAP_WAKE_ALARM") P(c, block_suspend, N, "CAP_BLOCK_SUSPEND")                           \
	P(c, audit_read, N, "CAP_AUDIT_READ") P(c, perfmon, N, "CAP_PERFMON") P(c, bpf, N, "CAP_BPF")                  \
	P(c, checkpoint_restore, N, "CAP_CHECKPOINT_RESTORE")

#define KSS_PERMS_namespace(P, c)                                                           \
	P(c, user, N, "make a user namespace") P(c, mount, N, "make a mount namespace")           \
	P(c, pid, N, "make a pid namespace") P(c, net, N, "make a network namespace")             \
	P(c, uts, N, "make a uts namespace") P(c, ipc, N, "make an ipc namespace")                \
	P(c, cgroup, N, "make a cgroup namespace") P(c, time, N, "make a time namespace")

#define KSS_PERMS_IPC(P, c)                                                                      \
	P(c, create, N, "make an object") P(c, read, R, "receive, attach for reading, wait for zero")  \
	P(c, write, W, "send, attach for writing, change") P(c, getattr, R, "IPC_STAT and its kind")   \
	P(c, setattr, W, "IPC_SET, locking") P(c, destroy, W, "IPC_RMID")

#define KSS_PERMS_key(P, c)                                                                       \
	P(c, create, N, "add or request a key") P(c, view, R, "view attributes") P(c, read, R, "read payload") \
	P(c, write, W, "update or link into") P(c, search, R, "find by search") P(c, link, W, "link to")       \
	P(c, setattr, W, "change owner, permissions, timeout")

#define KSS_PERMS_mount(P, c)                                                                   \
	P(c, mount, W, "mount a file system; judged against the mount point's type")               \
	P(c, bind, W, "bind mount") P(c, remount, W, "change a mount's flags or propagation")         \
	P(c, umount, W, "unmount") P(c, move, W, "move a mount") P(c, pivot, W, "pivot_root")

#define KSS_PERMS_module(P, c) P(c, load, W, "load or unload a kernel module") P(c, request, W, "have the kernel request one")
#define KSS_PERMS_bpf(P, c)                                                                     \
	P(c, map_create, N, "create a map") P(c, prog_load, W, "load a program")                      \
	P(c, map_read, R, "get a map for reading") P(c, map_write, W, "get a map for writing")        \
	P(c, prog_run, B, "get or attach a program") P(c, query, R, "any other bpf(2) command")
#define KSS_PERMS_perf(P, c) P(c, open, R, "perf_event_open") P(c, read, R, "read an event") P(c, write, W, "control an event")
#define KSS_PERMS_system(P, c)                                                                    \
	P(c, kexec, W, "kexec_load, kexec_file_load") P(c, settime, W, "set the clock or time zone")    \
	P(c, syslog, B, "read or control the kernel log") P(c, quota, B, "quotactl")                    \
	P(c, firmware, W, "load firmware, policies or certificates into the kernel")                 \
	P(c, lockdown, B, "use what kernel lockdown guards: /dev/mem, MSRs, PCI, kprobes, tracefs …") \
	P(c, userfaultfd, N, "userfaultfd") P(c, secretmem, N, "memfd_secret")                          \
	P(c, memfd, N, "memfd_create (kernels that have the hook)") P(c, sysctl, B, "reserved: sysctl files are judged as files")
#define KSS_PERMS_io_uring(P, c)                                                                 \
	P(c, create, N, "set up a ring") P(c, override_creds, N, "use registered credentials")         \
	P(c, sqpoll, N, "kernel-side submission polling") P(c, cmd, N, "IORING_OP_URING_CMD")

#define KSS_PERMS_file(P, c) KSS_PERMS_FS(P, c)
#define KSS_PERMS_dir(P, c) KSS_PERMS_FS(P, c)
#define KSS_PERMS_symlink(P, c) KSS_PERMS_FS(P, c)
#define KSS_PERMS_chardev(P, c) KSS_PERMS_FS(P, c)
#define KSS_PERMS_blockdev(P, c) KSS_PERMS_FS(P, c)
#define KSS_PERMS_fifo(P, c) KSS_PERMS_FS(P, c)
#define KSS_PERMS_sockfile(P, c) KSS_PERMS_FS(P, c)
#define KSS_PERMS_mqueue(P, c) KSS_PERMS_FS(P, c)
#define KSS_PERMS_tcp(P, c) KSS_PERMS_SOCK(P, c)
#define KSS_PERMS_udp(P, c) KSS_PERMS_SOCK(P, c)
#define KSS_PERMS_sctp(P, c) KSS_PERMS_SOCK(P, c)
#define KSS_PERMS_icmp(P, c) KSS_PERMS_SOCK(P, c)
#define KSS_PERMS_rawip(P, c) KSS_PERMS_SOCK(P, c)
#define KSS_PERMS_packet(P, c) KSS_PERMS_SOCK(P, c)
#define KSS_PERMS_netlink(P, c) KSS_PERMS_SOCK(P, c)
#define KSS_PERMS_unix(P, c) KSS_PERMS_SOCK(P, c)
#define KSS_PERMS_vsock(P, c) KSS_PERMS_SOCK(P, c)
#define KSS_PERMS_socket(P, c) KSS_PERMS_SOCK(P, c)
#define KSS_PERMS_sysv_msg(P, c) KSS_PERMS_IPC(P, c)
#define KSS_PERMS_sysv_sem(P, c) KSS_PERMS_IPC(P, c)
#define KSS_PERMS_sysv_shm(P, c) KSS_PERMS_IPC(P, c)

/*
 * C(class, object kind, sentence). Object kinds say what may stand as the object of a rule on this class:
 * PATH (a type with files or devices), DOMAIN (a domain: its processes and IPC objects), SELF (only the domain itself),
 * INET (a type with addresses), UNIX (a type with unix names, or the peer's domain), FAMILY (a type with socket families
 * or netlink protocols), SYSTEM (the built-in type `system`).
 */
#define KSS_CLASS_TABLE(C)                                                                    \
	C(file, PATH, "regular files")                                                        \
	C(dir, PATH, "directories")                                                           \
	C(symlink, PATH, "symbolic links themselves; following one is judged at its target")  \
	C(chardev, PATH, "character devices, by number if declared, else by path")            \
	C(blockdev, PATH, "block devices, by number if declared, else by path")               \
	C(fifo, PATH, "named pipes")                                                          \
	C(sockfile, PATH, "the file-system side of unix sockets")                             \
	C(mqueue, PATH, "POSIX message queues, as files of /dev/mqueue")                      \
	C(process, DOMAIN, "processes of a domain")                                           \
	C(capability, SELF, "capabilities 0 to 31")                                           \
	C(capability2, SELF, "capabilities from 32; written as class capability in policies") \
	C(namespace, SELF, "making namespaces")                                               \
	C(tcp, INET, "TCP and MPTCP over IPv4 and IPv6")                                      \
	C(udp, INET, "UDP and UDP-Lite")                                                      \
	C(sctp, INET, "SCTP")                                                                 \
	C(icmp, INET, "ping sockets")                                                         \
	C(rawip, INET, "raw IP sockets and any other IP protocol")                            \
	C(packet, FAMILY, "packet sockets")                                                   \
	C(netlink, FAMILY, "netlink sockets, by protocol")                                    \
	C(unix, UNIX, "unix stream, datagram and seqpacket sockets")                          \
	C(vsock, FAMILY, "VM sockets")                                                        \
	C(socket, FAMILY, "every other socket family")                                        \
	C(sysv_msg, DOMAIN, "System V message queues of a domain")                            \
	C(sysv_sem, DOMAIN, "System V semaphores of a domain")                                \
	C(sysv_shm, DOMAIN, "System V shared memory of a domain")                             \
	C(key, DOMAIN, "kernel keys made by a domain")                                        \
	C(mount, PATH, "mounting, by mount point")                                            \
	C(module, SYSTEM, "kernel modules")                                                   \
	C(bpf, SYSTEM, "bpf(2)")                                                              \
	C(perf, SYSTEM, "performance events")                                                 \
	C(system, SYSTEM, "the kernel's own configuration")                                   \
	C(io_uring, SYSTEM, "io_uring; what a ring does is judged as the system calls it stands for")

enum kss_class {
#define C(c, kind, doc) KSS_CLASS_##c,
	KSS_CLASS_TABLE(C)
#undef C
	KSS_NCLASSES
};

enum kss_object_kind {
	KSS_KIND_PATH, KSS_KIND_DOMAIN, KSS_KIND_SELF, KSS_KIND_INET, KSS_KIND_UNIX, KSS_KIND_FAMILY, KSS_KIND_SYSTEM
};

/* KSS_BIT_file_read and so on: bit numbers; KSS_file_read: the mask. */
#define P(c, p, flow, doc) KSS_BIT_##c##_##p,
#define C(c, kind, doc) enum { KSS_PERMS_##c(P, c) KSS_NPERMS_##c };
KSS_CLASS_TABLE(C)
#undef C
#undef P
#define P(c, p, flow, doc) KSS_##c##_##p = (int)(1u << KSS_BIT_##c##_##p),
#define C(c, kind, doc) enum { KSS_PERMS_##c(P, c) };
KSS_CLASS_TABLE(C)
#undef C
#undef P

enum kss_flow { KSS_FLOW_N, KSS_FLOW_R, KSS_FLOW_W, KSS_FLOW_B = KSS_FLOW_R | KSS_FLOW_W };

#ifdef __cplusplus
#define KSS_STATIC_ASSERT static_assert
#else
#define KSS_STATIC_ASSERT _Static_assert
#endif
KSS_STATIC_ASSERT((int)KSS_NCLASSES <= KSS_MAX_CLASSES, "more classes than a context's row has room for");
#define C(c, kind, doc) KSS_STATIC_ASSERT((int)KSS_NPERMS_##c <= 32, "more permissions than an access vector has bits");
KSS_CLASS_TABLE(C)
#undef C

/* Objects that exist without being declared; their ids are fixed. `unresolved` can be named in no rule. */
#define KSS_BUILTIN_TABLE(B)                                                                       \
	B(unresolved, "what could not be labelled: always denied")                                 \
	B(unlabeled, "files that no pattern names")                                                \
	B(system, "the kernel itself")                                                             \
	B(anon, "pipes, eventfds and other files with no path")                                    \
	B(memfd, "memory files: memfd_create, shared anonymous memory")                            \
	B(inet_other, "addresses that no type names")                                              \
	B(unix_other, "unix sockets of no confined domain and with no declared name")              \
	B(family_other, "socket families and netlink protocols that no type names")
enum kss_builtin {
#define B(n, doc) KSS_OBJ_##n,
	KSS_BUILTIN_TABLE(B)
#undef B
	KSS_NBUILTINS,
	KSS_OBJ_DOMAINS = 16 /* object id of domain d is KSS_OBJ_DOMAINS + d; types follow the domains */
};
#define KSS_DOMAIN_UNCONFINED 0u /* tasks that no rule has put into a domain; as object: their processes and IPC */
#define KSS_DOMAIN_NONE 1u       /* a task whose domain the current policy no longer has: everything is denied */
#define KSS_DOMAIN_FIRST 2u      /* first declared domain */

#endif
