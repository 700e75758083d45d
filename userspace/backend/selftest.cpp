// SPDX-License-Identifier: BSD-2-Clause
#include "backend/selftest.hpp"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "backend/hooks.hpp"
#include "backend/sys.hpp"
#include "kss/abi.h"

namespace kss::backend {
namespace {

/// What the operations work on; made before the child is confined.
struct World {
  std::string dir;
  int file = -1, listener = -1, stream = -1, stream2 = -1, datagram = -1, udp = -1, tcp = -1, watcher = -1, queue = -1;
  int semaphores = -1, memory = -1;
  void* page = nullptr;
  std::string at(const char* name) const { return dir + "/" + name; }
};

int outcome(long result) { return result < 0 ? errno : 0; }

sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  return address;
}

int close_of(int fd) {
  if (fd < 0) return errno;
  close(fd);
  return 0;
}

/// `hooks`: space-separated; the operation is tried when one of them is attached, and must then be refused.
struct Row {
  const char* hooks;
  const char* what;
  int (*run)(World&);  // 0 or errno
};

// Files named here are made in the world's directory, one for each operation that wants one.
constexpr const char* files[] = {"open",  "unlink",   "rename", "link",  "chmod",
                                 "chown", "truncate", "stat",   "times", "xattr"};

const Row rows[] = {
    {"file_open", "open", [](World& w) { return close_of(open(w.at("open").c_str(), O_RDONLY | O_CLOEXEC)); }},
    {"path_mknod", "creating a file",
     [](World& w) { return close_of(open(w.at("new").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)); }},
    {"path_mknod", "mkfifo", [](World& w) { return outcome(mkfifo(w.at("fifo").c_str(), 0600)); }},
    {"path_mkdir", "mkdir", [](World& w) { return outcome(mkdir(w.at("new.d").c_str(), 0700)); }},
    {"path_symlink", "symlink", [](World& w) { return outcome(symlink("x", w.at("new.l").c_str())); }},
    {"path_link", "link", [](World& w) { return outcome(link(w.at("link").c_str(), w.at("link2").c_str())); }},
    {"path_rename", "rename",
     [](World& w) { return outcome(rename(w.at("rename").c_str(), w.at("rename2").c_str())); }},
    {"path_unlink", "unlink", [](World& w) { return outcome(unlink(w.at("unlink").c_str())); }},
    {"path_rmdir", "rmdir", [](World& w) { return outcome(rmdir(w.at("rmdir").c_str())); }},
    {"path_chmod", "chmod", [](World& w) { return outcome(chmod(w.at("chmod").c_str(), 0640)); }},
    {"path_chown inode_setattr", "chown", [](World& w) { return outcome(chown(w.at("chown").c_str(), 0, 0)); }},
    {"path_truncate", "truncate", [](World& w) { return outcome(truncate(w.at("truncate").c_str(), 1)); }},
    {"inode_getattr", "stat",
     [](World& w) {
       struct stat st;
       return outcome(stat(w.at("stat").c_str(), &st));
     }},
    {"inode_readlink", "readlink",
     [](World& w) {
       char to[64];
       return outcome(readlink(w.at("readlink").c_str(), to, sizeof to));
     }},
    {"inode_setattr", "utimes",
     [](World& w) {
       timespec times[2] = {{1, 0}, {1, 0}};
       return outcome(utimensat(AT_FDCWD, w.at("times").c_str(), times, 0));
     }},
    {"inode_setxattr", "setxattr",
     [](World& w) { return outcome(setxattr(w.at("xattr").c_str(), "trusted.kss", "1", 1, 0)); }},
    {"inode_listxattr", "listxattr",
     [](World& w) {
       char list[256];
       return outcome(listxattr(w.at("stat").c_str(), list, sizeof list));
     }},
    {"path_notify", "inotify_add_watch",
     [](World& w) { return outcome(inotify_add_watch(w.watcher, w.dir.c_str(), IN_CREATE)); }},
    {"file_lock", "flock", [](World& w) { return outcome(flock(w.file, LOCK_SH | LOCK_NB)); }},
    {"mmap_file", "mmap PROT_EXEC of a file",
     [](World& w) {
       void* p = mmap(nullptr, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, w.file, 0);
       return p == MAP_FAILED ? errno : 0;
     }},
    {"file_mprotect", "mprotect PROT_EXEC",
     [](World& w) {
       *static_cast<volatile char*>(w.page) = 1;  // a page of its own, modified: execmem
       return outcome(mprotect(w.page, 1, PROT_READ | PROT_EXEC));
     }},
    {"socket_create", "socket(unix)", [](World&) { return close_of(socket(AF_UNIX, SOCK_STREAM, 0)); }},
    {"socket_create", "socket(netlink)", [](World&) { return close_of(socket(AF_NETLINK, SOCK_RAW, 0)); }},
    {"socket_bind", "bind(unix)",
     [](World& w) {
       sockaddr_un a = unix_address(w.at("bind"));
       return outcome(bind(w.stream, reinterpret_cast<sockaddr*>(&a), sizeof a));
     }},
    {"socket_bind", "bind(udp)",
     [](World& w) {
       sockaddr_in a{};
       a.sin_family = AF_INET;
       a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
       return w.udp < 0 ? ENOSYS : outcome(bind(w.udp, reinterpret_cast<sockaddr*>(&a), sizeof a));
     }},
    {"socket_connect unix_stream_connect", "connect(unix)",
     [](World& w) {
       sockaddr_un a = unix_address(w.at("listener"));
       return outcome(connect(w.stream2, reinterpret_cast<sockaddr*>(&a), sizeof a));
     }},
    {"socket_listen", "listen", [](World& w) { return w.tcp < 0 ? ENOSYS : outcome(listen(w.tcp, 1)); }},
    {"socket_sendmsg unix_may_send", "sendto(unix)",
     [](World& w) {
       sockaddr_un a = unix_address(w.at("receiver"));
       return outcome(sendto(w.datagram, "x", 1, MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&a), sizeof a));
     }},
    {"socket_setsockopt", "setsockopt",
     [](World& w) {
       int on = 1;
       return outcome(setsockopt(w.datagram, SOL_SOCKET, SO_PASSCRED, &on, sizeof on));
     }},
    {"task_kill", "kill", [](World&) { return outcome(kill(getppid(), 0)); }},
    {"task_setnice", "setpriority", [](World&) { return outcome(setpriority(PRIO_PROCESS, 0, 1)); }},
    {"task_setscheduler", "sched_setscheduler",
     [](World&) {
       sched_param param{};
       return outcome(sched_setscheduler(0, SCHED_BATCH, &param));
     }},
    {"task_setrlimit", "setrlimit",
     [](World&) {
       rlimit none{0, 0};
       return outcome(setrlimit(RLIMIT_CORE, &none));
     }},
    {"msg_queue_alloc_security", "msgget",
     [](World&) {
       int id = msgget(IPC_PRIVATE, 0600);
       if (id < 0) return errno;
       msgctl(id, IPC_RMID, nullptr);
       return 0;
     }},
    {"sem_alloc_security", "semget",
     [](World&) {
       int id = semget(IPC_PRIVATE, 1, 0600);
       if (id < 0) return errno;
       semctl(id, 0, IPC_RMID);
       return 0;
     }},
    {"shm_alloc_security", "shmget",
     [](World&) {
       int id = shmget(IPC_PRIVATE, 4096, 0600);
       if (id < 0) return errno;
       shmctl(id, IPC_RMID, nullptr);
       return 0;
     }},
    {"ipc_permission", "msgrcv",
     [](World& w) {
       struct {
         long type;
         char text[8];
       } message{};
       int error = outcome(msgrcv(w.queue, &message, sizeof message.text, 0, IPC_NOWAIT));
       return error == ENOMSG ? 0 : error;
     }},
    {"msg_queue_msgctl", "msgctl(IPC_STAT)",
     [](World& w) {
       msqid_ds ds;
       return outcome(msgctl(w.queue, IPC_STAT, &ds));
     }},
    {"key_alloc", "add_key",
     [](World&) { return outcome(syscall(SYS_add_key, "user", "kss-selftest", "x", 1, -2 /* process keyring */)); }},
    {"sb_mount", "mount",
     [](World& w) {
       int error = outcome(mount("none", w.dir.c_str(), "kss-no-such-type", 0, nullptr));
       return error == ENODEV ? 0 : error;
     }},
    {"sb_pivotroot", "pivot_root",
     [](World& w) {
       int error = outcome(syscall(SYS_pivot_root, w.dir.c_str(), w.dir.c_str()));
       return error == EINVAL || error == EBUSY ? 0 : error;
     }},
    {"capable", "sethostname",
     [](World&) {
       int error = outcome(syscall(SYS_sethostname, "", -1L));
       return error == EINVAL ? 0 : error;
     }},
    {"bpf", "bpf",
     [](World&) {
       bpf_attr attr{};
       int error = outcome(syscall(SYS_bpf, BPF_MAP_GET_NEXT_ID, &attr, sizeof attr));
       return error == ENOENT ? 0 : error;
     }},
    {"perf_event_open", "perf_event_open",
     [](World&) {
       perf_event_attr attr{};
       attr.size = sizeof attr;
       attr.type = PERF_TYPE_SOFTWARE;
       attr.config = PERF_COUNT_SW_DUMMY;
       return close_of(static_cast<int>(syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0ul)));
     }},
    {"syslog", "syslog", [](World&) { return outcome(klogctl(10 /* SIZE_BUFFER */, nullptr, 0)); }},
    {"task_fix_setgroups capable", "setgroups",
     [](World&) {
       gid_t none = 0;
       return outcome(setgroups(0, &none));
     }},
    {"task_fix_setgid", "setgid", [](World&) { return outcome(setresgid(1, -1, -1)); }},
    {"task_fix_setuid", "setuid", [](World&) { return outcome(setresuid(1, -1, -1)); }},
    {"task_alloc", "fork",
     [](World&) {
       pid_t pid = fork();
       if (pid == 0) _exit(0);
       if (pid < 0) return errno;
       waitpid(pid, nullptr, 0);
       return 0;
     }},
    // Not before these: they change what the process can do.
    {"userns_create", "unshare(user)", [](World&) { return outcome(unshare(CLONE_NEWUSER)); }},
    {"path_chroot", "chroot", [](World& w) { return outcome(chroot(w.dir.c_str())); }},
};
constexpr size_t nrows = sizeof rows / sizeof rows[0];

enum : int { untried = -2, trying = -1 };
struct Shared {
  int result[nrows];  // 0, errno, untried, trying
  int exec;
  int confined;  // what prctl said
};

Status make_world(World& w, const std::string& dir) {
  w.dir = dir;
  if (auto done = make_dirs(dir, 0700); !done) return done.error();
  for (const char* name : files) {
    Fd fd(open(w.at(name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    if (!fd || write(fd.get(), "KSS\n", 4) != 4) return sys_error("cannot make " + w.at(name));
  }
  if (mkdir(w.at("rmdir").c_str(), 0700) != 0 || symlink("x", w.at("readlink").c_str()) != 0)
    return sys_error("cannot make files in " + dir);
  w.file = open(w.at("open").c_str(), O_RDONLY | O_CLOEXEC);
  w.stream = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  w.stream2 = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  w.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un a = unix_address(w.at("listener"));
  if (w.file < 0 || w.listener < 0 || bind(w.listener, reinterpret_cast<sockaddr*>(&a), sizeof a) != 0 ||
      listen(w.listener, 4) != 0)
    return sys_error("cannot prepare the self-test in " + dir);
  int receiver = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);  // stays open until the child ends
  a = unix_address(w.at("receiver"));
  if (receiver < 0 || bind(receiver, reinterpret_cast<sockaddr*>(&a), sizeof a) != 0)
    return sys_error("cannot prepare the self-test in " + dir);
  w.datagram = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  w.udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  w.tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  w.watcher = inotify_init1(IN_CLOEXEC);
  w.queue = msgget(IPC_PRIVATE, 0600);
  w.page = mmap(nullptr, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return Unit{};
}

void remove_world(const World& w) {
  for (const std::string& name : list_dir(w.dir))
    if (unlink((w.dir + "/" + name).c_str()) != 0) rmdir((w.dir + "/" + name).c_str());
  rmdir(w.dir.c_str());
}

bool wants(const Row& row, const std::vector<std::string>& hooks, std::string* first = nullptr) {
  std::string list = row.hooks;
  for (size_t at = 0; at != std::string::npos;) {
    size_t space = list.find(' ', at);
    std::string hook = list.substr(at, space == std::string::npos ? space : space - at);
    if (std::find(hooks.begin(), hooks.end(), hook) != hooks.end()) {
      if (first) *first = hook;
      return true;
    }
    at = space == std::string::npos ? space : space + 1;
  }
  return false;
}

[[noreturn]] void child(Shared* shared, const std::vector<std::string>& hooks, const std::string& dir, int ready,
                        bool confined) {
  World w;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (int fd = 3; fd < 1024; fd++)  // a child that hangs must not hold the loader's lock or links
    if (fd != ready) close(fd);
  auto made = make_world(w, dir);
  char ok = made ? 1 : 0;
  if (write(ready, &ok, 1) != 1 || !made) _exit(2);
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd < 3 && null >= 0; fd++) dup2(null, fd);
  if (confined)
    shared->confined = prctl(KSS_PRCTL, KSS_PRCTL_SELFTEST, 0, 0, 0) < 0 && errno == KSS_PRCTL_DONE ? 0 : errno;
  for (size_t i = 0; i < nrows; i++) {
    if (!wants(rows[i], hooks)) continue;
    shared->result[i] = trying;
    shared->result[i] = rows[i].run(w);
  }
  if (confined) {
    shared->exec = trying;
    const char* argv[] = {"kss-selftest", nullptr};
    const char* envp[] = {nullptr};
    execve("/proc/self/exe", const_cast<char**>(argv), const_cast<char**>(envp));
    shared->exec = errno;
  } else if (w.queue >= 0) {
    msgctl(w.queue, IPC_RMID, nullptr);
  }
  _exit(0);
}

Status run_child(Shared* shared, const std::vector<std::string>& hooks, const std::string& dir, bool confined) {
  for (int& r : shared->result) r = untried;
  shared->exec = untried;
  shared->confined = 0;
  int ready[2];
  if (pipe2(ready, O_CLOEXEC) != 0) return sys_error("pipe");
  Fd in(ready[0]), out(ready[1]);
  pid_t pid = fork();
  if (pid < 0) return sys_error("cannot fork for the self-test");
  if (pid == 0) child(shared, hooks, dir, out.get(), confined);
  out = Fd();
  char ok = 0;
  ssize_t n = read(in.get(), &ok, 1);
  int status = 0;
  pid_t ended = 0;
  for (int i = 0; i < 3000 && !ended; i++) {  // 30 s
    ended = waitpid(pid, &status, WNOHANG);
    if (ended == pid && WIFSTOPPED(status)) ended = 0;
    if (!ended) usleep(10000);
  }
  if (!ended) {
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
  }
  World w;
  w.dir = dir;
  remove_world(w);
  if (n != 1 || ok != 1) return Error{"the self-test cannot be prepared in " + dir, "", 0};
  return Unit{};
}

bool refused(int error) { return error == EPERM || error == EACCES; }

}  // namespace

Result<SelfTest> self_test(const std::vector<std::string>& hooks, const std::string& scratch_dir) {
  void* memory = mmap(nullptr, 2 * sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return sys_error("mmap");
  auto* baseline = static_cast<Shared*>(memory);
  auto* confined = baseline + 1;
  Status done = run_child(baseline, hooks, scratch_dir, false);
  if (done) done = run_child(confined, hooks, scratch_dir, true);

  SelfTest out;
  std::vector<std::string> tested;
  for (size_t i = 0; done && i < nrows; i++) {
    std::string hook;
    if (!wants(rows[i], hooks, &hook)) continue;
    std::string name = "hook " + hook + ": " + rows[i].what;
    int before = baseline->result[i], now = confined->result[i];
    if (refused(now) && before == 0) {
      tested.push_back(rows[i].hooks);
    } else if (before > 0 || before == untried) {  // not possible here without KSS either
      out.inconclusive.push_back(name + (before > 0 ? std::string(": ") + std::strerror(before) : ""));
      tested.push_back(rows[i].hooks);
    } else {
      out.failed.push_back(name + (now == 0         ? " was not refused"
                                   : now == trying  ? " did not return"
                                   : now == untried ? " was not reached"
                                                    : std::string(" failed otherwise: ") + std::strerror(now)));
    }
  }
  if (done && !refused(confined->exec)) out.failed.push_back("hook bprm_creds_for_exec: execve was not refused");
  if (done && confined->confined != 0)
    out.failed.insert(out.failed.begin(),
                      std::string("hook task_prctl: entering `none` failed: ") + std::strerror(confined->confined));
  munmap(memory, 2 * sizeof(Shared));
  if (!done) return done.error();

  for (const std::string& hook : hooks) {
    const Hook* row = find_hook(hook);
    if (row && (row->flags & (KSS_HOOK_VOID | KSS_HOOK_FEXIT | KSS_HOOK_REJUDGE))) continue;
    if (hook == "task_prctl" || hook == "bprm_creds_for_exec" || hook == "exec_digest") continue;
    bool any = std::any_of(std::begin(rows), std::end(rows), [&](const Row& r) { return wants(r, {hook}); });
    if (!any) out.untested.push_back(hook);
  }
  return out;
}

void test_digest(int map, SelfTest& out) {
  static const char text[] = "KSS\n";
  static const unsigned char sha256[32] = {0x2f, 0x39, 0x8b, 0x1f, 0x94, 0x4d, 0x1b, 0xa3, 0x37, 0xbb, 0x5d,
                                           0x3c, 0xb0, 0xb3, 0xd1, 0x5f, 0x1c, 0xe4, 0xd8, 0xaa, 0x1b, 0x37,
                                           0x63, 0xdf, 0xdd, 0x7a, 0xfc, 0xbc, 0x3d, 0x83, 0x44, 0x2d};
  const std::string name = "hook exec_digest: ";
  constexpr unsigned mfd_exec = 0x10;  // from 6.3
  Fd writable(memfd_create("kss-selftest", MFD_CLOEXEC | mfd_exec));
  if (!writable) writable = Fd(memfd_create("kss-selftest", MFD_CLOEXEC));
  Fd file(writable && write(writable.get(), text, 4) == 4
              ? open(("/proc/self/fd/" + std::to_string(writable.get())).c_str(), O_RDONLY | O_CLOEXEC)
              : -1);
  if (!file) {
    out.inconclusive.push_back(name + "a file to execute: " + std::strerror(errno));
    return;
  }
  writable = Fd();
  const char* argv[] = {"kss-selftest", nullptr};
  const char* envp[] = {nullptr};
  syscall(SYS_execveat, file.get(), "", argv, envp, AT_EMPTY_PATH);
  const int error = errno;  // ENOEXEC: it is no program
  uint64_t key = static_cast<uint64_t>(getpid()) << 32 | static_cast<uint32_t>(syscall(SYS_gettid)), next = 0;
  kss_digest found{}, entry{};
  bool any = bpf_map_lookup_elem(map, &key, &found) == 0;
  for (bool more = bpf_map_get_next_key(map, nullptr, &next) == 0; more;) {  // numbers are others in a PID namespace
    key = next;
    if (bpf_map_lookup_elem(map, &key, &entry) == 0 && std::memcmp(entry.sha256, sha256, 32) == 0)
      found = entry, any = true;
    more = bpf_map_get_next_key(map, &key, &next) == 0;
  }
  if (!any && error == EACCES)
    out.inconclusive.push_back(name + "memory files may not be executed here");
  else if (!any)
    out.failed.push_back(name + "it left nothing");
  else if (found.algo != KSS_ALGO_SHA256)
    out.failed.push_back(name + "no digest, but " + std::to_string(found.algo));
  else if (std::memcmp(found.sha256, sha256, 32) != 0)
    out.failed.push_back(name + "a digest that is not the file's");
  else if (!found.seen)
    out.failed.push_back(name + "it runs after bprm_creds_for_exec, not before");
}

void drop_tested_digests(int map) {
  std::vector<uint64_t> keys;
  uint64_t key = 0;
  for (bool more = bpf_map_get_next_key(map, nullptr, &key) == 0; more;
       more = bpf_map_get_next_key(map, &key, &key) == 0)
    keys.push_back(key);
  for (uint64_t k : keys)
    if (kss_digest entry{}; bpf_map_lookup_elem(map, &k, &entry) == 0 && entry.seen) bpf_map_delete_elem(map, &k);
}

}  // namespace kss::backend
