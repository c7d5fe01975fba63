import { defineConfig } from "vitest/config";

/**
 * Tests on real libvirt, QEMU and images. tools/test runs them inside a lab host, one file after the other, because
 * emulated guests share two cores badly.
 */
export default defineConfig({
  test: {
    root: `${import.meta.dirname}/..`,
    include: ["packages/*/{src,test}/**/*.host.test.ts", "apps/*/src/**/*.host.test.ts", "test/host/**/*.host.test.ts"],
    exclude: ["**/node_modules/**"],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 300_000,
  },
});
