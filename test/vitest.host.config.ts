import { defineConfig } from "vitest/config";
import { hostTestFiles } from "../tools/run/test-files.ts";

/**
 * Tests on real libvirt, QEMU and images. tools/test runs them inside a lab host, one file after the other, because
 * emulated guests share two cores badly.
 */
export default defineConfig({
  test: {
    root: `${import.meta.dirname}/..`,
    include: [...hostTestFiles],
    exclude: ["**/node_modules/**"],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 300_000,
  },
});
