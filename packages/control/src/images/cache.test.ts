import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { EventService, ImageService, VMService } from "@limiquantix/api";
import { MIB } from "@limiquantix/kit";
import { createCluster, type Cluster } from "@limiquantix/sim";
import { afterEach, beforeEach, expect, test } from "vitest";
import { images as imageTable, pools } from "../tables.ts";

let cluster: Cluster;

beforeEach(async () => {
  cluster = await createCluster({ nodes: 2, hostSize: { poolBytes: 40 * MIB } });
});

afterEach(() => cluster.stop());

const images = () => createClient(ImageService, cluster.control.transport);
const vms = () => createClient(VMService, cluster.control.transport);
const poolOf = (host: number) => cluster.control.db.by(pools, "node", cluster.host(host).nodeId)[0]?.id ?? "";

async function uploaded(name: string, host: number, sizeMib = 2): Promise<string> {
  const { image } = await images().createImage({ name, spec: { storagePoolId: poolOf(host) } });
  const imageId = image?.id ?? "";
  async function* parts() {
    yield { part: { case: "header" as const, value: { imageId, offset: 0n } } };
    for (let i = 0; i < sizeMib; i++) yield { part: { case: "chunk" as const, value: new Uint8Array(MIB).fill(7) } };
  }
  await images().uploadImage(parts());
  return imageId;
}

async function vmOn(host: number, name: string, imageId: string): Promise<string> {
  const spec = { cpu: { cores: 1 }, memory: { sizeMib: 256n }, disks: [{ imageId, sizeGib: 1n }] };
  const { vm } = await vms().createVM({ name, nodeId: cluster.host(host).nodeId, spec });
  await cluster.settle();
  return vm?.id ?? "";
}

/** An image of the first host with a copy on the second one, of which nothing is made any more. */
async function idleCopy(): Promise<string> {
  const id = await uploaded("idle", 0);
  const vm = await vmOn(1, "gone", id);
  await vms().deleteVM({ id: vm, force: true, keepFor: {} });
  await cluster.settle();
  return id;
}

/** Hours without a use, without waiting for them. */
async function lieIdle(imageId: string): Promise<void> {
  const usedAt = timestampFromMs(cluster.clock.now() - 2 * 3600_000);
  await cluster.control.db.transact((tx) =>
    tx.update(imageTable, imageId, ({ status }) => {
      for (const copy of status?.copies ?? []) if (copy.cached) copy.usedAt = usedAt;
    }),
  );
}

const copiesOf = async (id: string) =>
  ((await images().getImage({ id })).status?.copies ?? []).map(({ nodeId, cached }) => [
    cluster.hosts.findIndex((host) => host.nodeId === nodeId),
    cached,
  ]);
const filesOn = (host: number) => [...cluster.host(host).host.images.keys()].toSorted();
const both = [
  [0, false],
  [1, true],
];

test("a pool that runs short drops the copies that nobody uses, and only those", async () => {
  const idle = await idleCopy();
  const used = await uploaded("used", 0);
  await vmOn(1, "stays", used);
  expect(await copiesOf(idle)).toEqual(both);
  await lieIdle(idle);
  await lieIdle(used);
  // With room nothing goes, however old it is.
  await cluster.clock.advance(120_000);
  expect(filesOn(1)).toEqual([idle, used].toSorted());

  const own = await uploaded("own", 1, 22);
  await cluster.until(() => !filesOn(1).includes(idle), { limitMs: 300_000 });
  await cluster.settle();
  expect(await copiesOf(idle)).toEqual([[0, false]]);
  expect(filesOn(1)).toEqual([used, own].toSorted());
  const { events } = await createClient(EventService, cluster.control.transport).listEvents({});
  expect(events.map(({ message }) => message)).toContainEqual(
    expect.stringMatching(/copy of image idle .* was dropped/),
  );
  // It comes again when it is needed again.
  await vmOn(1, "again", idle);
  expect(await copiesOf(idle)).toEqual(both);
});

test("a copy that was used within the hour stays, and so does one that may be the last", async () => {
  const idle = await idleCopy();
  await uploaded("own", 1, 32);
  await cluster.clock.advance(120_000);
  expect(filesOn(1)).toContain(idle);
  await lieIdle(idle);
  await cluster.control.db.transact((tx) => tx.update(imageTable, idle, ({ status }) => void status?.copies.shift()));
  await uploaded("own too", 1);
  await cluster.clock.advance(120_000);
  expect(filesOn(1)).toContain(idle);
});
