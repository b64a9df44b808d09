// SPDX-License-Identifier: Apache-2.0
// Photographs the gallery and the shell in both themes and three sizes, under the server's strict
// Content-Security-Policy. Usage: npm run shoot -- [folder] [name=query ...]; prints what the
// console complained about and fails if it did.
import { createReadStream, existsSync, mkdirSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "@playwright/test";

const root = fileURLToPath(new URL("../../build/gallery", import.meta.url));
const [folder = "../build/shots", ...asked] = process.argv.slice(2);
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; " +
  "connect-src 'self'; font-src 'self'; frame-ancestors 'none'";
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css",
  ".svg": "image/svg+xml", ".woff2": "font/woff2" };
const SIZES = { desk: [1440, 900], phone: [390, 844], wall: [2560, 1440] };

const server = createServer((request, reply) => {
  const path = join(root, new URL(request.url ?? "/", "http://x").pathname);
  if (!path.startsWith(root) || !existsSync(path) || statSync(path).isDirectory()) {
    reply.writeHead(404).end();
    return;
  }
  reply.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream",
    "content-security-policy": CSP });
  createReadStream(path).pipe(reply);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(null)));
const home = `http://127.0.0.1:${server.address().port}`;
const pages = asked.length ? asked.map((one) => one.split(/=(.*)/s).slice(0, 2))
  : [["gallery", "gallery.html"], ["shell", "gallery-shell.html"]];
mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"] });
let complaints = 0;
for (const [size, [width, height]] of Object.entries(SIZES)) {
  if (process.env.SIZE && !process.env.SIZE.split(",").includes(size)) continue;
  for (const theme of (process.env.THEME ?? "dark,light").split(",")) {
    for (const [name, address] of pages) {
      const page = await browser.newPage({ viewport: { width, height }, hasTouch: size === "phone" });
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) {
          complaints += 1;
          console.log(`${name} ${size} ${theme}: ${message.text()}`);
        }
      });
      page.on("pageerror", (thrown) => {
        complaints += 1;
        console.log(`${name} ${size} ${theme}: ${thrown.stack ?? thrown.message}`);
      });
      await page.goto(`${home}/${address}${address.includes("?") ? "&" : "?"}theme=${theme}`);
      await page.waitForTimeout(900);
      const tall = process.env.FULL && (await page.evaluate(() => document.querySelector(".page-inner")?.scrollHeight ?? 0));
      if (tall) await page.setViewportSize({ width, height: Math.min(9000, Math.max(height, tall + 60)) });
      if (tall) await page.waitForTimeout(600);
      await page.screenshot({ path: join(folder, `${name}-${size}-${theme}.png`) });
      await page.close();
    }
  }
}
await browser.close();
server.close();
process.exitCode = complaints ? 1 : 0;
