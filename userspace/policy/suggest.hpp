// SPDX-License-Identifier: BSD-2-Clause
// The nearest known name to one that is not known.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kss::policy {

/// Number of insertions, deletions, replacements and swaps of neighbours between two words, at most `limit` + 1.
size_t edit_distance(std::string_view a, std::string_view b, size_t limit);

/// Finds the nearest of the names it is shown; a name too far away is no suggestion.
class Suggestion {
 public:
  explicit Suggestion(std::string_view found);
  void offer(std::string_view known);
  bool empty() const { return best_.empty(); }
  /// "did you mean `x`?", or `otherwise` if nothing is near.
  std::string hint(std::string otherwise = {}) const;

 private:
  std::string_view found_;
  size_t limit_;
  std::string best_;
};

/// Same, for a short list; lists all of it if nothing is near.
std::string suggest(std::string_view found, const std::vector<std::string_view>& known);

}  // namespace kss::policy
