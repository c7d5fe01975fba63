import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  Firmware_Type,
  type CreateVMRequestSchema,
  type DiskDeviceSchema,
  type Image,
  type VirtualNetwork,
} from "@limiquantix/api";
import { GIB } from "@limiquantix/kit";
import type { MutationFlags } from "../../tasks/flags.ts";
import type { Labels } from "../../values/labels.ts";

export interface CreateFlags extends MutationFlags {
  image?: string;
  iso?: string[];
  cpu: number;
  memory: bigint;
  disk?: bigint[];
  pool?: string;
  /** False with `--no-network`. */
  network?: string[] | false;
  user?: string;
  passwordStdin?: boolean;
  passwordPrompt?: boolean;
  /** False with `--no-ssh-key`. */
  sshKey?: string[] | false;
  hostname?: string;
  userData?: string;
  networkConfig?: string;
  firmware?: "bios" | "uefi" | "uefi-secure-boot";
  label?: Labels;
  description?: string;
  project?: string;
  folder?: string;
  node?: string;
  start: boolean;
  autoStart?: boolean;
}

/** The things that the flags name. */
export interface Found {
  image: Image | undefined;
  isos: Image[];
  networks: VirtualNetwork[];
  nodeId: string;
  poolId: string;
  projectId: string;
  folderId: string;
}

export interface GuestSetup {
  password: string;
  sshKeys: string[];
  userData: string;
  networkConfig: string;
}

export interface CreateInput {
  name: string;
  flags: CreateFlags;
  found: Found;
  guest: GuestSetup;
}

const defaultDiskGib = 10n;

const firmwareTypes = {
  bios: Firmware_Type.BIOS,
  uefi: Firmware_Type.UEFI,
  "uefi-secure-boot": Firmware_Type.UEFI_SECURE_BOOT,
} as const;

/** What the command line asks for, as the API wants it. Pure. */
export function createRequest({
  name,
  flags,
  found,
  guest,
}: CreateInput): MessageInitShape<typeof CreateVMRequestSchema> {
  return {
    name,
    description: flags.description ?? "",
    labels: flags.label ?? {},
    projectId: found.projectId,
    folderId: found.folderId,
    nodeId: found.nodeId,
    startOnCreate: flags.start,
    spec: {
      cpu: { cores: flags.cpu },
      memory: { sizeMib: flags.memory },
      disks: disksOf(flags, found),
      // An installer's ISO comes after the disk: the disk is empty at first and is what boots once it is not.
      cdroms: found.isos.map((iso, at) => ({ imageId: iso.id, bootIndex: at + 2 })),
      nics: nicsOf(flags, found),
      ...(flags.firmware ? { firmware: { type: firmwareTypes[flags.firmware] } } : {}),
      ...cloudInitOf(flags, found, guest),
      autoStart: flags.autoStart ?? false,
    },
  };
}

function disksOf(
  { disk = [] }: CreateFlags,
  { image, isos, poolId }: Found,
): MessageInitShape<typeof DiskDeviceSchema>[] {
  const sizes = disk.length > 0 ? disk : image || isos.length > 0 ? [firstDiskGib(image)] : [];
  return sizes.map((sizeGib, at) => ({
    sizeGib,
    storagePoolId: poolId,
    imageId: at === 0 ? (image?.id ?? "") : "",
    bootIndex: at === 0 ? 1 : 0,
  }));
}

/** 10 GiB, or what the image's guest sees if that is more. Disks are thin: the size costs nothing until it is used. */
export function firstDiskGib(image: Image | undefined): bigint {
  const gib = BigInt(GIB);
  const least = ((image?.status?.virtualSizeBytes ?? 0n) + gib - 1n) / gib;
  return least > defaultDiskGib ? least : defaultDiskGib;
}

function nicsOf({ network }: CreateFlags, { networks }: Found) {
  // The API gives a VM without interfaces the default one; an interface whose cable is pulled is as good as none.
  if (network === false) return [{ disconnected: true }];
  return networks.length > 0 ? networks.map(({ id }) => ({ networkId: id })) : [{}];
}

/** A VM without an image has nothing that would read it, unless one asks for it by name. */
function cloudInitOf(flags: CreateFlags, { image }: Found, guest: GuestSetup) {
  const asked = flags.user || flags.hostname || Object.values(guest).some((value) => value.length > 0);
  if (!image && !asked) return {};
  return {
    provisioning: { cloudInit: { username: flags.user ?? "", hostname: flags.hostname ?? "", ...guest } },
  };
}
