# SPDX-License-Identifier: Apache-2.0
"""What tools/new.py writes compiles without a warning, is in the house format and keeps to the
style; and it overwrites nothing."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tools"))

import check_style  # noqa: E402
import new  # noqa: E402

COMPILE = ["gcc", "-std=c17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wconversion", "-Wshadow",
           "-Wmissing-prototypes", "-Werror", "-fsyntax-only", "-Isrc", "-Iinclude",
           '-DSL_TEST_DATA="data"']
for header in ("stdarg.h", "stddef.h", "stdint.h", "setjmp.h"):
    COMPILE += ["-include", header]


class Scaffold(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.root = holder.name
        for folder in ("src", "include"):
            shutil.copytree(os.path.join(ROOT, folder), os.path.join(self.root, folder))
        for file in ("CMakeLists.txt", ".clang-format"):
            shutil.copy(os.path.join(ROOT, file), self.root)

    def make(self, kind, name):
        return subprocess.run([sys.executable, os.path.join(ROOT, "tools", "new.py"), kind, name,
                               "--root", self.root], capture_output=True, text=True, check=False)

    def read(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8") as file:
            return file.read()

    def check_c_file(self, path):
        built = subprocess.run(COMPILE + [path], cwd=self.root, capture_output=True, text=True,
                               check=False)
        self.assertEqual(built.returncode, 0, built.stderr)
        self.assertEqual(check_style.check_c_file(path, self.read(path))[0], [])
        if shutil.which("clang-format"):
            formatted = subprocess.run(["clang-format", path], cwd=self.root, capture_output=True,
                                       text=True, check=True).stdout
            self.assertEqual(formatted, self.read(path))

    def test_every_kind(self):
        for name, kind in new.KINDS.items():
            if name == "panel" or not os.path.isfile(os.path.join(self.root, kind.list)):
                continue
            with self.subTest(kind=name):
                done = self.make(name, "sample_kind")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(self.read(kind.list).count("(sample_kind"), 1)
                for path in kind.files.values():
                    path = path.replace("@NAME@", "sample_kind")
                    self.assertTrue(os.path.isfile(os.path.join(self.root, path)))
                    if path.endswith(".c"):
                        self.check_c_file(path)
                again = self.make(name, "sample_kind")
                self.assertEqual(again.returncode, 2)
                self.assertIn("exist", again.stderr)

    def test_panel(self):
        index = os.path.join(self.root, "web", "src", "panels", "index.ts")
        os.makedirs(os.path.dirname(index))
        with open(index, "w", encoding="utf-8") as file:
            file.write('// A list.\nimport type { Panel } from "./panel";\n\n'
                       "export const panels: readonly Panel[] = [];\n")
        self.assertEqual(self.make("panel", "first_one").returncode, 0)
        self.assertEqual(self.make("panel", "second").returncode, 0)
        self.assertEqual(self.read("web/src/panels/index.ts"),
                         '// A list.\nimport type { Panel } from "./panel";\n'
                         'import { firstOne } from "./first_one";\n'
                         'import { second } from "./second";\n\n'
                         "export const panels: readonly Panel[] = [\n  firstOne,\n  second,\n];\n")
        self.assertIn("firstOne: Panel", self.read("web/src/panels/first_one/index.tsx"))

    def test_bad_names_are_refused(self):
        for name in ("Blur", "9lives", "a-b", "../x", ""):
            self.assertEqual(self.make("operation", name).returncode, 2, name)
        self.assertIn("exists", self.make("operation", "doctor").stderr)

    def test_a_row_that_is_there_is_refused(self):
        with self.assertRaisesRegex(new.Refusal, "already"):
            new.add_row("SL_STEP(pad)\n", "SL_STEP(pad)\n", "pad", "step")
        with self.assertRaisesRegex(new.Refusal, "already"):
            new.add_row('SL_METRIC(ece, "ECE")\n', 'SL_METRIC(ece, "")\n', "ece", "metric")
        self.assertEqual(new.add_row("SL_STEP(pad)\n", "SL_STEP(pa)\n", "pa", "step"),
                         "SL_STEP(pad)\nSL_STEP(pa)\n")


if __name__ == "__main__":
    unittest.main()
