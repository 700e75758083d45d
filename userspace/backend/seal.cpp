// SPDX-License-Identifier: BSD-2-Clause
#include "backend/seal.hpp"

namespace kss::backend {

Status seal(const LoadOptions&, std::span<const kss_chunk>) { return Error{"sealing is not built in yet", "", ENOSYS}; }
bool is_agent() { return false; }
Result<LoadReport> swap_sealed(std::span<const kss_chunk>, const LoadOptions&) { return Error{"sealed", "", EPERM}; }
Status unload_sealed(const LoadOptions&) { return Error{"sealed", "", EPERM}; }

}  // namespace kss::backend
