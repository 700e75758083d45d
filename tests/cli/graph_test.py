# SPDX-License-Identifier: BSD-2-Clause
"""graph: DOT that dot takes, and a big policy that stays small enough to look at."""

import os
import pathlib
import shutil
import subprocess

from driver import GATEWAY, Case, main


class Graph(Case):
    def test_dot(self):
        out = self.run_cli("graph", GATEWAY).out
        for text in ('label="hmi"', 'label="fieldbus"', "style=dashed", "tcp: connect"):
            self.assertIn(text, out)

    def test_an_image_gives_the_same_graph(self):
        self.assertEqual(self.run_cli("graph", GATEWAY).out, self.run_cli("graph", self.compiled()).out)

    def test_one_domain(self):
        out = self.run_cli("graph", "--domain", "hmi", GATEWAY).out
        self.assertIn("hmi_content", out)
        self.assertNotIn("fieldbus", out)
        self.assertEqual(self.run_cli("graph", "--domain", "x", GATEWAY).code, 2)

    def test_svg(self):
        if not shutil.which("dot"):
            self.skipTest("no graphviz")
        svg = self.path("p.svg")
        self.assertEqual(self.run_cli("graph", GATEWAY, "-o", svg).code, 0)
        self.assertIn("<svg", pathlib.Path(svg).read_text())

    def test_svg_without_dot_says_so(self):
        r = self.run_cli("graph", GATEWAY, "-o", self.path("p.svg"), env={"PATH": str(self.dir)})
        self.assertEqual(r.code, 1)
        self.assertIn("graphviz", r.err)
        self.assertFalse(os.path.exists(self.path("p.svg")))

    def test_a_big_policy_is_folded(self):
        types = "".join(f'  t{i}: {{ files: ["/d{i}/**"], attributes: [all] }}\n' for i in range(500))
        big = self.path("big.yaml", "policy: big\nversion: 1\nattributes: { all: [] }\n"
                        "domains: { d: { enter: { exec: /bin/x } } }\ntypes:\n" + types + "allow:\n  - d all : file { open read }\n")
        r = self.run_cli("graph", big)
        self.assertEqual(r.code, 0, r.err)
        self.assertIn("folded", r.err)
        self.assertLess(len(r.out.splitlines()), 40)
        if shutil.which("dot"):
            subprocess.run(["dot", "-Tsvg", "-o", self.path("big.svg")], input=r.out, text=True, check=True, timeout=30)


main()
