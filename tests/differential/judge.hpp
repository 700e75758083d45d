// SPDX-License-Identifier: BSD-2-Clause
// One event, put to the oracle and to the core.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "engine/reference.hpp"
#include "engine/simulator.hpp"
#include "tests/differential/generator.hpp"

namespace kss::test {

using Answer = std::array<uint32_t, 3>;  // want[] of struct kss_vec_event

/// Works for both engines: they have the same verbs.
template <typename Engine>
Answer answer(const Engine& engine, const Event& e) {
  auto bytes = [](std::string_view s) { return std::span(reinterpret_cast<const uint8_t*>(s.data()), s.size()); };
  auto walk_failed = [](uint32_t object) { return object == KSS_OBJ_unresolved ? 1u : 0u; };
  switch (e.kind) {
    case KSS_VEC_ACCESS: {
      auto v = engine.vector(e.arg[0], e.arg[1], e.arg[2]);
      return {v.allow, v.audit, v.quiet};
    }
    case KSS_VEC_PATH: {
      auto label = engine.label_path(e.data);
      return {label.object, label.entry, walk_failed(label.object)};
    }
    case KSS_VEC_ABSTRACT: {
      if constexpr (requires { engine.label_abstract(e.data).object; })
        return {engine.label_abstract(e.data).object, 0, 0};
      else
        return {engine.label_abstract(e.data), 0, 0};
    }
    case KSS_VEC_INET: return {engine.label_inet(e.arg[0], bytes(e.data), static_cast<uint16_t>(e.arg[1])), 0, 0};
    case KSS_VEC_DEVICE: return {engine.label_device(e.arg[0] != 0, e.arg[1], e.arg[2]).value_or(0), 0, 0};
    case KSS_VEC_FAMILY: return {engine.label_family(e.arg[0], e.arg[1]), 0, 0};
    case KSS_VEC_EXEC: return {engine.exec(e.arg[0], engine.label_path(e.data)), 0, 0};
    case KSS_VEC_DIGEST: {
      std::array<uint8_t, 32> digest;
      auto data = bytes(e.data);
      std::copy_n(data.begin(), 32, digest.begin());
      return {engine.exec(e.arg[0], engine.label_path(std::string_view(e.data).substr(32)), &digest), 0, 0};
    }
    case KSS_VEC_CGROUP: return {engine.cgroup(e.arg[0], e.data), 0, 0};
    case KSS_VEC_ENTER: return {engine.may_enter(e.arg[0], e.arg[1]) ? 1u : 0u, 0, 0};
    case KSS_VEC_KINDS: break;
  }
  return {};
}

struct Case {
  policy::CheckedPolicy policy;
  std::vector<kss_chunk> image;
  uint32_t dropped = 0;  // patterns taken out because the compiler found them of equal rank with others
};
/// A random policy that compiles. Nothing if the compiler refuses one for another reason than ties
/// and one access that concerns too many models; `why` says it.
std::optional<Case> random_case(Random& random, std::string& why);

}  // namespace kss::test
