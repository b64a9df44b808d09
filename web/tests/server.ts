// SPDX-License-Identifier: Apache-2.0
// Makes two workspaces and serves them: "fashion", 300 real test images of Fashion-MNIST with both
// demo models; "hostile", images whose names and labels are written to do harm, one of them broken,
// with predictions made elsewhere. Invariant: everything lives in one temporary folder and ends
// with the tests.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { greyPng } from "./png";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const DATA = "/usr/share/datasets/fashion-mnist";
const IMAGES = 300;
/** Which of the hostile images is none. */
const BROKEN = 3;

export const EVIL_LABEL = "<img src=x onerror=alert(1)>";
export const EVIL_NAME = "line\nbreak \u202egnp.<b>x<";

function program(): string {
  const path = resolve(process.env.SLITLAMP ?? join(ROOT, "build/dev/slitlamp"));
  if (!existsSync(path)) throw new Error(`no program at "${path}"; set SLITLAMP`);
  return path;
}

const run = (args: readonly string[], workspace: string): void =>
  void execFileSync(program(), [...args, "--workspace", workspace, "--quiet"], {
    stdio: ["ignore", "ignore", "inherit"],
  });

const count = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** The first IMAGES test images and labels as IDX files. */
function writeSubset(folder: string): void {
  const images = gunzipSync(readFileSync(join(DATA, "t10k-images-idx3-ubyte.gz")));
  const labels = gunzipSync(readFileSync(join(DATA, "t10k-labels-idx1-ubyte.gz")));
  mkdirSync(folder, { recursive: true });
  const cut = (name: string, bytes: Buffer, head: number, size: number) =>
    writeFileSync(
      join(folder, name),
      Buffer.concat([
        bytes.subarray(0, 4),
        count(IMAGES),
        bytes.subarray(8, head),
        bytes.subarray(head, head + IMAGES * size),
      ]),
    );
  cut("t10k-images-idx3-ubyte", images, 16, 784);
  cut("t10k-labels-idx1-ubyte", labels, 8, 1);
}

function makeFashion(folder: string): string {
  const workspace = join(folder, "workspace");
  writeSubset(join(folder, "data"));
  run(["import", join(folder, "data"), "--name", "fashion"], workspace);
  for (const model of ["v1", "v2"]) {
    run(["eval", join(ROOT, `examples/fashion/${model}.onnx`), "--search", "never"], workspace);
  }
  return workspace;
}

function makeHostile(folder: string): string {
  const workspace = join(folder, "workspace");
  const images = join(folder, "data");
  mkdirSync(images, { recursive: true });
  const rows = Array.from({ length: 12 }, (_, at) => {
    const name = at === 0 ? `${EVIL_NAME}.png` : `plain-${String(at).padStart(2, "0")}.png`;
    writeFileSync(
      join(images, name),
      at === BROKEN ? "no image" : greyPng(24, (x, y) => x * at + y * 9),
    );
    return { image: name, label: at % 3 === 0 ? EVIL_LABEL : "plain" };
  });
  const predictions = rows
    .map(({ image, label }, at) => ({
      path: image,
      pred: at % 2 === 0 ? label : "plain",
      confidence: 0.5 + at / 30,
    }))
    .filter((_, at) => at !== BROKEN);
  const lines = (list: readonly object[]) => list.map((one) => JSON.stringify(one)).join("\n");
  const manifest = join(images, "manifest.jsonl");
  writeFileSync(manifest, lines(rows));
  writeFileSync(join(folder, "predictions.jsonl"), lines(predictions));
  run(["import", manifest, "--name", "hostile"], workspace);
  run(["predictions", join(folder, "predictions.jsonl")], workspace);
  return workspace;
}

/** Serves a workspace; resolves with the address that carries the token. */
function serve(workspace: string, started: ChildProcess[]): Promise<string> {
  const server = spawn(program(), ["serve", "--workspace", workspace], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  started.push(server);
  return new Promise((give, fail) => {
    let said = "";
    server.stdout.on("data", (part: Buffer) => {
      said += part.toString();
      const address = /http:\/\/\S+#token=\w+/.exec(said);
      if (address) give(address[0]);
    });
    server.on("exit", () => fail(new Error(`the server ended: ${said}`)));
  });
}

/** Ends a server and waits until it has ended. */
function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return Promise.resolve();
  return new Promise((give) => {
    server.once("exit", () => give());
    server.kill("SIGTERM");
  });
}

export default async function setUp(): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), "slitlamp-pages-"));
  const started: ChildProcess[] = [];
  const tearDown = async () => {
    await Promise.all(started.map(stop));
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const fashion = makeFashion(join(folder, "fashion"));
    const hostile = makeHostile(join(folder, "hostile"));
    process.env.FASHION_URL = await serve(fashion, started);
    process.env.HOSTILE_URL = await serve(hostile, started);
  } catch (thrown) {
    await tearDown();
    throw thrown;
  }
  return tearDown;
}
