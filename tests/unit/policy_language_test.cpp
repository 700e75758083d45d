// SPDX-License-Identifier: BSD-2-Clause
// The policy language: what each construct comes to.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wrestrict"  // GCC bug 105651: "text" + std::string(…)
#endif

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "engine/reference.hpp"
#include "engine/simulator.hpp"
#include "policy/debuginfo.hpp"
#include "policy/policy.hpp"
#include "policy_text.hpp"

namespace kss::policy {
namespace {

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

// --- domains --------------------------------------------------------------------------------------------------------

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
  const std::vector<std::pair<const char*, uint32_t>> paths = {{"/", 0},
                                                               {"/kss-web", 2},
                                                               {"/kss-web/x/y", 2},
                                                               {"/machine.slice/machine-web.scope", 2},
                                                               {"/a/lxc.payload.web/b", 2},
                                                               {"/websites", 0},
                                                               {"/machine.slice", 0},
                                                               {"/machine.slice/machine-my\\x2dapp.scope/x", 3},
                                                               {"/my-app", 3},
                                                               {"/web/my-app", 2},
                                                               {"/web/x/my-app/y", 2},
                                                               {"/my-app/web", 3},
                                                               {"/my-app/x/kss-web/x", 3},
                                                               {"/web/web", 2},
                                                               {"/box", 4},
                                                               {"/box/web", 4},
                                                               {"/box/web/my-app", 4},
                                                               {"/web/box", 2}};
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

// --- types ----------------------------------------------------------------------------------------------------------

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

// --- macros ---------------------------------------------------------------------------------------------------------

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

// --- assertions and tests -------------------------------------------------------------------------------------------

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

}  // namespace
}  // namespace kss::policy
