import type { MessageInitShape } from "@bufbuild/protobuf";
import { VolumeSpec_Provisioning, type Volume, type VolumeSourceSchema } from "@limiquantix/api";
import { GIB } from "@limiquantix/kit";
import type { Cli } from "../../cli.ts";
import { getPlace } from "../../rpc/resolve-folder.ts";
import { getPool } from "../../rpc/resolve-pool.ts";
import { getSnapshot, getVolume } from "../../rpc/resolve-storage.ts";
import { getImage, getVm } from "../../rpc/resolve.ts";
import type { Session } from "../../rpc/session.ts";
import { mutation, type MutationFlags } from "../../tasks/flags.ts";
import { UsageError } from "../../usage-error.ts";
import type { Labels } from "../../values/labels.ts";
import { finishVolumes } from "./finish-volumes.ts";

export interface CreateFlags extends MutationFlags {
  size?: bigint;
  pool?: string;
  image?: string;
  from?: string;
  snapshot?: string;
  linked?: boolean;
  thick?: boolean;
  shared?: boolean;
  project?: string;
  label?: Labels;
  description?: string;
}

export async function createVolume(cli: Cli, name: string, flags: CreateFlags): Promise<void> {
  checkFlags(flags);
  const session = await cli.connect();
  const [pool, volume, { projectId }] = await Promise.all([
    flags.pool ? getPool(session, flags.pool) : undefined,
    flags.from ? getVolume(session, flags.from) : undefined,
    getPlace(session, { project: flags.project }),
  ]);
  const source = await readSource(session, flags, volume);
  const answer = await session.volumes.createVolume({
    name,
    projectId,
    labels: flags.label ?? {},
    description: flags.description ?? "",
    spec: {
      storagePoolId: pool?.id ?? volume?.spec?.storagePoolId ?? "",
      sizeBytes: (flags.size ?? 0n) * BigInt(GIB),
      provisioning: flags.thick ? VolumeSpec_Provisioning.THICK : VolumeSpec_Provisioning.THIN,
      shared: flags.shared ?? false,
      ...(source ? { source } : {}),
    },
    ...mutation(flags),
  });
  await finishVolumes(cli, [answer], { session, flags, action: "create" });
}

/** Throws a UsageError for flags that need one another. Pure. */
export function checkFlags({ size, pool, image, from, snapshot, linked, shared }: CreateFlags): void {
  if (shared && (image || from)) {
    throw new UsageError("a shared volume is empty to begin with", "Leave out --image and --from.");
  }
  if (image && from) throw new UsageError("it cannot begin with an image and a volume", "Leave out --image or --from.");
  if (snapshot && !from) throw new UsageError("a snapshot of what?", "Name the volume: --from VOLUME.");
  if (linked && !snapshot) throw new UsageError("blocks are shared with a snapshot alone", "Name it: --snapshot NAME.");
  if (!pool && !from) throw new UsageError("nothing says where it is to be kept", "Give --pool: see `lqx pool list`.");
  if (!size && !image && !from) throw new UsageError("nothing says how large it is to be", "Give --size 10G.");
}

async function readSource(
  session: Session,
  { image, snapshot, linked = false }: CreateFlags,
  volume: Volume | undefined,
): Promise<MessageInitShape<typeof VolumeSourceSchema> | undefined> {
  if (image) return { from: { case: "imageId", value: (await getImage(session, image)).id } };
  if (!volume) return undefined;
  if (!snapshot) return { from: { case: "volumeId", value: volume.id } };
  const vmId = volume.status?.attachedVmId;
  if (!vmId) throw new UsageError(`${volume.name} has no snapshots: no VM has it`, "Leave out --snapshot.");
  const { id } = await getSnapshot(session, await getVm(session, vmId), snapshot);
  return { from: { case: "snapshot", value: { volumeId: volume.id, snapshotId: id, linked } } };
}
