# SPDX-License-Identifier: BSD-2-Clause
"""--json is one valid document on standard output and nothing on standard error, whatever happens."""

from driver import GATEWAY, Case, main


class Json(Case):
    def document(self, code, *args):
        r = self.run_cli(*args)
        self.assertEqual(r.code, code, r.out + r.err)
        self.assertEqual(r.err, "")
        return r.json()

    def test_check(self):
        d = self.document(0, "check", "--json", "--stats", GATEWAY)
        self.assertEqual((d["ok"], d["name"], d["version"], d["domains"]), (True, "gateway", 7, 2))
        self.assertEqual(d["tests"], {"run": 2, "failures": []})
        self.assertGreater(d["stats"]["image_bytes"], d["stats"]["runtime_bytes"])

    def test_diagnostics(self):
        d = self.document(3, "check", "--json", self.path("bad.yaml", "policy: x\nversion: no\n"))
        self.assertEqual((d["ok"], d["exit"]), (False, 3))
        self.assertEqual(d["diagnostics"][0]["line"], 2)

    def test_names_that_are_no_utf8(self):
        bad = bytes(self.path("a"), "ascii") + b"\xff.yaml"
        with open(bad, "w") as f:
            f.write("policy: x\nversion: no\n")
        d = self.document(3, "check", "--json", bad)
        self.assertIn("\ufffd", d["policy"])

    def test_usage_errors(self):
        self.assertEqual(self.document(2, "check", "--json", "--nonsense")["exit"], 2)

    def test_compile(self):
        d = self.document(0, "compile", "--json", GATEWAY, "-o", self.path("x.kss"))
        self.assertEqual(d["name"], "gateway")

    def test_missing_file(self):
        self.assertEqual(self.document(1, "check", "--json", self.path("absent"))["error"]["errno"], 2)

    def test_status(self):
        self.assertEqual(self.run_cli("status", "--json", *self.places()).json()["ok"], False)

    def test_graph(self):
        self.assertTrue(self.document(0, "graph", "--json", GATEWAY)["dot"].startswith("digraph"))


main()
