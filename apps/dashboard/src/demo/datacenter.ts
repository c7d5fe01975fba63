import type { Transport } from "@connectrpc/connect";
import {
  ClusterService,
  FolderService,
  ImageService,
  ImageStatus_Phase as ImagePhase,
  ProjectService,
  VMService,
} from "@limiquantix/api";
import { FakeClock } from "@limiquantix/kit";
import { createCluster, type Cluster } from "@limiquantix/sim";
import { Connection } from "../api/connection.ts";
import { withCrowd } from "./crowd.ts";
import { dialCluster } from "./dial-console.ts";
import { fetchImage, images, imageUrl } from "./images.ts";
import { folders, guests, hostNames, type Guest } from "./names.ts";
import { furnishStorage, sharedPools, type SharedPools } from "./storage.ts";
import { weathered, type Weather } from "./weather.ts";

export interface Datacenter {
  /** Good from the beginning: what is called before the control plane is up waits for it. */
  connection: Connection;
  ready: Promise<Cluster>;
  readonly weather: Weather;
  setWeather: (changed: Partial<Weather>) => void;
  /** All VMs have been made. */
  whole: Promise<void>;
}

export interface DatacenterOptions {
  /** More VMs than a tab simulates well are rows that nothing runs behind: see crowd.ts. */
  vms: number;
  updatesPerSecond: number;
}

const simulatedMost = 500;
const simulatedBeside = 40;
const tickMs = 100;
/** Of the clock in one tick: after a pause of the tab it catches up without freezing the page. */
const stepMs = 1000;
const batch = 10;
/** What was done before one looks: hosts have measured their storage since. */
const pastMs = 45_000;

/** Three rooms of four hosts, three projects, and VMs that appear while one looks on. Its clock keeps step with ours. */
export function startDatacenter({ vms, updatesPerSecond }: DatacenterOptions): Datacenter {
  const clock = new FakeClock(Date.now() - pastMs);
  const hostSize = { cpuCores: 64, memoryMib: 768 * 1024, poolBytes: 20e12 };
  const ready = createCluster({
    nodes: hostNames.length,
    names: hostNames,
    clock,
    hostSize,
    fetch: fetchImage,
  });
  let weather: Weather = { latencyMs: 0, failures: 0 };
  // With a crowd only a few are simulated: it is the page that is measured then.
  const simulated = vms > simulatedMost ? simulatedBeside : vms;
  const crowd = vms - simulated;
  const transport = withCrowd(
    weathered(whenReady(ready), () => weather),
    { vms: crowd, updatesPerSecond },
  );

  const whole = ready.then(furnished);
  // Not before: the clock must not be moved by two.
  void whole.then(keepStep);

  return {
    connection: new Connection(transport, dialCluster(ready)),
    ready,
    get weather() {
      return weather;
    },
    setWeather(changed) {
      weather = { ...weather, ...changed };
    },
    whole,
  };

  async function furnished(cluster: Cluster): Promise<void> {
    for (const { host } of cluster.hosts) host.guests = { ...host.guests, bootMs: 4000 };
    const places = await furnish(cluster, clock);
    const all = [...guests(simulated)];
    for (let made = 0; made < all.length; made += batch) {
      await Promise.all(all.slice(made, made + batch).map((guest) => createGuest(cluster, places, guest)));
      await step(clock);
    }
    await furnishStorage(cluster, clock, places.pools);
    while (clock.now() < Date.now() - stepMs) await step(clock);
  }

  /** To the end of the tab. */
  async function keepStep(): Promise<never> {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, tickMs));
      await step(clock);
    }
  }
}

function whenReady(ready: Promise<Cluster>): Transport {
  return {
    unary: async (...call) => (await ready).control.transport.unary(...call),
    stream: async (...call) => (await ready).control.transport.stream(...call),
  };
}

function step(clock: FakeClock): Promise<void> {
  return clock.advance(Math.min(stepMs, Math.max(0, Date.now() - clock.now())));
}

interface Places {
  projects: ReadonlyMap<string, string>;
  /** By project and name. */
  folders: ReadonlyMap<string, string>;
  images: ReadonlyMap<string, string>;
  pools: SharedPools;
}

/** Where the disks of a project's VMs are; of others on the hosts' own disks. */
const poolOf: Readonly<Record<string, string>> = { shop: "ceph-vms", platform: "nfs-fra" };

async function furnish(cluster: Cluster, clock: FakeClock): Promise<Places> {
  const clusters = cluster.client(ClusterService);
  for (const [room, description] of [
    ["fra1", "Frankfurt, hall 1"],
    ["fra2", "Frankfurt, hall 2"],
    ["ams1", "Amsterdam"],
  ] as const) {
    const { id } = await clusters.createCluster({ name: `prod-${room}`, description });
    const inRoom = cluster.hosts.filter(({ name }) => name.includes(room));
    for (const { nodeId } of inRoom) await clusters.moveNode({ nodeId, clusterId: id });
  }
  const projectIds = new Map<string, string>();
  const folderIds = new Map<string, string>();
  for (const [project, names] of folders) {
    const { id } = await cluster.client(ProjectService).createProject({ name: project });
    projectIds.set(project, id);
    for (const name of names) {
      const folder = await cluster.client(FolderService).createFolder({ name, projectId: id });
      folderIds.set(`${project}/${name}`, folder.id);
    }
  }
  const pools = await sharedPools(cluster, clock);
  return { projects: projectIds, folders: folderIds, images: await importImages(cluster, clock), pools };
}

async function importImages(cluster: Cluster, clock: FakeClock): Promise<Map<string, string>> {
  const client = cluster.client(ImageService);
  const ids = new Map<string, string>();
  for (const { name, distribution, version, user } of images) {
    const osInfo = { family: "linux", distribution, version, architecture: "x86_64" };
    const { image } = await client.importImage({ name, url: imageUrl(name), osInfo, defaultUser: user });
    if (image) ids.set(name, image.id);
  }
  for (let i = 0; i < 200; i++) {
    const states = await Promise.all([...ids.values()].map((id) => client.getImage({ id })));
    if (states.every(({ status }) => status?.phase === ImagePhase.READY)) break;
    await clock.advance(20);
  }
  return ids;
}

async function createGuest(cluster: Cluster, places: Places, guest: Guest): Promise<void> {
  const { name, project, folder, image, cores, memoryMib, diskGib, running, labels } = guest;
  await cluster.client(VMService).createVM({
    name,
    labels,
    projectId: places.projects.get(project) ?? "",
    folderId: places.folders.get(`${project}/${folder}`) ?? "",
    startOnCreate: running,
    spec: {
      cpu: { cores },
      memory: { sizeMib: BigInt(memoryMib) },
      disks: [
        {
          sizeGib: BigInt(diskGib),
          imageId: places.images.get(image) ?? "",
          storagePoolId: places.pools.get(poolOf[project] ?? "") ?? "",
        },
      ],
      nics: [{}],
    },
  });
}
