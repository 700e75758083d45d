// SPDX-License-Identifier: BSD-2-Clause
// The agent of a sealed policy: a small process that alone may change it. If it dies the policy stays, for good.
#pragma once

#include "backend/backend.hpp"
#include "backend/signing.hpp"

namespace kss::backend {

std::string agent_socket(const LoadOptions& options);

/// What the agent decides by; apart from sockets, so that it can be tested.
class AgentMind {
 public:
  AgentMind(const PublicKey& key, const Nonce& nonce) : key_(key), nonce_(nonce) {}
  std::string challenge() const;
  /// Is this image signed? A copy of it, ready to be swapped in.
  Result<std::vector<kss_chunk>> accept_image(std::span<const std::byte> payload) const;
  Status accept_unload(std::span<const std::byte> signature) const;
  /// Another challenge from now on.
  void renew(const Nonce& nonce) { nonce_ = nonce; }

 private:
  PublicKey key_;
  Nonce nonce_;
};

/// Never returns. `ready`: written 1 byte 0 when all is sealed, else an errno and a message.
[[noreturn]] void run_agent(const LoadOptions& options, const PublicKey& key, int listener, int ready);

}  // namespace kss::backend
