// SPDX-License-Identifier: BSD-2-Clause
// Signing of images: 64 bytes of Ed25519 (RFC 8032, pure) over the whole image file. Checking is backend/signing.hpp.
#pragma once

#include <string>
#include <vector>

#include "kss/image.h"
#include "policy/result.hpp"

namespace kss::cli {

/// `key_path`: private key without a passphrase. Generation must be 0, as it is in a file.
Result<std::string> sign_image(const std::vector<kss_chunk>& image, const std::string& key_path);

}  // namespace kss::cli
