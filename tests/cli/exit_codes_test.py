# SPDX-License-Identifier: BSD-2-Clause
"""Exit codes are what scripts see: each has a test, for each command that can give it."""

import os
import pathlib
import shutil
import subprocess
import unittest

from driver import BINARY, GATEWAY, GATEWAY_TEXT, Case, main


class ExitCodes(Case):
    def assert_code(self, code, *args, **kw):
        r = self.run_cli(*args, **kw)
        self.assertEqual(r.code, code, f"{args}\n{r.out}{r.err}")
        return r

    def test_success(self):
        for args in ([], ["--help"], ["--version"], ["check", GATEWAY], ["check", "--help"]):
            self.assert_code(0, *args)

    def test_first_steps_are_six_lines(self):
        self.assertEqual(len(self.assert_code(0).out.splitlines()), 6)

    def test_a_missing_file_is_an_internal_error(self):
        self.assert_code(1, "check", self.path("absent.yaml"))
        self.assert_code(1, "compile", GATEWAY, "-o", self.path("no/such/dir/x.kss"))

    def test_usage(self):
        for args in (["nonsense"], ["check"], ["check", "--nonsense", GATEWAY], ["compile", GATEWAY],
                     ["run", "--domain", "hmi"], ["explain", "--class", "file"], ["audit", "--since", "soon"],
                     ["check", "--color", "pink", GATEWAY], ["load", "--rate", "0", GATEWAY],
                     ["explain", "--path", "/a", "--object", "b"]):
            with self.subTest(args=args):
                r = self.assert_code(2, *args)
                self.assertIn("error", r.err)

    def test_policy_errors(self):
        bad = self.path("bad.yaml", "policy: x\nversion: no\n")
        for command in ("check", "graph", "load", "swap"):
            self.assert_code(3, command, bad)
        self.assert_code(3, "compile", bad, "-o", self.path("x.kss"))
        self.assertFalse(os.path.exists(self.path("x.kss")))

    def test_a_policys_failing_test(self):
        text = GATEWAY_TEXT.replace('deny: "hmi fieldbus', 'grant: "hmi fieldbus')
        bad = self.path("bad.yaml", text)
        self.assertIn(":21:", self.assert_code(3, "check", bad).err)
        self.assert_code(0, "check", "--no-tests", bad)

    def test_every_damaged_image_is_refused(self):
        image = pathlib.Path(self.compiled()).read_bytes()
        for at in range(0, len(image), max(1, len(image) // 64)):
            damaged = self.path("damaged.kss")
            with open(damaged, "wb") as f:
                f.write(image[:at] + bytes([image[at] ^ 0x55]) + image[at + 1:])
            with self.subTest(at=at):
                self.assert_code(3, "check", damaged)
        with open(damaged, "wb") as f:
            f.write(image[:-64])
        self.assert_code(3, "check", damaged)

    def test_nothing_is_loaded(self):
        if os.geteuid() == 0 and not os.path.isdir("/sys/fs/bpf"):
            self.skipTest("no bpffs")
        places = self.places()
        self.assert_code(5, "status", *places)
        self.assert_code(5, "explain", "--domain", "hmi", "--class", "file", "--perm", "read", "--path", "/a", *places)
        if os.geteuid() == 0:
            self.assert_code(5, "unload", *places)
            self.assert_code(5, "swap", GATEWAY, *places)
            self.assert_code(5, "audit", *places)

    @unittest.skipUnless(os.geteuid() == 0, "becomes another user")
    def test_not_root(self):
        binary = self.path("kss-load")
        shutil.copy(BINARY, binary)
        policy = self.path("p.yaml", GATEWAY_TEXT)
        os.chmod(self.dir, 0o755)
        for args in (["load", policy], ["swap", policy], ["unload"]):
            with self.subTest(args=args):
                r = subprocess.run([binary, *args], capture_output=True, text=True, user=65534, timeout=60, check=False)
                self.assertEqual(r.returncode, 6, r.stderr)
                self.assertIn("root", r.stderr)

    def test_signatures(self):
        if not shutil.which("openssl"):
            self.skipTest("no openssl")
        key, pub, image = self.path("key.pem"), self.path("pub.pem"), self.path("x.kss")
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True)
        subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", pub], check=True)
        self.assert_code(0, "compile", GATEWAY, "-o", image, "--sign", key)
        self.assertEqual(os.path.getsize(image + ".sig"), 64)
        # OpenSSL itself agrees that this is an Ed25519 signature over the file.
        subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", pub, "-rawin", "-in", image, "-sigfile",
                        image + ".sig"], check=True, capture_output=True)
        other = self.path("other.sig", "x" * 64)
        self.assert_code(7, "load", image, "--signature", other, "--key", pub, *self.places())
        self.assert_code(7, "compile", GATEWAY, "-o", image, "--sign", pub)
        self.assert_code(7, "load", image, "--signature", image + ".sig", "--key", key, *self.places())

    def test_run_without_a_policy(self):
        if os.path.isdir("/sys/fs/bpf/kss"):
            self.skipTest("a policy is in force")
        self.assert_code(5, "run", "--domain", "hmi", "--", "/bin/true")
        self.assert_code(2, "run", "--domain", "hmi", "--user", "no-such-user", "--", "/bin/true")


main()
