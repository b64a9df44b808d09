#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run tests/ops/*.case through four doors whose answers must agree (tests/ops/README.md).

usage: run_ops.py [PROGRAM CALL_C [CASE...]]; programs default to those of SL_BUILD_DIR. Builds a
small workspace once (300 real Fashion-MNIST test images, both demo models, unfinished jobs, a file
that no row names), copies it for every case and door, and fails for an operation without a case.
"""

from __future__ import annotations

import gzip
import json
import math
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "python"))

import slitlamp  # noqa: E402

IMAGES = 300
DATA = Path("/usr/share/datasets/fashion-mnist")
SCHEMA = {op["name"]: op for op in json.loads((ROOT / "schema/ops.json").read_text())["operations"]}
# Times and speeds, and what depends on them.
VOLATILE = {"created", "finished", "started", "seconds", "samples_per_s", "batch", "mtime", "done"}
# Facts that name the program that ran, the moment, or the state of the machine.
VOLATILE_FACTS = {"program", "memory", "created", "seconds", "samples_per_s", "batch", "started",
                  "finished"}
EXIT_CODES = {"argument": 2, "not_found": 3, "stale": 3, "format": 3, "unsupported": 3, "model": 3,
              "runtime": 3, "limit": 3, "store": 4, "io": 4, "memory": 4, "busy": 4, "denied": 4,
              "cancelled": 5, "bug": 70}
Answer = dict[str, Any]


@dataclass
class Block:
    """One call of a case file with what it must give."""

    title: str = ""
    call: str = "{}"
    expect: str | None = None
    error: str | None = None
    message: str | None = None
    hint: str | None = None
    cli: str | None = None  # message of the command line, where its own parser refuses


@dataclass
class Fixture:
    """The workspace all cases start from, and names their calls may use."""

    folder: Path
    names: dict[str, str] = field(default_factory=dict)


class Broken(AssertionError):
    """A case that does not hold."""


def parse_case(path: Path) -> list[Block]:
    """Blocks of a case file."""
    blocks = [Block()]
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip():
            if blocks[-1] != Block():
                blocks.append(Block())
        elif line.startswith("#"):
            blocks[-1].title = line.lstrip("# ")
        else:
            key, _, value = line.partition(": ")
            if not hasattr(blocks[-1], key):
                raise Broken(f"{path.name}: unknown line \"{line}\"")
            setattr(blocks[-1], key, value)
    return [block for block in blocks if block != Block()]


# ---- fixture ---------------------------------------------------------------------------------


def write_subset(folder: Path) -> None:
    """The first IMAGES test images and labels as IDX files."""
    images = gzip.decompress((DATA / "t10k-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((DATA / "t10k-labels-idx1-ubyte.gz").read_bytes())
    folder.mkdir(parents=True)
    (folder / "t10k-images-idx3-ubyte").write_bytes(
        images[:4] + struct.pack(">I", IMAGES) + images[8:16] + images[16:16 + IMAGES * 784])
    (folder / "t10k-labels-idx1-ubyte").write_bytes(
        labels[:4] + struct.pack(">I", IMAGES) + labels[8:8 + IMAGES])


def write_predictions(path: Path) -> None:
    """Predictions of another tool for the subset: always class 3, with made-up confidence."""
    lines = ["name,pred,confidence"] + [f"t10k-images/{i:05d},3,0.5" for i in range(IMAGES)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_tensor(path: Path) -> None:
    """Two ready inputs of the demo models as an .npy file: float32, 2x1x28x28."""
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1, 28, 28), }".ljust(117) + "\n"
    numbers = [(i * 37 % 101) / 50.5 - 1 for i in range(2 * 784)]
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() +
                     struct.pack(f"<{len(numbers)}f", *numbers))


def write_small_demo(folder: Path) -> None:
    """What "demo" looks for, with fewer images (SLITLAMP_FASHION_MNIST names the folder)."""
    folder.mkdir()
    for plain in (folder.parent / "data").iterdir():
        (folder / (plain.name + ".gz")).write_bytes(gzip.compress(plain.read_bytes(), 1))


def leave_jobs(program: str, workspace: Path, model: Path) -> None:
    """Leave three jobs unfinished: b4 ran and b6 waited when the server died, b5 was cancelled."""
    slow = {"model": str(model), "search": "auto", "name": "before", "batch": 8}
    waiting = {"model": str(model), "search": "never", "precision": "float16", "batch": 8}
    with slitlamp.start(str(workspace), program) as lamp:
        ids = [lamp._request("POST", "/v1/op/eval", params)[1]["job"]
               for params in (slow, waiting, waiting)]
        lamp.cancel(ids[1])
        while lamp._request("GET", f"/v1/job/{ids[0]}", None)[1]["message"] != "try pipelines":
            time.sleep(0.002)
        assert lamp._process is not None
        lamp._process.kill()
    # The next to open the workspace finds out.
    subprocess.run([program, "ls", "--quiet", "--workspace", str(workspace)], check=True)


def build_fixture(program: str, folder: Path) -> Fixture:
    """Import the subset, evaluate both models, leave something to resume and to collect."""
    subset = folder / "data"
    write_subset(subset)
    write_predictions(folder / "predictions.csv")
    write_small_demo(folder / "demo")
    write_tensor(folder / "tensor.npy")
    examples = ROOT / "examples/fashion"
    workspace = folder / "workspace"
    never = ["--search", "never", "--batch", "8"]
    for verb in (["import", str(subset), "--name", "fashion"],
                 ["eval", str(examples / "v1.onnx"), *never],
                 ["eval", str(examples / "v2.onnx"), *never]):
        subprocess.run([program, *verb, "--workspace", str(workspace), "--quiet"], check=True)
    leave_jobs(program, workspace, examples / "v2.onnx")
    garbage = workspace / "columns" / "nobody-names-this.col"
    garbage.write_bytes(b"left by a dead process")
    os.utime(garbage, (1.6e9, 1.6e9))
    (folder / "empty").mkdir()
    names = {"DATA": str(subset), "V1": str(examples / "v1.onnx"), "V2": str(examples / "v2.onnx"),
             "PREDICTIONS": str(folder / "predictions.csv"),
             "TENSOR": str(folder / "tensor.npy"), "EMPTY": str(folder / "empty"),
             "DEMO": str(folder / "demo")}
    return Fixture(workspace, names)


# ---- doors -----------------------------------------------------------------------------------


def by_c(call_c: str, workspace: Path) -> Callable[[str, Answer], Answer]:
    """The C interface."""

    def call(operation: str, params: Answer) -> Answer:
        run = subprocess.run([call_c, str(workspace), operation, json.dumps(params)],
                             capture_output=True, text=True, check=False)
        return json.loads(run.stdout)

    return call


def arguments(params: Answer) -> list[str]:
    """Parameters as options of the command line."""
    out: list[str] = []
    for name, value in params.items():
        option = "--" + name.replace("_", "-")
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):  # {"method": {its options}}
                chosen, = item
                out += [f"{option}={chosen}", *arguments(item[chosen])]
            elif isinstance(item, bool):
                out.append(option if item else "--no-" + option[2:])
            else:
                out.append(f"{option}={item}")
    return out


def printed_error(code: int, stderr: str) -> Answer:
    """The texts of an error as the command line prints them."""
    lines = stderr.splitlines()
    at = next((i for i, line in enumerate(lines) if line.startswith("slitlamp: ")), None)
    if at is None:
        return {"error": {"exit": code, "message": stderr}}
    error = {"exit": code, "message": lines[at].removeprefix("slitlamp: "), "hint": ""}
    for line in lines[at + 1:]:
        if line.startswith("  hint: "):
            error["hint"] = line.removeprefix("  hint: ")
    return {"error": error}


def serve_and_stop(command: list[str]) -> Answer:
    """The reply of "serve", which then serves until it is told to stop."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stderr is not None
    reply = process.stdout.readline()
    if reply:
        process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    return json.loads(reply) if reply else printed_error(process.returncode, stderr)


def by_cli(program: str, workspace: Path) -> Callable[[str, Answer], Answer]:
    """The command line with --json."""

    def call(operation: str, params: Answer) -> Answer:
        given = {**params, "serve": False} if operation in ("open", "demo") else params
        command = [program, operation, *arguments(given), "--json", "--workspace", str(workspace)]
        if operation == "serve":
            return serve_and_stop(command)
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode == 0:
            return json.loads(run.stdout)
        return printed_error(run.returncode, run.stderr)

    return call


def caught(error: slitlamp.SlitlampError) -> Answer:
    """An exception of the client as the C interface prints errors."""
    return {"error": {"code": error.code, "message": str(error), "hint": error.hint}}


def by_client(client: slitlamp.Client) -> Callable[[str, Answer], Answer]:
    """The generic call of the Python client: HTTP as it is."""

    def call(operation: str, params: Answer) -> Answer:
        try:
            return client.call(operation, params)
        except slitlamp.SlitlampError as error:
            return caught(error)

    return call


def by_method(client: slitlamp.Client) -> Callable[[str, Answer], Answer]:
    """The typed methods of the Python client."""

    def call(operation: str, params: Answer) -> Answer:
        method = getattr(client, operation + ("_" if operation == "import" else ""))
        try:
            return method(**params)
        except TypeError:  # a parameter the method does not have, or one it needs
            return by_client(client)(operation, params)
        except slitlamp.SlitlampError as error:
            return caught(error)

    return call


# ---- judging ---------------------------------------------------------------------------------


def settle(value: Any, workspace: str) -> Any:
    """Without what differs from run to run: times, and the workspace's own path."""
    if isinstance(value, dict):
        if value.get("name") in VOLATILE_FACTS and "value" in value:
            return {"name": value["name"]}
        return {k: settle(v, workspace) for k, v in value.items() if k not in VOLATILE}
    if isinstance(value, list):
        return [settle(item, workspace) for item in value]
    if not isinstance(value, str):
        return value
    if value.startswith("{"):  # "resume" carries the reply of another operation
        return settle(json.loads(value), workspace)
    return value.replace(workspace, "WORKSPACE")


def compare(value: Any, other: Any, where: str) -> None:
    """Whether two doors gave the same; numbers may differ by what summation order does."""
    same = type(value) is type(other)
    if same and isinstance(value, dict):
        if list(value) != list(other):
            raise Broken(f"{where} has members {list(value)}, the first door {list(other)}")
        for key in value:
            compare(value[key], other[key], f"{where}.{key}")
    elif same and isinstance(value, list):
        if len(value) != len(other):
            raise Broken(f"{where} has {len(value)} items, the first door's {len(other)}")
        for index, item in enumerate(value):
            compare(item, other[index], f"{where}[{index}]")
    elif isinstance(value, float) or isinstance(other, float):
        if value is None or other is None or not math.isclose(value, other, rel_tol=1e-5,
                                                              abs_tol=1e-7):
            raise Broken(f"{where} is {value!r}, the first door's {other!r}")
    elif value != other:
        raise Broken(f"{where} is {value!r}, the first door's {other!r}")


def check_row(row: Answer, value: Any, where: str) -> None:
    """Whether a value fits its row."""
    if row.get("list"):
        if not isinstance(value, list):
            raise Broken(f"{where} is not a list")
        for index, item in enumerate(value):
            check_row({**row, "list": False}, item, f"{where}[{index}]")
        return
    kinds: dict[str, Any] = {"bool": bool, "int": int, "real": (int, float), "record": dict}
    kind = kinds.get(row["type"], str)
    nullable = row["type"] not in ("bool", "record", "enum") and (
        row["type"] != "int" or row.get("nullable"))
    if value is None and nullable:
        return
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise Broken(f"{where} is {value!r}, not {row['type']}")
    if row["type"] == "record":
        check_rows(row["rows"], value, where)
    if row["type"] == "enum" and value not in [choice["name"] for choice in row["choices"]]:
        raise Broken(f"{where} is {value!r}, which is no choice")


def check_rows(rows: list[Answer], value: Answer, where: str) -> None:
    """Whether a result has exactly the members of its rows."""
    names = [row["name"] for row in rows]
    if list(value) != names:
        raise Broken(f"{where} has members {list(value)}, not {names}")
    for row in rows:
        check_row(row, value[row["name"]], f"{where}.{row['name']}")


def check_expect(expect: Any, value: Any, where: str) -> None:
    """Whether `value` holds what is expected of it."""
    if expect == "...":
        return
    if isinstance(expect, dict):
        if not isinstance(value, dict):
            raise Broken(f"{where} is {value!r}")
        for key, inner in expect.items():
            if key not in value:
                raise Broken(f"{where} lacks {key}")
            check_expect(inner, value[key], f"{where}.{key}")
    elif isinstance(expect, list):
        if not isinstance(value, list) or len(value) < len(expect):
            raise Broken(f"{where} is {value!r}, shorter than expected")
        for index, inner in enumerate(expect):
            check_expect(inner, value[index], f"{where}[{index}]")
    elif isinstance(expect, float):
        if not isinstance(value, (int, float)) or not math.isclose(value, expect, rel_tol=1e-6):
            raise Broken(f"{where} is {value!r}, not {expect!r}")
    elif value != expect:
        raise Broken(f"{where} is {value!r}, not {expect!r}")


def check_error(door: str, block: Block, answer: Answer,
                replace: Callable[[str], str]) -> None:
    """Whether a door failed as the block says."""
    error = answer.get("error")
    if not isinstance(error, dict):
        raise Broken(f"{door}: succeeded, should fail with {block.error}")
    if "exit" in error and error["exit"] != EXIT_CODES[block.error or "bug"]:
        raise Broken(f"{door}: exit code {error['exit']} for {block.error}")
    if "code" in error and error["code"] != block.error:
        raise Broken(f"{door}: failed with {error['code']}: {error['message']}")
    message = block.cli if door == "cli" and block.cli is not None else block.message
    for text, wanted in (("message", message), ("hint", block.hint)):
        if wanted is not None and replace(wanted) != error.get(text):
            raise Broken(f"{door}: {text} is \"{error.get(text)}\"")


def run_block(operation: str, block: Block, fixture: Fixture,
              doors: dict[str, tuple[Callable[[str, Answer], Answer], str]]) -> None:
    """One call through every door."""
    def named(text: str, door: str) -> str:
        for name, value in {**fixture.names, "DOOR": door, "WORKSPACE": doors[door][1]}.items():
            text = text.replace("$" + name, value)
        return text

    first: Any = None
    for door, (call, workspace) in doors.items():
        answer = call(operation, json.loads(named(block.call, door)))
        if block.error is not None:
            check_error(door, block, answer, lambda text, door=door: named(text, door))
            continue
        if isinstance(answer.get("error"), dict) and "message" in answer["error"]:
            raise Broken(f"{door}: {answer['error']}")
        check_rows(SCHEMA[operation]["result"], answer, door)
        if block.expect is not None:
            check_expect(json.loads(named(block.expect, door)), answer, door)
        settled = settle(answer, workspace)
        settled = json.loads(re.sub(rf"-{door}\b", "-DOOR", json.dumps(settled)))
        if first is None:
            first = settled
        compare(settled, first, door)


def run_case(path: Path, program: str, call_c: str, fixture: Fixture, scratch: Path) -> int:
    """All blocks of a file, each door on its own copy of the workspace."""
    operation = path.stem
    copies = {}
    for door in ("c", "cli", "http", "python"):
        copies[door] = scratch / f"{operation}-{door}"
        shutil.copytree(fixture.folder, copies[door])
    with slitlamp.start(str(copies["http"]), program) as http_client, \
            slitlamp.start(str(copies["python"]), program) as python_client:
        doors = {"c": (by_c(call_c, copies["c"]), str(copies["c"])),
                 "cli": (by_cli(program, copies["cli"]), str(copies["cli"])),
                 "http": (by_client(http_client), str(copies["http"])),
                 "python": (by_method(python_client), str(copies["python"]))}
        blocks = parse_case(path)
        for block in blocks:
            try:
                run_block(operation, block, fixture, doors)
            except Broken as error:
                where = f"{path.name}: {block.title}\n  call {block.call}"
                raise Broken(f"{where}\n  {error}") from None
    for copy in copies.values():
        shutil.rmtree(copy)
    return len(blocks)


def main() -> int:
    """Run the named cases, or all."""
    build = Path(os.environ.get("SL_BUILD_DIR", ROOT / "build/dev"))
    given = sys.argv[1:3] if len(sys.argv) > 2 else [build / "slitlamp", build / "tests/call_c"]
    program, call_c = (str(Path(path).resolve()) for path in given)
    cases = [Path(a) for a in sys.argv[3:]] or sorted((ROOT / "tests/ops").glob("*.case"))
    failed, passed = [], 0
    if not sys.argv[3:]:
        failed += [f"operation \"{name}\" has no case" for name in SCHEMA
                   if not (ROOT / f"tests/ops/{name}.case").exists()]
    with tempfile.TemporaryDirectory(prefix="slitlamp-ops-") as folder:
        fixture = build_fixture(program, Path(folder))
        os.environ["SLITLAMP_FASHION_MNIST"] = fixture.names["DEMO"]
        os.environ["SLITLAMP_EXAMPLES"] = str(ROOT / "examples")
        os.environ["SLITLAMP_WORKSPACE"] = str(fixture.folder)
        for case in cases:
            started = time.monotonic()
            try:
                passed += run_case(case, program, call_c, fixture, Path(folder))
                print(f"ok {case.stem} ({time.monotonic() - started:.1f} s)", flush=True)
            except Broken as error:
                failed.append(str(error))
                print(f"FAILED {error}", flush=True)
    for text in failed:
        print(f"failed: {text}")
    print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
