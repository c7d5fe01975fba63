import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { Libvirt } from "../../src/index.ts";
import type { Address, DomainRef, StoragePoolRef } from "../../src/index.ts";

/** The libvirtd that the host test harness started. */
export function libvirtAddress(): Address {
  const socket = process.env["LIMIQUANTIX_LIBVIRT_SOCKET"];
  if (socket) return { socket };
  throw new Error(
    "LIMIQUANTIX_LIBVIRT_SOCKET is not set: host tests need the socket of a libvirtd with QEMU, as tools/test starts one",
  );
}

/** Names of one run, so that runs and leftovers do not meet. */
export const runName = `rpc-${process.pid}`;

/** A machine without disks that sits in its firmware. */
export function domainXml(name: string, devices = ""): string {
  return `<domain type="qemu">
    <name>${name}</name>
    <memory unit="MiB">64</memory>
    <vcpu current="1">2</vcpu>
    <os><type arch="x86_64" machine="q35">hvm</type></os>
    <features><acpi/><tcg><tb-cache unit="MiB">32</tb-cache></tcg></features>
    <devices>
      <emulator>/usr/bin/qemu-system-x86_64</emulator>
      ${devices}
      <controller type="pci" model="pcie-root"/>
      <controller type="pci" model="pcie-root-port"/>
      <controller type="pci" model="pcie-root-port"/>
      <controller type="pci" model="pcie-root-port"/>
      <serial type="pty"/>
      <console type="pty"/>
      <video><model type="vga"/></video>
      <memballoon model="none"/>
    </devices>
  </domain>`;
}

/** Stops and forgets a domain, whatever state a failed test left it in. */
export async function removeDomain(libvirt: Libvirt, dom: DomainRef): Promise<void> {
  const { active } = await libvirt.call("DOMAIN_IS_ACTIVE", { dom });
  if (active) await libvirt.call("DOMAIN_DESTROY_FLAGS", { dom });
  const MANAGED_SAVE_SNAPSHOTS_CHECKPOINTS = 1 | 2 | 16;
  await libvirt.call("DOMAIN_UNDEFINE_FLAGS", { dom, flags: MANAGED_SAVE_SNAPSHOTS_CHECKPOINTS });
}

export interface ScratchPool extends AsyncDisposable {
  readonly pool: StoragePoolRef;
  readonly path: string;
}

/** A directory pool that goes with all that is in it. */
export async function scratchPool(libvirt: Libvirt, name: string): Promise<ScratchPool> {
  // Not below a private /tmp: QEMU and libvirtd must see it.
  const path = await mkdtemp(join("/var/tmp", "libvirt-test-"));
  const xml = `<pool type="dir"><name>${name}</name><target><path>${path}</path></target></pool>`;
  const { pool } = await libvirt.call("STORAGE_POOL_DEFINE_XML", { xml });
  await libvirt.call("STORAGE_POOL_CREATE", { pool });
  return {
    pool,
    path,
    [Symbol.asyncDispose]: async () => {
      await libvirt.call("STORAGE_POOL_DESTROY", { pool });
      await libvirt.call("STORAGE_POOL_UNDEFINE", { pool });
      await rm(path, { recursive: true });
    },
  };
}

/** Calls `look` until it answers something, at most 30 s. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`${what}: not within 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** SeaBIOS boots from nothing smaller: it needs one whole cylinder. */
export const BOOT_DISK_BYTES = 1024 * 1024;

/**
 * A boot sector (16-bit code) that sends back on the first serial port whatever comes in, with bit 5 turned over:
 * `a` comes back as `A`. So an answer is the guest's and no terminal's echo.
 */
export function echoBootSector(): Uint8Array {
  const sector = new Uint8Array(512);
  const code = [
    ["ba fd 03", "wait: mov dx, line status"],
    ["ec a8 01 74 f8", "in al, dx; test al, received; jz wait"],
    ["ba f8 03 ec", "mov dx, data; in al, dx"],
    ["34 20 88 c4", "xor al, 20h; mov ah, al"],
    ["ba fd 03", "mov dx, line status"],
    ["ec a8 20 74 fb", "busy: in al, dx; test al, room to send; jz busy"],
    ["88 e0 ba f8 03 ee", "mov al, ah; mov dx, data; out dx, al"],
    ["eb e0", "jmp wait"],
  ];
  sector.set(Buffer.from(code.map(([hex]) => hex?.replaceAll(" ", "")).join(""), "hex"));
  sector.set([0x55, 0xaa], 510);
  return sector;
}
