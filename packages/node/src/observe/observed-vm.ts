import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { NicStatusSchema, ObservedVmSchema, VmStatus_PowerState, type ObservedVm } from "@limiquantix/api";
import type { Domain } from "../ports/hypervisor.ts";
import { isUp } from "../vms/plan-vm.ts";
import { diffSpecs } from "../vms/spec-diff.ts";

/** MAC address (lower case) → addresses that DHCP gave it. */
export type AddressesByMac = ReadonlyMap<string, readonly string[]>;

const NOTHING_LIVE = { cpuHotplug: false, memoryHotplug: false, diskHotplug: false, nicHotplug: false };

/** How a domain looks to the control plane. Pure. */
export function observedVm(
  domain: Domain,
  options: { addresses: AddressesByMac; before: ObservedVm | undefined; nowMs: number; whyPaused?: string | undefined },
): ObservedVm {
  const { addresses, before, nowMs, whyPaused = "" } = options;
  const up = isUp(domain.power);
  const spec = domain.liveMark?.spec ?? domain.mark?.spec ?? domain.discoveredSpec;
  // What could be changed live has been: what still differs waits for the next start.
  const waiting =
    up && domain.mark?.spec && domain.liveMark?.spec
      ? diffSpecs(domain.liveMark.spec, domain.mark.spec, NOTHING_LIVE).map((change) => change.path)
      : [];
  return create(ObservedVmSchema, {
    id: domain.vmId,
    name: domain.name,
    state: domain.power,
    stopReason: domain.stopReason,
    generation: BigInt(domain.mark?.generation ?? 0),
    reboots: domain.mark?.reboots ?? 0,
    reverts: domain.mark?.reverts ?? 0,
    needsRestart: waiting,
    nics: (spec?.nics ?? []).map((nic) => {
      const mac = nic.macAddress.toLowerCase();
      return create(NicStatusSchema, {
        nicId: nic.id,
        macAddress: mac,
        ipAddresses: up ? [...(addresses.get(mac) ?? [])] : [],
        hostInterface: domain.hostInterfaces.get(mac) ?? "",
      });
    }),
    errorMessage: troubleOf(domain.power, whyPaused),
    discoveredSpec: domain.mark ? undefined : domain.discoveredSpec,
    managed: domain.mark !== undefined,
    stateChangedAt: before?.state === domain.power ? before.stateChangedAt : timestampFromMs(nowMs),
    accelerator: domain.accelerator,
  });
}

function troubleOf(power: VmStatus_PowerState, whyPaused: string): string {
  if (power === VmStatus_PowerState.CRASHED) return "the guest crashed";
  return power === VmStatus_PowerState.PAUSED ? whyPaused : "";
}
