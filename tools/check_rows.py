#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One file, one row, one case: every definition has a row in its list, every row a definition, and
every row a test that names it.

Start at REGISTRIES. A registry whose list does not exist yet is skipped.
"""

import argparse
import glob
import os
import re
import sys
from collections import namedtuple

import sourcetext

# list: the file with the rows. macro: of a row. defined: how the code behind a row looks, in which
# folder. cases: where a test must be; each case names the row as a word, or is named for it.
Registry = namedtuple("Registry", "what list macro folder defined cases")

REGISTRIES = [
    Registry("operation", "src/op/op_list.h", "SL_OP", "src/op",
             r"^const sl_op sl_op_(\w+)\s*=", ["tests/ops/{name}.case", "tests/ops/{name}_*.case"]),
    Registry("step", "src/model/step_list.h", "SL_STEP", "src/model",
             r"^const sl_step sl_step_(\w+)\s*=", ["src/model/*_test.c", "tests/unit/*.c"]),
    Registry("format", "src/data/format_list.h", "SL_FORMAT", "src/data",
             r"^const sl_format sl_format_(\w+)\s*=", ["src/data/*_test.c", "tests/unit/*.c"]),
    Registry("metric", "src/metric/metric_list.h", "SL_METRIC", "src/metric",
             r"^double sl_metric_of_(\w+)\(", ["src/metric/*_test.c", "tests/unit/*.c",
                                              "tests/data/metric/*"]),
    Registry("pass", "src/pass/pass_list.h", "SL_PASS", "src/pass",
             r"^sl_status sl_pass_(\w+)\(sl_graph_model \*model, const sl_pass_context",
             ["tests/unit/*.c"]),
]

# Every row of the first list, by its first word or text, has a row of any macro in the second.
COVERED = [("src/onnx/operator_list.h", "src/grad/grad_list.h", "gradient")]


def rows_of(root, registry):
    text = sourcetext.without_comments(sourcetext.read(root, registry.list))
    return re.findall(rf"^{registry.macro}\((\w+)", text, re.M)


def definitions_of(root, registry):
    """name -> file of everything in the folder that looks like the code behind a row."""
    found = {}
    for path in sourcetext.files(root, [registry.folder], (".c",)):
        if not path.endswith("_test.c"):
            for name in re.findall(registry.defined, sourcetext.read(root, path), re.M):
                found[name] = path
    return found


def has_case(root, registry, name):
    """True when a test is named for the row, or names it."""
    word = re.compile(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])")
    for pattern in registry.cases:
        for path in glob.glob(os.path.join(root, pattern.format(name=name))):
            if "{name}" in pattern or word.search(sourcetext.read(root, path)):
                return True
    return False


def check_registry(root, registry):
    if not os.path.isfile(os.path.join(root, registry.list)):
        return []
    rows, definitions = rows_of(root, registry), definitions_of(root, registry)
    problems = []
    for name in sorted({name for name in rows if rows.count(name) > 1}):
        problems.append(f"{registry.list}:1: {registry.what} {name} has two rows")
    for name, path in sorted(definitions.items()):
        if name not in rows:
            problems.append(f"{path}:1: {registry.what} {name} has no row in {registry.list}")
    for name in rows:
        if name not in definitions:
            problems.append(f"{registry.list}:1: {registry.what} {name} has no code in "
                            f"{registry.folder}")
        elif not has_case(root, registry, name):
            places = " or ".join(p.format(name=name) for p in registry.cases)
            problems.append(f"{definitions[name]}:1: {registry.what} {name} has no case ({places})")
    return problems


def names_of(root, path):
    text = sourcetext.without_comments(sourcetext.read(root, path))
    return set(re.findall(r'^SL_\w+\("?(\w+)', text, re.M))


def check_covered(root, full, part, what):
    if not all(os.path.isfile(os.path.join(root, path)) for path in (full, part)):
        return []
    missing = names_of(root, full) - names_of(root, part)
    return [f"{part}:1: {name} of {full} has no {what} row" for name in sorted(missing)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", default=os.path.join(os.path.dirname(__file__), ".."))
    root = os.path.abspath(parser.parse_args().root)
    problems = [p for registry in REGISTRIES for p in check_registry(root, registry)]
    problems += [p for covered in COVERED for p in check_covered(root, *covered)]
    for problem in problems:
        print(problem)
    if problems:
        print(f"rows: {len(problems)} problem(s)")
        return 1
    print("rows: every file has its row, every row its case")
    return 0


if __name__ == "__main__":
    sys.exit(main())
