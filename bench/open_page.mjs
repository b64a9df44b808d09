// SPDX-License-Identifier: Apache-2.0
// From the start of `slitlamp serve` on an evaluated workspace to what a person sees in Chromium.
//
// usage: node open_page.mjs SLITLAMP WORKSPACE ROUNDS
//
// The browser runs already with an empty tab, as a person's does, but each round has an empty cache. Prints a line of
// JSON per round, in ms from the start of the process: address printed, first paint with content,
// the accuracy in sight, the findings in sight.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { performance } from "node:perf_hooks";
import { createInterface } from "node:readline";

const web = createRequire(new URL("../web/package.json", import.meta.url));
const { chromium } = web("@playwright/test");

const address = (server) =>
  new Promise((resolve, reject) => {
    let said = "";
    server.stderr.on("data", (text) => (said += text));
    server.once("exit", (code) => reject(new Error(`slitlamp serve ended with ${code}: ${said}`)));
    createInterface({ input: server.stdout }).on("line", (line) => {
      const found = /https?:\/\/\S+/.exec(line);
      if (found) resolve(found[0]);
    });
  });

async function round(browser, program, workspace) {
  const page = await (await browser.newContext()).newPage();
  const began = performance.now();
  const server = spawn(program, ["serve", "--workspace", workspace], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  try {
    const url = await address(server);
    const told = performance.now() - began;
    await page.goto(url, { waitUntil: "commit" });
    await page.locator(".headline-figure").first().waitFor();
    const headline = performance.now() - began;
    await page.locator(".finding").first().waitFor();
    const findings = performance.now() - began;
    const paint = await page.evaluate(
      () =>
        performance.timeOrigin +
        performance.getEntriesByName("first-contentful-paint")[0].startTime,
    );
    return { address: told, paint: paint - performance.timeOrigin - began, headline, findings };
  } finally {
    await page.context().close();
    server.removeAllListeners("exit");
    server.kill("SIGINT");
  }
}

const [program, workspace, rounds] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
for (let at = 0; at < Number(rounds); at += 1) {
  console.log(JSON.stringify(await round(browser, program, workspace)));
}
await browser.close();
