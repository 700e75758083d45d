// SPDX-License-Identifier: BSD-2-Clause
// Verdicts from an image, by the decision core that kernels run.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "kss/image.h"
#include "kss/port_user.h"
#include "policy/policy.hpp"
#include "policy/result.hpp"

namespace kss::engine {

struct Verdict {
  bool granted = false;             // what the policy says; unconfined subjects are granted everything
  bool enforced = true;             // false: the image or the domain is permissive, a denial is only reported
  bool audited = false;             // a record is written
  uint32_t denied = 0;              // the permissions that are missing
  std::optional<uint32_t> machine;  // the flow or formula that denies; then all permissions asked for are missing
};

/// Immutable after load; safe to share between threads.
class Simulator {
 public:
  /// Validates the image; nothing of one that is refused is ever read.
  static Result<Simulator> load(std::vector<kss_chunk> image);

  uint32_t domains() const;
  uint32_t objects() const;
  bool permissive() const;  // the image as a whole
  /// Id by name, KSS_DOMAIN_NONE if the image has none such.
  uint32_t domain(std::string_view name) const;

  /// The access vector, of which `audit` is what is audited and `quiet` which denials are not; all zero for ids out of
  /// range.
  kss_av vector(uint32_t dom, uint32_t obj, uint32_t cls) const;
  Verdict judge(uint32_t dom, uint32_t obj, uint32_t cls, uint32_t perms) const;

  struct PathLabel {
    uint32_t object = KSS_OBJ_unresolved;
    uint32_t entry = 0;  // 0 = none
  };
  kss_span runtime() const;  // what a kernel gets of the image

  /// Absolute path with single slashes and no "." or ".."; whatever cannot be labelled is `unresolved`.
  PathLabel label_path(std::string_view path) const;
  uint32_t label_abstract(std::string_view name) const;  // without the leading NUL or @
  /// `addr` in network order, 4 or 16 bytes.
  uint32_t label_inet(uint32_t proto, std::span<const uint8_t> addr, uint16_t port) const;
  /// None = not declared: the path decides.
  std::optional<uint32_t> label_device(bool block, uint32_t major, uint32_t minor) const;
  /// `protocol` counts for netlink alone.
  uint32_t label_family(uint32_t family, uint32_t protocol) const;

  /// The domain after an execve; `digest` of the executable if known.
  uint32_t exec(uint32_t dom, const PathLabel& file, const std::array<uint8_t, 32>* digest = nullptr) const;
  /// The domain after a task of `dom` was found in the cgroup of that path.
  uint32_t cgroup(uint32_t dom, std::string_view path) const;
  bool may_enter(uint32_t dom, uint32_t to) const;

 private:
  explicit Simulator(std::vector<kss_chunk> image) : image_(std::move(image)) {}
  uint32_t walk(uint32_t state, std::string_view path) const;
  std::optional<uint32_t> find(uint32_t space, std::string_view key) const;
  std::optional<uint32_t> find(uint32_t space, std::initializer_list<uint32_t> words) const;

  std::vector<kss_chunk> image_;
};

}  // namespace kss::engine
