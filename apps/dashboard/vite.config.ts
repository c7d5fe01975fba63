import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** In development the API is the control plane's, on its own port; in production it serves this build itself. */
const controlPlane = "http://127.0.0.1:8080";

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwindcss()],
  server: {
    port: 5174,
    host: "127.0.0.1",
    proxy: {
      "^/limiquantix\\.": controlPlane,
      "/auth": controlPlane,
      "/console": { target: controlPlane, ws: true },
    },
  },
  build: { target: "es2023", sourcemap: false, modulePreload: { polyfill: false } },
});
