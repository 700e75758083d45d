// SPDX-License-Identifier: BSD-2-Clause
// What a type's patterns mean: paths, abstract names, devices, addresses, socket families.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/checked.hpp"
#include "policy/parsed.hpp"

namespace kss::policy {

class Reporter;

/// Checks a path pattern and appends what it stands for after brace expansion, each with `text`'s place.
/// `what` is for messages: "file pattern".
bool expand_path(const Text& text, const char* what, std::vector<PathPattern>& out, Reporter& report);
/// Same for an abstract unix name, `@` included in `text` but not in the result: one component that may contain `/`.
bool expand_abstract(const Text& text, std::vector<PathPattern>& out, Reporter& report);

// Below, `phrase` is the part of `text.value` to be read.
/// "char 1:3", "block 8:*"
std::optional<DevicePattern> parse_device(const Text& text, std::string_view phrase, Reporter& report);
/// "tcp 10.7.0.0/16 port 502"; `any` gives two patterns.
bool parse_inet(const Text& text, std::string_view phrase, std::vector<InetPattern>& out, Reporter& report);
/// "packet", "netlink route", "38"
std::optional<FamilyPattern> parse_family(const Text& text, std::string_view phrase, Reporter& report);
/// "sha256:" and 64 hexadecimal digits
bool parse_digest(const Text& text, std::array<uint8_t, 32>& out, Reporter& report);

}  // namespace kss::policy
