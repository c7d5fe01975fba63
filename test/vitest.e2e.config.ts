import { defineConfig } from "vitest/config";
import { browserTestFiles } from "../tools/run/test-files.ts";

/** Tests in Debian's Chromium, one file after the other: two browsers on two cores measure each other. */
export default defineConfig({
  test: {
    root: `${import.meta.dirname}/..`,
    include: [...browserTestFiles],
    exclude: ["**/node_modules/**"],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 180_000,
  },
});
