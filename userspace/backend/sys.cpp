// SPDX-License-Identifier: BSD-2-Clause
#include "backend/sys.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace kss::backend {

Fd::~Fd() {
  if (fd_ >= 0) close(fd_);
}

Error sys_error_of(int error, const std::string& what, std::string hint) {
  return Error{what + ": " + std::strerror(error), std::move(hint), error};
}

Error sys_error(const std::string& what, std::string hint) { return sys_error_of(errno, what, std::move(hint)); }

Result<std::string> read_file(const std::string& path, size_t limit) {
  Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return sys_error("cannot open " + path);
  std::string out;
  char buffer[65536];
  for (;;) {
    ssize_t n = read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return sys_error("cannot read " + path);
    if (n == 0) return out;
    if (out.size() + static_cast<size_t>(n) > limit) return sys_error_of(EFBIG, "cannot read " + path);
    out.append(buffer, static_cast<size_t>(n));
  }
}

std::string read_line(const std::string& path) {
  auto text = read_file(path, 1 << 20);
  if (!text) return {};
  while (!text->empty() && static_cast<unsigned char>(text->back()) <= ' ') text->pop_back();
  return *text;
}

Status write_file_atomic(const std::string& path, std::string_view content, unsigned mode) {
  std::string temporary = path + ".tmp";
  if (unlink(temporary.c_str()) != 0 && errno != ENOENT) return sys_error("cannot remove " + temporary);
  Fd fd(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!fd) return sys_error("cannot create " + temporary);
  while (!content.empty()) {
    ssize_t n = write(fd.get(), content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      auto error = sys_error("cannot write " + temporary);
      unlink(temporary.c_str());
      return error;
    }
    content.remove_prefix(static_cast<size_t>(n));
  }
  if (fsync(fd.get()) != 0 || rename(temporary.c_str(), path.c_str()) != 0) {
    auto error = sys_error("cannot put " + path + " in place");
    unlink(temporary.c_str());
    return error;
  }
  Fd dir(open(path.substr(0, path.rfind('/') + 1).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (dir) fsync(dir.get());  // some file systems cannot; the rename is what readers depend on
  return Unit{};
}

Status make_dirs(const std::string& path, unsigned mode) {
  for (size_t at = 1; at != std::string::npos;) {
    at = path.find('/', at + 1);
    std::string part = path.substr(0, at);
    if (mkdir(part.c_str(), mode) != 0 && errno != EEXIST) return sys_error("cannot make directory " + part);
  }
  return Unit{};
}

std::vector<std::string> list_dir(const std::string& path) {
  std::vector<std::string> names;
  DIR* dir = opendir(path.c_str());
  if (!dir) return names;
  while (dirent* entry = readdir(dir)) {
    std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  closedir(dir);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace kss::backend
