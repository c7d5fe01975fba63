import type { Verb } from "../verb.ts";
import type { MutationFlags } from "../../tasks/flags.ts";
import { deviceVerb } from "./device-verb.ts";

interface DetachDiskFlags extends MutationFlags {
  deleteVolume?: boolean;
  yes?: boolean;
}

export const detachDisk: Verb = (command, cli) =>
  deviceVerb<DetachDiskFlags>(
    command
      .argument("<vm>", "name or id")
      .argument("<disk>", "its id, or its place counted from 0: see `lqx vm get`")
      .option("--delete-volume", "put it into the recycle bin; else it stays, as a volume that no VM has")
      .option("-y, --yes", "do not ask"),
    cli,
    {
      action: "detach a disk from",
      call: async ({ session, vm, words: [ref = ""], flags, common }) => {
        const [{ getPart }, { askConfirm }, { UsageError }] = await Promise.all([
          import("../../rpc/resolve.ts"),
          import("../../terminal/prompt.ts"),
          import("../../usage-error.ts"),
        ]);
        const disk = getPart(vm.spec?.disks ?? [], ref, "disk");
        const deleteVolume = flags.deleteVolume ?? false;
        if (deleteVolume && !flags.yes && !flags.dryRun) {
          const sure = await askConfirm(
            cli.terminal,
            `Take disk ${disk.id} (${disk.sizeGib} GiB) from ${vm.name} and put it into the recycle bin?`,
          );
          if (!sure) throw new UsageError("nothing was detached");
        }
        return session.vms.detachDisk({ vmId: vm.id, diskId: disk.id, deleteVolume, ...common });
      },
    },
  );
