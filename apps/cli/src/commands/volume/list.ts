import type { Volume, VolumeStatus_Phase } from "@limiquantix/api";
import type { Verb } from "../verb.ts";
import { collectLabels, type Labels } from "../../values/labels.ts";

interface ListFlags {
  pool?: string;
  vm?: string;
  project?: string;
  label?: Labels;
  state?: string;
  free?: boolean;
  recycled?: boolean;
  watch?: boolean;
}

export const list: Verb = (command, cli) => {
  command
    .argument("[name]", "only those with this name")
    .option("--pool <pool>", "only those in this pool")
    .option("--vm <vm>", "only those of this VM")
    .option("--project <project>", "only those of this project")
    .option("-l, --label <key=value>", "only those with this label; may be repeated", collectLabels)
    .option("--state <state>", "only those in this state: READY, ATTACHED, …")
    .option("--free", "only those that no VM has")
    .option("--recycled", "those in the recycle bin")
    .option("--watch", "go on and show every change, until Ctrl-C")
    .action(async (name: string | undefined, flags: ListFlags) => {
      const session = await cli.connect();
      const [
        { VolumeUpdateSchema },
        { getVm },
        { getPool },
        { readVolumes, recycledVolumes },
        { getPlace },
        { readVolumeNames },
        { parsePhase, volumeListView },
        { printList },
      ] = await Promise.all([
        import("@limiquantix/api"),
        import("../../rpc/resolve.ts"),
        import("../../rpc/resolve-pool.ts"),
        import("../../rpc/resolve-storage.ts"),
        import("../../rpc/resolve-folder.ts"),
        import("./read-names.ts"),
        import("./view.ts"),
        import("../../output/print.ts"),
      ]);
      const [pool, vm, { projectId }] = await Promise.all([
        flags.pool ? getPool(session, flags.pool) : undefined,
        flags.vm ? getVm(session, flags.vm) : undefined,
        getPlace(session, { project: flags.project }),
      ]);
      const filter = {
        projectId,
        storagePoolId: pool?.id ?? "",
        attachedVmId: vm?.id ?? "",
        labels: flags.label ?? {},
        ...(flags.state ? { phase: parsePhase(flags.state) } : {}),
      };
      const wanted = (volume: Volume) => isWanted(volume, { ...filter, name, flags });
      const read = flags.recycled ? recycledVolumes : readVolumes;
      const found = (await read(session, filter)).filter(wanted);
      const names = await readVolumeNames(session, found);
      const view = volumeListView(cli.terminal.paint, names, flags.recycled);
      if (!flags.watch) return printList(cli, view, found);
      const { watchList } = await import("../../output/watch-list.ts");
      await watchList(cli, {
        view,
        wanted,
        updates: VolumeUpdateSchema,
        open: (signal) => session.volumes.watchVolumes({ projectId }, { signal }),
        row: ({ volume }) => volume,
      });
    });
};

interface Wanted {
  name: string | undefined;
  storagePoolId: string;
  attachedVmId: string;
  labels: Labels;
  phase?: VolumeStatus_Phase;
  flags: ListFlags;
}

/** What the API filters by when it lists and not when it is watched, and what is left to us. */
function isWanted(volume: Volume, { name, storagePoolId, attachedVmId, labels, phase, flags }: Wanted): boolean {
  const { spec, status } = volume;
  return (
    (name === undefined || volume.name === name) &&
    (!storagePoolId || spec?.storagePoolId === storagePoolId) &&
    (!attachedVmId || (status?.attachedVmIds.includes(attachedVmId) ?? false)) &&
    (phase === undefined || status?.phase === phase) &&
    (!flags.free || !status?.attachedVmId) &&
    (flags.recycled ? volume.deletedAt !== undefined : phase !== undefined || !volume.deletedAt) &&
    Object.entries(labels).every(([key, value]) => volume.labels[key] === value)
  );
}
