import { glob } from "node:fs/promises";
import { root } from "./config.ts";

/** Tests on real libvirt, QEMU and images; a name that ends so is never taken by the unit run. */
export const hostTestFiles: readonly string[] = [
  "packages/*/{src,test}/**/*.host.test.ts",
  "apps/*/src/**/*.host.test.ts",
  "test/host/**/*.host.test.ts",
];

/** Tests in a browser; the unit run takes none of them either. */
export const browserTestFiles: readonly string[] = ["test/e2e/**/*.e2e.test.ts"];

/** Those that take a minute and more, the longest first. */
export const longHostTests: readonly string[] = [
  "storage.host.test.ts",
  "debian.host.test.ts",
  "split-brain.host.test.ts",
  "nfs-client-suite.host.test.ts",
  "storage-deaths.host.test.ts",
  "rbd-suite.host.test.ts",
  "iscsi-opener.host.test.ts",
  "nfs-mounts.host.test.ts",
  "storage-vm.host.test.ts",
  "rbd-pool.host.test.ts",
  "clone.host.test.ts",
  "storage-dashboard.host.test.ts",
  "libvirt-hypervisor.host.test.ts",
  "crash.host.test.ts",
  "live-disks.host.test.ts",
  "suites.host.test.ts",
  "first-vm.host.test.ts",
  "lvm-pool.host.test.ts",
  "join.host.test.ts",
  "file-pool-suite.host.test.ts",
  "random.host.test.ts",
  "dashboard.host.test.ts",
  "start.host.test.ts",
];

/** What there is of them, by the paths from the root. */
export async function filesOf(patterns: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  const exclude = (name: string): boolean => name.includes("node_modules");
  for await (const file of glob([...patterns], { cwd: root, exclude })) files.push(file);
  return files.toSorted();
}
