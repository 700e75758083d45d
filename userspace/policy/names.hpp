// SPDX-License-Identifier: BSD-2-Clause
// Names to numbers for what the class table declares, and for socket families.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "kss/classes.h"

namespace kss::policy {

std::optional<kss_class> find_class(std::string_view name);
kss_object_kind class_kind(uint32_t cls);
const char* class_doc(uint32_t cls);
uint32_t perm_count(uint32_t cls);
const char* perm_doc(uint32_t cls, uint32_t bit);
/// All permissions of a class.
uint32_t perm_mask(uint32_t cls);
/// Bit number. In the capability classes CAP_SYS_ADMIN is known as well as sys_admin.
/// The permissions of a class by which information goes to the subject, and to the object; some do both.
struct FlowMasks {
  uint32_t read = 0, write = 0;
};
FlowMasks flow_of(uint32_t cls);
std::optional<uint32_t> find_perm(uint32_t cls, std::string_view name);

const char* builtin_name(uint32_t builtin);
const char* builtin_doc(uint32_t builtin);

struct NumberedName {
  const char* name;
  uint32_t number;
};
/// AF_* and netlink protocols by their names in lower case.
const std::vector<NumberedName>& family_names();
const std::vector<NumberedName>& netlink_names();

/// Classes that `anyfile` stands for.
const std::vector<kss_class>& anyfile_classes();

}  // namespace kss::policy
