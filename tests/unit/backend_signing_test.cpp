// SPDX-License-Identifier: BSD-2-Clause
// What the agent accepts. Keys and signatures of RFC 8032, section 7.1, and of keys made here.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <unistd.h>

#include <fstream>
#include <memory>

#include "backend/agent.hpp"
#include "backend/signing.hpp"

namespace kss::backend {
namespace {

std::span<const std::byte> bytes(const std::string& s) { return std::as_bytes(std::span(s)); }

std::string unhex(const std::string& hex) {
  std::string out;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    out.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return out;
}

struct KeyPair {
  std::shared_ptr<EVP_PKEY> pair{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free};
  PublicKey key{};
  KeyPair() {
    size_t size = key.size();
    EVP_PKEY_get_raw_public_key(pair.get(), key.data(), &size);
  }
  std::string sign(const std::string& message) const {
    std::string out(signature_bytes, '\0');
    size_t size = out.size();
    std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> ctx(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    EVP_DigestSignInit(ctx.get(), nullptr, nullptr, nullptr, pair.get());
    EVP_DigestSign(ctx.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                   reinterpret_cast<const unsigned char*>(message.data()), message.size());
    return out;
  }
};

TEST(Signing, VectorOfTheRfc) {
  std::string raw = unhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  PublicKey key{};
  std::copy(raw.begin(), raw.end(), reinterpret_cast<char*>(key.data()));
  std::string signature = unhex(
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
      "b"
      "00d291612bb0c00");
  EXPECT_TRUE(verify_signature(key, bytes("\x72"), bytes(signature)));
  EXPECT_FALSE(verify_signature(key, bytes("\x73"), bytes(signature)));
  EXPECT_FALSE(verify_signature(key, bytes("\x72"), bytes(signature).first(63)));
  EXPECT_FALSE(verify_signature(key, bytes("\x72"), {}));
  signature[5] ^= 1;
  EXPECT_FALSE(verify_signature(key, bytes("\x72"), bytes(signature)));
}

TEST(Signing, KeysAreReadFromPemAndNothingElse) {
  KeyPair pair;
  std::string path = testing::TempDir() + "/kss-key-" + std::to_string(getpid());
  FILE* f = fopen(path.c_str(), "w");
  PEM_write_PUBKEY(f, pair.pair.get());
  fclose(f);
  auto key = read_public_key(path);
  ASSERT_TRUE(key);
  EXPECT_EQ(*key, pair.key);
  std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> other(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"), EVP_PKEY_free);
  f = fopen(path.c_str(), "w");
  PEM_write_PUBKEY(f, other.get());
  fclose(f);
  EXPECT_FALSE(read_public_key(path));
  std::ofstream(path) << "not a key";
  EXPECT_FALSE(read_public_key(path));
  unlink(path.c_str());
  EXPECT_FALSE(read_public_key(path));
}

TEST(Signing, SignsWithAPrivateKeyInPem) {
  KeyPair pair;
  std::string path = testing::TempDir() + "/kss-private-" + std::to_string(getpid());
  FILE* f = fopen(path.c_str(), "w");
  PEM_write_PrivateKey(f, pair.pair.get(), nullptr, nullptr, 0, nullptr, nullptr);
  fclose(f);
  auto signature = sign_message(path, bytes("message"));
  ASSERT_TRUE(signature);
  EXPECT_EQ(*signature, pair.sign("message"));
  EXPECT_TRUE(verify_signature(pair.key, bytes("message"), bytes(*signature)));
  f = fopen(path.c_str(), "w");
  PEM_write_PUBKEY(f, pair.pair.get());
  fclose(f);
  EXPECT_FALSE(sign_message(path, bytes("message")));
  unlink(path.c_str());
  auto missing = sign_message(path, bytes("message"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().sys_errno, ENOKEY);
  EXPECT_NE(missing.error().message.find(path), std::string::npos);
}

TEST(Agent, TakesImagesOfItsKeyOnly) {
  KeyPair ours, theirs;
  Nonce nonce{};
  AgentMind mind(ours.key, nonce);
  std::string image(256, 'i');
  auto good = mind.accept_image(bytes(ours.sign(image) + image));
  ASSERT_TRUE(good);
  EXPECT_EQ(good->size(), 4u);
  EXPECT_FALSE(mind.accept_image(bytes(theirs.sign(image) + image)));
  EXPECT_FALSE(mind.accept_image(bytes(ours.sign(image) + std::string(256, 'j'))));
  EXPECT_FALSE(mind.accept_image(bytes(ours.sign(image) + image.substr(0, 192))));
  EXPECT_FALSE(mind.accept_image(bytes(ours.sign(image) + image.substr(0, 100))));
  EXPECT_FALSE(mind.accept_image({}));
}

TEST(Agent, UnloadsForThisChallengeOnly) {
  KeyPair ours;
  Nonce one{}, two{};
  two[0] = 1;
  AgentMind mind(ours.key, one), later(ours.key, two);
  std::string signature = ours.sign(mind.challenge());
  EXPECT_TRUE(mind.accept_unload(bytes(signature)));
  EXPECT_FALSE(later.accept_unload(bytes(signature)));
  mind.renew(two);
  EXPECT_FALSE(mind.accept_unload(bytes(signature)));
  // An image's signature is no signature of a challenge.
  EXPECT_FALSE(mind.accept_unload(bytes(ours.sign(std::string(128, 'i')))));
}

}  // namespace
}  // namespace kss::backend
