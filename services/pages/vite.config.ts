// Builds both pages into services/pages/built, which the service holds in memory and serves.
// The JavaScript loads nothing from another origin and needs no inline script or style: the
// service's Content-Security-Policy forbids both.

import { defineConfig } from "vite";

export default defineConfig({
  base: "/pages/",
  publicDir: false,
  build: {
    outDir: "built",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // the policy allows no data: scripts or fonts
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1_300, // MapLibre alone is 1.1 MB before compression
    rollupOptions: {
      input: { console: "console.html", field: "field.html" },
    },
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  test: { include: ["**/*.test.ts"], environment: "node" },
} as Parameters<typeof defineConfig>[0]);
