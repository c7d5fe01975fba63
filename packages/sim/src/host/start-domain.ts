import {
  problem,
  Reason,
  VmStatus_PowerState as PowerState,
  VmStatus_StopReason as StopReason,
} from "@limiquantix/api";
import { create, clone } from "@bufbuild/protobuf";
import { VmSpecSchema } from "@limiquantix/api";
import { refused } from "./refused.ts";
import { SimGuest } from "./sim-guest.ts";
import type { SimDomain, SimHost } from "./sim-host.ts";
import { leaseAddress } from "./sim-network.ts";

/** Powers a domain on, with all that a real host would refuse it for. */
export function startDomain(host: SimHost, domain: SimDomain): void {
  const { vmId, definition } = domain;
  if (domain.live) throw refused("start", vmId, "domain is already running");
  for (const disk of definition?.disks ?? []) {
    const there = [...host.volumes.values()].some((volume) => volume.path === disk.path);
    if (!there) throw refused("start", vmId, `cannot access storage file '${disk.path}': no such file`);
    const read = [...host.copies].some(({ volumeId, life }) => life.alive && disk.path.endsWith(`/${volumeId}.qcow2`));
    if (read) throw refused("start", vmId, 'failed to get "write" lock: is another process using the image?');
  }
  for (const nic of definition?.nics ?? []) {
    const there = [...host.networks.values()].some((network) => network.bridge.bridge === nic.bridge);
    if (!there) throw refused("start", vmId, `cannot get interface MTU on '${nic.bridge}': no such device`);
  }
  const spec = clone(VmSpecSchema, definition?.spec ?? domain.discoveredSpec ?? create(VmSpecSchema));
  const used = [...host.domains.values()].reduce((sum, other) => sum + (other.live?.spec.memory?.sizeMib ?? 0n), 0n);
  if (used + (spec.memory?.sizeMib ?? 0n) > BigInt(host.size.memoryMib)) {
    throw refused("start", vmId, "cannot set up guest memory: cannot allocate memory");
  }
  const holder = host.locks.get(vmId);
  if (holder !== undefined && holder !== host.name) throw problem(Reason.VM_LOCKED_ELSEWHERE, { vm: domain.name });
  host.locks.set(vmId, host.name);

  const guest = new SimGuest({
    clock: host.clock,
    behaviour: host.behaviourOf(vmId),
    hostname: definition?.name ?? domain.name,
    resumed: domain.power === PowerState.SUSPENDED,
    on: {
      up: () => {
        for (const nic of domain.live?.spec.nics ?? []) if (!nic.disconnected) leaseAddress(host, vmId, nic);
      },
      off: () => host.powerOff(domain, StopReason.GUEST_SHUTDOWN),
    },
  });
  domain.live = { mark: domain.mark, spec, guest };
  domain.power = PowerState.RUNNING;
  domain.stopReason = StopReason.STOP_REASON_UNKNOWN;
  host.changed(vmId);
}
