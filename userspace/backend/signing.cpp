// SPDX-License-Identifier: BSD-2-Clause
#include "backend/signing.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/random.h>

#include <memory>

#include "backend/sys.hpp"

namespace kss::backend {
namespace {

struct Free {
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
  void operator()(BIO* p) const { BIO_free(p); }
};

const unsigned char* bytes(std::span<const std::byte> s) { return reinterpret_cast<const unsigned char*>(s.data()); }

int no_passphrase(char*, int, int, void*) { return 0; }

}  // namespace

Result<PublicKey> read_public_key(const std::string& path) {
  auto text = read_file(path, 1 << 16);
  if (!text) return text.error();
  std::unique_ptr<BIO, Free> bio(BIO_new_mem_buf(text->data(), static_cast<int>(text->size())));
  std::unique_ptr<EVP_PKEY, Free> key(bio ? PEM_read_bio_PUBKEY(bio.get(), nullptr, no_passphrase, nullptr) : nullptr);
  PublicKey out{};
  size_t size = out.size();
  if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_ED25519 ||
      EVP_PKEY_get_raw_public_key(key.get(), out.data(), &size) != 1 || size != out.size())
    return Error{path + " is no Ed25519 public key in PEM", "openssl pkey -in key.pem -pubout -out pub.pem", ENOKEY};
  return out;
}

bool verify_signature(const PublicKey& key, std::span<const std::byte> message, std::span<const std::byte> signature) {
  if (signature.size() != signature_bytes) return false;
  std::unique_ptr<EVP_PKEY, Free> pkey(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()));
  std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  return pkey && context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, pkey.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(message), message.size()) == 1;
}

Result<Nonce> make_nonce() {
  Nonce nonce{};
  if (getrandom(nonce.data(), nonce.size(), 0) != static_cast<ssize_t>(nonce.size())) return sys_error("getrandom");
  return nonce;
}

}  // namespace kss::backend
