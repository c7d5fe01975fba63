import {
  IscsiConfig_Mode,
  Snapshot_Phase,
  SnapshotScheduleService,
  StoragePoolService,
  StoragePoolStatus_Phase,
  VMService,
  VolumeService,
  VmStatus_PowerState,
  VolumeSpec_Provisioning,
  VolumeStatus_Phase,
} from "@limiquantix/api";
import { GIB, type FakeClock } from "@limiquantix/kit";
import { SimStorage, type Cluster } from "@limiquantix/sim";

/** Storage that hosts share, by the name of its pool. */
export type SharedPools = ReadonlyMap<string, string>;

const tib = 1024 * GIB;

/** A Ceph cluster of all rooms, a file server of Frankfurt, and an old LUN that is nearly full. */
export async function sharedPools(cluster: Cluster, clock: FakeClock): Promise<SharedPools> {
  const client = cluster.client(StoragePoolService);
  const ids = (room: string) => cluster.hosts.filter(({ name }) => name.includes(room)).map(({ nodeId }) => nodeId);
  const made = await Promise.all([
    client.createPool({
      name: "ceph-vms",
      description: "Three replicas over the rooms",
      spec: {
        assignedNodeIds: ids("hv-"),
        thresholds: { overcommitPercent: 300 },
        config: {
          case: "rbd",
          value: {
            monitors: ["10.20.0.11:6789", "10.20.0.12:6789", "10.20.0.13:6789"],
            pool: "vms",
            user: "limiquantix",
          },
        },
      },
    }),
    client.createPool({
      name: "nfs-fra",
      description: "The file server of both Frankfurt halls",
      spec: {
        assignedNodeIds: ids("fra"),
        config: { case: "nfs", value: { server: "nas-fra.example.com", export: "/tank/vms", version: "4.2" } },
      },
    }),
    // Without hosts at first: what it lies on is put there before they look.
    client.createPool({
      name: "lun-ams",
      description: "To be emptied by the end of the year",
      spec: {
        config: {
          case: "iscsi",
          value: {
            portals: ["10.30.0.5:3260", "10.30.1.5:3260"],
            target: "iqn.2019-03.com.example:ams-old",
            lun: 3,
            mode: IscsiConfig_Mode.SHARED_LVM,
          },
        },
      },
    }),
  ]);
  const pools = new Map(made.map(({ pool }) => [pool?.name ?? "", pool?.id ?? ""]));
  const lun = pools.get("lun-ams") ?? "";
  cluster.storages.set(lun, new SimStorage({ totalBytes: 2 * tib }));
  for (const nodeId of ids("ams")) await client.assignPoolToNode({ poolId: lun, nodeId });
  for (let i = 0; i < 100; i++) {
    const all = await Promise.all([...pools.values()].map((id) => client.getPool({ id })));
    if (all.every(({ status }) => status?.phase === StoragePoolStatus_Phase.READY)) break;
    await clock.advance(100);
  }
  return pools;
}

/** Volumes of their own, snapshots of a VM that went two ways, a template, and something in the recycle bin. */
export async function furnishStorage(cluster: Cluster, clock: FakeClock, pools: SharedPools): Promise<void> {
  const volumes = cluster.client(VolumeService);
  const vms = cluster.client(VMService);
  /** Until it is accepted: hosts take their time, and what they change is left alone meanwhile. */
  const patiently = async <T>(work: () => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (attempt === mostAttempts) throw error;
        await clock.advance(100);
      }
    }
  };
  const until = (done: () => Promise<boolean>) =>
    patiently(async () => {
      if (!(await done())) throw new Error("a host of the demo takes too long");
    });
  const volume = async (name: string, pool: string, gib: number, thick = false) => {
    const provisioning = thick ? VolumeSpec_Provisioning.THICK : VolumeSpec_Provisioning.THIN;
    const spec = { storagePoolId: pools.get(pool) ?? "", sizeBytes: BigInt(gib * GIB), provisioning };
    const id = (await volumes.createVolume({ name, projectId: "default", spec })).volume?.id ?? "";
    await until(async () => (await volumes.getVolume({ id })).status?.phase === VolumeStatus_Phase.READY);
    return id;
  };
  await volume("backup-2024", "lun-ams", 1180, true);
  await volume("backup-2025", "lun-ams", 512, true);
  await volume("scratch-1", "ceph-vms", 200);
  await volume("exchange", "nfs-fra", 100);
  const old = await volume("old-exports", "nfs-fra", 40);
  await patiently(() => volumes.deleteVolume({ id: old }));

  const stopped = async (name: string, pool: string, gib: number) => {
    const disks = [{ sizeGib: BigInt(gib), storagePoolId: pools.get(pool) ?? "" }];
    const spec = { cpu: { cores: 2 }, memory: { sizeMib: 4096n }, disks, nics: [{}] };
    const id = (await vms.createVM({ name, spec })).vm?.id ?? "";
    await until(async () => (await vms.getVM({ id })).status?.state === VmStatus_PowerState.STOPPED);
    return id;
  };
  const template = await stopped("golden-debian-12", "ceph-vms", 20);
  await patiently(() => vms.convertToTemplate({ id: template }));
  const wiki = await stopped("old-wiki", "nfs-fra", 60);
  await patiently(() => vms.deleteVM({ id: wiki }));

  const snapshotted = await stopped("billing-1", "ceph-vms", 80);
  const take = async (name: string, description = "") => {
    const request = { vmId: snapshotted, name, description };
    return (await patiently(() => vms.createSnapshot(request))).snapshot?.id ?? "";
  };
  await patiently(() => vms.startVM({ id: snapshotted }));
  const schedules = cluster.client(SnapshotScheduleService);
  const nightly = await schedules.createSnapshotSchedule({
    name: "nightly",
    description: "As the audit wants it",
    spec: {
      isEnabled: true,
      cron: "0 2 * * *",
      timeZone: "Europe/Berlin",
      vmIds: [snapshotted],
      quiesce: true,
      keepLast: 14,
      keepForHours: 7 * 24,
    },
  });
  await schedules.createSnapshotSchedule({
    name: "before-patch-day",
    spec: { cron: "0 22 * * 2", timeZone: "Europe/Berlin", labelSelector: { tier: "web" }, keepLast: 2 },
  });
  const first = await take("fresh install", "Before anything of ours is on it");
  await take("release 41");
  await patiently(() => vms.revertToSnapshot({ vmId: snapshotted, snapshotId: first, startAfterRevert: true }));
  await take("release 42, second try", "Without the new driver");
  await patiently(() => schedules.runSnapshotSchedule({ id: nightly.id }));
  await until(async () => {
    const { snapshots } = await vms.listSnapshots({ vmId: snapshotted });
    return snapshots.every(({ phase }) => phase === Snapshot_Phase.READY);
  });
}

const mostAttempts = 100;
