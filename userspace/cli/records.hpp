// SPDX-License-Identifier: BSD-2-Clause
// Audit records as people and programs read them. Names come from the image of the record's generation.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "backend/backend.hpp"
#include "cli/cli.hpp"
#include "kss/audit.h"
#include "policy/debuginfo.hpp"

namespace kss::cli {

/// An image and its names.
struct NamedImage {
  std::vector<kss_chunk> image;
  policy::DebugInfo debug;
};

/// Images by generation, each fetched once.
class Generations {
 public:
  Generations(backend::Backend& backend, const backend::LoadOptions& options) : backend_(backend), options_(options) {}
  /// Null if that generation's image is no longer kept.
  const NamedImage* of(uint32_t generation);

 private:
  backend::Backend& backend_;
  const backend::LoadOptions& options_;
  std::map<uint32_t, std::unique_ptr<NamedImage>> images_;
};

/// A record's parts, in words. Missing names are numbers: "domain 7".
struct Record {
  std::string time;     // local, ISO 8601 with milliseconds
  std::string verdict;  // DENIED, granted, PERMISSIVE (denied, but let through)
  std::string domain, object, cls, perms;
  std::string what;  // path, address or number; empty if the record has none
  std::string rule;  // "file:line: text" of the rule that had it reported, or the reason of a denial
};
Record describe(const kss_audit& record, const NamedImage* names);

/// One line without colours or with; bytes that could drive a terminal are escaped.
std::string line_of(const kss_audit& record, const Record& words, const Colors& colors);
Json json_of(const kss_audit& record, const Record& words);

/// Wall-clock time of a boot-clock stamp, by the clocks' distance now.
std::chrono::system_clock::time_point wall_time(uint64_t boot_ns);
uint64_t boot_now();
/// What the record's object is called in `detail`: "/a/path", "10.0.0.1:80", "@name"; empty if it has none.
std::string detail_of(const kss_audit& record);

}  // namespace kss::cli
