// SPDX-License-Identifier: BSD-2-Clause
// Descriptors, errors and small files.
#pragma once

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/result.hpp"

namespace kss::backend {

/// An owned file descriptor; -1 = none.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

/// "what: strerror(errno)" with errno kept.
Error sys_error(const std::string& what, std::string hint = {});
Error sys_error_of(int error, const std::string& what, std::string hint = {});

/// Whole file; errors carry errno. `limit` bounds it.
Result<std::string> read_file(const std::string& path, size_t limit = size_t{1} << 30);
/// The file's text without trailing white space; empty if it cannot be read.
std::string read_line(const std::string& path);
/// Writes path.tmp, fsyncs it, renames it to path and fsyncs the directory: readers see the old or the new, whole.
Status write_file_atomic(const std::string& path, std::string_view content, unsigned mode);
/// mkdir -p with this mode for what is missing.
Status make_dirs(const std::string& path, unsigned mode);
/// Names in a directory, sorted, without . and ..; empty if it cannot be read.
std::vector<std::string> list_dir(const std::string& path);

}  // namespace kss::backend
