import { VolumeStatus_Phase, type RecycledVM, type Snapshot, type VirtualMachine, type Volume } from "@limiquantix/api";
import { moment } from "../output/times.ts";
import { UsageError } from "../usage-error.ts";
import { allPages, pageSize } from "./pages.ts";
import { isId, only } from "./resolve.ts";
import { readPoolNames, type PoolName } from "./resolve-pool.ts";
import type { Session } from "./session.ts";

export interface VolumeFilter {
  projectId?: string;
  storagePoolId?: string;
  attachedVmId?: string;
  labels?: Record<string, string>;
  phase?: VolumeStatus_Phase;
  recycled?: boolean;
}

export function readVolumes(session: Session, filter: VolumeFilter = {}): Promise<Volume[]> {
  return allPages(async (pageToken) => {
    const page = await session.volumes.listVolumes({ ...filter, pageSize, pageToken });
    return { items: page.volumes, nextPageToken: page.nextPageToken };
  });
}

/** By id or name, of those that are not in the recycle bin. */
export async function getVolume(session: Session, ref: string): Promise<Volume> {
  if (isId(ref)) return session.volumes.getVolume({ id: ref });
  return onlyVolume(session, ref, await readVolumes(session));
}

/** By id or name, of those that are in the recycle bin. */
export async function getRecycledVolume(session: Session, ref: string): Promise<Volume> {
  if (isId(ref)) return session.volumes.getVolume({ id: ref });
  return onlyVolume(session, ref, await recycledVolumes(session));
}

/** One that is in use or, where none has the name, one that is in the recycle bin: what can be deleted for good. */
export async function getVolumeAnywhere(session: Session, ref: string): Promise<Volume> {
  if (isId(ref)) return session.volumes.getVolume({ id: ref });
  const all = await readVolumes(session, { recycled: true });
  const live = all.filter((volume) => !volume.deletedAt && volume.name === ref);
  return onlyVolume(session, ref, live.length > 0 ? live : all);
}

export async function recycledVolumes(session: Session, filter: VolumeFilter = {}): Promise<Volume[]> {
  const all = await readVolumes(session, { ...filter, recycled: true });
  return all.filter((volume) => volume.deletedAt !== undefined);
}

async function onlyVolume(session: Session, ref: string, volumes: readonly Volume[]): Promise<Volume> {
  const matching = volumes.filter(({ name }) => name === ref);
  const pool = matching.length > 1 ? await readPoolNames(session) : String;
  return only("volume", ref, matching, (volume) => tellApart(volume, pool));
}

function tellApart({ spec, createdAt, deletedAt }: Volume, pool: PoolName): string {
  const when = deletedAt ? `deleted ${moment(deletedAt)}` : `made ${moment(createdAt)}`;
  return `in ${pool(spec?.storagePoolId ?? "")}, ${when}`;
}

/** A snapshot of the VM, by name or id. */
export async function getSnapshot(session: Session, vm: VirtualMachine, ref: string): Promise<Snapshot> {
  const { snapshots } = await session.vms.listSnapshots({ vmId: vm.id });
  return findSnapshot(snapshots, vm.name, ref);
}

/** Pure. */
export function findSnapshot(snapshots: readonly Snapshot[], vm: string, ref: string): Snapshot {
  const found = snapshots.find(({ id }) => id === ref) ?? snapshots.find(({ name }) => name === ref);
  if (found) return found;
  const known = snapshots.map(({ name }) => name).join(", ");
  throw new UsageError(
    `${vm} has no snapshot ${ref}`,
    known ? `It has ${known}.` : `Take one: lqx snapshot create ${vm} ${ref}.`,
  );
}

export function readRecycledVms(session: Session, projectId = ""): Promise<RecycledVM[]> {
  return allPages(async (pageToken) => {
    const page = await session.vms.listRecycledVMs({ projectId, pageSize, pageToken });
    return { items: page.vms, nextPageToken: page.nextPageToken };
  });
}

/** A VM in the recycle bin, by name or id: several may have had the name one after the other. */
export async function getRecycledVm(session: Session, ref: string): Promise<VirtualMachine> {
  const all = await readRecycledVms(session);
  const matching = all.flatMap((row) => {
    const { vm } = row;
    return vm && (vm.id === ref || vm.name === ref) ? [{ id: vm.id, vm, row }] : [];
  });
  return only("VM in the recycle bin", ref, matching, ({ row }) => `deleted ${moment(row.deletedAt)}`).vm;
}
