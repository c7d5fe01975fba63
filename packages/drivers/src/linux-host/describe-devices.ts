import { create } from "@bufbuild/protobuf";
import {
  type NetworkDevice,
  NetworkDeviceSchema,
  type StorageDevice,
  StorageDevice_Type,
  StorageDeviceSchema,
} from "@limiquantix/api";
import type { HostFiles } from "./virtual-file.ts";

const SECTOR_BYTES = 512n;
/** Not disks of the host: loop devices, memory, and what is made of other devices. */
const NO_DISK = /^(loop|ram|zram|dm-|md|nbd|sr|fd|rbd|drbd)/;

export async function describeStorage(files: HostFiles): Promise<StorageDevice[]> {
  const names = (await files.list("sys/block")).filter((name) => !NO_DISK.test(name));
  const devices = await Promise.all(
    names.map(async (name) => {
      const at = `sys/block/${name}`;
      return create(StorageDeviceSchema, {
        name,
        model: await files.text(`${at}/device/model`),
        serial: (await files.find(`${at}/device/serial`)) ?? (await files.text(`${at}/serial`)),
        sizeBytes: BigInt(await files.number(`${at}/size`)) * SECTOR_BYTES,
        type: typeOf(name, await files.find(`${at}/queue/rotational`)),
      });
    }),
  );
  return devices.filter(({ sizeBytes }) => sizeBytes > 0n);
}

function typeOf(name: string, rotational: string | undefined): StorageDevice_Type {
  if (name.startsWith("nvme")) return StorageDevice_Type.NVME;
  if (rotational === undefined) return StorageDevice_Type.UNKNOWN;
  return rotational === "1" ? StorageDevice_Type.HDD : StorageDevice_Type.SSD;
}

/** Ends of VMs, and devices that are there in any namespace. */
const NO_NIC = /^(lo|vnet\d+|tap\d+|ifb\d+|sit0|tunl0|gre0|gretap0|erspan0|ip6\w*0)$/;

/** `addresses`: by device, with their prefix. */
export async function describeNetwork(
  files: HostFiles,
  addresses: ReadonlyMap<string, readonly string[]>,
): Promise<NetworkDevice[]> {
  const names = (await files.list("sys/class/net")).filter((name) => !NO_NIC.test(name));
  return Promise.all(
    names.map(async (name) => {
      const at = `sys/class/net/${name}`;
      const uevent = await files.text(`${at}/device/uevent`);
      return create(NetworkDeviceSchema, {
        name,
        macAddress: await files.text(`${at}/address`),
        mtu: await files.number(`${at}/mtu`),
        // −1 where the driver does not know.
        speedMbps: Math.max(0, await files.number(`${at}/speed`)),
        up: (await files.text(`${at}/operstate`)) === "up",
        addresses: [...(addresses.get(name) ?? [])],
        driver: /^DRIVER=(.*)$/m.exec(uevent)?.[1] ?? "",
      });
    }),
  );
}
