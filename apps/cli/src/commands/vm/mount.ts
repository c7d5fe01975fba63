import type { Verb } from "../verb.ts";
import type { MutationFlags } from "../../tasks/flags.ts";
import { deviceVerb } from "./device-verb.ts";

interface MountFlags extends MutationFlags {
  drive: string;
}

export const mount: Verb = (command, cli) =>
  deviceVerb<MountFlags>(
    command
      .argument("<vm>", "name or id")
      .argument("<image>", "an ISO of the image library")
      .option("--drive <drive>", "the CD drive: its id, or its place counted from 0", "0"),
    cli,
    {
      action: "mount an ISO in",
      call: async ({ session, vm, words: [ref = ""], flags, common }) => {
        const { getImage, getPart } = await import("../../rpc/resolve.ts");
        const drive = getPart(vm.spec?.cdroms ?? [], flags.drive, "CD drive");
        const image = await getImage(session, ref);
        return session.vms.mountISO({ vmId: vm.id, cdromId: drive.id, imageId: image.id, ...common });
      },
    },
  );
