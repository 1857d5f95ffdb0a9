// Builds both pages into services/pages/built, which the service holds in memory and serves.
// The JavaScript loads nothing from another origin and needs no inline script or style: the
// service's Content-Security-Policy forbids both.

import { defineConfig, type Plugin } from "vite";

/** What makes the field page one that a phone can install, under names that never change. */
const installable: Plugin = {
  name: "installable",
  async generateBundle() {
    for (const name of ["app.webmanifest", "app_icon_192.png", "app_icon_512.png"]) {
      this.emitFile({
        type: "asset",
        fileName: name,
        source: await this.fs.readFile(`field/${name}`),
      });
    }
  },
  transformIndexHtml: {
    order: "post",
    handler: (_html, { filename }) =>
      filename.endsWith("field.html")
        ? [
            { tag: "link", attrs: { rel: "manifest", href: "/pages/app.webmanifest" } },
            { tag: "link", attrs: { rel: "apple-touch-icon", href: "/pages/app_icon_192.png" } },
          ]
        : [],
  },
};

export default defineConfig({
  base: "/pages/",
  publicDir: false,
  plugins: [installable],
  build: {
    outDir: "built",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // the policy allows no data: scripts or fonts
    modulePreload: { polyfill: false },
    license: { fileName: "licences.md" }, // of what is bundled; theirs want to go with every copy
    chunkSizeWarningLimit: 1_300, // MapLibre alone is 1.1 MB before compression
    rollupOptions: {
      checks: { pluginTimings: false }, // what takes long on a busy machine is no fault of a plugin
      input: {
        console: "console.html",
        field: "field.html",
        service_worker: "field/service_worker.ts",
      },
      output: {
        // Browsers ask for a service worker under the name that they know.
        entryFileNames: ({ name }) =>
          name === "service_worker" ? "[name].js" : "assets/[name]-[hash].js",
      },
    },
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  test: { include: ["**/*.test.ts"], environment: "node" },
} as Parameters<typeof defineConfig>[0]);
