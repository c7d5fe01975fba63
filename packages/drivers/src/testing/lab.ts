import { silentLog, systemClock } from "@limiquantix/kit";
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { LibvirtHypervisor } from "../libvirt/libvirt-hypervisor.ts";

const run = promisify(execFile);
const repository = join(import.meta.dirname, "../../../..");

/** libvirtd's socket of the lab host that this test runs in (`tools/lab/host exec NAME …`). */
export function labSocket(): string {
  const socket = process.env["LIMIQUANTIX_LIBVIRT_SOCKET"];
  if (!socket)
    throw new Error(
      "LIMIQUANTIX_LIBVIRT_SOCKET is not set: run this in a lab host (tools/lab/host up t; tools/lab/host exec t …)",
    );
  return socket;
}

export async function labHypervisor(): Promise<LibvirtHypervisor> {
  const socket = labSocket();
  const hypervisor = await LibvirtHypervisor.connect({
    socket,
    leases: { directory: "/var/lib/limiquantix", virtlockdSocket: join(dirname(socket), "virtlockd-sock") },
    clock: systemClock,
    log: silentLog,
  });
  // Their disks are files of the test's own.
  hypervisor.guardResume(async () => {});
  return hypervisor;
}

/** The tiny guest of apps/image-builder, as a qcow2 file. */
export async function tinyGuestImage(): Promise<string> {
  const builder = join(repository, "apps/image-builder/src/main.ts");
  return (await run(process.execPath, [builder, "tiny"])).stdout.trim();
}

/** Looks until `look` answers something; a test's own time limit ends it. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  const endsAt = Date.now() + 60_000;
  while (Date.now() < endsAt) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`not within a minute: ${what}`);
}
