// SPDX-License-Identifier: BSD-2-Clause
// Writes the JSON schema of the policy language, for editors: kss-gen-schema > policies/kss-policy.schema.json.
// With --check FILE it compares instead. Classes, permissions, built-in types and families come from the tables.
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "policy/debuginfo.hpp"
#include "policy/names.hpp"

namespace {

using namespace kss::policy;

std::string quote(const std::string& s) {
  std::string out = "\"";
  for (char c : s) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string join(const std::vector<std::string>& parts, const std::string& separator) {
  std::string out;
  for (const auto& p : parts) out += (out.empty() ? "" : separator) + p;
  return out;
}

// "key": value, for a JSON object that is put together from strings.
std::string member(const std::string& key, const std::string& value) { return quote(key) + ": " + value; }
std::string object(const std::vector<std::string>& members) { return "{ " + join(members, ", ") + " }"; }

// One member a line.
std::string block(const std::vector<std::string>& members, const std::string& indent) {
  return "{\n" + indent + "  " + join(members, ",\n" + indent + "  ") + "\n" + indent + "}";
}

std::string ref(const std::string& name) { return object({member("$ref", quote("#/$defs/" + name))}); }
std::string string_or_list(const std::string& item) {
  return "{ \"anyOf\": [ " + item + ", { \"type\": \"array\", \"items\": " + item + " } ] }";
}
std::string list(const std::string& item) { return "{ \"type\": [\"array\", \"null\"], \"items\": " + item + " }"; }
std::string map(const std::string& value) {
  return "{ \"type\": [\"object\", \"null\"], \"propertyNames\": " + ref("name") +
         ", \"additionalProperties\": " + value + " }";
}
std::string closed(const std::vector<std::string>& members, const std::string& extra = "") {
  return "{ \"type\": [\"object\", \"null\"], \"additionalProperties\": false" + extra +
         ",\n      \"properties\": " + block(members, "      ") + " }";
}
std::string described(const std::string& doc, const std::string& schema) {
  return "{ \"description\": " + quote(doc) + ", \"allOf\": [ " + schema + " ] }";
}
std::string pattern(const std::string& regex, const std::string& doc) {
  return object({member("type", quote("string")), member("pattern", quote(regex)), member("description", quote(doc))});
}
std::string enumeration(const std::vector<std::string>& names) {
  std::vector<std::string> quoted;
  for (const auto& n : names) quoted.push_back(quote(n));
  return "{ \"enum\": [" + join(quoted, ", ") + "] }";
}

const char* kind_doc(kss_object_kind kind) {
  switch (kind) {
    case KSS_KIND_PATH: return "a type with files or devices";
    case KSS_KIND_DOMAIN: return "a domain";
    case KSS_KIND_SELF: return "self";
    case KSS_KIND_INET: return "a type with addresses";
    case KSS_KIND_UNIX: return "a type with unix names or files, or a domain";
    case KSS_KIND_FAMILY: return "a type with socket families";
    case KSS_KIND_SYSTEM: return "system";
  }
  return "";
}

std::string schema() {
  std::vector<std::string> classes{"anyfile"}, perms{"*"}, class_docs;
  std::set<std::string> seen;
  for (uint32_t c = 0; c < KSS_NCLASSES; ++c) {
    std::vector<std::string> docs;
    for (uint32_t p = 0; p < perm_count(c); ++p) {
      docs.push_back(member(perm_name(c, p), quote(perm_doc(c, p))));
      if (seen.insert(perm_name(c, p)).second) perms.emplace_back(perm_name(c, p));
    }
    classes.emplace_back(class_name(c));
    class_docs.push_back(member(
        class_name(c), block({member("doc", quote(class_doc(c))), member("object", quote(kind_doc(class_kind(c)))),
                              member("perms", block(docs, "        "))},
                             "      ")));
  }
  std::vector<std::string> builtins, families, protocols;
  for (uint32_t b = 0; b < KSS_NBUILTINS; ++b) builtins.push_back(member(builtin_name(b), quote(builtin_doc(b))));
  for (const auto& f : family_names()) families.emplace_back(f.name);
  for (const auto& n : netlink_names()) protocols.emplace_back(n.name);

  const std::string word = "[-A-Za-z0-9_.*:$]+|\\{[^{}]+\\}";
  const std::string part = "\\s*(" + word + "|[^ ]*\\$\\{[^ ]*)\\s*";
  std::string class_words = join(classes, "|");
  const std::string classes_perms =
      "\\s*((" + class_words + "|\\$[A-Za-z0-9_{}]+)\\s|\\{[^{}]+\\})\\s*(" + word + ")\\s*";
  std::string rule_string = "^" + part + "\\s" + part + ":" + classes_perms + "$";

  std::vector<std::string> defs = {
      member("name", pattern("^[A-Za-z_$][A-Za-z0-9_.${}-]*$", "letters, digits, _ . - beginning with a letter or _")),
      member("names", string_or_list("{ \"type\": \"string\" }")),
      member("class", enumeration(classes)),
      member("perm", enumeration(perms)),
      member("sentence",
             "{ \"anyOf\": [ { \"type\": \"string\" }, { \"type\": \"object\", \"minProperties\": 1, "
             "\"maxProperties\": 1, "
             "\"additionalProperties\": { \"type\": \"string\" }, \"description\": \"what YAML makes of an unquoted "
             "colon\" } ] }"),
      member(
          "rule",
          "{ \"anyOf\": [\n      " +
              pattern(rule_string, "SUBJECT OBJECT : CLASS PERMISSION, each a name or { names }") +
              ",\n      { \"type\": \"object\", \"minProperties\": 1, \"maxProperties\": 1, \"additionalProperties\": "
              "false,\n"
              "        \"patternProperties\": { " +
              quote("^" + part + "\\s" + part + "$") +
              ": { \"type\": \"string\", \"pattern\": " + quote("^" + classes_perms + "$") +
              " } },\n        \"description\": \"an unquoted rule, as YAML reads it\" },\n      " +
              "{ \"type\": \"object\", \"additionalProperties\": false, \"required\": [\"domain\", \"type\", "
              "\"class\", \"perms\"],\n"
              "        \"properties\": " +
              block(
                  {member("domain", ref("names")), member("type", ref("names")),
                   member("class",
                          "{ \"anyOf\": [ " + ref("class") +
                              ", { \"type\": \"string\", \"pattern\": \"[{$]\" }, { \"type\": \"array\", \"items\": " +
                              ref("class") + " } ] }"),
                   member("perms", "{ \"anyOf\": [ " + ref("perm") +
                                       ", { \"type\": \"string\", \"pattern\": \"[{$]|^CAP_\" }, { \"type\": "
                                       "\"array\", \"items\": { \"type\": \"string\" } } ] }"),
                   member("why", "{ \"type\": \"string\" }")},
                  "        ") +
              " }\n    ] }"),
      member("rules", list(ref("rule"))),
      member("path", pattern("^[/{$]", "an absolute path; *, ?, [abc], {a,b} in a name, ** for any depth")),
      member("entry",
             closed({member("exec", described("path of the executable", ref("path"))),
                     member("digest", pattern("^sha256:[0-9a-fA-F]{64}$", "SHA-256 of the executable")),
                     member("cgroup", described("path below the cgroup v2 root", ref("path"))),
                     member("container", pattern("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$", "name of a container")),
                     member("type", ref("name")),
                     member("run", "{ \"const\": true, \"description\": \"kss-load run and launchers may enter\" }"),
                     member("from", described("domains that may enter this way; default unconfined", ref("names")))},
                    ", \"oneOf\": [ { \"required\": [\"exec\"] }, { \"required\": [\"digest\"] }, { \"required\": "
                    "[\"cgroup\"] }, { \"required\": "
                    "[\"container\"] }, { \"required\": [\"type\"] }, { \"required\": [\"run\"] } ]")),
      member("domain",
             closed({member("enter", "{ \"anyOf\": [ " + ref("entry") +
                                         ", { \"type\": \"array\", \"items\": " + ref("entry") + " } ] }"),
                     member("permissive",
                            "{ \"type\": \"boolean\", \"description\": \"denials are audited, not enforced\" }"),
                     member("trusted",
                            "{ \"type\": \"boolean\", \"description\": \"noflow lets information go through it\" }"),
                     member("level", ref("level")), member("attributes", ref("names"))})),
      member("level", closed({member("secrecy", ref("level_text")), member("integrity", ref("level_text"))})),
      member(
          "level_text",
          "{ \"type\": \"string\", \"description\": \"DEGREE, DEGREE { CATEGORY … }, or for domains LOW .. HIGH\" }"),
      member("lattice", closed({member("degrees", ref("names")), member("categories", ref("names"))})),
      member("type",
             closed({member("files", string_or_list(ref("path"))),
                     member("devices", string_or_list(pattern("^(char|block) +[0-9]+:([0-9]+|\\*)$|\\$",
                                                              "char MAJOR:MINOR, block MAJOR:*"))),
                     member("inet", string_or_list(pattern(
                                        "^(tcp|udp|sctp|icmp|rawip) +[^ ]+( +port +(any|[0-9]+(-[0-9]+)?))?$|\\$",
                                        "PROTOCOL ADDRESS[/PREFIX] [port N]"))),
                     member("unix",
                            string_or_list(pattern("^[@/{$]", "@abstract name or path; wildcards as in files"))),
                     member("family", string_or_list(pattern("^(" + join(families, "|") + "|[0-9]+)$|^netlink +(" +
                                                                 join(protocols, "|") + "|[0-9]+)$|\\$",
                                                             "a socket family, or netlink PROTOCOL"))),
                     member("level", ref("level")), member("attributes", ref("names"))})),
      member("use", list("{ \"anyOf\": [ { \"type\": \"string\" }, { \"type\": \"object\", \"minProperties\": 1, "
                         "\"maxProperties\": 1, "
                         "\"additionalProperties\": { \"type\": [\"object\", \"null\"], \"additionalProperties\": { "
                         "\"type\": [\"string\", \"number\"] } } } ] }")),
      member("macro",
             closed({member("params", string_or_list(pattern("^[A-Za-z_][A-Za-z0-9_]*$", "used as $name or ${name}"))),
                     member("allow", ref("rules")), member("audit", ref("rules")), member("dontaudit", ref("rules")),
                     member("types", map(ref("type"))), member("neverallow", list(ref("sentence"))),
                     member("use", ref("use"))})),
      member("scope",
             "{ \"enum\": [\"global\", \"domain\", \"task\"], \"description\": \"whose history: one for the device "
             "(default), for each domain, for each task\" }"),
      member("event", "{ \"anyOf\": [ " + pattern(":", "SUBJECT OBJECT : CLASS PERMISSION") +
                          ", { \"type\": \"array\", \"minItems\": 1, \"items\": " + ref("sentence") + " } ] }"),
      member(
          "flow",
          closed({member("scope", ref("scope")),
                  member("states",
                         "{ \"type\": \"object\", \"minProperties\": 1, \"propertyNames\": { \"type\": \"string\" }, "
                         "\"additionalProperties\": " +
                             map("{ \"type\": \"string\", \"description\": \"the state that it leads to\" }") +
                             ",\n        \"description\": \"what may happen in each, EVENT: STATE; the first is the "
                             "start\" }")},
                 ", \"required\": [\"states\"]")),
      member("temporal",
             closed({member("name", "{ \"type\": \"string\", \"description\": \"a denial says it\" }"),
                     member("scope", ref("scope")),
                     member("deny", pattern("[\\s}](unless|if)[\\s(]",
                                            "EVENT unless FORMULA, EVENT if FORMULA; several events: { a b }")),
                     member("limit",
                            pattern("^\\s*at\\s+most\\s+[1-9][0-9]*[\\s{].*[\\s}]in\\s+[0-9]+(ns|us|ms|s|m|h|d)\\s*$",
                                    "at most N EVENT in TIME"))},
                    ", \"required\": [\"name\"], \"oneOf\": [ { \"required\": [\"deny\"] }, { \"required\": "
                    "[\"limit\"] } ]")),
      member(
          "step",
          closed({member("grant", described("every permission is granted", ref("sentence"))),
                  member("deny", described("no permission is granted", ref("sentence"))),
                  member("wait", pattern("^[0-9]+(ns|us|ms|s|m|h|d)$", "time that passes before it: 500ms, 10s, 5m")),
                  member("task",
                         "{ \"type\": \"string\", \"description\": \"whose history, where flows and formulas are of "
                         "tasks\" }")},
                 ", \"minProperties\": 1, \"not\": { \"required\": [\"grant\", \"deny\"] }")),
      member("test", closed({member("name", "{ \"type\": \"string\" }"), member("steps", list(ref("step")))},
                            ", \"required\": [\"name\"]")),
  };
  std::vector<std::string> top = {
      member("policy", "{ \"type\": [\"string\", \"number\"], \"description\": \"name of the policy\" }"),
      member(
          "version",
          "{ \"type\": \"integer\", \"minimum\": 0, \"maximum\": 4294967295, \"description\": \"only ever grows\" }"),
      member("include", described("files, relative to this one or to an include folder", ref("names"))),
      member("permissive", "{ \"type\": \"boolean\", \"description\": \"no denial is enforced, all are audited\" }"),
      member("levels", closed({member("secrecy", ref("lattice")), member("integrity", ref("lattice")),
                               member("default", ref("level")), member("of", map(ref("level")))})),
      member("attributes", map(ref("names"))),
      member("domains", map(ref("domain"))),
      member("types", map(ref("type"))),
      member("transition", string_or_list(pattern("->", "SUBJECT TYPE -> DOMAIN"))),
      member("allow", described("what is granted; everything else is denied", ref("rules"))),
      member("audit", described("grants that are reported", ref("rules"))),
      member("dontaudit", described("denials that are not reported", ref("rules"))),
      member("macros", map(ref("macro"))),
      member("use", ref("use")),
      member("events", described("names of accesses, for flows and formulas", map(ref("event")))),
      member("flows", described("state machines: in which order events are granted", map(ref("flow")))),
      member("temporal", described("formulas about what happened before, and limits", list(ref("temporal")))),
      member("assert", list(ref("sentence"))),
      member("tests", list(ref("test"))),
  };
  return block({member("$schema", quote("https://json-schema.org/draft/2020-12/schema")),
                member("title", quote("KSS policy")),
                member("$comment", quote("generated by kss-gen-schema from the class table; do not edit")),
                member("type", quote("object")), member("additionalProperties", "false"),
                member("properties", block(top, "  ")), member("$defs", block(defs, "  ")),
                member("x-kss-classes", block(class_docs, "    ")),
                member("x-kss-builtin-types", block(builtins, "    "))},
               "") +
         "\n";
}

}  // namespace

int main(int argc, char** argv) {
  std::string text = schema();
  if (argc == 1) {
    std::cout << text;
    return 0;
  }
  if (argc != 3 || std::string(argv[1]) != "--check") {
    std::cerr << "usage: kss-gen-schema [--check FILE]\n";
    return 2;
  }
  std::ifstream in(argv[2], std::ios::binary);
  std::string have{std::istreambuf_iterator<char>(in), {}};
  if (in && have == text) return 0;
  std::cerr << argv[2] << " is not what the class table says; run kss-gen-schema > " << argv[2] << "\n";
  return 1;
}
