# SPDX-License-Identifier: Apache-2.0
"""What prepares and builds says nothing on standard output: `make -s demo ARGS=--json` prints JSON
and nothing else."""

import os
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
FAKES = {
    "cmake": 'echo "cmake $*"\nmkdir -p build/dev\n',
    "npm": 'echo "npm $*"\nmkdir -p node_modules dist\ntouch dist/index.html\n',
}


class SetUpOutput(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.root = holder.name
        shutil.copytree(os.path.join(ROOT, "tools"), os.path.join(self.root, "tools"))
        os.mkdir(os.path.join(self.root, "bin"))
        for name, text in FAKES.items():
            self.write(f"bin/{name}", "#!/bin/sh\n" + text)
            os.chmod(os.path.join(self.root, "bin", name), 0o755)

    def write(self, name, text):
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def said(self, *command, code=0):
        """What a script says on standard error; fails when it says anything on standard output."""
        path = os.path.join(self.root, "bin") + ":" + os.environ["PATH"]
        run = subprocess.run(["bash", *command], cwd=self.root, env={**os.environ, "PATH": path},
                             capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, code, run.stderr)
        self.assertEqual(run.stdout, "")
        return run.stderr

    def test_build(self):
        self.assertIn("cmake --build build/dev", self.said("tools/build.sh", "dev"))

    def test_pages(self):
        self.write("web/package.json", "{}")
        self.write("web/package-lock.json", "{}")
        self.write("schema/ops.json", "{}")
        said = self.said("tools/pages.sh")
        self.assertIn("pages: building", said)
        self.assertIn("npm run --silent build", said)

    def test_check_of_what_is_missing(self):
        for name in ("python/requirements.txt", "npm/package-lock.json", "node/package-lock.json",
                     "debian/packages.sha256"):
            self.write(f"third_party/{name}", "")
        self.assertIn("setup: missing or outdated: third_party/fetched/sqlite",
                      self.said("tools/setup.sh", "--check", code=4))


if __name__ == "__main__":
    unittest.main()
