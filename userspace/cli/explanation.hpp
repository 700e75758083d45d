// SPDX-License-Identifier: BSD-2-Clause
// Why a policy grants or denies an access, and the smallest change that would grant it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/json.hpp"
#include "cli/records.hpp"
#include "policy/checked.hpp"
#include "policy/debuginfo.hpp"

namespace kss::cli {

struct Question {
  uint32_t domain = 0, object = 0, cls = 0, perms = 0;
  std::string what;  // path, address or name that was labelled; may be empty
};

/// A rule that says something close to what was asked.
struct NearRule {
  std::string place;  // file:line
  std::string text;
  std::string lacks;  // what keeps it from granting
};

struct Explanation {
  bool granted = false;
  std::string domain, object, cls, asked, denied;
  std::string object_place;           // where the type is declared; empty for built-in ones
  std::vector<std::string> patterns;  // of the type, that match `what`
  std::vector<NearRule> granting;     // rules that grant what is granted
  std::vector<NearRule> withheld;     // rules that would grant what is denied, but for the levels
  std::string levels;                 // of domain and object, if they are what denies it: no rule can grant it
  std::vector<NearRule> near;         // the nearest first
  std::string line;                   // the one line that would grant what is denied; empty if none can
  std::string where;                  // where to put it
  std::string advice;                 // a better way than that line, if there is one
  bool assertions_known = false;
  std::vector<std::string> forbidden_by;  // neverallow assertions that this line would break, "file:line: text"
};

/// `checked`: the policy that the image was compiled from, if at hand; without it assertions are unknown.
/// REQUIRES: ids of the question within the image.
Explanation explain(const NamedImage& names, const policy::CheckedPolicy* checked, const Question& question);

/// The policy text that an image came from, if it still stands where it did and compiles to the same image.
std::optional<policy::CheckedPolicy> find_text(const NamedImage& names);

void print(const Explanation& e, const Question& q, const Colors& colors);
Json to_json(const Explanation& e, const Question& q);

}  // namespace kss::cli
