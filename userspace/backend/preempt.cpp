// SPDX-License-Identifier: BSD-2-Clause
#include "backend/preempt.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>

#include "backend/sys.hpp"

namespace kss::backend {
namespace {

bool has_word(const std::string& text, const std::string& word) {
  for (size_t at = 0; (at = text.find(word, at)) != std::string::npos; at += word.size()) {
    bool starts = at == 0 || text[at - 1] == ' ' || text[at - 1] == '\n';
    size_t end = at + word.size();
    if (starts && (end == text.size() || text[end] == ' ' || text[end] == '\n')) return true;
  }
  return false;
}

Preemption of_mode(const std::string& mode) {
  return mode == "none" || mode == "voluntary" ? Preemption::none : Preemption::full;  // full, lazy
}

/// sched/preempt through a debugfs of our own, mounted nowhere.
std::string from_debugfs() {
#if defined(SYS_fsopen) && defined(SYS_fsmount) && defined(SYS_fsconfig)
  Fd context(static_cast<int>(syscall(SYS_fsopen, "debugfs", 1u /* FSOPEN_CLOEXEC */)));
  if (!context || syscall(SYS_fsconfig, context.get(), 6u /* FSCONFIG_CMD_CREATE */, nullptr, nullptr, 0) != 0)
    return {};
  Fd mount(static_cast<int>(syscall(SYS_fsmount, context.get(), 1u /* FSMOUNT_CLOEXEC */, 0u)));
  if (!mount) return {};
  Fd file(openat(mount.get(), "sched/preempt", O_RDONLY | O_CLOEXEC));
  char text[128];
  ssize_t n = file ? read(file.get(), text, sizeof text) : -1;
  return n > 0 ? std::string(text, static_cast<size_t>(n)) : std::string();
#else
  return {};
#endif
}

}  // namespace

Preemption preemption_of(const std::string& version, const std::string& debugfs, const std::string& cmdline,
                         const std::string& config) {
  if (has_word(version, "PREEMPT_RT") || has_word(version, "PREEMPT") || has_word(version, "PREEMPT_LAZY"))
    return Preemption::full;
  if (!has_word(version, "PREEMPT_DYNAMIC")) return Preemption::none;
  if (size_t open = debugfs.find('('); open != std::string::npos)
    return of_mode(debugfs.substr(open + 1, debugfs.find(')', open) - open - 1));
  if (size_t at = (" " + cmdline).rfind(" preempt="); at != std::string::npos) {
    std::string rest = cmdline.substr(at + 8);
    return of_mode(rest.substr(0, rest.find_first_of(" \n")));
  }
  if (has_word(config, "CONFIG_PREEMPT_VOLUNTARY=y") || has_word(config, "CONFIG_PREEMPT_NONE=y"))
    return Preemption::none;
  if (has_word(config, "CONFIG_PREEMPT=y") || has_word(config, "CONFIG_PREEMPT_LAZY=y")) return Preemption::full;
  return Preemption::unknown;
}

Preemption preemption() {
  utsname name{};
  uname(&name);
  std::string debugfs = read_line("/sys/kernel/debug/sched/preempt");
  if (debugfs.empty()) debugfs = from_debugfs();
  if (read_line("/sys/kernel/realtime") == "1") return Preemption::full;
  return preemption_of(name.version, debugfs, read_line("/proc/cmdline"),
                       read_line(std::string("/boot/config-") + name.release));
}

bool skips_reentered_lsm_programs() {
  std::ifstream symbols("/proc/kallsyms");
  for (std::string line; std::getline(symbols, line);)
    if (line.find(" __bpf_prog_enter_recur") != std::string::npos) return false;
  return true;
}

}  // namespace kss::backend
