// SPDX-License-Identifier: BSD-2-Clause
#include "backend/probe.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "backend/attach.hpp"
#include "backend/preempt.hpp"
#include "backend/probe_abi.h"

namespace kss::backend {
namespace {

struct Trial {
  const char* program;
  const char* hook;
  const char* map;  // that the program cannot do without
};
constexpr Trial deny_trial{"probe_deny", "task_prctl", nullptr};
// By KSS_PROBE_*; results that no program of its own gives stay empty.
constexpr auto feature_trials = [] {
  std::array<Trial, KSS_PROBE_NRESULTS> t{};
  t[KSS_PROBE_TASK_BTF] = {"probe_task_btf", "task_prctl", nullptr};
  t[KSS_PROBE_TASK_STORAGE] = {"probe_task_storage", "task_prctl", "probe_tasks"};
  t[KSS_PROBE_RINGBUF] = {"probe_ringbuf", "task_prctl", "probe_ring"};
  t[KSS_PROBE_INODE_STORAGE] = {"probe_inode_storage", "file_open", "probe_inodes"};
  t[KSS_PROBE_SK_STORAGE] = {"probe_sk_storage", "socket_listen", "probe_socks"};
  t[KSS_PROBE_DIGEST] = {"probe_digest", "file_ioctl", nullptr};
  return t;
}();

Wanted wanted_trial(const Trial& trial, kss_attach attach) {
  Wanted want{trial.program, {}, true};
  if (attach == KSS_ATTACH_FMOD_RET) want.target = std::string("security_") + trial.hook;
  return want;
}

/// The prober's side of the programs' .bss.
class Board {
 public:
  explicit Board(int fd) : fd_(fd) {}
  Status aim() {
    auto var = find_variable(fd_, "target");
    auto data = content();
    if (!var) return var.error();
    if (!data) return data.error();
    uint32_t tid = static_cast<uint32_t>(syscall(SYS_gettid)), zero = 0;
    std::memcpy(data->data() + var->offset, &tid, sizeof tid);
    if (bpf_map_update_elem(fd_, &zero, data->data(), BPF_ANY) != 0) return sys_error("cannot write .bss");
    return Unit{};
  }
  bool found(kss_probe_result result) { return value(result) != 0; }
  uint32_t value(kss_probe_result result) {
    auto var = find_variable(fd_, "found");
    auto data = content();
    uint32_t value = 0;
    if (var && data) std::memcpy(&value, data->data() + var->offset + result * sizeof value, sizeof value);
    return value;
  }

 private:
  Result<std::vector<char>> content() {
    bpf_map_info info{};
    uint32_t size = sizeof info, zero = 0;
    if (bpf_obj_get_info_by_fd(fd_, &info, &size) != 0) return sys_error("cannot ask about .bss");
    std::vector<char> data(info.value_size);
    if (bpf_map_lookup_elem(fd_, &zero, data.data()) != 0) return sys_error("cannot read .bss");
    return data;
  }
  int fd_;
};

/// The operations that reach the programs' hooks.
void knock() {
  prctl(static_cast<int>(KSS_PROBE_PRCTL), 0, 0, 0, 0);
  Fd self(open("/proc/self/stat", O_RDONLY | O_CLOEXEC));
  Fd root(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  Fd sock(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (sock) listen(sock.get(), 1);  // unbound: fails, but after the hook
  Fd memory(memfd_create("kss-probe", MFD_CLOEXEC));
  if (memory) ioctl(memory.get(), KSS_PROBE_IOCTL);
}

void add(Probe& report, std::string name, bool available, bool required, std::string how, std::string detail) {
  report.features.push_back(Feature{std::move(name), available, required, std::move(how), std::move(detail)});
}

std::set<std::string> maps_absent() {
  std::set<std::string> out;
  if (libbpf_probe_bpf_map_type(BPF_MAP_TYPE_TASK_STORAGE, nullptr) <= 0) out.insert("probe_tasks");
  if (libbpf_probe_bpf_map_type(BPF_MAP_TYPE_INODE_STORAGE, nullptr) <= 0) out.insert("probe_inodes");
  if (libbpf_probe_bpf_map_type(BPF_MAP_TYPE_SK_STORAGE, nullptr) <= 0) out.insert("probe_socks");
  if (libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, nullptr) <= 0) out.insert("probe_ring");
  return out;
}

/// Tries one way of attaching; true if a denial was seen.
bool try_attach(Kernel& kernel, kss_attach attach, const ObjectConfig& config) {
  std::string name = std::string("attach ") + attach_name(attach);
  const std::string how = "a program on task_prctl that denies one option to one thread";
  std::vector<Wanted> wanted{wanted_trial(deny_trial, attach)};
  for (const Trial& trial : feature_trials)
    if (trial.program && !(trial.map && config.absent_maps.count(trial.map)))
      wanted.push_back(wanted_trial(trial, attach));

  auto object = Object::load(probe_object(), config, wanted);
  if (!object) {
    add(kernel.report, name, false, false, how, object.error().message + ": " + object.error().hint);
    return false;
  }
  auto attach_trial = [&](const Trial& trial) -> Result<Fd> {
    int fd = object->program_fd(trial.program);
    auto failed = object->failed().find(trial.program);
    if (fd < 0) return Error{failed == object->failed().end() ? "not loaded" : failed->second, "", 0};
    return attach_hook(fd, *find_hook(trial.hook), attach);
  };
  Board board(object->map_fd("kss_bss"));
  if (auto done = board.aim(); !done) {
    add(kernel.report, name, false, false, how, done.error().message);
    return false;
  }

  bool denied = false;
  {
    auto link = attach_trial(deny_trial);
    if (!link) {
      add(kernel.report, name, false, false, how, link.error().message);
      return false;
    }
    errno = 0;
    denied = prctl(static_cast<int>(KSS_PROBE_PRCTL), 0, 0, 0, 0) == -1 && errno == EPERM && board.found(KSS_PROBE_RAN);
  }
  add(kernel.report, name, denied, false, how,
      denied ? "" : "attached without error, but it never ran: is \"bpf\" in the kernel's list of LSMs (lsm=)?");
  if (!denied) return false;

  std::vector<Fd> links;
  std::map<std::string, std::string> why;
  for (const Trial& trial : feature_trials) {
    if (!trial.program) continue;
    auto link = attach_trial(trial);
    if (link)
      links.push_back(std::move(*link));
    else
      why[trial.program] = trial.map && config.absent_maps.count(trial.map) ? "no such map type" : link.error().message;
  }
  knock();
  auto feature = [&](kss_probe_result result, const char* what, const char* doing, bool required, const char* instead) {
    bool found = board.found(result);
    std::string detail = found ? "" : why[feature_trials[result].program];
    if (!found && detail.empty()) detail = "it runs, but gives nothing";
    add(kernel.report, what, found, required, doing, found ? "" : detail + "; " + instead);
    return found;
  };
  kernel.task_btf = feature(KSS_PROBE_TASK_BTF, "typed current task", "asking for it", false, "untyped task instead");
  kernel.task_storage = feature(KSS_PROBE_TASK_STORAGE, "task storage", "making an element in a program", false,
                                "labels of tasks stand in a hash instead");
  kernel.inode_storage = feature(KSS_PROBE_INODE_STORAGE, "inode storage", "making an element in a program", false,
                                 "paths are worked out each time instead");
  kernel.sk_storage = feature(KSS_PROBE_SK_STORAGE, "socket storage", "making an element in a program", false,
                              "labels of sockets stand in a hash instead");
  kernel.ringbuf =
      feature(KSS_PROBE_RINGBUF, "ring buffer", "writing a record in a program", true, "there is nothing instead");
  if (!board.found(KSS_PROBE_DIGEST)) {
    int result = static_cast<int>(board.value(KSS_PROBE_DIGEST_RESULT));
    const std::string& failed = why[feature_trials[KSS_PROBE_DIGEST].program];
    kernel.digest_loss = attach != KSS_ATTACH_LSM
                             ? "only LSM programs can ask for one: boot with bpf among the kernel's LSMs (lsm=)"
                         : !failed.empty() ? "kernels can hash a file for a program from 5.18 on (" + failed + ")"
                         : result < 0      ? "the kernel has no IMA to work one out (CONFIG_IMA)"
                                           : "IMA makes other digests than SHA-256: boot with ima_hash=sha256";
  }
  return true;
}

}  // namespace

Kernel probe_kernel(const std::string& btf_path) {
  Kernel kernel;
  utsname name{};
  uname(&name);
  kernel.report.kernel = name.release;
  kernel.report.machine = name.machine;
  kernel.report.lsm_list = read_line("/sys/kernel/security/lsm");
  kernel.report.attach = "none";

  auto types = KernelTypes::open(btf_path);
  add(kernel.report, "kernel BTF", static_cast<bool>(types), true, "reading /sys/kernel/btf/vmlinux",
      types ? "" : types.error().message + "; " + types.error().hint);
  if (!types) return kernel;
  kernel.types = *types;

  ObjectConfig config;
  config.btf_path = btf_path;
  config.absent_maps = maps_absent();
  for (kss_attach attach : {KSS_ATTACH_LSM, KSS_ATTACH_FMOD_RET})
    if (!kernel.attach && try_attach(kernel, attach, config)) kernel.attach = attach;
  add(kernel.report, "self-test denial", kernel.attach.has_value(), true, "prctl of the probing thread",
      kernel.attach ? std::string("through ") + attach_name(*kernel.attach) : "nothing denies here");
  if (!kernel.attach) return kernel;
  kernel.report.attach = attach_name(*kernel.attach);

  bool skips = *kernel.attach == KSS_ATTACH_FMOD_RET || skips_reentered_lsm_programs();
  Preemption mode = skips ? preemption() : Preemption::none;
  std::string detail;
  if (mode == Preemption::full)
    detail =
        "full preemption, and this kernel skips a program that is entered again while preempted: denials can be missed";
  else if (mode == Preemption::unknown)
    detail = "the preemption mode is not known; if it is full, denials can be missed";
  if (mode == Preemption::full) kernel.preemption_loss = detail;
  add(kernel.report, "programs never skipped", mode == Preemption::none, false,
      "looking for __bpf_prog_enter_recur; uname -v, debugfs sched/preempt", detail);
  if (kernel.digest_loss.empty() && skips)
    kernel.digest_loss = "this kernel skips a program that sleeps in another task: executables would stay without one";
  add(kernel.report, "digests of executables", kernel.digest_loss.empty(), false, "having IMA hash a file",
      kernel.digest_loss.empty() ? "" : kernel.digest_loss + "; a policy with entry by digest is not loaded");
  // The same kernels let LSM programs take a lock and gave them the typed current task.
  if (*kernel.attach == KSS_ATTACH_FMOD_RET)
    kernel.state_loss = "their state is kept under a lock, which only LSM programs may take";
  else if (!kernel.task_btf)
    kernel.state_loss = "their state is kept under a lock, which LSM programs may take from 5.11 on";
  add(kernel.report, "flows and formulas", kernel.state_loss.empty(), false,
      "how programs attach, and the typed current task",
      kernel.state_loss.empty() ? "" : kernel.state_loss + "; a policy that has any is not loaded");
  kernel.report.usable = kernel.ringbuf;
  return kernel;
}

ObjectConfig configure(const Kernel& kernel, const LoadOptions& options) {
  ObjectConfig config;
  config.btf_path = options.btf_path;
  auto parameters = [&](const char* hook) {
    int n = kernel.types ? kernel.types->parameters(function_of(*find_hook(hook), *kernel.attach)) : -1;
    return static_cast<uint32_t>(n < 0 ? 0 : n);
  };
  config.constants = {
      {"kss_cfg_attach", *kernel.attach},
      {"kss_cfg_task_storage", kernel.task_storage},
      {"kss_cfg_inode_storage", kernel.inode_storage},
      {"kss_cfg_sk_storage", kernel.sk_storage},
      {"kss_cfg_task_btf", kernel.task_btf},
      {"kss_cfg_labels", kernel.task_storage && kernel.inode_storage && kernel.task_btf},
      {"kss_cfg_path_chown", hook_absent(kernel, "path_chown").empty()},
      {"kss_cfg_setgroups", hook_absent(kernel, "task_fix_setgroups").empty()},
      {"kss_cfg_leave", kernel.task_storage && kernel.task_btf && !options.seal_key},
      {"kss_cfg_seal", options.seal_key.has_value()},
      {"kss_cfg_rate", options.audit_rate},
  };
  for (const char* hook : {"path_rename", "inode_setattr", "inode_setxattr", "inode_removexattr"})
    if (uint32_t n = parameters(hook)) config.constants[std::string("kss_nargs_") + hook] = n;
  if (!kernel.task_storage) config.absent_maps.insert("kss_tasks");
  if (kernel.task_storage) config.absent_maps.insert("kss_tasks_hash");
  config.absent_maps.insert(kernel.task_storage ? "kss_task_cells_hash" : "kss_task_cells");
  if (kernel.task_storage) config.absent_maps.insert("kss_no_cells");
  if (!kernel.inode_storage) config.absent_maps.insert("kss_inodes");
  if (!kernel.sk_storage) config.absent_maps.insert("kss_socks");
  uint32_t ring = static_cast<uint32_t>(sysconf(_SC_PAGESIZE));
  while (ring < options.ringbuf_bytes && ring < (1u << 30)) ring *= 2;
  int processors = libbpf_num_possible_cpus();
  config.max_entries = {{"kss_events", ring},
                        {"kss_cpus", static_cast<uint32_t>(std::max(processors, 1))},
                        {"kss_scratch", KSS_SCRATCH_SLOTS + static_cast<uint32_t>(std::max(processors, 0))}};
  return config;
}

std::string hook_absent(const Kernel& kernel, const std::string& hook) {
  const Hook* row = find_hook(hook);
  if (!row || !kernel.types || !kernel.attach) return "nothing can be attached";
  std::string function = function_of(*row, *kernel.attach);
  return kernel.types->has_function(function) ? "" : "the kernel has no " + function;
}

std::string rings_unasked(const Kernel& kernel) {
  std::string absent = hook_absent(kernel, "inode_init_security_anon");
  if (absent.empty() || !kernel.types || kernel.types->has_function("io_uring_get_socket")) return "";
  return "hook inode_init_security_anon: " + absent + ", and makes no socket with a ring that could be refused";
}

}  // namespace kss::backend
