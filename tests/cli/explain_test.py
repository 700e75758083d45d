# SPDX-License-Identifier: BSD-2-Clause
"""explain: the verdict, where it comes from, and a line that really grants what was denied."""

import re

from driver import GATEWAY, GATEWAY_TEXT, Case, main


class Explain(Case):
    def ask(self, domain, cls, perm, *where, policy=GATEWAY):
        r = self.run_cli("explain", "--json", "--policy", policy, "--domain", domain, "--class", cls, "--perm", perm, *where)
        self.assertEqual(r.code, 0, r.out + r.err)
        return r.json()

    def test_a_grant_names_its_rule(self):
        d = self.ask("hmi", "file", "read", "--path", "/srv/hmi/a/b")
        self.assertTrue(d["granted"])
        self.assertEqual((d["object"], d["patterns"]), ("hmi_content", ["/srv/hmi/**"]))
        self.assertEqual(d["granting"][0]["place"], GATEWAY + ":12")

    def test_which_pattern_gave_the_type(self):
        self.assertEqual(self.ask("hmi", "file", "read", "--path", "/etc/plc.conf")["patterns"], ["/etc/plc.conf"])
        self.assertEqual(self.ask("hmi", "file", "read", "--path", "/etc/plc/a")["patterns"], ["/etc/plc/**"])

    def test_neverallow_is_named(self):
        d = self.ask("hmi", "file", "write", "--path", "/etc/plc/x")
        self.assertEqual(d["line"], "- hmi plc_config : file write")
        self.assertRegex(d["neverallow"][0], r":17: .*neverallow hmi plc_config")

    def test_an_image_does_not_know_assertions(self):
        d = self.ask("hmi", "file", "write", "--path", "/etc/plc/x", policy=self.compiled())
        self.assertIsNone(d["neverallow"])

    def test_the_nearest_rule_comes_first(self):
        d = self.ask("hmi", "file", "write,read", "--path", "/srv/hmi/a")
        self.assertEqual(d["denied"], "write")
        self.assertIn("hmi hmi_content", d["near"][0]["text"])
        self.assertIn("lacks write", d["near"][0]["why"])
        d = self.ask("hmi", "tcp", "connect", "--inet", "10.7.0.1:502")
        self.assertIn("plc fieldbus", d["near"][0]["text"])

    def test_the_line_grants_what_was_denied(self):
        cases = [
            ("hmi", "file", "append,write", ["--path", "/srv/hmi/a"]),
            ("hmi", "tcp", "connect", ["--inet", "10.7.0.1:502"]),
            ("hmi", "tcp", "connect", ["--inet", "192.0.2.1:80"]),
            ("plc", "unix", "connect", ["--unix", "@plc-control"]),
            ("hmi", "process", "signal", ["--object", "plc"]),
            ("hmi", "capability", "sys_admin", []),
            ("hmi", "capability", "bpf", []),
            ("hmi", "module", "load", []),
            ("hmi", "tcp", "create", []),
            ("hmi", "file", "read", ["--path", "/nowhere"]),
        ]
        for domain, cls, perm, where in cases:
            with self.subTest(cls=cls, where=where):
                before = self.ask(domain, cls, perm, *where)
                self.assertFalse(before["granted"])
                text = GATEWAY_TEXT.replace("allow:\n", "allow:\n  " + before["line"] + "\n", 1)
                after = self.ask(domain, cls, perm, *where, policy=self.path("p.yaml", text))
                self.assertTrue(after["granted"], before["line"])

    def test_unknown_names_are_usage_errors_with_a_suggestion(self):
        r = self.run_cli("explain", "--policy", GATEWAY, "--domain", "hni", "--class", "file", "--perm", "read", "--path", "/a")
        self.assertEqual(r.code, 2)
        self.assertIn("hmi", r.err)
        for bad in (["--path", "relative"], ["--path", "/a/../b"], ["--object", "nothing"], []):
            r = self.run_cli("explain", "--policy", GATEWAY, "--domain", "hmi", "--class", "file", "--perm", "read", *bad)
            self.assertEqual(r.code, 2, bad)

    def test_text_form(self):
        out = self.run_cli("explain", "--policy", GATEWAY, "--domain", "hmi", "--class", "file", "--perm", "write",
                           "--path", "/etc/plc/x").out
        for pattern in (r"^DENIED hmi plc_config : file", r"by pattern /etc/plc/\*\*", r"grant +- hmi plc_config", r"put it +under",
                        r"forbids that line"):
            self.assertTrue(re.search(pattern, out, re.M), pattern + "\n" + out)


main()
