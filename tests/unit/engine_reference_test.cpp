// SPDX-License-Identifier: BSD-2-Clause
// The oracle's own parts, against answers written by hand.
#include <gtest/gtest.h>

#include "engine/reference.hpp"

namespace kss::engine {
namespace {

TEST(Reference, NamesMatch) {
  struct {
    const char *glob, *name;
    bool want;
  } cases[] = {{"a", "a", true},        {"a", "b", false},      {"*", "", true},          {"*", "abc", true},
               {"a*c", "ac", true},     {"a*c", "abcb", false}, {"?", "a", true},         {"?", "", false},
               {"?", "ab", false},      {"[abc]", "b", true},   {"[!abc]", "b", false},   {"[!abc]", "d", true},
               {"[a-c]", "b", true},    {"[a-c]", "-", false},  {"[a-]", "-", true},      {"[\\]]", "]", true},
               {"\\*", "*", true},      {"\\*", "a", false},    {"*.log", "x.log", true}, {"*a*b*", "xaybz", true},
               {"*a*b*", "xbya", false}};
  for (const auto& c : cases) EXPECT_EQ(name_matches(c.glob, c.name), c.want) << c.glob << " " << c.name;
}

TEST(Reference, PathsMatch) {
  struct {
    const char *pattern, *path;
    bool want;
  } cases[] = {{"/", "/", true},
               {"/", "/a", false},
               {"/**", "/", false},
               {"/**", "/a/b", true},
               {"/a/**", "/a", false},
               {"/a/**", "/a/b/c", true},
               {"/a/**/b", "/a/b", true},
               {"/a/**/b", "/a/x/y/b", true},
               {"/a/**/b", "/a/b/c", false},
               {"/**/b", "/b", true},
               {"/**/b/**", "/b", false},
               {"/**/b/**", "/x/b/c", true},
               {"/*/b", "/b", false},
               {"/**/**", "/a", true}};
  for (const auto& c : cases) EXPECT_EQ(path_matches(c.pattern, c.path), c.want) << c.pattern << " " << c.path;
}

TEST(Reference, SpecificityIsATotalOrderOfRanks) {
  // Each line is less specific than the next; patterns of one line are of equal rank.
  const std::vector<std::vector<const char*>> ranks = {
      {"/"},          {"/**"}, {"/**/**"}, {"/**/*"}, {"/**/a", "/**/bb"}, {"/*"},    {"/?*"}, {"/[ab]*"},
      {"/a*", "/*b"}, {"/a?"}, {"/a[bc]"}, {"/ab*"},  {"/a", "/long"},     {"/a/**"}, {"/a/b"}};
  for (size_t i = 0; i < ranks.size(); i++)
    for (size_t k = 0; k < ranks.size(); k++)
      for (const char* a : ranks[i])
        for (const char* b : ranks[k]) {
          int c = compare_specificity(a, b);
          EXPECT_EQ(c < 0, i < k) << a << " " << b;
          EXPECT_EQ(c == 0, i == k) << a << " " << b;
        }
}

}  // namespace
}  // namespace kss::engine
