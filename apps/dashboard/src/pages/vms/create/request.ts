import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  DiskDevice_Bus,
  Firmware_Type,
  GuestOs_Family,
  NetworkInterface_Model,
  type CreateVMRequestSchema,
  type VmSpecSchema,
} from "@limiquantix/api";
import { parseLabels } from "../labels.ts";
import type { Draft } from "./draft.ts";

const firmwares = {
  bios: Firmware_Type.BIOS,
  uefi: Firmware_Type.UEFI,
  secure: Firmware_Type.UEFI_SECURE_BOOT,
} satisfies Record<Draft["firmware"], Firmware_Type>;

/** What the draft asks for. What it leaves open is the control plane's to fill in. */
export function requestOf(draft: Draft): MessageInitShape<typeof CreateVMRequestSchema> {
  const parsed = parseLabels(draft.labels);
  return {
    name: draft.name.trim(),
    projectId: draft.projectId,
    folderId: draft.folderId,
    description: draft.description,
    labels: "labels" in parsed ? parsed.labels : {},
    nodeId: draft.nodeId,
    startOnCreate: draft.start,
    spec: specOf(draft),
  };
}

/** The part of it that decides where the VM fits. Without secrets. */
export function placedSpecOf(draft: Draft): MessageInitShape<typeof VmSpecSchema> {
  const { provisioning: _, ...spec } = specOf(draft);
  return spec;
}

function specOf(draft: Draft): MessageInitShape<typeof VmSpecSchema> & { provisioning?: object } {
  const { source, cores, memoryMib, disks, nics } = draft;
  // Its installer has drivers for neither virtio disks nor virtio cards.
  const windows = source !== "image" && draft.guest === "windows";
  return {
    cpu: { cores: whole(cores) },
    memory: { sizeMib: BigInt(whole(memoryMib)) },
    disks: disks.map(({ sizeGib, poolId }, i) => ({
      sizeGib: BigInt(whole(sizeGib)),
      storagePoolId: poolId,
      discardEnabled: true,
      ...(i === 0 && { bootIndex: 1 }),
      ...(i === 0 && source === "image" && { imageId: draft.imageId }),
      ...(windows && { bus: DiskDevice_Bus.SATA }),
    })),
    // Behind the disk: once the system is installed, the disk boots.
    cdroms: source === "iso" ? [{ imageId: draft.isoId, bootIndex: 2 }] : [],
    nics: nics.map(({ networkId, macAddress }) => ({
      networkId,
      macAddress: macAddress.trim(),
      ...(windows && { model: NetworkInterface_Model.E1000E }),
    })),
    ...(source !== "image" && {
      firmware: { type: firmwares[draft.firmware] },
      guestOs: { family: windows ? GuestOs_Family.WINDOWS_SERVER : GuestOs_Family.GENERIC_LINUX },
    }),
    ...(source === "image" && {
      provisioning: {
        cloudInit: {
          hostname: hostnameOf(draft.name),
          username: draft.username.trim(),
          password: draft.password,
          sshKeys: draft.sshKeys.map((key) => key.trim()).filter(Boolean),
          userData: draft.userData,
        },
      },
    }),
  };
}

/** A field that is being typed may hold anything: the server is asked with nothing worse than 0. */
function whole(value: number): number {
  return Number.isFinite(value) && value > 0 ? Math.min(Math.floor(value), 2 ** 31 - 1) : 0;
}

/** RFC 1123: what of a VM's name can be in a host name. */
function hostnameOf(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, "-")
    .replace(/^-+/, "")
    .slice(0, 63)
    .replace(/-+$/, "");
}
