// SPDX-License-Identifier: BSD-2-Clause
// Damaged images: refused by their digest; with a digest that fits, refused by structure or harmless.
#include <gtest/gtest.h>

#include <random>

#include "engine_fixture.hpp"
#include "policy/debuginfo.hpp"
#include "policy/digest.hpp"

namespace kss::test {
namespace {

using policy::Entry;

// Everything that an image can hold, in little.
std::vector<kss_chunk> small_image() {
  PolicyBuilder b;
  uint32_t web = b.domain("web"), plc = b.domain("plc");
  uint32_t page = b.type("page", {"/srv/*.html", "/srv/a/**"});
  b.last_type().abstract_names = {{"bus-*", {}}};
  b.last_type().devices = {{false, 1, 3, {}}};
  policy::InetPattern p;
  p.addr = {10};
  p.prefix = 8;
  b.last_type().inet = {p};
  b.last_type().families = {{16, 0, {}}};
  b.enter(web, Entry::Kind::exec, "/bin/web", 1);
  b.enter(web, Entry::Kind::run);
  b.enter(plc, Entry::Kind::digest, "", 2).digest = {1};
  b.enter(plc, Entry::Kind::cgroup, "/plc", 3);
  b.allow(web, {page}, KSS_CLASS_file, KSS_file_read);
  b.allow(plc, {b.object_of(web)}, KSS_CLASS_process, KSS_process_signal, true);
  return b.image();
}

Status check(const std::vector<kss_chunk>& image) { return policy::validate(std::as_bytes(std::span(image))); }

void fix_digest(std::vector<kss_chunk>& image) {
  auto digest = policy::image_digest(std::as_bytes(std::span(image)));
  std::memcpy(reinterpret_cast<char*>(&image[1]) + offsetof(kss_header2, digest), digest.data(), digest.size());
}

// Puts every kind of question to an image that was accepted. Sanitizers say whether the core read outside.
void exercise(const std::vector<kss_chunk>& image) {
  auto loaded = engine::Simulator::load(image);
  ASSERT_TRUE(loaded);
  const auto& s = *loaded;
  for (uint32_t d = 0; d < std::min(s.domains(), 8u); d++) {
    for (uint32_t o = 0; o < std::min(s.objects(), 40u); o++)
      for (uint32_t cls = 0; cls < KSS_MAX_CLASSES; cls++) s.judge(d, o, cls, ~0u);
    for (uint32_t cls = 0; cls < KSS_MAX_CLASSES; cls++) ASSERT_EQ(s.vector(d, KSS_OBJ_unresolved, cls).allow, 0u);
    for (const char* path : {"/", "/srv/x.html", "/srv/a/b/c", "/bin/web", "/plc"}) {
      s.exec(d, s.label_path(path));
      s.cgroup(d, path);
    }
  }
  s.label_abstract("bus-1");
  s.label_device(false, 1, 3);
  s.label_family(16, 0);
  s.domain("web");
  for (uint16_t port : {0, 80, 65535})
    for (size_t n : {4, 16}) s.label_inet(KSS_NET_tcp, std::vector<uint8_t>(n, 10), port);
  (void)policy::read_debuginfo(std::as_bytes(std::span(image)));
}

TEST(Image, EveryDamagedByteIsRefused) {
  auto image = small_image();
  ASSERT_TRUE(check(image));
  auto* bytes = reinterpret_cast<unsigned char*>(image.data());
  const size_t generation = offsetof(kss_header, generation);
  for (size_t i = 0; i < image.size() * sizeof(kss_chunk); i++) {
    bytes[i] ^= 1u << i % 8;
    bool accepted = static_cast<bool>(check(image));
    bytes[i] ^= 1u << i % 8;
    if (i - generation < 4)
      EXPECT_TRUE(accepted) << "the generation is the loader's to set";
    else
      ASSERT_FALSE(accepted) << "byte " << i;
  }
}

TEST(Image, EveryTruncationIsRefused) {
  auto image = small_image();
  auto bytes = std::as_bytes(std::span(image));
  for (size_t n = 0; n < bytes.size(); n++) ASSERT_FALSE(policy::validate(bytes.first(n))) << n;
  image.emplace_back();
  EXPECT_FALSE(check(image)) << "and so is more than there should be";
}

TEST(Image, EntriesThatNoDomainWouldAskForAreRefused) {
  for (uint32_t by : {KSS_DOMAIN_BY_DIGEST, KSS_DOMAIN_BY_CGROUP}) {
    auto image = small_image();
    auto* info = reinterpret_cast<kss_domain_info*>(
        &image[kss_get32(reinterpret_cast<const kss_header*>(&image[0])->info_base)]);
    ASSERT_TRUE(kss_get32(info[KSS_DOMAIN_UNCONFINED].flags) & by);
    info[KSS_DOMAIN_UNCONFINED].flags = kss_get32(kss_get32(info[KSS_DOMAIN_UNCONFINED].flags) & ~by);
    fix_digest(image);
    EXPECT_FALSE(check(image));
  }
}

TEST(Image, UnalignedBytesAreFine) {
  auto image = small_image();
  std::vector<char> shifted(image.size() * sizeof(kss_chunk) + 1);
  std::memcpy(shifted.data() + 1, image.data(), shifted.size() - 1);
  EXPECT_TRUE(policy::validate(std::as_bytes(std::span(shifted)).subspan(1)));
}

TEST(Image, DamageBehindAFittingDigestIsRefusedOrHarmless) {
  const auto good = small_image();
  size_t refused = 0, harmless = 0;
  const size_t runtime =
      size_t{kss_get32(reinterpret_cast<const kss_header2*>(&good[1])->runtime_chunks)} * sizeof(kss_chunk);
  std::mt19937 random(1);
  for (size_t i = 0; i < runtime; i++) {
    // All of the header, a sample of the tables.
    const int tries = i < 128 ? 16 : i % 7 == 0 ? 1 : 0;
    for (int k = 0; k < tries; k++) {
      auto image = good;
      reinterpret_cast<unsigned char*>(image.data())[i] ^= k < 8 ? 1u << k : 1 + random() % 255;
      fix_digest(image);
      if (check(image)) {
        harmless++;
        exercise(image);
        if (HasFatalFailure()) FAIL() << "byte " << i;
      } else {
        refused++;
      }
    }
  }
  EXPECT_GT(refused, 500u) << harmless << " accepted";
}

TEST(Image, RandomWordsBehindAFittingDigest) {
  const auto good = small_image();
  std::mt19937 random(2);
  for (int round = 0; round < 3000; round++) {
    auto image = good;
    for (uint32_t n = 1 + random() % 4; n; n--) {
      static const uint32_t words[] = {0, 1, 2, 0xffff, 0xffffffff, 0x7fffffff, 0x80000000, 0xfffffff0, 64, 0x400000};
      image[random() % image.size()].w[random() % 16] =
          random() % 2 ? words[random() % 10] : static_cast<uint32_t>(random());
    }
    fix_digest(image);
    if (check(image)) exercise(image);
    if (HasFatalFailure()) FAIL() << "round " << round;
  }
}

TEST(Image, MustDenyWhatIsAlwaysDenied) {
  auto image = small_image();
  const auto* h = reinterpret_cast<const kss_header*>(image.data());
  reinterpret_cast<kss_av*>(&image[kss_get32(h->av_base)])->allow = kss_get32(1);
  fix_digest(image);
  auto status = check(image);
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message.find("could not be labelled"), std::string::npos) << status.error().message;
}

}  // namespace
}  // namespace kss::test
