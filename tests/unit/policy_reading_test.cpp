// SPDX-License-Identifier: BSD-2-Clause
// How a policy is read: files that include others, lines of rules that need no YAML library, names.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wrestrict"  // GCC bug 105651: "text" + std::string(…)
#endif

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "policy/debuginfo.hpp"
#include "policy/names.hpp"
#include "policy/policy.hpp"
#include "policy/suggest.hpp"
#include "policy/yaml_tree.hpp"
#include "policy_text.hpp"

namespace kss::policy {
namespace {

// --- includes -------------------------------------------------------------------------------------------------------

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

// --- the line reader ------------------------------------------------------------------------------------------------

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
