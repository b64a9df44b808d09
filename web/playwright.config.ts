// SPDX-License-Identifier: Apache-2.0
// Browser tests: the real pages on the real server with real data, in Debian's Chromium. The
// program is $SLITLAMP (CTest sets it), else that of build/dev. Start at tests/server.ts.
import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "tests",
  globalSetup: "./tests/server.ts",
  outputDir: "../build/browser",
  workers: 1,
  timeout: 90_000,
  expect: { timeout: 20_000 },
  reporter: [["list"]],
  forbidOnly: true,
  use: {
    viewport: { width: 1440, height: 900 },
    screenshot: "only-on-failure",
    trace: "off",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
    },
  },
});
