# SPDX-License-Identifier: BSD-2-Clause
"""What people and editors read."""

import os
import pathlib
import pty
import re
import subprocess

from driver import BINARY, GATEWAY, GATEWAY_TEXT, Case, main

BAD = """policy: bad
version: 1
domains:
  hmi: { enter: { exec: /bin/x } }
allow:
  - hmi nothere : file open
  - hmi system : file raed
"""


class Messages(Case):
    def test_place_line_and_caret(self):
        bad = self.path("bad.yaml", BAD)
        r = self.run_cli("check", bad)
        lines = r.err.splitlines()
        first = next(i for i, l in enumerate(lines) if re.match(re.escape(bad) + r":6:9: error: ", l))
        self.assertTrue(lines[first + 1].endswith("|   - hmi nothere : file open"), lines[first + 1])
        # the caret stands below the word
        self.assertEqual(lines[first + 2].index("^"), lines[first + 1].index("nothere"))

    def test_all_errors_at_once(self):
        r = self.run_cli("check", self.path("bad.yaml", BAD))
        self.assertGreaterEqual(len(re.findall(r": error: ", r.err)), 2)

    def test_caret_below_tabs_and_wide_characters(self):
        bad = self.path("bad.yaml", 'policy: bad\nversion: 1\ntypes: { "ä": { fils: ["/a"] } }\n')
        lines = self.run_cli("check", bad).err.splitlines()
        at = next(i for i, l in enumerate(lines) if "^" in l)
        self.assertLessEqual(lines[at].index("^"), len(lines[at - 1]))

    def test_names_cannot_drive_a_terminal(self):
        r = self.run_cli("check", self.path("a\x1b[31mb.yaml", BAD))
        self.assertNotIn("\x1b", r.err + r.out)

    def test_no_colours_unless_asked(self):
        self.assertNotIn("\x1b", self.run_cli("check", GATEWAY).out)
        self.assertIn("\x1b", self.run_cli("check", "--color", "always", GATEWAY).out)

    def on_terminal(self, env):
        master, slave = pty.openpty()
        subprocess.run([BINARY, "check", GATEWAY], stdout=slave, stderr=slave, check=True, timeout=60,
                       env={"PATH": os.environ["PATH"], "TERM": "xterm", **env})
        os.close(slave)
        data = os.read(master, 65536)
        os.close(master)
        return data

    def test_colours_on_a_terminal_unless_no_color(self):
        self.assertIn(b"\x1b[", self.on_terminal({}))
        self.assertNotIn(b"\x1b[", self.on_terminal({"NO_COLOR": "1"}))
        self.assertIn(b"\x1b[", self.on_terminal({"NO_COLOR": ""}))

    def test_standard_input(self):
        self.assertEqual(self.run_cli("check", "-", stdin=GATEWAY_TEXT).code, 0)
        self.assertIn("<stdin>:", self.run_cli("check", "-", stdin=BAD).err)

    def test_stats(self):
        out = self.run_cli("check", "--stats", GATEWAY).out
        for word in ("subject classes", "object classes", "states of the path automaton", "KiB"):
            self.assertIn(word, out)

    def test_an_image_compiles_to_the_same_bytes(self):
        a = pathlib.Path(self.compiled()).read_bytes()
        self.assertEqual(a, pathlib.Path(self.compiled()).read_bytes())

    def test_help_has_examples(self):
        for command in ("check", "compile", "load", "swap", "unload", "status", "run", "audit", "explain", "probe", "graph",
                        "query", "diff", "test"):
            with self.subTest(command=command):
                self.assertRegex(self.run_cli(command, "--help").out, r"Examples:\n  \S")


main()
