// SPDX-License-Identifier: BSD-2-Clause
// Questions about what a policy grants, as its image says in the part that is for people.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "policy/debuginfo.hpp"
#include "policy/flow.hpp"

namespace kss::policy {

/// What one domain may do to one object, in one class.
struct Access {
  DomainId domain = 0;
  ObjectId object = 0;
  kss_class cls = KSS_CLASS_file;
  uint32_t perms = 0;
  std::vector<uint32_t> rules;  // numbers of the rules that grant it, ascending
};

/// Which accesses are asked for; what is not set is any.
struct AccessQuery {
  std::optional<DomainId> domain;
  std::optional<ObjectId> object;
  std::optional<kss_class> cls;
  uint32_t perms = UINT32_MAX;  // accesses with none of these are left out, as are other permissions of the rest
};

/// By domain, object and class. Time: the sizes of the rules' sets; memory: that of the answer.
std::vector<Access> accesses(const DebugInfo& debug, const AccessQuery& query);

/// A shortest chain by which information can go, rules being numbered as in `debug`; empty if there is none.
std::vector<FlowHop> flow_between(const DebugInfo& debug, const IdSet& from, const IdSet& to);

}  // namespace kss::policy
