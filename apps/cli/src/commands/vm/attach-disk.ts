import type { Verb } from "../verb.ts";
import type { MutationFlags } from "../../tasks/flags.ts";
import { parseGib } from "../../values/size.ts";
import { deviceVerb } from "./device-verb.ts";

interface AttachDiskFlags extends MutationFlags {
  size?: bigint;
  image?: string;
  pool?: string;
  bus?: "virtio-blk" | "virtio-scsi" | "nvme" | "sata" | "ide";
}

export const attachDisk: Verb = (command, cli) =>
  deviceVerb<AttachDiskFlags>(
    command
      .argument("<vm>", "name or id")
      .option("--size <size>", "size (10GiB unless told, or the image's if that is more)", parseGib)
      .option("--image <image>", "the image that it begins with; empty unless told")
      .option("--pool <pool>", "the storage pool")
      .addOption(
        command.createOption("--bus <bus>", "bus").choices(["virtio-blk", "virtio-scsi", "nvme", "sata", "ide"]),
      ),
    cli,
    {
      action: "attach a disk to",
      call: async ({ session, vm, flags, common }) => {
        const [{ DiskDevice_Bus }, { getImage }, { getPool }, { firstDiskGib }] = await Promise.all([
          import("@limiquantix/api"),
          import("../../rpc/resolve.ts"),
          import("../../rpc/resolve-pool.ts"),
          import("./create-request.ts"),
        ]);
        const buses = {
          "virtio-blk": DiskDevice_Bus.VIRTIO_BLK,
          "virtio-scsi": DiskDevice_Bus.VIRTIO_SCSI,
          nvme: DiskDevice_Bus.NVME,
          sata: DiskDevice_Bus.SATA,
          ide: DiskDevice_Bus.IDE,
        } as const;
        const [image, pool] = await Promise.all([
          flags.image ? getImage(session, flags.image) : undefined,
          flags.pool ? getPool(session, flags.pool) : undefined,
        ]);
        return session.vms.attachDisk({
          vmId: vm.id,
          disk: {
            sizeGib: flags.size ?? firstDiskGib(image),
            imageId: image?.id ?? "",
            storagePoolId: pool?.id ?? "",
            ...(flags.bus ? { bus: buses[flags.bus] } : {}),
          },
          ...common,
        });
      },
    },
  );
