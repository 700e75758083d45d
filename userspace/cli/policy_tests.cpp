// SPDX-License-Identifier: BSD-2-Clause
#include "cli/policy_tests.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "engine/states.hpp"
#include "lib/labels.hpp"
#include "policy/levels.hpp"
#include "policy/names.hpp"
#include "policy/report.hpp"

namespace kss::cli {
namespace {

using policy::CheckedPolicy;
using policy::Rule;

bool has(const policy::IdSet& set, uint32_t id) { return std::binary_search(set.begin(), set.end(), id); }

Result<uint32_t> object_of(const policy::TestStep& step, const engine::Simulator& image) {
  return step.object ? Result<uint32_t>(*step.object) : lib::label_target(image, step.target, step.cls);
}

/// Does the policy, changed, still pass? One that does not compile has been noticed.
bool passes(CheckedPolicy policy, const std::string& path) {
  Diagnostics diags;
  policy::Reporter report(diags);
  policy::apply_levels(policy, report);
  auto bytes = policy::compile(policy, diags);
  if (!bytes) return false;
  const auto image = engine::Simulator::load(std::move(*bytes));
  return image && run_tests(policy, *image, path).failures.empty();
}

}  // namespace

TestReport run_tests(const CheckedPolicy& policy, const engine::Simulator& image, const std::string& path) {
  TestReport report;
  for (const policy::Test& test : policy.tests) {
    const std::size_t number = report.run++;
    engine::States states(image);  // each test begins with no history
    uint64_t now = 1'000'000'000;
    for (const policy::TestStep& step : test.steps) {
      const auto fail = [&](const std::string& what, const std::string& hint) {
        report.failures.push_back({Diagnostic::Severity::error, step.pos, "test `" + test.name + "`: " + what, hint});
        report.failed.push_back(number);
      };
      now += step.wait;
      if (!step.perms) continue;
      const auto object = object_of(step, image);
      if (!object) {
        fail(object.error().message, object.error().hint);
        break;
      }
      const std::string& task = step.task.empty() ? policy.domains[step.domain].name : step.task;
      const auto verdict = states.act(task, step.domain, *object, step.cls, step.perms, now);
      const uint32_t denied = verdict.denied;
      const uint32_t wrong = step.grant ? denied : step.perms & ~denied;
      if (!wrong) continue;
      if (verdict.machine) {
        const policy::Machine& m = policy.machines[*verdict.machine];
        fail("expected a grant, but " + std::string(m.flow ? "flow `" : "formula `") + m.name + "` denies it now",
             m.text);
        break;
      }
      fail(std::string("expected ") + (step.grant ? "a grant" : "a denial") + ", but " + policy::class_name(step.cls) +
               " { " + policy::perm_names(step.cls, wrong) + " } on " + policy.object_name(*object) +
               (step.grant ? " is denied" : " is granted"),
           "kss-load explain --policy " + path + " says why");
      break;  // later steps of a test build on the earlier ones
    }
  }
  return report;
}

TestReport run_tests(const Source& source) {
  TestReport report;
  if (!source.checked || source.checked->tests.empty()) return report;
  const auto image = engine::Simulator::load(source.image);
  if (image) return run_tests(*source.checked, *image, source.path);
  report.failures.push_back({Diagnostic::Severity::error, {}, image.error().message, image.error().hint});
  return report;
}

std::vector<WrittenRule> written_rules(const CheckedPolicy& policy, bool included) {
  std::vector<WrittenRule> out;
  std::map<std::tuple<std::string, uint32_t, uint32_t>, std::size_t> places;
  for (std::size_t i = 0; i < policy.rules.size(); i++) {
    const Rule& rule = policy.rules[i];
    if (rule.effect != Rule::Effect::allow || !rule.pos.file) continue;
    if (!included && !policy.sources.empty() && *rule.pos.file != policy.sources[0]) continue;
    const auto [it, fresh] = places.try_emplace({*rule.pos.file, rule.pos.line, rule.pos.column}, out.size());
    if (fresh) out.push_back({rule.pos, rule.text, {}});
    out[it->second].rules.push_back(i);
  }
  return out;
}

std::vector<bool> rules_used(const CheckedPolicy& policy, const engine::Simulator& image,
                             const std::vector<WrittenRule>& rules) {
  std::vector<bool> used(rules.size());
  for (const policy::Test& test : policy.tests)
    for (const policy::TestStep& step : test.steps) {
      const auto object = step.grant && step.perms ? object_of(step, image) : Error{};
      if (!object) continue;
      for (std::size_t w = 0; w < rules.size(); w++)
        for (std::size_t i : rules[w].rules) {
          const Rule& r = policy.rules[i];
          if (r.cls == step.cls && (r.perms & step.perms) && has(r.domains, step.domain) &&
              (has(r.objects, *object) || (r.self && *object == KSS_OBJ_DOMAINS + step.domain)))
            used[w] = true;
        }
    }
  return used;
}

MutationReport mutate(const CheckedPolicy& policy, const std::vector<WrittenRule>& rules, const std::string& path,
                      const std::function<void(std::size_t, std::size_t)>& progress) {
  MutationReport report;
  for (std::size_t w = 0; w < rules.size(); w++) {
    progress(w, rules.size());
    CheckedPolicy without = policy, wide = policy;
    bool wider = false;
    for (std::size_t i : rules[w].rules) {
      without.rules[i].perms = 0;
      const uint32_t all = policy::perm_mask(policy.rules[i].cls);
      wider |= wide.rules[i].perms != all;
      wide.rules[i].perms = all;
    }
    report.tried += wider ? 2 : 1;
    if (passes(std::move(without), path)) report.unnoticed.push_back({w, "without"});
    if (wider && passes(std::move(wide), path)) report.unnoticed.push_back({w, "with every permission"});
  }
  progress(rules.size(), rules.size());
  return report;
}

}  // namespace kss::cli
