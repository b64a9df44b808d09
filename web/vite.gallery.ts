// SPDX-License-Identifier: Apache-2.0
// Serves or builds the widget gallery (gallery.html), a development page that is never shipped.
import { fileURLToPath } from "node:url";
import { defineConfig, mergeConfig } from "vite";
import base from "./vite.config.ts";

export default mergeConfig(
  base,
  defineConfig({
    build: {
      outDir: "../build/gallery",
      emptyOutDir: true,
      rolldownOptions: {
        input: [
          fileURLToPath(new URL("./gallery.html", import.meta.url)),
          fileURLToPath(new URL("./gallery-shell.html", import.meta.url)),
        ],
      },
    },
  }),
);
