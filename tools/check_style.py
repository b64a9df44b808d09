#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the limits of STYLE.md: sizes, nesting, columns, headers, names, forbidden words.

Tables (initialisers at file level, and files named *_list.h) are exempt from the size limits.
Start at check_c_file(); functions are found by their braces, not by a full parser.
"""

import argparse
import ast
import os
import re
import statistics
import sys
from collections import namedtuple

import sourcetext

FUNCTION_LINES = 70
FILE_LINES = 800
NESTING = 3
COLUMNS = 100
SPDX = "SPDX-License-Identifier: Apache-2.0"

C_FOLDERS = ["src", "include", "tests", "tools", "fuzz", "bench", "examples", "cmake"]
PAGE_FOLDERS = ["web/src", "web/tests", "tests/browser"]
SCRIPT_FOLDERS = ["tools", "tests", "python", "bench", "examples", "packaging"]

Function = namedtuple("Function", "path line name lines nesting")
Block = namedtuple("Block", "kind line start")

# Spelled in two parts, because the checker reads itself.
_UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
_HEAP = re.compile(r"(?<![\w.>])(malloc|calloc|realloc|reallocarray|free|strdup|strndup|asprintf|"
                   r"vasprintf|aligned_alloc|posix_memalign)\s*\(")
_ALLOCA = re.compile(r"\b(alloca|__builtin_alloca\w*)\s*\(")
_ANY = re.compile(r"(?:[:<|&,=(]|=>|\b(?:as|extends|is))\s*any\b(?=\s*(?:[;,)>\]\[|&={}]|$))", re.M)
_LONG_LITERAL = re.compile(r"""(["'`])(?:(?!\1)[^\\]){60,}\1""")  # SVG paths: nobody can break them
_UNCHECKED = re.compile(r"@ts-(ignore|nocheck)")
_BRACE = re.compile(r"[{};]")
_NAME_BEFORE_PAREN = re.compile(r"([A-Za-z_]\w*)\s*$")
_ATTRIBUTE_TAIL = re.compile(r"(?:__attribute__\s*\(\(.*\)\)|SL_[A-Z_]+(?:\([^()]*\))?)\s*$", re.S)


# ---- C functions -------------------------------------------------------------------------------

def opening_paren(code, at):
    """Offset of the '(' that matches the ')' at `at`, or -1."""
    depth = 0
    while at >= 0:
        if code[at] == ")":
            depth += 1
        elif code[at] == "(":
            depth -= 1
            if depth == 0:
                return at
        at -= 1
    return -1


def name_before(code, paren):
    match = _NAME_BEFORE_PAREN.search(code, max(0, paren - 80), paren)
    return match[1] if match else ""


def block_kind(code, at, start, outer):
    """What the '{' at `at` opens: 'function', 'block' (counts as nesting), 'table' (initialiser at
    file level), 'type' (struct, union, enum there), 'value' (initialiser or type inside a function)
    or 'extern'. `start` is where the statement began, `outer` the kind around it or None."""
    head = code[start:at].rstrip()
    inside = outer in ("function", "block")
    if outer in ("table", "type", "value"):
        return outer
    if not head.endswith(")"):
        if inside:
            plain = head == "" or re.search(r"(\belse|\bdo|:)$", head)
            return "block" if plain else "value"
        if re.search(r'extern\s+"\s*"$', head):
            return "extern"
        stripped = _ATTRIBUTE_TAIL.sub("", head).rstrip()
        if stripped.endswith(")") and "=" not in head:
            return "function"
        return "table" if "=" in head else "type"
    paren = opening_paren(code, start + len(code[start:at].rstrip()) - 1)
    name = name_before(code, paren)
    if inside:
        return "block" if name and name not in ("return", "sizeof", "_Alignof") else "value"
    return "table" if re.search(r"=\s*$|=[^=]", head[:max(0, paren - start)]) else "function"


def function_name(code, start, at):
    """The name in a function's head: the identifier before the first '(' at depth zero."""
    match = re.search(r"([A-Za-z_]\w*)\s*\(", code[start:at])
    return match[1] if match else "?"


def scan_c(path, text):
    """The functions of a C file and the number of its lines that belong to tables."""
    code = sourcetext.without_directives(sourcetext.code_of_c(text))
    lines = [0]
    lines += [m.end() for m in re.finditer("\n", code)]
    functions, stack, table_lines, start, line, deepest = [], [], 0, 0, 0, 0
    for match in _BRACE.finditer(code):
        at = match.start()
        while line + 1 < len(lines) and lines[line + 1] <= at:
            line += 1
        if match[0] == "{":
            kind = block_kind(code, at, start, stack[-1].kind if stack else None)
            stack.append(Block(kind, line, start))
            deepest = 0 if kind == "function" else max(deepest, depth_of(stack))
        elif match[0] == "}" and stack:
            block = stack.pop()
            if block.kind == "function":
                functions.append(make_function(path, code, block, line, deepest))
            elif block.kind == "table" and not stack:
                table_lines += line - block.line + 1
            if block.kind in ("value", "type", "table"):
                continue
        start = at + 1
    return functions, table_lines


def depth_of(stack):
    return sum(1 for block in stack if block.kind == "block")


def make_function(path, code, block, last_line, deepest):
    head = len(code[block.start:]) - len(code[block.start:].lstrip())
    first_offset = block.start + head
    first = code.count("\n", 0, first_offset)
    brace = code.index("{", first_offset)
    return Function(path, first + 1, function_name(code, first_offset, brace),
                    last_line - first + 1, deepest)


# ---- Rules for one file ------------------------------------------------------------------------

def check_columns(path, text):
    problems = []
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > COLUMNS and len(_LONG_LITERAL.sub("", line)) > COLUMNS:
            problems.append(f"{path}:{number}: {len(line)} columns (limit {COLUMNS})")
        if line != line.rstrip():
            problems.append(f"{path}:{number}: white space at the end of the line")
        if "\t" in line:
            problems.append(f"{path}:{number}: tab character")
    return problems


def check_words(path, text):
    return [f"{path}:{sourcetext.line_of(text, m.start())}: {m[1]} left in the code; file an issue"
            for m in _UNFINISHED.finditer(text)]


def check_header(path, text):
    lines = text.split("\n", 2)
    if lines[0] != f"// {SPDX}":
        return [f"{path}:1: the first line must be // {SPDX}"]
    if len(lines) < 2 or not re.match(r"// \S.{9,}", lines[1]):
        return [f"{path}:2: no header comment (what the file is for, its one invariant)"]
    return []


def check_heap(path, code):
    """malloc and its family only in src/base; alloca nowhere."""
    problems = []
    for match in _ALLOCA.finditer(code):
        problems.append(f"{path}:{sourcetext.line_of(code, match.start())}: {match[1]} is banned")
    base = path.startswith(os.path.join("src", "base") + os.sep)
    if not path.startswith("src" + os.sep) or base or path.endswith("_test.c"):
        return problems
    for match in _HEAP.finditer(code):
        problems.append(f"{path}:{sourcetext.line_of(code, match.start())}: {match[1]}() outside "
                        "src/base; use an arena, or sl_heap_* for reference-counted owners")
    return problems


def check_function(function):
    problems = []
    place = f"{function.path}:{function.line}: {function.name}()"
    if function.lines > FUNCTION_LINES:
        problems.append(f"{place} has {function.lines} lines (limit {FUNCTION_LINES})")
    if function.nesting > NESTING:
        problems.append(f"{place} nests {function.nesting} deep (limit {NESTING})")
    return problems


def check_c_file(path, text):
    """(problems, functions) of one C file."""
    if sourcetext.is_generated(text):
        return [], []
    problems = check_header(path, text) + check_words(path, text)
    problems += check_heap(path, sourcetext.code_of_c(text))
    functions, table_lines = scan_c(path, text)
    if not path.endswith("_list.h"):
        problems += check_columns(path, text)
        problems += check_length(path, text, table_lines)
    for function in functions:
        problems += check_function(function)
    return problems, functions


def check_length(path, text, table_lines=0):
    lines = text.count("\n") - table_lines
    if lines <= FILE_LINES:
        return []
    return [f"{path}:1: {lines} lines without tables (limit {FILE_LINES}); split it"]


def check_page_file(path, text):
    if sourcetext.is_generated(text) or path.startswith(os.path.join("web", "src", "gen")):
        return []
    problems = check_words(path, text) + check_columns(path, text) + check_length(path, text)
    code = sourcetext.code_of_typescript(text)
    for match in _ANY.finditer(code):
        at = code.index("any", match.start())
        problems.append(f"{path}:{sourcetext.line_of(code, at)}: the type any; use unknown, or say "
                        "what it is")
    for match in _UNCHECKED.finditer(text):
        problems.append(f"{path}:{sourcetext.line_of(text, match.start())}: {match[0]} is banned")
    return problems


def check_python_file(path, text):
    """(problems, functions) of one Python file."""
    if sourcetext.is_generated(text):
        return [], []
    problems = check_words(path, text) + check_columns(path, text) + check_length(path, text)
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        return [f"{path}:{error.lineno}: not Python: {error.msg}"], []
    functions = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines = node.end_lineno - node.lineno + 1
            functions.append(Function(path, node.lineno, node.name, lines, 0))
            problems += check_function(functions[-1])
    return problems, functions


def check_names(paths):
    """Base names are unique in src/: one noun, one place."""
    problems, seen = [], {}
    for path in paths:
        folder, leaf = os.path.split(path)
        stem = os.path.splitext(leaf)[0]
        if not path.startswith("src" + os.sep):
            continue
        first = seen.setdefault(stem, folder)
        if first != folder:
            problems.append(f"{path}:1: there is a {stem} in {first} too; names are unique in src")
    return problems


# ---- The whole tree ----------------------------------------------------------------------------

def check_tree(root):
    """(problems, functions of C, functions of Python) of everything below `root`."""
    c_paths = sourcetext.files(root, C_FOLDERS, (".c", ".h"))
    problems, c_functions, py_functions = check_names(c_paths), [], []
    for path in c_paths:
        found, functions = check_c_file(path, sourcetext.read(root, path))
        problems += found
        c_functions += functions
    for path in sourcetext.files(root, PAGE_FOLDERS, (".ts", ".tsx")):
        problems += check_page_file(path, sourcetext.read(root, path))
    for path in sourcetext.files(root, SCRIPT_FOLDERS, (".py",)):
        found, functions = check_python_file(path, sourcetext.read(root, path))
        problems += found
        py_functions += functions
    for path in sourcetext.files(root, SCRIPT_FOLDERS, (".sh",)):
        text = sourcetext.read(root, path)
        problems += check_words(path, text) + check_columns(path, text)
    return problems, c_functions, py_functions


def summary(language, functions):
    if not functions:
        return f"style: no functions in {language}"
    longest = max(functions, key=lambda f: f.lines)
    median = statistics.median(f.lines for f in functions)
    return (f"style: {len(functions)} functions in {language}, median {median:g} lines, longest "
            f"{longest.lines} ({longest.name}, {longest.path}:{longest.line})")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", default=os.path.join(os.path.dirname(__file__), ".."))
    root = os.path.abspath(parser.parse_args().root)
    problems, c_functions, py_functions = check_tree(root)
    for problem in problems:
        print(problem)
    print(summary("C", c_functions))
    print(summary("Python", py_functions))
    if problems:
        print(f"style: {len(problems)} problem(s); STYLE.md says what is asked and why")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
