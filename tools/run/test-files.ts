/** Tests on real libvirt, QEMU and images; a name that ends so is never taken by the unit run. */
export const hostTestFiles: readonly string[] = [
  "packages/*/{src,test}/**/*.host.test.ts",
  "apps/*/src/**/*.host.test.ts",
  "test/host/**/*.host.test.ts",
];
