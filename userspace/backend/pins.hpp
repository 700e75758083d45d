// SPDX-License-Identifier: BSD-2-Clause
// Pins in bpffs: what keeps enforcement alive without a process: DIR/map_NAME, DIR/prog_NAME, DIR/link_NAME. All in one
// directory, which is what the programs guard while sealed.
#pragma once

#include <string>
#include <vector>

#include "backend/sys.hpp"

namespace kss::backend {

class Pins {
 public:
  /// "." is the agent's: whatever is mounted or renamed above, its working directory stays the right one.
  explicit Pins(std::string dir) : dir_(std::move(dir)) {}

  const std::string& dir() const { return dir_; }
  bool exist() const;
  /// The directory in which a load is prepared: beside the real one, so that one rename puts all pins in place.
  Pins staged() const { return Pins(dir_ + "_new"); }

  /// Mounts bpffs at /sys/fs/bpf if it is to be there and is not; makes the directories.
  Status create() const;
  /// Removes everything, links first, and the directory, if it is not ".". Absent is fine.
  Status remove() const;
  /// Moves the staged pins here. REQUIRES: none here.
  Status commit(const Pins& staged) const;

  Status pin(const char* kind, const std::string& name, int fd) const;  // kind: "map", "link", "prog"
  /// `read_only`: a map that is only looked at.
  Result<Fd> open(const char* kind, const std::string& name, bool read_only = false) const;
  Status unpin(const char* kind, const std::string& name) const;
  std::vector<std::string> names(const char* kind) const;

 private:
  std::string path(const char* kind, const std::string& name) const { return dir_ + "/" + kind + "_" + name; }
  std::string dir_;
};

}  // namespace kss::backend
