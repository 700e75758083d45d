// SPDX-License-Identifier: BSD-2-Clause
// libkss for C++20: kss.h with owners and exceptions. Header only; the thread rules are kss.h's.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kss/kss.h"

namespace kss {

/// What a function of libkss refused, with its status and its sentence.
class Exception : public std::runtime_error {
 public:
  explicit Exception(int status) : std::runtime_error(kss_last_error()), status_(static_cast<kss_status>(status)) {}
  kss_status status() const noexcept { return status_; }

 private:
  kss_status status_;
};

/// Throws unless the status is KSS_OK.
inline void throw_if(int status) {
  if (status != KSS_OK) throw Exception(status);
}

/// Options of the functions about the kernel. Strings are borrowed: they must outlive the call.
struct Options : kss_options {
  Options() : kss_options{} { size = sizeof(kss_options); }
};

/// A compiled policy. Moves, doesn't copy.
class CompiledPolicy {
 public:
  static CompiledPolicy compile(const std::string& path, const std::vector<std::string>& include_dirs = {}) {
    kss_policy* p = nullptr;
    throw_if(kss_policy_compile(path.c_str(), Dirs(include_dirs).get(), &p));
    return CompiledPolicy(p);
  }
  static CompiledPolicy compile_text(const std::string& text, const std::string& name = "<text>",
                                     const std::vector<std::string>& include_dirs = {}) {
    kss_policy* p = nullptr;
    throw_if(kss_policy_compile_text(text.c_str(), name.c_str(), Dirs(include_dirs).get(), &p));
    return CompiledPolicy(p);
  }
  static CompiledPolicy from_image(std::span<const std::byte> image) {
    kss_policy* p = nullptr;
    throw_if(kss_policy_from_image(image.data(), image.size(), &p));
    return CompiledPolicy(p);
  }
  static CompiledPolicy open(const std::string& path) {
    kss_policy* p = nullptr;
    throw_if(kss_policy_open(path.c_str(), &p));
    return CompiledPolicy(p);
  }

  std::span<const std::byte> image() const {
    std::size_t size = 0;
    const void* data = kss_policy_image(get(), &size);
    return {static_cast<const std::byte*>(data), size};
  }
  std::string_view name() const { return kss_policy_name(get()); }
  std::uint32_t version() const { return kss_policy_version(get()); }
  std::string_view warnings() const { return kss_policy_warnings(get()); }

  /// The view lives as long as the policy.
  std::string_view label(const std::string& target, const std::string& cls) const {
    const char* type = nullptr;
    throw_if(kss_label(get(), target.c_str(), cls.c_str(), &type));
    return type;
  }
  kss_decision decide(const std::string& domain, const std::string& object, const std::string& cls,
                      const std::string& perms) const {
    kss_decision d{};
    throw_if(kss_decide(get(), domain.c_str(), object.c_str(), cls.c_str(), perms.c_str(), &d));
    return d;
  }
  bool grants(const std::string& domain, const std::string& object, const std::string& cls,
              const std::string& perms) const {
    return decide(domain, object, cls, perms).granted != 0;
  }

  /// Returns the generation.
  std::uint32_t load(const Options& options = {}) const {
    std::uint32_t generation = 0;
    throw_if(kss_load(get(), &options, &generation));
    return generation;
  }
  std::uint32_t swap(const Options& options = {}) const {
    std::uint32_t generation = 0;
    throw_if(kss_swap(get(), &options, &generation));
    return generation;
  }

  const kss_policy* get() const noexcept { return handle_.get(); }

 private:
  struct Free {
    void operator()(kss_policy* p) const noexcept { kss_policy_free(p); }
  };
  class Dirs {
   public:
    explicit Dirs(const std::vector<std::string>& dirs) {
      for (const std::string& d : dirs) list_.push_back(d.c_str());
      list_.push_back(nullptr);
    }
    const char* const* get() const { return list_.data(); }

   private:
    std::vector<const char*> list_;
  };
  explicit CompiledPolicy(kss_policy* p) : handle_(p) {}
  std::unique_ptr<kss_policy, Free> handle_;
};

inline void unload(const Options& options = {}) { throw_if(kss_unload(&options)); }
inline kss_report inquire(const Options& options = {}) {
  kss_report report{};
  throw_if(kss_inquire(&options, &report));
  return report;
}
inline void enter(const std::string& domain) { throw_if(kss_enter(domain.c_str())); }

}  // namespace kss
