# SPDX-License-Identifier: Apache-2.0
"""Comments, strings, templates and preprocessor branches as the checkers see them."""

import os
import sys
import tempfile
import unittest

TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools")
sys.path.insert(0, TOOLS)

import sourcetext  # noqa: E402


class Files(unittest.TestCase):
    def test_code_in_a_folder_called_data_is_seen_and_test_data_is_not(self):
        with tempfile.TemporaryDirectory() as root:
            for path in ("src/data/a.c", "tests/data/b.c", "tests/c.c", "src/node_modules/d.c"):
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8"):
                    pass
            self.assertEqual(sourcetext.files(root, ["src", "tests"], (".c",)),
                             ["src/data/a.c", "tests/c.c"])


class Blanking(unittest.TestCase):
    def same_shape(self, before, after):
        self.assertEqual(len(before), len(after))
        self.assertEqual([i for i, c in enumerate(before) if c == "\n"],
                         [i for i, c in enumerate(after) if c == "\n"])

    def test_c(self):
        text = 'a /* x\n"y" */ b "c // d\\"e" \'"\' // f \\\n g\nh\n'
        code = sourcetext.code_of_c(text)
        self.same_shape(text, code)
        self.assertEqual(code.split(), ["a", "b", '"', '"', "'", "'", "h"])

    def test_include_survives_only_outside_comments(self):
        text = '// #include "a"\n#include "b"\n'
        self.assertNotIn('"a"', sourcetext.without_comments(text))
        self.assertIn('"b"', sourcetext.without_comments(text))

    def test_typescript_templates(self):
        text = "a(`x ${b} y ${`in ${c}`} z`); // d\n'e'\n"
        code = sourcetext.code_of_typescript(text)
        self.same_shape(text, code)
        self.assertIn("b", code)
        for gone in "xyzde":
            self.assertNotIn(gone, code)

    def test_directives(self):
        text = "#if A\nf {\n#elif B\ng {\n#else\nh {\n#endif\n}\n#define X {\\\n}\n"
        code = sourcetext.without_directives(text)
        self.same_shape(text, code)
        self.assertEqual(code.split(), ["f", "{", "}"])


if __name__ == "__main__":
    unittest.main()
