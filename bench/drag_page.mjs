// SPDX-License-Identifier: Apache-2.0
// From a moving pointer to painted counts: a brush dragged over Explore's histogram of confidence.
//
// usage: node drag_page.mjs SLITLAMP WORKSPACE ROUNDS
//
// Prints a line of JSON per round, in ms. "every": from a pointermove that changes the brush to the
// first paint that shows it or one after it; "answered": the same for moves that were not overtaken,
// and its parts "waited" (to the call), "server" (the call), "drawn" (to the paint). "pictures":
// requests for pictures meanwhile (those of letting go are among them).
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const web = createRequire(new URL("../web/package.json", import.meta.url));
const { chromium } = web("@playwright/test");
const MOVES = 24;
const MOVE_MS = 16;

const address = (server) =>
  new Promise((resolve, reject) => {
    server.once("exit", (code) => reject(new Error(`slitlamp serve ended with ${code}`)));
    createInterface({ input: server.stdout }).on("line", (line) => {
      const found = /http:\/\/\S+#token=\w+/.exec(line);
      if (found) resolve(new URL(found[0]));
    });
  });

function percentiles(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  const [p50, p95, max] = [at(0.5), at(0.95), at(1)].map((ms) => Math.round(ms * 10) / 10);
  return { n: sorted.length, p50, p95, max };
}

/** Runs in the page: notes when the pressed pointer reached another bin. */
function noteMoves({ x, width }) {
  window.moves = [];
  let before = -1;
  const note = (event) => {
    const bin = Math.floor(((event.clientX - x) / width) * 40);
    if (event.buttons === 1 && bin !== before) window.moves.push(event.timeStamp);
    before = bin;
  };
  addEventListener("pointermove", note, true);
  performance.clearMeasures();
  performance.clearResourceTimings();
  performance.setResourceTimingBufferSize(5000);
}

/** Runs in the page: what happened since noteMoves(). */
function timesOf() {
  const loads = performance.getEntriesByType("resource");
  const calls = loads.filter((one) => one.name.endsWith("/op/facets"));
  const answers = performance.getEntriesByName("slitlamp.answer").map((one) => ({
    asked: window.moves.findLast((at) => at <= one.startTime),
    end: one.startTime + one.duration,
  }));
  const callOf = ({ asked, end }) =>
    calls.find((one) => one.startTime >= asked && one.responseEnd <= end);
  const asked = answers.flatMap((answer) => {
    const call = callOf(answer);
    return call ? [{ ...answer, call }] : [];
  });
  return {
    every: window.moves.flatMap((at) => {
      const answer = answers.find((one) => one.asked >= at);
      return answer ? [answer.end - at] : [];
    }),
    answered: answers.map((one) => one.end - one.asked),
    waited: asked.map((one) => one.call.startTime - one.asked),
    server: asked.map((one) => one.call.responseEnd - one.call.startTime),
    drawn: asked.map((one) => one.end - one.call.responseEnd),
    pictures: loads.filter((one) => one.name.includes("/blob/")).length,
  };
}

/** Four drags, each from a bin of its own, so that no answer is known from the drag before. */
async function dragAll(page) {
  const box = await page
    .locator("section.facet[aria-label='Confidence'] .hist-plot svg")
    .boundingBox();
  const place = (share) => [box.x + box.width * share, box.y + box.height / 2];
  await page.evaluate(noteMoves, box);
  for (const from of [0.1, 0.2, 0.3, 0.4]) {
    await page.mouse.move(...place(from));
    await page.mouse.down();
    for (let move = 1; move <= MOVES; move += 1) {
      const until = performance.now() + MOVE_MS;
      await page.mouse.move(...place(from + (0.58 * move) / MOVES));
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, until - performance.now())));
    }
    await page.waitForTimeout(400); // the last answer, while the button is still held
    await page.mouse.up();
    await page.waitForTimeout(800);
  }
  return page.evaluate(timesOf);
}

async function round(browser, url) {
  const page = await (
    await browser.newContext({ viewport: { width: 1440, height: 900 } })
  ).newPage();
  await page.goto(`${url.origin}/explore${url.hash}`);
  await page.locator(".tally b").first().waitFor();
  await page.waitForTimeout(1500); // pictures in sight have come
  const { pictures, ...times } = await dragAll(page);
  await page.context().close();
  const told = Object.entries(times).map(([what, list]) => [what, percentiles(list)]);
  return { ...Object.fromEntries(told), pictures };
}

const [program, workspace, rounds] = process.argv.slice(2);
const server = spawn(program, ["serve", "--workspace", workspace], {
  stdio: ["ignore", "pipe", "inherit"],
});
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
try {
  const url = await address(server);
  for (let at = 0; at < Number(rounds); at += 1) {
    console.log(JSON.stringify(await round(browser, url)));
  }
} finally {
  await browser.close();
  server.removeAllListeners("exit");
  server.kill("SIGINT");
}
