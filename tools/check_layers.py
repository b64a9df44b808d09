#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the include table: who may include whom, and who is the door to which outside header.

Checks src/ and include/ (by #include), CMakeLists.txt (its layer table must be this one) and
web/src (by import paths). Start at USES, DOORS and PAGE_LAYERS; the rest applies them.
"""

import argparse
import os
import posixpath
import re
import sys

import sourcetext

# layer -> layers it may include besides itself and base. What those may include, it may too.
USES = {
    "base": [],
    "tensor": ["base"],
    "store": ["base"],
    "image": ["tensor"],
    "graph": ["tensor"],
    "ort": ["tensor"],
    "onnx": ["graph", "tensor"],
    "pass": ["onnx", "graph"],
    "grad": ["pass", "onnx", "graph"],
    "model": ["ort", "onnx", "pass", "image"],
    "data": ["image", "store"],
    "corrupt": ["image"],
    "attrib": ["model", "grad"],
    "metric": ["data"],
    "explore": ["data", "tensor", "store"],
    "op": ["model", "data", "grad", "corrupt", "attrib", "metric", "explore"],
    "api": ["op"],
    "http": ["base"],  # with api behind include/slitlamp
    "cli": ["base", "http"],  # the composition root: it starts the server
}

# Layers that know the system only through include/slitlamp (linked with api, never including it).
CLIENTS = ("http", "cli")

# Public headers that every layer may include: the words all layers share. The others belong to
# api, to the clients, and to op, which implements them.
SHARED_WORDS = ("slitlamp/error.h", "slitlamp/row.h")
PUBLIC_USERS = ("op", "api", "http", "cli")

# Outside header (regular expression) -> layers that may include it.
DOORS = [
    (r"sqlite3(ext)?\.h", ["store"]),
    (r"(.*/)?onnxruntime_.*\.h", ["ort"]),
    (r"(jpeglib|jerror|jmorecfg|turbojpeg|spng|png|tiff|tiffio)\.h|webp/.*", ["image"]),
    (r"microhttpd\.h", ["http"]),
    (r"sys/socket\.h|netinet/.*|arpa/inet\.h|netdb\.h|sys/un\.h", ["http"]),
    (r"yyjson\.h|sodium(/.*|\.h)|yaml\.h", ["base"]),
    (r"(roaring/)?roaring\.hh?", ["explore"]),
    (r"zlib\.h", ["base", "image", "data"]),
    (r"curl/.*|libpq-fe\.h", []),
]

# Pages: a folder imports itself and what stands before it.
PAGE_LAYERS = ["base", "gen", "engine", "state", "widgets", "panels", "app"]
PAGE_NETWORK = re.compile(r"\b(fetch|XMLHttpRequest|EventSource|WebSocket|sendBeacon)\s*\(")
PAGE_NETWORK_LAYERS = ("engine",)

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.M)
_IMPORT = re.compile(
    r'(?:\bfrom|\bimport)\s*\(?\s*(?:"([^"\n]+)"|\'([^\'\n]+)\')')
_CMAKE_TABLE = re.compile(r"set\(SL_LAYERS\s+(.*?)\)", re.S)


def closure(layer, uses=None):
    """The layers that `layer` may include: itself, base, and all it reaches."""
    uses = USES if uses is None else uses
    seen, pending = {layer, "base"}, list(uses[layer])
    while pending:
        at = pending.pop()
        if at not in seen:
            seen.add(at)
            pending += uses[at]
    return seen


def may_include_public(layer, header):
    return header in SHARED_WORDS or layer in PUBLIC_USERS


def include_error(layer, quote, header):
    """Why a file of `layer` may not include `header`, or None. Layer None is include/slitlamp."""
    first = header.split("/", 1)[0]
    if first == "slitlamp":
        if layer is None or may_include_public(layer, header):
            return None
        return f"only {', '.join(PUBLIC_USERS)} see <{header}>; lower layers have their own types"
    if "/" in header and first in USES:
        if layer is None:
            return "a public header includes only <slitlamp/...> and the C library"
        if first in closure(layer):
            return None
        allowed = ", ".join(sorted(closure(layer) - {layer}))
        return f'{layer} may not include "{header}" (it may include: {allowed or "nothing"})'
    for pattern, layers in DOORS:
        if re.fullmatch(pattern, header):
            if layer in layers:
                return None
            return f"<{header}> has one door: {' and '.join(layers) or 'none yet'}"
    if quote == '"':
        return f'write the folder too: "{layer}/{posixpath.basename(header)}"'
    return None


def check_c(root):
    """Problems of every #include below src/ and include/."""
    problems = []
    for path in sourcetext.files(root, ["src", "include"], (".c", ".h")):
        parts = path.split(os.sep)
        layer = parts[1] if parts[0] == "src" else None
        if layer is not None and (layer not in USES or len(parts) != 3):
            problems.append(f"{path}:1: not in a layer folder (src/<layer>/<file>)")
            continue
        text = sourcetext.without_comments(sourcetext.read(root, path))
        for match in _INCLUDE.finditer(text):
            error = include_error(layer, match[1], match[2])
            if error:
                problems.append(f"{path}:{sourcetext.line_of(text, match.start())}: {error}")
    return problems


def check_folders(root):
    """Every folder of src/ is a layer and has its README."""
    problems = []
    source = os.path.join(root, "src")
    for name in sorted(os.listdir(source)) if os.path.isdir(source) else []:
        folder = os.path.join(source, name)
        if not os.path.isdir(folder):
            problems.append(f"src/{name}:1: src/ holds layer folders only")
        elif name not in USES:
            problems.append(f"src/{name}:1: no layer of that name in tools/check_layers.py")
        elif not os.path.isfile(os.path.join(folder, "README.md")):
            problems.append(f"src/{name}:1: no README.md (what, why so, invariants, users)")
    return problems


def check_table(uses=None):
    """The table itself: every layer named exists, and it has no cycle."""
    uses = USES if uses is None else uses
    problems = []
    for layer, targets in uses.items():
        for target in targets:
            if target not in uses:
                problems.append(f"tools/check_layers.py:1: {layer} names unknown layer {target}")
            elif layer in closure(target, uses):
                problems.append(f"tools/check_layers.py:1: {layer} and {target} form a cycle")
    return problems


def check_cmake(root):
    """CMake's layer table links exactly what this table includes (clients link api)."""
    path = os.path.join(root, "CMakeLists.txt")
    if not os.path.isfile(path):
        return []
    match = _CMAKE_TABLE.search(sourcetext.read(root, "CMakeLists.txt"))
    if match is None:
        return ["CMakeLists.txt:1: no SL_LAYERS table"]
    built = {}
    for row in re.findall(r'"([^"]*)"', match[1]):
        name, targets = row.split(":", 1)
        built[name] = set(targets.split())
    problems = []
    for layer in sorted(set(USES) | set(built)):
        wanted = set(USES.get(layer, [])) | ({"api"} if layer in CLIENTS else set())
        if built.get(layer) != wanted:
            problems.append(f"CMakeLists.txt:1: SL_LAYERS has {layer}: {built.get(layer)}, "
                            f"tools/check_layers.py {wanted}")
    return problems


def page_place(path):
    """(layer, panel folder or None) of a path relative to web/src; top files belong to app."""
    parts = path.split("/")
    layer = parts[0] if len(parts) > 1 else "app"
    return layer, parts[1] if layer == "panels" and len(parts) > 2 else None


def resolve_import(path, target):
    """`target` as a path relative to web/src, or None for a package."""
    if target.startswith("@/"):
        return posixpath.normpath(target[2:])
    if target.startswith("."):
        return posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return None


def import_error(path, target):
    """Why web/src/`path` may not import `target` (as written), or None."""
    target = resolve_import(path, target)
    if target is None:
        return None
    if target.startswith(".."):
        return f'"{target}" is outside web/src'
    layer, panel = page_place(path)
    to_layer, to_panel = page_place(target)
    if target in PAGE_LAYERS:  # the folder's index
        to_layer = target
    if to_layer not in PAGE_LAYERS:
        to_layer = "app"
    if PAGE_LAYERS.index(to_layer) > PAGE_LAYERS.index(layer):
        return f"{layer} may not import from {to_layer} (order: {' < '.join(PAGE_LAYERS)})"
    if panel and to_panel and panel != to_panel:
        return f"panel {panel} may not import from panel {to_panel}"
    return None


def check_page_file(path, text):
    """Problems of one file of web/src (path relative to it)."""
    problems = []
    layer, _ = page_place(path)
    if layer not in PAGE_LAYERS:
        return [f"web/src/{path}:1: not in a layer folder ({', '.join(PAGE_LAYERS)})"]
    plain = sourcetext.without_comments(text)
    for match in _IMPORT.finditer(plain):
        error = import_error(path, match[1] or match[2])
        if error:
            problems.append(f"web/src/{path}:{sourcetext.line_of(plain, match.start())}: {error}")
    if layer not in PAGE_NETWORK_LAYERS:
        for match in PAGE_NETWORK.finditer(sourcetext.code_of_typescript(text)):
            problems.append(f"web/src/{path}:{sourcetext.line_of(text, match.start())}: "
                            f"{match[1]} is for {', '.join(PAGE_NETWORK_LAYERS)} only")
    return problems


def check_pages(root):
    problems = []
    for path in sourcetext.files(root, ["web/src"], (".ts", ".tsx")):
        inside = os.path.relpath(path, os.path.join("web", "src")).replace(os.sep, "/")
        if re.search(r"\.(test|spec)\.tsx?$|\.d\.ts$", inside):
            continue
        problems += check_page_file(inside, sourcetext.read(root, path))
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", default=os.path.join(os.path.dirname(__file__), ".."))
    root = os.path.abspath(parser.parse_args().root)
    problems = (check_table() + check_cmake(root) + check_folders(root) + check_c(root) +
                check_pages(root))
    for problem in problems:
        print(problem)
    if problems:
        print(f"layers: {len(problems)} problem(s); the table is in tools/check_layers.py")
        return 1
    print("layers: every include keeps to the table")
    return 0


if __name__ == "__main__":
    sys.exit(main())
