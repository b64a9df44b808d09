#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run the console blocks of README.md and docs/*.md and compare what they print.

usage: run_docs.py [PROGRAM [FILE...]]; PROGRAM defaults to that of SL_BUILD_DIR. A block

    ```console
    $ slitlamp ls
    id  name ...
    ```

holds commands after "$ " and what each prints on standard output. "..." stands for anything in a
line, and alone for any number of lines; a command without output is only run. It must succeed,
unless it ends with "# exit CODE"; then standard error follows its output. The blocks of one file
share a scratch folder, in which `examples` is that of the source tree and `slitlamp` is on PATH.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_S = 300
FASHION = Path("/usr/share/datasets/fashion-mnist")


@dataclass
class Step:
    """One command and the lines it should print."""

    line: int
    command: str
    code: int = 0
    wanted: list[str] = field(default_factory=list)


def steps_of(path: Path) -> list[Step]:
    """The commands of the console blocks of a file."""
    steps: list[Step] = []
    inside = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("```"):
            inside = not inside and line.strip() == "```console"
        elif inside and line.startswith("$ "):
            command, _, code = line[2:].partition("  # exit ")
            steps.append(Step(number, command, int(code or 0)))
        elif inside and steps:
            steps[-1].wanted.append(line.rstrip())
    return steps


def line_fits(wanted: str, line: str) -> bool:
    """Whether a line is what is wanted, "..." standing for anything."""
    pattern = ".*".join(re.escape(part) for part in wanted.split("..."))
    return re.fullmatch(pattern, line) is not None


def fits(wanted: list[str], lines: list[str]) -> bool:
    """Whether the lines are the wanted ones; a lone "..." takes as many as it must."""
    reach = {0}  # how many of the lines the wanted ones so far can have taken
    for want in wanted:
        if want.strip() == "...":
            reach = set(range(min(reach, default=0), len(lines) + 1)) if reach else set()
        else:
            reach = {at + 1 for at in reach if at < len(lines) and line_fits(want, lines[at])}
    return len(lines) in reach


def run_step(step: Step, folder: Path, environment: dict[str, str]) -> str | None:
    """What is wrong with a step, or None."""
    run = subprocess.run(["bash", "-c", step.command], cwd=folder, env=environment, text=True,
                         capture_output=True, timeout=TIMEOUT_S, check=False)
    printed = run.stdout + (run.stderr if step.code else "")
    lines = [line.rstrip() for line in printed.rstrip("\n").split("\n")] if printed.strip() else []
    if run.returncode != step.code:
        return f"exit code {run.returncode}, not {step.code}\n{printed}{run.stderr}"
    if step.wanted and not fits(step.wanted, lines):
        return "printed\n" + "\n".join(lines) + "\nwhere the text has\n" + "\n".join(step.wanted)
    return None


def run_file(path: Path, program: Path) -> list[str]:
    """What is wrong with the blocks of a file."""
    failures = []
    with tempfile.TemporaryDirectory(prefix="slitlamp-docs-") as name:
        folder = Path(name)
        (folder / "bin").mkdir()
        (folder / "bin/slitlamp").symlink_to(program)
        (folder / "examples").symlink_to(ROOT / "examples")
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith("SLITLAMP")}
        environment.update(PATH=f"{folder / 'bin'}:{environment['PATH']}", NO_COLOR="1",
                           HOME=name, PYTHONPATH=str(ROOT / "python"))
        for step in steps_of(path):
            wrong = run_step(step, folder, environment)
            if wrong is not None:
                failures.append(f"{path.name}:{step.line}: $ {step.command}\n{wrong}")
    return failures


def main() -> int:
    """Run the named files, or all."""
    build = Path(os.environ.get("SL_BUILD_DIR", ROOT / "build/dev"))
    program = Path(sys.argv[1] if len(sys.argv) > 1 else build / "slitlamp").resolve()
    files = [Path(name) for name in sys.argv[2:]] or [ROOT / "README.md",
                                                      *sorted((ROOT / "docs").glob("*.md"))]
    if not FASHION.exists():
        print("skipped: the Fashion-MNIST images are not installed (dataset-fashion-mnist)")
        return 0
    failed = 0
    for path in files:
        count = len(steps_of(path))
        failures = run_file(path, program) if count else []
        print(f"{'FAILED' if failures else 'ok'} {path.name}, {count} commands", flush=True)
        for text in failures:
            print(text)
        failed += len(failures)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
