// SPDX-License-Identifier: BSD-2-Clause
#include "cli/policy_tests.hpp"

#include "lib/labels.hpp"

namespace kss::cli {

TestReport run_tests(const Source& source) {
  TestReport report;
  if (!source.checked) return report;  // an image carries no tests
  if (source.checked->tests.empty()) return report;
  const auto image = engine::Simulator::load(source.image);
  if (!image) {
    report.failures.push_back({Diagnostic::Severity::error, {}, image.error().message, image.error().hint});
    return report;
  }
  for (const policy::Test& test : source.checked->tests) {
    report.run++;
    for (const policy::TestStep& step : test.steps) {
      const auto fail = [&](const std::string& what, const std::string& hint) {
        report.failures.push_back({Diagnostic::Severity::error, step.pos, "test `" + test.name + "`: " + what, hint});
      };
      const auto object =
          step.object ? Result<uint32_t>(*step.object) : lib::label_target(*image, step.target, step.cls);
      if (!object) {
        fail(object.error().message, object.error().hint);
        break;
      }
      const uint32_t denied = image->judge(step.domain, *object, step.cls, step.perms).denied;
      const uint32_t wrong = step.grant ? denied : step.perms & ~denied;
      if (!wrong) continue;
      fail(std::string("expected ") + (step.grant ? "a grant" : "a denial") + ", but " + policy::class_name(step.cls) +
               " { " + policy::perm_names(step.cls, wrong) + " } on " + source.debug.objects[*object].name +
               (step.grant ? " is denied" : " is granted"),
           "kss-load explain --policy " + source.path + " says why");
      break;  // later steps of a test build on the earlier ones
    }
  }
  return report;
}

}  // namespace kss::cli
