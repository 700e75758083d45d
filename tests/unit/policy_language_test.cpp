// SPDX-License-Identifier: BSD-2-Clause
// The policy language: what each construct comes to, and each error with its place.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wrestrict"  // GCC bug 105651: "text" + std::string(…)
#endif

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>

#include "engine/reference.hpp"
#include "engine/simulator.hpp"
#include "policy/debuginfo.hpp"
#include "policy/names.hpp"
#include "policy/policy.hpp"
#include "policy/suggest.hpp"
#include "policy/yaml_tree.hpp"

namespace kss::policy {
namespace {

constexpr const char* kHead = "policy: t\nversion: 1\n";

// Every test below begins at line 3 with these names (one line, so that lines are easy to count).
const std::string kNames =
    std::string(kHead) +
    "domains: { a: { enter: { exec: /bin/a } }, b: { enter: { exec: /bin/b } }, c: { enter: { exec: /bin/c } } }\n"
    "types: { conf: { files: [\"/etc/conf/**\"] }, logs: { files: [\"/var/log/**\"] }, web: { inet: [tcp any port 80] "
    "},"
    " names: { unix: [\"@x\"] }, disk: { devices: [\"block 8:*\"] }, route: { family: [netlink route] } }\n"
    "attributes: { ab: [a, b], files: [conf, logs], all: [ab, c] }\n";  // rules begin at line 6

std::string shown(const Diagnostics& diags) {
  std::string out;
  for (const auto& d : diags) out += format(d) + '\n';
  return out;
}

class Checked {
 public:
  explicit Checked(const std::string& text, const ParseOptions& options = {}) {
    policy_ = check_text(text, "t.yaml", options, diags);
    EXPECT_TRUE(policy_) << shown(diags) << text;
    if (!policy_) policy_.emplace();
  }
  const CheckedPolicy* operator->() const { return &*policy_; }
  const CheckedPolicy& operator*() const { return *policy_; }

  std::string objects(const Rule& rule) const {
    std::string out;
    for (ObjectId id : rule.objects) out += (out.empty() ? "" : " ") + policy_->object_name(id);
    if (rule.self) out += out.empty() ? "self" : " self";
    return out;
  }
  std::string domains(const Rule& rule) const {
    std::string out;
    for (DomainId id : rule.domains) out += (out.empty() ? "" : " ") + policy_->domains[id].name;
    return out;
  }
  // Each rule as "a b | conf self | file | read write".
  std::vector<std::string> rules() const {
    std::vector<std::string> out;
    for (const Rule& r : policy_->rules)
      out.push_back(domains(r) + " | " + objects(r) + " | " + class_name(r.cls) + " | " + perm_names(r.cls, r.perms));
    return out;
  }
  Diagnostics diags;

 private:
  std::optional<CheckedPolicy> policy_;
};

using Lines = std::vector<std::string>;

Lines rules_of(const std::string& list) { return Checked(kNames + "allow:\n" + list).rules(); }

// --- what rules come to ---------------------------------------------------------------------------------------------

TEST(Rules, NamesAndSets) {
  EXPECT_EQ(rules_of("  - a conf : file read\n"), Lines{"a | conf | file | read"});
  EXPECT_EQ(rules_of("  - a conf : file { setattr read }\n"), Lines{"a | conf | file | read setattr"});
  // To write implies to append; to append implies nothing.
  EXPECT_EQ(rules_of("  - a conf : file write\n"), Lines{"a | conf | file | write append"});
  EXPECT_EQ(rules_of("  - a conf : file append\n"), Lines{"a | conf | file | append"});
  EXPECT_EQ(rules_of("  - \"{ab c} { conf logs } : { file dir } read\"\n"),
            (Lines{"a b c | conf logs | file | read", "a b c | conf logs | dir | read"}));
  EXPECT_EQ(rules_of("  - ab files : file read\n"), Lines{"a b | conf logs | file | read"});
  EXPECT_EQ(rules_of("  - all conf : file read\n"), Lines{"a b c | conf | file | read"});
  EXPECT_EQ(rules_of("  - \"{ domain:* -b } conf : file read\"\n"), Lines{"a c | conf | file | read"});
  EXPECT_EQ(rules_of("  - \"{ all -ab } { files -logs } : file read\"\n"), Lines{"c | conf | file | read"});
  EXPECT_EQ(rules_of("  - \"a conf : file { * -write }\"\n")[0].find(" write"), std::string::npos);
}

TEST(Rules, ThreeWaysToWriteOne) {
  Lines expected{"a | conf | file | open read"};
  EXPECT_EQ(rules_of("  - a conf : file { open read }\n"), expected);
  EXPECT_EQ(rules_of("  - 'a conf : file { open read }'\n"), expected);
  EXPECT_EQ(rules_of("  - a conf: file { open read }\n"), expected);
  EXPECT_EQ(rules_of("  - |\n    a conf\n      : file { open\n    read }\n"), expected);
  EXPECT_EQ(rules_of("  - { domain: a, type: conf, class: file, perms: [open, read], why: because }\n"), expected);
  EXPECT_EQ(rules_of("  - { domain: a, type: conf, class: file, perms: \"{ open read }\" }\n"), expected);
  Checked p(kNames + "allow:\n  - { domain: a, type: conf, class: file, perms: read, why: because }\n");
  EXPECT_EQ(p->rules.at(0).text, "a conf : file read (because)");
}

TEST(Rules, ObjectsFollowTheClass) {
  auto objects = [](const std::string& rule) {
    Checked p(kNames + "allow:\n  - " + rule + "\n");
    return p.objects(p->rules.at(0));
  };
  EXPECT_EQ(objects("a * : file read"), "unlabeled anon memfd conf logs");
  EXPECT_EQ(objects("a type:* : file read"), "unlabeled anon memfd conf logs");
  EXPECT_EQ(objects("a * : blockdev read"), "unlabeled anon memfd conf logs disk");
  EXPECT_EQ(objects("a * : tcp connect"), "inet_other web self");
  EXPECT_EQ(objects("a type:* : tcp connect"), "inet_other web");
  EXPECT_EQ(objects("a * : udp connect"), "inet_other self");
  EXPECT_EQ(objects("a * : unix connect"), "unix_other unconfined a b c conf logs names");
  EXPECT_EQ(objects("a domain:* : unix connect"), "unconfined a b c");
  EXPECT_EQ(objects("a * : netlink bind"), "family_other route self");
  EXPECT_EQ(objects("a * : packet bind"), "family_other self");
  EXPECT_EQ(objects("a * : process signal"), "unconfined a b c");
  EXPECT_EQ(objects("a * : capability kill"), "self");
  EXPECT_EQ(objects("a a : capability kill"), "self");
  EXPECT_EQ(objects("a self : tcp create"), "self");
  EXPECT_EQ(objects("a a : tcp create"), "self");
  EXPECT_EQ(objects("a self : process fork"), "self");
  EXPECT_EQ(objects("a * : module load"), "system");
  EXPECT_EQ(objects("\"a { conf web } : { file tcp } receive\""), "conf");
  EXPECT_EQ(objects("a disk : blockdev read"), "disk");
}

TEST(Rules, MinusSelf) {
  EXPECT_EQ(rules_of("  - \"{a b} { domain:* -self } : process ptrace\"\n"),
            (Lines{"a | unconfined b c | process | ptrace", "b | unconfined a c | process | ptrace"}));
}

TEST(Rules, ClassGroupsAndCapabilities) {
  EXPECT_EQ(rules_of("  - a conf : anyfile read\n").size(), 7u);
  EXPECT_EQ(rules_of("  - a disk : anyfile read\n"), Lines{"a | disk | blockdev | read"});
  EXPECT_EQ(rules_of("  - a self : capability { kill bpf CAP_SYS_ADMIN }\n"),
            (Lines{"a | self | capability | kill sys_admin", "a | self | capability2 | bpf"}));
  EXPECT_EQ(rules_of("  - a self : capability *\n").size(), 2u);
}

TEST(Rules, Effects) {
  Checked p(kNames + "audit:\n  - a conf : file read\ndontaudit:\n  - a conf : file write\n");
  ASSERT_EQ(p->rules.size(), 2u);
  EXPECT_EQ(p->rules[0].effect, Rule::Effect::audit);
  EXPECT_EQ(p->rules[1].effect, Rule::Effect::quiet);
  EXPECT_EQ(p->rules[1].pos.line, 9u);
  EXPECT_EQ(p->rules[1].pos.column, 5u);
}

TEST(Rules, CreateOnATypeIsWarnedAbout) {
  Checked p(kNames + "allow:\n  - a web : tcp { create connect }\n");
  ASSERT_EQ(p.diags.size(), 1u);
  EXPECT_EQ(p.diags[0].severity, Diagnostic::Severity::warning);
  EXPECT_EQ(p.diags[0].pos.column, 19u);
}

// --- domains
// ----------------------------------------------------------------------------------------------------------

TEST(Domains, Entries) {
  Checked p(std::string(kHead) +
            "domains:\n"
            "  a: { enter: { exec: \"/usr/{,local/}bin/a\" } }\n"
            "  b:\n    enter:\n"
            "      - { exec: /bin/b, from: [a, unconfined] }\n"
            "      - { digest: \"sha256:00ff000000000000000000000000000000000000000000000000000000000001\" }\n"
            "      - { type: exe, from: a }\n"
            "      - { run: true, from: a }\n"
            "  c: { enter: { cgroup: \"/system.slice/c.service\" }, permissive: true }\n"
            "types: { exe: { files: [/lib/exe] } }\n");
  ASSERT_EQ(p->domains.size(), 5u);
  const auto& a = p->domains[2].entries;
  ASSERT_EQ(a.size(), 2u);
  EXPECT_EQ(a[0].pattern.text, "/usr/bin/a");
  EXPECT_EQ(a[1].pattern.text, "/usr/local/bin/a");
  EXPECT_EQ(a[0].from, IdSet{KSS_DOMAIN_UNCONFINED});
  EXPECT_NE(a[0].number, 0u);
  EXPECT_NE(a[0].number, a[1].number);
  const auto& b = p->domains[3].entries;
  ASSERT_EQ(b.size(), 4u);
  EXPECT_EQ(b[0].from, (IdSet{0, 2}));
  EXPECT_EQ(b[1].digest[1], 0xff);
  EXPECT_EQ(b[1].digest[31], 1);
  EXPECT_EQ(b[2].kind, Entry::Kind::exec_type);
  EXPECT_EQ(p->object_name(b[2].type), "exe");
  EXPECT_TRUE(p->domains[4].permissive);
  EXPECT_EQ(p.rules(), (Lines{"a | b | process | transition", "a | b | process | enter"}));
  EXPECT_NE(p->rules[0].text.find("implied by enter"), std::string::npos);
  EXPECT_EQ(p->rules[0].pos.line, 7u);
}

TEST(Domains, ContainerIsItsCgroups) {
  Checked p(std::string(kHead) + "domains: { plc: { enter: { container: plc-1 } } }\n");
  std::vector<std::string> patterns;
  for (const auto& e : p->domains[2].entries) {
    EXPECT_EQ(e.kind, Entry::Kind::cgroup);
    patterns.push_back(e.pattern.text);
  }
  for (const char* wanted :
       {"/**/lxc.payload.plc-1", "/**/lxc.payload.plc-1/**", "/**/machine-plc-1.scope", "/**/machine-plc-1.scope/**",
        "/**/machine-plc\\\\x2d1.scope", "/**/kss-plc-1", "/**/kss-plc-1/**", "/**/plc-1", "/**/plc-1/**"})
    EXPECT_NE(std::find(patterns.begin(), patterns.end(), wanted), patterns.end()) << wanted;
  for (const auto& e : p->domains[2].entries) EXPECT_EQ(e.number, p->domains[2].entries[0].number) << e.pattern.text;
}

TEST(Domains, ContainersCompileAndTheOutermostDecides) {
  Checked p(std::string(kHead) +
            "domains: { web: { enter: { container: web } }, app: { enter: { container: my-app } },"
            " box: { enter: [ { cgroup: /box }, { cgroup: /box/** } ] } }\n");
  Diagnostics diags;
  auto image = compile(*p, diags);
  ASSERT_TRUE(image) << (diags.empty() ? "" : diags[0].message);
  auto s = engine::Simulator::load(*image);
  ASSERT_TRUE(s);
  engine::Reference r(*p);
  const std::vector<std::pair<const char*, uint32_t>> paths = {
      {"/", 0}, {"/kss-web", 2}, {"/kss-web/x/y", 2}, {"/machine.slice/machine-web.scope", 2}, {"/a/lxc.payload.web/b", 2},
      {"/websites", 0}, {"/machine.slice", 0}, {"/machine.slice/machine-my\\x2dapp.scope/x", 3}, {"/my-app", 3},
      {"/web/my-app", 2}, {"/web/x/my-app/y", 2}, {"/my-app/web", 3}, {"/my-app/x/kss-web/x", 3}, {"/web/web", 2},
      {"/box", 4}, {"/box/web", 4}, {"/box/web/my-app", 4}, {"/web/box", 2}};
  for (auto [path, domain] : paths) {
    EXPECT_EQ(s->cgroup(0, path), domain) << path;
    EXPECT_EQ(r.cgroup(0, path), domain) << path;
  }
}

TEST(Domains, EqualEntriesShareANumberAndMayDifferByFrom) {
  Checked p(std::string(kHead) +
            "domains: { a: { enter: { exec: /bin/a } }, b: { enter: { exec: /bin/x } },"
            " c: { enter: { exec: /bin/x, from: a } } }\n");
  EXPECT_EQ(p->domains[3].entries[0].number, p->domains[4].entries[0].number);
}

TEST(Domains, Transition) {
  Checked p(kNames + "transition: [ \"{a b} conf -> c\" ]\n");
  const auto& entry = p->domains[4].entries.at(1);
  EXPECT_EQ(entry.kind, Entry::Kind::exec_type);
  EXPECT_EQ(p->object_name(entry.type), "conf");
  EXPECT_EQ(entry.from, (IdSet{2, 3}));
  EXPECT_EQ(p.rules(), Lines{"a b | c | process | transition"});
}

TEST(Domains, Attributes) {
  Checked p(std::string(kHead) +
            "attributes: { daemons: [], inner: [a], outer: [inner, daemons] }\n"
            "domains: { a: { enter: { run: true } }, b: { enter: { run: true }, attributes: daemons } }\n"
            "allow: [ \"outer self : process fork\" ]\n");
  EXPECT_EQ(p.rules(), Lines{"a b | self | process | fork"});
}

// --- types
// ------------------------------------------------------------------------------------------------------------

Lines expansions(const std::string& pattern) {
  Checked p(std::string(kHead) + "types: { t: { files: ['" + pattern + "'] } }\n");
  Lines out;
  for (const auto& f : p->types.at(0).files) out.push_back(f.text);
  return out;
}

TEST(Types, Braces) {
  EXPECT_EQ(expansions("/a"), Lines{"/a"});
  EXPECT_EQ(expansions("/"), Lines{"/"});
  EXPECT_EQ(expansions("/a/{b,c}"), (Lines{"/a/b", "/a/c"}));
  EXPECT_EQ(expansions("/a{,.d/**}"), (Lines{"/a", "/a.d/**"}));
  EXPECT_EQ(expansions("/{a,b{1,2}}/x"), (Lines{"/a/x", "/b1/x", "/b2/x"}));
  EXPECT_EQ(expansions("/{a,b}{1,2}"), (Lines{"/a1", "/a2", "/b1", "/b2"}));
  EXPECT_EQ(expansions("/\\{a,b\\}"), Lines{"/\\{a,b\\}"});
  EXPECT_EQ(expansions("/[{,}]x"), Lines{"/[{,}]x"});
  EXPECT_EQ(expansions("/**/b/*.c/?[a-z][!x\\]]"), Lines{"/**/b/*.c/?[a-z][!x\\]]"});
  EXPECT_EQ(expansions("/{a,b,c,d,e,f,g,h}{a,b,c,d,e,f,g,h}{a,b,c,d,e,f,g,h}{a,b,c,d,e,f,g,h}").size(), 4096u);
}

TEST(Types, Addresses) {
  Checked p(std::string(kHead) +
            "types: { t: { inet: [tcp 10.7.0.0/16 port 502, \"udp [fd00::]/8 port 1000-2000\", tcp any port 80, "
            "tcp 127.0.0.1, \"tcp ::1 port 80\", icmp any, \"sctp any port any\" ] } }\n");
  const auto& inet = p->types.at(0).inet;
  ASSERT_EQ(inet.size(), 10u);
  EXPECT_EQ(inet[0].prefix, 16);
  EXPECT_EQ(inet[0].addr[0], 10);
  EXPECT_EQ(inet[0].port_lo, 502);
  EXPECT_EQ(inet[0].port_hi, 502);
  EXPECT_TRUE(inet[1].v6);
  EXPECT_EQ(inet[1].proto, KSS_NET_udp);
  EXPECT_EQ(inet[1].port_hi, 2000);
  EXPECT_FALSE(inet[2].v6);
  EXPECT_TRUE(inet[3].v6);
  EXPECT_EQ(inet[3].prefix, 0);
  EXPECT_EQ(inet[4].prefix, 32);
  EXPECT_EQ(inet[5].prefix, 128);
  EXPECT_EQ(inet[8].port_hi, 65535);
}

TEST(Types, DevicesUnixFamilies) {
  Checked p(
      std::string(kHead) +
      "types: { t: { devices: [\"char 1:3\", \"block 8:*\"], unix: [\"@a{b,c}*\", \"/run/x.sock\", \"@/tmp/.X11/*\"],"
      " family: [packet, netlink route, netlink 7, netlink, 38] } }\n");
  const Type& t = p->types.at(0);
  EXPECT_FALSE(t.devices.at(0).block);
  EXPECT_EQ(t.devices[0].minor, 3u);
  EXPECT_FALSE(t.devices.at(1).minor);
  ASSERT_EQ(t.abstract_names.size(), 3u);
  EXPECT_EQ(t.abstract_names[0].text, "ab*");
  EXPECT_EQ(t.abstract_names[2].text, "/tmp/.X11/*");
  EXPECT_EQ(t.files.at(0).text, "/run/x.sock");
  ASSERT_EQ(t.families.size(), 5u);
  EXPECT_EQ(t.families[0].family, 17u);
  EXPECT_EQ(t.families[1].protocol, 0u);
  EXPECT_EQ(t.families[2].protocol, 7u);
  EXPECT_FALSE(t.families[3].protocol);
  EXPECT_EQ(t.families[4].family, 38u);
}

// --- macros
// -----------------------------------------------------------------------------------------------------------

TEST(Macros, ExpandInRulesTypesAndEachOther) {
  Checked p(kNames +
            "macros:\n"
            "  data:\n    params: [d, t]\n    types: { \"${t}_data\": { files: [\"/srv/$t/**\"] } }\n"
            "    allow: [ \"$d ${t}_data : file { open read }\" ]\n    neverallow: [ \"$d ${t}_data : file write\" ]\n"
            "  two:\n    params: [d]\n    use: [ \"data($d, one)\", { data: { d: $d, t: two } } ]\n"
            "use: [ two(a) ]\n");
  EXPECT_EQ(p.rules(), (Lines{"a | one_data | file | open read", "a | two_data | file | open read"}));
  EXPECT_EQ(p->types.back().files.at(0).text, "/srv/two/**");
  EXPECT_EQ(p->neverallows.size(), 2u);
}

TEST(Macros, ErrorsNameTheMacroAndTheUse) {
  Diagnostics diags;
  EXPECT_FALSE(
      check_text(kNames + "macros:\n  m:\n    params: [d]\n    allow:\n      - $d conff : file read\nuse:\n  - m(a)\n",
                 "t.yaml", {}, diags));
  ASSERT_EQ(diags.size(), 2u) << shown(diags);
  EXPECT_EQ(format(diags[0]), "t.yaml:10:12: error: no type, domain or attribute `conff`\n    did you mean `conf`?");
  EXPECT_EQ(format(diags[1]), "t.yaml:12:5: note: in what macro `m` expands to here");
}

// --- assertions and tests
// ---------------------------------------------------------------------------------------------

TEST(Assert, HoldsOrNamesBothRulesAndThePair) {
  Checked good(kNames +
               "allow:\n  - a conf : file read\nassert:\n  - neverallow domain:* conf : file write\n"
               "  - neverallow { domain:* -a } conf : file read\n");
  EXPECT_EQ(good->neverallows.size(), 2u);
  Diagnostics diags;
  EXPECT_FALSE(
      check_text(kNames + "allow:\n  - ab files : file { read write }\nassert:\n  - neverallow b * : file write\n",
                 "t.yaml", {}, diags));
  ASSERT_EQ(diags.size(), 2u) << shown(diags);
  EXPECT_EQ(
      diags[0].message,
      "`neverallow b * : file write` does not hold: `ab files : file { read write }` grants b conf : file { write }");
  EXPECT_EQ(diags[0].pos.line, 9u);
  EXPECT_EQ(diags[1].pos.line, 7u);
}

TEST(Assert, SelfAndImpliedRules) {
  auto violates = [](const std::string& rules) {
    Diagnostics diags;
    return !check_text(kNames + rules, "t.yaml", {}, diags);
  };
  EXPECT_TRUE(violates("allow: [ \"a self : process ptrace\" ]\nassert: [ \"neverallow a a : process ptrace\" ]\n"));
  EXPECT_TRUE(
      violates("allow: [ \"a ab : process ptrace\" ]\nassert: [ \"neverallow domain:* self : process ptrace\" ]\n"));
  EXPECT_FALSE(
      violates("allow: [ \"a b : process ptrace\" ]\nassert: [ \"neverallow domain:* self : process ptrace\" ]\n"));
  EXPECT_FALSE(
      violates("allow: [ \"a self : process ptrace\" ]\nassert: [ \"neverallow domain:* {domain:* -self} : process "
               "ptrace\" ]\n"));
  EXPECT_TRUE(
      violates("transition: [ \"a conf -> b\" ]\nassert: [ \"neverallow a domain:* : process transition\" ]\n"));
  EXPECT_TRUE(
      violates("allow: [ \"a self : capability bpf\" ]\nassert: [ \"neverallow domain:* self : capability *\" ]\n"));
  EXPECT_FALSE(violates("audit: [ \"a conf : file read\" ]\nassert: [ \"neverallow a conf : file read\" ]\n"));
}

TEST(Tests, StepsKeepNamesAndTargets) {
  Checked p(kNames +
            "tests:\n  - name: n\n    steps:\n      - { deny: \"a conf : file { read write }\" }\n"
            "      - deny: \"a /etc/shadow : file read\"\n      - grant: \"a tcp ::1 port 80 : tcp connect\"\n"
            "      - grant: \"a @name : unix connect\"\n      - grant: \"a self : capability { kill bpf }\"\n"
            "      - deny: \"a block 8:0 : blockdev read\"\n      - deny: \"a family netlink route : netlink bind\"\n");
  ASSERT_EQ(p->tests.size(), 1u);
  const auto& s = p->tests[0].steps;
  ASSERT_EQ(s.size(), 8u);
  EXPECT_FALSE(s[0].grant);
  EXPECT_EQ(p->object_name(*s[0].object), "conf");
  EXPECT_EQ(perm_names(s[0].cls, s[0].perms), "read write");
  EXPECT_FALSE(s[1].object);
  EXPECT_EQ(s[1].target, "/etc/shadow");
  EXPECT_EQ(s[2].target, "tcp ::1 port 80");
  EXPECT_TRUE(s[2].grant);
  EXPECT_EQ(s[3].target, "@name");
  EXPECT_EQ(p->object_name(*s[4].object), "a");
  EXPECT_EQ(s[5].cls, KSS_CLASS_capability2);
  EXPECT_EQ(s[7].target, "family netlink route");
}

// --- errors
// -----------------------------------------------------------------------------------------------------------

struct Case {
  const char* text;     // after kNames: line 6 on
  const char* place;    // line:column of the first error
  const char* message;  // part of it
  const char* hint;     // part of it
};

// The first error is the one; `alone`: one mistake gives one error.
void expect_error(const std::string& head, const Case& c, bool alone) {
  SCOPED_TRACE(c.text);
  Diagnostics diags;
  EXPECT_FALSE(check_text(head + c.text, "t.yaml", {}, diags));
  std::vector<const Diagnostic*> errors;
  for (const auto& d : diags)
    if (d.severity == Diagnostic::Severity::error) errors.push_back(&d);
  ASSERT_FALSE(errors.empty());
  const Diagnostic& e = *errors[0];
  EXPECT_EQ(std::to_string(e.pos.line) + ":" + std::to_string(e.pos.column), c.place) << shown(diags);
  EXPECT_NE(e.message.find(c.message), std::string::npos) << shown(diags);
  EXPECT_NE(e.hint.find(c.hint), std::string::npos) << shown(diags);
  if (alone) {
    EXPECT_EQ(errors.size(), 1u) << shown(diags);
  }
}

const Case kRuleErrors[] = {
    {"allow:\n  - a conff : file read\n", "7:7", "no type, domain or attribute `conff`", "did you mean `conf`?"},
    {"allow:\n  - aa conf : file read\n", "7:5", "no domain or attribute `aa`", "did you mean"},
    {"allow:\n  - a conf : fille read\n", "7:14", "no class `fille`", "did you mean `file`?"},
    {"allow:\n  - a conf : file raed\n", "7:19", "no permission `raed`", "did you mean `read`?"},
    {"allow:\n  - a conf : file { open raed }\n", "7:26", "no permission `raed`", ""},
    {"allow:\n  - \"a conf : file { open raed }\"\n", "7:27", "no permission `raed`", ""},
    {"allow:\n  - 'a   conff : file read'\n", "7:10", "`conff`", ""},
    {"allow:\n  - \"a \\x63onff : file read\"\n", "7:8", "`conff`", ""},
    {"allow:\n  - \"a conf :\n      file raed\"\n", "8:12", "`raed`", ""},
    {"allow:\n  - |\n    a conf\n      : file raed\n", "9:14", "`raed`", ""},
    {"allow:\n  - >-\n    a conff : file read\n", "8:7", "`conff`", ""},
    {"allow:\n  - a conf : file\n      raed\n", "8:7", "`raed`", ""},
    {"allow:\n  - a conf : file read write\n", "7:24", "expected the end of the rule", "{ read write }"},
    {"allow:\n  - a conf file read\n", "7:12", "expected `:` and a class, found `file`", ""},
    {"allow:\n  - \"a : file read\"\n", "7:8", "expected an object before the colon", ""},
    {"allow:\n  - \"a conf : file\"\n", "7:19", "expected a permission, found the end", ""},
    {"allow:\n  - \"a conf : file {}\"\n", "7:21", "empty braces", ""},
    {"allow:\n  - \"a conf : file { read\"\n", "7:26", "expected a permission or `}`", ""},
    {"allow:\n  - \"a conf : file { read, write }\"\n", "7:26", "separated by spaces", ""},
    {"allow:\n  - \"a -conf : file read\"\n", "7:8", "takes away from nothing", "inside braces"},
    {"allow:\n  - \"a conf : file : read\"\n", "7:20", "a second colon", ""},
    {"allow:\n  - unconfined conf : file read\n", "7:5", "`unconfined` cannot be a subject", "give it a domain"},
    {"allow:\n  - none conf : file read\n", "7:5", "`none` cannot be named", ""},
    {"allow:\n  - a unresolved : file read\n", "7:7", "always denied", ""},
    {"allow:\n  - conf a : file read\n", "7:5", "`conf` is a type; a subject is a domain", "the order is"},
    {"allow:\n  - files a : file read\n", "7:5", "attribute of types", ""},
    {"allow:\n  - \"* conf : file read\"\n", "7:6", "`*` cannot be a subject", "domain:*"},
    {"allow:\n  - a conf : tcp connect\n", "7:7", "type `conf` has no tcp addresses", "inet:"},
    {"allow:\n  - a web : udp connect\n", "7:7", "type `web` has no udp addresses", ""},
    {"allow:\n  - a web : file read\n", "7:7", "type `web` has no files", ""},
    {"allow:\n  - a disk : chardev read\n", "7:7", "no such devices", ""},
    {"allow:\n  - a web : unix connect\n", "7:7", "neither unix names nor files", ""},
    {"allow:\n  - a route : packet bind\n", "7:7", "no socket family of class `packet`", ""},
    {"allow:\n  - a conf : process signal\n", "7:7", "which is about a domain's processes", ""},
    {"allow:\n  - a b : file read\n", "7:7", "domain `b` cannot be the object of class `file`", ""},
    {"allow:\n  - a b : capability kill\n", "7:7", "about the domain itself", "write self"},
    {"allow:\n  - a domain:* : capability kill\n", "7:7", "cannot be the object of class `capability`", "write self"},
    {"allow:\n  - a conf : module load\n", "7:7", "about the kernel", "write system"},
    {"allow:\n  - a self : file read\n", "7:7", "`self` cannot be the object", ""},
    {"allow:\n  - \"a { conf web } : file read\"\n", "7:15", "type `web` has no files", ""},
    {"allow:\n  - a files : tcp connect\n", "7:7", "no member of attribute `files` can be the object", ""},
    {"allow:\n  - \"a conf : { file process } read\"\n", "7:32", "class `process` has no permission `read`", ""},
    {"allow:\n  - { domain: a, type: conf, class: file }\n", "7:5", "lacks `perms`", ""},
    {"allow:\n  - { domain: a, type: conf, class: file, permz: read }\n", "7:43", "no key `permz`",
     "did you mean `perms`?"},
    {"allow:\n  - { domain: a, type: conff, class: file, perms: read }\n", "7:24", "`conff`", ""},
    {"allow: a conf\n", "6:8", "expected a list", ""},
    {"allow:\n  - [a]\n", "7:5", "expected a string, found a list", ""},
    {"allow:\n  - a conf : { file dir } read\n", "7:27", "not valid YAML", "quotes"},
    {"audit:\n  - a conff : file read\n", "7:7", "`conff`", ""},
    {"dontaudit:\n  - a conff : file read\n", "7:7", "`conff`", ""},
};
TEST(Errors, OfRules) {
  for (const Case& c : kRuleErrors) expect_error(kNames, c, true);
}

const Case kOtherErrors[] = {
    {"rules: []\n", "6:1", "a policy has no key `rules`", ""},
    {"alow: []\n", "6:1", "a policy has no key `alow`", "did you mean `allow`?"},
    {"roles: {}\n", "6:1", "roles are not in this release", "would not enforce"},
    {"exclusive: []\n", "6:1", "not in this release", ""},
    {"modes: {}\n", "6:1", "modes are not in this release", ""},
    {"flows: []\n", "6:1", "flow models are not in this release", ""},
    {"temporal: []\n", "6:1", "temporal formulas are not in this release", ""},
    {"policy: again\n", "6:1", "`policy` is here twice", ""},
    {"permissive: 1\n", "6:13", "expected true or false, found `1`", ""},
    {"include: [nothere.yaml]\n", "6:11", "no file `nothere.yaml`", "looked for"},
    {"allow:\n  - !x a conf : file read\n", "7:5", "YAML tags", ""},
    {"allow:\n\t- a conf : file read\n", "7:2", "not valid YAML", "spaces, not tabs"},
    {"--- \nallow: []\n", "1:1", "one YAML document", ""},
    {"allow: [\"\x01\"]\n", "6:10", "control character", ""},
    {"use: [ nope(a) ]\n", "6:8", "no macro `nope`", ""},
    {"macros: { m: { params: [x] } }\nuse: [ m() ]\n", "7:8", "takes 1 arguments, found 0", "m(x)"},
    {"macros: { m: { params: [x] } }\nuse: [ \"m(a\" ]\n", "7:11", "expected `)`", ""},
    {"macros: { m: { params: [x] } }\nuse: [ { m: { y: a } } ]\n", "7:15", "no parameter `y`", ""},
    {"macros: { m: { params: [x] } }\nuse: [ { m: {} } ]\n", "7:10", "also needs `x`", ""},
    {"macros: { m: { params: [x], allow: [\"$x_y conf : file read\"] } }\nuse: [ m(a) ]\n", "6:38",
     "no parameter `x_y`", "${x}_y"},
    {"macros: { m: { use: [n] }, n: { use: [m] } }\nuse: [ m ]\n", "6:39", "macro `m` uses itself", ""},
    {"macros: { m: { allows: [] } }\n", "6:16", "macro `m` has no key `allows`", "`allow`"},
    {"assert: [ \"noflow a -> b\" ]\n", "6:12", "not in this release", ""},
    {"assert: [ \"never a conf : file read\" ]\n", "6:12", "expected `neverallow`", ""},
    {"assert: [ \"neverallow a conff : file read\" ]\n", "6:25", "`conff`", ""},
    {"transition: [ \"a conf c\" ]\n", "6:15", "there is no `->`", ""},
    {"transition: [ \"a conf -> d\" ]\n", "6:26", "expected a declared domain, found `d`", ""},
    {"transition: [ \"a web -> c\" ]\n", "6:18", "type `web` has no files", ""},
    {"transition: [ \"a conf -> b\", \"a conf -> c\" ]\n", "6:30", "already leads `a` into domain `b`", ""},
    {"tests: [ { steps: [] } ]\n", "6:10", "a test without `name`", ""},
    {"tests: [ { name: n, steps: [ { denny: x } ] } ]\n", "6:32", "a step has no key `denny`", "`deny`"},
    {"tests: [ { name: n, steps: [ { deny: \"a ./x : file read\" } ] } ]\n", "6:41", "no type or domain `./x`", ""},
    {"tests: [ { name: n, steps: [ { deny: \"a /x/../y : file read\" } ] } ]\n", "6:41", "not what the kernel sees",
     ""},
    {"tests: [ { name: n, steps: [ { deny: \"a /x : tcp connect\" } ] } ]\n", "6:41",
     "cannot be the object of class `tcp`", ""},
    {"tests: [ { name: n, steps: [ { deny: \"a tcp any : tcp connect\" } ] } ]\n", "6:41", "one address and one port",
     ""},
    {"tests: [ { name: n, steps: [ { deny: \"ab conf : file read\" } ] } ]\n", "6:39", "one declared domain", ""},
    {"tests: [ { name: n, steps: [ { deny: \"a files : file read\" } ] } ]\n", "6:41", "is an attribute", ""},
};
TEST(Errors, OfOtherKeys) {
  for (const Case& c : kOtherErrors) expect_error(kNames, c, true);
}

// Errors in what kNames declares: a text of their own.
const Case kHeadErrors[] = {
    {"domains: { a: { entr: {} } }\n", "3:17", "domain `a` has no key `entr`", "did you mean `enter`?"},
    {"domains: { a: { role: x } }\n", "3:17", "roles are not in this release", ""},
    {"domains: { a: { enter: /bin/a } }\n", "3:24", "expected a map such as", ""},
    {"domains: { a: { enter: {} } }\n", "3:24", "says no way in", "exec, digest"},
    {"domains: { a: { enter: { exec: /a, run: true } } }\n", "3:36", "both `exec` and `run`", ""},
    {"domains: { a: { enter: { exec: bin/a } } }\n", "3:32", "a path begins with `/`", ""},
    {"domains: { a: { enter: { digest: \"md5:1\" } } }\n", "3:35", "64 hexadecimal digits", ""},
    {"domains: { a: { enter: { container: \"x y\" } } }\n", "3:38", "no container's name", ""},
    {"domains: { a: { enter: { type: nope } } }\n", "3:32", "expected the type of an executable", ""},
    {"domains: { a: { enter: { exec: /a, from: [x] } } }\n", "3:43", "no domain or attribute `x`", ""},
    {"domains: { a: { enter: { exec: /a, from: [a] } } }\n", "3:43", "does not enter itself", ""},
    {"domains: { a: { enter: { exec: /x } },\n b: { enter: { exec: /x } } }\n", "4:16",
     "already leads `unconfined` into domain `a`", "another `from`"},
    {"domains: { a: { attributes: [x] } }\n", "3:30", "no attribute `x`", "declare it"},
    {"domains: { unconfined: {} }\n", "3:12", "is built in", ""},
    {"domains: { memfd: {} }\n", "3:12", "is built in", ""},
    {"domains: { self: {} }\n", "3:12", "a word of the language", ""},
    {"domains: { 1a: {} }\n", "3:12", "cannot name a domain", ""},
    {"domains: { a: {}, a: {} }\n", "3:19", "`a` is here twice", ""},
    {"domains: { a: {} }\ntypes: { a: { files: /x } }\n", "4:10", "already declared", ""},
    {"attributes: { x: [y], y: [x] }\n", "3:27", "contains itself", "x -> y -> x"},
    {"attributes: { x: [a, t] }\ndomains: { a: {} }\ntypes: { t: { files: /x } }\n", "3:22", "mixes domains and types",
     ""},
    {"attributes: { x: [nope] }\n", "3:19", "no domain, type or attribute `nope`", ""},
    {"attributes: { x: [unconfined] }\n", "3:19", "cannot be in an attribute", ""},
    {"types: { t: { file: /x } }\n", "3:15", "type `t` has no key `file`", "did you mean `files`?"},
    {"types: { t: { files: x } }\n", "3:22", "a path begins with `/`", ""},
    {"types: { t: { files: /x/ } }\n", "3:24", "nothing after the last `/`", "/x/**"},
    {"types: { t: { files: /x//y } }\n", "3:24", "an empty component", ""},
    {"types: { t: { files: /x/../y } }\n", "3:25", "`..` is no name", ""},
    {"types: { t: { files: \"/x/\\\\../y\" } }\n", "3:26", "`..` is no name", ""},
    {"types: { t: { files: /x/a**/y } }\n", "3:26", "`**` inside a component", "a*/**"},
    {"types: { t: { files: \"/x/[ab\" } }\n", "3:26", "a `[` without its `]`", "\\["},
    {"types: { t: { files: \"/x/{ab\" } }\n", "3:26", "a `{` without its `}`", ""},
    {"types: { t: { files: \"/x/ab}\" } }\n", "3:28", "closes nothing", ""},
    {"types: { t: { files: \"/x/[b-a]\" } }\n", "3:26", "runs backwards", ""},
    {"types: { t: { files: \"/x/[]\" } }\n", "3:26", "empty brackets", ""},
    {"types: { t: { files: \"/x/[^a]\" } }\n", "3:26", "`!`", "[!a]"},
    {"types: { t: { files: \"/x\\\\\" } }\n", "3:25", "escapes nothing", ""},
    {"types: { t: { files: \"/x\\\\/y\" } }\n", "3:27", "no name contains a slash", ""},
    {"types: { t: { files: \"/{a,b,c,d,e,f,g,h,i}{a,b,c,d,e,f,g,h}{a,b,c,d,e,f,g,h}{a,b,c,d,e,f,g,h}\" } }\n", "3:23",
     "more than 4096", ""},
    {"types: { t: { files: /x }, u: { files: /x } }\n", "3:40", "already of type `t`", "attribute"},
    {"types: { t: { inet: tcp } }\n", "3:21", "expected a protocol and an address", ""},
    {"types: { t: { inet: tpc any } }\n", "3:21", "no protocol `tpc`", "`tcp`"},
    {"types: { t: { inet: tcp localhost } }\n", "3:25", "expected an address", "127.0.0.1"},
    {"types: { t: { inet: tcp 10.1.0.0/8 } }\n", "3:25", "bits beyond its prefix", "10.0.0.0/8"},
    {"types: { t: { inet: tcp 10.0.0.0/33 } }\n", "3:33", "prefix length", ""},
    {"types: { t: { inet: tcp any port } }\n", "3:29", "a port is missing", ""},
    {"types: { t: { inet: tcp any port 70000 } }\n", "3:34", "expected a port", ""},
    {"types: { t: { inet: tcp any port 9-8 } }\n", "3:34", "runs backwards", ""},
    {"types: { t: { inet: icmp any port 8 } }\n", "3:30", "icmp has no ports", ""},
    {"types: { t: { inet: \"tcp ::ffff:1.2.3.4\" } }\n", "3:26", "IPv6 clothes", ""},
    {"types: { t: { devices: \"chr 1:2\" } }\n", "3:25", "expected a device", ""},
    {"types: { t: { devices: \"char 1\" } }\n", "3:30", "expected a device number", ""},
    {"types: { t: { devices: \"char 1:x\" } }\n", "3:32", "expected a minor number", ""},
    {"types: { t: { unix: name } }\n", "3:21", "expected `@name` or a path", ""},
    {"types: { t: { family: inet } }\n", "3:23", "judged by address or name", "inet:"},
    {"types: { t: { family: pakcet } }\n", "3:23", "no socket family `pakcet`", "`packet`"},
    {"types: { t: { family: netlink rout } }\n", "3:31", "no netlink protocol `rout`", "`route`"},
    {"types: { t: { family: packet route } }\n", "3:30", "only netlink has protocols", ""},
    {"types: [t]\n", "3:8", "expected a map, found a list", ""},
};
TEST(Errors, OfDomainsTypesAndAttributes) {
  for (const Case& c : kHeadErrors) expect_error(kHead, c, false);
}

TEST(Errors, LongNameAndNoNameAndNoVersion) {
  Diagnostics diags;
  EXPECT_FALSE(check_text("types: { t: { files: [/" + std::string(256, 'x') + "] } }\n", "t.yaml", {}, diags));
  ASSERT_EQ(diags.size(), 3u) << shown(diags);
  EXPECT_NE(diags[0].message.find("no name"), std::string::npos);
  EXPECT_NE(diags[1].message.find("no version"), std::string::npos);
  EXPECT_NE(diags[2].message.find("256 bytes"), std::string::npos);
}

TEST(Errors, ManyAtOnceButNotEndlessly) {
  std::string text = kNames + "allow:\n";
  for (int i = 0; i < 500; ++i) text += "  - a nope : file read\n";
  Diagnostics diags;
  EXPECT_FALSE(check_text(text, "t.yaml", {}, diags));
  EXPECT_EQ(diags.size(), 101u);
  EXPECT_EQ(diags[99].pos.line, 106u);
}

TEST(Errors, Bombs) {
  auto first = [](const std::string& text) {
    Diagnostics diags;
    EXPECT_FALSE(check_text(text, "t.yaml", {}, diags));
    return diags.empty() ? "" : diags[0].message;
  };
  std::string laughs = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 10; ++i) {
    std::string n = std::to_string(i), b = "*a" + std::to_string(i - 1);
    laughs +=
        "a" + n + ": &a" + n + " [" + b + "," + b + "," + b + "," + b + "," + b + "," + b + "," + b + "," + b + "]\n";
  }
  EXPECT_NE(first(laughs).find("YAML nodes"), std::string::npos);
  EXPECT_NE(first(std::string(100, '[')).size(), 0u);
  EXPECT_NE(first(std::string(100000, '[')).size(), 0u);
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += std::string(static_cast<size_t>(i), ' ') + "a:\n";
  EXPECT_NE(first(deep).find("nested deeper"), std::string::npos);
  EXPECT_NE(first("a: &x [*x]\n").find("alias"), std::string::npos);
  std::string macros = "policy: t\nversion: 1\nmacros:\n  m0: { allow: [\"a b : file read\"] }\n";
  for (int i = 1; i < 12; ++i) {
    std::string b = "m" + std::to_string(i - 1);
    macros += "  m" + std::to_string(i) + ": { use: [" + b;
    for (int k = 0; k < 9; ++k) macros += "," + b;
    macros += "] }\n";
  }
  EXPECT_NE(first(macros + "use: [m11]\n").find("uses of macros"), std::string::npos);
  EXPECT_NE(first(""), "");
  EXPECT_NE(first("\n\n"), "");
  EXPECT_NE(first("- a\n"), "");
}

// --- includes
// ---------------------------------------------------------------------------------------------------------

class Includes : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = std::filesystem::temp_directory_path() / ("kss-language-" + std::to_string(getpid()));
    std::filesystem::create_directories(dir_ / "lib");
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }
  std::string put(const std::string& name, const std::string& text) {
    std::ofstream(dir_ / name) << text;
    return (dir_ / name).string();
  }
  std::filesystem::path dir_;
};

TEST_F(Includes, DiamondIsReadOnceAndDirsAreSearched) {
  put("lib/base.yaml", "domains: { base: { enter: { run: true } } }\n");
  put("left.yaml", "include: [base.yaml]\nallow: [ \"base self : process fork\" ]\n");
  put("right.yaml", "include: [base.yaml]\n");
  std::string main = put("main.yaml", "policy: t\nversion: 1\ninclude: [left.yaml, right.yaml]\n");
  Diagnostics diags;
  ParseOptions options;
  options.include_dirs = {(dir_ / "lib").string()};
  auto policy = check_file(main, options, diags);
  ASSERT_TRUE(policy) << shown(diags);
  EXPECT_EQ(policy->sources.size(), 4u);
  EXPECT_EQ(policy->rules.at(0).pos.file->substr(policy->rules[0].pos.file->size() - 9), "left.yaml");
}

TEST_F(Includes, CyclesAndForeignPermissiveAreErrors) {
  put("a.yaml", "include: b.yaml\npermissive: true\n");
  put("b.yaml", "include: a.yaml\n");
  std::string main = put("main.yaml", "policy: t\nversion: 1\ninclude: a.yaml\n");
  Diagnostics diags;
  EXPECT_FALSE(check_file(main, {}, diags));
  ASSERT_EQ(diags.size(), 2u) << shown(diags);
  EXPECT_NE(diags[0].message.find("includes itself"), std::string::npos);
  EXPECT_NE(diags[1].message.find("permissive"), std::string::npos);
  diags.clear();
  EXPECT_FALSE(check_file((dir_ / "nothere").string(), {}, diags));
  EXPECT_NE(format(diags.at(0)).find("cannot open"), std::string::npos);
  diags.clear();
  EXPECT_FALSE(check_file(dir_.string(), {}, diags));
  EXPECT_NE(format(diags.at(0)).find("is a folder"), std::string::npos);
}

// --- the line reader
// --------------------------------------------------------------------------------------------------

std::string outcome(const std::string& text) {
  Diagnostics diags;
  auto policy = check_text(text, "t.yaml", {}, diags);
  std::string out = shown(diags);
  if (!policy) return out;
  for (const Rule& r : policy->rules) {
    out += std::to_string(r.pos.line) + ":" + std::to_string(r.pos.column) + " " + r.text + " ";
    for (auto d : r.domains) out += std::to_string(d) + ",";
    for (auto o : r.objects) out += std::to_string(o) + ",";
    out +=
        std::to_string(r.cls) + "/" + std::to_string(r.perms) + "/" + std::to_string(static_cast<int>(r.effect)) + "\n";
  }
  return out;
}

TEST(RuleLines, AreTaken) {
  auto runs = find_rule_runs(
      kNames +
      "allow:\n  - a conf : file read\n  # comment\n  - \"b conf : file read\"  # x\n\n  - c conf : file read\n");
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_EQ(runs[0].lines.size(), 3u);
  EXPECT_TRUE(find_rule_runs("why:\n  allow:\n  - a b : file read\n  - a b : file read\n").empty());
}

// With the placeholder's name in the text, all goes through the YAML library: both ways must agree, whatever the text.
TEST(RuleLines, AgreeWithYaml) {
  const char* pieces[] = {"allow:\n",
                          "audit:\n",
                          "dontaudit: \n",
                          "assert: []\n",
                          "tests:\n",
                          "allow: |\n",
                          "why: \"\n",
                          "x: {\n",
                          "}\n",
                          "  - a conf : file read\n",
                          "  - b conf : file { open read }\n",
                          "  - c logs : file { write }  # note\n",
                          "- a conf : file read\n",
                          "- b conf : dir read\n",
                          "  - \"a conf : file read\"\n",
                          "  - 'b conf : file read'\n",
                          "    { open }\n",
                          "      write\n",
                          "# a comment\n",
                          "  # another\n",
                          "\n",
                          "  - a conff : file read\n",
                          "  - a conf : { file }\n",
                          "   - a conf : file read\n",
                          "  - a conf: file read\n",
                          "  - {domain: a, type: conf, class: file, perms: read}\n",
                          "  -   a conf : file read   \n",
                          "  - a conf : file read\r\n",
                          "\t\n",
                          "  - a conf : file : read\n",
                          "  - a conf : *x\n",
                          "  - a conf :file read\n",
                          "  - ab all : process signal\n",
                          "  - a\n",
                          "---\n",
                          "...\n",
                          "  - a conf : file\n",
                          "\"\n"};
  std::mt19937 random(7);
  size_t good = 0;
  for (int round = 0; round < 4000; ++round) {
    std::string text = kNames;
    size_t count = 2 + random() % 12;
    if (random() % 4 != 0) text += "allow:\n";
    for (size_t i = 0; i < count; ++i)
      text += pieces[random() % 3 == 0 ? random() % std::size(pieces) : 9 + random() % 6];
    std::string fast = outcome(text), slow = outcome(std::string(text).insert(9, " # kss-rule-lines-"));
    ASSERT_EQ(fast, slow) << text;
    good += fast.find("error") == std::string::npos;
  }
  EXPECT_GT(good, 100u);
}

TEST(Names, TableAndSuggestions) {
  EXPECT_EQ(perm_names(KSS_CLASS_file, KSS_file_read | KSS_file_open), "open read");
  EXPECT_STREQ(class_name(KSS_CLASS_io_uring), "io_uring");
  EXPECT_STREQ(class_name(1000), "?");
  EXPECT_STREQ(perm_name(KSS_CLASS_module, 31), "?");
  EXPECT_EQ(find_perm(KSS_CLASS_capability, "CAP_SYS_ADMIN"), 21u);
  for (uint32_t c = 0; c < KSS_NCLASSES; ++c) {
    EXPECT_EQ(find_class(class_name(c)), static_cast<kss_class>(c));
    for (uint32_t p = 0; p < perm_count(c); ++p) EXPECT_EQ(find_perm(c, perm_name(c, p)), p);
  }
  EXPECT_EQ(edit_distance("conf", "cofn", 3), 1u);
  EXPECT_EQ(edit_distance("conf", "nothing", 2), 3u);
}

}  // namespace
}  // namespace kss::policy
