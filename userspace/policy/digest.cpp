// SPDX-License-Identifier: BSD-2-Clause
#include "policy/digest.hpp"

#include <openssl/evp.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "kss/image.h"

namespace kss::policy {
namespace {

class Hasher {
 public:
  Hasher() : ctx_(EVP_MD_CTX_new()) { check(ctx_ && EVP_DigestInit_ex(ctx_, EVP_sha256(), nullptr)); }
  ~Hasher() { EVP_MD_CTX_free(ctx_); }
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;
  void update(std::span<const std::byte> data) { check(EVP_DigestUpdate(ctx_, data.data(), data.size())); }
  Sha256 finish() {
    Sha256 out;
    unsigned int len = 0;
    check(EVP_DigestFinal_ex(ctx_, out.data(), &len) && len == out.size());
    return out;
  }

 private:
  // Only lack of memory fails here. A digest that was not computed must not be compared with anything.
  static void check(bool good) {
    if (!good) std::abort();
  }
  EVP_MD_CTX* ctx_;
};

}  // namespace

Sha256 sha256(std::span<const std::byte> data) {
  Hasher h;
  h.update(data);
  return h.finish();
}

Sha256 image_digest(std::span<const std::byte> image) {
  std::byte head[2 * KSS_CHUNK];
  std::memcpy(head, image.data(), sizeof head);
  std::memset(head + offsetof(kss_header, generation), 0, sizeof(kss_header::generation));
  std::memset(head + KSS_CHUNK + offsetof(kss_header2, digest), 0, sizeof(kss_header2::digest));
  Hasher h;
  h.update(head);
  h.update(image.subspan(sizeof head));
  return h.finish();
}

}  // namespace kss::policy
