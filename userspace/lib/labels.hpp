// SPDX-License-Identifier: BSD-2-Clause
// Objects as people write them, to the labels that an image gives them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/simulator.hpp"
#include "policy/debuginfo.hpp"
#include "policy/result.hpp"

namespace kss::lib {

/// Absolute path; links are not followed and "." and ".." not resolved: the kernel judges by what they lead to.
Result<uint32_t> label_path(const engine::Simulator& image, std::string_view path);
/// Unix name: "/path" or "@abstract". No declared name: KSS_OBJ_unix_other.
Result<uint32_t> label_unix(const engine::Simulator& image, std::string_view name);
/// "10.0.0.1", "10.0.0.1:80", "10.0.0.1 port 80", "fd00::1", "[fd00::1]:80".
Result<uint32_t> label_inet(const engine::Simulator& image, kss_net_proto proto, std::string_view address);
/// What a step of a policy's `tests:` may name: a path, "@name", "tcp ADDRESS port N", "char 1:3", "family NAME …".
/// `cls` decides what a path means: the name of a unix socket, or a file.
Result<uint32_t> label_target(const engine::Simulator& image, std::string_view target, uint32_t cls);

/// Ids by name; nothing if there is no such name.
std::optional<uint32_t> find_domain(const policy::DebugInfo& debug, std::string_view name);
std::optional<uint32_t> find_object(const policy::DebugInfo& debug, std::string_view name);
/// The protocol whose sockets a class means; nothing for classes that have no addresses.
std::optional<kss_net_proto> proto_of_class(uint32_t cls);

}  // namespace kss::lib
