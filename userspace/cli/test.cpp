// SPDX-License-Identifier: BSD-2-Clause
// kss-load test: a policy's own tests, and how much they would notice.
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "cli/diagnostics.hpp"
#include "cli/policy_tests.hpp"

namespace kss::cli {
namespace {

struct Options {
  std::vector<std::string> policies, include_dirs;
  std::string junit;
  bool unused = false, mutate = false, all = false;
  uint32_t score = 0;
};

/// What has been found out about one policy.
struct Tested {
  std::string path, name;
  const policy::CheckedPolicy* policy;
  TestReport report;
  std::vector<WrittenRule> rules;
  std::vector<bool> used;
  MutationReport mutation;
  uint32_t score() const {  // percent, rounded down
    if (!mutation.tried) return 100;
    return static_cast<uint32_t>(100 * (mutation.tried - mutation.unnoticed.size()) / mutation.tried);
  }
};

std::string xml(const std::string& text) {
  std::string out;
  for (const char c : printable(text)) switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  return out;
}

/// The form that CI systems read: a suite a policy, a case a test.
std::string junit(const std::vector<Tested>& tested) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (const Tested& t : tested) {
    out += "  <testsuite name=\"" + xml(t.name) + "\" tests=\"" + std::to_string(t.report.run) + "\" failures=\"" +
           std::to_string(t.report.failures.size()) + "\">\n";
    for (std::size_t i = 0; i < t.report.run; i++) {
      const policy::Test& test = t.policy->tests[i];
      out += "    <testcase classname=\"" + xml(t.path) + "\" name=\"" + xml(test.name) + "\" file=\"" +
             xml(test.pos.file ? *test.pos.file : t.path) + "\" line=\"" + std::to_string(test.pos.line) + "\"";
      const auto failed = std::find(t.report.failed.begin(), t.report.failed.end(), i);
      if (failed == t.report.failed.end()) {
        out += "/>\n";
        continue;
      }
      const Diagnostic& d = t.report.failures[static_cast<std::size_t>(failed - t.report.failed.begin())];
      out += ">\n      <failure message=\"" + xml(d.message) + "\">" + xml(policy::format(d)) +
             "</failure>\n    </testcase>\n";
    }
    out += "  </testsuite>\n";
  }
  return out + "</testsuites>\n";
}

std::string place(const WrittenRule& rule) { return *rule.pos.file + ":" + std::to_string(rule.pos.line); }

Json as_json(const Tested& t, const Options& o) {
  Json tests = Json::array();
  for (std::size_t i = 0; i < t.report.run; i++) {
    const bool failed = std::find(t.report.failed.begin(), t.report.failed.end(), i) != t.report.failed.end();
    tests.push(Json::object().set("name", t.policy->tests[i].name).set("ok", !failed));
  }
  Json j = Json::object().set("policy", t.path).set("name", t.name).set("tests", tests);
  j.set("failures", to_json(t.report.failures));
  Json unused = Json::array();
  for (std::size_t i = 0; i < t.rules.size(); i++)
    if (!t.used[i]) unused.push(Json::object().set("place", place(t.rules[i])).set("text", t.rules[i].text));
  j.set("rules", t.rules.size()).set("unused", unused);
  if (!o.mutate) return j;
  Json unnoticed = Json::array();
  for (const Mutant& m : t.mutation.unnoticed)
    unnoticed.push(
        Json::object().set("place", place(t.rules[m.rule])).set("text", t.rules[m.rule].text).set("change", m.change));
  return j.set("mutants", t.mutation.tried).set("score", t.score()).set("unnoticed", unnoticed);
}

void print(const Tested& t, const Options& o, const Cli& cli) {
  print(t.report.failures, cli.err(), stderr);
  const Colors c = cli.out();
  const bool ok = t.report.failures.empty();
  std::printf("%s: %s%s%s: %s, %zu failed; %zu of %s used", printable(t.path).c_str(), ok ? c.green : c.red,
              ok ? "ok" : "failed", c.reset, count(t.report.run, "test").c_str(), t.report.failures.size(),
              static_cast<std::size_t>(std::count(t.used.begin(), t.used.end(), true)),
              count(t.rules.size(), "rule").c_str());
  if (o.mutate) std::printf("; %u %% of %s noticed", t.score(), count(t.mutation.tried, "change").c_str());
  std::printf("\n");
  if (o.unused)
    for (std::size_t i = 0; i < t.rules.size(); i++)
      if (!t.used[i])
        std::printf("  no test uses      %s: %s\n", printable(place(t.rules[i])).c_str(),
                    printable(t.rules[i].text).c_str());
  for (const Mutant& m : t.mutation.unnoticed)
    std::printf("  no test notices   %s: %s %s%s%s\n", printable(place(t.rules[m.rule])).c_str(),
                printable(t.rules[m.rule].text).c_str(), c.dim, m.change, c.reset);
}

Exit test(Cli& cli, const Options& o) {
  std::vector<Source> sources;
  cli.exit = Exit::ok;
  for (const std::string& path : o.policies) {
    auto s = open_source(cli, path, o.include_dirs, true);
    if (!s) return cli.exit;
    if (!s->checked)
      return cli.fail(Exit::usage, {path + " is an image, which carries no tests", "give the policy's text", 0});
    sources.push_back(std::move(*s));
  }
  std::vector<Tested> tested;
  Exit worst = Exit::ok;
  for (const Source& s : sources) {
    Tested t{s.path, s.debug.policy_name, &*s.checked, run_tests(s), written_rules(*s.checked, o.all), {}, {}};
    const auto image = engine::Simulator::load(s.image);
    if (!image) return cli.fail(Exit::internal, image.error());
    t.used = rules_used(*s.checked, *image, t.rules);
    // Tests that fail as it is would notice nothing.
    if (o.mutate && t.report.failures.empty()) {
      const bool shown = !cli.json && isatty(STDERR_FILENO);
      t.mutation = mutate(*s.checked, t.rules, s.path, [&](std::size_t done, std::size_t all) {
        if (shown) std::fprintf(stderr, "\r%zu of %zu rules changed%s", done, all, done == all ? "\r\033[K" : "");
      });
    }
    if (!t.report.failures.empty() || (o.mutate && t.score() < o.score)) worst = Exit::policy;
    tested.push_back(std::move(t));
  }
  if (!o.junit.empty()) {
    const std::string text = junit(tested);
    if (auto done = write_file(o.junit, std::as_bytes(std::span(text)), 0644); !done)
      return cli.fail(Exit::internal, done.error());
  }
  if (cli.json) {
    Json list = Json::array();
    for (const Tested& t : tested) list.push(as_json(t, o));
    cli.print(Json::object().set("ok", worst == Exit::ok).set("exit", static_cast<int>(worst)).set("policies", list));
    return worst;
  }
  for (const Tested& t : tested) {
    print(t, o, cli);
    if (o.mutate && t.score() < o.score)
      std::fprintf(stderr, "%s: the tests notice %u %% of the changes, and %u %% are asked for\n",
                   printable(t.path).c_str(), t.score(), o.score);
  }
  return worst;
}

}  // namespace

void add_test(CLI::App& app, Cli& cli) {
  auto o = std::make_shared<Options>();
  Command command(
      app, cli, "test", "Run a policy's own tests, and say what they would not notice",
      "Runs the tests on the core that kernels run. Says how many rules a test makes use of; with --mutate also\n"
      "which changes no test would notice: each rule taken away, each rule widened to every permission.",
      "  kss-load test policies/*.yaml\n"
      "  kss-load test --mutate policy.yaml           what no test notices\n"
      "  kss-load test --min-score 80 policy.yaml     fails if they notice less than 80 % of the changes\n"
      "  kss-load test --junit report.xml policy.yaml\n",
      [&cli, o] {
        o->mutate |= o->score != 0;
        return test(cli, *o);
      });
  command.arguments("POLICY", o->policies, "YAML policies; - is standard input")
      .flag("--unused", o->unused, "List the rules that no test makes use of")
      .flag("--mutate", o->mutate, "Change each rule in turn and list what no test notices")
      .number("--min-score", o->score, 1, 100, "PERCENT", "Fail if the tests notice fewer of these changes")
      .flag("--all", o->all, "Count rules of included files, too")
      .option("--junit", o->junit, "FILE", "Write the results as JUnit XML")
      .includes(o->include_dirs);
}

}  // namespace kss::cli
