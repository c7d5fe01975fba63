import { readdir, readFile, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** In development the API is the control plane's, on its own port; in production it serves this build itself. */
const controlPlane = "http://127.0.0.1:8080";

const everyPage =
  /node_modules\/(?:react|react-dom|scheduler|use-sync-external-store|@tanstack\/(?:react-router|router-core|history|store|react-store))\//;

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwindcss(), withoutRules(), compressed()],
  server: {
    port: 5174,
    strictPort: true,
    host: "127.0.0.1",
    proxy: {
      "^/limiquantix\\.": controlPlane,
      "/auth": controlPlane,
      "/uploads": controlPlane,
      "/openapi.json": controlPlane,
      "^/console/": { target: controlPlane, ws: true },
    },
  },
  build: {
    target: "es2023",
    sourcemap: false,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
    rolldownOptions: {
      output: {
        // What every page needs, in few files that change seldom, in place of forty small ones.
        codeSplitting: {
          groups: [
            { name: "react", test: everyPage },
            { name: "icons", test: /lucide-react/, minShareCount: 6 },
          ],
        },
      },
    },
  },
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

/**
 * The messages' descriptors name the file of buf.validate, whose rules nothing in the browser applies but the demo's control
 * plane, which brings its own copy: here that file is empty (a FileDescriptorProto of name and package), 25 KB less.
 */
function withoutRules(): Plugin {
  const empty = "\0buf-validate-without-rules";
  const [name, packageName] = ["buf/validate/validate.proto", "buf.validate"];
  const field = (number: number, text: string) => [(number << 3) | 2, text.length, ...Buffer.from(text)];
  const descriptor = Buffer.from([...field(1, name), ...field(2, packageName)]).toString("base64");
  return {
    name: "without-rules",
    enforce: "pre",
    resolveId(source, importer = "") {
      const ours = importer.includes("/packages/api/src/gen/");
      return ours && source.endsWith("/buf/validate/validate_pb.js") ? empty : undefined;
    },
    load(id) {
      if (id !== empty) return undefined;
      return `import { fileDesc } from "@bufbuild/protobuf/codegenv2";
export const file_buf_validate_validate = /*@__PURE__*/ fileDesc("${descriptor}");`;
    },
  };
}
