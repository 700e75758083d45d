/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The one table of hooks: which LSM hook mediates which permissions. H(hook, flags, {class, permissions}...)
 *
 * A hook is attached when the image in force needs one of its permissions (need_base) or when it is KSS_HOOK_ALWAYS.
 * The BPF program of a hook is called kss_<hook>, in bpf/. A hook that the kernel lacks or cannot attach costs those of
 * its permissions that no other attached hook of the table gives; unless KSS_HOOK_OPTIONAL, which loses nothing: older
 * kernels call another hook of the table in its stead.
 */
#ifndef KSS_HOOKS_H
#define KSS_HOOKS_H

#include "classes.h"

#define KSS_ANY_FS 0xfff0   /* every class of the file system: file … mqueue */
#define KSS_ANY_SOCK 0xfff1 /* every class of sockets: tcp … socket */
#define KSS_ANY_IPC 0xfff2  /* sysv_msg, sysv_sem, sysv_shm */

#define KSS_HOOK_ALWAYS 1    /* carries labels; needed whatever the policy */
#define KSS_HOOK_OPTIONAL 2  /* absent on some kernels without loss */
#define KSS_HOOK_VOID 4      /* returns nothing: fentry/fexit where fmod_ret stands in for LSM */
#define KSS_HOOK_REJUDGE 8   /* attached only while files opened under an older generation are in use */
#define KSS_HOOK_SEAL 16     /* attached when sealed, whatever the policy */
#define KSS_HOOK_HASH 32     /* needed only where labels stand in hashes instead of storage */
#define KSS_HOOK_FEXIT 64    /* not an LSM hook: fexit on the kernel function of that name */

#define KSS_HOOK_DIGEST 128  /* attached when a domain is entered by digest: a second program on bprm_creds_for_exec */

#define KSS_FS_OPEN (KSS_file_open | KSS_file_read | KSS_file_write | KSS_file_append | KSS_file_execute | KSS_file_truncate)

#define KSS_HOOK_TABLE(H)                                                                                           \
	/* task */                                                                                                  \
	H(task_alloc, KSS_HOOK_ALWAYS, {KSS_CLASS_process, KSS_process_fork}, {KSS_CLASS_namespace, 0xff & ~KSS_namespace_user}) \
	H(task_free, KSS_HOOK_ALWAYS | KSS_HOOK_VOID | KSS_HOOK_HASH, {0, 0})                                       \
	H(task_prctl, KSS_HOOK_ALWAYS, {KSS_CLASS_process, KSS_process_enter})                                      \
	H(bprm_creds_for_exec, KSS_HOOK_ALWAYS, {KSS_CLASS_process, KSS_process_transition | KSS_process_nnp_transition}) \
	H(exec_digest, KSS_HOOK_DIGEST, {0, 0})                                                                     \
	H(bprm_creds_from_file, KSS_HOOK_ALWAYS, {KSS_ANY_FS, KSS_file_execute_setid})                              \
	H(bprm_committed_creds, KSS_HOOK_ALWAYS | KSS_HOOK_VOID, {0, 0})                                            \
	H(task_kill, KSS_HOOK_SEAL, {KSS_CLASS_process, KSS_process_signal | KSS_process_sigkill | KSS_process_sigchld | KSS_process_signull}) \
	H(ptrace_access_check, KSS_HOOK_SEAL, {KSS_CLASS_process, KSS_process_ptrace | KSS_process_ptrace_read})    \
	H(ptrace_traceme, 0, {KSS_CLASS_process, KSS_process_ptrace})                                               \
	H(task_setnice, 0, {KSS_CLASS_process, KSS_process_setsched})                                               \
	H(task_setioprio, 0, {KSS_CLASS_process, KSS_process_setsched})                                             \
	H(task_setscheduler, 0, {KSS_CLASS_process, KSS_process_setsched})                                          \
	H(task_getscheduler, 0, {KSS_CLASS_process, KSS_process_getsched})                                          \
	H(task_movememory, 0, {KSS_CLASS_process, KSS_process_movememory})                                          \
	H(task_prlimit, 0, {KSS_CLASS_process, KSS_process_setrlimit | KSS_process_getrlimit})                      \
	H(task_setrlimit, KSS_HOOK_SEAL, {KSS_CLASS_process, KSS_process_setrlimit})                                            \
	H(task_setpgid, 0, {KSS_CLASS_process, KSS_process_setpgid})                                                \
	H(task_fix_setuid, 0, {KSS_CLASS_process, KSS_process_setuid})                                              \
	H(task_fix_setgid, 0, {KSS_CLASS_process, KSS_process_setgid})                                              \
	H(task_fix_setgroups, KSS_HOOK_OPTIONAL, {KSS_CLASS_process, KSS_process_setgid})                           \
	H(capable, 0, {KSS_CLASS_capability, 0xffffffff}, {KSS_CLASS_capability2, 0xffffffff}, {KSS_CLASS_process, KSS_process_setgid}) \
	H(userns_create, 0, {KSS_CLASS_namespace, KSS_namespace_user})                                              \
	/* file */                                                                                                  \
	H(file_open, KSS_HOOK_SEAL, {KSS_ANY_FS, KSS_FS_OPEN})                                                                  \
	H(file_permission, KSS_HOOK_REJUDGE, {0, 0})                                                                \
	H(file_receive, 0, {KSS_ANY_FS, KSS_file_receive}, {KSS_ANY_SOCK, KSS_tcp_receive})                         \
	H(mmap_file, 0, {KSS_ANY_FS, KSS_file_map_exec}, {KSS_CLASS_process, KSS_process_execmem})                  \
	H(file_mprotect, 0, {KSS_ANY_FS, KSS_file_map_exec}, {KSS_CLASS_process, KSS_process_execmem})              \
	H(file_ioctl, 0, {KSS_ANY_FS, KSS_file_ioctl}, {KSS_CLASS_process, KSS_process_signal | KSS_process_sigkill}) \
	H(file_ioctl_compat, KSS_HOOK_OPTIONAL, {KSS_ANY_FS, KSS_file_ioctl})                                       \
	H(file_lock, 0, {KSS_ANY_FS, KSS_file_lock})                                                                \
	H(file_fcntl, 0, {KSS_ANY_FS, KSS_file_append}, {KSS_CLASS_process, KSS_process_signal | KSS_process_sigkill}) \
	H(file_truncate, KSS_HOOK_OPTIONAL, {KSS_ANY_FS, KSS_file_truncate})                                        \
	H(path_truncate, 0, {KSS_ANY_FS, KSS_file_truncate})                                                        \
	H(path_mknod, KSS_HOOK_SEAL, {KSS_ANY_FS, KSS_file_create})                                                             \
	H(path_mkdir, KSS_HOOK_SEAL, {KSS_ANY_FS, KSS_file_create})                                                             \
	H(path_symlink, KSS_HOOK_SEAL, {KSS_ANY_FS, KSS_file_create})                                                           \
	H(path_link, KSS_HOOK_SEAL, {KSS_ANY_FS, KSS_file_create | KSS_file_link})                                              \
	H(path_rename, KSS_HOOK_ALWAYS, {KSS_ANY_FS, KSS_file_create | KSS_file_rename | KSS_file_unlink})          \
	H(vfs_rename, KSS_HOOK_ALWAYS | KSS_HOOK_FEXIT, {0, 0})                                                     \
	H(path_unlink, KSS_HOOK_SEAL, {KSS_ANY_FS, KSS_file_unlink})                                                \
	H(path_rmdir, KSS_HOOK_SEAL, {KSS_ANY_FS, KSS_file_unlink})                                                 \
	H(inode_create, 0, {KSS_CLASS_mqueue, KSS_file_create})                                                     \
	H(inode_unlink, 0, {KSS_CLASS_mqueue, KSS_file_unlink})                                                     \
	H(path_chmod, 0, {KSS_ANY_FS, KSS_file_chmod})                                                              \
	H(path_chown, KSS_HOOK_OPTIONAL, {KSS_ANY_FS, KSS_file_chown})                                              \
	H(path_chroot, 0, {KSS_ANY_FS, KSS_file_chroot})                                                            \
	H(path_notify, 0, {KSS_ANY_FS, KSS_file_watch})                                                             \
	H(inode_getattr, 0, {KSS_ANY_FS, KSS_file_getattr})                                                         \
	H(inode_readlink, 0, {KSS_ANY_FS, KSS_file_getattr})                                                        \
	H(inode_setattr, KSS_HOOK_SEAL, {KSS_ANY_FS, KSS_file_setattr | KSS_file_chown})                                                         \
	H(inode_setxattr, 0, {KSS_ANY_FS, KSS_file_setxattr})                                                       \
	H(inode_removexattr, 0, {KSS_ANY_FS, KSS_file_setxattr})                                                    \
	H(inode_getxattr, 0, {KSS_ANY_FS, KSS_file_getxattr})                                                       \
	H(inode_listxattr, 0, {KSS_ANY_FS, KSS_file_getxattr})                                                      \
	H(inode_set_acl, KSS_HOOK_OPTIONAL, {KSS_ANY_FS, KSS_file_chmod})                                           \
	H(inode_remove_acl, KSS_HOOK_OPTIONAL, {KSS_ANY_FS, KSS_file_chmod})                                        \
	/* socket */                                                                                                \
	H(socket_create, 0, {KSS_ANY_SOCK, KSS_tcp_create}, {KSS_CLASS_io_uring, KSS_io_uring_create})              \
	H(socket_socketpair, KSS_HOOK_ALWAYS, {KSS_CLASS_unix, KSS_unix_create})                                    \
	H(socket_bind, KSS_HOOK_ALWAYS, {KSS_ANY_SOCK, KSS_tcp_bind})                                               \
	H(socket_listen, 0, {KSS_ANY_SOCK, KSS_tcp_listen})                                                         \
	H(socket_connect, 0, {KSS_ANY_SOCK, KSS_tcp_connect})                                                       \
	H(socket_accept, 0, {KSS_ANY_SOCK, KSS_tcp_accept})                                                         \
	H(socket_sendmsg, 0, {KSS_ANY_SOCK, KSS_tcp_send})                                                          \
	H(socket_recvmsg, KSS_HOOK_REJUDGE, {0, 0})                                                                 \
	H(socket_setsockopt, 0, {KSS_ANY_SOCK, KSS_tcp_setopt})                                                     \
	H(sk_free_security, KSS_HOOK_ALWAYS | KSS_HOOK_VOID | KSS_HOOK_HASH, {0, 0})                                \
	H(unix_stream_connect, 0, {KSS_CLASS_unix, KSS_unix_connect})                                               \
	H(unix_may_send, 0, {KSS_CLASS_unix, KSS_unix_send})                                                        \
	/* ipc */                                                                                                   \
	H(ipc_permission, 0, {KSS_ANY_IPC, KSS_sysv_msg_read | KSS_sysv_msg_write})                                 \
	H(msg_queue_alloc_security, KSS_HOOK_ALWAYS, {KSS_CLASS_sysv_msg, KSS_sysv_msg_create})                     \
	H(msg_queue_free_security, KSS_HOOK_ALWAYS | KSS_HOOK_VOID, {0, 0})                                         \
	H(msg_queue_msgctl, 0, {KSS_CLASS_sysv_msg, KSS_sysv_msg_getattr | KSS_sysv_msg_setattr | KSS_sysv_msg_destroy}) \
	H(sem_alloc_security, KSS_HOOK_ALWAYS, {KSS_CLASS_sysv_sem, KSS_sysv_sem_create})                           \
	H(sem_free_security, KSS_HOOK_ALWAYS | KSS_HOOK_VOID, {0, 0})                                               \
	H(sem_semctl, 0, {KSS_CLASS_sysv_sem, KSS_sysv_sem_getattr | KSS_sysv_sem_setattr | KSS_sysv_sem_destroy | KSS_sysv_sem_read | KSS_sysv_sem_write}) \
	H(shm_alloc_security, KSS_HOOK_ALWAYS, {KSS_CLASS_sysv_shm, KSS_sysv_shm_create})                           \
	H(shm_free_security, KSS_HOOK_ALWAYS | KSS_HOOK_VOID, {0, 0})                                               \
	H(shm_shmctl, 0, {KSS_CLASS_sysv_shm, KSS_sysv_shm_getattr | KSS_sysv_shm_setattr | KSS_sysv_shm_destroy})  \
	H(key_alloc, KSS_HOOK_ALWAYS, {KSS_CLASS_key, KSS_key_create})                                              \
	H(key_free, KSS_HOOK_ALWAYS | KSS_HOOK_VOID | KSS_HOOK_OPTIONAL, {0, 0})                                                        \
	H(key_permission, 0, {KSS_CLASS_key, KSS_key_view | KSS_key_read | KSS_key_write | KSS_key_search | KSS_key_link | KSS_key_setattr}) \
	/* system */                                                                                                \
	H(sb_mount, KSS_HOOK_ALWAYS | KSS_HOOK_SEAL, {KSS_CLASS_mount, KSS_mount_mount | KSS_mount_bind | KSS_mount_remount | KSS_mount_move}) \
	H(sb_umount, KSS_HOOK_ALWAYS | KSS_HOOK_SEAL, {KSS_CLASS_mount, KSS_mount_umount})                          \
	H(move_mount, KSS_HOOK_ALWAYS | KSS_HOOK_SEAL, {KSS_CLASS_mount, KSS_mount_mount | KSS_mount_move}) \
	H(sb_pivotroot, KSS_HOOK_ALWAYS, {KSS_CLASS_mount, KSS_mount_pivot})                                        \
	H(kernel_module_request, 0, {KSS_CLASS_module, KSS_module_request})                                         \
	H(kernel_read_file, KSS_HOOK_SEAL, {KSS_CLASS_module, KSS_module_load}, {KSS_CLASS_system, KSS_system_kexec | KSS_system_firmware}) \
	H(kernel_load_data, KSS_HOOK_SEAL, {KSS_CLASS_module, KSS_module_load}, {KSS_CLASS_system, KSS_system_kexec | KSS_system_firmware}) \
	H(bpf, KSS_HOOK_SEAL, {KSS_CLASS_bpf, KSS_bpf_map_create | KSS_bpf_prog_load | KSS_bpf_query | KSS_bpf_prog_run}) \
	H(bpf_map, KSS_HOOK_SEAL, {KSS_CLASS_bpf, KSS_bpf_map_read | KSS_bpf_map_write})                            \
	H(bpf_prog, KSS_HOOK_SEAL, {KSS_CLASS_bpf, KSS_bpf_prog_run})                                               \
	H(perf_event_open, 0, {KSS_CLASS_perf, KSS_perf_open})                                                      \
	H(perf_event_read, 0, {KSS_CLASS_perf, KSS_perf_read})                                                      \
	H(perf_event_write, 0, {KSS_CLASS_perf, KSS_perf_write})                                                    \
	H(settime, 0, {KSS_CLASS_system, KSS_system_settime})                                                       \
	H(syslog, 0, {KSS_CLASS_system, KSS_system_syslog})                                                         \
	H(quotactl, 0, {KSS_CLASS_system, KSS_system_quota})                                                        \
	H(locked_down, KSS_HOOK_SEAL, {KSS_CLASS_system, KSS_system_lockdown})                                      \
	H(inode_init_security_anon, 0, {KSS_CLASS_io_uring, KSS_io_uring_create}, {KSS_CLASS_system, KSS_system_userfaultfd | KSS_system_secretmem}) \
	H(uring_override_creds, KSS_HOOK_OPTIONAL, {KSS_CLASS_io_uring, KSS_io_uring_override_creds})               \
	H(uring_sqpoll, KSS_HOOK_OPTIONAL, {KSS_CLASS_io_uring, KSS_io_uring_sqpoll})                               \
	H(uring_cmd, KSS_HOOK_OPTIONAL, {KSS_CLASS_io_uring, KSS_io_uring_cmd})

#endif
