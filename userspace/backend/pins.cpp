// SPDX-License-Identifier: BSD-2-Clause
#include "backend/pins.hpp"

#include <bpf/bpf.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cstdio>

namespace kss::backend {
namespace {

constexpr const char* kinds[] = {"link", "prog", "map"};

bool is_bpffs(const std::string& path) {
  struct statfs fs {};
  return statfs(path.c_str(), &fs) == 0 && static_cast<unsigned long>(fs.f_type) == BPF_FS_MAGIC;
}

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

}  // namespace

bool Pins::exist() const {
  struct stat st {};
  return stat(dir_.c_str(), &st) == 0;
}

Status Pins::create() const {
  std::string parent = parent_of(dir_);
  if (!is_bpffs(parent) && parent == "/sys/fs/bpf" &&
      mount("bpf", parent.c_str(), "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") != 0)
    return sys_error("cannot mount bpffs at " + parent);
  if (!is_bpffs(parent)) return Error{parent + " is not a bpf file system", "mount -t bpf bpf " + parent, 0};
  if (mkdir(dir_.c_str(), 0700) != 0) return sys_error("cannot make " + dir_);
  return Unit{};
}

Status Pins::remove() const {
  if (!exist()) return Unit{};
  for (const char* kind : kinds)
    for (const std::string& name : names(kind))
      if (auto done = unpin(kind, name); !done) return done;
  if (dir_ != "." && rmdir(dir_.c_str()) != 0 && errno != ENOENT) return sys_error("cannot remove " + dir_);
  return Unit{};
}

Status Pins::commit(const Pins& staged) const {
  if (rename(staged.dir_.c_str(), dir_.c_str()) != 0) return sys_error("cannot put the pins in place at " + dir_);
  return Unit{};
}

Status Pins::pin(const char* kind, const std::string& name, int fd) const {
  std::string at = path(kind, name);
  if (bpf_obj_pin(fd, at.c_str()) != 0) return sys_error("cannot pin " + at);
  return Unit{};
}

Result<Fd> Pins::open(const char* kind, const std::string& name, bool read_only) const {
  std::string at = path(kind, name);
  LIBBPF_OPTS(bpf_obj_get_opts, opts, .file_flags = read_only ? uint32_t{BPF_F_RDONLY} : 0u);
  Fd fd(bpf_obj_get_opts(at.c_str(), &opts));
  if (!fd) return sys_error("cannot open " + at);
  return fd;
}

Status Pins::unpin(const char* kind, const std::string& name) const {
  std::string at = path(kind, name);
  if (unlink(at.c_str()) != 0 && errno != ENOENT) return sys_error("cannot remove " + at);
  return Unit{};
}

std::vector<std::string> Pins::names(const char* kind) const {
  std::vector<std::string> out;
  std::string prefix = std::string(kind) + "_";
  for (const std::string& name : list_dir(dir_))
    if (name.starts_with(prefix)) out.push_back(name.substr(prefix.size()));
  return out;
}

}  // namespace kss::backend
