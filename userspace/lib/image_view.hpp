// SPDX-License-Identifier: BSD-2-Clause
// An image in memory with the decision core on top: labels and verdicts as a kernel would give them, for tools.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kss/image.h"
#include "policy/debuginfo.hpp"
#include "policy/result.hpp"

namespace kss::lib {

/// Immutable; any number of threads may use one.
class ImageView {
 public:
  /// REQUIRES: a validated image, which outlives the view.
  explicit ImageView(std::span<const kss_chunk> image) : image_(image) {}

  uint32_t domain_count() const;
  uint32_t object_count() const;
  /// Those of `perms` that are denied. Ids out of range: all of them.
  uint32_t denied(uint32_t domain, uint32_t object, uint32_t cls, uint32_t perms) const;
  kss_av vector(uint32_t domain, uint32_t object, uint32_t cls) const;

  /// Absolute path without "." and ".." (as the kernel sees it: links are followed already).
  Result<uint32_t> label_path(std::string_view path) const;
  /// Unix name: "/path" or "@abstract". No declared name: KSS_OBJ_unix_other.
  Result<uint32_t> label_unix(std::string_view name) const;
  /// "10.0.0.1", "10.0.0.1:80", "10.0.0.1 port 80", "fd00::1", "[fd00::1]:80".
  Result<uint32_t> label_inet(kss_net_proto proto, std::string_view address) const;
  /// "char 1:3", "block 8:0"
  Result<uint32_t> label_device(bool block, uint32_t major, uint32_t minor) const;
  uint32_t label_family(uint32_t family, std::optional<uint32_t> protocol) const;

  /// What a step of a policy's `tests:` may name: a path, "@name", "tcp ADDRESS port N", "char 1:3", "family NAME …".
  /// `cls` decides what a path means: the name of a unix socket or a file.
  Result<uint32_t> label_target(std::string_view target, uint32_t cls) const;

 private:
  std::span<const kss_chunk> image_;
};

/// Ids by name; nothing if there is no such name.
std::optional<uint32_t> find_domain(const policy::DebugInfo& debug, std::string_view name);
std::optional<uint32_t> find_object(const policy::DebugInfo& debug, std::string_view name);
/// The protocol whose sockets a class means; nothing for classes that have no addresses.
std::optional<kss_net_proto> proto_of_class(uint32_t cls);

}  // namespace kss::lib
