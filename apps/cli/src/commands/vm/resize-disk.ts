import type { Verb } from "../verb.ts";
import { deviceVerb } from "./device-verb.ts";
import { parseGib } from "../../values/size.ts";

export const resizeDisk: Verb = (command, cli) =>
  deviceVerb(
    command
      .argument("<vm>", "name or id")
      .argument("<disk>", "its id, or its place counted from 0: see `lqx vm get`")
      .argument("<size>", "the new size: 20GiB; disks only grow"),
    cli,
    {
      action: "resize a disk of",
      call: async ({ session, vm, words: [ref = "", size = ""], common }) => {
        const { getPart } = await import("../../rpc/resolve.ts");
        const disk = getPart(vm.spec?.disks ?? [], ref, "disk");
        return session.vms.resizeDisk({ vmId: vm.id, diskId: disk.id, newSizeGib: parseGib(size), ...common });
      },
    },
  );
