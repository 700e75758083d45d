// SPDX-License-Identifier: BSD-2-Clause
// Exact keys of the image's hash table that are no path components: devices, families, domains, ways into domains.
#pragma once

#include "policy/checked.hpp"
#include "policy/hash.hpp"
#include "policy/result.hpp"

namespace kss::policy {

/// Adds the keys; returns the KSS_IMAGE_HAS_* flags, or nothing if two declarations claim one key for different ends.
std::optional<uint32_t> add_keys(const CheckedPolicy& policy, KeyTable& table, Diagnostics& diags);

}  // namespace kss::policy
