// SPDX-License-Identifier: BSD-2-Clause
// State files, preemption modes and (as root, where bpf(2) works) the image map.
#include <bpf/bpf.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "backend/image_map.hpp"
#include "backend/preempt.hpp"
#include "backend/statefiles.hpp"
#include "kss/port_user.h"

namespace kss::backend {
namespace {

class StateFilesTest : public testing::Test {
 protected:
  StateFilesTest() {
    std::string pattern = testing::TempDir() + "/kss-state-XXXXXX";
    dir_ = mkdtemp(pattern.data());
  }
  ~StateFilesTest() override {
    for (auto& name : list_dir(dir_)) unlink((dir_ + "/" + name).c_str());
    rmdir(dir_.c_str());
  }
  std::string dir_;
  std::vector<kss_chunk> image(uint32_t mark) { return std::vector<kss_chunk>(3, kss_chunk{{mark}}); }
};

TEST_F(StateFilesTest, WhatIsSavedIsLoaded) {
  StateFiles state(dir_);
  ASSERT_TRUE(state.save(4, image(7)));
  auto back = state.load(4);
  ASSERT_TRUE(back);
  ASSERT_EQ(back->size(), 3u);
  EXPECT_EQ((*back)[2].w[0], 7u);
  EXPECT_FALSE(state.load(5));
  struct stat st {};
  ASSERT_EQ(stat((dir_ + "/4.img").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0600u);
}

TEST_F(StateFilesTest, CleaningKeepsWhatIsInUse) {
  StateFiles state(dir_);
  for (uint32_t g : {1u, 2u, 3u}) ASSERT_TRUE(state.save(g, image(g)));
  ASSERT_TRUE(write_file_atomic(dir_ + "/notes.txt", "x", 0600));
  { Fd left(creat((dir_ + "/9.img.tmp").c_str(), 0600)); }
  state.clean(2);
  EXPECT_EQ(state.generations(), (std::vector<uint32_t>{2, 3}));
  EXPECT_EQ(list_dir(dir_), (std::vector<std::string>{"2.img", "3.img", "notes.txt"}));
}

TEST_F(StateFilesTest, HalfAFileIsNoImage) {
  ASSERT_TRUE(write_file_atomic(dir_ + "/1.img", std::string(100, 'x'), 0600));
  EXPECT_FALSE(StateFiles(dir_).load(1));
}

TEST_F(StateFilesTest, ATemporaryNameIsNeverFollowed) {
  ASSERT_TRUE(write_file_atomic(dir_ + "/target", "old", 0600));
  ASSERT_EQ(symlink((dir_ + "/target").c_str(), (dir_ + "/1.img.tmp").c_str()), 0);
  ASSERT_TRUE(StateFiles(dir_).save(1, image(1)));
  EXPECT_EQ(read_line(dir_ + "/target"), "old");
}

TEST_F(StateFilesTest, OneLoaderAtATime) {
  StateFiles state(dir_);
  {
    auto first = state.lock();
    ASSERT_TRUE(first);
    EXPECT_FALSE(state.lock());
  }
  EXPECT_TRUE(state.lock());
}

TEST(Preemption, ModesAsKernelsTellThem) {
  auto mode = preemption_of;
  EXPECT_EQ(mode("#1 SMP Debian 6.1", "", "", ""), Preemption::none);
  EXPECT_EQ(mode("#1 SMP PREEMPT_RT Debian", "", "", ""), Preemption::full);
  EXPECT_EQ(mode("#1 SMP PREEMPT Debian", "", "", ""), Preemption::full);
  EXPECT_EQ(mode("#1 SMP PREEMPT_DYNAMIC Debian", "none (voluntary) full", "", ""), Preemption::none);
  EXPECT_EQ(mode("#1 SMP PREEMPT_DYNAMIC Debian", "none voluntary (full)", "", ""), Preemption::full);
  EXPECT_EQ(mode("#1 SMP PREEMPT_DYNAMIC Debian", "none voluntary full (lazy)", "", ""), Preemption::full);
  EXPECT_EQ(mode("#1 SMP PREEMPT_DYNAMIC Debian", "", "quiet preempt=full x", ""), Preemption::full);
  EXPECT_EQ(mode("#1 SMP PREEMPT_DYNAMIC Debian", "", "preempt=none", ""), Preemption::none);
  EXPECT_EQ(mode("#1 SMP PREEMPT_DYNAMIC Debian", "", "", "# x\nCONFIG_PREEMPT_VOLUNTARY=y\n"), Preemption::none);
  EXPECT_EQ(mode("#1 SMP PREEMPT_DYNAMIC Debian", "", "", "CONFIG_PREEMPT=y"), Preemption::full);
  EXPECT_EQ(mode("#1 SMP PREEMPT_DYNAMIC Debian", "", "", ""), Preemption::unknown);
}

TEST(ImageMap, HoldsTheRuntimePartWithItsGenerationAndIsFrozen) {
  std::vector<kss_chunk> image(6);
  for (uint32_t i = 0; i < image.size(); i++) image[i].w[15] = 100 + i;
  reinterpret_cast<kss_header2*>(&image[1])->runtime_chunks = kss_get32(5);
  for (uint32_t room : {0u, 5u, 100u}) {  // an element a chunk; one element, full; one with room to spare
    auto map = make_image_map(image, 42, room, {});
    if (!map && (map.error().sys_errno == EPERM || map.error().sys_errno == ENOSYS))
      GTEST_SKIP() << map.error().message;
    ASSERT_TRUE(map) << map.error().message;
    auto back = read_chunks(map->get(), 5);
    ASSERT_TRUE(back);
    EXPECT_EQ(kss_get32(reinterpret_cast<kss_header*>(back->data())->generation), 42u);
    for (uint32_t i = 1; i < 5; i++) EXPECT_EQ((*back)[i].w[15], 100 + i);
    EXPECT_FALSE(read_chunks(map->get(), room == 100 ? 101 : 6));
    uint32_t zero = 0;
    EXPECT_NE(bpf_map_update_elem(map->get(), &zero, back->data(), BPF_ANY), 0);
  }
}

TEST(ImageMap, AnImageLargerThanTheRoomIsRefused) {
  std::vector<kss_chunk> image(6);
  reinterpret_cast<kss_header2*>(&image[1])->runtime_chunks = kss_get32(6);
  auto map = make_image_map(image, 1, 5, {});
  ASSERT_FALSE(map);
  EXPECT_EQ(map.error().sys_errno, ENOSPC);
  EXPECT_NE(map.error().hint.find("--reserve"), std::string::npos);
}

}  // namespace
}  // namespace kss::backend
