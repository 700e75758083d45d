// SPDX-License-Identifier: BSD-2-Clause
// Verdicts that depend on what happened before, by the core's automata: what kernels keep of histories, kept here.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/simulator.hpp"

namespace kss::engine {

/// All histories under one image, from the start. Not safe to share between threads.
class States {
 public:
  /// `image` must outlive this.
  explicit States(const Simulator& image);

  /// Judges an access of `task` at `time` (ns, never going back), and notes it if it is granted. Permissive or not,
  /// what is denied did not happen.
  Verdict act(const std::string& task, uint32_t dom, uint32_t obj, uint32_t cls, uint32_t perms, uint64_t time);
  /// A task has the histories of its parent from the fork on.
  void fork(const std::string& parent, const std::string& child);

 private:
  struct History {
    kss_cell cell{};
    std::vector<uint64_t> ring;  // of a limit
  };
  History& history(uint32_t number, const std::string& task, uint32_t dom);

  const Simulator& image_;
  std::map<std::pair<uint32_t, uint32_t>, History> shared_;   // by machine and domain
  std::map<std::string, std::map<uint32_t, History>> tasks_;  // by task and machine
};

}  // namespace kss::engine
