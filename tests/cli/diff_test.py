# SPDX-License-Identifier: BSD-2-Clause
"""diff: what a new policy makes possible or impossible, whatever its text looks like."""

from driver import GATEWAY, GATEWAY_TEXT, Case, main


class Diff(Case):
    def compare(self, new, code=0, options=()):
        r = self.run_cli("diff", GATEWAY, self.path("new.yaml", new), "--json", *options)
        self.assertEqual(r.code, code, r.out + r.err)
        return r.json()

    @staticmethod
    def accesses(found):
        return [(a["domain"], a["object"], a["class"], a["permissions"]) for a in found]

    def test_nothing(self):
        self.assertTrue(self.compare(GATEWAY_TEXT)["same"])
        self.assertIn("grant the same", self.run_cli("diff", GATEWAY, self.compiled()).out)

    def test_writing_it_otherwise_is_no_difference(self):
        text = GATEWAY_TEXT.replace("  - hmi hmi_content : file { open read getattr }\n",
                                    "  - hmi hmi_content : file { getattr open }\n  - hmi hmi_content : file { read open }\n")
        text = text.replace("domains:\n", "attributes: { everybody: [hmi, plc] }\ndomains:\n")
        self.assertNotEqual(text, GATEWAY_TEXT)
        self.assertTrue(self.compare(text)["same"])

    def test_the_order_of_declarations_is_none(self):
        text = GATEWAY_TEXT.replace("  hmi: { enter: { exec: /usr/sbin/lighttpd } }\n  plc: { enter: { run: true } }\n",
                                    "  plc: { enter: { run: true } }\n  hmi: { enter: { exec: /usr/sbin/lighttpd } }\n")
        self.assertNotEqual(text, GATEWAY_TEXT)
        self.assertTrue(self.compare(text)["same"])

    def test_gained_and_lost(self):
        text = GATEWAY_TEXT.replace("- hmi hmi_content : file { open read getattr }", "- hmi hmi_content : file { open read write }")
        d = self.compare(text)
        self.assertEqual(self.accesses(d["gained"]), [("hmi", "hmi_content", "file", ["write", "append"])])
        self.assertEqual(self.accesses(d["lost"]), [("hmi", "hmi_content", "file", ["getattr"])])
        self.assertRegex(d["gained"][0]["rules"][0], r"new\.yaml:\d+$")
        self.assertRegex(d["lost"][0]["rules"][0], r"gateway\.yaml:\d+$")

    def test_flows_and_formulas(self):
        models = ("events: { look: 'hmi hmi_content : file read' }\n"
                  "flows: { f: { states: { idle: { look: busy }, busy: { look: idle } } } }\n"
                  "temporal: [ { name: t, limit: at most 3 look in 1s } ]\n")
        old = self.path("old.yaml", GATEWAY_TEXT + models)

        def compare(text, code):
            r = self.run_cli("diff", old, self.path("new.yaml", text), "--json", "--strict")
            self.assertEqual(r.code, code, r.out + r.err)
            return r.json()

        self.assertTrue(compare(GATEWAY_TEXT + models, 0)["same"])
        looser = compare(GATEWAY_TEXT + models.replace("most 3", "most 30"), 3)
        self.assertEqual([(c["name"], c["what"]) for c in looser["changed"]], [("t", "formula")])
        gone = compare(GATEWAY_TEXT, 3)
        self.assertEqual({c["name"]: len(c["added"]) for c in gone["changed"]}, {"f": 0, "t": 0})
        more = self.run_cli("diff", GATEWAY, old, "--json", "--strict")
        self.assertEqual((more.code, len(more.json()["changed"])), (0, 2))

    def test_strict(self):
        more = GATEWAY_TEXT.replace("file { open read getattr }", "file { open read getattr lock }")
        less = GATEWAY_TEXT.replace("file { open read getattr }", "file { open read }")
        self.assertFalse(self.compare(more, 3, ["--strict"])["ok"])
        self.assertTrue(self.compare(less, 0, ["--strict"])["ok"])

    def test_names_and_what_they_stand_for(self):
        text = GATEWAY_TEXT.replace("  plc: { enter: { run: true } }", "  plc: { enter: { exec: /plc }, permissive: true }\n  new: { enter: { run: true } }")
        text = text.replace('["/srv/hmi/**"]', '["/srv/hmi/*"]').replace('  control: { unix: ["@plc-control"] }\n', "")
        d = self.compare(text)
        self.assertEqual(d["domains"], {"added": ["new"], "removed": []})
        self.assertEqual(d["types"], {"added": [], "removed": ["control"]})
        changed = {(c["name"], c["what"]): (c["removed"], c["added"]) for c in d["changed"]}
        self.assertEqual(changed[("hmi_content", "patterns")], (["/srv/hmi/**"], ["/srv/hmi/*"]))
        self.assertEqual(changed[("plc", "permissive")], (["false"], ["true"]))
        self.assertIn(("plc", "entries"), changed)

    def test_levels(self):
        levels = "levels: { secrecy: { degrees: [low, high] }, default: { secrecy: low } }\n"
        text = GATEWAY_TEXT.replace("types:\n", levels + "types:\n").replace('["/srv/hmi/**"] }', '["/srv/hmi/**"], level: { secrecy: high } }')
        d = self.compare(text)
        self.assertEqual(self.accesses(d["lost"]), [("hmi", "hmi_content", "file", ["read", "getattr"])])
        self.assertIn({"name": "hmi_content", "what": "level", "removed": [""], "added": ["secrecy high"]}, d["changed"])

    def test_people_read_it_too(self):
        new = self.path("new.yaml", GATEWAY_TEXT.replace("  - plc fieldbus : tcp connect\n", "  - hmi fieldbus : tcp connect\n"))
        r = self.run_cli("diff", GATEWAY, new)
        self.assertIn("- plc fieldbus : tcp connect", r.out)
        self.assertIn("+ hmi fieldbus : tcp connect", r.out)
        self.assertIn("1 access possible now, 1 access no more", r.out)

    def test_it_takes_two(self):
        self.assertEqual(self.run_cli("diff", GATEWAY).code, 2)
        self.assertEqual(self.run_cli("diff", GATEWAY, self.path("none.yaml")).code, 1)


main()
