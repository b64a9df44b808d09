# SPDX-License-Identifier: Apache-2.0
"""A file without a row, a row without code and a row without a case are all found."""

import os
import sys
import tempfile
import unittest

TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools")
sys.path.insert(0, TOOLS)

import check_rows  # noqa: E402

OPERATION = check_rows.REGISTRIES[0]
STEP = check_rows.REGISTRIES[1]


class Rows(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.root = holder.name

    def write(self, path, text):
        os.makedirs(os.path.dirname(os.path.join(self.root, path)), exist_ok=True)
        with open(os.path.join(self.root, path), "w", encoding="utf-8") as file:
            file.write(text)

    def problems(self, registry):
        return check_rows.check_registry(self.root, registry)

    def test_no_list_yet(self):
        self.assertEqual(self.problems(OPERATION), [])

    def test_operation(self):
        self.write("src/op/op_list.h", "// SL_OP(name)\nSL_OP(ls)\n")
        self.assertIn("no code", self.problems(OPERATION)[0])
        self.write("src/op/ls.c", "const sl_op sl_op_ls = {\n")
        self.assertIn("no case", self.problems(OPERATION)[0])
        self.write("tests/ops/ls.case", "")
        self.assertEqual(self.problems(OPERATION), [])
        self.write("src/op/cp.c", "const sl_op sl_op_cp = {\n")
        self.assertIn("no row", self.problems(OPERATION)[0])
        self.write("src/op/op_list.h", "SL_OP(ls)\nSL_OP(cp)\nSL_OP(ls)\n")
        self.assertTrue(any("two rows" in p for p in self.problems(OPERATION)))

    def test_case_that_names_the_row_as_a_word(self):
        self.write("src/model/step_list.h", "SL_STEP(pad)\n")
        self.write("src/model/step_pad.c", "const sl_step sl_step_pad = {\n")
        self.write("src/model/step_test.c", "padding\n")
        self.assertIn("no case", self.problems(STEP)[0])
        self.write("src/model/step_test.c", 'call("pad");\n')
        self.assertEqual(self.problems(STEP), [])
        self.write("src/model/step_test.c", "run(&sl_step_pad);\n")
        self.assertEqual(self.problems(STEP), [])

    def test_list_that_covers_another(self):
        self.write("full.h", 'SL_OPERATOR(Abs, 1)\nSL_OPERATOR(Add, 7)\n')
        self.write("part.h", "SL_GRAD_RULE(Abs)\n")
        self.assertEqual(check_rows.check_covered(self.root, "full.h", "part.h", "gradient"),
                         ["part.h:1: Add of full.h has no gradient row"])
        self.write("part.h", 'SL_GRAD_RULE(Abs)\nSL_GRAD_REFUSE(Add, "why")\n')
        self.assertEqual(check_rows.check_covered(self.root, "full.h", "part.h", "gradient"), [])


if __name__ == "__main__":
    unittest.main()
