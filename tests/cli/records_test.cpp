// SPDX-License-Identifier: BSD-2-Clause
// Audit records in words: names of their generation, one line whatever a file is called, JSON that is JSON.
#include "cli/records.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cstring>
#include <optional>
#include <string>

#include "policy/policy.hpp"

namespace kss::cli {
namespace {

constexpr const char* text = R"(
policy: p
version: 1
domains: { hmi: { enter: { run: true } } }
types: { page: { files: ["/srv/**"] } }
allow: [ "hmi page : file read" ]
audit: [ "hmi page : file read" ]
)";

class RecordsTest : public testing::Test {
 protected:
  void SetUp() override {
    Diagnostics diagnostics;
    const auto checked = policy::check_text(text, "p.yaml", {}, diagnostics);
    ASSERT_TRUE(checked);
    auto image = policy::compile(*checked, diagnostics);
    ASSERT_TRUE(image);
    auto debug = policy::read_debuginfo(std::as_bytes(std::span(*image)));
    ASSERT_TRUE(bool(debug));
    names_ = NamedImage{std::move(*image), std::move(*debug)};
    record_.generation = 3;
    record_.domain = KSS_DOMAIN_FIRST;
    record_.object = checked->first_type();
    record_.cls = KSS_CLASS_file;
    record_.perms = record_.denied = KSS_file_write;
    record_.verdict = KSS_DENY;
    record_.pid = 42;
    std::memcpy(record_.comm, "sixteen-bytes-ab", 16);  // fills its field
  }
  void Path(const std::string& path) {
    record_.detail = KSS_DETAIL_PATH;
    record_.path_len = static_cast<__u16>(path.size());
    std::memcpy(record_.path, path.data(), path.size());
  }
  std::string Line(const NamedImage* names) const { return line_of(record_, describe(record_, names), Colors{}); }
  std::string JsonLine() const { return json_of(record_, describe(record_, &*names_)).dump(false); }

  std::optional<NamedImage> names_;
  kss_audit record_{};
};

TEST_F(RecordsTest, ADenialInOneLine) {
  Path("/srv/a");
  const std::string line = Line(&*names_);
  EXPECT_NE(line.find("DENIED gen 3 hmi page : file { write } path=/srv/a pid=42"), line.npos) << line;
  EXPECT_NE(line.find("comm=sixteen-bytes-ab (no rule allows it)"), line.npos) << line;
}

TEST_F(RecordsTest, AnInheritedDescriptorIsNamedByItsNumber) {
  Path("/srv/a");
  record_.arg[0] = 31;
  EXPECT_EQ(Line(&*names_).find("fd="), std::string::npos);
  record_.flags = KSS_AUDIT_INHERITED;
  EXPECT_NE(Line(&*names_).find("path=/srv/a inherited fd=31 pid=42"), std::string::npos) << Line(&*names_);
  EXPECT_NE(JsonLine().find("\"inherited_fd\":31"), std::string::npos) << JsonLine();
}

TEST_F(RecordsTest, PermissiveIsNoDenial) {
  record_.flags = KSS_AUDIT_PERMISSIVE;
  EXPECT_NE(Line(&*names_).find("PERMISSIVE"), std::string::npos);
}

TEST_F(RecordsTest, AGrantNamesTheRuleThatReportsIt) {
  record_.verdict = KSS_GRANT;
  record_.denied = 0;
  record_.perms = KSS_file_read;
  EXPECT_NE(Line(&*names_).find("(p.yaml:7: hmi page : file read)"), std::string::npos) << Line(&*names_);
}

TEST_F(RecordsTest, WithoutTheImageNumbersStandForNames) {
  EXPECT_NE(Line(nullptr).find("domain 2 object "), std::string::npos) << Line(nullptr);
}

TEST_F(RecordsTest, IdsOutOfRangeAreNumbers) {
  record_.domain = record_.object = record_.cls = 60000;
  record_.reason = 200;
  EXPECT_NE(Line(&*names_).find("domain 60000 object 60000 : class 60000"), std::string::npos) << Line(&*names_);
  EXPECT_FALSE(JsonLine().empty());
}

TEST_F(RecordsTest, AFilesNameCannotForgeALine) {
  Path("/srv/\n2026 DENIED \x1b[31m\xff");
  const std::string line = Line(&*names_);
  EXPECT_EQ(line.find('\n'), line.npos);
  EXPECT_EQ(line.find('\x1b'), line.npos);
  EXPECT_NE(line.find("\\x0a"), line.npos);
  const std::string json = JsonLine();
  EXPECT_EQ(json.find('\n'), json.npos);
  EXPECT_NE(json.find("\"path_hex\":\"2f7372762f0a"), json.npos) << json;
}

TEST_F(RecordsTest, Addresses) {
  record_.detail = KSS_DETAIL_INET;
  record_.inet_family = AF_INET6;
  record_.inet[15] = 1;
  record_.inet_port = 502;
  record_.inet_proto = KSS_NET_tcp;
  EXPECT_NE(Line(&*names_).find("tcp=[::1]:502"), std::string::npos) << Line(&*names_);
}

TEST_F(RecordsTest, AbstractNames) {
  record_.detail = KSS_DETAIL_UNIX;
  record_.path_len = 4;
  std::memcpy(record_.path, "\0bus", 4);
  EXPECT_EQ(detail_of(record_), "@bus");
}

TEST_F(RecordsTest, ALengthThatLiesReadsNoFurther) {
  record_.detail = KSS_DETAIL_PATH;
  record_.path_len = 0xffff;
  EXPECT_EQ(detail_of(record_).size(), std::size_t{KSS_AUDIT_PATH});
}

TEST_F(RecordsTest, DroppedRecordsAreCounted) {
  record_.suppressed = 9;
  EXPECT_NE(Line(&*names_).find("+9 not shown"), std::string::npos);
}

}  // namespace
}  // namespace kss::cli
