// SPDX-License-Identifier: BSD-2-Clause
// Damaged images: refused by their digest; with a digest that fits, refused by structure or harmless.
#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "engine/states.hpp"
#include "engine_fixture.hpp"
#include "policy/debuginfo.hpp"
#include "policy/digest.hpp"
#include "policy/temporal.hpp"

namespace kss::test {
namespace {

using policy::Entry;

// Reading needs a signal before; of reads no more than two a second and eight a minute; and a flow that says nothing
// against it.
void add_models(policy::CheckedPolicy& p, uint32_t web, uint32_t plc, uint32_t page) {
  using policy::Automaton;
  p.events = {{"read", {{{web}, {page}, false, KSS_CLASS_file, KSS_file_read}}, {}},
              {"signal", {{{plc}, {}, true, KSS_CLASS_process, KSS_process_signal}}, {}},
              {"open", {{{web}, {page}, false, KSS_CLASS_file, KSS_file_read | KSS_file_open}}, {}}};
  policy::Machine flow;
  flow.name = "flow";
  flow.flow = true;
  flow.automaton.events = {0, 1};
  flow.states = {"one", "two"};
  for (uint16_t s : {0, 1}) flow.automaton.table.push_back({{0, 0, true}, {1, 0, false}, {0, 0, s == 0}, {0, 0, true}});
  policy::Temporal t;
  t.judged = {0};
  t.formula.op = policy::Formula::Op::once;
  t.formula.bound = {0, 5'000'000'000};
  t.formula.of.resize(1);
  t.formula.of[0].op = policy::Formula::Op::event;
  t.formula.of[0].event = 1;
  policy::Machine formula;
  formula.name = "formula";
  formula.scope = policy::Scope::task;
  formula.automaton = std::get<Automaton>(policy::build(t));
  t = {};
  t.judged = {0};
  t.most = 2;
  t.within = 1'000'000'000;
  policy::Machine clocks;
  clocks.name = "clocks";
  clocks.scope = policy::Scope::task;
  clocks.automaton = std::get<Automaton>(policy::build(t));
  policy::Machine ring;
  ring.name = "ring";
  ring.scope = policy::Scope::domain;
  ring.automaton.events = {2};
  ring.ring = 8;
  ring.within = 60'000'000'000;
  p.machines = {flow, formula, clocks, ring};
}

// Everything that an image can hold, in little.
std::vector<kss_chunk> small_image() {
  PolicyBuilder b;
  uint32_t web = b.domain("web"), plc = b.domain("plc");
  uint32_t page = b.type("page", {"/srv/*.html", "/srv/a/**"});
  b.last_type().abstract_names = {{"bus-*", {}}};
  b.last_type().devices = {{false, 1, 3, {}}};
  policy::InetPattern p;
  p.addr = {10};
  p.prefix = 8;
  b.last_type().inet = {p};
  b.last_type().families = {{16, 0, {}}};
  b.enter(web, Entry::Kind::exec, "/bin/web", 1);
  b.enter(web, Entry::Kind::run);
  b.enter(plc, Entry::Kind::digest, "", 2).digest = {1};
  b.enter(plc, Entry::Kind::cgroup, "/plc", 3);
  b.allow(web, {page}, KSS_CLASS_file, KSS_file_read);
  b.allow(plc, {b.object_of(web)}, KSS_CLASS_process, KSS_process_signal, true);
  add_models(b.p, web, plc, page);
  return b.image();
}

Status check(const std::vector<kss_chunk>& image) { return policy::validate(std::as_bytes(std::span(image))); }

void fix_digest(std::vector<kss_chunk>& image) {
  auto digest = policy::image_digest(std::as_bytes(std::span(image)));
  std::memcpy(reinterpret_cast<char*>(&image[1]) + offsetof(kss_header2, digest), digest.data(), digest.size());
}

// Puts every kind of question to an image that was accepted. Sanitizers say whether the core read outside.
void exercise(const std::vector<kss_chunk>& image) {
  auto loaded = engine::Simulator::load(image);
  ASSERT_TRUE(loaded);
  const auto& s = *loaded;
  for (uint32_t d = 0; d < std::min(s.domains(), 8u); d++) {
    for (uint32_t o = 0; o < std::min(s.objects(), 40u); o++)
      for (uint32_t cls = 0; cls < KSS_MAX_CLASSES; cls++) s.judge(d, o, cls, ~0u);
    for (uint32_t cls = 0; cls < KSS_MAX_CLASSES; cls++) ASSERT_EQ(s.vector(d, KSS_OBJ_unresolved, cls).allow, 0u);
    for (const char* path : {"/", "/srv/x.html", "/srv/a/b/c", "/bin/web", "/plc"}) {
      s.exec(d, s.label_path(path));
      s.cgroup(d, path);
    }
  }
  engine::States states(s);
  for (uint64_t time : {0ull, 1ull, 1ull, 2'000'000'000ull, ~0ull})
    for (uint32_t d = 0; d < std::min(s.domains(), 8u); d++)
      for (uint32_t o = 0; o < std::min(s.objects(), 40u); o++)
        for (uint32_t cls = 0; cls < KSS_MAX_CLASSES; cls++)
          if (const kss_av av = s.vector(d, o, cls); av.care) {
            states.act("one", d, o, cls, av.care, time);
            states.act("two", d, o, cls, av.allow, time);
          }
  s.label_abstract("bus-1");
  s.label_device(false, 1, 3);
  s.label_family(16, 0);
  s.domain("web");
  for (uint16_t port : {0, 80, 65535})
    for (size_t n : {4, 16}) s.label_inet(KSS_NET_tcp, std::vector<uint8_t>(n, 10), port);
  (void)policy::read_debuginfo(std::as_bytes(std::span(image)));
}

TEST(Image, EveryDamagedByteIsRefused) {
  auto image = small_image();
  ASSERT_TRUE(check(image));
  auto* bytes = reinterpret_cast<unsigned char*>(image.data());
  const size_t generation = offsetof(kss_header, generation);
  for (size_t i = 0; i < image.size() * sizeof(kss_chunk); i++) {
    bytes[i] ^= 1u << i % 8;
    bool accepted = static_cast<bool>(check(image));
    bytes[i] ^= 1u << i % 8;
    if (i - generation < 4)
      EXPECT_TRUE(accepted) << "the generation is the loader's to set";
    else
      ASSERT_FALSE(accepted) << "byte " << i;
  }
}

TEST(Image, EveryTruncationIsRefused) {
  auto image = small_image();
  auto bytes = std::as_bytes(std::span(image));
  for (size_t n = 0; n < bytes.size(); n++) ASSERT_FALSE(policy::validate(bytes.first(n))) << n;
  image.emplace_back();
  EXPECT_FALSE(check(image)) << "and so is more than there should be";
}

TEST(Image, EntriesThatNoDomainWouldAskForAreRefused) {
  for (uint32_t by : {KSS_DOMAIN_BY_DIGEST, KSS_DOMAIN_BY_CGROUP}) {
    auto image = small_image();
    auto* info = reinterpret_cast<kss_domain_info*>(
        &image[kss_get32(reinterpret_cast<const kss_header*>(&image[0])->info_base)]);
    ASSERT_TRUE(kss_get32(info[KSS_DOMAIN_UNCONFINED].flags) & by);
    info[KSS_DOMAIN_UNCONFINED].flags = kss_get32(kss_get32(info[KSS_DOMAIN_UNCONFINED].flags) & ~by);
    fix_digest(image);
    EXPECT_FALSE(check(image));
  }
}

TEST(Image, UnalignedBytesAreFine) {
  auto image = small_image();
  std::vector<char> shifted(image.size() * sizeof(kss_chunk) + 1);
  std::memcpy(shifted.data() + 1, image.data(), shifted.size() - 1);
  EXPECT_TRUE(policy::validate(std::as_bytes(std::span(shifted)).subspan(1)));
}

TEST(Image, DamageBehindAFittingDigestIsRefusedOrHarmless) {
  const auto good = small_image();
  size_t refused = 0, harmless = 0;
  const size_t runtime =
      size_t{kss_get32(reinterpret_cast<const kss_header2*>(&good[1])->runtime_chunks)} * sizeof(kss_chunk);
  std::mt19937 random(1);
  for (size_t i = 0; i < runtime; i++) {
    // All of the header, a sample of the tables.
    const int tries = i < KSS_HEADER_CHUNKS * KSS_CHUNK ? 16 : i % 7 == 0 ? 1 : 0;
    for (int k = 0; k < tries; k++) {
      auto image = good;
      reinterpret_cast<unsigned char*>(image.data())[i] ^= k < 8 ? 1u << k : 1 + random() % 255;
      fix_digest(image);
      if (check(image)) {
        harmless++;
        exercise(image);
        if (HasFatalFailure()) FAIL() << "byte " << i;
      } else {
        refused++;
      }
    }
  }
  EXPECT_GT(refused, 500u) << harmless << " accepted";
}

TEST(Image, RandomWordsBehindAFittingDigest) {
  const auto good = small_image();
  std::mt19937 random(2);
  for (int round = 0; round < 3000; round++) {
    auto image = good;
    for (uint32_t n = 1 + random() % 4; n; n--) {
      static const uint32_t words[] = {0, 1, 2, 0xffff, 0xffffffff, 0x7fffffff, 0x80000000, 0xfffffff0, 64, 0x400000};
      image[random() % image.size()].w[random() % 16] =
          random() % 2 ? words[random() % 10] : static_cast<uint32_t>(random());
    }
    fix_digest(image);
    if (check(image)) exercise(image);
    if (HasFatalFailure()) FAIL() << "round " << round;
  }
}

struct Models {
  explicit Models(std::vector<kss_chunk>& i)
      : image(i),
        head(*reinterpret_cast<kss_header3*>(&i[2])),
        machine(reinterpret_cast<kss_machine*>(&i[kss_get32(head.machine_base)])) {}
  kss_le32* edges(uint32_t m) { return image[kss_get32(machine[m].edge_base)].w; }
  uint8_t* letters(uint32_t m) { return reinterpret_cast<uint8_t*>(&image[kss_get32(machine[m].letter_base)]); }
  // A vector that so many care about.
  kss_av* vector(uint32_t list_length) {
    auto* av = reinterpret_cast<kss_av*>(&image[kss_get32(reinterpret_cast<kss_header*>(&image[0])->av_base)]);
    for (uint32_t v = 0;; v++)
      if (av[v].care && kss_get16(cares(v)->more) + 1u == list_length) return av + v;
  }
  kss_care* cares(uint32_t v) {
    return reinterpret_cast<kss_care*>(&image[kss_get32(image[kss_get32(head.care_base) + v / 16].w[v % 16])]);
  }
  kss_care* cares(const kss_av* v) {
    auto* av = reinterpret_cast<kss_av*>(&image[kss_get32(reinterpret_cast<kss_header*>(&image[0])->av_base)]);
    return cares(static_cast<uint32_t>(v - av));
  }
  std::vector<kss_chunk>& image;
  kss_header3& head;
  kss_machine* machine;
};

constexpr uint32_t kFlow = 0, kFormula = 1, kClocks = 2, kRing = 3;

TEST(Image, ModelsThatLeadAnywhereElseAreRefused) {
  const auto le32 = [](uint32_t v) { return kss_get32(v); };
  const auto le16 = [](uint16_t v) { return kss_get16(v); };
  using Change = std::function<void(Models&)>;
  const std::pair<const char*, Change> changes[] = {
      {"an automaton leads out of itself", [&](Models& m) { m.edges(kFlow)[1] = m.machine[kFlow].nstates; }},
      {"an automaton leads out of itself", [&](Models& m) { m.edges(kFlow)[1] = le32(1u << KSS_EDGE_SET); }},
      {"an automaton leads out of itself", [&](Models& m) { m.edges(kClocks)[1] = le32(4u << KSS_EDGE_SET); }},
      {"an automaton leads out of itself", [&](Models& m) { m.edges(kFlow)[1] = le32(KSS_EDGE_DENY | 1); }},
      {"an automaton's letter is out of bounds",
       [&](Models& m) { m.letters(kFormula)[3] = static_cast<uint8_t>(kss_get32(m.machine[kFormula].nletters)); }},
      {"an automaton's letter is out of bounds",
       [&](Models& m) { m.machine[kFlow].nletters = le32(kss_get32(m.machine[kFlow].nletters) - 1); }},
      {"an automaton's tables are out of bounds", [&](Models& m) { m.machine[kFlow].edge_base = le32(1u << 21); }},
      {"an automaton's tables are out of bounds", [&](Models& m) { m.machine[kFlow].letter_base = le32(2); }},
      {"an automaton's tables are out of bounds", [&](Models& m) { m.machine[kClocks].guard_base = 0; }},
      {"an automaton of an unknown kind", [&](Models& m) { m.machine[kFlow].cell = le32(1); }},
      {"an automaton of an unknown kind", [&](Models& m) { m.machine[kRing].serial = le32(1); }},
      {"an automaton of an unknown kind", [&](Models& m) { m.machine[kFlow].reserved = le32(1); }},
      {"an automaton of an unknown kind", [&](Models& m) { m.machine[kFlow].scope = le32(KSS_NSCOPES); }},
      {"impossible number of events or clocks", [&](Models& m) { m.machine[kFlow].nevents = 0; }},
      {"impossible number of events or clocks", [&](Models& m) { m.machine[kClocks].nclocks = le16(10); }},
      {"impossible number of events or clocks", [&](Models& m) { m.machine[kClocks].nclocks = le16(7); }},
      {"an automaton of impossible size", [&](Models& m) { m.machine[kFlow].nstates = 0; }},
      {"an automaton of impossible size", [&](Models& m) { m.machine[kFlow].cells = le32(2); }},
      {"automata overlap", [&](Models& m) { m.machine[kFlow].nstates = le32(1u << 31); }},
      {"a limit of impossible size", [&](Models& m) { m.machine[kRing].scope = le32(KSS_SCOPE_task); }},
      {"a limit of impossible size", [&](Models& m) { m.machine[kRing].ring = le32(15); }},
      {"a limit of impossible size", [&](Models& m) { m.machine[kRing].guard_base = le32(1u << 21); }},
      {"a limit of impossible size",
       [&](Models& m) {
         m.machine[kRing].ring = le32(KSS_MACHINE_RING + 8);
         m.machine[kRing].cells = le32(1 + (KSS_MACHINE_RING + 8 + KSS_RING_TIMES - 1) / KSS_RING_TIMES);
       }},
      {"automata out of bounds", [&](Models& m) { m.head.nmachines = le32(KSS_MAX_MACHINES + 1); }},
      {"automata out of bounds", [&](Models& m) { m.head.machine_base = 0; }},
      {"automata that are not there", [&](Models& m) { m.head.nmachines = 0; }},
      {"unknown words in its header", [&](Models& m) { m.head.reserved[12] = le32(1); }},
      {"table of automata's events is out of bounds", [&](Models& m) { m.head.care_base = 0; }},
      {"an automaton that does not exist", [&](Models& m) { m.cares(m.vector(4))[3].machine = le32(4); }},
      {"an automaton that does not exist", [&](Models& m) { m.head.nmachines = le32(3); }},
      {"a list of automata is not ascending", [&](Models& m) { m.cares(m.vector(2))[1].machine = le32(kFlow); }},
      {"an automaton's events are not its own", [&](Models& m) { m.cares(m.vector(4))[1].nevents = le16(14); }},
      {"a list of automata is too long", [&](Models& m) { m.cares(m.vector(4))[0].more = le16(4); }},
      {"a list of automata is too long", [&](Models& m) { m.cares(m.vector(4))[1].more = le16(3); }},
      {"cares about what is not granted",
       [&](Models& m) {
         kss_av* av = m.vector(4);
         av->care = le32(kss_get32(av->care) | KSS_file_open);
         m.cares(av)[3].perms[0] = av->care;
       }},
      {"does not fit their events", [&](Models& m) { m.vector(4)->care = 0; }},
      {"does not fit their events",
       [&](Models& m) {
         for (int i = 0; i < 4; i++)
           for (kss_le32& perms : m.cares(m.vector(4))[i].perms) perms = 0;
       }},
  };
  const auto good = small_image();
  ASSERT_TRUE(check(good));
  for (const auto& [message, change] : changes) {
    auto image = good;
    Models m(image);
    ASSERT_EQ(kss_get32(m.head.nmachines), 4u);
    change(m);
    fix_digest(image);
    const auto status = check(image);
    ASSERT_FALSE(status) << message;
    EXPECT_NE(status.error().message.find(message), std::string::npos) << message << ": " << status.error().message;
  }
}

TEST(Image, MustDenyWhatIsAlwaysDenied) {
  auto image = small_image();
  const auto* h = reinterpret_cast<const kss_header*>(image.data());
  reinterpret_cast<kss_av*>(&image[kss_get32(h->av_base)])->allow = kss_get32(1);
  fix_digest(image);
  auto status = check(image);
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message.find("could not be labelled"), std::string::npos) << status.error().message;
}

}  // namespace
}  // namespace kss::test
