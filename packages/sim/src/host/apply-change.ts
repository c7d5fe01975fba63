import { clone, create } from "@bufbuild/protobuf";
import { CpuSchema, MemorySchema, problem, Reason, VmSpecSchema, type VmSpec } from "@limiquantix/api";
import { sourceName, type LiveChange } from "@limiquantix/node";
import { refused } from "./refused.ts";
import type { SimHost, SimLive } from "./sim-host.ts";
import { leaseAddress } from "./sim-network.ts";
import { assertUsable, closeDisk, openDisk } from "./start-domain.ts";

/** The running hardware after a live change; attaching what is attached and detaching what is not change nothing. */
export function applyChange(options: { host: SimHost; vmId: string; live: SimLive; change: LiveChange }): VmSpec {
  const { host, vmId, live, change } = options;
  const spec = clone(VmSpecSchema, live.spec);
  switch (change.kind) {
    case "cpu": {
      const cpu = (spec.cpu ??= create(CpuSchema));
      if (change.cores > Math.max(cpu.maxCores, cpu.cores)) {
        throw problem(Reason.NEEDS_RESTART, { vm: vmId, what: `${change.cores} cores` });
      }
      cpu.cores = change.cores;
      break;
    }
    case "memory": {
      const memory = (spec.memory ??= create(MemorySchema));
      const sizeMib = BigInt(change.sizeMib);
      if (sizeMib > memory.maxMemoryMib && sizeMib > memory.sizeMib) {
        throw problem(Reason.NEEDS_RESTART, { vm: vmId, what: `${change.sizeMib} MiB of memory` });
      }
      memory.sizeMib = sizeMib;
      break;
    }
    case "attach-disk":
      if (!live.sources.has(change.disk.disk.id)) {
        assertUsable(host, vmId, change.disk.source);
        openDisk(host, live, { vmId, diskId: change.disk.disk.id, source: change.disk.source });
      }
      spec.disks = [...spec.disks.filter((disk) => disk.id !== change.disk.disk.id), change.disk.disk];
      break;
    case "detach-disk":
      closeDisk(host, live, { vmId, diskId: change.disk.id });
      spec.disks = spec.disks.filter((disk) => disk.id !== change.disk.id);
      break;
    case "resize-disk": {
      const found = host.findDisk(live.sources.get(change.disk.disk.id) ?? change.disk.source);
      if (!found) throw refused("change", vmId, `no disk at ${sourceName(change.disk.source)}`);
      // Behind a block device there is only as much as the storage gave before.
      const grownBeneath = change.disk.source.kind !== "file";
      if (grownBeneath && found.layer.sizeBytes < change.sizeBytes) {
        throw refused("change", vmId, "cannot grow device beyond its size");
      }
      found.layer.sizeBytes = change.sizeBytes;
      break;
    }
    case "attach-nic":
      spec.nics = [...spec.nics.filter((nic) => nic.id !== change.nic.nic.id), change.nic.nic];
      leaseAddress(host, vmId, change.nic.nic);
      break;
    case "detach-nic":
      spec.nics = spec.nics.filter((nic) => nic.id !== change.nic.id);
      break;
    case "link":
      for (const nic of spec.nics) if (nic.id === change.nic.id) nic.disconnected = change.nic.disconnected;
      if (!change.nic.disconnected) leaseAddress(host, vmId, change.nic);
      break;
    case "io-limits":
    case "media":
      break;
  }
  return spec;
}
