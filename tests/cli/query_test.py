# SPDX-License-Identifier: BSD-2-Clause
"""query: who may do what, and where information can go."""

from driver import GATEWAY, Case, main


class Query(Case):
    def ask(self, *args, policy=GATEWAY):
        r = self.run_cli("query", policy, *args, "--json")
        self.assertEqual(r.code, 0, r.out + r.err)
        return r.json()

    def accesses(self, *args):
        return [(a["domain"], a["object"], a["class"], a["permissions"]) for a in self.ask(*args)["accesses"]]

    def test_what_a_domain_may_do(self):
        self.assertIn(("hmi", "hmi_content", "file", ["open", "read", "getattr"]), self.accesses("--what", "hmi"))
        self.assertFalse([a for a in self.accesses("--what", "hmi") if a[0] != "hmi"])
        self.assertIn(("plc", "plc", "capability", ["net_raw"]), self.accesses("--what", "plc"))

    def test_who_may(self):
        self.assertEqual(self.accesses("--who", "fieldbus"), [("plc", "fieldbus", "tcp", ["connect"])])
        self.assertEqual(self.accesses("--who", "tcp 10.7.1.2 port 502", "--class", "tcp"), self.accesses("--who", "fieldbus"))
        self.assertEqual(self.accesses("--who", "/srv/hmi/x", "--class", "file", "--perm", "read"),
                         [("hmi", "hmi_content", "file", ["read"])])
        self.assertEqual(self.accesses("--who", "/etc/plc/key"), [])

    def test_rules_are_named(self):
        (access,) = self.ask("--who", "fieldbus")["accesses"]
        self.assertRegex(access["rules"][0], r"gateway\.yaml:13$")

    def test_flow(self):
        chain = self.ask("--from", "hmi_content", "--to", "fieldbus")["chain"]
        self.assertEqual([(hop["from"], hop["to"]) for hop in chain],
                         [("hmi_content", "hmi"), ("hmi", "plc"), ("plc", "fieldbus")])
        self.assertFalse(self.ask("--from", "plc_config", "--to", "fieldbus")["flow"])

    def test_an_image_answers_alike(self):
        image = self.compiled()
        for question in (["--what", "plc"], ["--who", "hmi"], ["--from", "hmi", "--to", "fieldbus"]):
            self.assertEqual(self.ask(*question), self.ask(*question, policy=image))

    def test_trusted_stands_in_the_image(self):
        text = ("policy: t\nversion: 1\ndomains: { a: { enter: { run: true } }, g: { trusted: true, enter: { run: true } },"
                " b: { enter: { run: true } } }\nallow: [ \"a g : unix send\", \"g b : unix send\" ]\n")
        policy, image = self.path("t.yaml", text), self.path("t.kss")
        self.assertEqual(self.run_cli("compile", policy, "-o", image).code, 0)
        self.assertFalse(self.ask("--from", "a", "--to", "b", policy=image)["flow"])
        untrusted = self.path("u.yaml", text.replace("trusted: true, ", ""))
        self.assertTrue(self.ask("--from", "a", "--to", "b", policy=untrusted)["flow"])

    def test_people_read_it_too(self):
        self.assertRegex(self.run_cli("query", GATEWAY, "--who", "fieldbus").out, r"^plc fieldbus : tcp connect +\S+:13\n")
        self.assertIn("-> plc", self.run_cli("query", GATEWAY, "--from", "hmi", "--to", "fieldbus").out)
        self.assertIn("no information can go", self.run_cli("query", GATEWAY, "--from", "plc_config", "--to", "hmi").out)
        self.assertIn("nothing is granted", self.run_cli("query", GATEWAY, "--who", "plc_config").out)

    def test_classes(self):
        out = self.run_cli("query", "--classes").out
        self.assertRegex(out, r"\n  ptrace +both ways +attach")
        names = [c["name"] for c in self.run_cli("query", "--classes", "--json").json()["classes"]]
        self.assertEqual((names[0], names[-1]), ("file", "io_uring"))

    LEVELS = """policy: t
version: 1
levels: { secrecy: { degrees: [public, secret] }, default: { secrecy: public } }
domains: { d: { enter: { run: true } } }
types: { key: { files: [/key], level: { secrecy: secret } } }
allow:
  - "d key : file { open read write }"
"""

    def test_levels(self):
        policy, image = self.path("t.yaml", self.LEVELS), self.path("t.kss")
        self.assertEqual(self.run_cli("compile", policy, "-o", image).code, 0)
        for p in (policy, image):
            levels = {x["name"]: x["level"] for x in self.ask("--levels", policy=p)["levels"]}
            self.assertEqual((levels["d"], levels["key"]), ("secrecy public", "secrecy secret"))
            (access,) = self.ask("--who", "key", policy=p)["accesses"]
            self.assertEqual(access["permissions"], ["open", "write", "append"])
            self.assertFalse(self.ask("--from", "key", "--to", "d", policy=p)["flow"])
        self.assertIn("no levels", self.run_cli("query", GATEWAY, "--levels").out)

    def test_explain_names_levels(self):
        policy, image = self.path("t.yaml", self.LEVELS), self.path("t.kss")
        self.assertEqual(self.run_cli("compile", policy, "-o", image).code, 0)
        for p in (policy, image):
            r = self.run_cli("explain", "--policy", p, "--domain", "d", "--path", "/key", "--class", "file", "--perm", "read", "--json")
            said = r.json()
            self.assertIn("d is at secrecy public; key is at secrecy secret", r.out)
            self.assertNotIn('"line"', r.out)
            self.assertIn("no rule can grant read", r.out)
            self.assertTrue(said)
        r = self.run_cli("explain", "--policy", policy, "--domain", "d", "--path", "/key", "--class", "file", "--perm", "write")
        self.assertIn("granted", r.out)
        # A permission that no rule mentions, and that levels would withhold all the same: known where the text is.
        r = self.run_cli("explain", "--policy", policy, "--domain", "d", "--path", "/key", "--class", "file", "--perm", "getattr")
        self.assertIn("no rule can grant getattr", r.out)

    def test_questions_that_are_none(self):
        for args, what in (([], "which policy"), ([GATEWAY, "--what", "hmj"], "no domain hmj"), ([GATEWAY, "--who", "x"], "no domain or type x"),
                           ([GATEWAY, "--from", "hmi"], "go together"), ([GATEWAY, "--from", "hmi", "--to", "hmi"], "same place"),
                           ([GATEWAY, "--from", "a", "--to", "b", "--what", "hmi"], "another question"),
                           ([GATEWAY, "--perm", "read"], "--class"), ([GATEWAY, "--class", "files"], "no class files"),
                           ([GATEWAY, "--class", "file", "--perm", "reed"], "no permission reed")):
            with self.subTest(args=args):
                r = self.run_cli("query", *args)
                self.assertEqual(r.code, 2)
                self.assertIn(what, r.err)


main()
