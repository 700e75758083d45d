// SPDX-License-Identifier: BSD-2-Clause
// Files and connections opened under an older policy are judged again at their next use, while there are any.
#pragma once

#include "backend/running.hpp"

namespace kss::backend {

/// If any task is confined: sets `rejudge` and attaches the hooks that look at each use. To be called before a publish.
Status start_rejudging(const Running& running);

/// Stops that when no task is confined any more. True if it has ended, or was not on.
bool end_rejudging(const Running& running);

}  // namespace kss::backend
