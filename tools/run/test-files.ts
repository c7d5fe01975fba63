/** Tests on real libvirt, QEMU and images; a name that ends so is never taken by the unit run. */
export const hostTestFiles: readonly string[] = [
  "packages/*/{src,test}/**/*.host.test.ts",
  "apps/*/src/**/*.host.test.ts",
  "test/host/**/*.host.test.ts",
];

/** Tests in a browser; the unit run takes none of them either. */
export const browserTestFiles: readonly string[] = ["test/e2e/**/*.e2e.test.ts"];
