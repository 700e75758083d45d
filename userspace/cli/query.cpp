// SPDX-License-Identifier: BSD-2-Clause
// kss-load query: who can do what to which, and where information can go.
#include "policy/query.hpp"

#include <algorithm>
#include <memory>

#include "cli/rules.hpp"
#include "cli/source.hpp"
#include "lib/labels.hpp"
#include "policy/names.hpp"

namespace kss::cli {
namespace {

struct Options {
  std::string policy, what, who, from, to, cls;
  std::vector<std::string> perms, include_dirs;
  bool classes = false, levels = false;
};

/// An object by name, or by what will be labelled: a path, an address …
Result<uint32_t> object_of(const Source& s, const std::string& text, const Options& o) {
  if (auto id = lib::find_object(s.debug, text)) return *id;
  const bool labelled = text.starts_with('/') || text.starts_with('@') || text.find(' ') != std::string::npos;
  if (!labelled)
    return Error{"the policy has no domain or type " + text, "a path, @name or \"tcp ADDRESS port N\" will do, too", 0};
  const auto image = engine::Simulator::load(s.image);
  if (!image) return image.error();
  const auto cls = policy::find_class(o.cls.empty() ? text.starts_with('@') ? "unix" : "file" : o.cls);
  return lib::label_target(*image, text, cls.value_or(KSS_CLASS_file));
}

Exit usage(const Cli& cli, const Error& error) { return cli.fail(Exit::usage, error); }

/// The answer to --what and --who.
Exit show_accesses(const Cli& cli, const Options& o, const Source& s) {
  const policy::DebugInfo& debug = s.debug;
  policy::AccessQuery query;
  if (!o.what.empty()) {
    query.domain = lib::find_domain(debug, o.what);
    if (!query.domain) return usage(cli, {"the policy has no domain " + o.what, "", 0});
  }
  if (!o.who.empty()) {
    const auto object = object_of(s, o.who, o);
    if (!object) return usage(cli, object.error());
    query.object = *object;
  }
  if (!o.cls.empty()) {
    query.cls = policy::find_class(o.cls);
    if (!query.cls) return usage(cli, {"there is no class " + o.cls, "kss-load query --classes lists them", 0});
  }
  if (!o.perms.empty()) {
    if (!query.cls) return usage(cli, {"--perm goes with --class", "a permission belongs to a class", 0});
    query.perms = 0;
    for (const std::string& name : o.perms) {
      const auto bit = policy::find_perm(*query.cls, name);
      if (!bit) return usage(cli, {"class " + o.cls + " has no permission " + name, "", 0});
      query.perms |= 1u << *bit;
    }
  }
  const std::vector<policy::Access> found = policy::accesses(debug, query);
  if (cli.json) {
    cli.print(Json::object().set("ok", true).set("policy", debug.policy_name).set("accesses", to_json(debug, found)));
    return Exit::ok;
  }
  const Colors c = cli.out();
  if (found.empty()) std::printf("nothing is granted\n");
  for (const policy::Access& a : found)
    std::printf("%s  %s%s%s\n", printable(access_text(debug, a)).c_str(), c.dim,
                printable(rules_text(debug, a)).c_str(), c.reset);
  if (query.domain && debug.domains[*query.domain].permissive)
    cli.note("domain " + o.what + " is permissive: what it is denied is let through");
  return Exit::ok;
}

/// The answer to --from and --to.
Exit show_flow(const Cli& cli, const Options& o, const Source& s) {
  const policy::DebugInfo& debug = s.debug;
  const auto from = object_of(s, o.from, o), to = object_of(s, o.to, o);
  if (!from) return usage(cli, from.error());
  if (!to) return usage(cli, to.error());
  if (*from == *to) return usage(cli, {"--from and --to are the same place", "", 0});
  const std::vector<policy::FlowHop> chain = policy::flow_between(debug, {*from}, {*to});
  if (cli.json) {
    Json list = Json::array();
    for (const policy::FlowHop& hop : chain)
      list.push(Json::object()
                    .set("from", debug.objects[hop.from].name)
                    .set("to", debug.objects[hop.to].name)
                    .set("rule", rule_place(debug, hop.grant))
                    .set("text", debug.rules[hop.grant].text));
    cli.print(Json::object().set("ok", true).set("flow", !chain.empty()).set("chain", list));
    return Exit::ok;
  }
  const Colors c = cli.out();
  if (chain.empty())
    std::printf("no information can go from %s to %s\n", printable(debug.objects[*from].name).c_str(),
                printable(debug.objects[*to].name).c_str());
  else
    std::printf("%s%s%s\n", c.bold, printable(debug.objects[*from].name).c_str(), c.reset);
  for (const policy::FlowHop& hop : chain)
    std::printf("  -> %s%s%s  by `%s`  %s%s%s\n", c.bold, printable(debug.objects[hop.to].name).c_str(), c.reset,
                printable(debug.rules[hop.grant].text).c_str(), c.dim, printable(rule_place(debug, hop.grant)).c_str(),
                c.reset);
  return Exit::ok;
}

/// The answer to --levels.
Exit show_levels(const Cli& cli, const Source& s) {
  const policy::DebugInfo& debug = s.debug;
  auto shown = [&](uint32_t id) {  // not what stands for no object of its own
    return id != KSS_OBJ_unresolved && id != KSS_OBJ_DOMAINS + KSS_DOMAIN_NONE && !debug.objects[id].name.empty();
  };
  if (cli.json) {
    Json list = Json::array();
    for (uint32_t id = 0; id < debug.objects.size(); id++)
      if (shown(id))
        list.push(Json::object().set("name", debug.objects[id].name).set("level", debug.objects[id].level));
    cli.print(Json::object().set("ok", true).set("policy", debug.policy_name).set("levels", list));
    return Exit::ok;
  }
  if (debug.objects.at(KSS_OBJ_unlabeled).level.empty()) {
    std::printf("the policy has no levels\n");
    return Exit::ok;
  }
  for (uint32_t id = 0; id < debug.objects.size(); id++)
    if (shown(id))
      std::printf("%-24s %s\n", printable(debug.objects[id].name).c_str(), printable(debug.objects[id].level).c_str());
  return Exit::ok;
}

/// The answer to --classes: the table from which all else is made.
Exit show_classes(const Cli& cli) {
  static constexpr const char* kWays[] = {"", "to the subject", "to the object", "both ways"};
  auto way = [](uint32_t cls, uint32_t bit) {
    const policy::FlowMasks flow = policy::flow_of(cls);
    return kWays[(flow.read >> bit & 1) | (flow.write >> bit & 1) << 1];
  };
  if (cli.json) {
    Json classes = Json::array();
    for (uint32_t k = 0; k < KSS_NCLASSES; k++) {
      Json perms = Json::array();
      for (uint32_t bit = 0; bit < policy::perm_count(k); bit++)
        perms.push(Json::object()
                       .set("name", policy::perm_name(k, bit))
                       .set("information", way(k, bit))
                       .set("text", policy::perm_doc(k, bit)));
      classes.push(Json::object()
                       .set("name", policy::class_name(k))
                       .set("text", policy::class_doc(k))
                       .set("permissions", perms));
    }
    cli.print(Json::object().set("ok", true).set("classes", classes));
    return Exit::ok;
  }
  const Colors c = cli.out();
  for (uint32_t k = 0; k < KSS_NCLASSES; k++) {
    std::printf("%s%s%s: %s\n", c.bold, policy::class_name(k), c.reset, policy::class_doc(k));
    for (uint32_t bit = 0; bit < policy::perm_count(k); bit++)
      std::printf("  %-18s %s%-15s%s %s\n", policy::perm_name(k, bit), c.dim, way(k, bit), c.reset,
                  policy::perm_doc(k, bit));
  }
  return Exit::ok;
}

Exit query(Cli& cli, const Options& o) {
  if (o.classes) return show_classes(cli);
  const bool flow = !o.from.empty() || !o.to.empty();
  if (o.policy.empty()) return usage(cli, {"which policy?", "kss-load query POLICY --what DOMAIN", 0});
  if (flow && (o.from.empty() || o.to.empty())) return usage(cli, {"--from and --to go together", "", 0});
  if (flow && !(o.what.empty() && o.who.empty()))
    return usage(cli, {"--from and --to are another question than --what and --who", "ask them one by one", 0});
  cli.exit = Exit::ok;
  const auto s = open_source(cli, o.policy, o.include_dirs, true);
  if (!s) return cli.exit;
  if (o.levels) return show_levels(cli, *s);
  return flow ? show_flow(cli, o, *s) : show_accesses(cli, o, *s);
}

}  // namespace

void add_query(CLI::App& app, Cli& cli) {
  auto o = std::make_shared<Options>();
  Command command(
      app, cli, "query", "Ask what a policy grants, and where information can go",
      "What a domain may do, who may do it, and by which chain of grants information can come from one place\n"
      "to another (through no trusted domain). Each answer names the rules.",
      "  kss-load query policy.yaml --what hmi                      all that hmi may do\n"
      "  kss-load query policy.yaml --who /etc/plc/key              who may do what to that file\n"
      "  kss-load query policy.yaml --who plc_config --class file --perm write\n"
      "  kss-load query policy.kss --from diagnostics --to remote   the shortest chain, if there is one\n"
      "  kss-load query policy.yaml --levels                        secrecy and integrity of all that has a name\n"
      "  kss-load query --classes                                   classes and permissions, explained\n",
      [&cli, o] { return query(cli, *o); });
  command.optional_argument("POLICY", o->policy, "YAML policy or compiled image; - is YAML on standard input")
      .option("--what", o->what, "DOMAIN", "What this domain may do")
      .option("--who", o->who, "OBJECT", "Who may do what to this domain, type, path, @name or address")
      .option("--class", o->cls, "CLASS", "Only this class")
      .list("--perm", o->perms, "PERM", "Only these permissions of that class", true)
      .option("--from", o->from, "PLACE", "Where information comes from: a domain, a type, a path …")
      .option("--to", o->to, "PLACE", "Where it may come to")
      .flag("--levels", o->levels, "List domains and types with their secrecy and integrity")
      .flag("--classes", o->classes, "List classes and permissions")
      .includes(o->include_dirs);
}

}  // namespace kss::cli
