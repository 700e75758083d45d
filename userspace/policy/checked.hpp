// SPDX-License-Identifier: BSD-2-Clause
// The checked policy: every name resolved, every macro, include, attribute and brace expanded. Only the checker makes
// one. It is what the compiler folds into an image, and what the reference evaluator judges by, rule by rule.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kss/classes.h"
#include "kss/image.h"
#include "policy/automaton.hpp"
#include "policy/result.hpp"

namespace kss::policy {

using DomainId = uint32_t;            // KSS_DOMAIN_UNCONFINED, KSS_DOMAIN_NONE, then declared ones in order
using ObjectId = uint32_t;            // built-in types, KSS_OBJ_DOMAINS + domain id, then declared types in order
using IdSet = std::vector<uint32_t>;  // ascending, no duplicates

/// A path pattern without braces: absolute, components separated by single slashes; `**` only as a whole component.
/// "/" itself is the pattern of the root. Text is what the user wrote, after macro and brace expansion.
struct PathPattern {
  std::string text;
  Pos pos;
};

struct DevicePattern {
  bool block = false;
  uint32_t major = 0;
  std::optional<uint32_t> minor;  // none = any; an exact minor is more specific
  Pos pos;
};

struct InetPattern {
  kss_net_proto proto = KSS_NET_tcp;
  bool v6 = false;
  std::array<uint8_t, 16> addr{};  // network order; IPv4 in the first 4; bits beyond the prefix are zero
  uint8_t prefix = 0;              // bits
  uint16_t port_lo = 0, port_hi = 65535;
  Pos pos;
  // Most specific: longer prefix first, then the narrower port range. Equal and overlapping in two types: compile
  // error.
};

struct FamilyPattern {
  uint32_t family = 0;               // AF_*
  std::optional<uint32_t> protocol;  // netlink protocol; none = any
  Pos pos;
};

/// A degree and a set of categories. One dominates another if its degree is no lower and it has all its categories.
struct Level {
  uint32_t degree = 0;
  IdSet categories;
  bool operator==(const Level&) const = default;
};

/// Of almost everything one level. A domain trusted with more has all between two: it may know up to the high one and
/// tell down to the low one (secrecy); believe down to the low one and change up to the high one (integrity).
struct LevelRange {
  Level low, high;
  bool operator==(const LevelRange&) const = default;
};

/// Secrecy: no read up, no write down (Bell and LaPadula). Integrity: no read down, no write up (Biba).
enum Axis : uint8_t { kSecrecy, kIntegrity };
constexpr size_t kAxes = 2;

/// The levels of one axis; none = the policy does not use it.
struct Lattice {
  std::vector<std::string> degrees;  // from the lowest
  std::vector<std::string> categories;
  LevelRange standard;  // of what has no level of its own
};

/// By axis; none = the standard level.
using Labels = std::array<std::optional<LevelRange>, kAxes>;

/// One way into a domain.
struct Entry {
  enum class Kind { exec, digest, cgroup, exec_type, run };
  Kind kind = Kind::exec;
  std::string container;             // cgroup: the container's name if that was given instead of a pattern
  PathPattern pattern;               // exec: path; cgroup: path below the cgroup v2 root
  std::array<uint8_t, 32> digest{};  // digest: SHA-256 of the executable
  ObjectId type = 0;                 // exec_type: executables of this type
  IdSet from;                        // domains that may enter this way; default: unconfined alone
  uint32_t number = 0;               // entry point number, 1…, for exec, cgroup and digest; equal patterns share one,
                                     // as do all of one container's
  Pos pos;
};

struct Domain {
  std::string name;
  bool permissive = false;
  bool trusted = false;  // information may go through it: it sees to what may
  std::vector<Entry> entries;
  Pos pos;
  Labels level = {};
};

struct Type {
  std::string name;
  std::vector<PathPattern> files;
  std::vector<PathPattern> abstract_names;  // one component each, without the leading @
  std::vector<DevicePattern> devices;
  std::vector<InetPattern> inet;
  std::vector<FamilyPattern> families;
  Pos pos;
  Labels level = {};
};

/// allow, audit (report grants), quiet (dontaudit: do not report denials), withheld (what an allow rule says, and the
/// levels do not let be: it grants nothing and stands only in CheckedPolicy::leveled).
struct Rule {
  enum class Effect : uint8_t { allow, audit, quiet, withheld };
  Effect effect = Effect::allow;
  IdSet domains;      // DomainId, never unconfined or none
  IdSet objects;      // ObjectId
  bool self = false;  // also each domain on itself
  kss_class cls = KSS_CLASS_file;
  uint32_t perms = 0;
  Pos pos;
  std::string text;  // as written, for explanations; shared text is kept once by std::string's owner
};

struct NeverAllow {
  IdSet domains;
  IdSet objects;
  bool self = false;
  kss_class cls = KSS_CLASS_file;
  uint32_t perms = 0;
  Pos pos;
  std::string text;
};

/// No information may go from one place to the other, whatever the chain of grants; but through trusted domains.
struct NoFlow {
  IdSet from, to;  // ObjectId
  Pos pos;
  std::string text;
};

/// What models with state speak of: the accesses that one of the parts names, by any of its permissions.
struct EventPart {
  IdSet domains, objects;
  bool self = false;  // also each domain on itself
  kss_class cls = KSS_CLASS_file;
  uint32_t perms = 0;
};
struct Event {
  std::string name;
  std::vector<EventPart> parts;
  Pos pos;
  std::string text = {};  // as written
};

/// A finite state machine: in a state, those of its events that have an edge are allowed, and no others of its events.
struct Flow {
  struct Edge {
    uint32_t event = 0;
    uint32_t next = 0;
  };
  std::string name;
  Scope scope = Scope::global;
  std::vector<uint32_t> events;          // ascending
  std::vector<std::string> states;       // the first is the start
  std::vector<std::vector<Edge>> edges;  // by state
  Pos pos;
};

/// One line of `tests:`: what one access must come to under the compiled image.
struct TestStep {
  bool grant = false;  // true: every permission is granted; false: none of them is
  DomainId domain = 0;
  std::optional<ObjectId> object;  // an object named in the policy; none: label `target`
  // What is to be labelled: "/a/path", "@abstract name", "tcp 10.0.0.1 port 80", "char 1:3", "family netlink route".
  std::string target;
  kss_class cls = KSS_CLASS_file;
  uint32_t perms = 0;
  std::string task;   // whose history it is, where that is a task's; empty: the one of its domain
  uint64_t wait = 0;  // ns that pass before; a step of which nothing else is set only waits
  Pos pos;
  std::string text;
};

struct Test {
  std::string name;
  std::vector<TestStep> steps;
  Pos pos;
};

struct CheckedPolicy {
  std::string name;
  uint32_t version = 0;
  bool permissive = false;
  std::vector<Domain> domains;  // [id]; 0 = "unconfined", 1 = "none"
  std::vector<Type> types;      // object id of types[i] is first_type() + i
  std::array<Lattice, kAxes> lattices;
  std::array<Labels, KSS_NBUILTINS> builtin_levels;
  std::vector<Rule> rules;    // as written
  std::vector<Rule> leveled;  // as the levels leave them; empty if the policy has no levels
  std::vector<NeverAllow> neverallows;
  std::vector<NoFlow> noflows;
  std::vector<Event> events;
  std::vector<Flow> flows;
  std::vector<Temporal> temporals;
  std::vector<Machine> machines;  // what the two above come to: flows, then formulas
  std::vector<Test> tests;
  std::vector<std::string> sources;  // files read, in order

  uint32_t first_type() const { return KSS_OBJ_DOMAINS + static_cast<uint32_t>(domains.size()); }
  bool has_levels() const { return !lattices[kSecrecy].degrees.empty() || !lattices[kIntegrity].degrees.empty(); }
  /// The rules that say what is granted: all there is to enforce and to prove.
  const std::vector<Rule>& effective() const { return has_levels() ? leveled : rules; }
  /// The level of an object, on an axis that the policy uses. A domain's processes have the domain's.
  const LevelRange& level(Axis axis, ObjectId id) const;
  uint32_t object_count() const { return first_type() + static_cast<uint32_t>(types.size()); }
  /// Name of a built-in type, a domain or a declared type; "?" for an id that does not exist.
  std::string object_name(ObjectId id) const;
};

}  // namespace kss::policy
