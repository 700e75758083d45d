// SPDX-License-Identifier: BSD-2-Clause
// Checked policy to image: what rules, patterns, addresses and entries come to mean.
#include <gtest/gtest.h>

#include <chrono>

#include "engine_fixture.hpp"
#include "policy/debuginfo.hpp"
#include "policy/fold.hpp"
#include "policy/path_automaton.hpp"

namespace kss::test {
namespace {

using policy::Entry;
using policy::Rule;

TEST(Fold, DefaultIsDeny) {
  PolicyBuilder b;
  uint32_t web = b.domain("web"), page = b.type("page", {"/srv/**"});
  auto s = b.simulator();
  for (uint32_t cls = 0; cls < KSS_NCLASSES; cls++)
    for (uint32_t o : {page, uint32_t{KSS_OBJ_unlabeled}, b.object_of(web)}) EXPECT_EQ(s.vector(web, o, cls).allow, 0u);
}

TEST(Fold, RulesAddUp) {
  PolicyBuilder b;
  uint32_t web = b.domain("web"), page = b.type("page", {"/srv/**"});
  b.allow(web, {page}, KSS_CLASS_file, KSS_file_read);
  b.allow(web, {page}, KSS_CLASS_file, KSS_file_open);
  b.rule(Rule::Effect::audit, web, {page}, KSS_CLASS_file, KSS_file_open | KSS_file_write);
  b.rule(Rule::Effect::quiet, web, {page}, KSS_CLASS_file, KSS_file_open | KSS_file_getattr);
  auto av = b.simulator().vector(web, page, KSS_CLASS_file);
  EXPECT_EQ(av.allow, uint32_t{KSS_file_read | KSS_file_open});
  EXPECT_EQ(av.audit, uint32_t{KSS_file_open}) << "only what is granted is audited as a grant";
  EXPECT_EQ(av.quiet, uint32_t{KSS_file_getattr}) << "only what is denied is denied quietly";
}

TEST(Fold, SelfIsOnlyTheDomainItself) {
  PolicyBuilder b;
  uint32_t a = b.domain("a"), c = b.domain("c");
  b.allow(a, {}, KSS_CLASS_process, KSS_process_signal, true).domains = {a, c};
  b.allow(a, {b.object_of(c)}, KSS_CLASS_process, KSS_process_ptrace);
  auto s = b.simulator();
  EXPECT_EQ(s.vector(a, b.object_of(a), KSS_CLASS_process).allow, uint32_t{KSS_process_signal});
  EXPECT_EQ(s.vector(c, b.object_of(c), KSS_CLASS_process).allow, uint32_t{KSS_process_signal});
  EXPECT_EQ(s.vector(a, b.object_of(c), KSS_CLASS_process).allow, uint32_t{KSS_process_ptrace});
  EXPECT_EQ(s.vector(c, b.object_of(a), KSS_CLASS_process).allow, 0u);
}

TEST(Fold, NamingADomainAsObjectCountsForItselfToo) {
  PolicyBuilder b;
  uint32_t a = b.domain("a");
  b.allow(a, {b.object_of(a)}, KSS_CLASS_unix, KSS_unix_connect);
  EXPECT_EQ(b.simulator().vector(a, b.object_of(a), KSS_CLASS_unix).allow, uint32_t{KSS_unix_connect});
}

TEST(Fold, SelfOfManyDomainsIsCheap) {
  PolicyBuilder b;
  for (int i = 0; i < 2000; i++) b.domain(cat({"d", std::to_string(i)}));
  for (uint32_t d = 2; d < 2002; d++)
    for (auto cls : {KSS_CLASS_process, KSS_CLASS_capability, KSS_CLASS_unix}) b.allow(d, {}, cls, d & 7, true);
  Diagnostics diags;
  auto folded = policy::fold(b.p, diags);
  ASSERT_TRUE(folded);
  EXPECT_LT(folded->ncells, 1000u) << "a row for each kind of domain, not for each domain";
}

TEST(Fold, NoneUnresolvedAndBeyondAreDenied) {
  PolicyBuilder b;
  uint32_t d = b.domain("d"), t = b.type("t", {"/t"});
  for (uint32_t cls = 0; cls < KSS_NCLASSES; cls++)
    b.allow(d, {KSS_OBJ_unresolved, KSS_OBJ_unlabeled, t, b.object_of(d)}, static_cast<kss_class>(cls), ~0u, true);
  for (auto& r : b.p.rules) std::sort(r.objects.begin(), r.objects.end());
  auto s = b.simulator();
  for (uint32_t cls = 0; cls < KSS_MAX_CLASSES + 2; cls++) {
    EXPECT_EQ(s.vector(d, KSS_OBJ_unresolved, cls).allow, 0u);
    EXPECT_EQ(s.vector(KSS_DOMAIN_UNCONFINED, KSS_OBJ_unresolved, cls).allow, 0u);
    for (uint32_t o : {0u, 1u, t, b.object_of(1)}) EXPECT_EQ(s.vector(KSS_DOMAIN_NONE, o, cls).allow, 0u);
    for (uint32_t out : {s.domains(), s.domains() + 1, 0x40000000u, ~0u}) EXPECT_EQ(s.vector(out, t, cls).allow, 0u);
    for (uint32_t out : {s.objects(), s.objects() + 1, 0x40000000u, ~0u}) EXPECT_EQ(s.vector(d, out, cls).allow, 0u);
    if (cls >= KSS_NCLASSES) {
      EXPECT_EQ(s.vector(d, t, cls).allow, 0u);
      EXPECT_EQ(s.vector(KSS_DOMAIN_UNCONFINED, t, cls).allow, 0u);
    }
  }
  EXPECT_EQ(s.vector(KSS_DOMAIN_UNCONFINED, t, KSS_CLASS_mount).allow, (1u << KSS_NPERMS_mount) - 1);
}

TEST(Fold, NeedsNoHookForWhatIsGrantedUniversally) {
  PolicyBuilder b;
  uint32_t a = b.domain("a"), c = b.domain("c"), t = b.type("t", {"/t/**"});
  auto everywhere = [&](uint32_t d, uint32_t perms) {
    b.allow(d, {KSS_OBJ_unlabeled, KSS_OBJ_anon, KSS_OBJ_memfd, t}, KSS_CLASS_file, perms);
  };
  everywhere(a, KSS_file_getattr | KSS_file_lock | KSS_file_read);
  everywhere(c, KSS_file_getattr | KSS_file_lock);
  b.rule(Rule::Effect::audit, c, {t}, KSS_CLASS_file, KSS_file_lock);
  b.allow(a, {}, KSS_CLASS_tcp, KSS_tcp_create, true);
  b.allow(c, {}, KSS_CLASS_tcp, KSS_tcp_create, true);
  auto image = b.image();
  uint32_t file = need(image, KSS_CLASS_file);
  EXPECT_FALSE(file & KSS_file_getattr);
  EXPECT_TRUE(file & KSS_file_lock) << "audited";
  EXPECT_TRUE(file & KSS_file_read) << "c lacks it";
  EXPECT_FALSE(need(image, KSS_CLASS_tcp) & KSS_tcp_create)
      << "a socket is made by oneself: other objects are never met";
  EXPECT_TRUE(need(image, KSS_CLASS_tcp) & KSS_tcp_connect);
  EXPECT_EQ(need(image, KSS_CLASS_bpf), (1u << KSS_NPERMS_bpf) - 1);
}

TEST(Fold, NeedsNothingWithoutDomains) {
  PolicyBuilder b;
  b.type("t", {"/t"});
  auto image = b.image();
  for (uint32_t cls = 0; cls < KSS_MAX_CLASSES; cls++) EXPECT_EQ(need(image, cls), 0u);
}

TEST(Fold, TooManyVectorsIsAnError) {
  PolicyBuilder b;
  for (int i = 0; i < 300; i++) b.domain(cat({"d", std::to_string(i)}));
  for (int i = 0; i < 300; i++) b.type(cat({"t", std::to_string(i)}), {});
  uint32_t v = 1;
  for (uint32_t d = 2; d < 302; d++)
    for (uint32_t t = 0; t < 300; t++) b.allow(d, {b.p.first_type() + t}, KSS_CLASS_file, v++);
  EXPECT_TRUE(b.image().empty());
  EXPECT_NE(b.complaint().find("65536 distinct"), std::string::npos) << b.complaint();
}

// --- paths ---------------------------------------------------------------------------------------------------------

struct PathCase {
  std::vector<const char*> patterns;  // one type each
  const char* path;
  int winner;  // -1 = unlabeled
};

class Paths : public testing::TestWithParam<PathCase> {};

TEST_P(Paths, MostSpecificWins) {
  PolicyBuilder b;
  for (const char* p : GetParam().patterns) b.type("t", {p});
  auto s = b.simulator();
  uint32_t want =
      GetParam().winner < 0 ? uint32_t{KSS_OBJ_unlabeled} : b.p.first_type() + static_cast<uint32_t>(GetParam().winner);
  EXPECT_EQ(s.label_path(GetParam().path).object, want) << GetParam().path;
  EXPECT_EQ(engine::Reference(b.p).label_path(GetParam().path).object, want) << "oracle";
}

INSTANTIATE_TEST_SUITE_P(
    Table, Paths,
    testing::Values(PathCase{{"/a/**"}, "/a", -1}, PathCase{{"/a/**"}, "/a/b", 0}, PathCase{{"/a/**"}, "/a/b/c/d", 0},
                    PathCase{{"/a/**"}, "/ab", -1}, PathCase{{"/a/**/b"}, "/a/b", 0},
                    PathCase{{"/a/**/b"}, "/a/x/y/b", 0}, PathCase{{"/a/**/b"}, "/a/x/b/c", -1},
                    PathCase{{"/**"}, "/", -1}, PathCase{{"/**"}, "/x", 0}, PathCase{{"/"}, "/", 0},
                    PathCase{{"/"}, "/x", -1}, PathCase{{"/a/**/**"}, "/a/b", 0}, PathCase{{"/a/**/**"}, "/a", -1},
                    PathCase{{"/*"}, "/.hidden", 0}, PathCase{{"/?x"}, "/.x", 0}, PathCase{{"/*"}, "/a/b", -1},
                    PathCase{{"/a/*/c"}, "/a/b/c", 0},
                    // literal > glob > * > **
                    PathCase{{"/a/b", "/a/b*"}, "/a/b", 0}, PathCase{{"/a/b", "/a/b*"}, "/a/bc", 1},
                    PathCase{{"/a/b*", "/a/*"}, "/a/bc", 0}, PathCase{{"/a/b*", "/a/*"}, "/a/c", 1},
                    PathCase{{"/a/*", "/a/**"}, "/a/b", 0}, PathCase{{"/a/*", "/a/**"}, "/a/b/c", 1},
                    // the leftmost difference decides
                    PathCase{{"/a/*/c", "/*/b/c"}, "/a/b/c", 0}, PathCase{{"/a/**", "/*/b/c"}, "/a/b/c", 0},
                    // among globs: literal bytes, then sets, then question marks
                    PathCase{{"/log*", "/lo*"}, "/log1", 0}, PathCase{{"/dev/tty*", "/dev/tty[0-9]"}, "/dev/tty1", 1},
                    PathCase{{"/dev/tty?", "/dev/tty[0-9]"}, "/dev/tty1", 1},
                    PathCase{{"/dev/tty?", "/dev/tty*"}, "/dev/tty1", 0},
                    // what goes on is more specific than what has ended
                    PathCase{{"/a/**", "/a/**/b"}, "/a/x/b", 1}, PathCase{{"/a/**", "/a/**/*"}, "/a/x", 1},
                    // escapes and sets
                    PathCase{{"/\\*"}, "/*", 0}, PathCase{{"/\\*"}, "/x", -1}, PathCase{{"/[a\\]]"}, "/]", 0},
                    PathCase{{"/[!a-c]"}, "/d", 0}, PathCase{{"/[!a-c]"}, "/b", -1}, PathCase{{"/*.log"}, "/.log", 0},
                    PathCase{{"/a*b*c"}, "/abbbc", 0}, PathCase{{"/a*b*c"}, "/acb", -1},
                    // a literal name that globs match too goes on along both
                    PathCase{{"/ab/x", "/a*/y"}, "/ab/x", 0}, PathCase{{"/ab/x", "/a*/y"}, "/ab/y", 1},
                    PathCase{{"/ab/x", "/a*/y"}, "/ac/y", 1}));

TEST(PathTies, AreErrorsThatNameBothLines) {
  PolicyBuilder b;
  b.type("x", {"/a/x*"});  // line 2
  b.type("y", {"/a/*x"});  // line 4
  EXPECT_TRUE(b.image().empty());
  EXPECT_NE(b.complaint().find("test.yaml:2"), std::string::npos) << b.complaint();
  EXPECT_NE(b.complaint().find("test.yaml:4"), std::string::npos) << b.complaint();
}

TEST(PathTies, OnlyIfSomePathIsMatchedByBoth) {
  PolicyBuilder b;
  b.type("x", {"/a/x*"});
  b.type("y", {"/a/y*", "/b/*/c", "/b/*/d"});
  EXPECT_FALSE(b.image().empty()) << b.complaint();
}

TEST(PathTies, NotIfAThirdDecides) {
  PolicyBuilder b;
  b.type("x", {"/a/x?"});
  b.type("y", {"/a/?y"});
  EXPECT_TRUE(b.image().empty());
  b.type("z", {"/a/xy"});
  EXPECT_FALSE(b.image().empty()) << b.complaint();
}

TEST(PathTies, OfOneTypeAreNone) {
  PolicyBuilder b;
  b.type("x", {"/a/x*", "/a/*x", "/a/x*"});
  EXPECT_FALSE(b.image().empty()) << b.complaint();
}

TEST(Paths, EntryPointsAreLabelledApartFromTypes) {
  PolicyBuilder b;
  uint32_t web = b.domain("web"), shell = b.domain("shell");
  b.enter(web, Entry::Kind::exec, "/usr/bin/*", 1);
  b.enter(shell, Entry::Kind::exec, "/usr/bin/sh", 2, {KSS_DOMAIN_UNCONFINED, web});
  uint32_t bin = b.type("bin", {"/usr/**"});
  auto s = b.simulator();
  EXPECT_EQ(s.label_path("/usr/bin/sh").object, bin);
  EXPECT_EQ(s.label_path("/usr/bin/sh").entry, 2u);
  EXPECT_EQ(s.label_path("/usr/bin/ls").entry, 1u);
  EXPECT_EQ(s.exec(0, s.label_path("/usr/bin/ls")), web);
  EXPECT_EQ(s.exec(web, s.label_path("/usr/bin/sh")), shell);
  EXPECT_EQ(s.exec(shell, s.label_path("/usr/bin/sh")), shell);
  EXPECT_EQ(s.exec(shell, s.label_path("/usr/bin/ls")), shell) << "not entered from there";
}

TEST(Paths, AbstractNamesAreOneComponentWithSlashes) {
  PolicyBuilder b;
  uint32_t t = b.type("bus");
  b.last_type().abstract_names = {{"/tmp/dbus-*", {}}, {"x11", {}}};
  auto s = b.simulator();
  EXPECT_EQ(s.label_abstract("/tmp/dbus-1/2"), t);
  EXPECT_EQ(s.label_abstract("x11"), t);
  EXPECT_EQ(s.label_abstract("x12"), uint32_t{KSS_OBJ_unix_other});
  EXPECT_EQ(s.label_abstract(std::string("x11\0", 4)), uint32_t{KSS_OBJ_unix_other}) << "a NUL is a byte of the name";
  EXPECT_EQ(s.label_abstract(""), uint32_t{KSS_OBJ_unix_other});
  EXPECT_EQ(s.label_abstract(std::string(256, 'x')), uint32_t{KSS_OBJ_unresolved});
}

TEST(Paths, WhatCannotBeWalkedIsUnresolved) {
  PolicyBuilder b;
  b.type("t", {"/**"});
  auto s = b.simulator();
  std::string deep;
  for (int i = 0; i < 129; i++) deep += "/d";
  for (const auto& path : {cat({"/", std::string(256, 'x')}), std::string("a/b"), std::string(), std::string("/a//b"),
                           std::string("/a/.."), deep})
    EXPECT_EQ(s.label_path(path).object, uint32_t{KSS_OBJ_unresolved}) << path;
  EXPECT_EQ(s.label_path(cat({"/", std::string(255, 'x')})).object, b.p.first_type());
}

TEST(Paths, TooManyStatesNameThePattern) {
  PolicyBuilder b;
  b.type("innocent", {"/a/b"});
  for (int i = 0; i < 24; i++) {
    std::string p = cat({"/**/", std::string(1, static_cast<char>('a' + i))});
    for (int k = 0; k < 24; k++) p += "/*";
    b.type(cat({"t", std::to_string(i)}), {p.c_str()});
  }
  Diagnostics diags;
  EXPECT_FALSE(policy::build_path_automaton(b.p, diags));
  ASSERT_EQ(diags.size(), 1u);
  EXPECT_NE(diags[0].message.find("'/**/"), std::string::npos) << diags[0].message;
}

TEST(Paths, TooManyGlobStatesNameTheGlobs) {
  PolicyBuilder b;
  b.type("t", {cat({"/*a", std::string(40, '?')}).c_str()});
  EXPECT_TRUE(b.image().empty());
  EXPECT_NE(b.complaint().find("*a???"), std::string::npos) << b.complaint();
}

TEST(Paths, SharedPrefixesStaySmall) {
  PolicyBuilder b;
  for (int i = 0; i < 2000; i++) b.type("t", {cat({"/srv/app", std::to_string(i), "/**"}).c_str()});
  b.type("logs", {"/srv/*/*.log"});
  Diagnostics diags;
  auto a = policy::build_path_automaton(b.p, diags);
  ASSERT_TRUE(a);
  EXPECT_LT(a->states.size(), 5000u);
}

// --- addresses, devices, entries -------------------------------------------------------------------------------------

policy::InetPattern inet(std::initializer_list<uint8_t> addr, uint8_t prefix, uint16_t lo = 0, uint16_t hi = 65535) {
  policy::InetPattern p;
  std::copy(addr.begin(), addr.end(), p.addr.begin());
  p.v6 = addr.size() == 16;
  p.prefix = prefix;
  p.port_lo = lo;
  p.port_hi = hi;
  return p;
}

TEST(Net, LongestPrefixThenNarrowestPorts) {
  PolicyBuilder b;
  uint32_t all = b.type("all");
  b.last_type().inet = {inet({0, 0, 0, 0}, 0)};
  uint32_t plant = b.type("plant");
  b.last_type().inet = {inet({10, 7, 0, 0}, 16)};
  uint32_t modbus = b.type("modbus");
  b.last_type().inet = {inet({10, 7, 0, 0}, 16, 502, 502)};
  uint32_t plc = b.type("plc");
  b.last_type().inet = {inet({10, 7, 3, 128}, 25, 1000, 2000)};
  auto s = b.simulator();
  auto at = [&](std::initializer_list<uint8_t> a, uint16_t port, uint32_t proto = KSS_NET_tcp) {
    return s.label_inet(proto, std::vector<uint8_t>(a), port);
  };
  EXPECT_EQ(at({8, 8, 8, 8}, 53), all);
  EXPECT_EQ(at({10, 7, 1, 1}, 80), plant);
  EXPECT_EQ(at({10, 7, 1, 1}, 502), modbus);
  EXPECT_EQ(at({10, 7, 3, 127}, 1500), plant);
  EXPECT_EQ(at({10, 7, 3, 129}, 1500), plc);
  EXPECT_EQ(at({10, 7, 3, 129}, 502), modbus);
  EXPECT_EQ(at({10, 7, 3, 129}, 2001), plant);
  EXPECT_EQ(at({10, 7, 1, 1}, 502, KSS_NET_udp), uint32_t{KSS_OBJ_inet_other});
  EXPECT_EQ(at({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 7, 1, 1}, 502), modbus) << "IPv4 in IPv6's clothes";
  EXPECT_EQ(at({0x20, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 7, 1, 1}, 502), uint32_t{KSS_OBJ_inet_other});
  EXPECT_EQ(s.label_inet(KSS_NET_NPROTO, std::vector<uint8_t>{1, 2, 3, 4}, 1), uint32_t{KSS_OBJ_unresolved});
}

TEST(Net, EqualRankAndOverlapIsAnError) {
  PolicyBuilder b;
  b.type("x");
  b.last_type().inet = {inet({10, 0, 0, 0}, 8, 100, 200)};
  b.type("y");
  b.last_type().inet = {inet({10, 0, 0, 0}, 8, 200, 300)};
  EXPECT_TRUE(b.image().empty());
  EXPECT_NE(b.complaint().find("equal prefixes"), std::string::npos);
  b.last_type().inet = {inet({10, 0, 0, 0}, 8, 201, 301)};
  EXPECT_FALSE(b.image().empty()) << b.complaint();
}

TEST(Net, NoAddressesNoTables) {
  PolicyBuilder b;
  EXPECT_EQ(b.simulator().label_inet(KSS_NET_tcp, std::vector<uint8_t>{1, 2, 3, 4}, 1), uint32_t{KSS_OBJ_inet_other});
}

TEST(Keys, DevicesAndFamiliesFallBackToAny) {
  PolicyBuilder b;
  uint32_t null = b.type("null"), mem = b.type("mem");
  b.p.types[0].devices = {{false, 1, 3, {}}};
  b.p.types[1].devices = {{false, 1, std::nullopt, {}}};
  b.p.types[0].families = {{16, 0, {}}};
  b.p.types[1].families = {{16, std::nullopt, {}}};
  auto s = b.simulator();
  EXPECT_EQ(s.label_device(false, 1, 3), null);
  EXPECT_EQ(s.label_device(false, 1, 1), mem);
  EXPECT_FALSE(s.label_device(true, 1, 3));
  EXPECT_EQ(s.label_family(16, 0), null);
  EXPECT_EQ(s.label_family(16, 9), mem);
  EXPECT_EQ(s.label_family(17, 0), uint32_t{KSS_OBJ_family_other});
}

TEST(Keys, OneDeviceInTwoTypesIsAnError) {
  PolicyBuilder b;
  b.type("x");
  b.last_type().devices = {{false, 1, 3, {}}};
  b.type("y");
  b.last_type().devices = {{false, 1, 3, {}}};
  EXPECT_TRUE(b.image().empty());
}

TEST(Keys, EveryWayIn) {
  PolicyBuilder b;
  uint32_t web = b.domain("web"), plc = b.domain("plc"), tool = b.domain("tool");
  uint32_t bin = b.type("bin", {"/opt/**"});
  b.enter(web, Entry::Kind::cgroup, "/system.slice/web.service", 1);
  b.enter(plc, Entry::Kind::digest, "", 2).digest = {1, 2, 3};
  b.enter(tool, Entry::Kind::exec_type).type = bin;
  b.enter(tool, Entry::Kind::run, "", 0, {KSS_DOMAIN_UNCONFINED, web});
  auto s = b.simulator();
  EXPECT_EQ(s.cgroup(0, "/system.slice/web.service"), web);
  EXPECT_EQ(s.cgroup(plc, "/system.slice/web.service"), plc);
  EXPECT_EQ(s.cgroup(0, "/system.slice"), 0u);
  std::array<uint8_t, 32> digest = {1, 2, 3}, other = {1, 2, 4};
  EXPECT_EQ(s.exec(0, s.label_path("/opt/x"), &digest), plc) << "what it is goes before where it lies";
  EXPECT_EQ(s.exec(0, s.label_path("/opt/x"), &other), tool);
  EXPECT_EQ(s.exec(0, s.label_path("/x"), &other), 0u);
  EXPECT_TRUE(s.may_enter(web, tool));
  EXPECT_FALSE(s.may_enter(plc, tool));
  EXPECT_FALSE(s.may_enter(web, plc));
  EXPECT_EQ(s.domain("tool"), tool);
  EXPECT_EQ(s.domain("unconfined"), 0u);
  EXPECT_EQ(s.domain("nobody"), uint32_t{KSS_DOMAIN_NONE});
}

TEST(Keys, OneWayIntoTwoDomainsIsAnError) {
  PolicyBuilder b;
  uint32_t x = b.domain("x"), y = b.domain("y");
  b.enter(x, Entry::Kind::exec, "/bin/x", 1);
  b.enter(y, Entry::Kind::exec, "/bin/x", 1);
  EXPECT_TRUE(b.image().empty());
  b.p.domains[y].entries[0].from = {x};
  EXPECT_FALSE(b.image().empty()) << b.complaint();
}

TEST(Keys, ThousandsOfNamesAllFound) {
  PolicyBuilder b;
  std::vector<uint32_t> ids;
  auto name = [](int i) { return cat({"/n/", std::to_string(i), std::string(static_cast<size_t>(i % 200), 'x')}); };
  for (int i = 0; i < 20000; i++) ids.push_back(b.type("t", {name(i).c_str()}));
  auto s = b.simulator();
  for (int i = 0; i < 20000; i++) ASSERT_EQ(s.label_path(name(i)).object, ids[static_cast<size_t>(i)]);
}

TEST(DebugInfo, RoundTrip) {
  PolicyBuilder b;
  uint32_t web = b.domain("web");
  b.enter(web, Entry::Kind::exec, "/bin/web", 1);
  uint32_t page = b.type("page", {"/srv/**"});
  b.last_type().inet = {inet({10, 0, 0, 0}, 8, 80, 80)};
  auto& r = b.allow(web, {page}, KSS_CLASS_dir, KSS_dir_read, true);
  r.text = "web page : dir { read }";
  auto image = b.image();
  auto info = policy::read_debuginfo(std::as_bytes(std::span(image)));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->policy_name, "test");
  EXPECT_EQ(info->policy_version, 1u);
  EXPECT_EQ(info->domains[web].name, "web");
  EXPECT_EQ(info->domains[web].entries, std::vector<std::string>{"exec /bin/web from unconfined"});
  EXPECT_EQ(info->objects[KSS_OBJ_unlabeled].name, "unlabeled");
  EXPECT_EQ(info->objects[b.object_of(web)].name, "web");
  EXPECT_EQ(info->objects[page].patterns, (std::vector<std::string>{"/srv/**", "tcp 10.0.0.0/8 port 80"}));
  ASSERT_EQ(info->rules.size(), 1u);
  EXPECT_EQ(info->rules[0].text, r.text);
  EXPECT_EQ(info->rules[0].file, "test.yaml");
  EXPECT_EQ(info->rules[0].line, r.pos.line);
  EXPECT_EQ(info->rules[0].objects, policy::IdSet{page});
  EXPECT_TRUE(info->rules[0].self);
  EXPECT_EQ(info->rules[0].cls, KSS_CLASS_dir);
}

TEST(Compile, SameImageEveryTime) {
  PolicyBuilder b;
  uint32_t d = b.domain("d"), t = b.type("t", {"/a/[xyz]*/**", "/a/?b"});
  b.allow(d, {t}, KSS_CLASS_file, 7);
  auto x = b.image(), y = b.image();
  ASSERT_EQ(x.size(), y.size());
  EXPECT_EQ(std::memcmp(x.data(), y.data(), x.size() * sizeof(kss_chunk)), 0);
}

// The figure the project promises; the bound leaves room for slow and instrumented builds.
TEST(Compile, HundredThousandRules) {
  PolicyBuilder b;
  for (int i = 0; i < 1000; i++) b.domain(cat({"d", std::to_string(i)}));
  for (int i = 0; i < 2000; i++)
    b.type(cat({"t", std::to_string(i)}),
           {(i % 4 ? cat({"/srv/app", std::to_string(i), "/**"}) : cat({"/srv/*/f", std::to_string(i), "*.log"}))
                .c_str()});
  uint64_t x = 1;
  for (int i = 0; i < 100000; i++) {
    x = x * 6364136223846793005ull + 1442695040888963407ull;
    b.allow(2 + static_cast<uint32_t>((x >> 33) % 1000), {b.p.first_type() + static_cast<uint32_t>((x >> 20) % 2000)},
            static_cast<kss_class>((x >> 45) % 8), 1u << ((x >> 50) % KSS_NPERMS_file) | KSS_file_open);
  }
  auto start = std::chrono::steady_clock::now();
  auto image = b.image();
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  ASSERT_FALSE(image.empty()) << b.complaint();
  RecordProperty("milliseconds", static_cast<int>(seconds * 1000));
  RecordProperty("bytes", static_cast<int>(image.size() * sizeof(kss_chunk)));
  EXPECT_LT(image.size() * sizeof(kss_chunk), 100u << 20);
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__)
  EXPECT_LT(seconds, 2.0);
#endif
}

}  // namespace
}  // namespace kss::test
