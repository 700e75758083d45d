// SPDX-License-Identifier: BSD-2-Clause
#include <gtest/gtest.h>

#include "engine_fixture.hpp"

namespace kss::test {
namespace {

using policy::Rule;

struct Judge : testing::Test {
  PolicyBuilder b;
  uint32_t web = b.domain("web"), trial = b.domain("trial"), page = b.type("page", {"/srv/**"});
  void SetUp() override {
    b.p.domains[trial].permissive = true;
    b.allow(web, {page}, KSS_CLASS_file, KSS_file_read | KSS_file_open);
    b.rule(Rule::Effect::audit, web, {page}, KSS_CLASS_file, KSS_file_read);
    b.rule(Rule::Effect::quiet, web, {page}, KSS_CLASS_file, KSS_file_getattr);
  }
};

TEST_F(Judge, GrantsOnlyIfAllIsGranted) {
  auto s = b.simulator();
  auto v = s.judge(web, page, KSS_CLASS_file, KSS_file_open);
  EXPECT_TRUE(v.granted && !v.audited && v.denied == 0);
  v = s.judge(web, page, KSS_CLASS_file, KSS_file_open | KSS_file_write);
  EXPECT_FALSE(v.granted);
  EXPECT_EQ(v.denied, uint32_t{KSS_file_write});
  EXPECT_TRUE(v.audited && v.enforced);
}

TEST_F(Judge, AuditAndQuiet) {
  auto s = b.simulator();
  EXPECT_TRUE(s.judge(web, page, KSS_CLASS_file, KSS_file_read).audited);
  EXPECT_FALSE(s.judge(web, page, KSS_CLASS_file, KSS_file_getattr).audited);
  EXPECT_TRUE(s.judge(web, page, KSS_CLASS_file, KSS_file_getattr | KSS_file_write).audited)
      << "not all of it is quiet";
}

TEST_F(Judge, PermissiveDomainsAreReportedOnly) {
  auto s = b.simulator();
  auto v = s.judge(trial, page, KSS_CLASS_file, KSS_file_read);
  EXPECT_TRUE(!v.granted && !v.enforced && v.audited);
  b.p.permissive = true;
  EXPECT_FALSE(b.simulator().judge(web, page, KSS_CLASS_file, KSS_file_write).enforced);
}

TEST_F(Judge, UnconfinedIsGrantedEverything) {
  auto s = b.simulator();
  for (uint32_t o : {uint32_t{KSS_OBJ_unresolved}, page})
    EXPECT_TRUE(s.judge(KSS_DOMAIN_UNCONFINED, o, KSS_CLASS_file, ~0u).granted);
  EXPECT_FALSE(s.judge(KSS_DOMAIN_NONE, page, KSS_CLASS_file, KSS_file_read).granted);
}

TEST_F(Judge, RefusesWhatIsNoImage) {
  EXPECT_FALSE(engine::Simulator::load({}));
  EXPECT_FALSE(engine::Simulator::load(std::vector<kss_chunk>(8)));
}

}  // namespace
}  // namespace kss::test
