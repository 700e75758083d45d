// SPDX-License-Identifier: BSD-2-Clause
// Operations, and what the documented semantics ask for each: the table is in operations.cpp.
#pragma once

#include <string>
#include <vector>

#include "engine/reference.hpp"
#include "tests/vm/oracle/world.hpp"

namespace kss::test {

/// One thing that a hook asks the policy, with the reference evaluator's answer.
struct Question {
  std::string text;    // for people
  std::string record;  // CLASS OBJECT PERMISSIONS of the audit record, if it is denied; empty: none is written
  bool granted = true;
  const char* error = "EPERM";  // what the system call fails with
  bool late = false;            // asked after the operation has left a trace: a denial then undoes nothing
};

struct Operation {
  std::string row;            // of the table
  std::string actor;          // a domain, or unconfined
  std::string call, a, b, c;  // what the guest does
  std::string pre;            // what is done to the world before, by an unconfined task
  bool world = false;         // may change the tree: it is looked at, afterwards
  bool absolute = false;      // granted means success, whatever happens unconfined
  std::vector<Question> questions;
  const Question* denied() const;  // the first that is
};

class Table {
 public:
  static size_t rows();
  static size_t row(std::string_view name);
};

/// Row `row` of the table, filled in at random.
Operation random_operation(size_t row, const World& world, const policy::CheckedPolicy& policy, Random& random);

/// For the guest: one line, fields separated by tabs.
std::string line_of(const Operation& operation, uint32_t number);

}  // namespace kss::test
