// SPDX-License-Identifier: BSD-2-Clause
// A sealed policy: only the agent may change it, and the agent obeys only the holder of the policy key.
#pragma once

#include "backend/backend.hpp"
#include "backend/pins.hpp"

namespace kss::backend {

/// Starts the agent, which seals what is in force and stays. REQUIRES: a policy in force, options.seal_key.
Status seal(const LoadOptions& options);

/// Are we the agent?
bool is_agent();

/// Puts the ids of all our maps, programs and links into kss_protected.
Status protect(const Pins& pins);

/// What only the agent can see, told to root.
Result<StatusReport> status_sealed(const LoadOptions& options);
/// The audit records that were waiting, at most about 1 MiB of them; they are taken.
Result<std::vector<kss_audit>> records_sealed(const LoadOptions& options);

/// Requests to the agent, signed by the key's holder.
Result<LoadReport> swap_sealed(std::span<const kss_chunk> image, const LoadOptions& options);
Status unload_sealed(const LoadOptions& options);

}  // namespace kss::backend
