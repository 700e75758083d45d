// SPDX-License-Identifier: BSD-2-Clause
// kss-load __complete: words for the shells' completion that only a policy or the class table knows. Never an error:
// a shell that completes must not print one.
#include <memory>

#include "cli/source.hpp"
#include "policy/names.hpp"

namespace kss::cli {
namespace {

struct Options {
  std::string what, policy, cls;
  backend::LoadOptions load;
};

policy::DebugInfo names_of(const Options& o) {
  std::vector<kss_chunk> image;
  if (!o.policy.empty()) {
    const auto text = read_file(o.policy);
    if (!text) return {};
    const auto bytes = std::as_bytes(std::span(*text));
    Diagnostics ignored;
    if (is_image(bytes)) {
      if (auto read = image_from(bytes, o.policy)) image = std::move(*read);
    } else if (const auto checked = policy::check_file(o.policy, {}, ignored)) {
      if (auto made = policy::compile(*checked, ignored)) image = std::move(*made);
    }
  } else {
    const auto backend = backend::make_bpf_backend();
    const auto status = backend->status(o.load);
    if (!status || !status->loaded) return {};
    if (auto kept = backend->image_of(status->generation, o.load)) image = std::move(*kept);
  }
  if (image.empty()) return {};
  auto debug = policy::read_debuginfo(bytes_of(image));
  return debug ? std::move(*debug) : policy::DebugInfo{};
}

void print_words(const Options& o) {
  if (o.what == "classes") {
    for (uint32_t c = 0; c < KSS_NCLASSES; c++)
      if (c != KSS_CLASS_capability2) std::printf("%s\n", policy::class_name(c));
  } else if (o.what == "perms") {
    if (const auto cls = policy::find_class(o.cls))
      for (const uint32_t c : {uint32_t{*cls}, *cls == KSS_CLASS_capability ? uint32_t{KSS_CLASS_capability2} : ~0u})
        for (uint32_t bit = 0; c < KSS_NCLASSES && bit < policy::perm_count(c); bit++)
          std::printf("%s\n", policy::perm_name(c, bit));
  } else if (o.what == "domains") {
    const auto names = names_of(o);
    for (std::size_t i = KSS_DOMAIN_FIRST; i < names.domains.size(); i++)
      std::printf("%s\n", names.domains[i].name.c_str());
  } else if (o.what == "types") {
    for (const auto& object : names_of(o).objects)
      if (!object.name.empty()) std::printf("%s\n", object.name.c_str());
  }
}

}  // namespace

void add_complete(CLI::App& app, Cli& cli) {
  auto o = std::make_shared<Options>();
  Command command(app, cli, "__complete", "Words for shell completion", "", "  kss-load __complete domains\n", [o] {
    print_words(*o);
    return Exit::ok;
  });
  command.hidden()
      .argument("WHAT", o->what, "domains, types, classes or perms")
      .option("--policy", o->policy, "FILE", "Of this policy, not the one in force")
      .option("--class", o->cls, "C", "Class whose permissions are asked for")
      .places(o->load);
}

}  // namespace kss::cli
