// SPDX-License-Identifier: BSD-2-Clause
#include "cli/denials.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace kss::cli {
namespace {

struct Header {
  char magic[8] = {'K', 'S', 'S', 'D', 'E', 'N', 'Y', '1'};
  uint32_t record_size = sizeof(kss_audit);
  uint32_t slots = Denials::capacity;
  uint64_t written = 0;  // records ever written; the next one goes to slot written % slots
  char boot_id[36] = {};
  char reserved[4] = {};
};
static_assert(sizeof(Header) == 64);

Error failure(const std::string& what) { return {what + ": " + std::strerror(errno), "", errno}; }

Header fresh_header() {
  Header h;
  std::ifstream in("/proc/sys/kernel/random/boot_id");
  std::string id;
  in >> id;
  std::memcpy(h.boot_id, id.data(), std::min(id.size(), sizeof h.boot_id));
  return h;
}

/// Does this file belong to this boot and this version of the record?
bool usable(const Header& h) {
  const Header want = fresh_header();
  return std::memcmp(h.magic, want.magic, sizeof h.magic) == 0 && h.record_size == want.record_size &&
         h.slots == want.slots && std::memcmp(h.boot_id, want.boot_id, sizeof h.boot_id) == 0;
}

off_t offset_of(uint64_t n) { return static_cast<off_t>(sizeof(Header) + n % Denials::capacity * sizeof(kss_audit)); }

}  // namespace

Denials::~Denials() {
  if (file_ >= 0) close(file_);
  if (lock_ >= 0) close(lock_);
}

Result<bool> Denials::claim() {
  if (mkdir(dir_.c_str(), 0700) && errno != EEXIST) return failure("cannot make " + dir_);
  const std::string path = dir_ + "/audit.lock";
  lock_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock_ < 0) return failure("cannot open " + path);
  if (flock(lock_, LOCK_EX | LOCK_NB) == 0) return true;
  const int error = errno;
  close(lock_);
  lock_ = -1;
  if (error == EWOULDBLOCK) return false;
  errno = error;
  return failure("cannot lock " + path);
}

Status Denials::open_for_writing() {
  const std::string path = dir_ + "/denials";
  file_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file_ < 0) return failure("cannot open " + path);
  Header h;
  if (pread(file_, &h, sizeof h, 0) == sizeof h && usable(h)) return Unit{};
  h = fresh_header();
  if (ftruncate(file_, 0) || pwrite(file_, &h, sizeof h, 0) != sizeof h) return failure("cannot write " + path);
  return Unit{};
}

Status Denials::keep(const kss_audit& record) {
  if (record.verdict != KSS_DENY) return Unit{};
  if (file_ < 0)
    if (auto opened = open_for_writing(); !opened) return opened;
  Header h;
  if (pread(file_, &h, sizeof h, 0) != sizeof h) return failure("cannot read the kept denials");
  if (pwrite(file_, &record, sizeof record, offset_of(h.written)) != sizeof record)
    return failure("cannot keep a denial");
  h.written++;  // last, so that a reader never sees a slot that is not written
  if (pwrite(file_, &h, sizeof h, 0) != sizeof h) return failure("cannot keep a denial");
  return Unit{};
}

Result<std::vector<kss_audit>> Denials::all() const {
  std::vector<kss_audit> records;
  const std::string path = dir_ + "/denials";
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0 && errno == ENOENT) return records;
  if (fd < 0) return failure("cannot open " + path);
  Header h;
  if (pread(fd, &h, sizeof h, 0) == sizeof h && usable(h)) {
    for (uint64_t n = h.written > capacity ? h.written - capacity : 0; n < h.written; n++) {
      kss_audit r;
      if (pread(fd, &r, sizeof r, offset_of(n)) == sizeof r) records.push_back(r);
    }
  }
  close(fd);
  return records;
}

}  // namespace kss::cli
