#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Starts something new: writes its file, its row and a case that fails until it is filled in.

    tools/new.py KIND NAME

Nothing existing is overwritten; a row is added at the end of its list. Start at KINDS; texts are
in tools/new/. After it, `make test` fails at the new case and says what is asked.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections import namedtuple

# files: template -> where it goes. list, row: the row is added to the list file. next: what to do.
Kind = namedtuple("Kind", "help files list row next")

KINDS = {
    "operation": Kind(
        "a verb: command, endpoint, form and Python method at once",
        {"operation.c.in": "src/op/@NAME@.c", "operation.case.in": "tests/ops/@NAME@.case"},
        "src/op/op_list.h", "SL_OP(@NAME@)\n",
        "write its rows and run(); the case holds the call and the reply it must give; then\n"
        "tools/gen_clients.py writes schema and clients"),
    "step": Kind(
        "a preprocessing step of a pipeline",
        {"step.c.in": "src/model/step_@NAME@.c", "step_test.c.in": "src/model/step_@NAME@_test.c"},
        "src/model/step_list.h", "SL_STEP(@NAME@)\n",
        "write apply(), or value() for a step that works number by number"),
    "format": Kind(
        "a dataset format that import reads",
        {"format.c.in": "src/data/@NAME@.c", "format_test.c.in": "src/data/@NAME@_test.c"},
        "src/data/format_list.h", "SL_FORMAT(@NAME@)\n",
        "write match() and read_records(); tests/data/@NAME@/ gets a small real sample and its\n"
        "broken twin, fuzz/corpus/ a seed"),
    "metric": Kind(
        "a number of the report",
        {"metric.c.in": "src/metric/@NAME@.c", "metric_test.c.in": "src/metric/@NAME@_test.c"},
        "src/metric/metric_list.h",
        'SL_METRIC(@NAME@, "@TITLE@", NULL, "agreement", 0, 0,\n'
        '          "One sentence: what it is; its range (source of the method).")\n',
        "write the function, fill in the row (unit, group, better, needs, help), and put the\n"
        "reference implementation's number into the test"),
    "panel": Kind(
        "a panel of the pages",
        {"panel.tsx.in": "web/src/panels/@NAME@/index.tsx",
         "panel.test.ts.in": "web/src/panels/@NAME@/@NAME@.test.ts"},
        "web/src/panels/index.ts", "  @CAMEL@,\n",
        "write needs() and render(), and one browser test"),
}


class Refusal(Exception):
    """Something the person must change; its text says what."""


def version_of(root):
    with open(os.path.join(root, "CMakeLists.txt"), encoding="utf-8") as file:
        match = re.search(r"project\(slitlamp VERSION ([\d.]+)", file.read())
    return match[1] if match else "0.0.0"


def fill(text, root, name):
    words = name.split("_")
    camel = words[0] + "".join(word.capitalize() for word in words[1:])
    values = {"NAME": name, "TITLE": " ".join(words).capitalize(), "CAMEL": camel,
              "VERSION": version_of(root)}
    return re.sub(r"@([A-Z]+)@", lambda match: values[match[1]], text)


def plan(root, kind_name, name):
    """The new files (path -> text) and the changed list (path, text); refuses before writing."""
    kind = KINDS[kind_name]
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name):
        raise Refusal(f'"{name}" is not a name: lower case letters, digits and _, as in blur_box')
    templates = os.path.join(os.path.dirname(os.path.abspath(__file__)), "new")
    files = {}
    for template, target in kind.files.items():
        path = fill(target, root, name)
        if os.path.exists(os.path.join(root, path)):
            raise Refusal(f"{path} exists; choose another name")
        with open(os.path.join(templates, template), encoding="utf-8") as file:
            files[path] = fill(file.read(), root, name)
    path = os.path.join(root, kind.list)
    if not os.path.isfile(path):
        raise Refusal(f"{kind.list} is missing; {kind_name}s have nowhere to be listed")
    with open(path, encoding="utf-8") as file:
        return files, (kind.list, add_row(file.read(), fill(kind.row, root, name), name, kind_name))


def add_row(text, row, name, kind_name):
    """The list with `row` at its end (of the array, for panels)."""
    if re.search(rf"\w\({name}[,)]", text) or f'"./{name}"' in text:
        raise Refusal(f'there is a {kind_name} "{name}" already')
    if kind_name != "panel":
        return text.rstrip("\n") + "\n" + row
    match = re.search(r"^(export const panels[^=]*= \[)(.*?)\n?\];", text, re.M | re.S)
    if match is None:
        raise Refusal("web/src/panels/index.ts has no array `panels`")
    inside = match[2].rstrip()
    if inside and not inside.endswith(","):
        inside += ","
    array = f"{match[1]}{inside}\n{row}];"
    import_line = f'import {{ {row.strip().rstrip(",")} }} from "./{name}";\n'
    at = text.index(match[0])
    imports = [m.end() for m in re.finditer(r"^import .*?;\n", text[:at], re.M | re.S)]
    split = imports[-1] if imports else 0
    return text[:split] + import_line + text[split:at] + array + text[at + len(match[0]):]


def write(root, path, text):
    full = os.path.join(root, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "w", encoding="utf-8") as file:
        file.write(text)
    print(f"  {path}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="kinds:\n" + "\n".join(f"  {name:<12}{kind.help}" for name, kind in KINDS.items()))
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("name", help="lower case with _, as it will be called everywhere")
    parser.add_argument("--root", default=os.path.join(os.path.dirname(__file__), ".."))
    arguments = parser.parse_args()
    root = os.path.abspath(arguments.root)
    try:
        files, (list_path, list_text) = plan(root, arguments.kind, arguments.name)
    except Refusal as refusal:
        print(f"new: {refusal}", file=sys.stderr)
        return 2
    print("new: wrote")
    for path, text in files.items():
        write(root, path, text)
        if path.endswith(".c") and shutil.which("clang-format"):  # where lines break hangs on NAME
            subprocess.run(["clang-format", "-i", path], cwd=root, check=False)
    write(root, list_path, list_text)
    print(f"next: {fill(KINDS[arguments.kind].next, root, arguments.name)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
