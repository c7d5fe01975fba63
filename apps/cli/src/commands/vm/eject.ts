import type { Verb } from "../verb.ts";
import type { MutationFlags } from "../../tasks/flags.ts";
import { deviceVerb } from "./device-verb.ts";

interface EjectFlags extends MutationFlags {
  drive: string;
}

export const eject: Verb = (command, cli) =>
  deviceVerb<EjectFlags>(
    command
      .argument("<vm>", "name or id")
      .option("--drive <drive>", "the CD drive: its id, or its place counted from 0", "0"),
    cli,
    {
      action: "eject the CD of",
      call: async ({ session, vm, flags, common }) => {
        const { getPart } = await import("../../rpc/resolve.ts");
        const drive = getPart(vm.spec?.cdroms ?? [], flags.drive, "CD drive");
        return session.vms.ejectISO({ vmId: vm.id, cdromId: drive.id, ...common });
      },
    },
  );
