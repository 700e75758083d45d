// SPDX-License-Identifier: BSD-2-Clause
// The policy language: each error with its place.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wrestrict"  // GCC bug 105651: "text" + std::string(…)
#endif

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "policy/policy.hpp"
#include "policy_text.hpp"

namespace kss::policy {
namespace {

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
    {"flows: []\n", "6:8", "expected a map, found a list", ""},
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
    {"assert: [ \"noflow a b\" ]\n", "6:11", "there is no `->`", "noflow diagnostics -> remote"},
    {"assert: [ \"noflow a -> bb\" ]\n", "6:24", "`bb`", ""},
    {"assert: [ \"noflow a -> self\" ]\n", "6:24", "`self` is nowhere", ""},
    {"assert: [ \"noflow a -> { b -b }\" ]\n", "6:24", "would say nothing", ""},
    {"assert: [ \"noflow { a conf } -> { b conf }\" ]\n", "6:33", "`conf` is on both sides", ""},
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

}  // namespace
}  // namespace kss::policy
