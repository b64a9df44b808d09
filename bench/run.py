#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures Slitlamp beside its peers and prints ratios; `make bench` calls it.

usage: run.py [--rounds N] [--case CASE]... [SECTION...]
sections: eval memory page import image metric explore
cases of eval: fashion squeezenet grey (v2 on photographs); without --case all of them

Two programs take turns, measurement by measurement, on the same processors; a ratio is taken within
each round, and its median and range over the rounds are printed. Everything is made in a temporary
folder that goes at the end. The peers live in build/bench-venv (SLITLAMP_BENCH_PYTHON names another
Python that has bench/requirements.txt). Nothing is asserted: numbers belong to a machine and a day.
"""
import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / os.environ.get("SLITLAMP_BENCH_BUILD", "build/release")
SLITLAMP = str(BUILD / "slitlamp")
SHARED = Path(os.environ.get("SLITLAMP_SHARED", ROOT.parent / "shared")) / "data"
FASHION = Path(os.environ.get("SLITLAMP_FASHION_MNIST", "/usr/share/datasets/fashion-mnist"))
V2 = ROOT / "examples/fashion/v2.onnx"
COPIES = 6  # of the 500 photographs
GREY = [{"mode": {"to": "grey"}},
        {"resize": {"by": "exact", "size": 28, "kernel": "pillow.bilinear"}},
        {"scale": {"div": 255}}, {"normalize": {"mean": [0.286], "std": [0.353]}},
        {"layout": {"order": "nchw"}}]


# ---- running things --------------------------------------------------------------------------

def find_python() -> str:
    """The Python with the peers, made when it is not there."""
    given = os.environ.get("SLITLAMP_BENCH_PYTHON")
    if given:
        return given
    folder, wanted = ROOT / "build/bench-venv", ROOT / "bench/requirements.txt"
    stamp = folder / "requirements.txt"
    if not stamp.exists() or stamp.read_bytes() != wanted.read_bytes():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(folder / "bin/pip"), "install", "--quiet", "-r", str(wanted)],
                       check=True)
        shutil.copyfile(wanted, stamp)
    return str(folder / "bin/python")


class Peer:
    """A program that takes a measurement for each line, as bench/meter.h says."""

    def __init__(self, *words: object) -> None:
        self.process = subprocess.Popen([str(word) for word in words], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, line: str) -> dict:
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"{self.process.args[0]} ended with {self.process.wait()}")
        found = json.loads(answer)
        found["rate"] = found["rows"] / found["wall"]
        return found

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def make(python: str, *words: object) -> None:
    subprocess.run([python, str(ROOT / "bench/make_data.py"), *map(str, words)], check=True)


def slitlamp(*words: object) -> tuple[float, int]:
    """Seconds and peak memory in bytes of one call."""
    began = time.monotonic()
    process = subprocess.Popen([SLITLAMP, *map(str, words), "--quiet"])
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"slitlamp {words[0]} ended with {process.returncode}")
    return time.monotonic() - began, used.ru_maxrss * 1024


# ---- printing --------------------------------------------------------------------------------

def say(what: str, ours: str, peer: str, ratios: list[float] | None, wanted: str = "") -> None:
    ratio = ""
    if ratios:
        ratio = f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
    print(f"| {what:<73} | {ours:>14} | {peer:>34} | {ratio:>18} | {wanted:>9} |", flush=True)


def median_of(found: list[dict], key: str = "rate") -> float:
    return statistics.median(one[key] for one in found)


def per_second(found: list[dict]) -> str:
    return f"{median_of(found):,.0f}/s"


def head() -> None:
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").open()
                  if line.startswith("model name")), platform.machine())
    revision = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"],
                              capture_output=True, text=True, check=False).stdout.strip()
    print(f"{time.strftime('%Y-%m-%d %H:%M')} · {model}, {len(os.sched_getaffinity(0))} processors, "
          f"load {os.getloadavg()[0]:.1f} · revision {revision or 'unknown'}")
    print("ratios: median (range) of rounds that take turns; above 1 is faster than the peer\n")
    say("what", "slitlamp", "peer", None, "wanted")
    print(f"|{'-' * 75}|{'-' * 15}:|{'-' * 35}:|{'-' * 19}:|{'-' * 10}:|")


# ---- eval ------------------------------------------------------------------------------------

def eval_rounds(tmp: Path, python: str, rounds: int, case: tuple) -> dict[str, list[dict]]:
    kind, model, pipeline, data, peer_data = case
    workspace = tmp / f"{kind}.workspace"
    slitlamp("import", data, "--workspace", workspace)
    ours = Peer(BUILD / "bench/eval_bench", model, pipeline, workspace)
    peer = Peer(python, ROOT / "bench/eval_python.py", kind, model, peer_data)
    keys = ["ort", "prepare", "eval", "python", "python prepare"]
    if kind != "fashion":
        keys.append("jpeg")
    found: dict[str, list[dict]] = {key: [] for key in keys}
    for _ in range(rounds):
        copy = tmp / f"{kind}.copy"
        shutil.copytree(workspace, copy)
        found["ort"].append(ours.ask("ort"))
        if "jpeg" in found:
            found["jpeg"].append(ours.ask("jpeg"))
        found["prepare"].append(ours.ask("prepare"))
        found["eval"].append(ours.ask(f"eval {copy}"))
        found["python"].append(peer.ask("eval"))
        found["python prepare"].append(peer.ask("prepare"))
        shutil.rmtree(copy)
    ours.close()
    peer.close()
    return found


def both(one: list[dict], other: list[dict]) -> list[float]:
    """Rates of doing one thing and then the other, each as fast as it goes alone."""
    return [1 / (1 / a["rate"] + 1 / b["rate"]) for a, b in zip(one, other)]


def per_row(one: dict) -> float:
    """Processor time."""
    return one["cpu"] / one["rows"]


def eval_lines(name: str, found: dict[str, list[dict]]) -> None:
    bounds, cpu_ratios = both(found["ort"], found["prepare"]), []
    for ort, prepare, whole in zip(found["ort"], found["prepare"], found["eval"]):
        cpu_ratios.append((per_row(ort) + per_row(prepare)) / per_row(whole))
    best, rates = found["ort"][-1], [one["rate"] for one in found["eval"]]
    how = f"{best['runners']}x{best['threads']} threads, batch {best['batch']}"
    say(f"{name}: ONNX Runtime alone ({how})", "", per_second(found["ort"]), None)
    say(f"{name}: decode + preprocess alone; peer Pillow + NumPy", per_second(found["prepare"]),
        per_second(found["python prepare"]),
        [a["rate"] / b["rate"] for a, b in zip(found["prepare"], found["python prepare"])])
    if "jpeg" in found:
        say(f"{name}: JPEG to RGB alone; ratio: prepare / this", per_second(found["jpeg"]),
            "", [a["rate"] / b["rate"] for a, b in zip(found["prepare"], found["jpeg"])])
    bound = f"bound {statistics.median(bounds):,.0f}/s"
    say(f"{name}: eval against the bound of both", per_second(found["eval"]), bound,
        [rate / bound for rate, bound in zip(rates, bounds)], ">= 0.95")
    say(f"{name}: the same in processor time", "", "", cpu_ratios)
    loop = f"batch {found['python'][-1]['batch']}: {per_second(found['python'])}"
    say(f"{name}: eval against the Python loop", per_second(found["eval"]), loop,
        [rate / one["rate"] for rate, one in zip(rates, found["python"])], ">= 3")
    say(f"{name}: the same in processor time", "", "",
        [per_row(peer) / per_row(whole) for peer, whole in zip(found["python"], found["eval"])])
    say(f"{name}: most that ratio could be (eval in no time but ONNX)", "", "",
        [a["rate"] / b["rate"] for a, b in zip(found["ort"], found["python"])])
    if "jpeg" in found:
        least = both(found["ort"], found["jpeg"])
        say(f"{name}: most that ratio could be (only libjpeg and ONNX Runtime)",
            f"{statistics.median(least):,.0f}/s", "",
            [rate / one["rate"] for rate, one in zip(least, found["python"])])
        say(f"{name}: the same in processor time", "", "",
            [per_row(peer) / (per_row(a) + per_row(b))
             for peer, a, b in zip(found["python"], found["ort"], found["jpeg"])])


def copy_photos(folder: Path) -> None:
    for path in sorted((SHARED / "imagenet-500").glob("*/*")):
        target = folder / path.parent.name
        target.mkdir(parents=True, exist_ok=True)
        for copy in range(COPIES):
            shutil.copyfile(path, target / f"{copy}_{path.name}")


def bench_eval(tmp: Path, python: str, rounds: int, cases: list[str]) -> None:
    images = FASHION / "t10k-images-idx3-ubyte.gz"
    if "fashion" in cases:
        eval_lines("v2", eval_rounds(tmp, python, rounds, ("fashion", V2, "", images, images)))
    if cases == ["fashion"]:
        return
    if not (SHARED / "imagenet-500").is_dir():
        print(f"no photographs in {SHARED}; their cases are left out (set SLITLAMP_SHARED)")
        return
    photos = tmp / "photos"
    copy_photos(photos)
    model = SHARED / "models/squeezenet.onnx"
    if "squeezenet" in cases:
        eval_lines("squeezenet", eval_rounds(
            tmp, python, rounds, ("squeezenet", model, "imagenet-caffe", photos, photos)))
    pipeline = tmp / "grey.json"
    pipeline.write_text(json.dumps(GREY))
    if "grey" in cases:
        eval_lines("v2, photographs", eval_rounds(tmp, python, rounds,
                                                  ("grey", V2, pipeline, photos, photos)))


# ---- memory ----------------------------------------------------------------------------------

def bench_memory(tmp: Path, python: str, _rounds: int) -> None:
    train = FASHION / "train-images-idx3-ubyte.gz", FASHION / "train-labels-idx1-ubyte.gz"
    test = FASHION / "t10k-images-idx3-ubyte.gz", FASHION / "t10k-labels-idx1-ubyte.gz"
    peaks = {}
    for rows, data, times in ((10_000, test, 1), (60_000, train, 1), (600_000, train, 10)):
        make(python, "repeat", tmp / f"idx{rows}", *data, times)
        workspace = tmp / f"memory{rows}"
        slitlamp("import", tmp / f"idx{rows}", "--workspace", workspace)
        _, peaks[rows] = slitlamp("eval", V2, "--workspace", workspace, "--search", "never")
        say(f"peak memory of eval, {rows:,} samples", f"{peaks[rows] / 2**20:.0f} MiB", "", None)
    growth = (peaks[600_000] - peaks[60_000]) / 540_000
    say("growth per further sample (scores and columns mapped)", f"{growth:.0f} B", "", None)


# ---- the page --------------------------------------------------------------------------------

def bench_page(tmp: Path, _python: str, rounds: int) -> None:
    node = shutil.which("node", path=f"{ROOT}/third_party/fetched/node/bin:{os.environ['PATH']}")
    if node is None or not (ROOT / "web/node_modules/@playwright").is_dir():
        print("no Node.js with playwright; the page is left out")
        return
    workspace = tmp / "page"
    slitlamp("import", FASHION / "train-images-idx3-ubyte.gz", "--workspace", workspace)
    slitlamp("eval", V2, "--workspace", workspace, "--search", "never")
    answer = subprocess.run([node, str(ROOT / "bench/open_page.mjs"), SLITLAMP, str(workspace),
                             str(rounds + 1)], check=True, stdout=subprocess.PIPE, text=True)
    found = [json.loads(line) for line in answer.stdout.splitlines()]
    for key, what in (("address", "address printed"), ("paint", "first paint with content"),
                      ("headline", "accuracy in sight"), ("findings", "findings in sight")):
        later = [one[key] for one in found[1:]]
        say(f"60,000 samples, process start to: {what}", f"{statistics.median(later):.0f} ms",
            f"first time {found[0][key]:.0f} ms", None, "<= 1 s" if key == "paint" else "")


# ---- import ----------------------------------------------------------------------------------

def bench_import(tmp: Path, python: str, rounds: int) -> None:
    folder = tmp / "pngs"
    make(python, "pngs", folder, FASHION / "train-images-idx3-ubyte.gz",
         FASHION / "train-labels-idx1-ubyte.gz")
    peer = Peer(python, ROOT / "bench/kernel_python.py", "import", folder)
    count = peer.ask("import")["rows"]
    first, again, theirs = [], [], []
    for turn in range(min(rounds, 3)):
        workspace = tmp / f"import{turn}"
        first.append(count / slitlamp("import", folder, "--workspace", workspace)[0])
        again.append(count / slitlamp("import", folder, "--workspace", workspace)[0])
        theirs.append(peer.ask("import")["rate"])
    peer.close()
    loop = f"walk, hash, PIL.open: {statistics.median(theirs):,.0f}/s"
    say(f"import of {count:,} PNG files", f"{statistics.median(first):,.0f}/s", loop,
        [a / b for a, b in zip(first, theirs)])
    say("the same import again", f"{statistics.median(again):,.0f}/s", loop,
        [a / b for a, b in zip(again, theirs)])


# ---- kernels ---------------------------------------------------------------------------------

def compare(ours: Peer, peer: Peer, lines: tuple[str, ...], rounds: int, name: Callable) -> None:
    for line in lines:
        pairs = [(ours.ask(line), peer.ask(line)) for _ in range(rounds)]
        say(name(line), per_second([a for a, _ in pairs]), per_second([b for _, b in pairs]),
            [a["rate"] / b["rate"] for a, b in pairs])


def bench_image(_tmp: Path, python: str, rounds: int) -> None:
    files = sorted((SHARED / "imagenet-500").glob("*/*"))[:40]
    if not files:
        print(f"no photographs in {SHARED}; image kernels are left out (set SLITLAMP_SHARED)")
        return
    ours = Peer(BUILD / "bench/image_bench", *files)
    peer = Peer(python, ROOT / "bench/kernel_python.py", "image", *files)
    kernels = ("pillow.bilinear", "pillow.bicubic", "pillow.lanczos", "opencv.linear",
               "opencv.area", "opencv.cubic")
    lines = ("decode pillow", "decode opencv", *(f"resize {name} 224 224" for name in kernels))
    compare(ours, peer, lines, rounds, lambda line: f"{line} (JPEG, one thread)"
            if line.startswith("decode") else f"{line}, from about 384x288, one thread")
    ours.close()
    peer.close()


def bench_metric(tmp: Path, python: str, rounds: int) -> None:
    for classes in (10, 1000):
        make(python, "scores", tmp, 60_000, classes)
        words = tmp / "scores.f32", tmp / "labels.i32", classes
        ours = Peer(BUILD / "bench/metric_bench", *words)
        peer = Peer(python, ROOT / "bench/kernel_python.py", "metric", *words)
        turns = [(ours.ask("points"), ours.ask("intervals"), peer.ask("points"))
                 for _ in range(rounds if classes < 100 else 1)]
        for at, what in enumerate(("numbers", "numbers with bootstrap intervals")):
            say(f"{what}, 60,000 x {classes:,}; peer scikit-learn, numbers",
                f"{statistics.median(one[at]['wall'] for one in turns) * 1000:,.0f} ms",
                f"{statistics.median(one[2]['wall'] for one in turns) * 1000:,.0f} ms",
                [one[2]["wall"] / one[at]["wall"] for one in turns])
        ours.close()
        peer.close()


def bench_explore(tmp: Path, python: str, rounds: int) -> None:
    make(python, "million", tmp / "million")
    workspace = tmp / "million.workspace"
    seconds, _ = slitlamp("import", tmp / "million", "--workspace", workspace)
    say("import of an IDX file of 1,000,000 images", f"{1e6 / seconds:,.0f}/s", "", None)
    slitlamp("predictions", tmp / "million/scores.npy", "--workspace", workspace)
    ours = Peer(BUILD / "bench/explore_bench", workspace)
    for what, line in (
            ("facets of everything", 'facets {"where":[]}'),
            ("facets under a brush that moves", 'facets {"where":["confidence=0.8..0.%d"]}'),
            ("facets under two clauses",
             'facets {"where":["confidence=0.5..0.%d","outcome=wrong"]}'),
            ("a page of failures by confidence",
             'view {"where":["outcome=wrong","confidence<0.%d"],"sort":"-confidence","limit":100}'),
            ("a page at row 500,000 of all",
             'view {"where":["confidence>0.0%d"],"sort":"-confidence","offset":500000,"limit":100}')):
        times = [ours.ask(line % (90 + turn) if "%d" in line else line)["wall"]
                 for turn in range(max(rounds, 5))]
        say(f"1,000,000 rows: {what}", f"{statistics.median(times) * 1000:.0f} ms",
            f"range {min(times) * 1000:.0f}-{max(times) * 1000:.0f} ms", None)
    ours.close()


CASES = ("fashion", "squeezenet", "grey")
SECTIONS = {"eval": bench_eval, "memory": bench_memory, "page": bench_page,
            "import": bench_import, "image": bench_image, "metric": bench_metric,
            "explore": bench_explore}


def main() -> int:
    parser = argparse.ArgumentParser(description="Slitlamp beside its peers")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--case", action="append", choices=CASES, default=[])
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []], default=[])
    options = parser.parse_args()
    python = find_python()
    head()
    with tempfile.TemporaryDirectory(prefix="slitlamp-bench-") as folder:
        for name in options.sections or SECTIONS:
            more = [options.case or [*CASES]] if name == "eval" else []
            SECTIONS[name](Path(folder), python, options.rounds, *more)
    return 0


if __name__ == "__main__":
    sys.exit(main())
