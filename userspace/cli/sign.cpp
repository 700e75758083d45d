// SPDX-License-Identifier: BSD-2-Clause
#include "cli/sign.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace kss::cli {
namespace {

constexpr std::size_t signature_size = 64;

struct Free {
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
  void operator()(std::FILE* p) const { std::fclose(p); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Digest = std::unique_ptr<EVP_MD_CTX, Free>;

int no_passphrase(char*, int, int, void*) { return 0; }

Result<Key> read_private_key(const std::string& path) {
  const std::unique_ptr<std::FILE, Free> file(std::fopen(path.c_str(), "re"));
  if (!file) return Error{"cannot open key " + path + ": " + std::strerror(errno), "", ENOKEY};
  Key key(PEM_read_PrivateKey(file.get(), nullptr, no_passphrase, nullptr));
  if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_ED25519)
    return Error{path + " is no Ed25519 private key in PEM without a passphrase",
                 "make one: openssl genpkey -algorithm ed25519 -out key.pem", ENOKEY};
  return key;
}

const unsigned char* data_of(const std::vector<kss_chunk>& image) {
  return reinterpret_cast<const unsigned char*>(image.data());
}

}  // namespace

Result<std::string> sign_image(const std::vector<kss_chunk>& image, const std::string& key_path) {
  auto key = read_private_key(key_path);
  if (!key) return key.error();
  const Digest ctx(EVP_MD_CTX_new());
  std::string signature(signature_size, '\0');
  std::size_t size = signature.size();
  if (!ctx || EVP_DigestSignInit(ctx.get(), nullptr, nullptr, nullptr, key->get()) != 1 ||
      EVP_DigestSign(ctx.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, data_of(image),
                     image.size() * sizeof(kss_chunk)) != 1 ||
      size != signature_size)
    return Error{"the image could not be signed with " + key_path, "", EIO};
  return signature;
}

}  // namespace kss::cli
