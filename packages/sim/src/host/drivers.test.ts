import { create } from "@bufbuild/protobuf";
import { StoragePoolSpec_Backend as Backend, StoragePoolSpecSchema } from "@limiquantix/api";
import { FakeClock, newId } from "@limiquantix/kit";
import { sourceName, type DiskSource, type VolumeBackend } from "@limiquantix/node";
import {
  hypervisorSuite,
  networkSuite,
  volumeSuite,
  type HypervisorFixture,
  type VolumeFixture,
} from "@limiquantix/node/suites";
import { Lifetime } from "../lifetime.ts";
import { BLOCK_BYTES, blocksOf } from "./image-blocks.ts";
import { simDrivers } from "./sim-drivers.ts";
import { SimHost } from "./sim-host.ts";
import { storageOf } from "./sim-pools.ts";
import { contentsOf, SimVolume } from "./sim-volume.ts";

hypervisorSuite("sim", async (): Promise<HypervisorFixture> => {
  const { host, hypervisor, local } = drivers();
  return {
    hypervisor,
    makeVolume: async () => {
      const volumeId = newId();
      const request = {
        volumeId,
        sizeBytes: 1024 ** 3,
        thick: false,
        signal: AbortSignal.any([]),
        onProgress: () => {},
      };
      await local.ensureVolume(request);
      return local.attach(volumeId);
    },
    makeLayer: async (below) => {
      const found = diskOf(host, below);
      return found.volume.layerOver(found.layer);
    },
    memoryPath: () => `/sim/${host.name}/local/memory/${newId()}`,
    memoryMib: 256,
    timeoutMs: 1000,
    close: async () => {},
  };
});
networkSuite("sim", async () => ({ network: drivers().network, close: async () => {} }));
volumeSuite("sim, layers", () => forVolumes(Backend.UNKNOWN));
for (const backend of [Backend.NFS, Backend.CEPH_RBD, Backend.ISCSI, Backend.LINSTOR]) {
  volumeSuite(`sim, ${Backend[backend]}`, () => forVolumes(backend));
}

async function forVolumes(kind: Backend): Promise<VolumeFixture> {
  const { host, local, openPool } = drivers();
  const pool = newId();
  const open = async (): Promise<VolumeBackend> =>
    kind === Backend.UNKNOWN
      ? drivers(host).local
      : openPool.open(pool, create(StoragePoolSpecSchema, { backend: kind }));
  const backend = await open();
  const storage = kind === Backend.UNKNOWN ? host.storage : storageOf(host.storages, { key: pool, bytes: 0 });
  return {
    backend,
    reopen: open,
    qcow2: async (size, contents) => qcow2(size, contents),
    image: async (size, contents) => {
      const file = qcow2(size, contents);
      const upload = { imageId: newId(), offset: 0, sizeBytes: file.length, sha256: "", sha512: "" };
      const chunks = (async function* () {
        yield file;
      })();
      if (!local.images) throw new Error("the host's own pool keeps no images");
      return local.images.write({ ...upload, chunks });
    },
    outside: async (sizeBytes, contents) => {
      const outside = storageOf(host.storages, { key: "outside", bytes: 1e12 });
      const volumeId = newId();
      const sourceOf = () => ({ kind: "file", path: `/sim/outside/${volumeId}.raw`, format: "raw" }) as const;
      const blocks = blocksOf(contents);
      const volume = new SimVolume({ volumeId, imageId: "", thick: false, sizeBytes, blocks, sourceOf });
      outside.volumes.set(volumeId, volume);
      return volume.top.source;
    },
    write: async (source, offset, bytes) => {
      for (const [block, text] of blocksOf(bytes, { offset, zeros: true }))
        diskOf(host, source).layer.blocks.set(block, text);
    },
    read: async (source, offset, length) => {
      const text = contentsOf(diskOf(host, source).layer).get(offset / BLOCK_BYTES) ?? "";
      const bytes = new Uint8Array(length);
      for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
      return bytes;
    },
    fill: async () => {
      storage.faults.full = true;
      return async () => void (storage.faults.full = false);
    },
    foreign: { cannot: "a simulated storage holds nothing but what its catalogue has" },
    merge: async ({ top, base }, guestTop) => {
      const { volume } = diskOf(host, { kind: "file", path: guestTop, format: "qcow2" });
      volume.merge(top, base);
    },
    close: async () => {},
  };
}

function diskOf(host: SimHost, source: DiskSource) {
  const found = host.findDisk(source);
  if (!found) throw new Error(`there is no disk ${sourceName(source)}`);
  return found;
}

function drivers(there?: SimHost) {
  const clock = new FakeClock();
  const host = there ?? new SimHost({ name: "host-1", clock });
  // Here nobody turns the clock.
  host.copyMs = 0;
  const made = simDrivers(host, new Lifetime(clock));
  const local = made.volumes.get("local");
  if (!local || !made.openPool) throw new Error("the simulated host has no pool");
  return { ...made, host, local, openPool: made.openPool };
}

/** Header, refcount table, refcount block, L1 and L2 tables and one cluster, 64 KiB each (QEMU docs/interop/qcow2.rst). */
function qcow2(virtualSizeBytes: number, contents?: Uint8Array): Uint8Array {
  const cluster = 65_536;
  const file = new Uint8Array((contents ? 6 : 4) * cluster);
  const view = new DataView(file.buffer);
  view.setUint32(0, 0x514649fb);
  view.setUint32(4, 2);
  view.setUint32(20, 16);
  view.setBigUint64(24, BigInt(virtualSizeBytes));
  view.setUint32(36, 1);
  view.setBigUint64(40, BigInt(3 * cluster));
  view.setBigUint64(48, BigInt(cluster));
  view.setUint32(56, 1);
  if (contents) {
    view.setBigUint64(3 * cluster, BigInt(4 * cluster));
    view.setBigUint64(4 * cluster, BigInt(5 * cluster));
    file.set(contents, 5 * cluster);
  }
  return file;
}
