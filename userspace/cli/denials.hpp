// SPDX-License-Identifier: BSD-2-Clause
// The last denials, kept in the state directory: reading the kernel's ring buffer consumes it, so whoever reads
// (audit, explain) keeps what it saw for the next who asks.
//
// File `denials`: 64 bytes of header, then a ring of struct kss_audit. Written in place under a lock; a write that was
// cut short costs one record. Boot-clock stamps mean nothing after a reboot, so a file of another boot is emptied.
#pragma once

#include <string>
#include <vector>

#include "kss/audit.h"
#include "policy/result.hpp"

namespace kss::cli {

class Denials {
 public:
  static constexpr uint32_t capacity = 256;

  explicit Denials(const std::string& state_dir) : dir_(state_dir) {}
  ~Denials();
  Denials(const Denials&) = delete;
  Denials& operator=(const Denials&) = delete;

  /// Claims the ring buffer for this process; false if another reads it (`audit --follow`), whose denials then are
  /// here.
  Result<bool> claim();
  /// Keeps a denial; ignores grants. REQUIRES: claimed.
  Status keep(const kss_audit& record);
  /// Those kept, oldest first.
  Result<std::vector<kss_audit>> all() const;

 private:
  Status open_for_writing();
  std::string dir_;
  int lock_ = -1, file_ = -1;
};

}  // namespace kss::cli
