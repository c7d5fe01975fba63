import { isProblem, Reason, type ObservedVm } from "@limiquantix/api";
import type { Log } from "@limiquantix/kit";
import type { Observer } from "../observe/observer.ts";
import type { HostPools } from "../pools/host-pools.ts";
import type { Hypervisor } from "../ports/hypervisor.ts";
import type { VolumeBackend } from "../ports/volume-backend.ts";
import { TAKEN_ELSEWHERE } from "./may-go-on.ts";
import { isUp } from "./plan-vm.ts";
import { attachDisk } from "./vm-disks.ts";
import type { VmRunners } from "./vm-runners.ts";

/**
 * What a pool that was just opened has to know of the VMs that are here, before anybody uses it: which layers their guests
 * really write, whose disks stay ready, and whose are let go of since a daemon died before it did.
 */
export async function adoptDisks(
  { hypervisor, observer, pools, log }: { hypervisor: Hypervisor; observer: Observer; pools: HostPools; log: Log },
  backend: VolumeBackend,
  again: boolean,
): Promise<void> {
  const { pool, snapshots } = backend;
  for (const domain of await hypervisor.list()) {
    for (const disk of (domain.liveMark ?? domain.mark)?.spec?.disks ?? []) {
      const declared = pools.isDeclared(disk.storagePoolId);
      if (!disk.volumeId || (declared ? disk.storagePoolId !== pool : pools.isDeclared(pool))) continue;
      const top = domain.sources.get(disk.id);
      try {
        // Work that goes on while a pool is opened again settles for itself.
        if (!again && top !== undefined) await snapshots?.layers?.settle(disk.volumeId, top);
        if (!declared) continue;
        if (isUp(domain.power)) await attachDisk({ disk, backend });
        else if (!again && !disk.shared) await backend.detach(disk.volumeId);
      } catch (cause) {
        if (isProblem(cause, Reason.POOL_UNAVAILABLE)) throw cause;
        if (isProblem(cause, Reason.VM_LOCKED_ELSEWHERE) && isUp(domain.power)) {
          // We were away, and another host has it: whatever this guest reads is old, and what it writes must not arrive.
          observer.explain(domain.vmId, TAKEN_ELSEWHERE);
          await hypervisor.setPaused(domain.vmId, true);
        }
        log.warn("a disk was not found as its VM has it", { vmId: domain.vmId, diskId: disk.id, pool, err: cause });
      }
    }
  }
}

/** Guests that go off by themselves let go of their disks. */
export function releaseWhenOff(parts: {
  observer: Observer;
  runners: VmRunners;
  pools: HostPools;
  log: Log;
  signal: AbortSignal;
}): void {
  const { observer, runners, pools, log, signal } = parts;
  const up = new Set(observer.vms().flatMap((vm) => (isUp(vm.state) ? vm.id : [])));
  const onChange = (vmId: string, vm: ObservedVm | undefined) => {
    if (vm && isUp(vm.state)) return void up.add(vmId);
    if (!up.delete(vmId) || !vm || pools.open.every(({ pool }) => !pools.isDeclared(pool))) return;
    runners
      .use(vmId, (runner) => runner.release())
      .catch((cause: unknown) => log.warn("the disks of a VM could not be let go of", { vmId, err: cause }));
  };
  const subscription = observer.subscribe(({ vmId, vm }) => onChange(vmId, vm));
  signal.addEventListener("abort", () => subscription[Symbol.dispose](), { once: true });
}
