// SPDX-License-Identifier: Apache-2.0
// Builds the pages into web/dist. Invariant: the result runs under the server's strict
// Content-Security-Policy, so nothing is inlined into HTML or CSS (assetsInlineLimit 0).
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const server = process.env.SLITLAMP_URL ?? "http://127.0.0.1:8311";

export default defineConfig({
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    target: ["chrome125", "firefox128", "safari17.5"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1200,
    rolldownOptions: {
      onwarn: (warning, tell) => {
        if (warning.code !== "MODULE_LEVEL_DIRECTIVE") tell(warning);
      },
    },
  },
  server: { proxy: { "/v1": server } },
  test: { include: ["src/**/*.test.{ts,tsx}"], environment: "node" },
});
