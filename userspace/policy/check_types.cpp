// SPDX-License-Identifier: BSD-2-Clause
// Types: what they name, and that no two name exactly the same thing.
#include "policy/checker.hpp"
#include "policy/patterns.hpp"

namespace kss::policy {

void Checker::check_types() {
  faulty_types_.assign(out_.types.size(), 0);
  for (size_t i = 0; i < out_.types.size(); ++i) {
    if (report_.full()) return;
    size_t errors = report_.errors();
    const ParsedType& parsed = *parsed_types_[i];
    Type& type = out_.types[i];
    for (const Text& text : parsed.files) expand_path(text, "file pattern", type.files, report_);
    for (const Text& text : parsed.unix_names) {
      if (text.value.substr(0, 1) == "@") {
        expand_abstract(text, type.abstract_names, report_);
      } else if (text.value.substr(0, 1) == "/") {
        expand_path(text, "socket path", type.files, report_);
      } else {
        report_.error(text, text.value,
                      "expected `@name` or a path, found `" + std::string(text.value.substr(0, 80)) + "`",
                      "an abstract name begins with @, a path with /");
      }
    }
    for (const Text& text : parsed.devices)
      if (auto device = parse_device(text, text.value, report_)) type.devices.push_back(*device);
    for (const Text& text : parsed.inet) parse_inet(text, text.value, type.inet, report_);
    for (const Text& text : parsed.family)
      if (auto family = parse_family(text, text.value, report_)) type.families.push_back(*family);
    faulty_types_[i] = report_.errors() != errors;
    if (parsed.files.empty() && parsed.unix_names.empty() && parsed.devices.empty() && parsed.inet.empty() &&
        parsed.family.empty())
      report_.warning(parsed.name, parsed.name.value,
                      "type `" + type.name + "` names nothing: no object will ever have it",
                      "give it files, devices, inet, unix or family");
  }
  check_type_overlaps();
}

// Overlaps of unequal patterns are the compiler's to find: the more specific one wins.
void Checker::check_type_overlaps() {
  struct Owner {
    size_t type;
    const Pos* pos;
  };
  std::unordered_map<std::string, Owner> owners;
  size_t current = 0;
  auto claim = [&](std::string key, const std::string& shown, const Pos& pos) {
    auto [it, fresh] = owners.emplace(std::move(key), Owner{current, &pos});
    if (fresh || it->second.type == current) return;
    report_.error(pos,
                  shown + " is already of type `" + out_.types[it->second.type].name + "`; type `" +
                      out_.types[current].name + "` cannot have it too",
                  "every object has one type; put the types into an attribute to speak of both");
    report_.note(*it->second.pos, "it is first named here");
  };
  for (current = 0; current < out_.types.size() && !report_.full(); ++current) {
    const Type& type = out_.types[current];
    for (const auto& p : type.files) claim("f" + p.text, "`" + p.text + "`", p.pos);
    for (const auto& p : type.abstract_names) claim("a" + p.text, "`@" + p.text + "`", p.pos);
    for (const auto& d : type.devices) {
      std::string shown = std::string(d.block ? "block " : "char ") + std::to_string(d.major) + ":" +
                          (d.minor ? std::to_string(*d.minor) : "*");
      claim("d" + shown, "device `" + shown + "`", d.pos);
    }
    for (const auto& f : type.families) {
      std::string shown = std::to_string(f.family) + (f.protocol ? " protocol " + std::to_string(*f.protocol) : "");
      claim("s" + shown, "socket family " + shown, f.pos);
    }
  }
}

}  // namespace kss::policy
