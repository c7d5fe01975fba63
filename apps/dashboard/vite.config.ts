import { readdir, readFile, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** In development the API is the control plane's, on its own port; in production it serves this build itself. */
const controlPlane = "http://127.0.0.1:8080";

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwindcss(), compressed()],
  server: {
    port: 5174,
    strictPort: true,
    host: "127.0.0.1",
    proxy: {
      "^/limiquantix\\.": controlPlane,
      "/auth": controlPlane,
      "/openapi.json": controlPlane,
      "/console": { target: controlPlane, ws: true },
    },
  },
  build: { target: "es2023", sourcemap: false, modulePreload: { polyfill: false }, chunkSizeWarningLimit: 1500 },
});

/** Compresses once what is sent a thousand times: the control plane only picks the file that the browser understands. */
function compressed(): Plugin {
  const worthwhile = new Set([".js", ".css", ".svg", ".html", ".json"]);
  return {
    name: "compressed",
    apply: "build",
    async writeBundle({ dir = "" }) {
      for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !worthwhile.has(extname(entry.name))) continue;
        const file = join(entry.parentPath, entry.name);
        const text = await readFile(file);
        if (text.length < 1024) continue;
        const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: text.length };
        await Promise.all([
          promisify(gzip)(text, { level: 9 }).then((bytes) => writeFile(`${file}.gz`, bytes)),
          promisify(brotliCompress)(text, { params }).then((bytes) => writeFile(`${file}.br`, bytes)),
        ]);
      }
    },
  };
}
