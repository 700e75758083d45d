// SPDX-License-Identifier: BSD-2-Clause
// The part of an image that is for people: names by id, rules with their lines. Kernels never see it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kss/image.h"
#include "policy/checked.hpp"
#include "policy/result.hpp"

namespace kss::policy {

/// What an image says about itself to tools.
struct DebugInfo {
  struct RuleInfo {
    Rule::Effect effect;
    IdSet domains, objects;
    bool self;
    kss_class cls;
    uint32_t perms;
    std::string file;
    uint32_t line;
    std::string text;
  };
  struct TypeInfo {
    std::string name;
    std::string level;                  // "secrecy internal, integrity low"; empty if the policy has no levels
    std::vector<std::string> patterns;  // as written, for explanations and graphs
    std::string file;
    uint32_t line;
  };
  struct DomainInfo {
    std::string name;
    bool permissive, trusted;
    std::vector<std::string> entries;  // "exec /usr/sbin/nginx from unconfined", …
    std::string file;
    uint32_t line;
  };
  struct MachineInfo {
    std::string name;
    bool flow;
    Scope scope;
    std::vector<std::string> states;                          // of a flow
    std::vector<std::pair<std::string, std::string>> events;  // names, and what they are
    std::string file;
    uint32_t line;
    std::string text;  // the clause
  };
  std::string policy_name;
  uint32_t policy_version = 0;
  std::vector<DomainInfo> domains;  // by domain id
  std::vector<TypeInfo> objects;    // by object id, built-in ones and domains included
  std::vector<RuleInfo> rules;
  std::vector<MachineInfo> machines;  // by number
};

/// Bytes of the debug part, to be put after struct kss_debug; deterministic.
std::string write_debuginfo(const CheckedPolicy& policy);
/// From a whole, validated image.
Result<DebugInfo> read_debuginfo(std::span<const std::byte> image);

/// Names by id from the class table: "file", "read"; permissions as "read write" in table order.
const char* class_name(uint32_t cls);
const char* perm_name(uint32_t cls, uint32_t bit);
std::string perm_names(uint32_t cls, uint32_t mask);

}  // namespace kss::policy
