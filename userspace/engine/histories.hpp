// SPDX-License-Identifier: BSD-2-Clause
// The oracle's part for models with state: whole histories, and each model by itself, by the words of its definition.
// It shares no code with the automata.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/history.hpp"
#include "policy/checked.hpp"

namespace kss::engine {

class Histories {
 public:
  /// `policy` must outlive this.
  explicit Histories(const policy::CheckedPolicy& policy) : policy_(policy) {}

  /// Of an access that the rules grant: the number of the first flow or formula that denies it; if there is none, it
  /// happened, at `time`. `allowed`: what the rules grant of the class.
  std::optional<uint32_t> act(const std::string& task, uint32_t dom, uint32_t obj, uint32_t cls, uint32_t perms,
                              uint64_t time);
  void fork(const std::string& parent, const std::string& child);
  /// The events that an access is.
  std::vector<uint32_t> events(uint32_t dom, uint32_t obj, uint32_t cls, uint32_t perms) const;

 private:
  std::string instance(policy::Scope scope, const std::string& task, uint32_t dom) const;

  const policy::CheckedPolicy& policy_;
  std::map<std::pair<std::size_t, std::string>, uint32_t> flows_;  // state by flow and instance
  std::map<std::pair<std::size_t, std::string>, History> formulas_;
};

}  // namespace kss::engine
