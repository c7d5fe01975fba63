import { create } from "@bufbuild/protobuf";
import {
  problem,
  Reason,
  UsageSchema,
  type Quota,
  type Usage,
  type VirtualMachine,
  type Volume,
} from "@limiquantix/api";
import { UsageRowSchema } from "@limiquantix/api/rows";
import { defaultProjectId } from "../access/inventory.ts";
import { GIB } from "@limiquantix/kit";
import type { Database, Transaction } from "../store/database.ts";
import { table } from "../store/table.ts";
import { projects } from "../tables.ts";

/** By project id; no row where nothing was ever used. */
export const usages = table({ kind: "project-usage", schema: UsageRowSchema });

/** What is used, or what it changes by. */
export interface Amounts {
  vms: number;
  vcpus: number;
  memoryMib: number;
  storageGib: number;
  floatingAddresses: number;
}

const zero: Amounts = { vms: 0, vcpus: 0, memoryMib: 0, storageGib: 0, floatingAddresses: 0 };

/**
 * What a VM counts for in its project: what it is configured with, running or not; nothing while it is not managed. Disks
 * count as volumes; those of a VM that somebody else made are none.
 */
export function amountsOf(vm: VirtualMachine | undefined): Amounts {
  if (!vm?.isManaged) return zero;
  return {
    ...zero,
    vms: 1,
    vcpus: vm.spec?.cpu?.cores ?? 0,
    memoryMib: Number(vm.spec?.memory?.sizeMib ?? 0n),
    storageGib: (vm.spec?.disks ?? []).reduce((sum, disk) => sum + (disk.volumeId ? 0 : Number(disk.sizeGib)), 0),
  };
}

/** The same of a volume: all of its size, whether a VM has it, none has it, or it is in the recycle bin. */
export function amountsOfVolume(volume: Volume | undefined): Amounts {
  return { ...zero, storageGib: Math.ceil(Number(volume?.spec?.sizeBytes ?? 0n) / GIB) };
}

/** Keeps the account of a volume's project, which it never leaves. Throws QUOTA_EXCEEDED with `check`. */
export function chargeVolume(
  tx: Transaction,
  before: Volume | undefined,
  after: Volume | undefined,
  options: { check: boolean },
): void {
  const delta = difference(amountsOfVolume(after), amountsOfVolume(before));
  chargeProject(tx, (after ?? before)?.projectId ?? "", delta, options);
}

/**
 * Keeps the account of a VM's project in the transaction that makes, changes or deletes (`after` undefined) the VM.
 * With `check` throws QUOTA_EXCEEDED where it would use more than it did, and more than the quota.
 */
export function chargeVm(
  tx: Transaction,
  before: VirtualMachine | undefined,
  after: VirtualMachine | undefined,
  options: { check: boolean },
): void {
  const [was, is] = [amountsOf(before), amountsOf(after)];
  if (before && after && before.projectId !== after.projectId) {
    chargeProject(tx, before.projectId, difference(zero, was), options);
    chargeProject(tx, after.projectId, is, options);
  } else {
    chargeProject(tx, (after ?? before)?.projectId ?? "", difference(is, was), options);
  }
}

/**
 * Adds `delta` to what a project uses. With `check` throws QUOTA_EXCEEDED, which names each amount that grows beyond
 * the quota; without, what is so already (a VM that was found on a host) is only written down.
 */
export function chargeProject(
  tx: Transaction,
  projectId: string,
  delta: Partial<Amounts>,
  { check }: { check: boolean },
): void {
  const id = projectId || defaultProjectId;
  const grown: Amounts = { ...zero, ...delta };
  if (Object.values(grown).every((amount) => amount === 0)) return;
  const row = tx.find(usages, id);
  const used = usedAmounts(row?.usage);
  if (check) {
    const project = tx.get(projects, id);
    const lacking = whatLacks(project.quota, used, grown);
    if (lacking.length > 0) {
      throw problem(Reason.QUOTA_EXCEEDED, { project: project.name, what: lacking.join("; ") });
    }
  }
  const usage = toUsage(sum(used, grown));
  if (row) tx.update(usages, id, (copy) => void (copy.usage = usage));
  else tx.insert(usages, create(UsageRowSchema, { id, usage }));
}

/** What a project uses now. */
export function usageOf(db: Pick<Database, "find">, projectId: string): Usage {
  return db.find(usages, projectId)?.usage ?? create(UsageSchema);
}

/** The same counted from the VMs and volumes themselves: for the upgrade, and to prove that the account is right. */
export function countUsage(vms: Iterable<VirtualMachine>, volumes: Iterable<Volume>): Map<string, Usage> {
  const byProject = new Map<string, Amounts>();
  const add = ({ projectId }: { projectId: string }, amounts: Amounts) => {
    const id = projectId || defaultProjectId;
    byProject.set(id, sum(byProject.get(id) ?? zero, amounts));
  };
  for (const vm of vms) add(vm, amountsOf(vm));
  for (const volume of volumes) add(volume, amountsOfVolume(volume));
  return new Map([...byProject].map(([id, amounts]) => [id, toUsage(amounts)]));
}

const words: Record<keyof Amounts, (amount: number) => string> = {
  vms: (amount) => `${amount} ${amount === 1 ? "VM" : "VMs"}`,
  vcpus: (amount) => `${amount} vCPU`,
  memoryMib: (amount) => `${amount} MiB of memory`,
  storageGib: (amount) => `${amount} GiB of storage`,
  floatingAddresses: (amount) => `${amount} floating ${amount === 1 ? "address" : "addresses"}`,
};

/** "needs 4 vCPU, 2 of 16 are left" for each amount that grows and does not fit. */
function whatLacks(quota: Quota | undefined, used: Amounts, delta: Amounts): string[] {
  const lacking: string[] = [];
  for (const key of Object.keys(words) as (keyof Amounts)[]) {
    const most = quota?.[key];
    if (most === undefined || delta[key] <= 0 || used[key] + delta[key] <= Number(most)) continue;
    const left = Math.max(0, Number(most) - used[key]);
    lacking.push(`needs ${words[key](delta[key])}, ${left} of ${most} ${left === 1 ? "is" : "are"} left`);
  }
  return lacking;
}

function usedAmounts(usage: Usage | undefined): Amounts {
  if (!usage) return zero;
  const { vms, vcpus, memoryMib, storageGib, floatingAddresses } = usage;
  return { vms, vcpus, memoryMib: Number(memoryMib), storageGib: Number(storageGib), floatingAddresses };
}

function toUsage({ vms, vcpus, memoryMib, storageGib, floatingAddresses }: Amounts): Usage {
  return create(UsageSchema, {
    vms: Math.max(0, vms),
    vcpus: Math.max(0, vcpus),
    memoryMib: BigInt(Math.max(0, memoryMib)),
    storageGib: BigInt(Math.max(0, storageGib)),
    floatingAddresses: Math.max(0, floatingAddresses),
  });
}

function sum(a: Amounts, b: Amounts): Amounts {
  return combine(a, b, (x, y) => x + y);
}

function difference(a: Amounts, b: Amounts): Amounts {
  return combine(a, b, (x, y) => x - y);
}

function combine(a: Amounts, b: Amounts, each: (x: number, y: number) => number): Amounts {
  return {
    vms: each(a.vms, b.vms),
    vcpus: each(a.vcpus, b.vcpus),
    memoryMib: each(a.memoryMib, b.memoryMib),
    storageGib: each(a.storageGib, b.storageGib),
    floatingAddresses: each(a.floatingAddresses, b.floatingAddresses),
  };
}
