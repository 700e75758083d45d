// SPDX-License-Identifier: BSD-2-Clause
// The oracle: judges from the checked policy, rule by rule and pattern by pattern, never through an image. It shares no
// code with the compiler and is as plain as the language's definition, which include/kss/image.md gives.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "policy/checked.hpp"

namespace kss::engine {

class Reference {
 public:
  /// `policy` must outlive this.
  explicit Reference(const policy::CheckedPolicy& policy) : policy_(policy) {}

  struct Vector {
    uint32_t allow = 0;
    uint32_t audit = 0;  // of what is granted
    uint32_t quiet = 0;  // of what is denied
    bool operator==(const Vector&) const = default;
  };
  Vector vector(uint32_t dom, uint32_t obj, uint32_t cls) const;

  struct PathLabel {
    uint32_t object = KSS_OBJ_unresolved;
    uint32_t entry = 0;
    bool ambiguous = false;  // two patterns of equal rank: such a policy must not compile
  };
  PathLabel label_path(std::string_view path) const;
  PathLabel label_abstract(std::string_view name) const;
  uint32_t label_inet(uint32_t proto, std::span<const uint8_t> addr, uint16_t port) const;
  std::optional<uint32_t> label_device(bool block, uint32_t major, uint32_t minor) const;
  uint32_t label_family(uint32_t family, uint32_t protocol) const;
  uint32_t exec(uint32_t dom, const PathLabel& file, const std::array<uint8_t, 32>* digest = nullptr) const;
  uint32_t cgroup(uint32_t dom, std::string_view path) const;
  bool may_enter(uint32_t dom, uint32_t to) const;
  /// The permissions granted by which an access is an event of a model with state.
  uint32_t cared(uint32_t dom, uint32_t obj, uint32_t cls) const;
  /// What the image's need_base must say of a class.
  uint32_t needed(uint32_t cls) const;

 private:
  uint32_t withheld(uint32_t dom, uint32_t obj, uint32_t cls) const;
  bool can_meet(uint32_t dom, uint32_t obj, uint32_t cls, uint32_t bit) const;
  std::optional<uint32_t> enter(uint32_t dom, uint32_t number) const;

  const policy::CheckedPolicy& policy_;
};

/// Does a pattern match? Exposed for its own tests. `pattern` and `path` begin with '/'.
bool path_matches(std::string_view pattern, std::string_view path);
/// Does one component match a glob?
bool name_matches(std::string_view glob, std::string_view name);
/// < 0 if `a` is less specific than `b`, 0 if they are of equal rank.
int compare_specificity(std::string_view a, std::string_view b);

}  // namespace kss::engine
