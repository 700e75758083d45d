# SPDX-License-Identifier: BSD-2-Clause
"""test: a policy's own tests, what they make use of, and what they would not notice."""

import pathlib
import xml.etree.ElementTree

from driver import GATEWAY, Case, main

# Both rules are used and none is to be changed unnoticed.
TIGHT = """policy: tight
version: 1
domains: { d: { enter: { run: true } } }
types: { t: { files: [/t] }, u: { files: [/u] } }
allow:
  - "d t : file { open read }"
  - "d u : file append"
tests:
  - name: reads t
    steps:
      - grant: "d t : file { open read }"
      - deny: "d t : file write"
  - name: appends to u
    steps: [ { grant: "d /u : file append" }, { deny: "d u : file read" } ]
"""


class Tests(Case):
    def run_tests(self, text, *options, code=0):
        r = self.run_cli("test", self.path("p.yaml", text), "--json", *options)
        self.assertEqual(r.code, code, r.out + r.err)
        (policy,) = r.json()["policies"]
        return policy

    def test_they_pass(self):
        p = self.run_tests(TIGHT)
        self.assertEqual([t["ok"] for t in p["tests"]], [True, True])
        self.assertEqual(p["unused"], [])

    def test_one_fails(self):
        p = self.run_tests(TIGHT.replace('deny: "d t : file write"', 'deny: "d t : file read"'), code=3)
        self.assertEqual([t["ok"] for t in p["tests"]], [False, True])
        (failure,) = p["failures"]
        self.assertEqual(failure["line"], 12)

    def test_rules_that_no_test_uses(self):
        p = self.run_tests(TIGHT.replace("  - \"d u : file append\"\n", "  - \"d u : file append\"\n  - \"d u : file lock\"\n"))
        self.assertEqual([u["text"] for u in p["unused"]], ["d u : file lock"])
        self.assertRegex(p["unused"][0]["place"], r"p\.yaml:8$")

    def test_tight_tests_notice_every_change(self):
        p = self.run_tests(TIGHT, "--mutate")
        self.assertEqual((p["mutants"], p["score"], p["unnoticed"]), (4, 100, []))

    def test_loose_ones_do_not(self):
        loose = TIGHT.replace('      - deny: "d t : file write"\n', "").replace('{ grant: "d /u : file append" }, ', "")
        p = self.run_tests(loose, "--mutate")
        self.assertEqual([(u["text"], u["change"]) for u in p["unnoticed"]],
                         [("d t : file { open read }", "with every permission"), ("d u : file append", "without")])
        self.assertEqual(p["score"], 50)
        self.run_tests(loose, "--min-score", "51", code=3)
        self.run_tests(loose, "--min-score", "50")

    def test_changes_are_made_under_the_levels(self):
        """What levels withhold need not be granted by a wider rule: no test need notice, and none can."""
        text = TIGHT.replace("types:", "levels: { secrecy: { degrees: [low, high] }, default: { secrecy: low } }\ntypes:")
        text = text.replace("t: { files: [/t] }", "t: { files: [/t], level: { secrecy: high } }")
        text = text.replace('"d t : file { open read }"', '"d t : file { open write }"').replace('deny: "d t : file write"', 'deny: "d t : file read"')
        p = self.run_tests(text, "--mutate")
        self.assertEqual([(u["text"], u["change"]) for u in p["unnoticed"]], [("d t : file { open write }", "with every permission")])

    def test_rules_of_a_macro_count_once(self):
        text = TIGHT.replace("allow:\n", "macros: { m: { params: [x], allow: [ \"d $x : file getattr\" ] } }\nuse: [ m(t), m(u) ]\nallow:\n")
        p = self.run_tests(text)
        self.assertEqual((p["rules"], len(p["unused"])), (3, 1))

    def test_included_rules_only_if_asked_for(self):
        self.path("base.yaml", "allow: [ \"d t : file getattr\" ]\n")
        self.assertEqual(self.run_tests("include: [base.yaml]\n" + TIGHT)["rules"], 2)
        self.assertEqual(self.run_tests("include: [base.yaml]\n" + TIGHT, "--all")["rules"], 3)

    def test_junit(self):
        report = self.path("r.xml")
        text = TIGHT.replace("reads t", "reads <t> & \\\"more\\\"").replace("- name: reads", '- name: "reads').replace('more\\"', 'more\\""')
        text = text.replace('deny: "d u : file read"', 'deny: "d u : file append"')
        self.run_tests(text, "--junit", report, code=3)
        (suite,) = xml.etree.ElementTree.parse(report).getroot()
        self.assertEqual((suite.get("tests"), suite.get("failures")), ("2", "1"))
        self.assertEqual(suite[0].get("name"), 'reads <t> & "more"')
        self.assertEqual(len(suite[0]), 0)
        self.assertIn("is granted", suite[1][0].get("message"))

    def test_people_read_it_too(self):
        out = self.run_cli("test", "--mutate", "--unused", GATEWAY).out
        self.assertRegex(out, r"ok: 2 tests, 0 failed; 2 of 4 rules used; \d+ % of \d+ changes noticed")
        self.assertIn("no test uses      " + GATEWAY, out)
        self.assertIn("plc hmi : unix { connect send }", out)

    def test_an_image_has_none(self):
        r = self.run_cli("test", self.compiled())
        self.assertEqual(r.code, 2)
        self.assertIn("carries no tests", r.err)

    GATEWAY = pathlib.Path(__file__).parents[2] / "policies" / "gateway.yaml"

    def test_the_worked_policies_notice_every_change(self):
        policies = [str(self.GATEWAY.with_name(name + ".yaml"))
                    for name in ("gateway", "pingpong", "session", "traffic-light", "update")]
        r = self.run_cli("test", "--min-score", "100", *policies, "--json")
        self.assertEqual(r.code, 0, r.out)
        for p in r.json()["policies"]:
            self.assertEqual(p["unused"], [], p["policy"])

    def test_the_gateway_policy_without_its_reasons(self):
        """Each of these is what a hurried integrator would try; each is refused, or comes to nothing."""
        text = self.GATEWAY.read_text()
        include = ["-I", str(self.GATEWAY.parent)]
        for change, what in (
                (("    trusted: true\n", ""), "measurements -> guard -> published"),
                (("  - remote self : tcp create\n", "  - remote self : tcp create\n  - remote measurements : file read\n"), "grants nothing"),
                (("  - hmi self : tcp create\n", "  - hmi self : tcp create\n  - hmi setpoints : file write\n"), "grants nothing"),
                (("  - diagnostics self : tcp create\n", "  - diagnostics self : tcp create\n  - diagnostics inet_other : udp send\n"), "grants nothing"),
                (("  - plc self : tcp create\n", "  - plc self : tcp create\n  - plc published : file { open read }\n"), "grants nothing but open"),
                (('level: { secrecy: "internal { plc }", integrity: checked } }\n  hmi', "level: {} }\n  hmi"), "grants nothing")):
            changed = text.replace(*change)
            self.assertNotEqual(changed, text, change)
            r = self.run_cli("check", "--no-tests", *include, self.path("g.yaml", changed))
            with self.subTest(change=change):
                self.assertIn(what, r.err)

    def test_the_policies_as_shipped(self):
        policies = sorted(map(str, (pathlib.Path(__file__).parents[2] / "policies").glob("*.yaml")))
        r = self.run_cli("test", *policies, "--json")
        self.assertEqual(r.code, 0, r.out + r.err)
        self.assertEqual(self.run_cli("check", "--strict", *policies).code, 0)
        self.assertTrue(all(p["tests"] for p in r.json()["policies"] if not p["policy"].endswith("demo.yaml")))


main()
