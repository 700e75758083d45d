// SPDX-License-Identifier: BSD-2-Clause
#include <gtest/gtest.h>

#include <algorithm>

#include "backend/hooks.hpp"

namespace kss::backend {
namespace {

bool has(const std::vector<const Hook*>& hooks, const std::string& name) {
  return std::any_of(hooks.begin(), hooks.end(), [&](const Hook* h) { return h->name == name; });
}

std::vector<std::string> names(const std::vector<const Hook*>& hooks) {
  std::vector<std::string> out;
  for (const Hook* h : hooks) out.push_back(h->name);
  return out;
}

std::vector<std::string> without(std::vector<std::string> list, const std::string& name) {
  std::erase(list, name);
  return list;
}

std::string absent(const std::string&) { return "absent"; }

TEST(Hooks, APolicyThatNeedsNothingGetsOnlyWhatCarriesLabels) {
  Selection s = select_hooks({}, false, false);
  for (const Hook* h : s.attach) EXPECT_TRUE(h->flags & KSS_HOOK_ALWAYS) << h->name;
  EXPECT_TRUE(has(s.attach, "task_alloc"));
  EXPECT_FALSE(has(s.attach, "file_open"));
  EXPECT_FALSE(has(s.attach, "task_free"));
}

TEST(Hooks, HashLabelsNeedTheirFreeing) { EXPECT_TRUE(has(select_hooks({}, false, true).attach, "task_free")); }

TEST(Hooks, ExecutablesAreHashedWhereADigestIsAWayIn) {
  EXPECT_FALSE(has(select_hooks({}, false, false, false).attach, "exec_digest"));
  Selection s = select_hooks({}, false, false, true);
  EXPECT_TRUE(has(s.attach, "exec_digest"));
  auto lost = lost_permissions({}, s, without(names(s.attach), "exec_digest"), absent);
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(lost[0].why, "entry by digest: absent");
}

TEST(Hooks, SealingAttachesWhatGuardsIt) {
  EXPECT_FALSE(has(select_hooks({}, false, false).attach, "bpf_map"));
  EXPECT_TRUE(has(select_hooks({}, true, false).attach, "bpf_map"));
}

TEST(Hooks, AHookThatASealNeedsIsMissed) {
  Selection open = select_hooks({}, false, false), sealed = select_hooks({}, true, false);
  EXPECT_TRUE(lost_permissions({}, sealed, names(sealed.attach), absent).empty());
  auto lost = lost_permissions({}, sealed, without(names(sealed.attach), "bpf_map"), absent);
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(lost[0].why, "hook bpf_map: absent");
  EXPECT_TRUE(lost_permissions({}, open, without(names(open.attach), "bpf_map"), absent).empty());
}

TEST(Hooks, ANeedAttachesItsHooksForEveryClassOfItsKind) {
  for (uint32_t cls : {KSS_CLASS_file, KSS_CLASS_dir, KSS_CLASS_mqueue}) {
    Need need{};
    need[cls] = KSS_file_chmod;
    Selection s = select_hooks(need, false, false);
    EXPECT_TRUE(has(s.attach, "path_chmod"));
    EXPECT_FALSE(has(s.attach, "path_chroot"));
  }
}

TEST(Hooks, RejudgingHooksAreLoadedButNotAttached) {
  Selection s = select_hooks({}, false, false);
  EXPECT_TRUE(has(s.rejudge, "file_permission"));
  EXPECT_FALSE(has(s.attach, "file_permission"));
}

TEST(Hooks, NothingIsLostWhereAllIsAttached) {
  Need need{};
  need.fill(~0u);
  Selection s = select_hooks(need, true, true);
  EXPECT_TRUE(lost_permissions(need, s, names(s.attach), absent).empty());
}

TEST(Hooks, AMissingHookLosesWhatNoOtherGives) {
  Need need{};
  need[KSS_CLASS_file] = KSS_file_chroot | KSS_file_open;
  Selection s = select_hooks(need, false, false);
  auto lost = lost_permissions(need, s, without(names(s.attach), "path_chroot"), absent);
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(lost[0].cls, uint32_t{KSS_CLASS_file});
  EXPECT_EQ(lost[0].perms, uint32_t{KSS_file_chroot});
  EXPECT_NE(lost[0].why.find("path_chroot: absent"), std::string::npos);
}

TEST(Hooks, AMissingHookThatAnotherStandsInForLosesNothing) {
  Need need{};
  need[KSS_CLASS_process] = KSS_process_execmem;
  Selection s = select_hooks(need, false, false);
  EXPECT_TRUE(lost_permissions(need, s, without(names(s.attach), "mmap_file"), absent).empty());
}

TEST(Hooks, AnOptionalHookIsNeverALoss) {
  Need need{};
  need[KSS_CLASS_process] = KSS_process_setgid;
  Selection s = select_hooks(need, false, false);
  ASSERT_TRUE(has(s.attach, "task_fix_setgroups"));
  EXPECT_TRUE(lost_permissions(need, s, without(names(s.attach), "task_fix_setgroups"), absent).empty());
}

TEST(Hooks, AMissingCarrierOfLabelsIsALossThoughItMediatesNothing) {
  Selection s = select_hooks({}, false, false);
  auto lost = lost_permissions({}, s, without(names(s.attach), "bprm_committed_creds"), absent);
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(lost[0].perms, 0u);
}

}  // namespace
}  // namespace kss::backend
