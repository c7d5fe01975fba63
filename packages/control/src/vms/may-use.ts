import { problem, Reason, type DiskDevice, type VmSpec } from "@limiquantix/api";
import type { Call } from "../rpc/call.ts";

/**
 * What a spec takes that it did not have: interfaces on networks, space in storage pools, the contents of images.
 * Throws PRIVILEGE_MISSING, or NOT_FOUND for what the caller may not know of. What the VM has already, it keeps.
 */
export function requireUse(call: Call, before: VmSpec | undefined, after: VmSpec): void {
  const { access } = call;
  for (const nic of after.nics) {
    const was = before?.nics.find(({ id }) => id === nic.id);
    if (nic.networkId !== was?.networkId) access.require("network.use", { kind: "network", id: nic.networkId });
  }
  for (const disk of after.disks) {
    const was = before?.disks.find(({ id }) => id === disk.id);
    if (!was || disk.sizeGib > was.sizeGib) requireSpace(call, disk);
    if (disk.imageId && disk.imageId !== was?.imageId) access.require("image.use", { kind: "image", id: disk.imageId });
  }
  for (const { id, imageId } of after.cdroms) {
    const was = before?.cdroms.find((cdrom) => cdrom.id === id);
    if (imageId && imageId !== was?.imageId) access.require("image.use", { kind: "image", id: imageId });
  }
}

function requireSpace({ access, principal }: Call, { storagePoolId }: DiskDevice): void {
  if (storagePoolId) return access.require("storage.allocate", { kind: "pool", id: storagePoolId });
  // The host is to choose, of pools that nobody here knows: for who may use all there are.
  if (access.everywhere("storage.allocate")) return;
  const object = "a storage pool of the VM's host";
  throw problem(Reason.PRIVILEGE_MISSING, { who: principal.name, privilege: "storage.allocate", object });
}
