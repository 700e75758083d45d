// SPDX-License-Identifier: BSD-2-Clause
// The ring of kept denials: what one process keeps, the next reads; damage and other boots are nothing kept.
#include "cli/denials.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <memory>

namespace kss::cli {
namespace {

class DenialsTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/kss-denials.XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    dir_ = name;
    Reopen();
  }
  void TearDown() override {
    denials_.reset();
    unlink((dir_ + "/denials").c_str());
    unlink((dir_ + "/audit.lock").c_str());
    rmdir(dir_.c_str());
  }

  void Reopen() {
    denials_.reset();
    denials_ = std::make_unique<Denials>(dir_);
    ASSERT_TRUE(Claim(*denials_));
  }
  static bool Claim(Denials& d) {
    auto claimed = d.claim();
    return claimed && *claimed;
  }
  void Keep(uint64_t time, int verdict = KSS_DENY) {
    kss_audit r{};
    r.time = time;
    r.verdict = static_cast<__u8>(verdict);
    ASSERT_TRUE(denials_->keep(r));
  }
  std::vector<uint64_t> Times() const {
    std::vector<uint64_t> times;
    auto all = denials_->all();
    EXPECT_TRUE(bool(all));
    if (all)
      for (const kss_audit& r : *all) times.push_back(r.time);
    return times;
  }

  std::string dir_;
  std::unique_ptr<Denials> denials_;
};

TEST_F(DenialsTest, NothingKeptIsNoError) { EXPECT_TRUE(Times().empty()); }

TEST_F(DenialsTest, OldestFirstAcrossProcesses) {
  Keep(1);
  Keep(2);
  Reopen();
  Keep(3);
  EXPECT_EQ(Times(), (std::vector<uint64_t>{1, 2, 3}));
}

TEST_F(DenialsTest, GrantsAreNotKept) {
  Keep(1, KSS_GRANT);
  EXPECT_TRUE(Times().empty());
}

TEST_F(DenialsTest, TheOldestGiveWay) {
  for (uint64_t i = 0; i < Denials::capacity + 10; i++) Keep(i);
  const auto times = Times();
  ASSERT_EQ(times.size(), Denials::capacity);
  EXPECT_EQ(times.front(), 10u);
  EXPECT_EQ(times.back(), Denials::capacity + 9);
}

TEST_F(DenialsTest, OneReaderAtATime) {
  Denials second(dir_);
  EXPECT_FALSE(Claim(second));
  denials_.reset();
  EXPECT_TRUE(Claim(second));
}

TEST_F(DenialsTest, DamageIsNothingKept) {
  Keep(1);
  std::ofstream(dir_ + "/denials", std::ios::in | std::ios::binary) << "garbage";
  EXPECT_TRUE(Times().empty());
  Reopen();
  Keep(2);
  EXPECT_EQ(Times(), (std::vector<uint64_t>{2}));
}

TEST_F(DenialsTest, TruncationLosesWhatIsGone) {
  Keep(1);
  Keep(2);
  ASSERT_EQ(truncate((dir_ + "/denials").c_str(), static_cast<off_t>(64 + sizeof(kss_audit) + 8)), 0);
  EXPECT_EQ(Times(), (std::vector<uint64_t>{1}));
}

TEST_F(DenialsTest, OnlyTheOwnerReads) {
  Keep(1);
  struct stat st {};
  ASSERT_EQ(stat((dir_ + "/denials").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0600u);
}

}  // namespace
}  // namespace kss::cli
