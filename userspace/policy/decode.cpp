// SPDX-License-Identifier: BSD-2-Clause
// YAML tree -> parsed policy: which keys there are, what kind of value each takes, and includes.
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <unordered_set>

#include "policy/limits.hpp"
#include "policy/report.hpp"
#include "policy/suggest.hpp"
#include "policy/yaml_tree.hpp"

namespace kss::policy {
namespace {

namespace fs = std::filesystem;
using Kind = YamlNode::Kind;

const char* kind_name(const YamlNode& node) {
  switch (node.kind) {
    case Kind::null: return "nothing";
    case Kind::scalar: return "a single value";
    case Kind::sequence:
    case Kind::rule_lines: return "a list";
    case Kind::map: return "a map";
    case Kind::alias: break;
  }
  return "an alias";
}

struct Later {
  std::string_view key, what;
};
constexpr Later kLater[] = {
    {"roles", "roles"}, {"role", "roles"}, {"exclusive", "separation of duty"},
    {"modes", "modes"}, {"mode", "modes"}, {"level", "secrecy and integrity levels"},
};

class Decoder {
 public:
  Decoder(const ParseOptions& options, ParsedPolicy& out, Reporter& report)
      : options_(options), out_(out), report_(report) {}

  void file(const std::string& path, const Text* include);
  void text(const std::string& text, const std::string& name) {
    Source& source = out_.sources.emplace_back();
    source.name = std::make_shared<const std::string>(name);
    source.text = text;
    stack_.push_back({fs::path(name).lexically_normal().string(), &source, nullptr});
    decode(source);
    stack_.pop_back();
  }

 private:
  struct Frame {
    std::string id;  // canonical path
    const Source* source;
    const Text* include;
  };

  void decode(Source& source);
  void top(const YamlTree& tree);
  void include(const YamlTree& tree, const YamlNode& node);
  bool readable(const fs::path& path) const {
    std::error_code ec;
    return fs::exists(path, ec) && !fs::is_directory(path, ec);
  }

  // Calls f(key, value) for each pair of a map. Errors: no map, key twice, key that is no string.
  template <typename F>
  void pairs(const YamlTree& tree, const YamlNode& node, const std::string& what, F f);
  // Calls f for the keys in `known`; others are errors.
  template <typename F>
  void keys(const YamlTree& tree, const YamlNode& node, const std::string& what,
            const std::vector<std::string_view>& known, F f);
  template <typename F>
  void items(const YamlTree& tree, const YamlNode& node, const std::string& what, F f);

  bool scalar(const YamlNode& node, const std::string& what, Text& out);
  void strings(const YamlTree& tree, const YamlNode& node, const std::string& what, std::vector<Text>& out);
  void labels(const YamlTree& tree, const YamlNode& node, const std::string& what, ParsedLabels& out);
  void levels(const YamlTree& tree, const Text& key, const YamlNode& node);
  void boolean(const YamlNode& node, const std::string& what, bool& out);
  // A string, also where YAML made a one-pair map of it because of its " : ".
  bool sentence(const YamlTree& tree, const YamlNode& node, const std::string& what, Text& out);
  void join(const Text& key, const Text& value, Text& out);
  void unknown_key(const Text& key, const std::string& what, const std::vector<std::string_view>& known);

  void attributes(const YamlTree& tree, const YamlNode& node);
  void domain(const YamlTree& tree, const Text& name, const YamlNode& node);
  void entry(const YamlTree& tree, const YamlNode& node, ParsedDomain& domain);
  ParsedType type(const YamlTree& tree, const Text& name, const YamlNode& node);
  void rules(const YamlTree& tree, const YamlNode& node, Rule::Effect effect, std::vector<ParsedRule>& out);
  void rule(const YamlTree& tree, const YamlNode& node, Rule::Effect effect, std::vector<ParsedRule>& out);
  void uses(const YamlTree& tree, const YamlNode& node, std::vector<ParsedUse>& out);
  void macro(const YamlTree& tree, const Text& name, const YamlNode& node);
  void assertions(const YamlTree& tree, const YamlNode& node);
  void step(const YamlTree& tree, const YamlNode& node, ParsedTest& test);
  void tests(const YamlTree& tree, const YamlNode& node);
  void events(const YamlTree& tree, const YamlNode& node);
  void flow(const YamlTree& tree, const Text& name, const YamlNode& node);
  void temporal(const YamlTree& tree, const YamlNode& node);

  const ParseOptions& options_;
  ParsedPolicy& out_;
  Reporter& report_;
  std::vector<Frame> stack_;
  std::unordered_set<std::string> read_;
  uint64_t budget_ = kMaxYamlNodes;
};

template <typename F>
void Decoder::pairs(const YamlTree& tree, const YamlNode& node, const std::string& what, F f) {
  if (node.kind == Kind::null) return;
  if (node.kind != Kind::map) {
    report_.error(node.text, {}, what + ": expected a map, found " + kind_name(node));
    return;
  }
  std::unordered_set<std::string_view> seen;
  for (uint32_t k = node.first; k != 0;) {
    uint32_t v = tree.nodes[k].next;
    if (v == 0) break;
    const YamlNode& key = tree.at(k);
    if (report_.full()) return;
    if (key.kind != Kind::scalar) {
      report_.error(tree.nodes[k].text, {}, what + ": a key must be a name, not " + kind_name(key));
    } else if (!seen.insert(key.text.value).second) {
      report_.error(key.text, key.text.value, what + ": `" + std::string(key.text.value) + "` is here twice");
    } else {
      f(key.text, tree.at(v));
    }
    k = tree.nodes[v].next;
  }
}

void Decoder::unknown_key(const Text& key, const std::string& what, const std::vector<std::string_view>& known) {
  for (const Later& later : kLater) {
    if (key.value != later.key) continue;
    report_.error(key, key.value,
                  "`" + std::string(key.value) + "`: " + std::string(later.what) + " are not in this release",
                  "remove the key: this version would not enforce it");
    return;
  }
  report_.error(key, key.value, what + " has no key `" + std::string(key.value) + "`", suggest(key.value, known));
}

template <typename F>
void Decoder::keys(const YamlTree& tree, const YamlNode& node, const std::string& what,
                   const std::vector<std::string_view>& known, F f) {
  pairs(tree, node, what, [&](const Text& key, const YamlNode& value) {
    for (auto k : known)
      if (k == key.value) return f(key, value);
    unknown_key(key, what, known);
  });
}

template <typename F>
void Decoder::items(const YamlTree& tree, const YamlNode& node, const std::string& what, F f) {
  if (node.kind == Kind::null) return;
  if (node.kind != Kind::sequence) {
    report_.error(node.text, {}, what + ": expected a list, found " + kind_name(node));
    return;
  }
  for (uint32_t i = node.first; i != 0 && !report_.full(); i = tree.nodes[i].next) f(tree.at(i));
}

bool Decoder::scalar(const YamlNode& node, const std::string& what, Text& out) {
  if (node.kind != Kind::scalar) {
    report_.error(node.text, {}, what + ": expected a string, found " + kind_name(node));
    return false;
  }
  out = node.text;
  return true;
}

void Decoder::strings(const YamlTree& tree, const YamlNode& node, const std::string& what, std::vector<Text>& out) {
  if (node.kind == Kind::scalar) {
    out.push_back(node.text);
    return;
  }
  items(tree, node, what, [&](const YamlNode& item) {
    Text text;
    if (scalar(item, what, text)) out.push_back(text);
  });
}

void Decoder::boolean(const YamlNode& node, const std::string& what, bool& out) {
  if (node.kind == Kind::scalar && !node.quoted && (node.text.value == "true" || node.text.value == "false")) {
    out = node.text.value == "true";
    return;
  }
  report_.error(node.text, {},
                what + ": expected true or false, found " +
                    (node.kind == Kind::scalar ? "`" + std::string(node.text.value) + "`" : kind_name(node)));
}

void Decoder::join(const Text& key, const Text& value, Text& out) {
  out = key;
  const std::string& source = key.source->text;
  const char* begin = source.data();
  const char* end = begin + source.size();
  auto in_source = [&](std::string_view v) { return v.data() >= begin && v.data() + v.size() <= end; };
  if (in_source(key.value) && in_source(value.value) && key.value.data() + key.value.size() <= value.value.data()) {
    std::string_view between(key.value.data() + key.value.size(),
                             static_cast<size_t>(value.value.data() - key.value.data()) - key.value.size());
    if (between.find_first_not_of(" :") == std::string_view::npos) {
      out.value = {key.value.data(), key.value.size() + between.size() + value.value.size()};
      return;
    }
  }
  out.value = out_.strings.emplace_back(std::string(key.value) + " : " + std::string(value.value));
}

bool Decoder::sentence(const YamlTree& tree, const YamlNode& node, const std::string& what, Text& out) {
  if (node.kind == Kind::scalar) {
    out = node.text;
    return true;
  }
  if (node.kind == Kind::map && node.count == 2) {
    const YamlNode& key = tree.at(node.first);
    const YamlNode& value = tree.at(tree.nodes[node.first].next);
    if (key.kind == Kind::scalar && value.kind == Kind::scalar) {
      join(key.text, value.text, out);
      return true;
    }
  }
  report_.error(node.text, {}, what + ": expected a string, found " + kind_name(node),
                "put it in quotes, because of its colon or braces: \"hmi page : file { open read }\"");
  return false;
}

void Decoder::attributes(const YamlTree& tree, const YamlNode& node) {
  pairs(tree, node, "attributes", [&](const Text& name, const YamlNode& value) {
    ParsedAttribute a;
    a.name = name;
    strings(tree, value, "attribute `" + std::string(name.value) + "`", a.members);
    out_.attributes.push_back(std::move(a));
  });
}

void Decoder::entry(const YamlTree& tree, const YamlNode& node, ParsedDomain& domain) {
  std::string what = "enter of `" + std::string(domain.name.value) + "`";
  if (node.kind != Kind::map) {
    report_.error(node.text, {}, what + ": expected a map such as { exec: /usr/sbin/nginx }, found " + kind_name(node));
    return;
  }
  ParsedEntry e;
  e.kind = node.text;
  size_t kinds = 0;
  bool good = true;
  keys(tree, node, what, {"exec", "digest", "cgroup", "container", "type", "run", "from"},
       [&](const Text& key, const YamlNode& value) {
         if (key.value == "from") {
           size_t before = e.from.size();
           strings(tree, value, what + ": from", e.from);
           if (e.from.size() == before) {
             good = false;
             report_.error(key, key.value, what + ": `from` names no domain", "leave it out to mean unconfined");
           }
           return;
         }
         if (++kinds == 2)
           report_.error(key, key.value,
                         what + " has both `" + std::string(e.kind.value) + "` and `" + std::string(key.value) +
                             "`; each way in is an entry of its own",
                         "write a list of maps: enter: [ { exec: … }, { digest: … } ]");
         e.kind = key;
         if (key.value == "run") {
           bool run = false;
           boolean(value, what + ": run", run);
           if (!run) good = false;
         } else {
           good &= scalar(value, what + ": " + std::string(key.value), e.value);
         }
       });
  if (kinds == 0)
    report_.error(node.text, {}, what + " says no way in", "one of exec, digest, cgroup, container, type, run");
  if (kinds == 1 && good) domain.enter.push_back(std::move(e));
}

void Decoder::labels(const YamlTree& tree, const YamlNode& node, const std::string& what, ParsedLabels& out) {
  keys(tree, node, what, {"secrecy", "integrity"}, [&](const Text& key, const YamlNode& value) {
    Text text;
    if (scalar(value, what + ": " + std::string(key.value), text))
      out[key.value == "secrecy" ? kSecrecy : kIntegrity] = {text};
  });
}

void Decoder::levels(const YamlTree& tree, const Text& key, const YamlNode& node) {
  if (out_.levels.key.source != nullptr) {
    report_.error(key, key.value, "levels are declared twice", "a policy and what it includes have one set of levels");
    report_.note(where(out_.levels.key), "the other place");
    return;
  }
  out_.levels.key = key;
  keys(tree, node, "levels", {"secrecy", "integrity", "default", "of"}, [&](const Text& name, const YamlNode& value) {
    if (name.value == "of") {
      pairs(tree, value, "levels: of", [&](const Text& object, const YamlNode& level) {
        auto& [text, given] = out_.levels.of.emplace_back(object, ParsedLabels{});
        labels(tree, level, "levels: of: " + std::string(text.value), given);
      });
      return;
    }
    if (name.value == "default") {
      labels(tree, value, "levels: default", out_.levels.standard);
      return;
    }
    ParsedLattice& lattice = out_.levels.lattices[name.value == "secrecy" ? kSecrecy : kIntegrity];
    const std::string what = "levels: " + std::string(name.value);
    keys(tree, value, what, {"degrees", "categories"}, [&](const Text& part, const YamlNode& list) {
      strings(tree, list, what + ": " + std::string(part.value),
              part.value == "degrees" ? lattice.degrees : lattice.categories);
    });
    if (lattice.degrees.empty())
      report_.error(name, name.value, what + " has no degrees", "degrees: [public, internal, secret], from the lowest");
  });
}

void Decoder::domain(const YamlTree& tree, const Text& name, const YamlNode& node) {
  ParsedDomain d;
  d.name = name;
  std::string what = "domain `" + std::string(name.value) + "`";
  keys(tree, node, what, {"enter", "level", "permissive", "trusted", "attributes"},
       [&](const Text& key, const YamlNode& value) {
         if (key.value == "permissive") {
           boolean(value, what + ": permissive", d.permissive);
         } else if (key.value == "trusted") {
           boolean(value, what + ": trusted", d.trusted);
         } else if (key.value == "level") {
           labels(tree, value, what + ": level", d.level);
         } else if (key.value == "attributes") {
           strings(tree, value, what + ": attributes", d.attributes);
         } else if (value.kind == Kind::sequence) {
           items(tree, value, what + ": enter", [&](const YamlNode& item) { entry(tree, item, d); });
         } else {
           entry(tree, value, d);
         }
       });
  out_.domains.push_back(std::move(d));
}

ParsedType Decoder::type(const YamlTree& tree, const Text& name, const YamlNode& node) {
  ParsedType t;
  t.name = name;
  std::string what = "type `" + std::string(name.value) + "`";
  keys(tree, node, what, {"files", "devices", "inet", "unix", "family", "level", "attributes"},
       [&](const Text& key, const YamlNode& value) {
         if (key.value == "level") {
           labels(tree, value, what + ": level", t.level);
           return;
         }
         auto& list = key.value == "files"     ? t.files
                      : key.value == "devices" ? t.devices
                      : key.value == "inet"    ? t.inet
                      : key.value == "unix"    ? t.unix_names
                      : key.value == "family"  ? t.family
                                               : t.attributes;
         strings(tree, value, what + ": " + std::string(key.value), list);
       });
  return t;
}

void Decoder::rule(const YamlTree& tree, const YamlNode& node, Rule::Effect effect, std::vector<ParsedRule>& out) {
  ParsedRule r;
  r.effect = effect;
  if (node.kind == Kind::map) {
    bool parts = node.count != 2;
    if (!parts) {
      const YamlNode& key = tree.at(node.first);
      for (auto name : {"domain", "type", "class", "perms", "why"}) parts |= key.text.value == name;
    }
    if (parts) {
      ParsedParts p;
      r.text = node.text;
      uint64_t before = report_.errors();
      keys(tree, node, "a rule", {"domain", "type", "class", "perms", "why"}, [&](const Text& key, const YamlNode& v) {
        if (key.value == "why") {
          scalar(v, "why", p.why);
          return;
        }
        auto& part = key.value == "domain"  ? p.domain
                     : key.value == "type"  ? p.type
                     : key.value == "class" ? p.cls
                                            : p.perms;
        strings(tree, v, std::string(key.value), part);
      });
      if (report_.errors() != before) return;
      const char* missing = p.domain.empty()  ? "domain"
                            : p.type.empty()  ? "type"
                            : p.cls.empty()   ? "class"
                            : p.perms.empty() ? "perms"
                                              : nullptr;
      if (missing != nullptr) {
        report_.error(node.text, {}, std::string("a rule with keys lacks `") + missing + "`",
                      "it takes domain, type, class, perms and, if you like, why");
        return;
      }
      r.parts = &out_.parts.emplace_back(std::move(p));
      out.push_back(r);
      return;
    }
  }
  if (sentence(tree, node, "a rule", r.text)) out.push_back(r);
}

void Decoder::rules(const YamlTree& tree, const YamlNode& node, Rule::Effect effect, std::vector<ParsedRule>& out) {
  if (node.kind == Kind::scalar) {
    report_.error(node.text, {}, "rules: expected a list, found a single value", "begin each rule with `- `");
    return;
  }
  if (node.kind != Kind::sequence) return items(tree, node, "rules", [](const YamlNode&) {});
  for (uint32_t i = node.first; i != 0 && !report_.full(); i = tree.nodes[i].next) {
    const YamlNode& item = tree.at(i);
    if (item.kind != Kind::rule_lines) {
      rule(tree, item, effect, out);
      continue;
    }
    const RuleRun& run = tree.runs[item.target];
    out.reserve(out.size() + run.lines.size());
    for (const auto& line : run.lines) {
      ParsedRule r;
      r.effect = effect;
      r.text.source = item.text.source;
      r.text.value = std::string_view(item.text.source->text).substr(line.offset, line.length);
      r.text.offset = line.offset - (line.quoted ? 1 : 0);
      r.text.line = line.line;
      r.text.column = line.column - (line.quoted ? 1 : 0);
      out.push_back(r);
    }
  }
}

void Decoder::uses(const YamlTree& tree, const YamlNode& node, std::vector<ParsedUse>& out) {
  items(tree, node, "use", [&](const YamlNode& item) {
    ParsedUse u;
    if (item.kind != Kind::map) {
      if (scalar(item, "use", u.call)) out.push_back(std::move(u));
      return;
    }
    if (item.count != 2) {
      report_.error(item.text, {},
                    "use: expected one macro, found a map of " + std::to_string(item.count / 2) + " keys",
                    "write - { NAME: { param: value } }");
      return;
    }
    pairs(tree, item, "use", [&](const Text& name, const YamlNode& arguments) {
      u.call = name;
      u.named = true;
      pairs(tree, arguments, "arguments of `" + std::string(name.value) + "`",
            [&](const Text& param, const YamlNode& value) {
              Text text;
              if (scalar(value, "argument `" + std::string(param.value) + "`", text))
                u.arguments.emplace_back(param, text);
            });
      out.push_back(std::move(u));
    });
  });
}

void Decoder::macro(const YamlTree& tree, const Text& name, const YamlNode& node) {
  ParsedMacro m;
  m.name = name;
  std::string what = "macro `" + std::string(name.value) + "`";
  keys(tree, node, what, {"params", "allow", "audit", "dontaudit", "types", "neverallow", "use"},
       [&](const Text& key, const YamlNode& value) {
         if (key.value == "params") {
           strings(tree, value, what + ": params", m.params);
         } else if (key.value == "allow") {
           rules(tree, value, Rule::Effect::allow, m.rules);
         } else if (key.value == "audit") {
           rules(tree, value, Rule::Effect::audit, m.rules);
         } else if (key.value == "dontaudit") {
           rules(tree, value, Rule::Effect::quiet, m.rules);
         } else if (key.value == "types") {
           pairs(tree, value, what + ": types",
                 [&](const Text& n, const YamlNode& v) { m.types.push_back(type(tree, n, v)); });
         } else if (key.value == "use") {
           uses(tree, value, m.uses);
         } else {
           items(tree, value, what + ": neverallow", [&](const YamlNode& item) {
             Text text;
             if (sentence(tree, item, "neverallow", text)) m.neverallow.push_back(text);
           });
         }
       });
  out_.macros.push_back(std::move(m));
}

void Decoder::assertions(const YamlTree& tree, const YamlNode& node) {
  items(tree, node, "assert", [&](const YamlNode& item) {
    Text text;
    if (sentence(tree, item, "assert", text)) out_.assertions.push_back(text);
  });
}

void Decoder::step(const YamlTree& tree, const YamlNode& node, ParsedTest& test) {
  ParsedStep s;
  std::string_view said;
  const auto before = report_.errors();
  keys(tree, node, "a step", {"grant", "deny", "wait", "task"}, [&](const Text& key, const YamlNode& value) {
    const std::string what(key.value);
    if (key.value == "wait" || key.value == "task") {
      scalar(value, what, key.value == "wait" ? s.wait : s.task);
      return;
    }
    if (!said.empty()) report_.error(key, key.value, "a step has both `grant` and `deny`", "make two steps of it");
    said = key.value;
    s.grant = key.value == "grant";
    sentence(tree, value, what, s.text);
  });
  if (report_.errors() != before) return;
  if (said.empty() && s.wait.source == nullptr)
    report_.error(node.text, {}, "a step says neither `grant`, `deny` nor `wait`", "grant: \"hmi page : file read\"");
  else
    test.steps.push_back(s);
}

void Decoder::tests(const YamlTree& tree, const YamlNode& node) {
  items(tree, node, "tests", [&](const YamlNode& item) {
    ParsedTest t;
    t.name = item.text;
    bool named = false;
    keys(tree, item, "a test", {"name", "steps"}, [&](const Text& key, const YamlNode& value) {
      if (key.value == "name")
        named = scalar(value, "name", t.name);
      else
        items(tree, value, "steps", [&](const YamlNode& one) { step(tree, one, t); });
    });
    if (item.kind == Kind::map && !named) report_.error(item.text, {}, "a test without `name`");
    out_.tests.push_back(std::move(t));
  });
}

void Decoder::events(const YamlTree& tree, const YamlNode& node) {
  pairs(tree, node, "events", [&](const Text& name, const YamlNode& value) {
    ParsedEvent e;
    e.name = name;
    const std::string what = "event `" + std::string(name.value) + "`";
    auto part = [&](const YamlNode& item) {
      Text text;
      if (sentence(tree, item, what, text)) e.parts.push_back(text);
    };
    if (value.kind == Kind::sequence)
      items(tree, value, what, part);
    else
      part(value);
    out_.events.push_back(std::move(e));
  });
}

void Decoder::flow(const YamlTree& tree, const Text& name, const YamlNode& node) {
  ParsedFlow f;
  f.name = name;
  const std::string what = "flow `" + std::string(name.value) + "`";
  keys(tree, node, what, {"scope", "states"}, [&](const Text& key, const YamlNode& value) {
    if (key.value == "scope") {
      scalar(value, what + ": scope", f.scope);
      return;
    }
    pairs(tree, value, what + ": states", [&](const Text& state, const YamlNode& edges) {
      ParsedFlow::State s;
      s.name = state;
      const std::string in = what + ": state `" + std::string(state.value) + "`";
      pairs(tree, edges, in, [&](const Text& event, const YamlNode& next) {
        Text to;
        if (scalar(next, in + ": " + std::string(event.value), to)) s.edges.push_back({event, to});
      });
      f.states.push_back(std::move(s));
    });
  });
  out_.flows.push_back(std::move(f));
}

void Decoder::temporal(const YamlTree& tree, const YamlNode& node) {
  ParsedTemporal t;
  t.name = node.text;
  bool named = false;
  keys(tree, node, "a formula", {"name", "scope", "deny", "limit"}, [&](const Text& key, const YamlNode& value) {
    if (key.value == "name") {
      named = scalar(value, "name", t.name);
    } else if (key.value == "scope") {
      scalar(value, "scope", t.scope);
    } else if (t.key.source != nullptr) {
      report_.error(key, key.value, "a formula has both `deny` and `limit`", "make two of it");
    } else if (scalar(value, std::string(key.value), t.clause)) {
      t.key = key;
    }
  });
  if (node.kind != Kind::map) return;
  if (!named) report_.error(node.text, {}, "a formula without `name`", "a denial is explained by it");
  if (t.key.source == nullptr)
    report_.error(node.text, {}, "a formula without `deny` or `limit`",
                  "deny: EVENT unless FORMULA, or limit: at most 5 EVENT in 10s");
  else if (named)
    out_.temporals.push_back(std::move(t));
}

void Decoder::include(const YamlTree& tree, const YamlNode& node) {
  std::vector<Text> paths;
  strings(tree, node, "include", paths);
  for (const Text& text : paths) {
    fs::path wanted{std::string(text.value)};
    std::vector<fs::path> tried;
    if (wanted.is_absolute()) {
      tried.push_back(wanted);
    } else {
      tried.push_back(fs::path(*text.source->name).parent_path() / wanted);
      for (const auto& dir : options_.include_dirs) tried.push_back(fs::path(dir) / wanted);
    }
    const fs::path* found = nullptr;
    for (const auto& path : tried)
      if (found == nullptr && readable(path)) found = &path;
    if (found == nullptr) {
      std::string hint = "looked for";
      for (const auto& path : tried) hint += ' ' + path.string();
      report_.error(text, text.value, "no file `" + std::string(text.value) + "` to include", std::move(hint));
      report_.set_unreadable();
      continue;
    }
    file(found->string(), &text);
  }
}

void Decoder::file(const std::string& path, const Text* include) {
  auto fail = [&](const std::string& message, const std::string& hint = {}) {
    report_.set_unreadable();
    if (include != nullptr) {
      report_.error(*include, include->value, message, hint);
    } else {
      report_.error(Pos{std::make_shared<const std::string>(path), 0, 0}, message, hint);
    }
  };
  std::error_code ec;
  fs::path canonical = fs::canonical(path, ec);
  std::string id = ec ? fs::path(path).lexically_normal().string() : canonical.string();
  for (const Frame& frame : stack_) {
    if (frame.id != id) continue;
    std::string chain;
    for (const Frame& f : stack_) chain += *f.source->name + " -> ";
    fail("`" + path + "` includes itself", chain + path);
    return;
  }
  if (read_.contains(id)) return;
  if (stack_.size() >= kMaxIncludeDepth) return fail("includes nested deeper than " + std::to_string(kMaxIncludeDepth));
  if (read_.size() >= kMaxFiles) return fail("more than " + std::to_string(kMaxFiles) + " files");
  read_.insert(id);

  if (fs::is_directory(path, ec)) return fail("`" + path + "` is a folder, not a policy file");
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail("cannot open `" + path + "`: " + std::strerror(errno));
  Source& source = out_.sources.emplace_back();
  source.name = std::make_shared<const std::string>(path);
  in.seekg(0, std::ios::end);
  auto size = in.tellg();
  if (size > 0 && static_cast<uint64_t>(size) <= kMaxFileBytes) source.text.reserve(static_cast<size_t>(size));
  in.clear();
  in.seekg(0);
  in.clear();
  char block[1 << 16];
  while (in.read(block, sizeof block), in.gcount() > 0) {
    source.text.append(block, static_cast<size_t>(in.gcount()));
    if (source.text.size() > kMaxFileBytes) break;
  }
  if (in.bad()) return fail("cannot read `" + path + "`");
  stack_.push_back({id, &source, include});
  decode(source);
  stack_.pop_back();
}

void Decoder::decode(Source& source) {
  if (source.text.size() > kMaxFileBytes) {
    report_.error(Pos{source.name, 0, 0}, "larger than " + std::to_string(kMaxFileBytes >> 20) + " MiB");
    return;
  }
  if (source.text.compare(0, 3, "\xef\xbb\xbf") == 0) source.text.erase(0, 3);
  YamlTree tree;
  if (parse_yaml(source, out_, tree, budget_, report_))
    top(tree);
  else
    report_.set_unreadable();
}

void Decoder::top(const YamlTree& tree) {
  const YamlNode& root = tree.at(1);
  if (root.kind != Kind::map) {
    report_.error(root.text, {}, std::string("a policy is a map, found ") + kind_name(root),
                  "begin with `policy: NAME`");
    return;
  }
  bool main = stack_.size() == 1;
  // Included files first, so that their domains and types come first whatever the order of keys.
  for (uint32_t k = root.first; k != 0; k = tree.nodes[tree.nodes[k].next].next) {
    if (tree.nodes[k].next == 0) break;
    if (tree.at(k).text.value == "include") include(tree, tree.at(tree.nodes[k].next));
  }
  bool named = false, versioned = false;
  keys(tree, root, "a policy",
       {"policy", "version", "include", "permissive", "levels", "attributes", "domains", "types", "transition", "allow",
        "audit", "dontaudit", "macros", "use", "events", "flows", "temporal", "assert", "tests"},
       [&](const Text& key, const YamlNode& value) {
         std::string_view k = key.value;
         if (k == "policy") {
           Text name;
           if (scalar(value, "policy", name) && main) out_.name = name;
           named = true;
         } else if (k == "version") {
           versioned = true;
           Text text;
           if (!scalar(value, "version", text)) return;
           uint32_t version = 0;
           auto [end, ec] = std::from_chars(text.value.data(), text.value.data() + text.value.size(), version);
           if (ec != std::errc() || end != text.value.data() + text.value.size())
             report_.error(text, text.value,
                           "version: expected a number from 0 to 4294967295, found `" +
                               std::string(text.value.substr(0, 40)) + "`");
           else if (main)
             out_.version = version;
         } else if (k == "permissive") {
           if (!main)
             report_.error(key, k, "`permissive` in an included file would open the whole policy",
                           "say it in the main file, or for one domain");
           else
             boolean(value, "permissive", out_.permissive);
         } else if (k == "levels") {
           levels(tree, key, value);
         } else if (k == "attributes") {
           attributes(tree, value);
         } else if (k == "domains") {
           pairs(tree, value, "domains", [&](const Text& n, const YamlNode& v) { domain(tree, n, v); });
         } else if (k == "types") {
           pairs(tree, value, "types",
                 [&](const Text& n, const YamlNode& v) { out_.types.push_back(type(tree, n, v)); });
         } else if (k == "transition") {
           strings(tree, value, "transition", out_.transitions);
         } else if (k == "allow") {
           rules(tree, value, Rule::Effect::allow, out_.rules);
         } else if (k == "audit") {
           rules(tree, value, Rule::Effect::audit, out_.rules);
         } else if (k == "dontaudit") {
           rules(tree, value, Rule::Effect::quiet, out_.rules);
         } else if (k == "macros") {
           pairs(tree, value, "macros", [&](const Text& n, const YamlNode& v) { macro(tree, n, v); });
         } else if (k == "use") {
           uses(tree, value, out_.uses);
         } else if (k == "events") {
           events(tree, value);
         } else if (k == "flows") {
           pairs(tree, value, "flows", [&](const Text& n, const YamlNode& v) { flow(tree, n, v); });
         } else if (k == "temporal") {
           items(tree, value, "temporal", [&](const YamlNode& item) { temporal(tree, item); });
         } else if (k == "assert") {
           assertions(tree, value);
         } else if (k == "tests") {
           tests(tree, value);
         }
       });
  if (main && !named) report_.error(root.text, {}, "the policy has no name", "begin with `policy: NAME`");
  if (main && !versioned)
    report_.error(root.text, {}, "the policy has no version",
                  "add `version: 1`; a device refuses to go back to a lower one");
}

}  // namespace

void parse_file(const std::string& path, const ParseOptions& options, ParsedPolicy& out, Reporter& report) {
  Decoder(options, out, report).file(path, nullptr);
}

void parse_text(const std::string& text, const std::string& name, const ParseOptions& options, ParsedPolicy& out,
                Reporter& report) {
  Decoder(options, out, report).text(text, name);
}

}  // namespace kss::policy
