import { clone, create } from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";
import {
  InventoryService,
  InventoryUpdateSchema,
  UpdateType,
  VirtualMachineSchema,
  VmStatus_PowerState as PowerState,
  type InventoryUpdate,
  type VirtualMachine,
} from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import { guests } from "./names.ts";

export interface CrowdOptions {
  vms: number;
  updatesPerSecond: number;
}

/**
 * For measuring the page with more rows than a tab can simulate (`/demo?vms=10000&updates=200`): the inventory's stream
 * has VMs in it that nothing runs behind, and their load changes so many times a second.
 */
export function withCrowd(inner: Transport, options: CrowdOptions): Transport {
  if (options.vms === 0) return inner;
  const crowd = makeCrowd(options.vms);
  return {
    unary: inner.unary.bind(inner),
    async stream(method, ...rest) {
      const response = await inner.stream(method, ...rest);
      if (method.parent.typeName !== InventoryService.typeName) return response;
      const updates = response.message as unknown as AsyncIterable<InventoryUpdate>;
      return { ...response, message: crowded(updates, crowd, options.updatesPerSecond) as never };
    },
  };
}

async function* crowded(
  updates: AsyncIterable<InventoryUpdate>,
  crowd: VirtualMachine[],
  updatesPerSecond: number,
): AsyncIterable<InventoryUpdate> {
  let next = 0;
  const source = updates[Symbol.asyncIterator]();
  let pending = source.next();
  try {
    for (let live = false; ;) {
      const tick = live && updatesPerSecond > 0 ? after(tickMs) : new Promise<never>(() => {});
      const first = await Promise.race([pending, tick]);
      if (first === "tick") {
        for (let i = 0; i < (updatesPerSecond * tickMs) / 1000; i++) {
          const index = next++ % crowd.length;
          const changed = busier(crowd[index], next);
          if (changed) yield update(UpdateType.MODIFIED, (crowd[index] = changed));
        }
        continue;
      }
      if (first.done) return;
      if (first.value.type === UpdateType.SYNCED) {
        for (const vm of crowd) yield update(UpdateType.ADDED, vm);
        live = true;
      }
      yield first.value;
      pending = source.next();
    }
  } finally {
    void source.return?.();
  }
}

const tickMs = 50;

function after(ms: number): Promise<"tick"> {
  return new Promise((resolve) => setTimeout(resolve, ms, "tick"));
}

function makeCrowd(count: number): VirtualMachine[] {
  return [...guests(count)].map(({ name, labels, cores, memoryMib, running }) =>
    create(VirtualMachineSchema, {
      id: newId(),
      name: `${name}-x`,
      labels,
      spec: { cpu: { cores }, memory: { sizeMib: BigInt(memoryMib) } },
      status: { state: running ? PowerState.RUNNING : PowerState.STOPPED, ipAddresses: [], resourceUsage: {} },
    }),
  );
}

function busier(vm: VirtualMachine | undefined, seed: number): VirtualMachine | undefined {
  if (!vm?.status?.resourceUsage) return undefined;
  const changed = clone(VirtualMachineSchema, vm);
  if (changed.status?.resourceUsage) changed.status.resourceUsage.cpuPercent = (seed * 7919) % 100;
  return changed;
}

/** Without a revision: the stream resumes where the real one broke. */
function update(type: UpdateType, vm: VirtualMachine): InventoryUpdate {
  return create(InventoryUpdateSchema, { type, object: { case: "vm", value: vm } });
}
