// SPDX-License-Identifier: BSD-2-Clause
// Names by number and numbers by name, all from the one table.
#include "policy/names.hpp"

#include <array>
#include <string>
#include <unordered_map>

#include "policy/checked.hpp"
#include "policy/debuginfo.hpp"

namespace kss::policy {
namespace {

struct PermRow {
  const char* name;
  const char* doc;
};
struct ClassRow {
  const char* name;
  kss_object_kind kind;
  const char* doc;
  const PermRow* perms;
  uint32_t count;
};

#define P(c, p, flow, doc) {#p, doc},
#define C(c, kind, doc) constexpr PermRow k_##c[] = {KSS_PERMS_##c(P, c)};
KSS_CLASS_TABLE(C)
#undef C
#undef P

constexpr FlowMasks kFlows[] = {
#define P(c, p, flow, doc) | ((KSS_FLOW_##flow & way) != 0 ? uint32_t{1} << KSS_BIT_##c##_##p : 0)
#define C(c, kind, doc)                                                      \
  {[](uint32_t way) { return uint32_t{0} KSS_PERMS_##c(P, c); }(KSS_FLOW_R), \
   [](uint32_t way) { return uint32_t{0} KSS_PERMS_##c(P, c); }(KSS_FLOW_W)},
    KSS_CLASS_TABLE(C)
#undef C
#undef P
};

constexpr ClassRow kClasses[] = {
#define C(c, kind, doc) {#c, KSS_KIND_##kind, doc, k_##c, KSS_NPERMS_##c},
    KSS_CLASS_TABLE(C)
#undef C
};

constexpr PermRow kBuiltins[] = {
#define B(n, doc) {#n, doc},
    KSS_BUILTIN_TABLE(B)
#undef B
};

bool is_capability(uint32_t cls) { return cls == KSS_CLASS_capability || cls == KSS_CLASS_capability2; }

}  // namespace

const char* class_name(uint32_t cls) { return cls < KSS_NCLASSES ? kClasses[cls].name : "?"; }
const char* class_doc(uint32_t cls) { return cls < KSS_NCLASSES ? kClasses[cls].doc : "?"; }
kss_object_kind class_kind(uint32_t cls) { return cls < KSS_NCLASSES ? kClasses[cls].kind : KSS_KIND_SYSTEM; }
uint32_t perm_count(uint32_t cls) { return cls < KSS_NCLASSES ? kClasses[cls].count : 0; }

uint32_t perm_mask(uint32_t cls) {
  uint32_t n = perm_count(cls);
  return n >= 32 ? ~uint32_t{0} : (uint32_t{1} << n) - 1;
}

FlowMasks flow_of(uint32_t cls) { return cls < KSS_NCLASSES ? kFlows[cls] : FlowMasks{}; }

const char* perm_name(uint32_t cls, uint32_t bit) {
  return cls < KSS_NCLASSES && bit < kClasses[cls].count ? kClasses[cls].perms[bit].name : "?";
}
const char* perm_doc(uint32_t cls, uint32_t bit) {
  return cls < KSS_NCLASSES && bit < kClasses[cls].count ? kClasses[cls].perms[bit].doc : "?";
}

std::string perm_names(uint32_t cls, uint32_t mask) {
  std::string out;
  for (uint32_t bit = 0; bit < 32; ++bit) {
    if ((mask >> bit & 1) == 0) continue;
    if (!out.empty()) out += ' ';
    out += perm_name(cls, bit);
  }
  return out;
}

std::optional<kss_class> find_class(std::string_view name) {
  static const auto index = [] {
    std::unordered_map<std::string_view, kss_class> m;
    for (uint32_t c = 0; c < KSS_NCLASSES; ++c) m.emplace(kClasses[c].name, static_cast<kss_class>(c));
    return m;
  }();
  auto it = index.find(name);
  return it == index.end() ? std::nullopt : std::optional(it->second);
}

std::optional<uint32_t> find_perm(uint32_t cls, std::string_view name) {
  if (cls >= KSS_NCLASSES) return std::nullopt;
  const ClassRow& row = kClasses[cls];
  for (uint32_t bit = 0; bit < row.count; ++bit)
    if (name == row.perms[bit].name || (is_capability(cls) && name == row.perms[bit].doc)) return bit;
  return std::nullopt;
}

const char* builtin_name(uint32_t b) { return b < KSS_NBUILTINS ? kBuiltins[b].name : "?"; }
const char* builtin_doc(uint32_t b) { return b < KSS_NBUILTINS ? kBuiltins[b].doc : "?"; }

const std::vector<kss_class>& anyfile_classes() {
  static const std::vector<kss_class> classes = {KSS_CLASS_file,    KSS_CLASS_dir,      KSS_CLASS_symlink,
                                                 KSS_CLASS_chardev, KSS_CLASS_blockdev, KSS_CLASS_fifo,
                                                 KSS_CLASS_sockfile};
  return classes;
}

// include/linux/socket.h, v6.12. inet, inet6 and unix are not here: their classes judge by address and name.
const std::vector<NumberedName>& family_names() {
  static const std::vector<NumberedName> names = {
      {"ax25", 3},     {"ipx", 4},     {"appletalk", 5},   {"netrom", 6},     {"bridge", 7},    {"atmpvc", 8},
      {"x25", 9},      {"rose", 11},   {"decnet", 12},     {"netbeui", 13},   {"security", 14}, {"key", 15},
      {"netlink", 16}, {"packet", 17}, {"ash", 18},        {"econet", 19},    {"atmsvc", 20},   {"rds", 21},
      {"sna", 22},     {"irda", 23},   {"pppox", 24},      {"wanpipe", 25},   {"llc", 26},      {"ib", 27},
      {"mpls", 28},    {"can", 29},    {"tipc", 30},       {"bluetooth", 31}, {"iucv", 32},     {"rxrpc", 33},
      {"isdn", 34},    {"phonet", 35}, {"ieee802154", 36}, {"caif", 37},      {"alg", 38},      {"nfc", 39},
      {"vsock", 40},   {"kcm", 41},    {"qipcrtr", 42},    {"smc", 43},       {"xdp", 44},      {"mctp", 45}};
  return names;
}

// include/uapi/linux/netlink.h, v6.12
const std::vector<NumberedName>& netlink_names() {
  static const std::vector<NumberedName> names = {
      {"route", 0},           {"unused", 1},     {"usersock", 2},       {"firewall", 3},  {"sock_diag", 4},
      {"nflog", 5},           {"xfrm", 6},       {"selinux", 7},        {"iscsi", 8},     {"audit", 9},
      {"fib_lookup", 10},     {"connector", 11}, {"netfilter", 12},     {"ip6_fw", 13},   {"dnrtmsg", 14},
      {"kobject_uevent", 15}, {"generic", 16},   {"scsitransport", 18}, {"ecryptfs", 19}, {"rdma", 20},
      {"crypto", 21},         {"smc", 22}};
  return names;
}

std::string CheckedPolicy::object_name(ObjectId id) const {
  if (id < KSS_NBUILTINS) return builtin_name(id);
  if (id < KSS_OBJ_DOMAINS) return "?";
  if (id < first_type()) return domains[id - KSS_OBJ_DOMAINS].name;
  if (id < object_count()) return types[id - first_type()].name;
  return "?";
}

}  // namespace kss::policy
