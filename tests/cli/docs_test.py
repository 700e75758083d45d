# SPDX-License-Identifier: BSD-2-Clause
"""Every command, option, class, permission and exit code stands in the man pages and in the completion of each shell."""

import pathlib
import re
import shutil
import subprocess

from driver import HERE, Case, main

CLI = HERE.parent.parent / "userspace" / "cli"
COMPLETIONS = [CLI / "completion" / n for n in ("kss-load.bash", "_kss-load", "kss-load.fish")]


def section(text, start, end):
    """The part of `text` from the line that matches `start` to the next one that matches `end`."""
    found = re.search(start, text, re.M)
    rest = text[found.end():] if found else ""
    stop = re.search(end, rest, re.M)
    return rest[:stop.start()] if stop else rest


class Docs(Case):
    def setUp(self):
        super().setUp()
        self.man = (CLI / "man" / "kss-load.1").read_text()
        help_text = self.run_cli("--help").out
        self.commands = re.findall(r"^  (\w+) ", section(help_text, r"^Subcommands:", r"^\S"), re.M)
        self.assertIn("explain", self.commands)

    def options(self, command):
        listed = section(self.run_cli(command, "--help").out, r"^Options:", r"^Examples:")
        return set(re.findall(r"^  (?:-\w,)?(--[\w-]+)", listed, re.M))

    def test_options_are_found_at_all(self):
        self.assertLessEqual({"--help", "--json", "--follow", "--since"}, self.options("audit"))

    def test_man_page(self):
        shared = section(self.man, r"^\.Sh DESCRIPTION", r"^\.Sh COMMANDS")
        loading = section(self.man, r"^\.Ss load", r"^\.Ss")
        for command in self.commands:
            own = section(self.man, rf"^\.Ss {command}\b", r"^\.S[sh]")
            self.assertTrue(own, command)
            text = shared + own + (loading if command == "swap" else "")
            for option in self.options(command):
                with self.subTest(command=command, option=option):
                    self.assertRegex(text, r"\\-" + re.escape(option[2:]) + r"\b")

    def test_man_page_has_no_other_options(self):
        known = {o for c in self.commands for o in self.options(c)} | {"--version"}
        for name in re.findall(r"^\.It (?:Fl \w , )?Fl \\-([\w-]+)", self.man, re.M):
            self.assertIn("--" + name, known)

    def test_completions(self):
        for path in COMPLETIONS:
            text = path.read_text()
            for command in self.commands:
                self.assertRegex(text, rf"\b{command}\b", path.name)
                for option in self.options(command):
                    with self.subTest(shell=path.name, command=command, option=option):
                        name = option[2:]
                        pattern = rf"-l {name}\b" if path.suffix == ".fish" else rf"--{name}\b"
                        self.assertRegex(text, pattern)

    def test_bash_completes_each_commands_options(self):
        script = 'source "$1"; COMP_WORDS=(kss-load "$2" --); COMP_CWORD=2; _kss_load; printf "%s\\n" "${COMPREPLY[@]}"'
        for command in self.commands:
            r = subprocess.run(["bash", "-c", script, "-", str(COMPLETIONS[0]), command], capture_output=True, text=True,
                               check=True, timeout=30)
            self.assertEqual(set(r.stdout.split()) - {"--"}, self.options(command), command)

    def test_shells_accept_their_scripts(self):
        for shell, path in (("zsh", COMPLETIONS[1]), ("fish", COMPLETIONS[2])):
            if shutil.which(shell):
                subprocess.run([shell, "-n", str(path)], check=True, timeout=30)

    def test_exit_codes(self):
        header = (CLI / "exit.hpp").read_text()
        status = section(self.man, r"^\.Sh EXIT STATUS", r"^\.Sh")
        codes = re.findall(r"^  E\(\w+, (\d+),", header, re.M)
        self.assertGreater(len(codes), 7)
        self.assertEqual(codes, re.findall(r"^\.It (\d+)", status, re.M))
        table = (HERE.parent.parent / "include" / "kss" / "kss.h").read_text()
        for name, number in re.findall(r"KSS_E_(\w+) = (\d)", table):
            self.assertIn(f"E({name.lower()}, {number},", header)

    def test_classes_and_permissions(self):
        page = section((CLI / "man" / "kss-policy.5").read_text(), r"^\.Sh CLASSES", r"^\.Sh SEE")
        for cls in self.run_cli("__complete", "classes").out.split():
            self.assertRegex(page, re.compile(rf"^\.It Cm {cls}$", re.M), cls)
            for perm in self.run_cli("__complete", "perms", "--class", cls).out.split():
                self.assertRegex(page, re.compile(rf"^\.It Li {perm}$", re.M), f"{cls} {perm}")

    def test_man_pages_are_sound(self):
        if not shutil.which("man"):
            self.skipTest("no man")
        for page in ("kss-load.1", "kss-policy.5"):
            r = subprocess.run(["man", "-l", "--warnings", "-E", "UTF-8", str(CLI / "man" / page)], capture_output=True,
                               text=True, timeout=60, check=True, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANWIDTH": "100"})
            self.assertEqual(r.stderr, "")


main()
