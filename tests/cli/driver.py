# SPDX-License-Identifier: BSD-2-Clause
"""Runs kss-load and says what it printed; every test of this folder is one of these."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).parent
GATEWAY = str(HERE / "gateway.yaml")
GATEWAY_TEXT = (HERE / "gateway.yaml").read_text()
BINARY = sys.argv.pop(1) if len(sys.argv) > 1 else "kss-load"


class Result:
    def __init__(self, process):
        self.code, self.out, self.err = process.returncode, process.stdout, process.stderr

    def json(self):
        return json.loads(self.out)


class Case(unittest.TestCase):
    """A test with a directory of its own, which `path` names things in."""

    maxDiff = None

    def setUp(self):
        held = tempfile.TemporaryDirectory()
        self.addCleanup(held.cleanup)
        self.dir = pathlib.Path(held.name)

    def path(self, name, text=None):
        p = self.dir / name
        if text is not None:
            p.write_text(text)
        return str(p)

    def run_cli(self, *args, stdin="", env=None, user=None):
        return Result(
            subprocess.run(
                [BINARY, *args], input=stdin, capture_output=True, text=True, timeout=60, check=False, user=user,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C", **(env or {})}))

    def compiled(self):
        image = self.path("gateway.kss")
        self.assertEqual(self.run_cli("compile", GATEWAY, "-o", image).code, 0)
        return image

    def places(self):
        """Options by which a command looks for a loaded policy where none can be."""
        return ["--pin-dir", self.path("pins"), "--state-dir", self.path("state")]


def main():
    unittest.main()
