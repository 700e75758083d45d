// SPDX-License-Identifier: BSD-2-Clause
// Events, flows, formulas and limits, from the text of a policy to what they grant. Random ones are compared by
// tests/differential, the automata of formulas by policy_temporal_test.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "engine/histories.hpp"
#include "engine/reference.hpp"
#include "engine/states.hpp"
#include "kss/abi.h"
#include "policy/policy.hpp"
#include "policy_text.hpp"

namespace kss::policy {
namespace {

struct Made {
  CheckedPolicy policy;
  std::vector<kss_chunk> bytes;
  engine::Simulator image;
};

std::optional<Made> make(const std::string& text, Diagnostics& diags) {
  auto policy = check_text(text, "t.yaml", {}, diags);
  if (!policy) return std::nullopt;
  auto image = compile(*policy, diags);
  if (!image) return std::nullopt;
  auto simulator = engine::Simulator::load(*image);
  if (!simulator) return std::nullopt;
  return Made{std::move(*policy), std::move(*image), std::move(*simulator)};
}

/// Runs `tests:` by image and by oracle; what did not come as it says, line by line.
std::string failures(const Made& m) {
  std::string out;
  for (const Test& test : m.policy.tests) {
    engine::States states(m.image);
    engine::Histories histories(m.policy);
    const engine::Reference oracle(m.policy);
    uint64_t now = 1'000'000'000;
    for (const TestStep& s : test.steps) {
      now += s.wait;
      if (!s.perms) continue;
      const uint32_t object = s.object ? *s.object : m.image.label_path(s.target).object;
      const std::string& task = s.task.empty() ? m.policy.domains[s.domain].name : s.task;
      const bool granted = states.act(task, s.domain, object, s.cls, s.perms, now).granted;
      const bool right = !(s.perms & ~oracle.vector(s.domain, object, s.cls).allow) &&
                         !histories.act(task, s.domain, object, s.cls, s.perms, now);
      if (granted != s.grant) out += test.name + ", line " + std::to_string(s.pos.line) + "\n";
      if (granted != right) out += test.name + ", line " + std::to_string(s.pos.line) + ": the oracle differs\n";
    }
  }
  return out;
}

void expect_passes(const std::string& text) {
  Diagnostics diags;
  const auto m = make(text, diags);
  ASSERT_TRUE(m) << shown(diags);
  EXPECT_TRUE(diags.empty()) << shown(diags);
  ASSERT_FALSE(m->policy.tests.empty());
  EXPECT_EQ(failures(*m), "");
}

TEST(States, ATrafficLight) {
  expect_passes(std::string(kHead) + R"(
domains: { light: { enter: { exec: /bin/light } } }
types:
  red: { files: [/dev/red] }
  yellow: { files: [/dev/yellow] }
  green: { files: [/dev/green] }
allow: [ "light { red yellow green } : file { open write }" ]
events:
  to_red: "light red : file write"
  to_yellow: "light yellow : file write"
  to_green: "light green : file write"
flows:
  lamp:
    scope: global
    states:
      red: { to_green: green, to_red: red }
      green: { to_yellow: yellow }
      yellow: { to_red: red }
tests:
  - name: a round
    steps:
      - grant: "light green : file write"
      - grant: "light yellow : file write"
      - grant: "light red : file write"
      - grant: "light red : file write"
      - grant: "light green : file { open write }"
  - name: yellow comes between
    steps:
      - deny: "light yellow : file write"
      - grant: "light green : file write"
      - deny: "light red : file write"
      - deny: "light green : file write"
      - grant: "light /dev/yellow : file write"
  - name: what is no event is never asked about
    steps:
      - grant: "light yellow : file open"
      - grant: "light red : file open"
      - wait: 5h
      - grant: "light red : file open"
)");
}

TEST(States, InstalledOnlySoonAfterBeingVerified) {
  expect_passes(std::string(kHead) + R"(
domains: { updater: { enter: { exec: /bin/updater } } }
types:
  package: { files: ["/var/packages/**"] }
  signature: { files: ["/var/signatures/**"] }
  programs: { files: ["/opt/**"] }
allow:
  - "updater { package programs } : file { write append }"
  - "updater signature : file read"
events:
  verify: "updater signature : file read"
  change: "updater package : file { write append }"
  install: "updater programs : file write"
temporal:
  - { name: verified, scope: task, deny: "install unless not change since[..10m] verify" }
tests:
  - name: in order
    steps:
      - deny: "updater programs : file write"
      - grant: "updater package : file write"
      - grant: "updater signature : file read"
      - grant: "updater programs : file write"
  - name: not after a change
    steps:
      - grant: "updater signature : file read"
      - grant: "updater package : file append"
      - deny: "updater programs : file write"
  - name: not too late, and to the nanosecond
    steps:
      - grant: "updater signature : file read"
      - { wait: 10m, grant: "updater programs : file write" }
      - { wait: 1ns, deny: "updater programs : file write" }
      - grant: "updater signature : file read"
      - { wait: 1s, grant: "updater programs : file write" }
  - name: each task for itself
    steps:
      - { task: one, grant: "updater signature : file read" }
      - { task: two, deny: "updater programs : file write" }
      - { task: two, grant: "updater package : file write" }
      - { task: one, grant: "updater programs : file write" }
)");
}

// Models on the names of kNames: `a` and `b` read and write conf and logs.
constexpr const char* kAccess =
    "allow: [ \"{ a b } { conf logs } : file { read write }\", \"a self : process signal\" ]\n"
    "events: { read: \"{ a b } conf : file read\", write: \"{ a b } logs : file write\", own: \"a self : process "
    "signal\" }\n";  // lines 6 and 7
constexpr uint32_t kA = 2, kB = 3;

class Trial {
 public:
  explicit Trial(const std::string& models) : made_(make(kNames + kAccess + models, diags_)) {
    if (!made_) ADD_FAILURE() << shown(diags_);
    if (made_) states_.emplace(made_->image);
  }
  explicit operator bool() const { return made_.has_value(); }
  const Made& made() const { return *made_; }
  engine::Verdict act(const std::string& task, uint32_t dom, const char* type, uint32_t perms, uint64_t time = 1) {
    uint32_t object = made_->policy.first_type();
    while (made_->policy.object_name(object) != type) object++;
    return states_->act(task, dom, object, KSS_CLASS_file, perms, time);
  }
  bool read(const std::string& task, uint32_t dom, uint64_t time = 1) {
    return act(task, dom, "conf", KSS_file_read, time).granted;
  }
  bool write(const std::string& task, uint32_t dom, uint64_t time = 1) {
    return act(task, dom, "logs", KSS_file_write, time).granted;
  }
  engine::States& states() { return *states_; }

 private:
  Diagnostics diags_;
  std::optional<Made> made_;
  std::optional<engine::States> states_;
};

TEST(States, TheScopeSaysWhoseHistoryItIs) {
  for (const char* scope : {"global", "domain", "task"}) {
    Trial t(std::string("temporal: [ { name: f, scope: ") + scope + ", deny: write unless once read } ]\n");
    ASSERT_TRUE(t);
    const std::string s = scope;
    EXPECT_TRUE(t.read("one", kA));
    EXPECT_TRUE(t.write("one", kA)) << s;
    EXPECT_EQ(t.write("two", kA), s != "task") << s;
    EXPECT_EQ(t.write("one", kB), s != "domain") << "a task keeps its history wherever it goes: " << s;
    EXPECT_EQ(t.write("three", kB), s == "global") << s;
  }
  Trial t("flows: { f: { scope: domain, states: { s: { read: t }, t: { write: s } } } }\n");
  ASSERT_TRUE(t);
  EXPECT_TRUE(t.read("one", kA));
  EXPECT_FALSE(t.read("two", kA));
  EXPECT_TRUE(t.read("two", kB));
  EXPECT_TRUE(t.write("two", kA));
  EXPECT_FALSE(t.write("two", kA));
  EXPECT_TRUE(t.write("one", kB));
}

TEST(States, WithoutAScopeItIsTheDevices) {
  Trial t("temporal: [ { name: f, deny: write unless once read } ]\n");
  ASSERT_TRUE(t);
  EXPECT_TRUE(t.read("one", kA));
  EXPECT_TRUE(t.write("two", kB));
}

TEST(States, AForkedTaskHasTheHistoryOfItsParentUntilThen) {
  Trial t(
      "flows: { f: { scope: task, states: { s: { read: t }, t: { write: s } } } }\n"
      "temporal: [ { name: once, scope: task, deny: \"write unless once[..10ns] read\" } ]\n");
  ASSERT_TRUE(t);
  EXPECT_TRUE(t.read("parent", kA, 100));
  t.states().fork("parent", "child");
  EXPECT_TRUE(t.write("parent", kA, 101));
  EXPECT_FALSE(t.write("parent", kA, 102));
  EXPECT_TRUE(t.write("child", kA, 110)) << "what the parent did later is its own";
  EXPECT_TRUE(t.read("child", kA, 111));
  EXPECT_FALSE(t.write("parent", kA, 112)) << "and so is what the child did";
  t.states().fork("nobody", "stranger");
  EXPECT_FALSE(t.write("stranger", kA, 113));
}

TEST(States, WhatIsDeniedLeavesNoTrace) {
  // Of two models the second denies: the first must not have heard of it, nor a third.
  Trial t(
      "flows: { f: { states: { s: { read: t }, t: { write: s } } } }\n"
      "temporal: [ { name: late, deny: \"read unless once own\" }, { name: few, limit: \"at most 7 read in 1h\" } ]\n");
  ASSERT_TRUE(t);
  const auto v = t.act("one", kA, "conf", KSS_file_read);
  EXPECT_FALSE(v.granted);
  EXPECT_EQ(v.machine, 1u);
  EXPECT_EQ(v.denied, uint32_t{KSS_file_read}) << "all that was asked for";
  EXPECT_TRUE(v.audited);
  for (int i = 0; i < 10; i++) EXPECT_FALSE(t.read("one", kA));
  EXPECT_FALSE(t.write("one", kA)) << "the flow has not moved";
  EXPECT_TRUE(t.states().act("one", kA, KSS_OBJ_DOMAINS + kA, KSS_CLASS_process, KSS_process_signal, 1).granted);
  for (int i = 0; i < 7; i++) EXPECT_TRUE(t.read("one", kA) && t.write("one", kA)) << "the limit has counted none";
  EXPECT_FALSE(t.read("one", kA));
  EXPECT_EQ(t.act("one", kA, "conf", KSS_file_read).machine, 2u);
}

TEST(States, WhatTheRulesDenyIsNoEvent) {
  Trial t("temporal: [ { name: f, deny: write if once read } ]\n");
  ASSERT_TRUE(t);
  const auto v = t.act("one", kA, "conf", KSS_file_read | KSS_file_unlink);
  EXPECT_FALSE(v.granted);
  EXPECT_EQ(v.denied, uint32_t{KSS_file_unlink});
  EXPECT_FALSE(v.machine);
  EXPECT_TRUE(t.write("one", kA));
}

TEST(States, AnEventNamesSelfForEachOfItsDomains) {
  Diagnostics diags;
  auto m = make(kNames +
                    "allow: [ \"{ a b } { a b self } : process { signal ptrace }\" ]\n"
                    "events: { own: \"{ a b } self : process signal\" }\n"
                    "temporal: [ { name: none, deny: own unless false } ]\n",
                diags);
  ASSERT_TRUE(m) << shown(diags);
  engine::States states(m->image);
  for (uint32_t subject : {kA, kB})
    for (uint32_t object : {kA, kB}) {
      EXPECT_EQ(states.act("t", subject, KSS_OBJ_DOMAINS + object, KSS_CLASS_process, KSS_process_signal, 1).granted,
                subject != object);
      EXPECT_TRUE(states.act("t", subject, KSS_OBJ_DOMAINS + object, KSS_CLASS_process, KSS_process_ptrace, 1).granted);
      EXPECT_EQ(m->image.vector(subject, KSS_OBJ_DOMAINS + object, KSS_CLASS_process).care,
                subject == object ? uint32_t{KSS_process_signal} : 0u);
    }
}

TEST(States, AnAccessCanBeSeveralEvents) {
  Diagnostics diags;
  auto m = make(kNames +
                    "allow: [ \"a conf : file { read write }\" ]\n"
                    "events: { r: \"a conf : file read\", w: \"a conf : file write\", any: [ \"a conf : file read\", "
                    "\"a conf : file write\" ] }\n"
                    "temporal: [ { name: f, deny: \"any unless r and w and any\" } ]\n",
                diags);
  ASSERT_TRUE(m) << shown(diags);
  engine::States states(m->image);
  const uint32_t conf = m->policy.first_type();
  EXPECT_FALSE(states.act("t", kA, conf, KSS_CLASS_file, KSS_file_read, 1).granted);
  EXPECT_FALSE(states.act("t", kA, conf, KSS_CLASS_file, KSS_file_write, 1).granted);
  EXPECT_TRUE(states.act("t", kA, conf, KSS_CLASS_file, KSS_file_read | KSS_file_write, 1).granted);
}

// A limit of clocks, and one of a ring: alike but for how they are kept.
TEST(States, LimitsCountWhatWasGrantedInTime) {
  for (uint32_t most : {1u, 2u, 6u, 7u, 8u, 9u, 16u, 17u, 100u, 4096u}) {
    Trial t("temporal: [ { name: f, scope: domain, limit: \"at most " + std::to_string(most) +
            " { read write } in 1us\" } ]\n");
    ASSERT_TRUE(t);
    EXPECT_EQ(t.made().policy.machines.at(0).ring, most > 6 ? most : 0);
    const uint64_t start = 5000;
    for (uint32_t i = 0; i < most; i++)
      EXPECT_TRUE(i % 2 ? t.read("one", kA, start + i / 8) : t.write("two", kA, start + i / 8)) << i << " of " << most;
    EXPECT_FALSE(t.read("one", kA, start + (most - 1) / 8)) << most;
    EXPECT_TRUE(t.read("one", kB, start + (most - 1) / 8)) << most;
    EXPECT_FALSE(t.write("one", kA, start + 1000)) << "the first is of age 1us: " << most;
    // From 1ns later on there is room again, as the first ones leave the window, one after the other or eight at once.
    for (uint32_t i = 0; i < most; i++) EXPECT_TRUE(t.write("one", kA, start + 1001 + i / 8)) << i << " of " << most;
    EXPECT_FALSE(t.write("one", kA, start + 1001 + (most - 1) / 8)) << most;
    for (uint32_t i = 0; i < 2 * most; i++) EXPECT_TRUE(t.read("one", kA, start + 10000 + i * 1001)) << "alone: " << i;
  }
}

const kss_machine* machines(const std::vector<kss_chunk>& image) {
  return reinterpret_cast<const kss_machine*>(
      &image[kss_get32(reinterpret_cast<const kss_header3*>(&image[2])->machine_base)]);
}

std::vector<uint64_t> identities(const std::string& models) {
  Diagnostics diags;
  auto m = make(kNames + kAccess + models, diags);
  std::vector<uint64_t> out;
  if (!m) ADD_FAILURE() << shown(diags);
  for (size_t i = 0; m && i < m->policy.machines.size(); i++) out.push_back(kss_get64(machines(m->bytes)[i].identity));
  return out;
}

TEST(States, TheIdentityOfAMachineIsThatOfItsMeaning) {
  const std::string flow = "flows: { f: { scope: domain, states: { s: { read: t }, t: { write: s, read: t } } } }\n",
                    rest =
                        "temporal: [ { name: g, deny: \"write unless once[..5s] read\" }, { name: h, limit: \"at "
                        "most 9 read in 1s\" } ]\n";
  const auto was = identities(flow + rest);
  ASSERT_EQ(was.size(), 3u);
  EXPECT_EQ(identities(flow + rest), was);
  EXPECT_EQ(identities("# a line more\n" + flow + rest), was) << "where it stands is not what it means";
  EXPECT_NE(was[0], was[1]);
  // With other models about, and under another number.
  const auto more = identities("flows: { e: { states: { x: { own: x } } }, " + flow.substr(8) + rest);
  ASSERT_EQ(more.size(), 4u);
  EXPECT_EQ(std::vector(more.begin() + 1, more.end()), was);
  for (const char* other :
       {"flows: { f: { scope: task, states: { s: { read: t }, t: { write: s, read: t } } } }\n",
        "flows: { f: { scope: domain, states: { s: { read: t }, t: { write: s, read: s } } } }\n",
        "flows: { f: { scope: domain, states: { s: { read: t }, t: { write: s } } } }\n",
        "flows: { f: { scope: domain, states: { s: { own: t }, t: { write: s, own: t } } } }\n",
        "flows: { f: { scope: domain, states: { s: { read: u }, u: { write: s, read: u } } } }\n",
        "flows: { z: { scope: domain, states: { s: { read: t }, t: { write: s, read: t } } } }\n"}) {
    const auto now = identities(other + rest);
    EXPECT_NE(now.at(0), was[0]) << other;
    EXPECT_EQ(now.at(1), was[1]) << other;
  }
  for (const char* other : {"write unless once[..6s] read", "write if once[..5s] read", "write unless once[5s..] read"})
    EXPECT_NE(identities(std::string("temporal: [ { name: g, deny: \"") + other + "\" } ]\n").at(0), was[1]) << other;
  for (const char* other : {"at most 8 read in 1s", "at most 9 read in 2s", "at most 9 write in 1s"})
    EXPECT_NE(identities(std::string("temporal: [ { name: h, limit: \"") + other + "\" } ]\n").at(0), was[2]) << other;
}

TEST(States, AnImageWithoutModelsHasNone) {
  Diagnostics diags;
  auto m = make(kNames + kAccess, diags);
  ASSERT_TRUE(m) << shown(diags);
  EXPECT_EQ(m->policy.events.size(), 3u);
  const auto* h3 = reinterpret_cast<const kss_header3*>(&m->bytes[2]);
  EXPECT_EQ(h3->nmachines, 0u);
  EXPECT_EQ(h3->care_base, 0u);
  EXPECT_EQ(m->image.vector(kA, m->policy.first_type(), KSS_CLASS_file).care, 0u) << "an event alone is no model";
}

struct Wrong {
  const char* text;  // follows the names, from line 6
  const char* place;
  const char* word;  // that stands there
  const char* message;
  const char* hint;
};
#define EVENTS "events: { verify: \"a conf : file read\", install: \"{ a b } { conf logs } : file write\" }\n"
#define FLOW(states) EVENTS "flows: { f: { states: { " states " } } }\n"
#define FORMULA(clause) EVENTS "temporal:\n  - { name: t, " clause " }\n"
constexpr Wrong kWrong[] = {
    {"events: { e: \"a conf : file read\", e: \"a logs : file read\" }\n", "6:36", "e:", "`e` is here twice", ""},
    {"events: { since: \"a conf : file read\" }\n", "6:11", "since", "`since` cannot name an event",
     "word of formulas"},
    {"events: { 1st: \"a conf : file read\" }\n", "6:11", "1st", "`1st` cannot name an event", "letters, digits"},
    {"events: { e: [] }\n", "6:11", "e:", "event `e` is no access at all", "SUBJECT OBJECT : CLASS PERMISSION"},
    {"events: { e: }\n", "6:14", "", "event `e`: expected a string", "in quotes"},
    {"events: { e: [ \"a conf : file read\", \"a conf : file reed\" ] }\n", "6:53", "reed", "no permission `reed`",
     "`read`"},
    {"events: { e: \"a cnf : file read\" }\n", "6:17", "cnf", "no type, domain or attribute `cnf`", "`conf`"},
    {"events: { e: \"a self : file read\" }\n", "6:17", "self", "`self` cannot be the object of class `file`",
     "name a type"},

    {EVENTS "flows: { f: { } }\n", "7:10", "f:", "flow `f` has no states", "states:"},
    {EVENTS "flows: { f: { stats: { s: { verify: s } } } }\n", "7:15", "stats", "no key `stats`", "`states`"},
    {FLOW("s: { verfy: t }, t: { install: s }"), "7:30", "verfy", "no event `verfy`", "`verify`"},
    {FLOW("s: { x: t }, t: { install: s }"), "7:30", "x:", "no event `x`", "declare it below `events:`"},
    {FLOW("idle: { verify: bsy }, busy: { install: idle }"), "7:41", "bsy", "flow `f` has no state `bsy`", "`busy`"},
    {FLOW("s: { verify: nowhere }"), "7:38", "nowhere", "flow `f` has no state `nowhere`", "declare it among"},
    {FLOW("s: { verify: s }, lost: { install: s }"), "7:43", "lost", "state `lost` is never reached",
     "the first state is the start"},
    {FLOW("s: { verify: s }, s: { install: s }"), "7:43", "s:", "`s` is here twice", ""},
    {FLOW("s: { verify: s, verify: s }"), "7:41", "verify", "`verify` is here twice", ""},
    {FLOW("s: { verify: t, install: s }, t: { install: s }"), "7:41", "install",
     "in state `s` one access can be both `install` and `verify`, which lead to different states",
     "differ in domain, object or class"},
    {"events: { own: \"a self : process signal\", other: \"a { a b } : process ptrace\" }\n"
     "flows: { f: { states: { s: { own: t, other: s }, t: { own: s } } } }\n",
     "7:38", "other", "one access can be both `other` and `own`", "differ in"},
    {"events: { own: \"{ a b } self : process signal\", too: \"{ b c } self : process ptrace\" }\n"
     "flows: { f: { states: { s: { own: t, too: s }, t: { own: s } } } }\n",
     "7:38", "too", "one access can be both `too` and `own`", "differ in"},
    {EVENTS "flows: { f: { scope: tsk, states: { s: { verify: s } } } }\n", "7:22", "tsk", "no scope `tsk`", "`task`"},
    {EVENTS "flows: { f: { scope: device, states: { s: { verify: s } } } }\n", "7:22", "device", "no scope `device`",
     "global: one history"},

    {FORMULA("deny: verfy unless once verify"), "8:22", "verfy", "unknown event `verfy`", "`verify`"},
    {FORMULA("deny: verify unless once (instal)"), "8:42", "instal", "unknown event `instal`", "`install`"},
    {FORMULA("deny: verify when once install"), "8:29", "when", "found `when`, expected `unless` or `if`", "EVENT"},
    {FORMULA("deny: verify unless"), "8:22", "verify unless", "found the end", ""},
    {FORMULA("deny: \"verify unless once[5x] install\""), "8:42", "5x", "found `5x`, expected a time", "ns us ms"},
    {FORMULA("deny: \"verify unless once[5s..10s] install\""), "8:23", "verify",
     "formula `t` cannot be kept in constant memory and time", "`once[..10s] install` or `once[5s..] install`"},
    {FORMULA("limit: at most 4097 verify in 1s"), "8:23", "at most", "room for a limit of more than 4096",
     "shorter time"},
    {FORMULA("scope: task, limit: at most 7 verify in 1s"), "8:36", "at most", "room for a limit of at most 6",
     "room for 4096"},
    {FORMULA("limit: at most 0 verify in 1s"), "8:31", "0 verify", "a limit of 0 denies always", "unless false"},
    {FORMULA("scope: tast, deny: verify if prev verify"), "8:23", "tast", "no scope `tast`", "`task`"},
    {FORMULA("limit: at most 5 verify in 1s, deny: verify if once install"), "8:47", "deny", "both `deny` and `limit`",
     "make two"},
    {EVENTS "temporal:\n  - { name: t }\n", "8:5", "{ name", "without `deny` or `limit`", "deny: EVENT unless"},
    {EVENTS "temporal:\n  - { deny: verify if once install }\n", "8:5", "{ deny", "a formula without `name`",
     "explained by it"},
    {FORMULA("deny: verify if once install") "  - { name: t, deny: verify if once install }\n", "9:13", "t,",
     "another flow or formula is called `t`", ""},
    {FLOW("s: { verify: s }") "temporal: [ { name: f, deny: verify if once install } ]\n", "8:21", "f,",
     "another flow or formula is called `f`", ""},
    {"allow: [ \"a conf : file read\" ]\nevents: { e: \"a conf : file read\" }\ntemporal:\n"
     "  - { name: t1, limit: at most 1 e in 1s }\n  - { name: t2, limit: at most 2 e in 1s }\n"
     "  - { name: t3, limit: at most 3 e in 1s }\n  - { name: t4, limit: at most 4 e in 1s }\n"
     "  - { name: t5, limit: at most 5 e in 1s }\n",
     "13:24", "at most 5", "concern more than 4 flows and formulas: t1, t2, t3, t4, t5", "make one formula of some"},

    {"tests:\n  - { name: t, steps: [ { wait: 5x } ] }\n", "7:33", "5x", "`5x` is no time", "wait: 10s"},
    {"tests:\n  - { name: t, steps: [ { task: x } ] }\n", "7:25", "{ task", "neither `grant`, `deny` nor `wait`",
     "grant:"},
};

TEST(States, Errors) {
  for (const Wrong& w : kWrong) {
    Diagnostics diags;
    EXPECT_FALSE(make(kNames + w.text, diags)) << w.text;
    const auto error = std::find_if(diags.begin(), diags.end(),
                                    [](const Diagnostic& d) { return d.severity == Diagnostic::Severity::error; });
    ASSERT_NE(error, diags.end()) << w.text;
    EXPECT_EQ(std::to_string(error->pos.line) + ":" + std::to_string(error->pos.column), w.place)
        << w.text << shown(diags);
    EXPECT_NE(error->message.find(w.message), std::string::npos) << shown(diags);
    EXPECT_NE(error->hint.find(w.hint), std::string::npos) << shown(diags);
    std::string rest = kNames + w.text;
    for (uint32_t line = 1; line < error->pos.line; line++) rest.erase(0, rest.find('\n') + 1);
    ASSERT_LE(error->pos.column, rest.size() + 1);
    EXPECT_EQ(rest.compare(error->pos.column - 1, std::string(w.word).size(), w.word), 0)
        << w.word << " in " << w.text << shown(diags);
  }
}

TEST(States, ManyEvents) {
  std::string events = "events: {", names, edges;
  for (char c = 'a'; c <= 'k'; c++) {
    events += std::string(c == 'a' ? " e" : ", e") + c + ": \"a conf : file read\"";
    names += std::string(" e") + c;
    edges += std::string(c == 'a' ? "e" : ", e") + c + ": s";
  }
  events += " }\n";
  for (const auto& [text, place, message] :
       {std::tuple("flows: { f: { states: { s: { " + edges + " } } } }\n", "7:10",
                   "more than 4096 states or 10 events"),
        std::tuple("temporal:\n  - { name: t, limit: \"at most 9 {" + names + " } in 1s\" }\n", "8:24",
                   "more than 10 events")}) {
    Diagnostics diags;
    EXPECT_FALSE(make(kNames + events + text, diags));
    ASSERT_EQ(diags.size(), 1u) << shown(diags);
    EXPECT_EQ(std::to_string(diags[0].pos.line) + ":" + std::to_string(diags[0].pos.column), place) << shown(diags);
    EXPECT_NE(diags[0].message.find(message), std::string::npos) << shown(diags);
  }
}

TEST(States, ManyModels) {
  std::string text = kNames + EVENTS "temporal:\n";
  for (uint32_t i = 0; i <= KSS_MAX_MACHINES; i++)
    text += "  - { name: t" + std::to_string(i) + ", limit: at most 9 verify in 1s }\n";
  Diagnostics diags;
  EXPECT_FALSE(check_text(text, "t.yaml", {}, diags));
  ASSERT_EQ(diags.size(), 1u) << shown(diags);
  EXPECT_NE(diags[0].message.find("more than 1024 flows and formulas"), std::string::npos) << shown(diags);
  EXPECT_EQ(diags[0].pos.line, 8 + KSS_MAX_MACHINES);
}

TEST(States, ATaskHasRoomForSoManyHistories) {
  for (uint32_t n : {KSS_TASK_CELLS, KSS_TASK_CELLS + 1}) {
    std::string text = kNames + EVENTS "temporal:\n";
    for (uint32_t i = 0; i < n; i++)
      text += "  - { name: t" + std::to_string(i) + ", scope: task, deny: verify if prev install }\n";
    Diagnostics diags;
    EXPECT_EQ(check_text(text, "t.yaml", {}, diags).has_value(), n == KSS_TASK_CELLS) << shown(diags);
    if (n == KSS_TASK_CELLS) continue;
    ASSERT_EQ(diags.size(), 1u) << shown(diags);
    EXPECT_NE(diags[0].message.find("of scope task"), std::string::npos) << shown(diags);
    EXPECT_EQ(diags[0].pos.line, 7 + n);
  }
}

TEST(States, DeclaredTwiceInTwoFiles) {
  const std::filesystem::path dir = std::filesystem::path(testing::TempDir()) / "policy_states_test";
  std::filesystem::create_directories(dir);
  std::ofstream(dir / "more.yaml") << "events: { verify: \"a conf : file read\" }\n"
                                      "flows: { f: { states: { s: { verify: s } } } }\n";
  Diagnostics diags;
  EXPECT_FALSE(check_text(kNames + "include: more.yaml\n" FLOW("s: { verify: s }"), "t.yaml", {{dir.string()}}, diags));
  std::filesystem::remove_all(dir);
  const std::string all = shown(diags);
  EXPECT_NE(all.find("event `verify` is declared twice"), std::string::npos) << all;
  EXPECT_NE(all.find("flow `f` is declared twice"), std::string::npos) << all;
  EXPECT_NE(all.find("the other place"), std::string::npos) << all;
}

TEST(States, Warnings) {
  for (const auto& [text, place, message] :
       {std::tuple(FLOW("s: { verify: t }, t: {}"), "7:43", "no event leads out of state `t`"),
        std::tuple(FORMULA("deny: verify unless true"), "8:22", "formula `t` never denies"),
        std::tuple(FORMULA("deny: verify if true"), "8:22", "formula `t` always denies")}) {
    Diagnostics diags;
    EXPECT_TRUE(make(kNames + text, diags)) << shown(diags);
    ASSERT_EQ(diags.size(), 1u) << shown(diags);
    EXPECT_EQ(diags[0].severity, Diagnostic::Severity::warning);
    EXPECT_EQ(std::to_string(diags[0].pos.line) + ":" + std::to_string(diags[0].pos.column), place) << shown(diags);
    EXPECT_NE(diags[0].message.find(message), std::string::npos) << shown(diags);
  }
}

}  // namespace
}  // namespace kss::policy
