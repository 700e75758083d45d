// SPDX-License-Identifier: BSD-2-Clause
// Ed25519 (RFC 8032, pure): the policy key.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "policy/result.hpp"

namespace kss::backend {

constexpr size_t signature_bytes = 64;
using PublicKey = std::array<uint8_t, 32>;
using Nonce = std::array<uint8_t, 32>;

/// From a PEM file ("BEGIN PUBLIC KEY").
Result<PublicKey> read_public_key(const std::string& path);
/// False for anything but a signature of this key over this message.
bool verify_signature(const PublicKey& key, std::span<const std::byte> message, std::span<const std::byte> signature);
/// 64 bytes, by the private key in a PEM file without a passphrase.
Result<std::string> sign_message(const std::string& key_path, std::span<const std::byte> message);
Result<Nonce> make_nonce();

}  // namespace kss::backend
