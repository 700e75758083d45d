// SPDX-License-Identifier: BSD-2-Clause
// Mandatory levels: what they withhold, in the language's words. Random ones are compared by tests/differential.
#include <gtest/gtest.h>

#include "engine/reference.hpp"
#include "engine/simulator.hpp"
#include "policy/levels.hpp"
#include "policy/policy.hpp"
#include "policy_text.hpp"

namespace kss::policy {
namespace {

constexpr const char* kLevels =
    "levels:\n"
    "  secrecy: { degrees: [public, internal, secret], categories: [net, plc] }\n"
    "  integrity: { degrees: [untrusted, checked, vital] }\n"
    "  default: { secrecy: internal, integrity: checked }\n";  // lines 3 to 6

struct Made {
  CheckedPolicy policy;
  engine::Simulator image;
};

std::optional<Made> make(const std::string& text, Diagnostics& diags) {
  auto policy = check_text(text, "t.yaml", {}, diags);
  if (!policy) return std::nullopt;
  auto image = compile(*policy, diags);
  if (!image) return std::nullopt;
  auto simulator = engine::Simulator::load(*image);
  if (!simulator) return std::nullopt;
  return Made{std::move(*policy), std::move(*simulator)};
}

/// What is left of `* ` on a file type, for a domain and a type of these levels; by image and by oracle.
uint32_t left(const std::string& domain, const std::string& type, kss_class cls = KSS_CLASS_file) {
  Diagnostics diags;
  const std::string object = cls == KSS_CLASS_process ? "e" : "t";
  auto m = make(std::string(kHead) + kLevels + "domains: { d: { enter: { exec: /d }, level: " + domain +
                    " }, e: { enter: { exec: /e }, level: " + type + " } }\ntypes: { t: { files: [/t], level: " +
                    (type.find("..") == type.npos ? type : "{}") + " } }\nallow: [ \"d " + object + " : " +
                    (cls == KSS_CLASS_process ? "process" : "file") + " *\" ]\n",
                diags);
  if (!m) {
    ADD_FAILURE() << shown(diags);
    return 0;
  }
  const uint32_t o = cls == KSS_CLASS_process ? KSS_OBJ_DOMAINS + 3 : m->policy.first_type();
  const uint32_t allow = m->image.vector(2, o, cls).allow;
  EXPECT_EQ(allow, engine::Reference(m->policy).vector(2, o, cls).allow);
  return allow;
}

constexpr uint32_t kBoth = KSS_file_read | KSS_file_write;

TEST(Levels, SecrecyNoReadUpNoWriteDown) {
  EXPECT_EQ(left("{ secrecy: internal }", "{ secrecy: internal }") & kBoth, kBoth);
  EXPECT_EQ(left("{ secrecy: internal }", "{ secrecy: secret }") & kBoth, uint32_t{KSS_file_write});
  EXPECT_EQ(left("{ secrecy: internal }", "{ secrecy: public }") & kBoth, uint32_t{KSS_file_read});
  EXPECT_EQ(left("{ secrecy: \"internal { net }\" }", "{ secrecy: internal }") & kBoth, uint32_t{KSS_file_read});
  EXPECT_EQ(left("{ secrecy: \"internal net\" }", "{ secrecy: \"internal { plc }\" }") & kBoth, 0u);
  EXPECT_EQ(left("{ secrecy: \"secret { net, plc }\" }", "{ secrecy: \"internal { plc }\" }") & kBoth,
            uint32_t{KSS_file_read});
}

TEST(Levels, IntegrityNoReadDownNoWriteUp) {
  EXPECT_EQ(left("{ integrity: checked }", "{ integrity: vital }") & kBoth, uint32_t{KSS_file_read});
  EXPECT_EQ(left("{ integrity: checked }", "{ integrity: untrusted }") & kBoth, uint32_t{KSS_file_write});
  EXPECT_EQ(left("{ secrecy: public, integrity: vital }", "{ secrecy: secret, integrity: untrusted }") & kBoth,
            uint32_t{KSS_file_write});
  EXPECT_EQ(left("{ secrecy: public, integrity: untrusted }", "{ secrecy: secret, integrity: vital }") & kBoth, 0u);
}

TEST(Levels, TheDefaultIsOfAllThatHasNone) {
  EXPECT_EQ(left("{ secrecy: public }", "{}") & kBoth, uint32_t{KSS_file_write});
  EXPECT_EQ(left("{}", "{ integrity: vital }") & kBoth, uint32_t{KSS_file_read});
}

TEST(Levels, ARangeReadsAsTheOneAndWritesAsTheOther) {
  EXPECT_EQ(left("{ secrecy: \"public .. secret\" }", "{ secrecy: secret }") & kBoth, kBoth);
  EXPECT_EQ(left("{ secrecy: \"public .. secret\" }", "{ secrecy: public }") & kBoth, kBoth);
  EXPECT_EQ(left("{ secrecy: \"internal .. secret\" }", "{ secrecy: public }") & kBoth, uint32_t{KSS_file_read});
  EXPECT_EQ(left("{ secrecy: \"public .. secret\" }", "{ secrecy: \"secret { net }\" }") & kBoth,
            uint32_t{KSS_file_write});
  EXPECT_EQ(left("{ integrity: \"untrusted .. vital\" }", "{ integrity: vital }") & kBoth, kBoth);
}

TEST(Levels, OpeningAndCapabilitiesTellNothing) {
  EXPECT_TRUE(left("{ secrecy: public }", "{ secrecy: secret }") & KSS_file_open);
  EXPECT_FALSE(left("{ secrecy: public }", "{ secrecy: secret }") &
               (KSS_file_lock | KSS_file_ioctl | KSS_file_getattr));
}

TEST(Levels, ProcessesHaveTheirDomains) {
  const auto process = [](const char* d, const char* e) { return left(d, e, KSS_CLASS_process); };
  EXPECT_FALSE(process("{ integrity: untrusted }", "{ integrity: vital }") &
               (KSS_process_signal | KSS_process_transition));
  EXPECT_TRUE(process("{ integrity: vital }", "{ integrity: untrusted }") & KSS_process_transition);
  EXPECT_TRUE(process("{ secrecy: public }", "{ secrecy: public .. secret }") & KSS_process_ptrace);
  EXPECT_FALSE(process("{ secrecy: public }", "{ secrecy: internal .. secret }") & KSS_process_ptrace_read);
}

TEST(Levels, ADomainMayAlwaysTellItself) {
  Diagnostics diags;
  auto m = make(std::string(kHead) + kLevels +
                    "domains: { d: { enter: { exec: /d }, level: { secrecy: public .. secret } } }\n"
                    "allow: [ \"d self : process *\", \"d self : unix *\", \"d self : tcp create\" ]\n",
                diags);
  ASSERT_TRUE(m) << shown(diags);
  EXPECT_EQ(m->image.vector(2, KSS_OBJ_DOMAINS + 2, KSS_CLASS_process).allow, (1u << KSS_NPERMS_process) - 1);
  EXPECT_EQ(m->image.vector(2, KSS_OBJ_DOMAINS + 2, KSS_CLASS_unix).allow, (1u << KSS_NPERMS_unix) - 1);
}

TEST(Levels, ProofsSeeWhatIsLeft) {
  const std::string text =
      std::string(kHead) + kLevels +
      "domains: { d: { enter: { exec: /d }, level: { secrecy: public } }, e: { enter: { exec: /e }, level: "
      "{ secrecy: secret } } }\n"
      "types: { t: { files: [/t], level: { secrecy: secret } }, u: { files: [/u], level: { secrecy: public } } }\n"
      "allow: [ \"{ d e } t : file { read write }\", \"{ d e } u : file { read write }\" ]\n";
  Diagnostics diags;
  EXPECT_TRUE(check_text(
      text + "assert: [ \"noflow t -> u\", \"neverallow d t : file read\", \"neverallow e u : file write\" ]\n",
      "t.yaml", {}, diags))
      << shown(diags);
  diags.clear();
  EXPECT_FALSE(check_text(text + "assert: [ \"noflow u -> t\" ]\n", "t.yaml", {}, diags));
}

TEST(Levels, ARuleOfWhichNothingIsLeftIsWarnedOf) {
  Diagnostics diags;
  auto m =
      make(std::string(kHead) + kLevels +
               "domains: { d: { enter: { exec: /d }, level: { secrecy: public } } }\n"
               "types: { t: { files: [/t], level: { secrecy: secret } } }\n"
               "allow: [ \"d t : file read\", \"d t : file { read open }\", \"d t : file { read open append }\" ]\n",
           diags);
  ASSERT_TRUE(m);
  ASSERT_EQ(diags.size(), 2u) << shown(diags);
  EXPECT_NE(diags[1].message.find("grants nothing but open"), std::string::npos);
  EXPECT_EQ(diags[0].severity, Diagnostic::Severity::warning);
  EXPECT_EQ(diags[0].pos.line, 9u);
  EXPECT_NE(diags[0].message.find("grants nothing"), std::string::npos);
}

TEST(Levels, ManyDegreesAndCategories) {
  std::string degrees, categories;
  for (int i = 0; i < 64; i++) degrees += (i ? ", d" : "d") + std::to_string(i);
  for (int i = 0; i < 2048; i++) categories += (i ? ", c" : "c") + std::to_string(i);
  Diagnostics diags;
  auto m = make(std::string(kHead) + "levels: { secrecy: { degrees: [" + degrees + "], categories: [" + categories +
                    "] }, default: { secrecy: d0 } }\n"
                    "domains: { a: { enter: { exec: /a }, level: { secrecy: \"d63 { c0 c2047 }\" } } }\n"
                    "types: { t: { files: [/t], level: { secrecy: d62 c2047 } }, u: { files: [/u], level: { secrecy: "
                    "d62 c1 } } }\n"
                    "allow: [ \"a { t u } : file read\" ]\n",
                diags);
  ASSERT_TRUE(m) << shown(diags);
  EXPECT_TRUE(m->image.vector(2, m->policy.first_type(), KSS_CLASS_file).allow);
  EXPECT_FALSE(m->image.vector(2, m->policy.first_type() + 1, KSS_CLASS_file).allow);
}

TEST(Levels, OfWhatIsBuiltIn) {
  Diagnostics diags;
  auto m = make(std::string(kHead) +
                    "levels: { integrity: { degrees: [low, high] }, default: { integrity: high }, of: { inet_other: { "
                    "integrity: low } } }\n"
                    "domains: { d: { enter: { exec: /d } } }\n"
                    "allow: [ \"d inet_other : udp { send recv }\", \"d unlabeled : file read\" ]\n",
                diags);
  ASSERT_TRUE(m) << shown(diags);
  EXPECT_EQ(m->image.vector(2, KSS_OBJ_inet_other, KSS_CLASS_udp).allow, uint32_t{KSS_udp_send});
  EXPECT_EQ(m->image.vector(2, KSS_OBJ_unlabeled, KSS_CLASS_file).allow, uint32_t{KSS_file_read});
}

struct Wrong {
  const char* text;  // follows the names, from line 6
  const char* place;
  const char* message;
};
constexpr Wrong kWrong[] = {
    {"levels: { secrecy: { degrees: [a, b] } }\n", "6:1", "no default for secrecy"},
    {"levels: { secrecy: { categories: [x] }, default: {} }\n", "6:11", "no degrees"},
    {"levels: { secrecy: { degrees: [lo, hi] }, default: { secrecy: low } }\n", "6:63", "no degree `low`"},
    {"levels: { secrecy: { degrees: [lo, hi], categories: [lo] }, default: { secrecy: lo } }\n", "6:54", "`lo` twice"},
    {"levels: { secrecy: { degrees: [lo, 1x] }, default: { secrecy: lo } }\n", "6:36", "no name for a degree"},
    {"levels: { secrecy: { degrees: [lo, hi] }, default: { secrecy: lo .. hi } }\n", "6:63", "not a range"},
    {"levels: { secrecy: { degrees: [lo, hi] }, default: { secrecy: lo, integrity: lo } }\n", "6:78", "not declared"},
    {"levels: { secrecy: { degrees: [lo, hi] }, default: { secrecy: lo cat } }\n", "6:66", "no category `cat`"},
    {"levels: { secrecies: {} }\n", "6:11", "no key `secrecies`"},
    {"levels: { secrecy: { degrees: [lo] }, default: { secrecy: lo }, of: { conf: { secrecy: lo } } }\n", "6:71",
     "no built-in"},
    {"levels: { secrecy: { degrees: [lo] }, default: { secrecy: lo }, of: { anom: { secrecy: lo } } }\n", "6:71",
     "no built-in"},
    {"levels: { secrecy: { degrees: [lo] }, default: { secrecy: lo }, of: { anon: { secrecy: hi } } }\n", "6:88",
     "no degree `hi`"},
};

TEST(Levels, Errors) {
  for (const Wrong& w : kWrong) {
    Diagnostics diags;
    EXPECT_FALSE(check_text(kNames + w.text, "t.yaml", {}, diags)) << w.text;
    ASSERT_FALSE(diags.empty()) << w.text;
    EXPECT_EQ(std::to_string(diags[0].pos.line) + ":" + std::to_string(diags[0].pos.column), w.place) << shown(diags);
    EXPECT_NE(diags[0].message.find(w.message), std::string::npos) << shown(diags);
  }
}

TEST(Levels, ErrorsOfDomainsAndTypes) {
  const std::string levels = std::string(kHead) + kLevels;
  for (auto [text, message] :
       {std::pair("domains: { d: { enter: { exec: /d }, level: { secrecy: secret .. public } } }\n",
                  "dominates the first"),
        std::pair("domains: { d: { enter: { exec: /d }, level: { secrecy: \"public { net } .. secret\" } } }\n",
                  "dominates the first"),
        std::pair("domains: { d: { enter: { exec: /d }, level: { secrecy: \"\" } } }\n", "begins with its degree"),
        std::pair("types: { t: { files: [/t], level: { secrecy: public .. secret } } }\n", "not a range"),
        std::pair("types: { t: { files: [/t], level: { trust: vital } } }\n", "no key `trust`"),
        std::pair("include: []\nlevels: {}\n", "twice")}) {
    Diagnostics diags;
    EXPECT_FALSE(check_text(levels + text, "t.yaml", {}, diags)) << text;
    ASSERT_FALSE(diags.empty()) << text;
    EXPECT_NE(diags[0].message.find(message), std::string::npos) << shown(diags);
  }
}

}  // namespace
}  // namespace kss::policy
