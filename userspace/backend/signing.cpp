// SPDX-License-Identifier: BSD-2-Clause
#include "backend/signing.hpp"

#include <openssl/crypto.h>
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

using Key = std::unique_ptr<EVP_PKEY, Free>;

/// By one of OpenSSL's readers of PEM; NULL for anything but an Ed25519 key.
template <typename Reader>
Result<Key> read_key(const std::string& path, Reader reader) {
  auto text = read_file(path, 1 << 16);
  if (!text) return Error{"cannot read key: " + text.error().message, "", ENOKEY};
  std::unique_ptr<BIO, Free> bio(BIO_new_mem_buf(text->data(), static_cast<int>(text->size())));
  Key key(bio ? reader(bio.get(), nullptr, no_passphrase, nullptr) : nullptr);
  OPENSSL_cleanse(text->data(), text->size());
  if (key && EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_ED25519) key.reset();
  return key;
}

}  // namespace

Result<PublicKey> read_public_key(const std::string& path) {
  auto read = read_key(path, PEM_read_bio_PUBKEY);
  if (!read) return read.error();
  const Key& key = *read;
  PublicKey out{};
  size_t size = out.size();
  if (!key || EVP_PKEY_get_raw_public_key(key.get(), out.data(), &size) != 1 || size != out.size())
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

Result<std::string> sign_message(const std::string& key_path, std::span<const std::byte> message) {
  auto key = read_key(key_path, PEM_read_bio_PrivateKey);
  if (!key) return key.error();
  if (!*key)
    return Error{key_path + " is no Ed25519 private key in PEM without a passphrase",
                 "make one: openssl genpkey -algorithm ed25519 -out key.pem", ENOKEY};
  std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  std::string signature(signature_bytes, '\0');
  size_t size = signature.size();
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key->get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes(message),
                     message.size()) != 1 ||
      size != signature_bytes)
    return Error{"cannot sign with " + key_path, "", EIO};
  return signature;
}

Result<Nonce> make_nonce() {
  Nonce nonce{};
  if (getrandom(nonce.data(), nonce.size(), 0) != static_cast<ssize_t>(nonce.size())) return sys_error("getrandom");
  return nonce;
}

}  // namespace kss::backend
