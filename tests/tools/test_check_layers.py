# SPDX-License-Identifier: Apache-2.0
"""Shows for every rule of tools/check_layers.py what breaks it and what does not."""

import os
import sys
import tempfile
import unittest

TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools")
sys.path.insert(0, TOOLS)

import check_layers  # noqa: E402


class Table(unittest.TestCase):
    def test_own_table_is_sound(self):
        self.assertEqual(check_layers.check_table(), [])

    def test_cycle_and_unknown_layer(self):
        self.assertTrue(check_layers.check_table({"base": [], "a": ["b"], "b": ["a"]}))
        self.assertTrue(check_layers.check_table({"base": [], "a": ["nowhere"]}))

    def test_closure(self):
        self.assertEqual(check_layers.closure("image"), {"image", "tensor", "base"})
        self.assertIn("ort", check_layers.closure("op"))
        self.assertNotIn("op", check_layers.closure("http"))
        self.assertNotIn("store", check_layers.closure("model"))


class Includes(unittest.TestCase):
    def refused(self, layer, header, quote='"'):
        self.assertIsNotNone(check_layers.include_error(layer, quote, header), (layer, header))

    def allowed(self, layer, header, quote='"'):
        self.assertIsNone(check_layers.include_error(layer, quote, header), (layer, header))

    def test_downwards_only(self):
        self.allowed("image", "tensor/tensor.h")
        self.allowed("image", "base/error.h")
        self.allowed("model", "tensor/tensor.h")
        self.refused("tensor", "image/image.h")
        self.refused("base", "tensor/tensor.h")

    def test_siblings_never(self):
        self.refused("image", "graph/graph.h")
        self.refused("model", "data/data.h")
        self.refused("tensor", "store/store.h")

    def test_clients_never_see_op(self):
        self.refused("http", "op/op.h")
        self.refused("cli", "api/api.h")
        self.refused("http", "cli/cli.h")
        self.allowed("cli", "http/server.h")
        self.allowed("http", "slitlamp/slitlamp.h", "<")

    def test_public_headers(self):
        self.allowed("base", "slitlamp/error.h", "<")
        self.refused("model", "slitlamp/slitlamp.h", "<")
        self.refused(None, "base/arena.h")
        self.allowed(None, "slitlamp/error.h", "<")

    def test_each_outside_world_has_one_door(self):
        doors = {"sqlite3.h": "store", "onnxruntime_c_api.h": "ort", "jpeglib.h": "image",
                 "webp/decode.h": "image", "tiffio.h": "image", "spng.h": "image",
                 "microhttpd.h": "http", "sys/socket.h": "http", "yyjson.h": "base",
                 "sodium.h": "base", "yaml.h": "base", "roaring.h": "explore"}
        for header, door in doors.items():
            self.allowed(door, header, "<")
            for other in ("base", "store", "image", "op", "http"):
                if other != door:
                    self.refused(other, header, "<")

    def test_folder_must_be_written(self):
        self.refused("image", "image.h")
        self.allowed("image", "stdio.h", "<")


class Pages(unittest.TestCase):
    def test_order(self):
        self.assertIsNone(check_layers.import_error("state/view.ts", "../engine/call"))
        self.assertIsNone(check_layers.import_error("app/main.tsx", "@/panels"))
        self.assertIsNone(check_layers.import_error("base/x.ts", "react"))
        self.assertIsNone(check_layers.import_error("main.tsx", "./panels/index"))
        for path, target in (("engine/call.ts", "../state/view"), ("widgets/a.tsx", "@/panels"),
                             ("base/a.ts", "../main")):
            self.assertIn("may not import", check_layers.import_error(path, target))
        self.assertIn("outside", check_layers.import_error("base/x.ts", "../../secret"))

    def test_panels_do_not_know_each_other(self):
        error = check_layers.import_error("panels/sample/index.tsx", "../compare/table")
        self.assertIn("may not import from panel compare", error)
        self.assertIsNone(check_layers.import_error("panels/sample/index.tsx", "../shared"))
        self.assertIsNone(check_layers.import_error("panels/index.ts", "./compare"))

    def test_file_with_imports_in_comments_and_strings(self):
        text = ('// import x from "../panels/a"\nconst t = 1;\n'
                'export { y } from "../panels/a";\nconst z = await import("../app/z");\n')
        problems = check_layers.check_page_file("widgets/a.ts", text)
        self.assertEqual([p.split(":")[1] for p in problems], ["3", "4"])

    def test_only_the_engine_talks_to_the_network(self):
        self.assertTrue(check_layers.check_page_file("panels/a/index.tsx", 'fetch("/v1");\n'))
        self.assertTrue(check_layers.check_page_file("state/a.ts", "new EventSource(u);\n"))
        self.assertEqual(check_layers.check_page_file("engine/a.ts", 'fetch("/v1");\n'), [])
        self.assertEqual(check_layers.check_page_file("state/a.ts", "query.refetch();\n"), [])

    def test_unknown_folder(self):
        self.assertTrue(check_layers.check_page_file("misc/a.ts", ""))


class WholeTree(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.root = holder.name

    def write(self, path, text):
        os.makedirs(os.path.dirname(os.path.join(self.root, path)), exist_ok=True)
        with open(os.path.join(self.root, path), "w", encoding="utf-8") as file:
            file.write(text)

    def test_includes_of_files(self):
        self.write("src/tensor/a.c", '/*\n#include "op/op.h"\n*/\n#include "base/x.h"\n')
        self.assertEqual(check_layers.check_c(self.root), [])
        self.write("src/tensor/b.c", '\n  #  include "op/op.h"\n')
        self.write("src/nowhere/c.c", "")
        self.write("src/tensor/deep/d.c", "")
        problems = check_layers.check_c(self.root)
        self.assertEqual(len(problems), 3)
        self.assertTrue(any(p.startswith("src/tensor/b.c:2:") for p in problems))

    def test_folders(self):
        self.write("src/tensor/README.md", "# tensor\n")
        self.write("src/tensor/a.c", "")
        self.assertEqual(check_layers.check_folders(self.root), [])
        self.write("src/store/a.c", "")
        self.write("src/nowhere/README.md", "")
        self.write("src/stray.c", "")
        self.assertEqual(len(check_layers.check_folders(self.root)), 3)

    def test_cmake_table(self):
        rows = []
        for layer, uses in check_layers.USES.items():
            extra = ["api"] if layer in check_layers.CLIENTS else []
            rows.append(f'"{layer}: {" ".join(extra + uses)}"')
        self.write("CMakeLists.txt", "set(SL_LAYERS\n" + "\n".join(rows) + ")\n")
        self.assertEqual(check_layers.check_cmake(self.root), [])
        self.write("CMakeLists.txt", "set(SL_LAYERS\n" + "\n".join(rows[:-1]) + ")\n")
        self.assertEqual(len(check_layers.check_cmake(self.root)), 1)
        self.write("CMakeLists.txt", "project(x)\n")
        self.assertEqual(len(check_layers.check_cmake(self.root)), 1)


if __name__ == "__main__":
    unittest.main()
