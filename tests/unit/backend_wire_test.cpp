// SPDX-License-Identifier: BSD-2-Clause
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "backend/wire.hpp"

namespace kss::backend::wire {
namespace {

std::span<const std::byte> bytes(const std::string& s) { return std::as_bytes(std::span(s)); }

TEST(Wire, RequestsComeBackAsSent) {
  auto challenge = parse_request(bytes(make_request(Operation::challenge, 0)));
  ASSERT_TRUE(challenge);
  EXPECT_EQ(challenge->operation, Operation::challenge);
  auto replace = parse_request(bytes(make_request(Operation::replace, 64 + 2 * 64)));
  ASSERT_TRUE(replace);
  EXPECT_EQ(replace->length, 192u);
  EXPECT_TRUE(parse_request(bytes(make_request(Operation::unload, 64))));
}

TEST(Wire, LengthsThatAnOperationCannotHaveAreRefused) {
  EXPECT_FALSE(parse_request(bytes(make_request(Operation::challenge, 1))));
  EXPECT_FALSE(parse_request(bytes(make_request(Operation::unload, 63))));
  EXPECT_FALSE(parse_request(bytes(make_request(Operation::unload, 65))));
  EXPECT_FALSE(parse_request(bytes(make_request(Operation::replace, 64))));
  EXPECT_FALSE(parse_request(bytes(make_request(Operation::replace, 64 + 2 * 64 + 1))));
  EXPECT_FALSE(parse_request(bytes(make_request(Operation::replace, max_request + 64))));
  EXPECT_FALSE(parse_request(bytes(make_request(Operation::replace, 0xffffffff))));
  EXPECT_FALSE(parse_request(bytes(make_request(static_cast<Operation>(6), 0))));
}

TEST(Wire, EveryOtherHeaderIsRefusedNotRead) {
  std::string good = make_request(Operation::unload, 64);
  for (size_t n = 0; n < good.size(); n++) EXPECT_FALSE(parse_request(bytes(good.substr(0, n))));
  for (size_t at = 0; at < good.size(); at++)
    for (int bit = 0; bit < 8; bit++) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ (1 << bit));
      EXPECT_FALSE(parse_request(bytes(bad))) << at << "." << bit;
    }
}

TEST(Wire, AnswersAreBounded) {
  std::string answer = make_answer(false, EPERM, std::string("no\0hint", 7));
  auto head = parse_answer(bytes(answer).first(header_bytes));
  ASSERT_TRUE(head);
  EXPECT_FALSE(head->done);
  EXPECT_EQ(head->error, EPERM);
  EXPECT_EQ(make_answer(true, 0, std::string(max_answer + 10, 'x')).size(), header_bytes + max_answer);
  std::string big = answer.substr(0, header_bytes);
  big[15] = 0x7f;
  EXPECT_FALSE(parse_answer(bytes(big)));
}

TEST(Wire, ReportsAndErrorsComeBack) {
  LoadReport r;
  r.generation = 7;
  r.attach = "lsm";
  r.attached = {"file_open", "bpf"};
  r.notes = {"two\nlines"};
  r.lost = {Lost{3, 9, "hook x: absent", {}}};
  r.kernel_bytes = 1ull << 40;
  LoadReport back = read_report(write_report(r));
  EXPECT_EQ(back.generation, 7u);
  EXPECT_EQ(back.attach, "lsm");
  EXPECT_EQ(back.attached, r.attached);
  EXPECT_EQ(back.notes, std::vector<std::string>{"two lines"});
  ASSERT_EQ(back.lost.size(), 1u);
  EXPECT_EQ(back.lost[0].perms, 9u);
  EXPECT_EQ(back.lost[0].why, "hook x: absent");
  EXPECT_EQ(back.kernel_bytes, 1ull << 40);
  Error e = read_error(write_error(Error{"message", "hint", 0}), EINVAL);
  EXPECT_EQ(e.message, "message");
  EXPECT_EQ(e.hint, "hint");
  EXPECT_EQ(e.sys_errno, EINVAL);
}

TEST(Wire, StatusComesBack) {
  StatusReport r;
  r.loaded = r.sealed = r.armed = true;
  r.policy_name = "enforce";
  r.policy_version = 3;
  r.generation = 4;
  r.attach = "lsm";
  r.attached = {"file_open", "bpf"};
  r.counters = {{"denials", 5}, {"lost", 0}};
  r.tasks = {{"box", 1}, {"unconfined", 1ull << 40}};
  r.kernel_bytes = 99;
  r.room_bytes = 98;
  StatusReport back = read_status(write_status(r));
  EXPECT_TRUE(back.loaded && back.sealed && back.armed);
  EXPECT_FALSE(back.permissive || back.rejudging);
  EXPECT_EQ(back.policy_name, "enforce");
  EXPECT_EQ(back.policy_version, 3u);
  EXPECT_EQ(back.generation, 4u);
  EXPECT_EQ(back.attach, "lsm");
  EXPECT_EQ(back.attached, r.attached);
  EXPECT_EQ(back.counters, r.counters);
  EXPECT_EQ(back.tasks, r.tasks);
  EXPECT_EQ(back.kernel_bytes, 99u);
  EXPECT_EQ(back.room_bytes, 98u);
}

TEST(Wire, RecordsComeBackAndThoseCutShortAreLeftOut) {
  kss_audit one{}, two{};
  one.pid = 7;
  one.path_len = 4;
  std::memcpy(one.path, "/etc", 4);
  two.pid = 8;
  std::string text;
  write_record(text, one);
  write_record(text, two);
  auto back = read_records(text);
  ASSERT_EQ(back.size(), 2u);
  // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): the bytes of a record are what is meant
  EXPECT_EQ(std::memcmp(&back[0], &one, sizeof one), 0);
  EXPECT_EQ(back[1].pid, 8u);
  for (size_t n = 0; n < text.size(); n++) EXPECT_LT(read_records(text.substr(0, n)).size(), 2u);
  one.path_len = 0xffff;
  text.clear();
  write_record(text, one);
  EXPECT_LE(read_records(text)[0].path_len, KSS_AUDIT_PATH);
}

TEST(Wire, AnyBytesAreSurvived) {
  std::mt19937 random(1);
  for (int i = 0; i < 20000; i++) {
    std::string text(random() % 64, '\0');
    for (char& c : text) c = static_cast<char>("ghlant 0123456789\n\0\xff"[random() % 20]);
    (void)read_report(text);
    (void)read_status(text);
    (void)read_records(text);
    (void)read_error(text, 1);
    (void)parse_request(bytes(text));
    (void)parse_answer(bytes(text));
  }
}

}  // namespace
}  // namespace kss::backend::wire
