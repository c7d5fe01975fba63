import { defineConfig } from "vitest/config";

/** Unit tests and tests through the API on `sim`; those with needs (`.host.test.ts`, `.e2e.ts`) have their own entry in tools/test. */
export default defineConfig({
  test: {
    include: [
      "packages/*/{src,test}/**/*.test.ts",
      "apps/*/src/**/*.test.ts",
      "tools/**/*.test.ts",
      "test/{access,bench,fuzz,guards}/**/*.test.ts",
    ],
    exclude: ["**/node_modules/**", "**/*.host.test.ts"],
    // Vitest leaves one core to itself, which is half of a small machine.
    maxWorkers: "100%",
    // Far more than any of them takes: two busy cores must not make a test fail.
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
