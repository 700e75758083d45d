// SPDX-License-Identifier: BSD-2-Clause
// Warnings of what is hardly meant: each where it should be, and none where all is well.
#include <gtest/gtest.h>

#include "policy/lint.hpp"
#include "policy/policy.hpp"
#include "policy_text.hpp"

namespace kss::policy {
namespace {

struct Case {
  const char* text;  // follows the names, from line 6
  std::vector<std::pair<uint32_t, const char*>> warnings;
};

Diagnostics warned(const std::string& text) {
  Diagnostics diags;
  auto policy = check_text(text, "t.yaml", {}, diags);
  EXPECT_TRUE(policy) << shown(diags);
  diags.clear();
  if (policy) lint(*policy, diags);
  return diags;
}

TEST(Lint, Cases) {
  const Case cases[] = {
      {"allow:\n  - \"a conf : file read\"\n  - \"a logs : file append\"\n", {}},
      {"allow:\n  - \"a conf : file { open read }\"\n  - \"a conf : file read\"\n",
       {{8, "other rules grant all of it"}}},
      {"allow:\n  - \"a conf : file read\"\n  - \"ab files : file { open read }\"\n",
       {{7, "other rules grant all of it"}}},
      {"allow:\n  - \"a conf : file read\"\n  - \"a conf : file read\"\n",
       {{8, "other rules"}}},  // one of two, not both
      {"allow:\n  - \"a conf : file { open read }\"\n  - \"a conf : file open\"\n  - \"a conf : file read\"\n",
       {{8, "other rules"}, {9, "other rules"}}},
      {"allow:\n  - \"a conf : file open\"\n  - \"a conf : file read\"\n  - \"a conf : file { open read }\"\n",
       {{9, "other rules"}}},
      {"allow:\n  - \"a conf : { file dir } read\"\n  - \"a conf : dir read\"\n", {{8, "other rules"}}},
      {"allow:\n  - \"a conf : dir read\"\n  - \"a conf : { file dir } read\"\n", {{7, "other rules"}}},
      {"allow:\n  - \"a self : process signal\"\n  - \"a a : process signal\"\n", {{8, "other rules"}}},
      {"allow:\n  - \"ab self : process signal\"\n  - \"a b : process signal\"\n", {}},
      {"allow:\n  - \"a conf : file read\"\ndontaudit:\n  - \"a conf : file read\"\n  - \"a conf : file { read write "
       "}\"\n",
       {{9, "none of it is ever denied"}}},
      {"allow:\n  - \"a conf : file read\"\naudit:\n  - \"a conf : file write\"\n  - \"a conf : file { read write "
       "}\"\n",
       {{9, "no rule grants any of it"}}},
      {"allow:\n  - \"a * : file { open write }\"\n", {{7, "blanket grant: write"}}},
      {"allow:\n  - \"a * : file { open read }\"\n", {}},
      {"allow:\n  - \"a { * -conf } : file write\"\n", {}},
      {"allow:\n  - \"a type:* : { file dir } { execute map_exec }\"\n", {{7, "blanket grant"}}},
  };
  for (const Case& c : cases) {
    const Diagnostics diags = warned(kNames + c.text);
    ASSERT_EQ(diags.size(), c.warnings.size()) << c.text << shown(diags);
    for (size_t i = 0; i < diags.size(); i++) {
      EXPECT_EQ(diags[i].severity, Diagnostic::Severity::warning);
      EXPECT_EQ(diags[i].pos.line, c.warnings[i].first) << shown(diags);
      EXPECT_NE(diags[i].message.find(c.warnings[i].second), std::string::npos) << shown(diags);
    }
  }
}

TEST(Lint, EventsThatSayNothing) {
  const Diagnostics diags = warned(
      kNames +
      "allow:\n  - \"a conf : file { open read }\"\nevents:\n  looked: \"a conf : file read\"\n  changed: \"a conf : "
      "file "
      "write\"\n  spare: \"a conf : file open\"\ntemporal:\n  - { name: f, deny: \"looked if once changed\" }\n");
  ASSERT_EQ(diags.size(), 2u) << shown(diags);
  EXPECT_EQ(diags[0].pos.line, 10u);
  EXPECT_NE(diags[0].message.find("`changed` never happens"), std::string::npos);
  EXPECT_EQ(diags[1].pos.line, 11u);
  EXPECT_NE(diags[1].message.find("`spare` is named by no flow"), std::string::npos);
}

TEST(Lint, UsesOfOneMacroAreOneRule) {
  const std::string macro = "macros: { m: { params: [t], allow: [ \"a $t : file read\" ] } }\n";
  EXPECT_TRUE(warned(kNames + macro + "use: [ m(conf), m(logs) ]\nallow: [ \"a conf : file read\" ]\n").size() == 1);
  EXPECT_TRUE(warned(kNames + macro + "use: [ m(conf), m(conf) ]\n").empty());
}

TEST(Lint, DomainsWithoutAWayIn) {
  const Diagnostics diags = warned(std::string(kHead) +
                                   "domains:\n"
                                   "  a: { enter: { exec: /a } }\n"
                                   "  none_in: {}\n"
                                   "  x: { enter: { exec: /x, from: [y] } }\n"
                                   "  y: { enter: { exec: /y, from: [x] } }\n"
                                   "  z: { enter: { exec: /z, from: [a] } }\n");
  ASSERT_EQ(diags.size(), 3u) << shown(diags);
  EXPECT_EQ(diags[0].pos.line, 5u);
  EXPECT_NE(diags[0].message.find("no way in"), std::string::npos);
  EXPECT_EQ(diags[1].pos.line, 6u);
  EXPECT_NE(diags[1].message.find("cannot be reached"), std::string::npos);
  EXPECT_EQ(diags[2].pos.line, 7u);
}

}  // namespace
}  // namespace kss::policy
