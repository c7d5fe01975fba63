import { clone, create } from "@bufbuild/protobuf";
import { CpuSchema, MemorySchema, problem, Reason, VmSpecSchema, type VmSpec } from "@limiquantix/api";
import type { LiveChange } from "@limiquantix/node";
import { refused } from "./refused.ts";
import type { SimHost } from "./sim-host.ts";
import { leaseAddress } from "./sim-network.ts";

/** The running hardware after a live change; attaching what is attached and detaching what is not change nothing. */
export function applyChange(options: { host: SimHost; vmId: string; spec: VmSpec; change: LiveChange }): VmSpec {
  const { host, vmId, change } = options;
  const spec = clone(VmSpecSchema, options.spec);
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
      spec.disks = [...spec.disks.filter((disk) => disk.id !== change.disk.disk.id), change.disk.disk];
      break;
    case "detach-disk":
      spec.disks = spec.disks.filter((disk) => disk.id !== change.disk.id);
      break;
    case "resize-disk": {
      const volume = [...host.volumes.values()].find(({ path }) => path === change.disk.path);
      if (!volume) throw refused("change", vmId, `no disk at ${change.disk.path}`);
      volume.sizeBytes = change.sizeBytes;
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
